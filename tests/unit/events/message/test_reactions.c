/* test_reactions.c - the reactions of a page: by emoji, each user once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/base64url.h"
#include "base/status.h"
#include "events/message/message_read.h"
#include "events/message/page.h"
#include "unit/events/space.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct room {
  struct space *space;
  struct topo_id channel, messages[3];
  char path[80];
};

/* Three messages in one tie; this device belongs to user 1. */
static int setup(void **state)
{
  struct room *room = calloc(1, sizeof *room);
  assert_non_null(room);
  room->space = space_create();
  room->channel = space_id("channel", 1);
  space_channel(room->space, &room->channel, 1, 1, "general");
  space_credential(room->space, 1, &room->space->view.device, TOPO_MEMBER, false);
  for (unsigned i = 0; i < 3; i++) {
    room->messages[i] = space_id("message", i);
    memset(room->messages[i].bytes, 0, 8);
    room->messages[i].bytes[8] = (uint8_t)(3 - i);
    space_message(room->space, &room->messages[i], &room->channel, 2, 1 << 16, "text");
  }
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

/* The reactions of a message within an answer. */
static const cJSON *reactions_of(const cJSON *answer, const struct topo_id *message)
{
  char id[TOPO_ID_TEXT_SIZE];
  const cJSON *item;
  topo_id_format(id, message);
  cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(answer, "items"))
  {
    if (strcmp(space_text(item, "message"), id) == 0)
      return cJSON_GetObjectItemCaseSensitive(item, "reactions");
  }
  fail_msg("the message is not there");
  return NULL;
}

static void assert_group(const cJSON *group, const char *emoji, int count, bool mine)
{
  assert_non_null(group);
  assert_string_equal(space_text(group, "emoji"), emoji);
  assert_int_equal((int)space_number(group, "count"), count);
  assert_int_equal(space_true(group, "mine"), mine);
}

static void a_user_counts_once_for_each_emoji(void **state)
{
  struct room *room = *state;
  const struct topo_id *m = room->messages;
  static const struct {
    unsigned message, user;
    const char *emoji;
  } given[] = {{0, 1, "b"}, {0, 2, "b"}, {0, 1, "b"}, {0, 2, "a"}, {2, 2, "b"},
               {2, 3, "b"}, {0, 2, "b"}, {0, 2, "a"}, {0, 1, "ab"}};
  for (unsigned i = 0; i < sizeof given / sizeof *given; i++)
    space_reaction(room->space, i, &m[given[i].message], given[i].user, given[i].emoji);
  cJSON *answer = space_get(room->space, room->path, NULL);
  const cJSON *first = reactions_of(answer, &m[0]), *third = reactions_of(answer, &m[2]);
  assert_int_equal(cJSON_GetArraySize(first), 3);
  assert_group(cJSON_GetArrayItem(first, 0), "a", 1, false);
  assert_group(cJSON_GetArrayItem(first, 1), "ab", 1, true);
  assert_group(cJSON_GetArrayItem(first, 2), "b", 2, true);
  assert_int_equal(cJSON_GetArraySize(reactions_of(answer, &m[1])), 0);
  assert_int_equal(cJSON_GetArraySize(third), 1);
  assert_group(cJSON_GetArrayItem(third, 0), "b", 2, false);

  struct topo_json out;
  topo_json_init(&out);
  assert_int_equal(
      topo_resource_message.item(&room->space->view, &(struct topo_entity){0, m[0]}, &out), 0);
  cJSON *alone = space_parse(&out);
  assert_true(cJSON_Compare(cJSON_GetObjectItemCaseSensitive(alone, "reactions"), first, true));
  cJSON_Delete(alone);
  topo_json_finish(&out);
  cJSON_Delete(answer);
}

static int by_bytes(const void *a, const void *b)
{
  return memcmp(a, b, TOPO_ID_SIZE);
}

static void of_many_users_the_smallest_ids_are_named(void **state)
{
  struct room *room = *state;
  struct topo_id users[25];
  for (unsigned i = 0; i < 25; i++) {
    users[i] = space_id("user", i);
    space_reaction(room->space, i, &room->messages[1], i, "👍");
  }
  qsort(users, 25, sizeof users[0], by_bytes);
  cJSON *answer = space_get(room->space, room->path, NULL);
  const cJSON *group = cJSON_GetArrayItem(reactions_of(answer, &room->messages[1]), 0);
  assert_group(group, "👍", 25, true);
  const cJSON *named = cJSON_GetObjectItemCaseSensitive(group, "users");
  assert_int_equal(cJSON_GetArraySize(named), 20);
  for (int i = 0; i < 20; i++) {
    char id[TOPO_ID_TEXT_SIZE];
    topo_id_format(id, &users[i]);
    assert_string_equal(cJSON_GetArrayItem(named, i)->valuestring, id);
  }
  cJSON_Delete(answer);
}

/* As many are named as TOPO_PAGE_USERS_MAX; one more is counted. */
static void so_many_users_are_named(void **state)
{
  struct room *room = *state;
  unsigned n = 0;
  for (unsigned i = 0; i < TOPO_PAGE_USERS_MAX + 1; i++) {
    if (i < TOPO_PAGE_USERS_MAX)
      space_reaction(room->space, n++, &room->messages[0], i, "a");
    space_reaction(room->space, n++, &room->messages[1], i, "a");
  }
  cJSON *answer = space_get(room->space, room->path, NULL);
  for (int m = 0; m < 2; m++) {
    const cJSON *group = cJSON_GetArrayItem(reactions_of(answer, &room->messages[m]), 0);
    assert_group(group, "a", TOPO_PAGE_USERS_MAX + m, true);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(group, "users")),
                     TOPO_PAGE_USERS_MAX);
  }
  cJSON_Delete(answer);
}

/* As many emojis are shown as TOPO_PAGE_EMOJIS_MAX, and the one beyond is not. */
static void so_many_emojis_are_shown(void **state)
{
  struct room *room = *state;
  unsigned n = 0;
  char emoji[16];
  for (unsigned i = 0; i < TOPO_PAGE_EMOJIS_MAX + 1; i++) {
    snprintf(emoji, sizeof emoji, "e%02u", i);
    if (i < TOPO_PAGE_EMOJIS_MAX)
      space_reaction(room->space, n++, &room->messages[0], 2, emoji);
    space_reaction(room->space, n++, &room->messages[1], 2, emoji);
  }
  cJSON *answer = space_get(room->space, room->path, NULL);
  for (unsigned m = 0; m < 2; m++) {
    const cJSON *groups = reactions_of(answer, &room->messages[m]);
    assert_int_equal(cJSON_GetArraySize(groups), TOPO_PAGE_EMOJIS_MAX);
    snprintf(emoji, sizeof emoji, "e%02d", TOPO_PAGE_EMOJIS_MAX - 1);
    assert_group(cJSON_GetArrayItem(groups, TOPO_PAGE_EMOJIS_MAX - 1), emoji, 1, false);
  }
  cJSON_Delete(answer);
}

/* A row with a longer emoji than TOPO_EMOJI_MAX, which the type never lets in, is corruption. */
static void a_longer_emoji_is_corruption(void **state)
{
  struct room *room = *state;
  char emoji[TOPO_EMOJI_MAX + 2] = {0};
  memset(emoji, 'e', TOPO_EMOJI_MAX);
  space_reaction(room->space, 0, &room->messages[0], 2, emoji);
  cJSON *answer = space_get(room->space, room->path, NULL);
  assert_group(cJSON_GetArrayItem(reactions_of(answer, &room->messages[0]), 0), emoji, 1, false);
  cJSON_Delete(answer);
  emoji[TOPO_EMOJI_MAX] = 'e';
  space_reaction(room->space, 1, &room->messages[0], 2, emoji);
  struct topo_op_call *call = space_call(room->space, room->path, NULL);
  assert_int_equal(call->status, TOPO_ECORRUPT);
  topo_op_call_destroy(call);
}

/* One member cannot hide the others' reactions behind his own, nor make a page too large. */
static void of_many_emojis_the_most_used_and_ones_own_are_shown(void **state)
{
  struct room *room = *state;
  char emoji[16];
  unsigned n = 0;
  for (unsigned i = 0; i < 80; i++) {
    snprintf(emoji, sizeof emoji, "e%02u", i);
    space_reaction(room->space, n++, &room->messages[0], 2, emoji);
  }
  space_reaction(room->space, n++, &room->messages[0], 3, "e70");
  space_reaction(room->space, n++, &room->messages[0], 1, "e79x");
  space_reaction(room->space, n++, &room->messages[2], 3, "b");
  cJSON *answer = space_get(room->space, room->path, NULL);
  const cJSON *groups = reactions_of(answer, &room->messages[0]);
  assert_int_equal(cJSON_GetArraySize(groups), 50);
  for (int i = 0; i < 48; i++) {
    snprintf(emoji, sizeof emoji, "e%02d", i);
    assert_group(cJSON_GetArrayItem(groups, i), emoji, 1, false);
  }
  assert_group(cJSON_GetArrayItem(groups, 48), "e70", 2, false);
  assert_group(cJSON_GetArrayItem(groups, 49), "e79x", 1, true);
  assert_group(cJSON_GetArrayItem(reactions_of(answer, &room->messages[2]), 0), "b", 1, false);
  cJSON_Delete(answer);
}

/* The size of a page counts its reactions: 200 messages with 50 emojis of 20 users would be 12 MiB.
 */
static void pages_of_many_reactions_are_shorter(void **state)
{
  struct room *room = *state;
  unsigned n = 0;
  assert_int_equal(topo_db_begin(room->space->db, false), 0);
  for (unsigned i = 0; i < 90; i++) {
    const struct topo_id message = space_id("reacted", i);
    space_message(room->space, &message, &room->channel, 2, (uint64_t)(i + 2) << 16, "text");
    for (unsigned k = 0; k < 50 * 20; k++) {
      char emoji[16];
      snprintf(emoji, sizeof emoji, "\x01%02u", k % 50);
      space_reaction(room->space, n++, &message, k / 50, emoji);
    }
  }
  assert_int_equal(topo_db_commit(room->space->db), 0);
  cJSON *answer = space_get(room->space, room->path, (const char *[]){"limit", "200", NULL});
  const struct topo_id newest = space_id("reacted", 89);
  int shown = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(answer, "items"));
  assert_in_range(shown, 70, 89);
  assert_int_equal(cJSON_GetArraySize(reactions_of(answer, &newest)), 50);
  cJSON *older =
      space_get(room->space, room->path,
                (const char *[]){"limit", "200", "before", space_text(answer, "before"), NULL});
  assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(older, "items")),
                   93 - shown);
  cJSON_Delete(answer);
  cJSON_Delete(older);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(a_user_counts_once_for_each_emoji),
      TEST(of_many_users_the_smallest_ids_are_named),
      TEST(so_many_users_are_named),
      TEST(so_many_emojis_are_shown),
      TEST(a_longer_emoji_is_corruption),
      TEST(of_many_emojis_the_most_used_and_ones_own_are_shown),
      TEST(pages_of_many_reactions_are_shorter),
  };
  return cmocka_run_group_tests_name("reactions", tests, NULL, NULL);
}
