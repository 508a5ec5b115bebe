/*
 * test_order.c - where messages are shown (docs/protocol.md §5.2): nobody writes below everybody
 * else, an answer is below what it answers, and what was shown does not move but when the wall is
 * put back.
 */
#include "base/assert.h"
#include "dag/changes.h"
#include "events/message/message.h"
#include "lib/space.h"
#include "model/oracle.h"
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

/* Which message Dora's last event names, as others read it; zero when it names none. */
static struct topo_id named_by(struct scene *f, const struct topo_id *id)
{
  struct topo_buf bytes = {0};
  assert_int_equal(topo_dag_read(f->space->dag, id, &bytes), 0);
  struct topo_bytes raw = topo_buf_view(&bytes);
  struct oracle_input in = {.workspace = f->story->workspace,
                            .events = f->story->events,
                            .n_events = f->story->n,
                            .secrets = (const uint8_t(*)[32])f->story->secret,
                            .n_secrets = 1};
  struct topo_bytes all[STORY_EVENTS_MAX + 1];
  memcpy(all, in.events, in.n_events * sizeof *all);
  all[in.n_events++] = raw;
  in.events = all;
  struct oracle_result *result = oracle_run(&in);
  struct topo_bytes body = oracle_find(result, id)->payload;
  struct topo_id named = topo_id_zero;
  assert_true(body.len > 34);
  if (body.data[33] == 1)
    memcpy(named.bytes, body.data + 34, TOPO_ID_SIZE);
  oracle_result_destroy(result);
  topo_buf_finish(&bytes);
  return named;
}

static void assert_names(struct scene *f, const struct topo_id *id, const struct topo_id *named)
{
  struct topo_id found = named_by(f, id);
  assert_true(topo_id_equal(&found, named ? named : &topo_id_zero));
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

/* What was ahead when it came and no longer is when it can be read has its own clock as its place;
 * that is the future again when the wall is put back, and no answer goes there. */
static void assert_nothing_ahead_after(struct scene *f, uint64_t wall)
{
  f->space->now_ms = wall;
  say(f);
  struct shown page = read_page(f->space);
  assert_int_equal(page.n, 2);
  for (size_t i = 0; i < page.n; i++)
    assert_true(page.places[i] >> 16 <= wall + TOPO_CLOCK_AHEAD_MS);
}

static void what_waited_for_its_author_is_placed_again(void **state)
{
  struct scene *f = *state;
  struct saying how = {FAY, .auth = story_grant(f->story, OWNER, f->story->owner, FAY, 3)};
  struct topo_bytes grant = f->story->events[f->story->n - 1];
  uint64_t wall = f->space->now_ms;
  hear(f, &how, wall + 6 * MINUTE_MS);
  f->space->now_ms = wall + 2 * MINUTE_MS;
  assert_int_equal(space_give(f->space, &grant, 1), 0);
  assert_int_equal(read_page(f->space).places[0] >> 16, wall + 6 * MINUTE_MS);
  assert_nothing_ahead_after(f, wall);
}

static void what_waited_for_a_key_is_placed_again(void **state)
{
  struct scene *f = *state;
  struct topo_self self = f->space->self;
  uint64_t wall = f->space->now_ms;
  space_destroy(f->space);
  f->space = space_create(&self, &f->story->workspace);
  write(f, &f->owner, wall + 6 * MINUTE_MS);
  assert_int_equal(space_give(f->space, f->story->events, f->story->n), 0);
  f->space->now_ms = wall + 2 * MINUTE_MS;
  assert_int_equal(space_keep_known(f->space, (const uint8_t(*)[32])f->story->secret, 1), 1);
  assert_int_equal(read_page(f->space).places[0] >> 16, wall + 6 * MINUTE_MS);
  assert_int_equal(space_reopen(f->space, true), 0);
  assert_nothing_ahead_after(f, wall);
}

/* The own clock is dropped for an event that is not shown, and goes on above what is. */
static void a_dropped_clock_goes_on_above_what_stays(void **state)
{
  struct scene *f = *state;
  struct topo_buf body = {0};
  uint64_t wall = f->space->now_ms;
  hear(f, &f->owner, wall + 4 * MINUTE_MS);
  craft_wrap(&body, &f->story->epoch, &f->story->owner);
  story_act(f->story, OWNER, f->story->owner, 0x0011, &body, (wall + TOPO_CLOCK_AHEAD_MS) << 16);
  give_last(f);
  f->space->now_ms = wall - MINUTE_MS;
  struct topo_id last = say(f);
  assert_names(f, &last, NULL);
  assert_int_equal(read_page(f->space).places[1], ((wall + 4 * MINUTE_MS) << 16) + 1);
  f->space->now_ms = wall - 3 * MINUTE_MS;
  say(f);
  struct shown page = read_page(f->space);
  for (size_t i = 0; i < page.n; i++)
    assert_true(page.places[i] >> 16 <= wall - 3 * MINUTE_MS + TOPO_CLOCK_AHEAD_MS);
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

/* A slow clock is answered by a right one and answers it: what it says names what was read. */
static void an_answer_by_a_slow_clock_is_below_what_it_answers(void **state)
{
  struct scene *f = *state;
  uint64_t now = f->space->now_ms, slow = now - 6 * MINUTE_MS;
  struct topo_id ids[5];
  ids[0] = hear(f, &f->owner, now - MINUTE_MS);
  f->emil.after = ids[0];
  ids[1] = hear(f, &f->emil, slow);
  f->emil.after = ids[1]; /* it goes on speaking */
  ids[2] = hear(f, &f->emil, slow + 1);
  f->space->now_ms += MINUTE_MS;
  ids[3] = hear(f, &f->owner, now);
  f->emil.after = ids[3];
  ids[4] = hear(f, &f->emil, slow + MINUTE_MS);
  assert_shown(f, ids, 5);
  struct shown before = read_page(f->space);
  assert_int_equal(before.places[1], ((now - MINUTE_MS) << 16) + 1);
  rebuild(f->space);
  struct shown after = read_page(f->space);
  assert_memory_equal(&before, &after, sizeof before);
}

/* Dora's next message is below all that she is shown, also where that was moved. */
static void the_own_clock_takes_places_into_account(void **state)
{
  struct scene *f = *state;
  uint64_t ahead = f->space->now_ms + TOPO_CLOCK_AHEAD_MS;
  struct topo_id ids[3];
  ids[0] = hear(f, &f->owner, ahead);
  f->emil.after = ids[0];
  ids[1] = hear(f, &f->emil, ahead - DAY_MS);
  ids[2] = say(f);
  assert_shown(f, ids, 3);
  assert_int_equal(read_page(f->space).places[2], (ahead << 16) + 2);
}

/* What comes together may come in any order: a batch is in the order of the clocks, which is the
 * wrong one here. */
static void a_slow_answer_is_placed_after_all_that_came_with_it(void **state)
{
  struct scene *f = *state;
  uint64_t now = f->space->now_ms, slow = now - 6 * MINUTE_MS;
  struct topo_id ids[3];
  size_t from = f->story->n;
  ids[0] = write(f, &f->owner, now);
  f->emil.after = ids[0];
  ids[1] = write(f, &f->emil, slow);
  f->emil.after = ids[1];
  ids[2] = write(f, &f->emil, slow + 1);
  assert_int_equal(space_give(f->space, &f->story->events[from], 3), 0);
  assert_shown(f, ids, 3);
  assert_int_equal(read_page(f->space).places[2], (now << 16) + 2);
}

/* An answer that comes first is shown where it arrived, and so above nothing that it answers. */
static void an_answer_that_comes_first_is_shown_where_it_arrived(void **state)
{
  struct scene *f = *state;
  uint64_t now = f->space->now_ms;
  struct topo_id ids[3];
  ids[0] = hear(f, &f->owner, now - 2 * MINUTE_MS);
  ids[1] = write(f, &f->owner, now - MINUTE_MS);
  struct topo_bytes question = f->story->events[f->story->n - 1];
  f->emil.after = ids[1];
  ids[2] = hear(f, &f->emil, now - 10 * MINUTE_MS);
  assert_int_equal(read_page(f->space).places[1], now << 16);
  assert_int_equal(space_give(f->space, &question, 1), 0);
  assert_shown(f, ids, 3);
}

/* What was placed by its arrival is above an answer that came soon, and moves no old one: to a
 * newcomer it came years later. */
static void what_is_ahead_moves_only_what_was_said_then(void **state)
{
  struct scene *f = *state;
  uint64_t now = f->space->now_ms, year_2100 = 4102444800000;
  struct topo_id ids[3];
  ids[1] = f->owner.after = hear(f, &f->emil, year_2100);
  uint64_t there = read_page(f->space).places[0];
  assert_int_equal(there, now << 16);
  ids[0] = hear(f, &f->owner, now - TOPO_CLOCK_AHEAD_MS - 1);
  ids[2] = hear(f, &f->owner, now - TOPO_CLOCK_AHEAD_MS);
  assert_shown(f, ids, 3);
  assert_int_equal(read_page(f->space).places[2], there + 1);
}

/* A control event has a clock that nobody has bounded, and is no message: nothing is after it. */
static void a_control_event_is_nothing_that_was_read(void **state)
{
  struct scene *f = *state;
  struct topo_buf body = {0};
  uint64_t year_2100 = 4102444800000;
  craft_wrap(&body, &f->story->epoch, &f->story->owner);
  f->owner.after = story_act(f->story, OWNER, f->story->owner, 0x0011, &body, year_2100 << 16);
  give_last(f);
  hear(f, &f->owner, f->space->now_ms - DAY_MS);
  assert_int_equal(read_page(f->space).places[0], f->space->now_ms << 16);
}

/* Dora's clock is slow: she names what she has read for as long as it is ahead of her. */
static void a_slow_author_names_what_it_has_read(void **state)
{
  struct scene *f = *state;
  uint64_t now = f->space->now_ms;
  struct topo_id last = say(f);
  assert_names(f, &last, NULL);
  hear(f, &f->owner, now + TOPO_CLOCK_AHEAD_MS);
  last = say(f); /* her clock follows that far */
  assert_names(f, &last, NULL);
  f->space->now_ms += TOPO_CLOCK_AHEAD_MS;
  struct topo_id ahead = hear(f, &f->owner, f->space->now_ms + 2 * TOPO_CLOCK_AHEAD_MS);
  last = say(f);
  assert_names(f, &last, &ahead);
  for (int shown = 2; shown <= TOPO_MESSAGE_READ_MAX; shown++) {
    struct topo_id before = last;
    last = say(f);
    assert_names(f, &last, &before);
  }
  last = say(f); /* what was ahead is no longer among the last ones */
  assert_names(f, &last, NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(what_is_dated_2100_is_shown_where_it_arrived, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(the_bound_is_five_minutes, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_waits_is_placed_when_it_is_an_item, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_waited_for_its_author_is_placed_again, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(what_waited_for_a_key_is_placed_again, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_dropped_clock_goes_on_above_what_stays, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_wall_that_is_put_back_places_again, set_up, tear_down),
      cmocka_unit_test_setup_teardown(an_answer_by_a_slow_clock_is_below_what_it_answers, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(the_own_clock_takes_places_into_account, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_slow_answer_is_placed_after_all_that_came_with_it, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(an_answer_that_comes_first_is_shown_where_it_arrived, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(what_is_ahead_moves_only_what_was_said_then, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(a_control_event_is_nothing_that_was_read, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_slow_author_names_what_it_has_read, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
