/*
 * dial.h - whom the space dials, when a step ends.
 *
 * A space keeps TOPO_NEIGHBOURS connections to members, or one to each when there are fewer, and
 * chooses them by chance: so the graph of a workspace of any size is connected, and what one says
 * reaches all, with each event sent about as often as there are connections. Who joins dials the
 * inviter alone.
 */
#ifndef TOPO_NODE_DIAL_H
#define TOPO_NODE_DIAL_H

#include "node/conns.h"
#include "node/peers.h"

/* Dials whom the space misses, as far as it is due, and asks for a step when more will be. Costs
 * nothing while nothing has changed. */
void topo_dial_missing(struct topo_peers *peers, struct topo_conns *conns);

#endif
