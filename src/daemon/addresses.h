/*
 * addresses.h - addresses between their three forms: text on the command line, a socket address,
 * and the bytes that travel in invites (docs/protocol.md §7).
 */
#ifndef TOPO_DAEMON_ADDRESSES_H
#define TOPO_DAEMON_ADDRESSES_H

#include "daemon/interfaces.h"
#include "net/address.h"
#include "node/node.h"

/* "192.0.2.1:7443" or "[2001:db8::1]:7443". 0 or TOPO_EINVAL. */
int topo_addresses_parse(struct topo_net_address *out, const char *text);
/* False when the bytes are no address. */
bool topo_addresses_to_net(struct topo_net_address *out, const struct topo_address *address);
/* Never fails. An IPv4 address that is mapped into IPv6 (::ffff:a.b.c.d) becomes an IPv4
 * address. */
struct topo_address topo_addresses_from_net(const struct topo_net_address *address);
/* Where others may reach a socket bound to `bound`: that address itself, or, where it is "any", the
 * addresses of these interfaces, which were read for the families of the socket. Returns how many
 * were written, best first. */
size_t topo_addresses_reachable(struct topo_address out[static TOPO_NODE_ADDRESSES_MAX],
                                const struct topo_net_address *bound,
                                const struct topo_interfaces *interfaces);

#endif
