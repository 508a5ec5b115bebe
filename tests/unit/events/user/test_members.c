/* test_members.c - members with their devices, names, and the fingerprint of a space. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/base64url.h"
#include "base/status.h"
#include "dag/dag.h"
#include "events/profile/profile_read.h"
#include "events/types.h"
#include "unit/events/space.h"

#include <string.h>

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

/* User 1 owns the workspace by the recovery key "device" 9 and is an administrator and an owner by
 * "device" 0, which is this one; user 2 is a member without a name. */
static void fill(struct space *space)
{
  const struct topo_id mine = space_id("device", 0), recovery = space_id("device", 9),
                       theirs = space_id("device", 2), user = space_id("user", 1);
  space_credential(space, 2, &theirs, TOPO_MEMBER, false);
  space_credential(space, 1, &mine, TOPO_ADMIN, false);
  space_credential(space, 1, &mine, TOPO_OWNER, false);
  space_credential(space, 1, &recovery, TOPO_OWNER, true);
  space_name(space, &user, "Alice");
}

/* The device object of an item's list; fails when it is not listed exactly once. */
static const cJSON *device_of(const cJSON *item, const struct topo_id *device)
{
  char text[TOPO_ID_TEXT_SIZE];
  topo_id_format(text, device);
  const cJSON *each, *found = NULL;
  cJSON_ArrayForEach(each, cJSON_GetObjectItemCaseSensitive(item, "devices"))
  {
    if (strcmp(space_text(each, "device"), text) != 0)
      continue;
    assert_null(found);
    found = each;
  }
  assert_non_null(found);
  return found;
}

static void members_come_by_seniority_with_every_device_once(void **state)
{
  struct space *space = *state;
  fill(space);
  const struct topo_id mine = space_id("device", 0), recovery = space_id("device", 9),
                       theirs = space_id("device", 2), alice = space_id("user", 1),
                       bob = space_id("user", 2);
  cJSON *answer = space_get(space, "/members", NULL);
  const cJSON *items = cJSON_GetObjectItemCaseSensitive(answer, "items");
  assert_int_equal(cJSON_GetArraySize(items), 2);
  const cJSON *first = cJSON_GetArrayItem(items, 0), *second = cJSON_GetArrayItem(items, 1);

  space_assert_id(first, "user", &alice);
  assert_string_equal(space_text(first, "name"), "Alice");
  assert_string_equal(space_text(first, "role"), "owner");
  assert_true(space_true(first, "is_me"));
  assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(first, "devices")), 2);
  assert_true(space_true(device_of(first, &mine), "is_me"));
  assert_false(space_true(device_of(first, &mine), "recovery"));
  assert_false(space_true(device_of(first, &recovery), "is_me"));
  assert_true(space_true(device_of(first, &recovery), "recovery"));

  space_assert_id(second, "user", &bob);
  assert_string_equal(space_text(second, "name"), "");
  assert_string_equal(space_text(second, "role"), "member");
  assert_false(space_true(second, "is_me"));
  assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(second, "devices")), 1);
  assert_false(space_true(device_of(second, &theirs), "is_me"));
  cJSON_Delete(answer);
}

static void without_a_valid_credential_nobody_is_me(void **state)
{
  struct space *space = *state;
  cJSON *answer = space_get(space, "/members", NULL);
  assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(answer, "items")), 0);
  cJSON_Delete(answer);
  fill(space);
  space->view.device = space_id("device", 77);
  answer = space_get(space, "/members", NULL);
  const cJSON *item;
  cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(answer, "items"))
  {
    assert_false(space_true(item, "is_me"));
  }
  cJSON_Delete(answer);
}

static void names_are_found_once_they_are_known(void **state)
{
  struct space *space = *state;
  char workspace[32] = "x", user[32] = "x";
  assert_int_equal(topo_profile_names(&space->view, workspace, user, sizeof user), 0);
  assert_string_equal(workspace, "");
  assert_string_equal(user, "");
  fill(space);
  space_name(space, &space->view.workspace, "Café");
  assert_int_equal(topo_profile_names(&space->view, workspace, user, sizeof user), 0);
  assert_string_equal(workspace, "Café");
  assert_string_equal(user, "Alice");

  const struct topo_id theirs = space_id("device", 2), recovery = space_id("device", 9);
  assert_int_equal(topo_profile_of_device(&space->view, &theirs, user, sizeof user), 0);
  assert_string_equal(user, "");
  assert_int_equal(topo_profile_of_device(&space->view, &recovery, user, sizeof user), 0);
  assert_string_equal(user, "Alice");
}

static void a_name_is_cut_at_a_character(void **state)
{
  struct space *space = *state;
  char workspace[6], user[6];
  space_name(space, &space->view.workspace, "Café"); /* 5 bytes, the last two one character */
  static const char *const cut[] = {"", "C", "Ca", "Caf", "Caf", "Café"};
  for (size_t size = 1; size <= 6; size++) {
    assert_int_equal(topo_profile_names(&space->view, workspace, user, size), 0);
    assert_string_equal(workspace, cut[size - 1]);
  }
}

static void the_fingerprint_is_that_of_the_tables(void **state)
{
  struct space *space = *state;
  const struct topo_id general = space_id("channel", 1);
  fill(space); /* four credentials are events in a state; named users are not */
  struct topo_id before, after;
  assert_int_equal(topo_dag_fingerprint(space->db, topo_types, &before), 0);
  cJSON *answer = space_get(space, "/fingerprint", NULL);
  space_assert_id(answer, "fingerprint", &before);
  assert_int_equal((int)space_number(answer, "events"), 4);
  cJSON_Delete(answer);

  space_channel(space, &general, 1, 1, "general");
  assert_int_equal(topo_dag_fingerprint(space->db, topo_types, &after), 0);
  assert_false(topo_id_equal(&before, &after));
  answer = space_get(space, "/fingerprint", NULL);
  space_assert_id(answer, "fingerprint", &after);
  cJSON_Delete(answer);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(members_come_by_seniority_with_every_device_once, setup,
                                      teardown),
      cmocka_unit_test_setup_teardown(without_a_valid_credential_nobody_is_me, setup, teardown),
      cmocka_unit_test_setup_teardown(names_are_found_once_they_are_known, setup, teardown),
      cmocka_unit_test_setup_teardown(a_name_is_cut_at_a_character, setup, teardown),
      cmocka_unit_test_setup_teardown(the_fingerprint_is_that_of_the_tables, setup, teardown),
  };
  return cmocka_run_group_tests_name("members", tests, NULL, NULL);
}
