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

/* May the device be dialled? It is another member's, or that of the inviter of one who joins. */
bool topo_dial_is_candidate(const struct topo_peers *peers, const struct topo_id *device);
/* Nobody is waited with because dials have failed; and TOPO_NODE_DIALS_MAX of those who are not
 * connected, and of whom an address is known, are dialled whoever is connected, chosen by chance
 * when there are more. Returns how many they are. Goes through all peers. */
size_t topo_dial_again(struct topo_peers *peers, const struct topo_conns *conns);

/* Dials whom the space misses, as far as it is due, and asks for a step when more will be. Costs
 * nothing while nothing has changed. */
void topo_dial_missing(struct topo_peers *peers, struct topo_conns *conns);

#endif
