/* test_channels.c - channels by (hlc, id), and one channel as an item. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/status.h"
#include "events/channel/channel_read.h"
#include "unit/events/space.h"

static int setup(void **state)
{
  *state = space_create();
  return 0;
}

static int teardown(void **state)
{
  space_destroy(*state);
  return 0;
}

static void channels_come_in_the_order_of_clock_and_id(void **state)
{
  struct space *space = *state;
  struct topo_id early = space_id("channel", 1), a = space_id("channel", 2),
                 b = space_id("channel", 3), user = space_id("user", 1);
  a.bytes[0] = 0x10;
  b.bytes[0] = 0xf0; /* greater as bytes, smaller as a signed integer */
  space_channel(space, &b, 2, 9 << 16, "b");
  space_channel(space, &a, 2, 9 << 16, "a");
  space_channel(space, &early, 1, (7 << 16) + 5, "early");
  space_name(space, &user, "Alice");
  cJSON *answer = space_get(space, "/channels", NULL);
  const cJSON *items = cJSON_GetObjectItemCaseSensitive(answer, "items");
  assert_int_equal(cJSON_GetArraySize(items), 3);
  const cJSON *first = cJSON_GetArrayItem(items, 0);
  space_assert_id(first, "channel", &early);
  assert_string_equal(space_text(first, "name"), "early");
  assert_int_equal((int)space_number(first, "created_at_ms"), 7);
  const cJSON *author = cJSON_GetObjectItemCaseSensitive(first, "author");
  space_assert_id(author, "user", &user);
  assert_string_equal(space_text(author, "name"), "Alice");
  space_assert_id(cJSON_GetArrayItem(items, 1), "channel", &a);
  space_assert_id(cJSON_GetArrayItem(items, 2), "channel", &b);
  cJSON_Delete(answer);
}

static void the_first_thousand_channels_are_listed(void **state)
{
  struct space *space = *state;
  assert_int_equal(topo_db_begin(space->db, false), 0);
  for (unsigned i = 0; i < 1001; i++) {
    const struct topo_id id = space_id("channel", i);
    space_channel(space, &id, 1, 2000 - i, "one of many");
  }
  assert_int_equal(topo_db_commit(space->db), 0);
  cJSON *answer = space_get(space, "/channels", NULL);
  const cJSON *items = cJSON_GetObjectItemCaseSensitive(answer, "items");
  const struct topo_id oldest = space_id("channel", 1000), last = space_id("channel", 1);
  assert_int_equal(cJSON_GetArraySize(items), 1000);
  space_assert_id(cJSON_GetArrayItem(items, 0), "channel", &oldest);
  space_assert_id(cJSON_GetArrayItem(items, 999), "channel", &last);
  cJSON_Delete(answer);
}

static void one_channel_is_the_item_of_the_list(void **state)
{
  struct space *space = *state;
  const struct topo_id id = space_id("channel", 1), no_channel = space_id("user", 1);
  space_channel(space, &id, 1, 7 << 16, "general");
  struct topo_json out;
  topo_json_init(&out);
  assert_int_equal(topo_resource_channel.item(&space->view, &(struct topo_entity){0, id}, &out), 0);
  cJSON *item = space_parse(&out), *list = space_get(space, "/channels", NULL);
  assert_true(cJSON_Compare(
      item, cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(list, "items"), 0), true));
  cJSON_Delete(item);
  cJSON_Delete(list);
  topo_json_reset(&out);
  assert_int_equal(
      topo_resource_channel.item(&space->view, &(struct topo_entity){0, no_channel}, &out),
      TOPO_ENOTFOUND);
  assert_int_equal(topo_json_text(&out).len, 0);
  topo_json_finish(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(channels_come_in_the_order_of_clock_and_id, setup, teardown),
      cmocka_unit_test_setup_teardown(the_first_thousand_channels_are_listed, setup, teardown),
      cmocka_unit_test_setup_teardown(one_channel_is_the_item_of_the_list, setup, teardown),
  };
  return cmocka_run_group_tests_name("channels", tests, NULL, NULL);
}
