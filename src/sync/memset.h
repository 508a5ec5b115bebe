/*
 * memset.h - a set of items in memory: leaves of up to 128 sorted items under a tree of sums.
 *
 * An insertion touches one leaf and the path to it. Finding a bound and summing any range take time
 * O(log n). Insertions at either end of the set, and long runs of neighbours, leave full leaves
 * behind, which is 41 bytes for each item. Anywhere else leaves are at least half full, so nobody
 * who chooses the items can make the set cost much more than 80 bytes for each.
 */
#ifndef TOPO_SYNC_MEMSET_H
#define TOPO_SYNC_MEMSET_H

#include "sync/itemset.h"

struct topo_memset;

/* Returns an empty set, which the caller destroys; NULL when memory is exhausted. */
struct topo_memset *topo_memset_create(void);

/* Frees the set. NULL is fine. */
void topo_memset_destroy(struct topo_memset *set);

/* Returns the set as an item set (itemset.h), valid while `set` lives. */
struct topo_itemset topo_memset_itemset(struct topo_memset *set);

#endif
