/*
 * test_order.c - where messages are shown (docs/protocol.md §5.2): nobody writes below everybody
 * else, and what was shown does not move but when the wall is put back.
 */
#include "base/assert.h"
#include "dag/changes.h"
#include "events/message/message.h"
#include "lib/space.h"
#include "unit/dag/story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MINUTE_MS = 60 * 1000, DAY_MS = 24 * 60 * MINUTE_MS, SHOWN_MAX = 64 };

/* A workspace of three, and the space of one of them: Dora. */
struct scene {
  struct story *story;
  struct space *space;
  struct topo_id general;
  struct saying owner, emil; /* where their chains are */
};

static void give_last(struct scene *f)
{
  assert_int_equal(space_give(f->space, &f->story->events[f->story->n - 1], 1), 0);
}

static int set_up(void **state)
{
  struct scene *f = calloc(1, sizeof *f);
  struct topo_self self;
  assert_non_null(f);
  f->story = story_create();
  story_grant(f->story, OWNER, f->story->owner, DORA, 3);
  struct topo_id emil = story_grant(f->story, OWNER, f->story->owner, EMIL, 3);
  f->owner = (struct saying){OWNER, .auth = f->story->owner};
  f->emil = (struct saying){EMIL, .auth = emil};
  f->general = f->owner.prev = story_channel(f->story, f->owner, "general");
  f->owner.seq = 1;
  space_identity(&self, 200);
  self.device = f->story->people[DORA];
  f->space = space_create(&self, &f->story->workspace);
  assert_int_equal(space_give(f->space, f->story->events, f->story->n), 0);
  assert_int_equal(space_keep_known(f->space, (const uint8_t(*)[32])f->story->secret, 1), 1);
  *state = f;
  return 0;
}

static int tear_down(void **state)
{
  struct scene *f = *state;
  space_destroy(f->space);
  story_destroy(f->story);
  free(f);
  return 0;
}

/* Somebody says something by a clock that shows `ms`. It is not here yet. */
static struct topo_id write(struct scene *f, struct saying *who, uint64_t ms)
{
  who->hlc = ms << 16;
  who->prev = story_message(f->story, *who, f->general, "text");
  who->seq++;
  return who->prev;
}

static struct topo_id hear(struct scene *f, struct saying *who, uint64_t ms)
{
  struct topo_id id = write(f, who, ms);
  give_last(f);
  return id;
}

/* Dora says something. */
static struct topo_id say(struct scene *f)
{
  struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
  struct topo_id id;
  v[TOPO_MESSAGE_CHANNEL] = topo_value_of_id(&f->general);
  v[TOPO_MESSAGE_TEXT].bytes = (struct topo_bytes){(const uint8_t *)"hello", 5};
  assert_int_equal(space_author(f->space, &topo_type_message, v, &id), 0);
  return id;
}

struct shown {
  struct topo_id ids[SHOWN_MAX];
  uint64_t places[SHOWN_MAX];
  size_t n;
};

static struct shown read_page(struct space *space)
{
  struct shown page = {.n = 0};
  struct topo_stmt *s = topo_stmt(space->db, "SELECT id,place FROM message ORDER BY place,id");
  while (topo_fetch(s) == 1) {
    assert_true(page.n < SHOWN_MAX);
    page.ids[page.n] = topo_column_id(s, 0);
    page.places[page.n++] = (uint64_t)topo_column_i64(s, 1);
  }
  return page;
}

static void assert_shown(struct scene *f, const struct topo_id *ids, size_t n)
{
  struct shown page = read_page(f->space);
  assert_int_equal(page.n, n);
  for (size_t i = 0; i < n; i++)
    if (!topo_id_equal(&page.ids[i], &ids[i]))
      fail_msg("another message is shown at number %zu", i);
}

/* Everything is made anew from the log, as after an upgrade. */
static void rebuild(struct space *space)
{
  assert_int_equal(topo_db_exec(space->db, "DELETE FROM local_value WHERE name='projection'"), 0);
  assert_int_equal(space_reopen(space, false), 0);
}

static void what_is_dated_2100_is_shown_where_it_arrived(void **state)
{
  struct scene *f = *state;
  uint64_t now = f->space->now_ms, year_2100 = 4102444800000;
  struct topo_id ids[7];
  ids[0] = hear(f, &f->owner, now - MINUTE_MS);
  ids[1] = hear(f, &f->emil, year_2100);
  ids[2] = hear(f, &f->emil, year_2100 - DAY_MS);
  ids[3] = say(f);
  f->space->now_ms += MINUTE_MS;
  ids[4] = hear(f, &f->owner, f->space->now_ms);
  ids[5] = hear(f, &f->emil, year_2100 + DAY_MS);
  f->space->now_ms += MINUTE_MS;
  ids[6] = hear(f, &f->owner, f->space->now_ms);
  assert_shown(f, ids, 7);
  struct shown before = read_page(f->space);
  assert_int_equal(before.places[0] >> 16, now - MINUTE_MS);
  assert_in_range(before.places[1] >> 16, now, now + 1);
  rebuild(f->space);
  struct shown after = read_page(f->space);
  assert_memory_equal(&before, &after, sizeof before);
}

/* Up to the bound a clock that is ahead is believed. */
static void the_bound_is_five_minutes(void **state)
{
  struct scene *f = *state;
  uint64_t now = f->space->now_ms;
  struct topo_id ids[2];
  ids[1] = hear(f, &f->owner, now + TOPO_CLOCK_AHEAD_MS);
  assert_int_equal(read_page(f->space).places[0], (now + TOPO_CLOCK_AHEAD_MS) << 16);
  rebuild(f->space);
  assert_int_equal(space_reopen(f->space, true), 0);
  ids[0] = hear(f, &f->emil, now - 1);
  assert_shown(f, ids, 2);
  hear(f, &f->emil, now + TOPO_CLOCK_AHEAD_MS + 1);
  struct shown page = read_page(f->space);
  assert_int_equal(page.places[2], ((now + TOPO_CLOCK_AHEAD_MS) << 16) + 1);
}

/* What comes before it can be read is shown where it can be. */
static void what_waits_is_placed_when_it_is_an_item(void **state)
{
  struct scene *f = *state;
  struct topo_id fay = story_grant(f->story, OWNER, f->story->owner, FAY, 3);
  struct topo_bytes grant = f->story->events[f->story->n - 1];
  struct saying how = {FAY, .auth = fay};
  struct topo_id ids[2];
  ids[1] = hear(f, &how, f->space->now_ms + DAY_MS);
  assert_int_equal(space_state(f->space, &ids[1]), TOPO_STATE_PENDING);
  f->space->now_ms += MINUTE_MS;
  ids[0] = hear(f, &f->owner, f->space->now_ms);
  f->space->now_ms += MINUTE_MS;
  assert_int_equal(space_give(f->space, &grant, 1), 0);
  assert_shown(f, ids, 2);
  assert_int_equal(read_page(f->space).places[1] >> 16, f->space->now_ms);
}

/* This computer was a day ahead, and is put right: what was placed by its clock is not below
 * everything for a day, and clients are told. */
static void a_wall_that_is_put_back_places_again(void **state)
{
  struct scene *f = *state;
  uint64_t right = f->space->now_ms;
  struct topo_id ids[6];
  struct topo_change changes[64];
  ids[0] = hear(f, &f->owner, right - MINUTE_MS);
  f->space->now_ms = right + DAY_MS;
  ids[1] = say(f);
  ids[2] = hear(f, &f->emil, right + DAY_MS + MINUTE_MS);
  ids[3] = say(f);
  assert_shown(f, ids, 4);
  assert_int_equal(space_reopen(f->space, true), 0);
  int before = topo_changes_read(f->space->db, 0, changes, 64);
  f->space->now_ms = right;
  ids[4] = hear(f, &f->owner, right + 1);
  ids[5] = say(f);
  assert_shown(f, ids, 6);
  int after = topo_changes_read(f->space->db, 0, changes, 64);
  assert_int_equal(after - before, 3 + 2);
  struct shown page = read_page(f->space);
  assert_in_range(page.places[1], right << 16, (right + MINUTE_MS) << 16);
  rebuild(f->space);
  struct shown again = read_page(f->space);
  assert_memory_equal(&page, &again, sizeof page);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(what_is_dated_2100_is_shown_where_it_arrived, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(the_bound_is_five_minutes, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_waits_is_placed_when_it_is_an_item, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_wall_that_is_put_back_places_again, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
