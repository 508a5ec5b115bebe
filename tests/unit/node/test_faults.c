/*
 * test_faults.c - what a space promises when its disk fails: an answered write is kept, an
 * unanswered one is whole or absent, the space goes on, and nothing is damaged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "unit/node/solo.h"

enum { MESSAGES = 8, SQLITE_FULL_CODE = 13, SQLITE_IOERR_WRITE_CODE = 10 | 3 << 8 };

static int64_t stored(struct solo *s, const struct topo_id *id)
{
  struct topo_stmt *q =
      topo_stmt(topo_node_db(s->node), "SELECT count(*) FROM message m JOIN event e ON e.no=m.no"
                                       " JOIN body b ON b.no=m.no WHERE e.id=?1 AND e.state=5");
  topo_bind_id(q, 1, id);
  assert_int_equal(topo_fetch(q), 1);
  int64_t n = topo_column_i64(q, 0);
  topo_reset(q);
  return n;
}

static void check_integrity(struct solo *s)
{
  struct topo_stmt *q = topo_stmt(topo_node_db(s->node), "PRAGMA integrity_check");
  assert_int_equal(topo_fetch(q), 1);
  struct topo_bytes answer = topo_column_bytes(q, 0);
  assert_memory_equal(answer.data, "ok", 2);
  topo_reset(q);
}

/* Sends until the first failure; returns how many were answered, their ids in `ids`. */
static int send_all(struct solo *s, const struct topo_id *channel, struct topo_id *ids)
{
  int n = 0;
  for (; n < MESSAGES; n++) {
    char *json = NULL;
    if (solo_call(s, "sendMessage", "channel", channel, "{\"text\":\"squeak\"}", &json) < 0)
      break;
    ids[n] = solo_id(json, "message");
    free(json);
  }
  return n;
}

static void a_power_cut_at_any_change_loses_no_answered_write(void **state)
{
  (void)state;
  bool finished = false;
  uint64_t cut = 1;
  for (; !finished; cut++) {
    struct solo s;
    struct topo_id ids[MESSAGES];
    solo_init(&s, cut);
    assert_int_equal(solo_create(&s), 0);
    struct topo_id channel = solo_channel(&s);
    sim_disk_crash_at_change(s.disk, cut);
    int answered = send_all(&s, &channel, ids);
    finished = answered == MESSAGES;
    sim_disk_power_off(s.disk);
    solo_close(&s);
    sim_disk_crash(s.disk, &s.rng);
    assert_int_equal(solo_open(&s), 0);
    check_integrity(&s);
    for (int i = 0; i < answered; i++)
      assert_int_equal(stored(&s, &ids[i]), 1);
    /* It goes on, in a chain that did not fork. */
    assert_int_equal(solo_call(&s, "sendMessage", "channel", &channel, "{\"text\":\"on\"}", NULL),
                     0);
    struct topo_stmt *q = topo_stmt(topo_node_db(s.node), "SELECT max(seq)+1 FROM local_chain WHERE"
                                                          " set_no<>0");
    assert_int_equal(topo_fetch(q), 1);
    int64_t seq = topo_column_i64(q, 0);
    topo_reset(q);
    q = topo_stmt(topo_node_db(s.node), "SELECT count(*) FROM event WHERE set_no<>0 AND state>=2");
    assert_int_equal(topo_fetch(q), 1);
    assert_int_equal(topo_column_i64(q, 0), seq);
    topo_reset(q);
    solo_finish(&s);
  }
  assert_true(cut > 3 * MESSAGES); /* the cuts met every stage of every commit */
}

static void a_power_cut_while_a_workspace_is_made_leaves_it_whole_or_refused(void **state)
{
  (void)state;
  int status = -1;
  for (uint64_t cut = 1; status < 0; cut++) {
    struct solo s;
    solo_init(&s, cut);
    sim_disk_crash_at_change(s.disk, cut);
    status = solo_create(&s);
    sim_disk_power_off(s.disk);
    solo_close(&s);
    sim_disk_crash(s.disk, &s.rng);
    int opened = solo_open(&s);
    if (status == 0)
      assert_int_equal(opened, 0);
    else if (opened == 0)
      check_integrity(&s);
    solo_finish(&s);
  }
}

static void a_full_disk_fails_the_call_and_nothing_else(void **state)
{
  (void)state;
  struct solo s;
  struct topo_id ids[MESSAGES];
  solo_init(&s, 1);
  assert_int_equal(solo_create(&s), 0);
  struct topo_id channel = solo_channel(&s);
  assert_int_equal(send_all(&s, &channel, ids), MESSAGES);
  struct topo_id before = solo_fingerprint(&s);
  sim_disk_fail_from(s.disk, SIM_DISK_WRITE, 1, SQLITE_FULL_CODE);
  assert_int_equal(solo_call(&s, "sendMessage", "channel", &channel, "{\"text\":\"x\"}", NULL),
                   TOPO_EDISKFULL);
  sim_disk_heal(s.disk);
  s.now.mono_ms += 60000;
  topo_node_step(s.node, s.now, NULL, 0);
  struct topo_id after = solo_fingerprint(&s);
  assert_memory_equal(before.bytes, after.bytes, 32);
  assert_int_equal(send_all(&s, &channel, ids), MESSAGES);
  check_integrity(&s);
  solo_finish(&s);
}

/* A table that lost a row is damage, and is said to be: what an event refers to must be there. */
static void a_damaged_table_is_refused(void **state)
{
  (void)state;
  for (int64_t rank = 1; rank <= 2; rank++) {
    struct solo s;
    solo_init(&s, 1);
    assert_int_equal(solo_create(&s), 0);
    struct topo_stmt *q =
        topo_stmt(topo_node_db(s.node), "DELETE FROM local_admitted WHERE rank=?1");
    topo_bind_i64(q, 1, rank);
    assert_int_equal(topo_execute(q), 0);
    solo_close(&s);
    assert_int_equal(solo_open(&s), TOPO_ECORRUPT);
    solo_finish(&s);
  }
}

static void any_failing_write_is_answered_and_survived(void **state)
{
  (void)state;
  static const enum sim_disk_call calls[] = {SIM_DISK_WRITE, SIM_DISK_SYNC};
  for (size_t c = 0; c < 2; c++)
    for (uint64_t n = 1; n < 40; n++) {
      struct solo s;
      struct topo_id ids[MESSAGES];
      solo_init(&s, n);
      assert_int_equal(solo_create(&s), 0);
      struct topo_id channel = solo_channel(&s);
      sim_disk_fail_once(s.disk, calls[c], n, SQLITE_IOERR_WRITE_CODE);
      int answered = send_all(&s, &channel, ids);
      sim_disk_heal(s.disk);
      s.now.mono_ms += 60000;
      topo_node_step(s.node, s.now, NULL, 0);
      for (int i = 0; i < answered; i++)
        assert_int_equal(stored(&s, &ids[i]), 1);
      assert_int_equal(solo_call(&s, "sendMessage", "channel", &channel, "{\"text\":\"on\"}", NULL),
                       0);
      check_integrity(&s);
      solo_finish(&s);
    }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_power_cut_at_any_change_loses_no_answered_write),
      cmocka_unit_test(a_power_cut_while_a_workspace_is_made_leaves_it_whole_or_refused),
      cmocka_unit_test(a_full_disk_fails_the_call_and_nothing_else),
      cmocka_unit_test(a_damaged_table_is_refused),
      cmocka_unit_test(any_failing_write_is_answered_and_survived)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
