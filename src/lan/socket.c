/* socket.c - a socket for the multicast DNS of one network; see socket.h. */
#include "lan/socket.h"

#include "base/status.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

static void set_group(struct topo_net_address *out, const struct topo_lan_network *network)
{
  memset(out, 0, sizeof *out);
  if (network->address.sa.sa_family == AF_INET) {
    out->in.sin_family = AF_INET;
    out->in.sin_port = htons(TOPO_LAN_PORT);
    out->in.sin_addr.s_addr = htonl(0xe00000fb); /* 224.0.0.251 */
  } else {
    out->in6.sin6_family = AF_INET6;
    out->in6.sin6_port = htons(TOPO_LAN_PORT);
    out->in6.sin6_addr =
        (struct in6_addr){{{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfb}}};
    out->in6.sin6_scope_id = network->interface;
  }
}

static bool set(int fd, int level, int option, int value)
{
  return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

/* The time to live is that of RFC 6762 §11. Without IP_MULTICAST_ALL = 0 it would hear what other
 * sockets have joined at other interfaces. */
static bool join_v4(int fd, const struct topo_net_address *group, unsigned interface)
{
  struct ip_mreqn r = {.imr_multiaddr = group->in.sin_addr, .imr_ifindex = (int)interface};
  return set(fd, IPPROTO_IP, IP_MULTICAST_TTL, 255) && set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0) &&
         setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &r, sizeof r) == 0 &&
         setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &r, sizeof r) == 0;
}

static bool join_v6(int fd, const struct topo_net_address *group, unsigned interface)
{
  struct ipv6_mreq r = {.ipv6mr_multiaddr = group->in6.sin6_addr, .ipv6mr_interface = interface};
  return set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) && set(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 255) &&
         set(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, (int)interface) &&
         setsockopt(fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &r, sizeof r) == 0;
}

int topo_lan_socket_open(const struct topo_lan_network *network)
{
  struct topo_net_address group;
  int family = network->address.sa.sa_family;
  set_group(&group, network);
  int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return topo_status_of_errno(errno);
  bool joined = family == AF_INET ? join_v4(fd, &group, network->interface)
                                  : join_v6(fd, &group, network->interface);
  if (joined && set(fd, SOL_SOCKET, SO_REUSEADDR, 1) &&
      bind(fd, &group.sa, topo_net_address_len(&group)) == 0)
    return fd;
  int status = topo_status_of_errno(errno);
  close(fd);
  return status;
}

void topo_lan_socket_send(int fd, const struct topo_lan_network *network, const uint8_t *data,
                          size_t len)
{
  struct topo_net_address group;
  set_group(&group, network);
  (void)!sendto(fd, data, len, MSG_DONTWAIT, &group.sa, topo_net_address_len(&group));
}

int topo_lan_socket_receive(int fd, uint8_t *data, size_t size)
{
  struct topo_net_address from;
  socklen_t from_len = sizeof from;
  memset(&from, 0, sizeof from);
  ssize_t n = recvfrom(fd, data, size, MSG_DONTWAIT | MSG_TRUNC, &from.sa, &from_len);
  if (n < 0)
    return errno == EAGAIN || errno == EWOULDBLOCK ? -1 : 0;
  if ((size_t)n > size || n > INT_MAX || topo_net_address_port(&from) != TOPO_LAN_PORT)
    return 0;
  return (int)n;
}
