/*
 * search.h - whose is this address? Somebody knows where a member is reached, but not which of the
 * member's devices that is, or does not want to say. Each device that is not connected is asked for
 * there: the name in the handshake says whom we mean (docs/protocol.md §6), so who is another one
 * refuses it at once, and a stranger learns hashes from it and no more. The one that answers keeps
 * the address as one that was given by hand.
 *
 * Where nobody answers at all the search is over: others would not either.
 */
#ifndef TOPO_NODE_SEARCH_H
#define TOPO_NODE_SEARCH_H

#include "node/conns.h"
#include "node/peers.h"

/* Begins one in place of the one that there was, among all members that are not connected now. Not
 * while joining. Returns how many devices there are; those beyond TOPO_PEERS_MAX are left out. Goes
 * through all acts of authority. */
size_t topo_search_begin(struct topo_peers *peers, const struct topo_conns *conns,
                         const struct topo_address *address);
/* Dials the next ones, as many as may be under way. Costs nothing when nobody is sought. */
void topo_search_go_on(struct topo_peers *peers, const struct topo_conns *conns);

#endif
