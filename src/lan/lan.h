/*
 * lan.h - discovery on the local network (docs/protocol.md §6.6): says on every network of this
 * machine where this node is to be reached, under a name that changes, and hears what others say.
 *
 * Everything runs in the thread of the loop. What is heard is anybody's: it costs no memory that
 * grows, and on each network no more than TOPO_LAN_PACKETS_MAX datagrams are read through in a
 * second, and TOPO_LAN_ANSWERS_MAX passed on.
 */
#ifndef TOPO_LAN_LAN_H
#define TOPO_LAN_LAN_H

#include "lan/message.h"
#include "port/rng.h"
#include "sys/loop.h"

struct topo_lan;

struct topo_lan_options {
  struct topo_loop *loop; /* outlives it */
  struct topo_rng rng;
  struct topo_net_address bound; /* of the socket at which this node is to be reached */
  /* Fills in beacons for a network where that address is ours, and returns how many; where it is
   * none, nothing is said. */
  size_t (*beacons)(void *arg, const struct topo_net_address *address,
                    uint8_t out[static TOPO_LAN_BEACONS][TOPO_LAN_BEACON_SIZE]);
  /* Somebody, perhaps, is to be reached at that address and has said this. */
  void (*heard)(void *arg, const struct topo_net_address *address,
                const uint8_t beacon[static TOPO_LAN_BEACON_SIZE]);
  void *arg;
};

/* Without networks, until topo_lan_moved. NULL: out of memory. */
struct topo_lan *topo_lan_create(const struct topo_lan_options *options);
/* Says goodbye. NULL is fine. */
void topo_lan_destroy(struct topo_lan *lan);
/* Looks which networks there are now. Those that have changed get a new name, as new ones do. *n is
 * how many this node takes part in. 0, or why it does not in another (what topo_lan_socket_open or
 * topo_loop_add answers, or TOPO_ENOMEM), which is tried again at the next call. */
int topo_lan_moved(struct topo_lan *lan, size_t *n);
/* Other beacons are to be said from now on, under new names, and what was heard may mean more than
 * it did: all are asked again. */
void topo_lan_renew(struct topo_lan *lan);

#endif
