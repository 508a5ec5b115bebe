/*
 * test_faults.c - the simulator's randomness repeats itself, and ordered allocation failures strike
 * our own code and SQLite.
 */
#include "base/bytes.h"
#include "base/status.h"
#include "lib/alloc_fail.h"
#include "lib/sim_disk.h"
#include "lib/sim_rng.h"
#include "unit/store/bank.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The first words from the state 1, 2, 3, 4, as the reference implementation of the authors gives
 * them (prng.di.unimi.it, xoshiro256starstar.c). */
static void the_generator_is_xoshiro(void **state)
{
  (void)state;
  struct sim_rng rng = {.state = {1, 2, 3, 4}};
  assert_true(sim_rng_u64(&rng) == 11520);
  assert_true(sim_rng_u64(&rng) == 0);
  assert_true(sim_rng_u64(&rng) == 1509978240);
}

static void one_seed_gives_one_stream(void **state)
{
  (void)state;
  struct sim_rng a, b, child;
  uint8_t x[100], y[100];
  sim_rng_init(&a, 7);
  sim_rng_init(&b, 7);
  struct topo_rng port = sim_rng_port(&b);
  sim_rng_fill(&a, x, sizeof x);
  topo_rng_fill(&port, y, sizeof y);
  assert_memory_equal(x, y, sizeof x);
  sim_rng_fork(&a, &child);
  sim_rng_u64(&b);
  assert_true(sim_rng_u64(&a) == sim_rng_u64(&b));
  assert_true(sim_rng_u64(&child) != sim_rng_u64(&b));
  sim_rng_init(&b, 8);
  sim_rng_fill(&b, y, sizeof y);
  assert_memory_not_equal(x, y, sizeof x);
}

/* Bounds are kept, every value occurs about equally often, and chances are what they say. */
static void draws_are_bounded_and_even(void **state)
{
  (void)state;
  struct sim_rng rng;
  int seen[10] = {0}, hits = 0;
  sim_rng_init(&rng, 1);
  for (int i = 0; i < 100000; i++) {
    uint64_t v = sim_rng_below(&rng, 10);
    assert_true(v < 10);
    seen[v]++;
    hits += sim_rng_chance(&rng, 0.25);
    assert_true(sim_rng_chance(&rng, 1));
    assert_false(sim_rng_chance(&rng, 0));
    assert_true(sim_rng_below(&rng, 1) == 0);
  }
  for (int i = 0; i < 10; i++)
    assert_in_range(seen[i], 9500, 10500);
  assert_in_range(hits, 24300, 25700);
}

static void the_nth_allocation_fails_once(void **state)
{
  (void)state;
  alloc_fail_at(2);
  void *a = malloc(1), *b = calloc(1, 1), *c = realloc(NULL, 1);
  assert_true(alloc_fail_count() == 3);
  assert_true(alloc_fail_off());
  assert_false(alloc_fail_off());
  assert_non_null(a);
  assert_null(b);
  assert_non_null(c);
  free(a);
  free(c);
}

static void from_the_nth_all_allocations_fail(void **state)
{
  (void)state;
  alloc_fail_from(2);
  void *a = malloc(1), *b = malloc(1), *c = malloc(1);
  assert_true(alloc_fail_off());
  void *d = malloc(1);
  assert_non_null(a);
  assert_null(b);
  assert_null(c);
  assert_non_null(d);
  free(a);
  free(d);
}

/* Archives linked into the program are reached: a buffer reports that it could not grow. */
static void allocations_of_the_core_fail_too(void **state)
{
  (void)state;
  struct topo_buf buf = {0};
  alloc_fail_at(1);
  assert_int_equal(topo_buf_put(&buf, "x", 1), TOPO_ENOMEM);
  assert_true(alloc_fail_off());
  topo_buf_finish(&buf);
}

/* One transaction with its n-th allocation in SQLite failing, for every n: it says so or succeeds,
 * and the same transaction then works. */
static void sqlite_survives_any_failed_allocation(void **state)
{
  (void)state;
  bool struck = true;
  uint64_t n = 1;
  int failures = 0;
  for (; struck; n++) {
    struct sim_disk *disk = sim_disk_create(NULL);
    struct bank_options bank = {
        .vfs = sim_disk_port(disk).vfs, .journal = "WAL", .synchronous = "FULL", .seed = 1};
    sqlite3 *db;
    assert_int_equal(bank_open(&bank, &db), SQLITE_OK);
    alloc_fail_at(n);
    int r = bank_step(db, bank.seed, 1);
    struck = alloc_fail_off();
    if (r != SQLITE_OK) {
      assert_int_equal(r, SQLITE_NOMEM);
      failures++;
      assert_int_equal(bank_step(db, bank.seed, 1), SQLITE_OK);
    }
    assert_int_equal(bank_audit(db, bank.seed), 1);
    sqlite3_close(db);
    sim_disk_destroy(disk);
  }
  assert_true(failures > 10);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_generator_is_xoshiro),
      cmocka_unit_test(one_seed_gives_one_stream),
      cmocka_unit_test(draws_are_bounded_and_even),
      cmocka_unit_test(the_nth_allocation_fails_once),
      cmocka_unit_test(from_the_nth_all_allocations_fail),
      cmocka_unit_test(allocations_of_the_core_fail_too),
      cmocka_unit_test(sqlite_survives_any_failed_allocation),
  };
  if (!alloc_fail_install_sqlite())
    return 1;
  return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
