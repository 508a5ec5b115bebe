/*
 * ports.h - what a space does to the world, as a table of functions, and the values that it gives
 * them. The simulator and the daemon differ in these functions and in nothing else.
 */
#ifndef TOPO_NODE_PORTS_H
#define TOPO_NODE_PORTS_H

#include "base/bytes.h"

struct topo_batch;

enum {
  TOPO_ADDRESS_SIZE = 19,      /* bytes of an address, at most */
  TOPO_NODE_ADDRESSES_MAX = 16 /* in an invite link, and kept for one device */
};

enum {
  TOPO_NODE_CONNS_MAX = 64, /* connections of one space, unless its options say less */
  TOPO_NODE_CONNS_MIN = 8   /* that they may say: with fewer neighbours parts may fall apart */
};

struct topo_now {
  uint64_t mono_ms; /* monotonic */
  uint64_t wall_ms; /* Unix time */
};

/* A transport address as it stands in an invite link (docs/protocol.md §7): u8 family (4 or 6) ‖ 4
 * or 16 bytes ‖ u16 port. */
struct topo_address {
  uint8_t bytes[TOPO_ADDRESS_SIZE];
  uint8_t len; /* 7 or 19; 0: not known */
};

/* From how far away somebody has connected to us, since the start. */
enum topo_reached {
  TOPO_REACHED_NOBODY,  /* from this computer at most */
  TOPO_REACHED_NETWORK, /* from a private network, this one's or a provider's */
  TOPO_REACHED_OUTSIDE
};

/* A batch on its way through a worker. `batch` is worked on with topo_batch_check and then comes
 * back as an input; the rest is the node's. */
struct topo_work {
  struct topo_batch *batch;
};

/* A connection that the space would like. The answer is an input: CONN_UP, or DIAL_FAILED. */
struct topo_dial {
  uint64_t number;
  struct topo_id pin; /* the device to reach; the SNI follows from it and the workspace */
  struct topo_address address;
  bool with_invite; /* show the invite key instead of the device's */
  uint8_t invite_seed[32];
};

struct topo_node_ports {
  /* Have the batch checked on some thread; it comes back as TOPO_IN_CHECKED. */
  void (*check)(void *ctx, struct topo_work *work);
  /* Dial; `dial` is borrowed for the call. */
  void (*dial)(void *ctx, const struct topo_dial *dial);
  /* Who may connect has changed (topo_node_trust); whoever is out is to be cut. */
  void (*trust)(void *ctx);
  /* A line for the log. Never secret, never a text of a user. */
  void (*note)(void *ctx, int status, const char *text);
  void *ctx;
};

#endif
