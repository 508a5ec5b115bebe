/* dial.h - whom the space misses, and the dials that follow from it. */
#ifndef TOPO_NODE_DIAL_H
#define TOPO_NODE_DIAL_H

#include "node/conns.h"
#include "node/peers.h"

enum { TOPO_NODE_DIALS_MAX = 4 /* at a time, of one space */ };

/* Dials the members that are not connected and whose time has come; while joining, the inviter and
 * nobody else. Asks to be woken for those whose time comes later. */
void topo_dial_missing(struct topo_peers *peers, const struct topo_conns *conns);

#endif
