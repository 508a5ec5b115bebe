/*
 * wall.h - the wall clock of a space, corrected by what the members that are connected say
 * (docs/protocol.md §2.4): their clocks come with their greetings, and run on with ours.
 */
#ifndef TOPO_NODE_WALL_H
#define TOPO_NODE_WALL_H

#include "node/conns.h"

struct topo_wall {
  struct topo_env *env;
  const struct topo_conns *conns;
  int64_t correction_ms; /* what is added to the clock that orders events; 0: it is not wrong */
  bool heard;            /* somebody has greeted since it was found */
  int64_t lead_ms;       /* of the wall clock before the monotonic one, then */
};

void topo_wall_init(struct topo_wall *wall, const struct topo_conns *conns);
/* A step begins: finds the correction anew when somebody has greeted or the clock was set, and
 * gives it to the dag, which must be open. Whoever leaves takes nothing back. */
void topo_wall_correct(struct topo_wall *wall);

#endif
