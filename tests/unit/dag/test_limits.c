/* test_limits.c - what bounds a space's events, each at its edge; and the condition that a type may
 * put on who writes. */
#include "base/assert.h"
#include "base/status.h"
#include "events/message/message.h"
#include "events/types.h"
#include "lib/aborts.h"
#include "unit/dag/compare.h"
#include "unit/dag/story.h"

#include <stdlib.h>
#include <string.h>

struct fixture {
  struct story *story;
  struct space *space;
  size_t fed;
};

static int create_fixture(void **state)
{
  struct fixture *f = calloc(1, sizeof *f);
  topo_assert(f);
  f->story = story_create();
  f->space = stranger(&f->story->workspace);
  *state = f;
  return 0;
}

static int destroy_fixture(void **state)
{
  struct fixture *f = *state;
  story_destroy(f->story);
  space_destroy(f->space);
  free(f);
  return 0;
}

static void give(struct fixture *f)
{
  assert_int_equal(space_give(f->space, f->story->events + f->fed, f->story->n - f->fed), 0);
  f->fed = f->story->n;
  space_keep_known(f->space, (const uint8_t(*)[32])f->story->secret, 1);
}

static enum topo_state state_of(struct fixture *f, struct topo_id id)
{
  give(f);
  return space_state(f->space, &id);
}

/* `n` ids, ascending. */
static const struct topo_id *some_ids(size_t n)
{
  static struct topo_id ids[128];
  for (size_t i = 0; i < n; i++)
    ids[i] = (struct topo_id){{1, (uint8_t)i}};
  return ids;
}

static struct topo_id invite_with(struct story *s, uint16_t n_slots)
{
  struct topo_buf body = {0};
  craft_invite(&body, &s->invite_key.public_key, 3, 0, some_ids(n_slots), n_slots);
  return story_act(s, OWNER, s->owner, 0x0004, &body, n_slots);
}

/* An invite's type decides rights: one that breaks its bound is not admitted. */
static void an_invite_has_at_most_64_slots(void **state)
{
  struct fixture *f = *state;
  struct topo_id most = invite_with(f->story, TOPO_SLOTS_MAX);
  struct topo_id more = invite_with(f->story, TOPO_SLOTS_MAX + 1);
  struct topo_id none = invite_with(f->story, 0);
  assert_int_equal(state_of(f, most), TOPO_STATE_ACCEPTED);
  assert_int_equal(state_of(f, more), TOPO_STATE_NAMED);
  assert_int_equal(state_of(f, none), TOPO_STATE_NAMED);
}

static void count_missing(const struct topo_envelope *e)
{
  static const struct topo_act act = {.kind = TOPO_ACT_ADMISSION, .invite = {{4}}};
  struct topo_authority *a = topo_authority_create(&topo_id_zero);
  struct topo_id missing[TOPO_ANCESTORS_MAX];
  assert_non_null(a);
  assert_int_equal(topo_authority_missing(a, e, &act, missing), TOPO_ANCESTORS_MAX);
  topo_authority_destroy(a);
}

static struct topo_envelope with_parents(uint8_t n)
{
  return (struct topo_envelope){
      .auth = {{2}}, .prev = {{3}}, .n_parents = n, .parents = some_ids(n)->bytes};
}

static void miss_one_too_many(void)
{
  const struct topo_envelope e = with_parents(TOPO_PARENTS_MAX + 1);
  count_missing(&e);
}

/* An admission refers to most: to its credential, its predecessor, its invite, and every parent.
 */
static void an_event_has_at_most_19_ancestors(void **state)
{
  const struct topo_envelope e = with_parents(TOPO_PARENTS_MAX);
  (void)state;
  count_missing(&e);
  assert_true(test_aborts(miss_one_too_many));
}

static struct topo_id epoch_listing(struct story *s, uint16_t n)
{
  struct topo_buf body = {0};
  struct topo_id commitment = craft_commitment(s->secret[0]);
  craft_epoch(&body, 2, 1, &commitment, some_ids(n), n);
  return story_act(s, OWNER, s->owner, 0x0010, &body, n);
}

/* One that breaks its bound is unreadable; what the other lists is not here, so it is not numbered.
 */
static void an_epoch_lists_at_most_16(void **state)
{
  struct fixture *f = *state;
  struct topo_id most = epoch_listing(f->story, TOPO_EPOCHS_MAX);
  struct topo_id more = epoch_listing(f->story, TOPO_EPOCHS_MAX + 1);
  assert_int_equal(state_of(f, most), TOPO_STATE_BLOCKED);
  assert_int_equal(state_of(f, more), TOPO_STATE_UNREADABLE);
}

/* Content of an epoch that nobody has heard of; `i` makes it another event. */
static void put_sealed(struct topo_buf *out, uint32_t i)
{
  enum { SEALED = 48 + 64 * 3 };
  uint8_t event[TOPO_CONTENT_HEADER + SEALED] = {[0] = 1, [1] = 2};
  topo_put_be32(event + 10, i);
  memset(event + 62, 9, 32);
  topo_buf_put(out, event, sizeof event);
}

enum { BATCH = 4096 };

static void give_sealed(struct space *space, uint32_t first, size_t n)
{
  static struct topo_bytes events[BATCH];
  struct topo_buf bytes = {0};
  topo_assert(n <= BATCH);
  for (size_t i = 0; i < n; i++)
    put_sealed(&bytes, first + (uint32_t)i);
  for (size_t i = 0; i < n; i++)
    events[i] = (struct topo_bytes){bytes.data + i * (bytes.len / n), bytes.len / n};
  assert_int_equal(space_give(space, events, n), 0);
  topo_buf_finish(&bytes);
}

/* Events that cannot be judged are kept up to a bound; what comes then is told as over quota, and
 * what can be judged is taken all the same. */
static void as_many_as_the_bound_are_pending(void **state)
{
  struct fixture *f = *state;
  for (uint32_t i = 0; i < TOPO_PENDING_MAX; i += BATCH)
    give_sealed(f->space, i, BATCH);
  assert_int_equal(topo_dag_pending(f->space->dag), TOPO_PENDING_MAX);
  assert_int_equal(f->space->n_rejected, 0);
  give_sealed(f->space, TOPO_PENDING_MAX, 1);
  assert_int_equal(topo_dag_pending(f->space->dag), TOPO_PENDING_MAX);
  assert_int_equal(f->space->n_rejected, 1);
  assert_int_equal(f->space->last_rejection, TOPO_EQUOTA);
  assert_int_equal(state_of(f, f->story->owner), TOPO_STATE_ACCEPTED);
}

/* ---- tables of types ------------------------------------------------------------------------- */

static struct topo_type many[TOPO_TYPES_MAX + 1];
static const struct topo_type *table[TOPO_TYPES_MAX + 2];

/* A table of `n` types that have tables of their own in the database. */
static int open_with(struct space *space, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    many[i] = topo_type_message;
    many[i].number = (uint16_t)(0x1100 + i);
    many[i].schema = ""; /* part of the digest of schemas, and nothing to make */
    table[i] = &many[i];
  }
  table[n] = NULL;
  space->types = table;
  return space_reopen(space, false);
}

static void open_with_one_too_many(void)
{
  struct story *story = story_create();
  open_with(stranger(&story->workspace), TOPO_TYPES_MAX + 1);
}

static void a_table_has_at_most_64_types(void **state)
{
  struct fixture *f = *state;
  assert_int_equal(open_with(f->space, TOPO_TYPES_MAX), 0);
  assert_true(test_aborts(open_with_one_too_many));
}

/* ---- only its author ------------------------------------------------------------------------- */

static bool by_its_author(const struct topo_value *values, const struct topo_writer *author,
                          const struct topo_writer *depends)
{
  (void)values;
  return author->user == depends[0].user && author->role != TOPO_GUEST;
}

static size_t on_a_message(const struct topo_value *values,
                           struct topo_dependency out[static TOPO_DEPENDENCIES_MAX])
{
  out[0] = (struct topo_dependency){topo_value_id(&values[0]), TOPO_TYPE_MESSAGE};
  return 1;
}

static int project_nothing(struct topo_db *db, const struct topo_event *event)
{
  (void)db, (void)event;
  return 0;
}

static int clear_nothing(struct topo_db *db, int64_t entity)
{
  (void)db, (void)entity;
  return 0;
}

/* "edit": a message's new text, by its author alone. */
enum { TYPE_EDIT = 0x1fff };
static struct topo_type edit;
static const struct topo_type *with_edit[TOPO_TYPES_MAX];

static void learn_edit(struct space *space)
{
  size_t n = 0;
  edit = topo_type_message;
  edit.number = TYPE_EDIT;
  edit.name = "edit";
  edit.schema = NULL;
  edit.depends = on_a_message;
  edit.allows = by_its_author;
  edit.project = project_nothing;
  edit.clear = clear_nothing;
  edit.fingerprint = NULL;
  for (; topo_types[n]; n++)
    with_edit[n] = topo_types[n];
  with_edit[n] = &edit;
  space->types = with_edit;
  assert_int_equal(space_reopen(space, false), 0);
}

static struct topo_id say_edit(struct story *s, struct saying how, struct topo_id message)
{
  struct topo_buf body = {0};
  craft_message(&body, &message, NULL, "better");
  return story_say(s, how, TYPE_EDIT, &body);
}

/* Whatever comes first: the message, the edits, or who wrote them. */
static void only_the_author_edits(void **state)
{
  struct fixture *f = *state;
  struct story *s = f->story;
  struct topo_id dora = story_grant(s, OWNER, s->owner, DORA, 3);
  struct topo_id channel = story_channel(s, (struct saying){.who = OWNER, .auth = s->owner}, "tea");
  struct topo_id message =
      story_message(s, (struct saying){.who = DORA, .auth = dora}, channel, "hello");
  struct topo_id own = say_edit(s, (struct saying){DORA, dora, message, .seq = 1}, message);
  struct topo_id other = say_edit(s, (struct saying){OWNER, s->owner, channel, .seq = 1}, message);
  learn_edit(f->space);
  for (size_t i = 0; i < s->n; i++) /* in the order of arrival that needs most waiting */
    assert_int_equal(space_give(f->space, &s->events[s->n - 1 - i], 1), 0);
  space_keep_known(f->space, (const uint8_t(*)[32])s->secret, 1);
  assert_int_equal(space_state(f->space, &own), TOPO_STATE_ACCEPTED);
  assert_int_equal(space_state(f->space, &other), TOPO_STATE_UNAUTHORISED);
  struct space *second = stranger(&s->workspace);
  learn_edit(second);
  assert_int_equal(space_give(second, s->events, s->n), 0);
  space_keep_known(second, (const uint8_t(*)[32])s->secret, 1);
  assert_int_equal(space_state(second, &own), TOPO_STATE_ACCEPTED);
  assert_int_equal(space_state(second, &other), TOPO_STATE_UNAUTHORISED);
  space_destroy(second);
}

/* A second device of the author is the same user. */
static void the_author_edits_from_another_device(void **state)
{
  struct fixture *f = *state;
  struct story *s = f->story;
  struct topo_id dora = story_grant(s, OWNER, s->owner, DORA, 3);
  struct topo_id tablet = story_device(s, DORA, dora, EMIL, story_user(s, DORA));
  struct topo_id channel = story_channel(s, (struct saying){.who = OWNER, .auth = s->owner}, "tea");
  struct topo_id message =
      story_message(s, (struct saying){.who = DORA, .auth = dora}, channel, "hello");
  struct topo_id own = say_edit(s, (struct saying){.who = EMIL, .auth = tablet}, message);
  learn_edit(f->space);
  assert_int_equal(state_of(f, own), TOPO_STATE_ACCEPTED);
}

#define with_fixture(test) cmocka_unit_test_setup_teardown(test, create_fixture, destroy_fixture)

int main(void)
{
  const struct CMUnitTest tests[] = {
      with_fixture(an_invite_has_at_most_64_slots),
      with_fixture(an_event_has_at_most_19_ancestors),
      with_fixture(an_epoch_lists_at_most_16),
      with_fixture(as_many_as_the_bound_are_pending),
      with_fixture(a_table_has_at_most_64_types),
      with_fixture(only_the_author_edits),
      with_fixture(the_author_edits_from_another_device),
  };
  return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
