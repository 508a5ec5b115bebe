/*
 * peers.h - the devices that were seen or invited us: where they were reached, what became of the
 * last dial, and when to try again.
 */
#ifndef TOPO_NODE_PEERS_H
#define TOPO_NODE_PEERS_H

#include "node/joiner.h"
#include "node/transaction.h"

enum { TOPO_PEERS_MAX = 4096 /* devices that a space remembers; others are not dialled */ };

struct topo_node_peer {
  struct topo_id device;
  struct topo_address
      addresses[TOPO_NODE_ADDRESSES_MAX]; /* the last one that was good comes first */
  uint8_t n_addresses, next_address;      /* the latter is that of the next dial */
  uint8_t failures;                       /* dials in vain, one after the other */
  uint64_t dial;                          /* number of the dial under way, 0: none */
  bool with_invite;                       /* the last dial showed the invite's key */
  uint64_t retry_ms;
  int last_status;
};

struct topo_peers {
  struct topo_env *env;
  struct topo_transaction *transaction;
  struct topo_joiner *joiner;
  struct topo_node_peer *peers; /* no two of one device */
  size_t n;
  size_t dialling; /* how many have a dial under way */
  uint64_t next_dial;
};

void topo_peers_init(struct topo_peers *peers, struct topo_transaction *t,
                     struct topo_joiner *joiner);
/* Reads what was seen from the file. 0 or a status. */
int topo_peers_load(struct topo_peers *peers);
/* Forgets all; dials under way are nobody's then, and their answers find no peer. */
void topo_peers_unload(struct topo_peers *peers);
/* NULL when nothing is known of the device; valid until the next one is added. */
struct topo_node_peer *topo_peers_find(const struct topo_peers *peers,
                                       const struct topo_id *device);

/* Keeps an address of a device, in the caller's transaction. 0 or a status. */
int topo_peers_learn(struct topo_env *env, const struct topo_id *device,
                     const struct topo_address *address);
/* A member connected, from that address. */
void topo_peers_seen(struct topo_peers *peers, const struct topo_id *device,
                     const struct topo_address *address);
/* A member has greeted us: what failed before is forgotten. */
void topo_peers_greeted(struct topo_peers *peers, const struct topo_id *device);
/* A connection to the device ended with `status`. */
void topo_peers_lost(struct topo_peers *peers, const struct topo_id *device, int status);
/* A connection that we dialled ended with `status` before the peer greeted or welcomed us: the dial
 * was in vain, and the next one waits as after one that failed. */
void topo_peers_refused(struct topo_peers *peers, const struct topo_id *device, int status);
/* The device is to be dialled at once, whatever failed before. */
void topo_peers_hurry(struct topo_peers *peers, const struct topo_id *device);

/* A dial to this peer begins, showing the invite's key or the device's. Its number. */
uint64_t topo_peers_dial(struct topo_peers *peers, struct topo_node_peer *peer, bool with_invite);
/* A dial came up (0: they dialled). UNKNOWN: it was forgotten when the space was read anew, and so
 * was what key it showed. */
enum topo_dialled { TOPO_DIALLED_UNKNOWN, TOPO_DIALLED_AS_DEVICE, TOPO_DIALLED_AS_INVITEE };
enum topo_dialled topo_peers_up(struct topo_peers *peers, const struct topo_id *device,
                                uint64_t dial);
/* A dial failed; one that was forgotten changes nothing. */
void topo_peers_failed(struct topo_peers *peers, uint64_t dial, int status);

#endif
