/*
 * interfaces.h - the network interfaces of this machine and their addresses, as the kernel tells
 * them (rtnetlink), in the order in which others are likely to reach them.
 *
 * The order: addresses of the interface by which packets leave for the rest of the world, then of
 * the others, then of bridges and cables into containers and virtual machines, which mean something
 * on this machine only; and after all of these, in the same order, link-local ones, which only a
 * neighbour can use. Of one kind of interface, those that will go soon come later and IPv4 comes
 * before IPv6.
 */
#ifndef TOPO_DAEMON_INTERFACES_H
#define TOPO_DAEMON_INTERFACES_H

#include "base/bytes.h"
#include "net/address.h"
#include "node/ports.h"

enum {
  TOPO_INTERFACES_MAX = 1024, /* that are remembered; a further one has no addresses */
  TOPO_INTERFACE_ZONES_MAX = 8
};

enum topo_interface_rank {
  TOPO_INTERFACE_DEFAULT, /* by which packets leave for the rest of the world */
  TOPO_INTERFACE_ORDINARY,
  TOPO_INTERFACE_CONTAINER
};

struct topo_interface {
  uint32_t index;
  enum topo_interface_rank rank;
  bool usable;         /* it is up, and it is not the loopback */
  bool has_neighbours; /* whom one can ask for, as the cable is in */
};

struct topo_interface_address {
  struct topo_net_address address; /* without a port; the scope of a link-local one is not set */
  unsigned order;                  /* a smaller one comes first */
};

/* Zero-initialised is that of a machine without interfaces. */
struct topo_interfaces {
  uint32_t defaults[2]; /* the interfaces that lead to the rest of the world by IPv4, by IPv6 */
  struct topo_interface interfaces[TOPO_INTERFACES_MAX];
  size_t n_interfaces;
  struct topo_interface_address addresses[TOPO_NODE_ADDRESSES_MAX]; /* the first ones, in order */
  size_t n_addresses;
  bool v4_only; /* IPv6 addresses are not taken */
};

/* Asks the kernel for all of it. 0; TOPO_EDENIED or TOPO_EINVAL where there is no rtnetlink,
 * TOPO_EAGAIN when they changed each time while they were read, TOPO_ENOMEM, TOPO_ELIMIT, TOPO_EIO.
 * On failure *out holds what was read until then. */
int topo_interfaces_read(struct topo_interfaces *out, bool v4_only);
/* Takes the messages of one datagram from the kernel; what is cut off or unknown is left out. Links
 * come before addresses, and routes before both. 1 when it ends the answer, 0 when more follows;
 * TOPO_EAGAIN when the tables changed meanwhile, or another status, when the kernel refused. */
int topo_interfaces_take(struct topo_interfaces *interfaces, struct topo_bytes datagram);
/* The zones in which a link-local address may be tried, best first: the indexes of interfaces that
 * are up and have neighbours. Returns how many were written. */
size_t topo_interfaces_zones(const struct topo_interfaces *interfaces,
                             uint32_t out[static TOPO_INTERFACE_ZONES_MAX]);

#endif
