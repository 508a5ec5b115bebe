/*
 * discovery.h - members find each other on the local network (docs/protocol.md §6.6): what is said
 * there in the name of the spaces, and what of that is heard by them. In the network's thread.
 */
#ifndef TOPO_DAEMON_DISCOVERY_H
#define TOPO_DAEMON_DISCOVERY_H

#include "daemon/network.h"

struct topo_discovery;

/* Begins on the networks that there are. The network, the loop and the journal outlive it. NULL:
 * out of memory, which is said in the journal; the daemon does without it then. */
struct topo_discovery *topo_discovery_create(struct topo_network *network, struct topo_loop *loop,
                                             const struct topo_rng *rng,
                                             struct topo_journal *journal);
/* The interfaces of this machine, or their addresses, have changed. */
void topo_discovery_moved(struct topo_discovery *discovery);
/* Says goodbye to the local network. After the spaces were stopped. NULL is fine. */
void topo_discovery_destroy(struct topo_discovery *discovery);

#endif
