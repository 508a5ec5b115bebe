/*
 * test_release.c - files of other releases: an older one is brought up to date with all that is in
 * it, and a newer one is refused and not changed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "dag/changes.h"
#include "unit/node/solo.h"

static int set_up(void **state)
{
  struct solo *s = calloc(1, sizeof *s);
  solo_init(s, 1);
  *state = s;
  return solo_create(s);
}

static int tear_down(void **state)
{
  solo_finish(*state);
  free(*state);
  return 0;
}

static int64_t version(struct solo *s)
{
  struct topo_stmt *q = topo_stmt(topo_node_db(s->node), "PRAGMA user_version");
  assert_int_equal(topo_fetch(q), 1);
  int64_t n = topo_column_i64(q, 0);
  topo_reset(q);
  return n;
}

/* The file as a release with three steps (log, local, address) left it. */
static void make_old(struct solo *s)
{
  struct topo_db *db = topo_node_db(s->node);
  assert_int_equal(topo_db_exec(db, "DROP TABLE local_change; DROP TABLE local_incarnation;"
                                    "DROP TABLE local_answer; DROP TABLE local_record;"
                                    "DROP TABLE local_given; PRAGMA user_version=3"),
                   0);
  solo_close(s);
}

static void an_older_file_is_brought_up_to_date(void **state)
{
  struct solo *s = *state;
  struct topo_id channel = solo_channel(s);
  struct topo_change_cursor head;
  char *old = NULL, *now = NULL;
  int64_t current = version(s);
  assert_int_equal(current, 7);
  assert_int_equal(solo_call(s, "sendMessage", "channel", &channel, "{\"text\":\"x\"}", NULL), 0);
  assert_int_equal(solo_call(s, "listMessages", "channel", &channel, NULL, &old), 0);
  struct topo_id before = solo_fingerprint(s);
  make_old(s);
  assert_int_equal(solo_open(s), 0);
  assert_int_equal(version(s), current);
  struct topo_id after = solo_fingerprint(s);
  assert_memory_equal(&before, &after, sizeof after);
  assert_int_equal(solo_call(s, "listMessages", "channel", &channel, NULL, &now), 0);
  assert_string_equal(old, now);
  /* Its change log begins empty, and works, and so do keys. */
  assert_int_equal(topo_changes_head(topo_node_db(s->node), &head), 0);
  assert_int_equal(head.seq, 0);
  struct solo_ask ask = {"sendMessage", "channel", &channel, "{\"text\":\"y\"}", "key"};
  bool replayed = false;
  assert_int_equal(solo_ask(s, &ask, NULL, NULL), 0);
  assert_int_equal(solo_ask(s, &ask, NULL, &replayed), 0);
  assert_true(replayed);
  assert_int_equal(topo_changes_head(topo_node_db(s->node), &head), 0);
  assert_int_equal(head.seq, 1);
  free(old);
  free(now);
}

/* Whenever the power fails while it is brought up to date, it is the old one or the new one. */
static void a_power_cut_in_between_harms_nothing(void **state)
{
  (void)state;
  bool struck = true;
  for (uint64_t n = 1; struck; n++) {
    struct solo s;
    solo_init(&s, n);
    assert_int_equal(solo_create(&s), 0);
    struct topo_id before = solo_fingerprint(&s);
    make_old(&s);
    sim_disk_crash_at_change(s.disk, n);
    int status = solo_open(&s);
    struck = sim_disk_powered_off(s.disk);
    assert_true(status == 0 || struck);
    sim_disk_power_off(s.disk);
    solo_close(&s);
    sim_disk_crash(s.disk, &s.rng);
    assert_int_equal(solo_open(&s), 0);
    struct topo_id after = solo_fingerprint(&s);
    assert_memory_equal(&before, &after, sizeof after);
    solo_finish(&s);
    assert_true(n < 200);
  }
}

static void a_newer_file_is_refused_unchanged(void **state)
{
  struct solo *s = *state;
  size_t len = 0;
  assert_int_equal(topo_db_exec(topo_node_db(s->node), "PRAGMA user_version=8;"
                                                       "CREATE TABLE local_future(x INTEGER)"),
                   0);
  solo_close(s);
  const uint8_t *file = sim_disk_peek(s->disk, "space.db", &len);
  assert_non_null(file);
  uint8_t *copy = malloc(len);
  memcpy(copy, file, len);
  assert_int_equal(solo_open(s), TOPO_ESCHEMA);
  assert_null(s->node);
  size_t after = 0;
  file = sim_disk_peek(s->disk, "space.db", &after);
  assert_int_equal(after, len);
  assert_memory_equal(file, copy, len);
  free(copy);
}

/* A file of a build whose tables are others is refused as such, and not as damaged. */
static void a_file_of_other_tables_is_refused_unchanged(void **state)
{
  static const char *const marks[] = {"PRAGMA application_id=0x746f7032",
                                      "PRAGMA application_id=0x746f706f"};
  struct solo *s = *state;
  for (size_t i = 0; i < 2; i++) {
    if (!s->node) {
      sim_disk_destroy(s->disk);
      solo_init(s, i + 1);
      assert_int_equal(solo_create(s), 0);
    }
    assert_int_equal(topo_db_exec(topo_node_db(s->node), marks[i]), 0);
    solo_close(s);
    assert_int_equal(solo_open(s), TOPO_ESCHEMA);
    assert_null(s->node);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(an_older_file_is_brought_up_to_date, set_up, tear_down),
      cmocka_unit_test(a_power_cut_in_between_harms_nothing),
      cmocka_unit_test_setup_teardown(a_newer_file_is_refused_unchanged, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_file_of_other_tables_is_refused_unchanged, set_up,
                                      tear_down),
  };
  return cmocka_run_group_tests_name("node-release", tests, NULL, NULL);
}
