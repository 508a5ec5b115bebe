/*
 * test_upgrade.c - builds that know different types: whatever build an event arrived under, and
 * however the rebuild was cut into pieces, a build that knows all types comes to what the oracle
 * says, and to the fingerprint of a fresh space.
 */
#include "base/assert.h"
#include "base/status.h"
#include "dag/changes.h"
#include "events/channel/channel.h"
#include "events/message/message.h"
#include "events/reaction/reaction.h"
#include "events/types.h"
#include "unit/dag/compare.h"
#include "unit/dag/story.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#if defined __SANITIZE_ADDRESS__
enum { SETS = 30 };
#else
enum { SETS = 200 };
#endif

enum { FIRST_CONTENT = 0x1000 };

/* A build: some of the types of content, and all of control, which no build lacks. */
struct build {
  const struct topo_type *types[TOPO_TYPES_MAX + 1];
};

static void choose_types(struct build *b, struct gen_rng *rng)
{
  size_t n = 0;
  for (const struct topo_type *const *t = topo_types; *t; t++)
    if ((*t)->number < FIRST_CONTENT || gen_chance(rng, 50))
      b->types[n++] = *t;
  b->types[n] = NULL;
}

static void open_build(struct space *space, const struct topo_type *const *types)
{
  space->types = types;
  assert_int_equal(space_reopen(space, false), 0);
}

static void run_build(struct space *space, const struct topo_type *const *types)
{
  open_build(space, types);
  space_finish_rebuild(space);
}

static int64_t ask(struct space *space, const char *sql)
{
  struct topo_stmt *s = topo_stmt(space->db, sql);
  assert_int_equal(topo_fetch(s), 1);
  int64_t n = topo_column_i64(s, 0);
  topo_reset(s);
  return n;
}

/* What is shown is whole at any time: nothing whose author does not count, or that belongs to
 * something that is not shown. */
static void assert_whole(struct space *space)
{
  if (space->types != topo_types)
    return; /* another build has other tables */
  assert_int_equal(ask(space, "SELECT count(*) FROM message WHERE channel NOT IN"
                              " (SELECT no FROM channel)"),
                   0);
  assert_int_equal(ask(space, "SELECT count(*) FROM reaction WHERE message NOT IN"
                              " (SELECT no FROM message)"),
                   0);
  assert_int_equal(ask(space, "SELECT count(*) FROM event WHERE auth NOT IN (SELECT no FROM"
                              " credential) AND (no IN (SELECT no FROM channel) OR no IN (SELECT"
                              " no FROM message) OR no IN (SELECT no FROM reaction))"),
                   0);
}

/* Whatever happens to a space while it judges again: pieces of any size, power cuts, stops. */
static void live_a_little(struct space *space, struct gen_rng *rng)
{
  for (size_t i = gen_below(rng, 4); i > 0 && space_rebuilding(space); i--)
    assert_int_equal(space_rebuild(space, 1 + gen_below(rng, 8)), 0);
  assert_whole(space);
  if (gen_chance(rng, 20))
    assert_int_equal(space_reopen(space, gen_chance(rng, 50)), 0);
}

static void give(struct space *space, const struct gen_set *set, const struct oracle_result *oracle,
                 size_t from, size_t to, struct gen_rng *rng)
{
  struct arrival a = {.events = set->events + from,
                      .n = to - from,
                      .secrets = (const uint8_t(*)[32])set->secrets,
                      .n_secrets = set->n_secrets,
                      .oracle = oracle,
                      .batch_max = 1 + (unsigned)gen_below(rng, 16),
                      .late_keys = gen_chance(rng, 40),
                      .late_answers = gen_chance(rng, 50)};
  arrive(space, &a, rng);
}

static bool same_items(struct space *space, struct topo_buf *before)
{
  struct topo_buf after = space_items(space);
  bool same =
      before->len == after.len && (!after.len || memcmp(before->data, after.data, after.len) == 0);
  topo_buf_finish(&after);
  topo_buf_finish(before);
  return same;
}

/* A stretch of the set arrives under this build, in parts, between which the space goes on judging
 * again, crashes and comes back. What peers are offered is never another set than before. */
static void live_under(struct space *space, const struct topo_type *const *types,
                       const struct gen_set *set, const struct oracle_result *oracle, size_t from,
                       size_t to, struct gen_rng *rng)
{
  struct topo_buf items = space_items(space);
  open_build(space, types);
  assert_true(same_items(space, &items));
  for (size_t n; from < to; from += n) {
    live_a_little(space, rng);
    n = 1 + gen_below(rng, to - from);
    give(space, set, oracle, from, from + n, rng);
    assert_whole(space);
  }
  live_a_little(space, rng);
}

/* Part of the set arrives under each of three builds, in a random order. The next build may come
 * before the one before has judged everything. */
static struct space *live_through_upgrades(struct gen_set *set, const struct oracle_result *oracle,
                                           struct gen_rng *rng)
{
  struct build first, second;
  struct space *space = stranger(&set->workspace);
  gen_shuffle(rng, set->events, set->n_events);
  size_t third = gen_below(rng, set->n_events + 1), half = gen_below(rng, third + 1);
  choose_types(&first, rng);
  live_under(space, first.types, set, oracle, 0, half, rng);
  choose_types(&second, rng);
  live_under(space, second.types, set, oracle, half, third, rng);
  live_under(space, topo_types, set, oracle, third, set->n_events, rng);
  space_finish_rebuild(space);
  return space;
}

static void try_set(uint64_t seed)
{
  struct gen_rng rng = {~seed};
  struct gen_set *set = gen_create(seed, 6 + gen_below(&rng, 74));
  struct oracle_result *oracle = judge(&set->workspace, set->events, set->n_events,
                                       (const uint8_t(*)[32])set->secrets, set->n_secrets);
  struct space *upgraded = live_through_upgrades(set, oracle, &rng);
  compare_with_oracle(upgraded, oracle, seed, set->devices, GEN_DEVICES);
  struct space *fresh = stranger(&set->workspace);
  give(fresh, set, oracle, 0, set->n_events, &rng);
  struct topo_id mine = space_fingerprint(upgraded), theirs = space_fingerprint(fresh);
  if (!topo_id_equal(&mine, &theirs))
    fail_msg("seed %" PRIu64 ": an upgraded space has another fingerprint than a fresh one", seed);
  space_destroy(fresh);
  space_destroy(upgraded);
  oracle_result_destroy(oracle);
  gen_destroy(set);
}

static void upgraded_spaces_are_as_fresh_ones(void **state)
{
  (void)state;
  for (uint64_t seed = 1; seed <= SETS; seed++)
    try_set(seed);
}

/* The same build again judges nothing again. */
static void the_same_build_leaves_all_as_it_is(void **state)
{
  (void)state;
  struct space *space = space_found(1, 2);
  struct topo_change_cursor before, after;
  assert_int_equal(topo_changes_head(space->db, &before), 0);
  run_build(space, topo_types);
  assert_int_equal(topo_changes_head(space->db, &after), 0);
  assert_true(before.seq > 0);
  assert_int_equal(before.seq, after.seq); /* judging again forgets the change log */
  space_destroy(space);
}

/* The types with a shorter bound on the names of channels: "general" cannot be read. */
static const struct topo_type *const *shorter_names(void)
{
  static struct topo_field fields[TOPO_FIELDS_MAX + 1];
  static struct topo_type shorter;
  static const struct topo_type *types[TOPO_TYPES_MAX + 1];
  size_t n = 0;
  for (; topo_types[n]; n++) {
    types[n] = topo_types[n];
    if (topo_types[n] != &topo_type_channel)
      continue;
    shorter = *types[n];
    memcpy(fields, shorter.fields, 2 * sizeof fields[0]);
    fields[0].max = 3;
    shorter.fields = fields;
    types[n] = &shorter;
  }
  types[n] = NULL;
  return types;
}

/* A bound of a field is enough to make another build. */
static void other_bounds_are_another_build(void **state)
{
  (void)state;
  struct space *space = space_found(1, 2);
  struct topo_id general = space_general(space);
  assert_int_equal(space_state(space, &general), TOPO_STATE_ACCEPTED);
  run_build(space, shorter_names());
  assert_int_equal(space_state(space, &general), TOPO_STATE_UNREADABLE);
  run_build(space, topo_types);
  assert_int_equal(space_state(space, &general), TOPO_STATE_ACCEPTED);
  space_destroy(space);
}

enum { SAID = 40, FOUNDED = 3 /* two profiles and a channel */, PIECE = 7 };

static int say(struct space *space, const struct topo_id *channel, struct topo_id *id)
{
  struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
  v[TOPO_MESSAGE_CHANNEL] = topo_value_of_id(channel);
  v[TOPO_MESSAGE_TEXT].bytes = (struct topo_bytes){(const uint8_t *)"hello", 5};
  return space_author(space, &topo_type_message, v, id);
}

static int react(struct space *space, const struct topo_id *message)
{
  struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
  v[TOPO_REACTION_MESSAGE] = topo_value_of_id(message);
  v[TOPO_REACTION_EMOJI].bytes = (struct topo_bytes){(const uint8_t *)"+1", 2};
  return space_author(space, &topo_type_reaction, v, NULL);
}

/* A space in which something was said, just opened by a build that reads more of it. */
static struct space *upgraded_space(struct topo_id *general, struct topo_id said[static SAID])
{
  struct space *space = space_found(1, 2);
  *general = space_general(space);
  for (size_t i = 0; i < SAID; i++)
    assert_int_equal(say(space, general, &said[i]), 0);
  run_build(space, shorter_names());
  open_build(space, topo_types);
  return space;
}

/* What there is to judge and how much of it is done is told, also after a stop in the middle; a
 * piece judges no more than it was asked to. */
static void progress_is_told(void **state)
{
  (void)state;
  struct topo_id general, said[SAID];
  struct space *space = upgraded_space(&general, said);
  struct topo_dag_progress p = topo_dag_progress(space->dag);
  assert_true(p.rebuilding);
  assert_int_equal(p.done, 0);
  assert_int_equal(p.total, SAID + FOUNDED);
  assert_int_equal(space_state(space, &general), TOPO_STATE_ACCEPTED); /* ahead of the others */
  assert_int_equal(space_state(space, &said[0]), TOPO_STATE_UNAUTHORISED);
  for (uint64_t done = 0; done < p.total;) {
    uint64_t next = done + PIECE < p.total ? done + PIECE : p.total;
    assert_int_equal(space_rebuild(space, PIECE), 0);
    p = topo_dag_progress(space->dag);
    assert_int_equal(p.done, next);
    assert_int_equal(p.total, SAID + FOUNDED);
    assert_int_equal(space_reopen(space, false), 0);
    assert_int_equal(topo_dag_progress(space->dag).done, next);
    done = next;
  }
  space_finish_rebuild(space);
  assert_int_equal(space_state(space, &said[SAID - 1]), TOPO_STATE_ACCEPTED);
  space_destroy(space);
}

static void assert_as_if_rebuilt(struct space *space)
{
  struct topo_buf now = {0}, again = {0};
  space_dump(space, &now);
  run_build(space, shorter_names());
  run_build(space, topo_types);
  space_dump(space, &again);
  assert_int_equal(now.len, again.len);
  assert_memory_equal(now.data, again.data, now.len);
  topo_buf_finish(&now);
  topo_buf_finish(&again);
}

/* Somebody may go on writing: what a new event depends on is judged ahead. When that is not enough
 * the answer says why, and later it is. */
static void one_can_write_meanwhile(void **state)
{
  (void)state;
  struct topo_id general, said[SAID], nothing = {{1}}, id;
  struct space *space = upgraded_space(&general, said);
  assert_int_equal(say(space, &nothing, &id), TOPO_ENOTFOUND);
  assert_int_equal(say(space, &general, &id), 0);
  assert_int_equal(space_state(space, &id), TOPO_STATE_ACCEPTED);
  assert_int_equal(react(space, &id), 0);
  assert_int_equal(react(space, &said[SAID - 1]), 0);
  assert_int_equal(space_state(space, &said[SAID - 1]), TOPO_STATE_ACCEPTED);
  assert_int_equal(space_state(space, &said[0]), TOPO_STATE_UNAUTHORISED);
  assert_true(space_rebuilding(space));
  space_finish_rebuild(space);
  assert_int_equal(space_state(space, &said[0]), TOPO_STATE_ACCEPTED);
  assert_as_if_rebuilt(space);
  space_destroy(space);
}

/* What depends on something that in turn waits for the rebuild is refused until then. */
static void what_cannot_be_judged_ahead_is_refused(void **state)
{
  (void)state;
  struct topo_id general, said[SAID], channel, message;
  struct space *space = upgraded_space(&general, said);
  struct topo_value name[TOPO_FIELDS_MAX] = {{0}};
  name[TOPO_CHANNEL_NAME].bytes = (struct topo_bytes){(const uint8_t *)"abc", 3};
  for (size_t i = 0; i <= TOPO_REBUILD_PIECE_MAX; i++) /* more than the opening judges */
    assert_int_equal(space_author(space, &topo_type_channel, name, &channel), 0);
  assert_int_equal(say(space, &channel, &message), 0);
  run_build(space, shorter_names());
  open_build(space, topo_types);
  assert_int_equal(space_state(space, &channel), TOPO_STATE_UNAUTHORISED);
  assert_int_equal(react(space, &message), TOPO_EREBUILDING);
  space_finish_rebuild(space);
  assert_int_equal(react(space, &message), 0);
  space_destroy(space);
}

/* Whoever followed the changes begins anew, once; what is judged after that is told. */
static void changes_are_told_anew(void **state)
{
  (void)state;
  struct topo_id general, said[SAID];
  struct topo_change changes[2 * (SAID + FOUNDED)];
  struct topo_change_cursor old, begun;
  struct space *space = upgraded_space(&general, said);
  run_build(space, shorter_names());
  assert_int_equal(topo_changes_head(space->db, &old), 0);
  assert_int_equal(topo_changes_resume(space->db, &old), 0);
  open_build(space, topo_types);
  assert_int_equal(topo_changes_resume(space->db, &old), TOPO_ENOTFOUND);
  assert_int_equal(topo_changes_head(space->db, &begun), 0);
  space_finish_rebuild(space);
  assert_int_equal(topo_changes_resume(space->db, &begun), 0);
  assert_int_equal(topo_changes_read(space->db, begun.seq, changes, 2 * (SAID + FOUNDED)),
                   SAID); /* the others were judged before the beginning was over */
  space_destroy(space);
}

/* ---- what another build took for one entity -------------------------------------------------- */

static struct topo_id heap;

static struct topo_id entity_of_all(const struct topo_value *values,
                                    const struct topo_id *workspace, const struct topo_id *user)
{
  (void)values, (void)workspace, (void)user;
  return heap;
}

static int show_nothing(struct topo_db *db, const struct topo_event *event)
{
  (void)db, (void)event;
  return 0;
}

static int clear_nothing(struct topo_db *db, int64_t entity)
{
  (void)db, (void)entity;
  return 0;
}

/* All reactions belong to one message, and are shown nowhere. */
static const struct topo_type *const *heaped_reactions(void)
{
  static struct topo_type type;
  static const struct topo_type *types[TOPO_TYPES_MAX + 1];
  type = topo_type_reaction;
  type.entity = entity_of_all;
  type.project = show_nothing;
  type.clear = clear_nothing;
  type.schema = "CREATE TABLE reaction_heap(x INTEGER);";
  for (size_t i = 0; topo_types[i]; i++)
    types[i] = topo_types[i] == &topo_type_reaction ? &type : topo_types[i];
  return types;
}

/* Two admissions of one slot, the winner's last of all; how the loser says something. */
static struct saying admit_two(struct story *s)
{
  struct topo_id invite = story_invite(s, OWNER, s->owner, OWNER, 3);
  struct topo_id dora = story_admit(s, OWNER, s->owner, invite, DORA, 1);
  struct topo_id emil = story_admit(s, OWNER, s->owner, invite, EMIL, 2);
  bool dora_loses = topo_id_compare(&dora, &emil) > 0;
  return (struct saying){dora_loses ? DORA : EMIL, .auth = dora_loses ? dora : emil};
}

static void put_winner_last(struct story *s, size_t winner)
{
  struct topo_bytes last = s->events[winner];
  memmove(&s->events[winner], &s->events[winner + 1], (s->n - 1 - winner) * sizeof last);
  s->events[s->n - 1] = last;
}

/* Two messages with a reaction each, that to the first by somebody who loses the slot of his
 * admission to the last event. */
static struct story *story_of_two_reactions(struct topo_id *first)
{
  struct story *s = story_create();
  struct saying how = {OWNER, .auth = s->owner};
  struct topo_id general = story_channel(s, how, "general");
  how.seq = 1, how.prev = general;
  *first = story_message(s, how, general, "first");
  how.seq = 2, how.prev = *first;
  struct topo_id second = story_message(s, how, general, "second");
  how.seq = 3, how.prev = second;
  story_reaction(s, how, second, "!");
  struct saying loser = admit_two(s);
  story_reaction(s, loser, *first, "?");
  put_winner_last(s, s->n - (loser.who == DORA ? 2 : 3));
  return s;
}

/* When an entity is recomputed, what another build counted to it and this one does not is left
 * alone. */
static void entities_of_another_build_are_no_more(void **state)
{
  (void)state;
  struct story *s = story_of_two_reactions(&heap);
  const uint8_t(*secret)[32] = (const uint8_t(*)[32])s->secret;
  struct oracle_result *oracle = judge(&s->workspace, s->events, s->n, secret, 1);
  struct space *space = stranger(&s->workspace);
  run_build(space, heaped_reactions());
  assert_int_equal(space_give(space, s->events, s->n - 1), 0);
  space_keep_known(space, secret, 1);
  run_build(space, topo_types);
  assert_int_equal(space_give(space, s->events + s->n - 1, 1), 0);
  compare_with_oracle(space, oracle, 0, NULL, 0);
  space_destroy(space);
  oracle_result_destroy(oracle);
  story_destroy(s);
}

/* What was judged ahead is withdrawn before its turn, when its author does not count any more. */
static void what_was_judged_ahead_is_withdrawn(void **state)
{
  (void)state;
  struct story *s = story_create();
  const uint8_t(*secret)[32] = (const uint8_t(*)[32])s->secret;
  struct saying loser = admit_two(s);
  struct topo_id channel = story_channel(s, loser, "lost");
  put_winner_last(s, s->n - (loser.who == DORA ? 2 : 3));
  struct space *space = stranger(&s->workspace);
  run_build(space, shorter_names());
  assert_int_equal(space_give(space, s->events, s->n - 1), 0);
  space_keep_known(space, secret, 1);
  open_build(space, topo_types);
  assert_int_equal(space_state(space, &channel), TOPO_STATE_ACCEPTED);
  assert_int_equal(space_give(space, s->events + s->n - 1, 1), 0);
  assert_true(space_rebuilding(space));
  assert_int_equal(space_state(space, &channel), TOPO_STATE_UNAUTHORISED);
  assert_int_equal(ask(space, "SELECT count(*) FROM channel"), 0);
  space_destroy(space);
  story_destroy(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(upgraded_spaces_are_as_fresh_ones),
      cmocka_unit_test(the_same_build_leaves_all_as_it_is),
      cmocka_unit_test(other_bounds_are_another_build),
      cmocka_unit_test(progress_is_told),
      cmocka_unit_test(one_can_write_meanwhile),
      cmocka_unit_test(what_cannot_be_judged_ahead_is_refused),
      cmocka_unit_test(changes_are_told_anew),
      cmocka_unit_test(entities_of_another_build_are_no_more),
      cmocka_unit_test(what_was_judged_ahead_is_withdrawn),
  };
  return cmocka_run_group_tests_name("upgrade", tests, NULL, NULL);
}
