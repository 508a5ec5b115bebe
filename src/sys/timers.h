/*
 * timers.h - deadlines in order: a pairing heap threaded through its members, so that setting one
 * needs no memory. Not safe for threads; the loop and the pool guard their own.
 */
#ifndef TOPO_SYS_TIMERS_H
#define TOPO_SYS_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

/* Zero-initialised is valid and not set. Embedded in what waits for the deadline. */
struct topo_timer {
  void (*fire)(struct topo_timer *timer); /* for the loop; the owner sets it first */
  uint64_t at_ns;                         /* monotonic */
  /* The heap's: `before` is the previous sibling, or the parent of a first child. */
  struct topo_timer *child, *after, *before;
  bool set;
};

/* Zero-initialised is empty. */
struct topo_timers {
  struct topo_timer *first;
};

/* Sets the timer, or moves it when it was set. */
void topo_timers_set(struct topo_timers *timers, struct topo_timer *timer, uint64_t at_ns);

/* Takes the timer out; nothing happens when it is not set. */
void topo_timers_cancel(struct topo_timers *timers, struct topo_timer *timer);

/* Takes out and returns a timer that is due at now_ns, the earliest; NULL when none is. */
struct topo_timer *topo_timers_pop_due(struct topo_timers *timers, uint64_t now_ns);

/* When the earliest is due; TOPO_NEVER (sys/clock.h) when none is set. */
uint64_t topo_timers_next_ns(const struct topo_timers *timers);

#endif
