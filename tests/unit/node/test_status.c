/*
 * test_status.c - what a space says of itself while it holds content that cannot be opened.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/status.h"
#include "node/parts.h"
#include "store/log.h"
#include "unit/node/solo.h"

enum { LOOKED_AT = 256, EPOCH_NO = 1000000 };

static void add_pending(struct topo_log *log, uint32_t n, enum topo_edge kind)
{
  static const uint8_t bytes[8] = {0};
  struct topo_row row = {.state = TOPO_STATE_PENDING, .set_no = EPOCH_NO, .missing = 1};
  struct topo_id id = {{0xee}};
  topo_put_be32(id.bytes + 4, n);
  assert_int_equal(topo_log_insert(log, &id, &row, (struct topo_bytes){bytes, sizeof bytes}), 0);
  assert_int_equal(topo_log_add_edge(log, EPOCH_NO, kind, row.no), 0);
}

/* Does a space say that it waits for a key, when so many pending events wait for something else,
 * and one more for a key? */
static bool says_so(uint32_t others)
{
  struct solo s;
  solo_init(&s, 1);
  assert_int_equal(solo_create(&s), 0);
  assert_false(topo_node_status(s.node).waiting_for_key);
  struct topo_log *log = topo_dag_log(s.node->env.dag);
  assert_int_equal(topo_db_begin(s.node->env.db, true), 0);
  for (uint32_t i = 0; i < others; i++)
    add_pending(log, i, TOPO_EDGE_ADMITTED);
  add_pending(log, others, TOPO_EDGE_KEY);
  assert_int_equal(topo_db_commit(s.node->env.db), 0);
  solo_close(&s);
  assert_int_equal(solo_open(&s), 0);
  struct topo_node_status st = topo_node_status(s.node);
  assert_int_equal(st.held, others + 1);
  assert_false(st.synced);
  solo_finish(&s);
  return st.waiting_for_key;
}

/* PENDING_LOOKED_AT_MAX: beyond it the word is another, but it is not "synced". */
static void a_key_that_is_lacking_is_told_among_so_many(void **state)
{
  (void)state;
  assert_true(says_so(0));
  assert_true(says_so(LOOKED_AT - 1));
  assert_false(says_so(LOOKED_AT));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_key_that_is_lacking_is_told_among_so_many),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
