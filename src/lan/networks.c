/* networks.c - the networks that this machine is in; see networks.h. */
#include "lan/networks.h"

#include <net/if.h>
#include <string.h>

/* Link-local: one that the machine gave itself. */
static bool is_makeshift(const struct topo_net_address *a)
{
  if (a->sa.sa_family == AF_INET)
    return ntohl(a->in.sin_addr.s_addr) >> 16 == 0xa9fe;
  return IN6_IS_ADDR_LINKLOCAL(&a->in6.sin6_addr);
}

/* Our address at an interface that can multicast to others. Its scope is not kept: it says nothing
 * to them. */
static bool take_address(struct topo_net_address *out, const struct ifaddrs *i, uint16_t port)
{
  const unsigned wanted = IFF_UP | IFF_RUNNING | IFF_MULTICAST;
  if (!i->ifa_addr || (i->ifa_flags & wanted) != wanted ||
      (i->ifa_flags & (IFF_LOOPBACK | IFF_POINTOPOINT)))
    return false;
  int family = i->ifa_addr->sa_family;
  socklen_t len = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
  if ((family != AF_INET && family != AF_INET6) || topo_net_address_set(out, i->ifa_addr, len) < 0)
    return false;
  if (family == AF_INET) {
    out->in.sin_port = htons(port);
  } else {
    out->in6.sin6_port = htons(port);
    out->in6.sin6_scope_id = 0;
  }
  return true;
}

/* Do packets to this address of ours reach the socket? */
static bool is_reached(const struct topo_net_address *address, const struct topo_net_address *bound)
{
  struct topo_net_address b = *bound;
  topo_net_address_unmap(&b);
  if (topo_net_address_is_any(&b))
    return b.sa.sa_family == AF_INET6 || address->sa.sa_family == AF_INET;
  if (b.sa.sa_family == AF_INET6)
    b.in6.sin6_scope_id = 0;
  return topo_net_address_equal(address, &b);
}

/* Puts a network into the list, but for a family only the best address of each interface. */
static size_t put(struct topo_lan_network *out, size_t n, const struct topo_lan_network *new)
{
  for (size_t i = 0; i < n; i++)
    if (out[i].interface == new->interface &&
        out[i].address.sa.sa_family == new->address.sa.sa_family) {
      if (is_makeshift(&out[i].address) && !is_makeshift(&new->address))
        out[i].address = new->address;
      return n;
    }
  if (n < TOPO_LAN_NETWORKS_MAX)
    out[n++] = *new;
  return n;
}

/* Has the interface an address that is not link-local? */
static bool has_better(const struct topo_lan_network *networks, size_t n, unsigned interface)
{
  for (size_t i = 0; i < n; i++)
    if (networks[i].interface == interface && !is_makeshift(&networks[i].address))
      return true;
  return false;
}

/* A link-local address is the last resort of an interface. */
static size_t leave_out_makeshift(struct topo_lan_network *out, size_t n)
{
  size_t kept = 0;
  for (size_t i = 0; i < n; i++)
    if (!is_makeshift(&out[i].address) || !has_better(out, n, out[i].interface))
      out[kept++] = out[i];
  return kept;
}

size_t topo_lan_networks_choose(struct topo_lan_network out[static TOPO_LAN_NETWORKS_MAX],
                                const struct ifaddrs *all, const struct topo_net_address *bound)
{
  size_t n = 0;
  for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
    struct topo_lan_network new = {.interface = if_nametoindex(i->ifa_name)};
    if (new.interface && take_address(&new.address, i, topo_net_address_port(bound)) &&
        is_reached(&new.address, bound))
      n = put(out, n, &new);
  }
  return leave_out_makeshift(out, n);
}

size_t topo_lan_networks(struct topo_lan_network out[static TOPO_LAN_NETWORKS_MAX],
                         const struct topo_net_address *bound)
{
  struct ifaddrs *all = NULL;
  if (getifaddrs(&all) < 0)
    return 0;
  size_t n = topo_lan_networks_choose(out, all, bound);
  freeifaddrs(all);
  return n;
}
