/* test_messages.c - pages of messages: whole, in order, in both directions, whatever arrives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/base64url.h"
#include "base/status.h"
#include "events/message/message.h"
#include "events/message/page_query.h"
#include "lib/aborts.h"
#include "unit/events/space.h"
#include "views/cursor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 10000 };

struct room {
  struct space *space;
  struct topo_id channel;
  char path[80];
};

static int setup(void **state)
{
  struct room *room = calloc(1, sizeof *room);
  assert_non_null(room);
  room->space = space_create();
  room->channel = space_id("channel", 1);
  space_channel(room->space, &room->channel, 1, 1, "general");
  space_messages_path(room->path, sizeof room->path, &room->channel);
  *state = room;
  return 0;
}

static int teardown(void **state)
{
  struct room *room = *state;
  space_destroy(room->space);
  free(room);
  return 0;
}

static void add(struct room *room, const struct topo_cursor *at, const char *text)
{
  space_message(room->space, &at->id, &room->channel, 1, at->place, text);
}

static int by_order(const void *a, const void *b)
{
  const struct topo_cursor *x = a, *y = b;
  if (x->place != y->place)
    return x->place < y->place ? -1 : 1;
  return memcmp(x->id.bytes, y->id.bytes, TOPO_ID_SIZE);
}

/* Adds n messages with up to seven to a clock value, some of them alike in the first eight bytes,
 * and returns their places in order. Rows are not in that order. */
static struct topo_cursor *fill(struct room *room, unsigned n)
{
  struct topo_cursor *all = calloc(n, sizeof *all);
  assert_non_null(all);
  assert_int_equal(topo_db_begin(room->space->db, false), 0);
  for (unsigned i = 0; i < n; i++) {
    unsigned k = (unsigned)((uint64_t)i * 7919 % n); /* 7919 is prime */
    all[i] = (struct topo_cursor){(uint64_t)(k / 7 + 1) << 16, space_id("message", k)};
    if (k % 5 < 3)
      memset(all[i].id.bytes, k % 2 ? 0xee : 0x11, 8);
    add(room, &all[i], "text");
  }
  assert_int_equal(topo_db_commit(room->space->db), 0);
  qsort(all, n, sizeof *all, by_order);
  return all;
}

static cJSON *page(struct room *room, const char *direction, const char *cursor, const char *limit)
{
  const char *query[] = {"limit", limit, direction, cursor, NULL};
  return space_get(room->space, room->path, query);
}

static const cJSON *items_of(const cJSON *answer)
{
  return cJSON_GetObjectItemCaseSensitive(answer, "items");
}

static bool is_null(const cJSON *answer, const char *key)
{
  const cJSON *value = cJSON_GetObjectItemCaseSensitive(answer, key);
  assert_non_null(value);
  return cJSON_IsNull(value);
}

/* The items are `want`, in order, and the cursors name the first and the last. */
static void assert_page(const cJSON *answer, const struct topo_cursor *want, size_t n)
{
  const cJSON *item;
  size_t i = 0;
  char text[TOPO_CURSOR_TEXT_SIZE];
  assert_int_equal(cJSON_GetArraySize(items_of(answer)), n);
  cJSON_ArrayForEach(item, items_of(answer))
  {
    space_assert_id(item, "message", &want[i].id);
    assert_true((uint64_t)space_number(item, "sent_at_ms") == want[i++].place >> 16);
  }
  topo_cursor_format(text, &want[0]);
  assert_string_equal(space_text(answer, "before"), text);
  topo_cursor_format(text, &want[n - 1]);
  assert_string_equal(space_text(answer, "after"), text);
}

static void an_item_shows_what_was_said_by_whom_and_when(void **state)
{
  struct room *room = *state;
  const struct topo_cursor at = {(1234567890123ull << 16) + 3, space_id("message", 1)};
  const struct topo_id user = space_id("user", 1);
  add(room, &at, "Grüße,\n\"Welt\"");
  cJSON *answer = space_get(room->space, room->path, NULL);
  assert_page(answer, &at, 1);
  const cJSON *item = cJSON_GetArrayItem(items_of(answer), 0);
  space_assert_id(item, "channel", &room->channel);
  const cJSON *author = cJSON_GetObjectItemCaseSensitive(item, "author");
  space_assert_id(author, "user", &user);
  assert_string_equal(space_text(author, "name"), "");
  assert_string_equal(space_text(item, "text"), "Grüße,\n\"Welt\"");
  char place[TOPO_CURSOR_TEXT_SIZE];
  topo_cursor_format(place, &at);
  assert_string_equal(space_text(item, "place"), place);
  assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(item, "reactions")), 0);
  assert_int_equal(cJSON_GetArraySize(item), 7);
  cJSON_Delete(answer);

  space_name(room->space, &user, "Alice");
  answer = space_get(room->space, room->path, NULL);
  author = cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(items_of(answer), 0), "author");
  assert_string_equal(space_text(author, "name"), "Alice");

  struct topo_json out;
  topo_json_init(&out);
  assert_int_equal(
      topo_resource_message.item(&room->space->view, &(struct topo_entity){0, at.id}, &out), 0);
  cJSON *alone = space_parse(&out);
  assert_true(cJSON_Compare(alone, cJSON_GetArrayItem(items_of(answer), 0), true));
  cJSON_Delete(alone);
  cJSON_Delete(answer);
  topo_json_reset(&out);
  assert_int_equal(
      topo_resource_message.item(&room->space->view, &(struct topo_entity){0, room->channel}, &out),
      TOPO_ENOTFOUND);
  assert_int_equal(
      topo_resource_message.item(&room->space->view, &(struct topo_entity){0, user}, &out),
      TOPO_ENOTFOUND);
  assert_int_equal(topo_json_text(&out).len, 0);
  topo_json_finish(&out);
}

/* The rows that these tests write by hand are those that the type writes. */
static void a_projected_message_is_the_same_row(void **state)
{
  struct room *room = *state;
  const struct topo_id user = space_id("user", 1), id = space_id("message", 1);
  const struct topo_cursor at = {5 << 16, id};
  const struct topo_value values[] = {
      [TOPO_MESSAGE_CHANNEL] = {.bytes = {room->channel.bytes, TOPO_ID_SIZE}},
      [TOPO_MESSAGE_TEXT] = {.bytes = {(const uint8_t *)"text", 4}},
  };
  struct topo_event event = {.no = space_no(room->space, &id),
                             .id = &id,
                             .hlc = at.place,
                             .place = at.place,
                             .user = space_no(room->space, &user),
                             .depends = {space_no(room->space, &room->channel)},
                             .values = values};
  event.entity = event.no;
  assert_int_equal(topo_type_message.project(room->space->db, &event), 0);
  static const char rows[] = "SELECT no,channel,user,hlc,place,id,text FROM message";
  int64_t projected[5];
  for (int by_hand = 0; by_hand < 2; by_hand++) {
    struct topo_stmt *s = topo_stmt(room->space->db, rows);
    assert_int_equal(topo_fetch(s), 1);
    for (int i = 0; i < 5; i++) {
      if (by_hand)
        assert_true(topo_column_i64(s, i) == projected[i]);
      projected[i] = topo_column_i64(s, i);
    }
    const struct topo_id shown = topo_column_id(s, 5);
    assert_true(topo_id_equal(&shown, &id));
    struct topo_bytes text = topo_column_bytes(s, 6);
    assert_int_equal(text.len, 4);
    assert_memory_equal(text.data, "text", 4);
    topo_reset(s);
    assert_int_equal(topo_type_message.clear(room->space->db, event.no), 0);
    add(room, &at, "text");
  }
}

static void the_newest_fifty_are_the_first_page(void **state)
{
  struct room *room = *state;
  struct topo_cursor *all = fill(room, 120);
  cJSON *answer = space_get(room->space, room->path, NULL);
  assert_page(answer, all + 70, 50);
  cJSON_Delete(answer);
  answer = page(room, NULL, NULL, "200");
  assert_page(answer, all, 120);
  cJSON_Delete(answer);
  answer = page(room, NULL, NULL, "1");
  assert_page(answer, all + 119, 1);
  cJSON_Delete(answer);
  free(all);
}

static void other_channels_stay_out(void **state)
{
  struct room *room = *state;
  const struct topo_id other = space_id("channel", 2), message = space_id("message", 900);
  space_channel(room->space, &other, 1, 1, "other");
  space_message(room->space, &message, &other, 1, 4 << 16, "elsewhere");
  cJSON *answer = space_get(room->space, room->path, NULL);
  assert_int_equal(cJSON_GetArraySize(items_of(answer)), 0);
  assert_true(is_null(answer, "before") && is_null(answer, "after"));
  cJSON_Delete(answer);
}

/* Every place is a page boundary once: each cut lies within or between ties. */
static void every_cursor_splits_the_channel_in_two(void **state)
{
  struct room *room = *state;
  struct topo_cursor *all = fill(room, 60);
  char text[TOPO_CURSOR_TEXT_SIZE];
  for (size_t i = 0; i < 60; i++) {
    topo_cursor_format(text, &all[i]);
    cJSON *older = page(room, "before", text, "200"), *newer = page(room, "after", text, "200");
    if (i > 0)
      assert_page(older, all, i);
    else
      assert_true(is_null(older, "before") && is_null(older, "after"));
    if (i < 59) {
      assert_page(newer, all + i + 1, 59 - i);
    } else {
      assert_int_equal(cJSON_GetArraySize(items_of(newer)), 0);
      assert_true(is_null(newer, "before"));
      assert_string_equal(space_text(newer, "after"), text);
    }
    cJSON_Delete(older);
    cJSON_Delete(newer);
  }
  free(all);
}

static void ten_thousand_messages_are_walked_exactly_once(void **state)
{
  struct room *room = *state;
  struct topo_cursor *all = fill(room, MANY);
  size_t left = MANY;
  cJSON *answer = page(room, NULL, NULL, "97");
  while (cJSON_GetArraySize(items_of(answer)) > 0) {
    size_t n = left < 97 ? left : 97;
    left -= n;
    assert_page(answer, all + left, n);
    cJSON *next = page(room, "before", space_text(answer, "before"), "97");
    cJSON_Delete(answer);
    answer = next;
  }
  assert_int_equal(left, 0);
  cJSON_Delete(answer);

  struct topo_cursor start = {0};
  char text[TOPO_CURSOR_TEXT_SIZE];
  topo_cursor_format(text, &start);
  answer = page(room, "after", text, "200");
  for (size_t seen = 0; seen < MANY;) {
    assert_page(answer, all + seen, 200);
    seen += 200;
    cJSON *next = page(room, "after", space_text(answer, "after"), "200");
    cJSON_Delete(answer);
    answer = next;
  }
  assert_int_equal(cJSON_GetArraySize(items_of(answer)), 0);
  cJSON_Delete(answer);
  free(all);
}

/* While a client walks towards the past, messages arrive on both sides of every cursor: what was
 * there at the start is still met exactly once, in order. */
static void a_walk_is_stable_while_late_events_arrive(void **state)
{
  struct room *room = *state;
  struct topo_cursor *all = fill(room, 300);
  size_t left = 300;
  unsigned late = 0;
  cJSON *answer = page(room, NULL, NULL, "10");
  while (cJSON_GetArraySize(items_of(answer)) > 0) {
    const cJSON *items = items_of(answer);
    for (int i = cJSON_GetArraySize(items) - 1; i >= 0; i--) {
      const cJSON *item = cJSON_GetArrayItem(items, i);
      if (strcmp(space_text(item, "text"), "late") == 0)
        continue;
      assert_true(left > 0);
      space_assert_id(item, "message", &all[--left].id);
    }
    char cursor[TOPO_CURSOR_TEXT_SIZE];
    strcpy(cursor, space_text(answer, "before"));
    cJSON_Delete(answer);
    struct topo_cursor places[3] = {
        {.place = all[299].place + 1}, {.place = all[left / 2].place}, {.place = all[left].place}};
    for (size_t i = 0; i < 3 && late < 60; i++) {
      places[i].id = space_id("late", late++);
      add(room, &places[i], "late");
    }
    answer = page(room, "before", cursor, "10");
  }
  assert_int_equal(left, 0);
  assert_int_equal(late, 60);
  cJSON_Delete(answer);
  free(all);
}

static void a_cursor_outlives_its_message(void **state)
{
  struct room *room = *state;
  struct topo_cursor *all = fill(room, 20);
  char text[TOPO_CURSOR_TEXT_SIZE], sql[80];
  topo_cursor_format(text, &all[10]);
  snprintf(sql, sizeof sql, "DELETE FROM message WHERE no=%lld",
           (long long)space_no(room->space, &all[10].id));
  assert_int_equal(topo_db_exec(room->space->db, sql), 0);
  cJSON *older = page(room, "before", text, "200"), *newer = page(room, "after", text, "200");
  assert_page(older, all, 10);
  assert_page(newer, all + 11, 9);
  cJSON_Delete(older);
  cJSON_Delete(newer);
  free(all);
}

/* Texts that need six bytes of JSON for each of theirs: 200 of them would be 38 MiB. */
static void pages_of_long_texts_are_shorter_and_lose_nothing(void **state)
{
  struct room *room = *state;
  struct topo_cursor all[60];
  char *text = malloc(32769);
  assert_non_null(text);
  memset(text, 1, 32768);
  text[32768] = '\0';
  for (unsigned i = 0; i < 60; i++) {
    all[i] = (struct topo_cursor){(uint64_t)(i + 1) << 16, space_id("message", i)};
    add(room, &all[i], text);
  }
  free(text);
  size_t left = 60, pages = 0;
  cJSON *answer = page(room, NULL, NULL, "200");
  while (cJSON_GetArraySize(items_of(answer)) > 0) {
    size_t n = (size_t)cJSON_GetArraySize(items_of(answer));
    assert_true(n >= 10 && n <= left);
    left -= n;
    pages++;
    assert_page(answer, all + left, n);
    cJSON *next = page(room, "before", space_text(answer, "before"), "200");
    cJSON_Delete(answer);
    answer = next;
  }
  cJSON_Delete(answer);
  assert_int_equal(left, 0);
  assert_in_range(pages, 3, 4);

  struct topo_cursor start = {0};
  char cursor[TOPO_CURSOR_TEXT_SIZE];
  topo_cursor_format(cursor, &start);
  answer = page(room, "after", cursor, "200");
  assert_page(answer, all, (size_t)cJSON_GetArraySize(items_of(answer)));
  assert_in_range(cJSON_GetArraySize(items_of(answer)), 10, 59);
  cJSON_Delete(answer);
}

static void refused(struct room *room, const char *path, const char *const *query, int status,
                    const char *pointer)
{
  struct topo_op_call *call = space_call(room->space, path, query);
  assert_int_equal(call->status, status);
  assert_string_equal(call->pointer, pointer);
  assert_true(strlen(call->detail) > 0);
  assert_int_equal(topo_json_text(&call->out).len, 0);
  topo_op_call_destroy(call);
}

static void what_is_not_a_channel_is_not_found(void **state)
{
  struct room *room = *state;
  const struct topo_cursor at = {1 << 16, space_id("message", 1)};
  const struct topo_id unknown = space_id("channel", 99);
  char path[80];
  add(room, &at, "a message is no channel");
  space_messages_path(path, sizeof path, &at.id);
  refused(room, path, NULL, TOPO_ENOTFOUND, "channel");
  space_messages_path(path, sizeof path, &unknown);
  refused(room, path, NULL, TOPO_ENOTFOUND, "channel");
}

static void one_message_is_the_item_of_its_page(void **state)
{
  struct room *room = *state;
  const struct topo_cursor at = {(77ull << 16) + 1, space_id("message", 1)};
  char id[TOPO_ID_TEXT_SIZE], path[80];
  add(room, &at, "alone");
  topo_id_format(id, &at.id);
  snprintf(path, sizeof path, "/messages/%s", id);
  cJSON *list = space_get(room->space, room->path, NULL);
  cJSON *alone = space_get(room->space, path, NULL);
  assert_string_equal(space_text(alone, "text"), "alone");
  assert_true(cJSON_Compare(alone, cJSON_GetArrayItem(items_of(list), 0), true));
  cJSON_Delete(alone);
  cJSON_Delete(list);

  topo_id_format(id, &room->channel);
  snprintf(path, sizeof path, "/messages/%s", id);
  refused(room, path, NULL, TOPO_ENOTFOUND, "message");
}

static void query_with(size_t limit)
{
  struct space *space = space_create();
  const struct topo_id channel = space_id("channel", 1);
  const struct topo_page_query query = {.limit = limit};
  struct topo_page *page = topo_page_create();
  space_channel(space, &channel, 1, 1, "general");
  topo_page_query(page, &space->view, &channel, &query);
  topo_page_destroy(page);
  space_destroy(space);
}

static void query_the_longest_page(void)
{
  query_with(TOPO_PAGE_ITEMS_MAX);
}

static void query_a_longer_page(void)
{
  query_with(TOPO_PAGE_ITEMS_MAX + 1);
}

/* A page holds TOPO_PAGE_ITEMS_MAX messages and never more; who asks for more is told so before the
 * page is filled. */
static void a_page_is_bounded(void **state)
{
  struct room *room = *state;
  char most[8], more[8];
  snprintf(most, sizeof most, "%d", TOPO_PAGE_ITEMS_MAX);
  snprintf(more, sizeof more, "%d", TOPO_PAGE_ITEMS_MAX + 1);
  for (unsigned i = 0; i < TOPO_PAGE_ITEMS_MAX + 1; i++) {
    const struct topo_cursor at = {(uint64_t)(i + 1) << 16, space_id("message", i)};
    add(room, &at, "text");
  }
  cJSON *answer = page(room, NULL, NULL, most);
  assert_int_equal(cJSON_GetArraySize(items_of(answer)), TOPO_PAGE_ITEMS_MAX);
  cJSON_Delete(answer);
  refused(room, room->path, (const char *[]){"limit", more, NULL}, TOPO_EINVAL, "limit");
  assert_false(test_aborts(query_the_longest_page));
  assert_true(test_aborts(query_a_longer_page));
}

static void bad_parameters_are_named(void **state)
{
  struct room *room = *state;
  char cursor[TOPO_CURSOR_TEXT_SIZE], endless[300];
  topo_cursor_format(cursor, &(struct topo_cursor){0});
  memset(endless, 'A', sizeof endless - 1);
  endless[sizeof endless - 1] = '\0';
  refused(room, room->path, (const char *[]){"before", "", NULL}, TOPO_EINVAL, "before");
  refused(room, room->path, (const char *[]){"before", "here", NULL}, TOPO_EINVAL, "before");
  refused(room, room->path, (const char *[]){"after", endless, NULL}, TOPO_ELIMIT, "after");
  refused(room, room->path, (const char *[]){"before", cursor, "after", cursor, NULL}, TOPO_EINVAL,
          "after");
  refused(room, room->path, (const char *[]){"limit", "0", NULL}, TOPO_EINVAL, "limit");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(an_item_shows_what_was_said_by_whom_and_when),
      TEST(a_projected_message_is_the_same_row),
      TEST(the_newest_fifty_are_the_first_page),
      TEST(other_channels_stay_out),
      TEST(every_cursor_splits_the_channel_in_two),
      TEST(ten_thousand_messages_are_walked_exactly_once),
      TEST(a_walk_is_stable_while_late_events_arrive),
      TEST(a_cursor_outlives_its_message),
      TEST(pages_of_long_texts_are_shorter_and_lose_nothing),
      TEST(what_is_not_a_channel_is_not_found),
      TEST(one_message_is_the_item_of_its_page),
      TEST(a_page_is_bounded),
      TEST(bad_parameters_are_named),
  };
  return cmocka_run_group_tests_name("messages", tests, NULL, NULL);
}
