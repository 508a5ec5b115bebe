/*
 * memset.h - a set of items in memory: leaves of up to 128 sorted items under a tree of cached
 * sums.
 *
 * An insertion touches one leaf and the path to it; finding a bound and summing any range take
 * O(log n). Insertion at either end and long runs of items leave full leaves behind, 41
 * bytes an item; anywhere else they are half full, so that nobody who picks the items can make the
 * set cost much more than 80.
 */
#ifndef TOPO_SYNC_MEMSET_H
#define TOPO_SYNC_MEMSET_H

#include "sync/itemset.h"

struct topo_memset;

/* An empty set, owned by the caller. NULL when memory is exhausted. */
struct topo_memset *topo_memset_create(void);
/* Frees the set; NULL is fine. */
void topo_memset_destroy(struct topo_memset *set);
/* The set behind the vtable; valid while `set` lives. */
struct topo_itemset topo_memset_itemset(struct topo_memset *set);

#endif
