/* test_cid_table.c - connection ids lead to their connection until it leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "base/bytes.h"
#include "base/status.h"
#include "net/cid_table.h"

enum { MANY = 5000 };

static const uint8_t key[16] = {1, 2, 3};

static void cid_of(uint8_t cid[static 8], uint64_t n)
{
  topo_put_be64(cid, n);
}

/* Every id finds its own owner, however many there are, and no other id finds anyone. */
static void test_finds_each(void **state)
{
  static int owners[MANY];
  static struct topo_cid_entry *lists[MANY];
  struct topo_cid_table t;
  uint8_t cid[8];
  (void)state;
  topo_cid_table_init(&t, key);
  assert_null(topo_cid_table_get(&t, cid, 0));
  for (uint64_t i = 0; i < MANY; i++) {
    cid_of(cid, i);
    assert_int_equal(topo_cid_table_put(&t, cid, 8, &owners[i], &lists[i]), 0);
  }
  for (uint64_t i = 0; i < 2 * MANY; i++) {
    cid_of(cid, i);
    assert_ptr_equal(topo_cid_table_get(&t, cid, 8), i < MANY ? &owners[i] : NULL);
    assert_null(topo_cid_table_get(&t, cid, 7));
  }
  for (uint64_t i = 0; i < MANY; i++)
    topo_cid_table_remove_all(&t, &lists[i]);
  assert_int_equal(t.used, 0);
  topo_cid_table_finish(&t);
}

/* Ids of different length are different, up to the twenty bytes of QUIC; longer ones are in no
 * table. */
static void test_lengths(void **state)
{
  struct topo_cid_table t;
  struct topo_cid_entry *list = NULL;
  const uint8_t zeros[21] = {0};
  int owners[21];
  (void)state;
  topo_cid_table_init(&t, key);
  for (size_t len = 0; len <= TOPO_CID_MAX; len++)
    assert_int_equal(topo_cid_table_put(&t, zeros, len, &owners[len], &list), 0);
  for (size_t len = 0; len <= TOPO_CID_MAX; len++)
    assert_ptr_equal(topo_cid_table_get(&t, zeros, len), &owners[len]);
  assert_null(topo_cid_table_get(&t, zeros, 21));
  topo_cid_table_remove_all(&t, &list);
  topo_cid_table_finish(&t);
}

/* An id belongs to one connection; a second claim changes nothing. */
static void test_taken(void **state)
{
  struct topo_cid_table t;
  struct topo_cid_entry *first = NULL, *second = NULL;
  int one, two;
  (void)state;
  topo_cid_table_init(&t, key);
  assert_int_equal(topo_cid_table_put(&t, key, 8, &one, &first), 0);
  assert_int_equal(topo_cid_table_put(&t, key, 8, &two, &second), TOPO_EEXISTS);
  assert_null(second);
  assert_ptr_equal(topo_cid_table_get(&t, key, 8), &one);
  topo_cid_table_remove_all(&t, &first);
  topo_cid_table_finish(&t);
}

/* A retired id is gone, its owner's others stay; removing what another owns does nothing. */
static void test_retires_one(void **state)
{
  struct topo_cid_table t;
  struct topo_cid_entry *mine = NULL, *yours = NULL;
  uint8_t cid[8];
  int me, you;
  (void)state;
  topo_cid_table_init(&t, key);
  for (uint64_t i = 0; i < 6; i++) {
    cid_of(cid, i);
    assert_int_equal(topo_cid_table_put(&t, cid, 8, i % 2 ? &me : &you, i % 2 ? &mine : &yours), 0);
  }
  cid_of(cid, 3);
  topo_cid_table_remove(&t, cid, 8, &yours);
  assert_ptr_equal(topo_cid_table_get(&t, cid, 8), &me);
  topo_cid_table_remove(&t, cid, 8, &mine);
  assert_null(topo_cid_table_get(&t, cid, 8));
  topo_cid_table_remove_all(&t, &yours);
  for (uint64_t i = 0; i < 6; i++) {
    cid_of(cid, i);
    assert_ptr_equal(topo_cid_table_get(&t, cid, 8), i == 1 || i == 5 ? &me : NULL);
  }
  topo_cid_table_remove_all(&t, &mine);
  topo_cid_table_finish(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_finds_each),
      cmocka_unit_test(test_lengths),
      cmocka_unit_test(test_taken),
      cmocka_unit_test(test_retires_one),
  };
  return cmocka_run_group_tests_name("net/cid_table", tests, NULL, NULL);
}
