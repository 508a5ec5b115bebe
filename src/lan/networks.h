/*
 * networks.h - the networks that this machine is in: its interfaces that can multicast, and the
 * address by which it is to be reached on each.
 */
#ifndef TOPO_LAN_NETWORKS_H
#define TOPO_LAN_NETWORKS_H

#include "net/address.h"

#include <ifaddrs.h>
#include <stddef.h>

enum { TOPO_LAN_NETWORKS_MAX = 32 /* an interface counts once for IPv4 and once for IPv6 */ };

struct topo_lan_network {
  unsigned interface;              /* its index */
  struct topo_net_address address; /* ours, with the port */
};

/* Chooses among the addresses of interfaces those on which a socket that is bound to `bound` is to
 * be reached: of each interface that is up and can multicast, one of each family, but no link-local
 * one where there is another of either family. `all` may be NULL. Returns how many networks were
 * written; of more than TOPO_LAN_NETWORKS_MAX the first ones. */
size_t topo_lan_networks_choose(struct topo_lan_network out[static TOPO_LAN_NETWORKS_MAX],
                                const struct ifaddrs *all, const struct topo_net_address *bound);
/* The same among those of this machine. None when it cannot be asked. */
size_t topo_lan_networks(struct topo_lan_network out[static TOPO_LAN_NETWORKS_MAX],
                         const struct topo_net_address *bound);

#endif
