/*
 * sets.h - the item sets of a space, in memory: one for control, one for each epoch
 * (docs/protocol.md §6.2). They follow from the log, and are filled from it when a space is read.
 */
#ifndef TOPO_NODE_SETS_H
#define TOPO_NODE_SETS_H

#include "crypto/lthash.h"
#include "dag/authority.h"
#include "sync/memset.h"
#include "sync/session.h"

/* One item set and its digest. */
struct topo_node_set {
  struct topo_id id; /* zero: control */
  struct topo_memset *items;
  struct topo_itemset view;
  struct topo_lthash hash; /* of all items, once `hashed` */
  bool hashed;             /* somebody has asked for the digest */
  struct topo_id digest;
  uint64_t count;
  bool stale; /* the digest is older than the hash */
};

struct topo_sets {
  struct topo_node_set *sets; /* in the order in which they came up; no two with one id */
  size_t n;
};

/* Puts an event into a set, which is made when it is not there. 0, TOPO_ENOMEM, or TOPO_EEXISTS
 * when the event is there already. */
int topo_sets_add(struct topo_sets *sets, const struct topo_id *set, uint64_t hlc,
                  const struct topo_id *event);
/* Writes the rows of SETS (docs/protocol.md §6.2): control first, then the epochs, newest first, at
 * most TOPO_SESSION_SETS_MAX. How many, or a status. */
int topo_sets_list(struct topo_sets *sets, const struct topo_authority *authority,
                   struct topo_session_set *out);
/* The items of a set, valid until the next is made; NULL when there are none. */
const struct topo_itemset *topo_sets_items(const struct topo_sets *sets, const struct topo_id *set);
/* How many items there are in all sets. */
uint64_t topo_sets_total(const struct topo_sets *sets);
/* Forgets all of them. */
void topo_sets_finish(struct topo_sets *sets);

#endif
