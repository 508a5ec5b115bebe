/*
 * clock.h - the system's clocks. The core never asks: it is told the time.
 */
#ifndef TOPO_SYS_CLOCK_H
#define TOPO_SYS_CLOCK_H

#include <stdint.h>

/* A time that never comes: no deadline. */
#define TOPO_NEVER UINT64_MAX

/* Nanoseconds since some moment before the program began. Never goes back, never jumps. */
uint64_t topo_clock_monotonic_ns(void);

/* Milliseconds since 1970-01-01 UTC by the system's clock, which somebody may set: it may jump
 * forwards and backwards. */
int64_t topo_clock_wall_ms(void);

#endif
