/*
 * test_plans.c - how SQLite runs the statements of the views: by index, in the index's order.
 *
 * The statements are not repeated here: operations are run, and whatever they prepared is
 * explained.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "events/channel/channel_read.h"
#include "events/message/message_read.h"
#include "events/profile/profile_read.h"
#include "store/db_impl.h"
#include "unit/events/space.h"
#include "views/cursor.h"

#include <stdlib.h>
#include <string.h>

/* Calls visit(plan line, statement) for each line of each statement that the reader prepared;
 * returns how many statements there were. */
static int explain(struct space *space, void (*visit)(const char *line, const char *sql))
{
  static const char prefix[] = "EXPLAIN QUERY PLAN ";
  int n = 0;
  for (size_t i = 0; i < TOPO_STMT_SLOTS; i++) {
    const char *sql = space->reader->slots[i].sql;
    if (!sql || (strncmp(sql, "SELECT", 6) != 0 && strncmp(sql, "WITH", 4) != 0))
      continue;
    n++;
    char *text = malloc(sizeof prefix + strlen(sql));
    assert_non_null(text);
    strcpy(text, prefix);
    strcat(text, sql);
    sqlite3_stmt *s;
    assert_int_equal(sqlite3_prepare_v2(space->reader->handle, text, -1, &s, NULL), SQLITE_OK);
    while (sqlite3_step(s) == SQLITE_ROW)
      visit((const char *)sqlite3_column_text(s, 3), sql);
    sqlite3_finalize(s);
    free(text);
  }
  return n;
}

static bool has(const char *text, const char *part)
{
  return strstr(text, part) != NULL;
}

/* No table is read through, and nothing is sorted: the index holds the order of the page. */
static void visit_page(const char *line, const char *sql)
{
  if (has(line, "SCAN"))
    fail_msg("%s: %s", line, sql);
  if (has(line, "TEMP B-TREE") && !has(sql, "ORDER BY c.role"))
    fail_msg("%s: %s", line, sql);
  if (has(line, " m ") && !has(line, "message_page (channel=?") && !has(line, "PRIMARY KEY"))
    fail_msg("%s: %s", line, sql);
  if (has(line, " r ") && !has(line, "COVERING INDEX reaction_message (message=?)"))
    fail_msg("%s: %s", line, sql);
}

static int bounded;

static void visit_bounds(const char *line, const char *sql)
{
  if (has(line, "message_page (channel=? AND (place,id)"))
    bounded++;
  (void)sql;
}

static void pages_are_read_by_index_alone(void **state)
{
  struct space *space = space_create();
  const struct topo_id channel = space_id("channel", 1), message = space_id("message", 1);
  char path[80], cursor[TOPO_CURSOR_TEXT_SIZE], name[8];
  (void)state;
  space_channel(space, &channel, 1, 1, "general");
  space_message(space, &message, &channel, 1, 1, "text");
  space_credential(space, 1, &space->view.device, TOPO_OWNER, false);
  space_messages_path(path, sizeof path, &channel);
  topo_cursor_format(cursor, &(struct topo_cursor){.place = 5});
  cJSON_Delete(space_get(space, path, NULL));
  cJSON_Delete(space_get(space, path, (const char *[]){"before", cursor, NULL}));
  cJSON_Delete(space_get(space, path, (const char *[]){"after", cursor, NULL}));
  struct topo_json out;
  topo_json_init(&out);
  assert_int_equal(
      topo_resource_message.item(&space->view, &(struct topo_entity){0, message}, &out), 0);
  topo_json_reset(&out);
  assert_int_equal(
      topo_resource_channel.item(&space->view, &(struct topo_entity){0, channel}, &out), 0);
  topo_json_finish(&out);
  assert_int_equal(topo_profile_names(&space->view, name, name, sizeof name), 0);
  /* Three pages, the channel, the reactions, this user; one message and its place; one channel; two
   * names; and what opening a database asks. */
  assert_in_range(explain(space, visit_page), 11, 13);
  explain(space, visit_bounds);
  assert_int_equal(bounded, 3); /* before, after, reactions */
  space_destroy(space);
}

/* The steps of SQLite's machine in all statements of the reader since this was last asked. */
static int steps_taken(struct space *space)
{
  int steps = 0;
  for (size_t i = 0; i < TOPO_STMT_SLOTS; i++)
    if (space->reader->slots[i].handle)
      steps += sqlite3_stmt_status(space->reader->slots[i].handle, SQLITE_STMTSTATUS_VM_STEP, 1);
  return steps;
}

/* A member who gives thousands of messages one clock value must not make others sort them. */
static void a_page_costs_the_same_among_thousands_of_ties(void **state)
{
  struct space *space = space_create();
  const struct topo_id channel = space_id("channel", 1);
  struct topo_cursor middle = {.place = 5};
  char path[80], cursor[TOPO_CURSOR_TEXT_SIZE];
  (void)state;
  middle.id.bytes[0] = 0x80;
  space_channel(space, &channel, 1, 1, "general");
  assert_int_equal(topo_db_begin(space->db, false), 0);
  for (unsigned i = 0; i < 5000; i++) {
    const struct topo_id id = space_id("message", i);
    space_message(space, &id, &channel, 1, 5, "text");
  }
  assert_int_equal(topo_db_commit(space->db), 0);
  space_messages_path(path, sizeof path, &channel);
  topo_cursor_format(cursor, &middle);
  static const char *const directions[] = {NULL, "before", "after"};
  for (size_t i = 0; i < 3; i++) {
    const char *query[] = {directions[i], cursor, NULL};
    cJSON_Delete(space_get(space, path, query));
    assert_in_range(steps_taken(space), 50, 50 * 100);
  }
  space_destroy(space);
}

static void visit_no_messages(const char *line, const char *sql)
{
  if (has(line, "message") || has(line, "SCAN e"))
    fail_msg("%s: %s", line, sql);
}

static void lists_of_members_and_channels_read_only_those(void **state)
{
  struct space *space = space_create();
  (void)state;
  cJSON_Delete(space_get(space, "/members", NULL));
  cJSON_Delete(space_get(space, "/channels", NULL));
  assert_in_range(explain(space, visit_no_messages), 3, 5);
  space_destroy(space);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pages_are_read_by_index_alone),
      cmocka_unit_test(a_page_costs_the_same_among_thousands_of_ties),
      cmocka_unit_test(lists_of_members_and_channels_read_only_those),
  };
  return cmocka_run_group_tests_name("plans", tests, NULL, NULL);
}
