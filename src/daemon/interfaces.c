/*
 * interfaces.c - the tables of the kernel; see interfaces.h.
 *
 * The default route is not looked for among all routes, of which a router has a million: the kernel
 * is asked where it would send a packet to. Nothing is sent there.
 */
#include "daemon/interfaces.h"

#include "base/assert.h"
#include "base/status.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum {
  DATAGRAM_SIZE = 64 * 1024, /* the kernel fills at most 32 KiB at a time */
  TRIES = 3,                 /* when the tables change while they are read */
  ANSWER_S = 2               /* the kernel answers at once */
};

/* ---- messages -------------------------------------------------------------------------------- */

/* Cuts the first `len` bytes, and what rounds them up to four, off. */
static struct topo_bytes cut(struct topo_bytes *rest, size_t len)
{
  struct topo_bytes out = {rest->data, len};
  size_t whole = NLMSG_ALIGN(len);
  topo_assert(len <= rest->len);
  if (whole > rest->len)
    whole = rest->len;
  rest->data += whole;
  rest->len -= whole;
  return out;
}

/* Reads a header of fixed size off the front of a message. False when it is too short. */
static bool read_head(struct topo_bytes *rest, void *out, size_t size)
{
  if (rest->len < size)
    return false;
  memcpy(out, rest->data, size);
  cut(rest, size);
  return true;
}

/* The next attribute, without its head. False at the end, or where nothing sound follows. */
static bool next_attribute(struct topo_bytes *rest, unsigned *type, struct topo_bytes *value)
{
  struct rtattr head;
  if (rest->len < sizeof head)
    return false;
  memcpy(&head, rest->data, sizeof head);
  if (head.rta_len < sizeof head || head.rta_len > rest->len)
    return false;
  *type = head.rta_type & (unsigned)NLA_TYPE_MASK;
  *value = cut(rest, head.rta_len);
  value->data += sizeof head;
  value->len -= sizeof head;
  return true;
}

static bool read_u32(struct topo_bytes value, uint32_t *out)
{
  if (value.len != sizeof *out)
    return false;
  memcpy(out, value.data, sizeof *out);
  return true;
}

static bool begins(struct topo_bytes text, const char *with)
{
  return text.len >= strlen(with) && memcmp(text.data, with, strlen(with)) == 0;
}

/* Texts of the kernel end with a NUL. */
static bool is(struct topo_bytes text, const char *what)
{
  return text.len == strlen(what) + 1 && memcmp(text.data, what, text.len) == 0;
}

/* ---- interfaces ------------------------------------------------------------------------------ */

static bool is_for_containers(struct topo_bytes name, struct topo_bytes kind)
{
  static const char *const kinds[] = {"bridge", "veth", "vxlan"};
  static const char *const names[] = {"docker", "br-",   "veth", "virbr",  "vnet",    "lxcbr",
                                      "lxdbr",  "incus", "cni",  "podman", "vboxnet", "vmnet"};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (is(kind, kinds[i]))
      return true;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (begins(name, names[i]))
      return true;
  return false;
}

static struct topo_bytes kind_of(struct topo_bytes details)
{
  unsigned type;
  struct topo_bytes value, none = {NULL, 0};
  while (next_attribute(&details, &type, &value))
    if (type == IFLA_INFO_KIND)
      return value;
  return none;
}

static void take_interface(struct topo_interfaces *in, struct topo_bytes rest)
{
  struct ifinfomsg head;
  struct topo_bytes name = {NULL, 0}, kind = {NULL, 0}, value;
  unsigned type;
  if (!read_head(&rest, &head, sizeof head) || in->n_interfaces == TOPO_INTERFACES_MAX)
    return;
  while (next_attribute(&rest, &type, &value)) {
    if (type == IFLA_IFNAME)
      name = value;
    else if (type == IFLA_LINKINFO)
      kind = kind_of(value);
  }
  struct topo_interface *i = &in->interfaces[in->n_interfaces++];
  *i = (struct topo_interface){.index = (uint32_t)head.ifi_index, .rank = TOPO_INTERFACE_ORDINARY};
  i->usable = (head.ifi_flags & IFF_UP) && !(head.ifi_flags & IFF_LOOPBACK);
  i->has_neighbours = (head.ifi_flags & IFF_MULTICAST) && (head.ifi_flags & IFF_RUNNING);
  if (i->index == in->defaults[0] || i->index == in->defaults[1])
    i->rank = TOPO_INTERFACE_DEFAULT;
  else if (is_for_containers(name, kind))
    i->rank = TOPO_INTERFACE_CONTAINER;
}

static const struct topo_interface *find(const struct topo_interfaces *in, uint32_t index)
{
  for (size_t i = 0; i < in->n_interfaces; i++)
    if (in->interfaces[i].index == index)
      return &in->interfaces[i];
  return NULL;
}

/* ---- addresses ------------------------------------------------------------------------------- */

/* Worth telling others: no loopback, and no IPv4 address that a machine gave itself for want of a
 * better one. */
static bool is_tellable(const struct topo_net_address *a)
{
  if (a->sa.sa_family == AF_INET) {
    uint32_t v4 = ntohl(a->in.sin_addr.s_addr);
    return v4 >> 24 != 127 && v4 >> 16 != 0xa9fe && v4 != 0;
  }
  return !IN6_IS_ADDR_LOOPBACK(&a->in6.sin6_addr) && !IN6_IS_ADDR_UNSPECIFIED(&a->in6.sin6_addr);
}

static unsigned order_of(const struct topo_net_address *a, enum topo_interface_rank rank,
                         uint32_t flags)
{
  bool v6 = a->sa.sa_family == AF_INET6;
  bool near = v6 && IN6_IS_ADDR_LINKLOCAL(&a->in6.sin6_addr);
  unsigned order = near;
  order = order << 2 | (unsigned)rank;
  order = order << 1 | ((flags & IFA_F_DEPRECATED) != 0);
  order = order << 1 | (v6 && (flags & IFA_F_TEMPORARY) != 0);
  return order << 1 | v6;
}

/* Puts the address where it belongs; the last one falls out when there are enough. One that stands
 * at several interfaces, as fe80::1 does at bridges, counts at the first of them. */
static void insert(struct topo_interfaces *in, const struct topo_interface_address *new)
{
  size_t at = 0, end = in->n_addresses;
  while (at < end && in->addresses[at].order <= new->order) {
    if (topo_net_address_equal(&in->addresses[at].address, &new->address))
      return;
    at++;
  }
  for (size_t i = at; i < in->n_addresses; i++)
    if (topo_net_address_equal(&in->addresses[i].address, &new->address))
      end = i;
  if (at == TOPO_NODE_ADDRESSES_MAX)
    return;
  if (end == in->n_addresses && in->n_addresses < TOPO_NODE_ADDRESSES_MAX)
    in->n_addresses++;
  else if (end == in->n_addresses)
    end--;
  topo_assert(at <= end && end < in->n_addresses);
  memmove(in->addresses + at + 1, in->addresses + at, (end - at) * sizeof *new);
  in->addresses[at] = *new;
}

static bool set_address(struct topo_net_address *out, uint8_t family, struct topo_bytes bytes)
{
  memset(out, 0, sizeof *out);
  if (family == AF_INET && bytes.len == sizeof out->in.sin_addr) {
    out->in.sin_family = AF_INET;
    memcpy(&out->in.sin_addr, bytes.data, bytes.len);
    return true;
  }
  if (family != AF_INET6 || bytes.len != sizeof out->in6.sin6_addr)
    return false;
  out->in6.sin6_family = AF_INET6;
  memcpy(&out->in6.sin6_addr, bytes.data, bytes.len);
  return true;
}

static void take_address(struct topo_interfaces *in, struct topo_bytes rest)
{
  struct ifaddrmsg head;
  struct topo_bytes own = {NULL, 0}, other = {NULL, 0}, value;
  struct topo_interface_address new;
  unsigned type;
  if (!read_head(&rest, &head, sizeof head) || head.ifa_scope == RT_SCOPE_HOST)
    return;
  uint32_t flags = head.ifa_flags;
  while (next_attribute(&rest, &type, &value)) {
    if (type == IFA_LOCAL) /* of a link between two, IFA_ADDRESS is the other end's */
      own = value;
    else if (type == IFA_ADDRESS)
      other = value;
    else if (type == IFA_FLAGS)
      read_u32(value, &flags);
  }
  const struct topo_interface *i = find(in, head.ifa_index);
  /* Whether somebody else has the address is still being asked: it may never be ours. */
  bool ours =
      !(flags & IFA_F_DADFAILED) && (!(flags & IFA_F_TENTATIVE) || flags & IFA_F_OPTIMISTIC);
  if (!i || !i->usable || !ours || (in->v4_only && head.ifa_family != AF_INET) ||
      !set_address(&new.address, head.ifa_family, own.data ? own : other) ||
      !is_tellable(&new.address))
    return;
  new.order = order_of(&new.address, i->rank, flags);
  insert(in, &new);
}

/* ---- routes ---------------------------------------------------------------------------------- */

static void take_route(struct topo_interfaces *in, struct topo_bytes rest)
{
  struct rtmsg head;
  struct topo_bytes value;
  unsigned type;
  if (!read_head(&rest, &head, sizeof head))
    return;
  while (next_attribute(&rest, &type, &value))
    if (type == RTA_OIF)
      read_u32(value, &in->defaults[head.rtm_family == AF_INET6]);
}

/* ---- datagrams ------------------------------------------------------------------------------- */

static int refusal(struct topo_bytes rest)
{
  struct nlmsgerr error;
  if (!read_head(&rest, &error.error, sizeof error.error))
    return TOPO_EIO;
  return error.error == 0 ? 1 : topo_status_of_errno(-error.error);
}

int topo_interfaces_take(struct topo_interfaces *in, struct topo_bytes rest)
{
  struct nlmsghdr head;
  while (rest.len >= sizeof head) {
    memcpy(&head, rest.data, sizeof head);
    if (head.nlmsg_len < sizeof head || head.nlmsg_len > rest.len)
      return 0;
    struct topo_bytes message = cut(&rest, head.nlmsg_len);
    message.data += sizeof head;
    message.len -= sizeof head;
    if (head.nlmsg_flags & NLM_F_DUMP_INTR)
      return TOPO_EAGAIN;
    switch (head.nlmsg_type) {
    case NLMSG_DONE: return 1;
    case NLMSG_ERROR: return refusal(message);
    case RTM_NEWLINK: take_interface(in, message); break;
    case RTM_NEWADDR: take_address(in, message); break;
    case RTM_NEWROUTE: take_route(in, message); return 1;
    default: break;
    }
  }
  return 0;
}

/* Reads datagrams until the answer is complete. */
static int receive(struct topo_interfaces *in, int fd, uint8_t *buffer)
{
  int status = 0;
  while (status == 0) {
    struct sockaddr_nl from;
    socklen_t from_len = sizeof from;
    ssize_t n = recvfrom(fd, buffer, DATAGRAM_SIZE, MSG_TRUNC, (struct sockaddr *)&from, &from_len);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return topo_status_of_errno(errno);
    if ((size_t)n > DATAGRAM_SIZE)
      return TOPO_EIO;
    if (from_len == sizeof from && from.nl_pid == 0) /* from the kernel and nobody else */
      status = topo_interfaces_take(in, (struct topo_bytes){buffer, (size_t)n});
  }
  return status < 0 ? status : 0;
}

static int request(int fd, uint16_t type, uint16_t flags, const void *body, size_t len)
{
  uint8_t message[128] = {0};
  struct nlmsghdr head = {.nlmsg_len = (uint32_t)(sizeof head + len),
                          .nlmsg_type = type,
                          .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags)};
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  topo_assert(sizeof head + len <= sizeof message);
  memcpy(message, &head, sizeof head);
  memcpy(message + sizeof head, body, len);
  ssize_t n = sendto(fd, message, head.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof kernel);
  return n < 0 ? topo_status_of_errno(errno) : 0;
}

struct question {
  struct rtmsg route;
  struct rtattr attribute;
  uint8_t to[16];
};

/* Asks where a packet for this address would go. That it would go nowhere is an answer, too. */
static int ask_route(struct topo_interfaces *in, int fd, uint8_t *buffer, uint8_t family,
                     const struct topo_bytes *to)
{
  struct question body = {
      .route = {.rtm_family = family, .rtm_dst_len = (uint8_t)(8 * to->len)},
      .attribute = {.rta_len = (uint16_t)RTA_LENGTH(to->len), .rta_type = RTA_DST}};
  topo_assert(to->len <= sizeof body.to);
  memcpy(body.to, to->data, to->len);
  int status = request(fd, RTM_GETROUTE, 0, &body, offsetof(struct question, to) + to->len);
  if (status == 0)
    receive(in, fd, buffer);
  return status;
}

static int ask_routes(struct topo_interfaces *in, int fd, uint8_t *buffer)
{
  /* a.root-servers.net: it keeps its addresses, and no machine has a route of its own to it. */
  static const uint8_t v4[] = {198, 41, 0, 4};
  static const uint8_t v6[] = {0x20, 0x01, 0x05, 0x03, 0xba, 0x3e, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0x30};
  const struct topo_bytes to4 = {v4, sizeof v4}, to6 = {v6, sizeof v6};
  int status = ask_route(in, fd, buffer, AF_INET, &to4);
  return status == 0 ? ask_route(in, fd, buffer, AF_INET6, &to6) : status;
}

static int dump(struct topo_interfaces *in, int fd, uint8_t *buffer, uint16_t type)
{
  /* For both: the family, and zeros. */
  static const struct ifinfomsg interfaces;
  static const struct ifaddrmsg addresses;
  int status = type == RTM_GETLINK ? request(fd, type, NLM_F_DUMP, &interfaces, sizeof interfaces)
                                   : request(fd, type, NLM_F_DUMP, &addresses, sizeof addresses);
  return status == 0 ? receive(in, fd, buffer) : status;
}

static int read_all(struct topo_interfaces *out, int fd, uint8_t *buffer)
{
  int status = ask_routes(out, fd, buffer);
  if (status == 0)
    status = dump(out, fd, buffer, RTM_GETLINK);
  return status == 0 ? dump(out, fd, buffer, RTM_GETADDR) : status;
}

static int read_once(struct topo_interfaces *out, uint8_t *buffer)
{
  const struct timeval patience = {.tv_sec = ANSWER_S};
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0)
    return topo_status_of_errno(errno);
  int status = setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0
                   ? topo_status_of_errno(errno)
                   : read_all(out, fd, buffer);
  close(fd);
  return status;
}

int topo_interfaces_read(struct topo_interfaces *out, bool v4_only)
{
  uint8_t *buffer = malloc(DATAGRAM_SIZE);
  int status = buffer ? TOPO_EAGAIN : TOPO_ENOMEM;
  memset(out, 0, sizeof *out);
  for (unsigned i = 0; i < TRIES && status == TOPO_EAGAIN; i++) {
    memset(out, 0, sizeof *out);
    out->v4_only = v4_only;
    status = read_once(out, buffer);
  }
  free(buffer);
  return status;
}

size_t topo_interfaces_zones(const struct topo_interfaces *in,
                             uint32_t out[static TOPO_INTERFACE_ZONES_MAX])
{
  size_t n = 0;
  for (unsigned rank = TOPO_INTERFACE_DEFAULT; rank <= TOPO_INTERFACE_CONTAINER; rank++)
    for (size_t i = 0; i < in->n_interfaces && n < TOPO_INTERFACE_ZONES_MAX; i++) {
      const struct topo_interface *of = &in->interfaces[i];
      if (of->usable && of->has_neighbours && (unsigned)of->rank == rank)
        out[n++] = of->index;
    }
  return n;
}
