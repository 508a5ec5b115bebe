/*
 * network.h - the network's thread: one QUIC port, in which every space has an endpoint.
 *
 * The functions of endpoints may be called by any thread: they post tasks, and the loop's thread
 * does the work. What comes of it is posted to the space's mailbox: tasks of kind DUPLEX
 * (duplex.h), and of kind DIAL for dials that failed. The network never asks a space anything: whom
 * it trusts is a list that the space replaces when it changes.
 */
#ifndef TOPO_DAEMON_NETWORK_H
#define TOPO_DAEMON_NETWORK_H

#include "daemon/task.h"
#include "net/net.h"
#include "node/beacon.h"
#include "node/node.h"
#include "sys/journal.h"
#include "sys/loop.h"

enum {
  TOPO_ENDPOINT_CONNS_MAX = 256, /* connections of one space, whatever came of them there yet */
  TOPO_ENDPOINT_BEACONS_MAX = 16 /* on their way to one space */
};

struct topo_network;
struct topo_endpoint;

struct topo_network_options {
  const struct topo_net_address *bind;
  struct topo_rng rng;
  const uint8_t *secret;  /* 32 bytes, see topo_net_options; not kept */
  struct topo_loop *loop; /* outlives the network; its thread is the network's */
  struct topo_journal *journal;
};

/* Opens the port and watches it. 0, or what topo_net_create answers, or TOPO_ELIMIT. */
int topo_network_create(struct topo_network **out, const struct topo_network_options *options);
/* The address that is bound, with the real port. */
void topo_network_local_address(const struct topo_network *network, struct topo_net_address *out);
/* The interfaces at which a link-local address is tried, one after the other, from the next dial on
 * (topo_interfaces_zones): whose neighbour it is, its text does not say. In the loop's thread. */
void topo_network_set_zones(struct topo_network *network, const uint32_t *zones, size_t n);
/* Does what was posted until now, then tells every peer "going away" and frees everything, the
 * endpoints included. The spaces have been stopped. NULL is fine. */
void topo_network_destroy(struct topo_network *network);

struct topo_endpoint_options {
  const uint8_t *seed; /* 32 bytes: the device's key; copied, wiped in the end */
  struct topo_id workspace, device;
  struct topo_mailbox *inbox; /* of the space; outlives the network */
};
/* Belongs to the network. NULL: out of memory. */
struct topo_endpoint *topo_endpoint_create(struct topo_network *network,
                                           const struct topo_endpoint_options *options);
/* Replaces the list of keys that may connect; who is no longer in it is cut. Takes the array over,
 * which the caller allocated with malloc and sorted by topo_id_compare; NULL is an empty list. */
void topo_endpoint_trust(struct topo_endpoint *endpoint, struct topo_id *keys, size_t n);
/* Asks for a connection: a task of kind DUPLEX or DIAL comes of it. 0 or TOPO_ENOMEM. */
int topo_endpoint_dial(struct topo_endpoint *endpoint, const struct topo_dial *dial);

/* What discovery needs of endpoints (discovery.h), in the network's thread. */

/* Calls changed(arg) whenever an endpoint has come; NULL ends that. */
void topo_network_on_endpoint(struct topo_network *network, void (*changed)(void *arg), void *arg);
/* The endpoint after this one, or the first, after NULL; NULL: there is no other. */
struct topo_endpoint *topo_endpoint_next(const struct topo_network *network,
                                         const struct topo_endpoint *endpoint);
/* Calls for a beacon of the endpoint's device for that address. */
struct topo_beacon topo_endpoint_beacon(const struct topo_endpoint *endpoint,
                                        const struct topo_address *address);
/* Passes a beacon on to the space, when it is of its workspace: a task of kind BEACON. More than
 * TOPO_ENDPOINT_BEACONS_MAX that the space has not taken yet are dropped. */
void topo_endpoint_heard(struct topo_endpoint *endpoint, const struct topo_beacon *beacon,
                         const struct topo_address *address);

struct topo_beacon_task {
  struct topo_task task; /* first */
  struct topo_endpoint *endpoint;
  struct topo_beacon beacon;
  struct topo_address address;
};
void topo_beacon_task_free(struct topo_beacon_task *task); /* any thread */

/* A dial's task as it comes back. The space frees it with topo_dial_task_free. */
struct topo_dial_task {
  struct topo_task task; /* first */
  struct topo_endpoint *endpoint;
  struct topo_dial dial;
  size_t zones_tried; /* the network's, for a link-local address */
  int status;         /* why it failed */
};
void topo_dial_task_free(struct topo_dial_task *task); /* wipes */

#endif
