/*
 * test_clock.c - the times that a device writes (docs/protocol.md §2.4): a wall that was wrong is
 * forgotten once it is right, what others wrote is answered later than they wrote it, and no clock
 * decides which name counts.
 */
#include "base/assert.h"
#include "events/message/message.h"
#include "events/profile/profile.h"
#include "lib/space.h"
#include "unit/dag/story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { DAY_MS = 24 * 60 * 60 * 1000 };

static void set_wall(struct space *space, uint64_t ms)
{
  space->now_ms = ms - 1; /* space_author lets a millisecond pass */
}

/* Says something, and returns the hlc of that event. */
static uint64_t say(struct space *space)
{
  struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
  struct topo_id general = space_general(space);
  v[TOPO_MESSAGE_CHANNEL] = topo_value_of_id(&general);
  v[TOPO_MESSAGE_TEXT].bytes = (struct topo_bytes){(const uint8_t *)"hello", 5};
  space_listen(space);
  assert_int_equal(space_author(space, &topo_type_message, v, NULL), 0);
  assert_int_equal(space->items.len, sizeof(struct space_item));
  return ((const struct space_item *)(const void *)space->items.data)->hlc;
}

/* Somebody's event of that hlc comes. What it refers to never does: it is stored. */
static void hear(struct space *space, uint64_t hlc)
{
  struct topo_buf event = {0}, body = {0};
  struct topo_sign_key somebody;
  uint8_t seed[32] = {9};
  topo_sign_key_from_seed(&somebody, seed);
  craft_wrap(&body, &space->self.workspace, &space->self.workspace);
  struct craft_control c = {.place = {space->self.workspace},
                            .type = 0x0011,
                            .hlc = hlc,
                            .signer = &somebody,
                            .auth = {{1}},
                            .body = topo_buf_view(&body)};
  craft_control(&event, &c);
  struct topo_bytes raw = topo_buf_view(&event);
  struct topo_id id = craft_id(&c.place, raw);
  assert_int_equal(space_give(space, &raw, 1), 0);
  assert_int_equal(space_state(space, &id), TOPO_STATE_PENDING);
  topo_buf_finish(&event);
  topo_buf_finish(&body);
}

static void a_wrong_wall_is_forgotten(void **state)
{
  (void)state;
  for (int reopened = 0; reopened < 2; reopened++) {
    struct space *space = space_found(1, 2);
    uint64_t right = space->now_ms + 1;
    set_wall(space, right + DAY_MS);
    assert_int_equal(say(space), (right + DAY_MS) << 16);
    if (reopened)
      assert_int_equal(space_reopen(space, true), 0);
    set_wall(space, right);
    assert_int_equal(say(space), (right << 16) + 1); /* after the place that the other has now */
    set_wall(space, right);
    assert_int_equal(say(space), (right << 16) + 2);
    assert_int_equal(space_reopen(space, true),
                     0); /* the clock that was dropped is not read again */
    set_wall(space, right + DAY_MS);
    assert_int_equal(say(space), (right + DAY_MS) << 16);
    space_destroy(space);
  }
}

/* The greatest hlc of all content. */
static uint64_t newest_content(struct space *space)
{
  struct topo_buf items = space_items(space);
  const struct space_item *item = (const struct space_item *)(const void *)items.data;
  uint64_t newest = 0;
  for (size_t i = 0; i < items.len / sizeof *item; i++)
    if (!topo_id_is_zero(&item[i].set) && item[i].hlc > newest)
      newest = item[i].hlc;
  topo_buf_finish(&items);
  return newest;
}

/* An own clock of up to TOPO_CLOCK_AHEAD_MS over the wall is counted on: the wall jitters. */
static void a_wall_that_goes_back_a_little_is_outlived(void **state)
{
  (void)state;
  for (int reopened = 0; reopened < 2; reopened++) {
    struct space *space = space_found(1, 2);
    uint64_t stays = newest_content(space), before = say(space), ms = before >> 16;
    if (reopened)
      assert_int_equal(space_reopen(space, true), 0);
    set_wall(space, ms - TOPO_CLOCK_AHEAD_MS);
    assert_int_equal(say(space), before + 1);
    set_wall(space, ms - TOPO_CLOCK_AHEAD_MS - 1);
    assert_int_equal(say(space), stays + 3); /* after what stays, and both that do not */
    space_destroy(space);
  }
}

/* A peer may be ahead by as much as that, and is answered later than it wrote; one that is further
 * ahead is not followed. */
static void a_peer_ahead_is_followed_within_the_bound(void **state)
{
  (void)state;
  struct space *space = space_found(1, 2);
  uint64_t wall = space->now_ms, most = (wall + TOPO_CLOCK_AHEAD_MS) << 16 | 7;
  hear(space, (wall + TOPO_CLOCK_AHEAD_MS + 1) << 16);
  set_wall(space, wall);
  assert_true(say(space) < (wall + 1) << 16);
  hear(space, most);
  for (uint64_t i = 1; i < 4; i++) {
    assert_int_equal(space_reopen(space, true), 0);
    set_wall(space, wall);
    assert_int_equal(say(space), most + i);
  }
  space_destroy(space);
}

/* What its owner knows the wall to be wrong by is added to it, whatever a peer made of that. */
static void the_wall_is_corrected(void **state)
{
  (void)state;
  struct space *space = space_found(1, 2);
  uint64_t wall = space->now_ms + 1;
  topo_dag_set_clock_offset(space->dag, DAY_MS);
  set_wall(space, wall);
  assert_int_equal(say(space), (wall + DAY_MS) << 16);
  topo_dag_set_clock_offset(space->dag, -DAY_MS);
  set_wall(space, wall);
  assert_int_equal(say(space) >> 16, wall - DAY_MS);
  static const int64_t extremes[] = {INT64_MIN, INT64_MAX};
  for (size_t i = 0; i < 2; i++) {
    topo_dag_set_clock_offset(space->dag, extremes[i]);
    set_wall(space, wall);
    assert_in_range(say(space) >> 16, i * TOPO_CLOCK_WALL_MAX_MS, i * TOPO_CLOCK_WALL_MAX_MS);
  }
  topo_dag_set_clock_offset(space->dag, 0);
  set_wall(space, TOPO_CLOCK_WALL_MAX_MS + 1);
  assert_int_equal(say(space) >> 16, TOPO_CLOCK_WALL_MAX_MS);
  space_destroy(space);
}

/* The name of the workspace. */
static void assert_named(struct space *space, const char *name)
{
  struct topo_stmt *s = topo_stmt(space->db, "SELECT p.name FROM profile p JOIN event e"
                                             " ON e.no=p.entity WHERE e.id=?1");
  topo_bind_id(s, 1, &space->self.workspace);
  assert_int_equal(topo_fetch(s), 1);
  struct topo_bytes found = topo_column_bytes(s, 0);
  assert_int_equal(found.len, strlen(name));
  assert_memory_equal(found.data, name, found.len);
  topo_reset(s);
}

static void rename_workspace(struct space *space, const char *name)
{
  struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
  v[TOPO_PROFILE_OF].number = TOPO_PROFILE_OF_WORKSPACE;
  v[TOPO_PROFILE_NAME].bytes = (struct topo_bytes){(const uint8_t *)name, strlen(name)};
  assert_int_equal(space_author(space, &topo_type_profile, v, NULL), 0);
}

/* A name that was given by a clock of next year is not there for a year. */
static void a_later_name_counts_whatever_the_clocks_say(void **state)
{
  (void)state;
  struct space *space = space_found(1, 2);
  uint64_t right = space->now_ms;
  set_wall(space, right + (uint64_t)365 * DAY_MS);
  rename_workspace(space, "Next year");
  assert_named(space, "Next year");
  set_wall(space, right);
  rename_workspace(space, "Now");
  assert_named(space, "Now");
  rename_workspace(space, "Later");
  assert_named(space, "Later");
  space_destroy(space);
}

/* Somebody takes a version that nobody grew to: it counts when others come near it, and no sooner.
 */
static void a_version_out_of_reach_does_not_count(void **state)
{
  (void)state;
  struct story *s = story_create();
  struct topo_self self;
  space_identity(&self, 200);
  struct space *space = space_create(&self, &s->workspace);
  struct saying how = {OWNER, .auth = s->owner};
  static const uint64_t versions[] = {1, TOPO_PROFILE_STEP_MAX + 2, INT64_MAX,
                                      TOPO_PROFILE_STEP_MAX + 1, 2};
  static const char *const shown[] = {"0", "0", "0", "1", "1"};
  assert_int_equal(space_give(space, s->events, s->n), 0);
  assert_int_equal(space_keep_known(space, (const uint8_t(*)[32])s->secret, 1), 1);
  for (; how.seq < 5; how.seq++) {
    const char name[] = {(char)('0' + how.seq), 0};
    how.prev = story_rename(s, how, 1, versions[how.seq], name);
    assert_int_equal(space_give(space, &s->events[s->n - 1], 1), 0);
    assert_named(space, shown[how.seq]);
  }
  space_destroy(space);
  story_destroy(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_wrong_wall_is_forgotten),
      cmocka_unit_test(a_wall_that_goes_back_a_little_is_outlived),
      cmocka_unit_test(a_peer_ahead_is_followed_within_the_bound),
      cmocka_unit_test(the_wall_is_corrected),
      cmocka_unit_test(a_later_name_counts_whatever_the_clocks_say),
      cmocka_unit_test(a_version_out_of_reach_does_not_count),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
