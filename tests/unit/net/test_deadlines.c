/* test_deadlines.c - the earliest deadline is always at hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "net/deadlines.h"

enum { N = 200, STEPS = 20000 };

static uint64_t seed = 42;
static uint64_t pick(uint64_t below)
{
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (seed >> 33) % below;
}

static uint64_t naive_first(const struct topo_deadline *members)
{
  uint64_t first = UINT64_MAX;
  for (size_t i = 0; i < N; i++)
    if (members[i].index && members[i].at_ns < first)
      first = members[i].at_ns;
  return first;
}

/* After any sequence of additions, moves and removals the first is what a search through all finds.
 */
static void test_agrees_with_search(void **state)
{
  static struct topo_deadline members[N];
  struct topo_deadlines d = {0};
  (void)state;
  for (int step = 0; step < STEPS; step++) {
    struct topo_deadline *m = &members[pick(N)];
    if (!m->index)
      assert_int_equal(topo_deadlines_add(&d, m, m), 0);
    else if (pick(4) == 0)
      topo_deadlines_remove(&d, m);
    else
      topo_deadlines_set(&d, m, pick(8) ? pick(1000) : UINT64_MAX);
    if (d.used) {
      assert_int_equal(topo_deadlines_first(&d)->at_ns, naive_first(members));
      assert_ptr_equal(topo_deadlines_first(&d)->owner, topo_deadlines_first(&d));
    } else {
      assert_null(topo_deadlines_first(&d));
    }
  }
  for (size_t i = 0; i < N; i++)
    topo_deadlines_remove(&d, &members[i]);
  topo_deadlines_finish(&d);
}

/* A new member waits for ever, and members leave in the order of their deadlines. */
static void test_order(void **state)
{
  struct topo_deadline m[5] = {0};
  const uint64_t at[5] = {50, 10, 40, 20, 30};
  struct topo_deadlines d = {0};
  (void)state;
  for (size_t i = 0; i < 5; i++) {
    assert_int_equal(topo_deadlines_add(&d, &m[i], NULL), 0);
    assert_int_equal(m[i].at_ns, UINT64_MAX);
  }
  for (size_t i = 0; i < 5; i++)
    topo_deadlines_set(&d, &m[i], at[i]);
  for (uint64_t expected = 10; expected <= 50; expected += 10) {
    assert_int_equal(topo_deadlines_first(&d)->at_ns, expected);
    topo_deadlines_remove(&d, topo_deadlines_first(&d));
  }
  topo_deadlines_finish(&d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_agrees_with_search),
      cmocka_unit_test(test_order),
  };
  return cmocka_run_group_tests_name("net/deadlines", tests, NULL, NULL);
}
