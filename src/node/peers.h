/*
 * peers.h - the devices that can be dialled: where each may be reached, what became of the last
 * dials, and when to try again. Whom to dial is decided in dial.h.
 *
 * A *round* tries the addresses of a device, the most promising first: where it was reached last,
 * what its record says (docs/protocol.md §2.5), where it was reached before that. A dial that has
 * not been answered after a moment does not hold up the next address. When a round was in vain, the
 * next one waits, twice as long each time.
 *
 * An address that was *given* by hand is a candidate until it is forgotten by hand, whatever is
 * told and seen meanwhile. One that was given without saying whose it is starts a *search*: members
 * are asked for there, a few at a time and each once, until one of them answers (search.h).
 */
#ifndef TOPO_NODE_PEERS_H
#define TOPO_NODE_PEERS_H

#include "node/joiner.h"
#include "node/transaction.h"

enum {
  TOPO_PEERS_MAX = 4096,     /* devices that a space remembers; others are not dialled */
  TOPO_PEER_DIALS_MAX = 3,   /* dials of one device at a time */
  TOPO_PEER_GIVEN_MAX = 4,   /* addresses of one device that were given by hand */
  TOPO_SEARCH_DIALS_MAX = 4, /* at a time, at the address of a search */
  TOPO_NODE_DIALS_MAX = 16   /* at a time, of one space */
};

struct topo_node_peer {
  struct topo_id device;
  struct topo_address addresses[TOPO_NODE_ADDRESSES_MAX]; /* the most promising comes first */
  struct topo_address given[TOPO_PEER_GIVEN_MAX];         /* which of them were given by hand */
  uint8_t n_addresses, next_address; /* the latter is that of the next dial; 0 begins a round */
  uint8_t n_given;
  uint8_t failures;  /* rounds in vain, one after the other */
  uint8_t dials;     /* under way, without that of a search */
  uint8_t displaced; /* how often it has lately ended us as a duplicate */
  bool hurry;        /* to be dialled even when there are neighbours enough */
  bool sought;       /* the search has not come to it yet */
  uint64_t retry_ms; /* no dial before this, monotonic; UINT64_MAX: not while some
                        are under way */
  uint64_t seen_ms;  /* when the first address was last good, Unix time; 0: never */
  int last_status;
};

/* A dial under way. */
struct topo_peer_dial {
  uint64_t number; /* 0: the place is free */
  struct topo_id device;
  uint8_t address;  /* which of the device's it was for, then */
  bool with_invite; /* it shows the invite's key */
  bool stale;       /* it went out before the device's addresses were taught anew */
  bool search;      /* it is for the address of the search */
};

/* The latest search. Nobody is sought when none is left. */
struct topo_peer_search {
  struct topo_address address; /* not known: there was none */
  size_t next;                 /* the first peer that it has not come to */
  size_t left;                 /* devices that have not been asked for in vain */
  size_t dialling;
  bool answered; /* somebody is there, though it was not one of those */
  bool found;
  struct topo_id device; /* whose address it is, when found */
  int last_status;       /* why the others are not there; 0: not known yet */
};

struct topo_peers {
  struct topo_env *env;
  struct topo_transaction *transaction;
  struct topo_joiner *joiner;
  struct topo_node_peer *peers; /* no two of one device */
  size_t n;
  struct topo_peer_dial dials[TOPO_NODE_DIALS_MAX];
  size_t dialling; /* how many of them are under way */
  struct topo_peer_search search;
  uint64_t next_dial;
  unsigned displaced;    /* how often another copy of this device has lately taken our place */
  uint64_t displaced_ms; /* when it did so last, monotonic */
  bool changed;          /* whom to dial may be answered otherwise than the last time */
  uint64_t look_ms;      /* dial.c's: when that is to be asked again, monotonic */
  uint64_t rotate_ms;    /* dial.c's: when somebody else is to be met; 0: not decided yet */
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

/* A member connected, from that address. */
void topo_peers_seen(struct topo_peers *peers, const struct topo_id *device,
                     const struct topo_address *address);
/* The device says, at `when_ms` (Unix time), that it is to be found at these addresses. `fresh`: it
 * says so just now, so it is worth a dial whatever failed before. */
void topo_peers_told(struct topo_peers *peers, const struct topo_id *device,
                     const struct topo_address *addresses, size_t n, uint64_t when_ms, bool fresh);
/* A link says where the device is reached, the best first: that is kept, and tried at once. Dials
 * under way say nothing of it, and were for an invite that may be given up now. In the step's
 * transaction, which must be open; on failure it is lost. 0 or a storage status. */
int topo_peers_taught(struct topo_peers *peers, const struct topo_id *device,
                      const struct topo_address *addresses, size_t n);
/* That address of the device, which is not ours, is given by hand: it is kept for good, and tried
 * at once. In the step's transaction, which must be open. 0; TOPO_ELIMIT when TOPO_PEER_GIVEN_MAX
 * were given, or no further device is remembered; TOPO_ENOMEM; on a storage status it is lost. */
int topo_peers_give(struct topo_peers *peers, const struct topo_id *device,
                    const struct topo_address *address);
/* What was given by hand is taken back, whosesoever it is; who is connected there stays connected.
 * In the step's transaction, which must be open. 0, TOPO_ENOTFOUND (it was not given), or a storage
 * status, on which the transaction is lost. */
int topo_peers_forget(struct topo_peers *peers, const struct topo_address *address);
/* A member has greeted us: what failed before is forgotten. */
void topo_peers_greeted(struct topo_peers *peers, const struct topo_id *device);
/* A connection to the device, which came up at `since_ms` (monotonic), ended with `status`. */
void topo_peers_lost(struct topo_peers *peers, const struct topo_id *device, uint64_t since_ms,
                     int status);
/* Does another copy of this device run? It has taken the place of our connections lately. */
bool topo_peers_twice(const struct topo_peers *peers);
/* A connection that we dialled ended with `status` before the peer greeted or welcomed us: the dial
 * was in vain. `with_invite`: it showed the invite's key. */
void topo_peers_refused(struct topo_peers *peers, const struct topo_id *device, bool with_invite,
                        int status);
/* The device is to be dialled at once, whatever failed before, and whoever else is connected. */
void topo_peers_hurry(struct topo_peers *peers, const struct topo_id *device);
/* The same, from its first address on. */
void topo_peers_dial_anew(struct topo_peers *peers, const struct topo_id *device);
/* Our own addresses are others now: whatever failed may work. */
void topo_peers_moved(struct topo_peers *peers);

/* May the device be dialled now? When not yet, *when_ms is made no later than when it may. */
bool topo_peers_may_dial(const struct topo_peers *peers, const struct topo_node_peer *peer,
                         uint64_t *when_ms);
/* A dial to this peer, which may be dialled, begins. Its number; its address is in *address. */
uint64_t topo_peers_dial(struct topo_peers *peers, struct topo_node_peer *peer, bool with_invite,
                         struct topo_address *address);
/* Another search takes the place of the one that there was; nobody is sought yet. */
void topo_peers_search(struct topo_peers *peers, const struct topo_address *address);
/* The device is one of those who are sought. False when no further device is remembered. */
bool topo_peers_seek(struct topo_peers *peers, const struct topo_id *device);
/* The peer is not asked for any more. */
void topo_peers_pass_over(struct topo_peers *peers, struct topo_node_peer *peer);
/* A dial at the search's address for the peer, who is sought, begins. Its number. */
uint64_t topo_peers_dial_sought(struct topo_peers *peers, struct topo_node_peer *peer);
/* A dial came up (0: they dialled). UNKNOWN: it was forgotten when the space was read anew, and so
 * was what key it showed; or it showed the key of an invite that was given up. */
enum topo_dialled { TOPO_DIALLED_UNKNOWN, TOPO_DIALLED_AS_DEVICE, TOPO_DIALLED_AS_INVITEE };
enum topo_dialled topo_peers_up(struct topo_peers *peers, const struct topo_id *device,
                                uint64_t dial);
/* A dial failed; one that was forgotten changes nothing. */
void topo_peers_failed(struct topo_peers *peers, uint64_t dial, int status);

#endif
