/*
 * flatset.h - an item set that items leave again: a sorted array in memory.
 *
 * Insertion and removal move what lies behind, and the sums of all prefixes are made anew when the
 * next sum is asked for after a change. That is right for sets of a few thousand items that change
 * seldom, as device records do: 5,000 of them are 400 KB, and a change costs some microseconds.
 * What grows with the log is a memset (memset.h).
 */
#ifndef TOPO_SYNC_FLATSET_H
#define TOPO_SYNC_FLATSET_H

#include "sync/itemset.h"

struct topo_flatset;

/* An empty set. NULL: out of memory. */
struct topo_flatset *topo_flatset_create(void);
void topo_flatset_destroy(struct topo_flatset *set); /* NULL is fine */
/* The set as others see it; borrowed from it. */
struct topo_itemset topo_flatset_itemset(struct topo_flatset *set);
/* Takes an item out. 0, or TOPO_ENOTFOUND when it is no member. */
int topo_flatset_remove(struct topo_flatset *set, const struct topo_item *item);

#endif
