/*
 * sets.h - the item sets of a space, in memory: one for control, one for device records, one for
 * each epoch (docs/protocol.md §6.2). They follow from the log and from the table of records, and
 * are filled from them when a space is read.
 *
 * An event costs the walk to its set in the tree, and nothing that grows with the other sets: the
 * digests are made when a peer's session asks.
 */
#ifndef TOPO_NODE_SETS_H
#define TOPO_NODE_SETS_H

#include "crypto/lthash.h"
#include "sync/flatset.h"
#include "sync/memset.h"
#include "sync/session.h"

/* One item set and its digest. */
struct topo_node_set {
  struct topo_id id;
  struct topo_memset *items; /* or NULL: of records */
  struct topo_flatset *records;
  struct topo_itemset view;
  struct topo_lthash hash; /* of all items, once `hashed` */
  bool hashed;             /* somebody has asked for the digest */
  struct topo_id digest;
  uint64_t count;
  bool stale; /* the digest is older than the hash */
};

/* Zeros are no sets. It stays where it is from the first set on. */
struct topo_sets {
  struct topo_node_set *sets; /* in the order in which they came up; no two with one id */
  size_t n, cap;
  uint32_t early[TOPO_SET_EARLY]; /* 1 + the place of a set that is no epoch's; 0: there is none */
  struct topo_settree epochs;     /* the places of the others */
  uint64_t total;                 /* events in all of them */
};

/* Puts an event into a set, which is made when it is not there. 0; TOPO_EEXISTS when the event is
 * there already; or TOPO_ENOMEM, after which the sets are to be forgotten. */
int topo_sets_add(struct topo_sets *sets, const struct topo_id *set, uint64_t hlc,
                  const struct topo_id *event);
/* Takes a record out of the set of records, where it is (asserted). */
void topo_sets_remove_record(struct topo_sets *sets, uint64_t seq, const struct topo_id *record);
/* Writes what SETS says of them (docs/protocol.md §6.2). 0 or a status. */
int topo_sets_tell(struct topo_sets *sets, struct topo_session_sets *out);
/* The items of a set, valid until the next is made; NULL when there are none. */
const struct topo_itemset *topo_sets_items(const struct topo_sets *sets, const struct topo_id *set);
/* How many events there are in all sets. */
uint64_t topo_sets_total(const struct topo_sets *sets);
/* Forgets all of them. */
void topo_sets_finish(struct topo_sets *sets);

#endif
