/*
 * timers.c - a pairing heap (Fredman et al., 1986): the root is the earliest, every child is later
 * than its parent. Setting is O(1), taking out O(log n) amortised.
 */
#include "sys/timers.h"

#include "sys/clock.h"

#include <stddef.h>

/* Joins two heaps without siblings; either may be NULL. */
static struct topo_timer *join(struct topo_timer *a, struct topo_timer *b)
{
  if (!a || !b)
    return a ? a : b;
  if (b->at_ns < a->at_ns) {
    struct topo_timer *t = a;
    a = b;
    b = t;
  }
  b->after = a->child;
  if (a->child)
    a->child->before = b;
  b->before = a;
  a->child = b;
  return a;
}

/* Joins a list of siblings to one heap: in pairs from the left, then the pairs from the right. */
static struct topo_timer *join_siblings(struct topo_timer *list)
{
  struct topo_timer *pairs = NULL, *all = NULL;
  while (list) {
    struct topo_timer *a = list, *b = list->after;
    list = b ? b->after : NULL;
    a->after = a->before = NULL;
    if (b)
      b->after = b->before = NULL;
    a = join(a, b);
    a->after = pairs;
    pairs = a;
  }
  while (pairs) {
    struct topo_timer *a = pairs;
    pairs = pairs->after;
    a->after = NULL;
    all = join(all, a);
  }
  return all;
}

void topo_timers_cancel(struct topo_timers *timers, struct topo_timer *timer)
{
  if (!timer->set)
    return;
  struct topo_timer *rest = join_siblings(timer->child);
  if (timers->first == timer) {
    timers->first = rest;
  } else {
    if (timer->before->child == timer)
      timer->before->child = timer->after;
    else
      timer->before->after = timer->after;
    if (timer->after)
      timer->after->before = timer->before;
    timers->first = join(timers->first, rest);
  }
  timer->child = timer->after = timer->before = NULL;
  timer->set = false;
}

void topo_timers_set(struct topo_timers *timers, struct topo_timer *timer, uint64_t at_ns)
{
  topo_timers_cancel(timers, timer);
  timer->at_ns = at_ns;
  timer->set = true;
  timers->first = join(timers->first, timer);
}

struct topo_timer *topo_timers_pop_due(struct topo_timers *timers, uint64_t now_ns)
{
  struct topo_timer *timer = timers->first;
  if (!timer || timer->at_ns > now_ns)
    return NULL;
  topo_timers_cancel(timers, timer);
  return timer;
}

uint64_t topo_timers_next_ns(const struct topo_timers *timers)
{
  return timers->first ? timers->first->at_ns : TOPO_NEVER;
}
