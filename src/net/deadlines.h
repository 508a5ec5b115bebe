/*
 * deadlines.h - the earliest of many deadlines: a binary heap whose members know their index.
 */
#ifndef TOPO_NET_DEADLINES_H
#define TOPO_NET_DEADLINES_H

#include <stddef.h>
#include <stdint.h>

/* Embedded in the thing that has a deadline; zero-initialised it is in no heap. */
struct topo_deadline {
  uint64_t at_ns; /* UINT64_MAX: never */
  size_t index;   /* 1-based; 0 when it is in no heap */
  void *owner;
};
struct topo_deadlines {
  struct topo_deadline **heap;
  size_t used, room;
};

void topo_deadlines_finish(struct topo_deadlines *d); /* NULL is fine */
/* Adds a member with no deadline yet. 0 or TOPO_ENOMEM. */
int topo_deadlines_add(struct topo_deadlines *d, struct topo_deadline *member, void *owner);
/* Takes it out; nothing happens when it is in no heap. */
void topo_deadlines_remove(struct topo_deadlines *d, struct topo_deadline *member);
/* Moves the deadline of a member. */
void topo_deadlines_set(struct topo_deadlines *d, struct topo_deadline *member, uint64_t at_ns);
/* The member with the earliest deadline, or NULL. */
struct topo_deadline *topo_deadlines_first(const struct topo_deadlines *d);

#endif
