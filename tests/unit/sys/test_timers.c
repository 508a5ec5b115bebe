/*
 * test_timers.c - the heap of deadlines gives the earliest first, whatever was set, moved or taken
 * out.
 */
#include "lib/sim_rng.h"
#include "sys/clock.h"
#include "sys/timers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { TIMERS = 200, STEPS = 20000 };

static uint64_t earliest(const struct topo_timer timers[TIMERS])
{
  uint64_t at = TOPO_NEVER;
  for (int i = 0; i < TIMERS; i++)
    if (timers[i].set && timers[i].at_ns < at)
      at = timers[i].at_ns;
  return at;
}

/* Random settings, moves, cancellations and pops, each compared with a search through all timers.
 */
static void the_earliest_is_always_first(void **state)
{
  (void)state;
  static struct topo_timer timers[TIMERS];
  struct topo_timers heap = {0};
  struct sim_rng rng;
  int pops = 0;
  sim_rng_init(&rng, 1);
  for (int step = 0; step < STEPS; step++) {
    struct topo_timer *timer = &timers[sim_rng_below(&rng, TIMERS)];
    uint64_t at = earliest(timers);
    switch (sim_rng_below(&rng, 5)) {
    case 0: topo_timers_cancel(&heap, timer); break;
    case 1:
      assert_true(at == 0 || topo_timers_pop_due(&heap, at - 1) == NULL);
      timer = topo_timers_pop_due(&heap, at);
      assert_true(timer ? timer->at_ns == at && !timer->set : at == TOPO_NEVER);
      pops += timer != NULL;
      break;
    default: topo_timers_set(&heap, timer, sim_rng_below(&rng, 1000)); break;
    }
    assert_true(topo_timers_next_ns(&heap) == earliest(timers));
  }
  assert_true(pops > STEPS / 10);
}

static void all_are_popped_in_order(void **state)
{
  (void)state;
  static struct topo_timer timers[TIMERS];
  struct topo_timers heap = {0};
  struct topo_timer *timer;
  struct sim_rng rng;
  uint64_t last = 0;
  int popped = 0;
  sim_rng_init(&rng, 2);
  for (int i = 0; i < TIMERS; i++)
    topo_timers_set(&heap, &timers[i], sim_rng_u64(&rng) >> 1);
  for (; (timer = topo_timers_pop_due(&heap, TOPO_NEVER)) != NULL; popped++) {
    assert_true(timer->at_ns >= last);
    last = timer->at_ns;
  }
  assert_int_equal(popped, TIMERS);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_earliest_is_always_first),
      cmocka_unit_test(all_are_popped_in_order),
  };
  return cmocka_run_group_tests_name("timers", tests, NULL, NULL);
}
