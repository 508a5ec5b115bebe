/*
 * clock.c - clock_gettime, which cannot fail for these two clocks.
 */
#include "sys/clock.h"

#include "base/assert.h"

#include <time.h>

uint64_t topo_clock_monotonic_ns(void)
{
  struct timespec t;
  int status = clock_gettime(CLOCK_MONOTONIC, &t);
  topo_assert(status == 0);
  return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

int64_t topo_clock_wall_ms(void)
{
  struct timespec t;
  int status = clock_gettime(CLOCK_REALTIME, &t);
  topo_assert(status == 0);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
