/*
 * test_reopen.c - a dag that was closed, cut off from power, refused by the disk or rebuilt goes on
 * where its last commit left it, and ends where one that was left in peace ends.
 */
#include "base/assert.h"
#include "base/status.h"
#include "events/channel/channel.h"
#include "events/device/device.h"
#include "events/message/message.h"
#include "events/reaction/reaction.h"
#include "events/types.h"
#include "unit/dag/compare.h"
#include "unit/dag/story.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#if defined __SANITIZE_ADDRESS__
enum { SETS = 15, FAULT_STEP = 7 };
#else
enum { SETS = 60, FAULT_STEP = 1 };
#endif

/* The set, with the space treated by `disturb` between its batches. */
static void play(uint64_t seed, void (*disturb)(struct space *space, struct gen_rng *rng))
{
  struct gen_rng rng = {seed * 77};
  struct gen_set *set = gen_create(seed, 40);
  struct oracle_result *oracle = judge(&set->workspace, set->events, set->n_events,
                                       (const uint8_t(*)[32])set->secrets, set->n_secrets);
  struct space *space = stranger(&set->workspace);
  gen_shuffle(&rng, set->events, set->n_events);
  for (size_t at = 0; at < set->n_events;) {
    size_t n = 1 + gen_below(&rng, 8);
    if (n > set->n_events - at)
      n = set->n_events - at;
    struct arrival part = {.events = set->events + at,
                           .n = n,
                           .secrets = (const uint8_t(*)[32])set->secrets,
                           .n_secrets = gen_chance(&rng, 30) ? set->n_secrets : 0,
                           .oracle = oracle,
                           .batch_max = 8,
                           .late_keys = true,
                           .late_answers = true};
    arrive(space, &part, &rng);
    disturb(space, &rng);
    at += n;
  }
  struct arrival rest = {.events = set->events,
                         .n = set->n_events,
                         .secrets = (const uint8_t(*)[32])set->secrets,
                         .n_secrets = set->n_secrets,
                         .oracle = oracle,
                         .batch_max = 64};
  arrive(space, &rest, &rng);
  disturb(space, &rng);
  compare_with_oracle(space, oracle, seed, set->devices, GEN_DEVICES);
  space_destroy(space);
  oracle_result_destroy(oracle);
  gen_destroy(set);
}

static void reopen(struct space *space, struct gen_rng *rng)
{
  if (!gen_chance(rng, 50))
    return;
  struct topo_id before = space_fingerprint(space);
  uint64_t held = topo_dag_pending(space->dag);
  assert_int_equal(space_reopen(space, gen_chance(rng, 50)), 0);
  struct topo_id after = space_fingerprint(space);
  assert_memory_equal(&before, &after, sizeof after);
  assert_int_equal(topo_dag_pending(space->dag), held);
}

/* Closed and opened at random points, half the time with a power cut: what was committed is there.
 */
static void reopened_at_random(void **state)
{
  (void)state;
  for (uint64_t seed = 1; seed <= SETS; seed++)
    play(seed, reopen);
}

/* The types, with the schema of one changed: another release. */
static const struct topo_type *const *other_release(void)
{
  static struct topo_type changed;
  static const struct topo_type *table[32];
  static char schema[1024];
  size_t n = 0;
  for (; topo_types[n]; n++)
    table[n] = topo_types[n];
  for (size_t i = 0; i < n; i++)
    if (table[i]->number == TOPO_TYPE_CHANNEL) {
      changed = *table[i];
      snprintf(schema, sizeof schema, "%s CREATE TABLE channel_more(x INTEGER);", changed.schema);
      changed.schema = schema;
      table[i] = &changed;
    }
  return table;
}

static void upgrade(struct space *space, struct gen_rng *rng)
{
  if (!gen_chance(rng, 40))
    return;
  struct topo_id before = space_fingerprint(space);
  space->types = space->types == topo_types ? other_release() : topo_types;
  assert_int_equal(space_reopen(space, false), 0);
  space_finish_rebuild(space);
  struct topo_id after = space_fingerprint(space);
  assert_memory_equal(&before, &after, sizeof after);
}

/* A changed schema rebuilds all projections from the log, to the same fingerprint. */
static void rebuilt_projections(void **state)
{
  (void)state;
  for (uint64_t seed = 1; seed <= SETS; seed++)
    play(seed, upgrade);
}

/* The old tables are gone after a rebuild. */
static void rebuilding_leaves_nothing(void **state)
{
  (void)state;
  static const char sql[] = "SELECT count(*) FROM sqlite_schema WHERE name='channel_more'";
  struct space *space = space_found(1, 2);
  for (int i = 0; i < 2; i++) {
    space->types = i == 0 ? other_release() : topo_types;
    assert_int_equal(space_reopen(space, false), 0);
    struct topo_stmt *s = topo_stmt(space->db, sql);
    assert_int_equal(topo_fetch(s), 1);
    assert_int_equal(topo_column_i64(s, 0), i == 0);
    topo_reset(s);
  }
  space_destroy(space);
}

/* Two admissions of one slot, the loser's words and reactions to them, the winner last: a batch in
 * which everything moves. */
static struct story *turbulent_story(void)
{
  struct story *s = story_create();
  struct saying how = {OWNER, .auth = s->owner};
  struct topo_id general = story_channel(s, how, "general");
  struct topo_id invite = story_invite(s, OWNER, s->owner, OWNER, 3);
  struct topo_id a = story_admit(s, OWNER, s->owner, invite, DORA, 1);
  struct topo_id b = story_admit(s, OWNER, s->owner, invite, EMIL, 2);
  bool a_first = topo_id_compare(&a, &b) > 0; /* the loser */
  struct topo_id said = story_message(
      s, (struct saying){a_first ? DORA : EMIL, .auth = a_first ? a : b}, general, "lost");
  how.seq = 1, how.prev = general;
  story_reaction(s, how, said, "!");
  size_t winner = a_first ? s->n - 3 : s->n - 4;
  struct topo_bytes last = s->events[winner];
  memmove(&s->events[winner], &s->events[winner + 1], (s->n - 1 - winner) * sizeof last);
  s->events[s->n - 1] = last;
  return s;
}

/* Gives the story's first n events and its key, then lets the given call of the disk fail while the
 * rest comes. True when the fault was met. */
static bool give_with_fault(const struct story *s, const struct oracle_result *oracle,
                            enum sim_disk_call call, uint64_t at)
{
  struct space *space = stranger(&s->workspace);
  assert_int_equal(space_give(space, s->events, s->n - 3), 0);
  space_keep_known(space, (const uint8_t(*)[32])s->secret, 1);
  struct topo_id before = space_fingerprint(space);
  sim_disk_fail_once(space->disk, call, at, call == SIM_DISK_WRITE ? SQLITE_FULL : SQLITE_IOERR);
  int status = space_give(space, s->events + s->n - 3, 3);
  bool met = sim_disk_faults(space->disk) > 0;
  sim_disk_heal(space->disk);
  assert_true(status == 0 || met);
  if (status < 0) {
    struct topo_id after = space_fingerprint(space);
    assert_memory_equal(&before, &after, sizeof after);
    assert_int_equal(space_give(space, s->events + s->n - 3, 3), 0);
  }
  assert_int_equal(space_reopen(space, false), 0);
  compare_with_oracle(space, oracle, at, NULL, 0);
  space_destroy(space);
  return met;
}

/* Whichever call of the disk fails while a batch commits, nothing of the batch is there, and the
 * same batch again gives the end that it would have given. */
static void failed_writes_roll_back(void **state)
{
  (void)state;
  static const enum sim_disk_call calls[] = {SIM_DISK_WRITE, SIM_DISK_SYNC};
  struct story *s = turbulent_story();
  struct oracle_result *oracle =
      judge(&s->workspace, s->events, s->n, (const uint8_t(*)[32])s->secret, 1);
  for (size_t i = 0; i < 2; i++) {
    size_t met = 0;
    for (uint64_t at = 1; give_with_fault(s, oracle, calls[i], at); at += FAULT_STEP)
      met++;
    assert_true(met > 0);
  }
  oracle_result_destroy(oracle);
  story_destroy(s);
}

static struct topo_value text(const char *t)
{
  return (struct topo_value){0, {(const uint8_t *)t, strlen(t)}};
}

static struct topo_id say(struct space *space, const char *t)
{
  struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
  struct topo_id general = space_general(space), id;
  v[TOPO_MESSAGE_CHANNEL] = topo_value_of_id(&general);
  v[TOPO_MESSAGE_TEXT] = text(t);
  assert_int_equal(space_author(space, &topo_type_message, v, &id), 0);
  return id;
}

static void copy_item(void *ctx, const struct topo_id *set, uint64_t hlc, const struct topo_id *id)
{
  (void)set, (void)hlc;
  topo_assert(topo_buf_put_id(ctx, id) == 0);
}

/* All items of a space, for another one or for the oracle; the bytes are in `bytes`. */
static size_t export(struct space *space, struct topo_buf *bytes, struct topo_bytes *events)
{
  struct topo_buf items = space_items(space);
  const struct space_item *item = (const struct space_item *)(const void *)items.data;
  size_t n = items.len / sizeof *item, at = 0;
  size_t lengths[256];
  topo_assert(n <= 256);
  for (size_t i = 0; i < n; i++) {
    size_t before = bytes->len;
    assert_int_equal(topo_dag_read(space->dag, &item[i].id, bytes), 0);
    lengths[i] = bytes->len - before;
  }
  for (size_t i = 0; i < n; at += lengths[i++])
    events[i] = (struct topo_bytes){bytes->data + at, lengths[i]};
  topo_buf_finish(&items);
  return n;
}

/* What a space makes by itself, reopened in between and with its clock put back, is one chain, is
 * what the oracle accepts, and is the same for a stranger who is given the key. */
static void own_events(void **state)
{
  (void)state;
  struct space *space = space_found(1, 2);
  for (int i = 0; i < 12; i++) {
    struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
    struct topo_id id = say(space, "hello");
    v[TOPO_REACTION_MESSAGE] = topo_value_of_id(&id);
    v[TOPO_REACTION_EMOJI] = text("\xf0\x9f\x91\x8b");
    assert_int_equal(space_author(space, &topo_type_reaction, v, NULL), 0);
    if (i % 3 == 0)
      assert_int_equal(space_reopen(space, i % 2), 0);
    if (i % 4 == 0)
      space->now_ms -= 2 * TOPO_CLOCK_AHEAD_MS;
  }
  struct topo_buf bytes = {0};
  struct topo_bytes events[256];
  uint8_t secret[1][32];
  memcpy(secret[0], topo_dag_keyring(space->dag)->keys[0].secret, 32);
  size_t n = export(space, &bytes, events);
  assert_int_equal(n, 4 + 3 + 24);
  struct oracle_result *oracle =
      judge(&space->self.workspace, events, n, (const uint8_t(*)[32])secret, 1);
  compare_with_oracle(space, oracle, 0, &space->self.device.public_key, 1);
  for (uint64_t order = 0; order < 10; order++) {
    struct gen_rng rng = {order};
    struct space *other = stranger(&space->self.workspace);
    gen_shuffle(&rng, events, n);
    struct arrival a = {.events = events,
                        .n = n,
                        .secrets = (const uint8_t(*)[32])secret,
                        .n_secrets = 1,
                        .oracle = oracle,
                        .batch_max = order < 5 ? 8 : 64,
                        .late_keys = order % 2};
    arrive(other, &a, &rng);
    compare_with_oracle(other, oracle, order, &space->self.device.public_key, 1);
    struct topo_id mine = space_fingerprint(space), theirs = space_fingerprint(other);
    assert_memory_equal(&mine, &theirs, sizeof mine);
    space_destroy(other);
  }
  oracle_result_destroy(oracle);
  topo_buf_finish(&bytes);
  space_destroy(space);
}

/* A second device of the creator opens the wrap made for its credential, wherever in the order its
 * credential, the wrap and the epoch come, and then reads what was said. */
static void wraps_open_in_any_order(void **state)
{
  (void)state;
  struct space *space = space_found(1, 2);
  struct topo_self phone;
  struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
  uint8_t sig[TOPO_SIG_SIZE];
  struct topo_id credential;
  space_identity(&phone, 3);
  const struct topo_authority_node *own =
      topo_authority_credential_of(topo_dag_authority(space->dag), &space->self.device.public_key);
  topo_countersign(sig, &phone.device, topo_dag_context(space->dag), &own->credential.user,
                   &own->id, &phone.seal_key);
  v[TOPO_DEVICE_DEVICE] = topo_value_of_id(&phone.device.public_key);
  v[TOPO_DEVICE_SEAL_KEY] = topo_value_of_id(&phone.seal_key);
  v[TOPO_DEVICE_COUNTERSIGN].bytes = (struct topo_bytes){sig, sizeof sig};
  assert_int_equal(space_author(space, &topo_type_device, v, &credential), 0);
  assert_int_equal(topo_db_begin(space->db, true), 0);
  assert_int_equal(topo_dag_wrap_all(space->dag, topo_type_find(topo_types, 0x0011), &credential,
                                     &phone.seal_key, space->now_ms, &space->sink),
                   0);
  assert_int_equal(topo_db_commit(space->db), 0);
  say(space, "for both");
  struct topo_id mine = space_fingerprint(space);
  struct topo_buf bytes = {0};
  struct topo_bytes events[256];
  size_t n = export(space, &bytes, events);
  for (uint64_t order = 0; order < 40; order++) {
    struct gen_rng rng = {order};
    struct space *other = space_create(&phone, &space->self.workspace);
    gen_shuffle(&rng, events, n);
    for (size_t i = 0; i < n; i++) {
      assert_int_equal(space_give(other, &events[i], 1), 0);
      if (gen_chance(&rng, 20))
        assert_int_equal(space_reopen(other, false), 0);
    }
    struct topo_id theirs = space_fingerprint(other);
    assert_memory_equal(&mine, &theirs, sizeof mine);
    space_destroy(other);
  }
  topo_buf_finish(&bytes);
  space_destroy(space);
}

/* The sink hears of every item once, and opening tells the same ones again. */
static void items_are_heard_once(void **state)
{
  (void)state;
  struct story *s = turbulent_story();
  struct space *space = stranger(&s->workspace);
  struct topo_buf again = {0};
  struct topo_sink sink = {copy_item, space->sink.want, space->sink.rejected, &again};
  for (size_t i = s->n; i-- > 0;)
    assert_int_equal(space_give(space, &s->events[i], 1), 0);
  assert_int_equal(space_give(space, s->events, s->n), 0);
  space_keep_known(space, (const uint8_t(*)[32])s->secret, 1);
  assert_int_equal(topo_dag_items(space->dag, &sink), 0);
  assert_int_equal(space->items.len / sizeof(struct space_item), s->n);
  assert_int_equal(again.len / sizeof(struct topo_id), s->n);
  topo_buf_finish(&again);
  space_destroy(space);
  story_destroy(s);
}

/* A secret is kept for an admitted epoch that commits to it, and for nothing else. */
static void secrets_have_an_epoch(void **state)
{
  (void)state;
  struct story *s = story_create();
  struct space *space = stranger(&s->workspace);
  uint8_t other[32] = {1};
  assert_int_equal(space_keep(space, &s->epoch, s->secret[0]), TOPO_ENOTFOUND);
  assert_int_equal(space_give(space, s->events, s->n), 0);
  assert_int_equal(space_keep(space, &s->owner, s->secret[0]), TOPO_ENOTFOUND);
  assert_int_equal(space_keep(space, &s->epoch, other), TOPO_EINVAL);
  assert_int_equal(space_keep(space, &s->epoch, s->secret[0]), 0);
  assert_int_equal(space_keep(space, &s->epoch, s->secret[0]), 0);
  assert_int_equal(topo_dag_keyring(space->dag)->n, 1);
  space_destroy(space);
  story_destroy(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reopened_at_random),
      cmocka_unit_test(rebuilt_projections),
      cmocka_unit_test(rebuilding_leaves_nothing),
      cmocka_unit_test(failed_writes_roll_back),
      cmocka_unit_test(own_events),
      cmocka_unit_test(wraps_open_in_any_order),
      cmocka_unit_test(items_are_heard_once),
      cmocka_unit_test(secrets_have_an_epoch),
  };
  return cmocka_run_group_tests_name("dag-reopen", tests, NULL, NULL);
}
