/*
 * itemset.h - what reconciliation asks of a set of items: a table of functions, so that a set may
 * live in memory (memset.h) or on disk.
 *
 * An item is a timestamp and a 32-byte id. A set is sorted by (timestamp, id) and addressed by
 * index; an index is valid until the next insertion. Ranges are half open: [begin, end) has the
 * items from `begin` up to, and without, `end`. A range with begin > end or end > size is a
 * programmer's error.
 *
 * Every operation returns 0 or a negative enum topo_status, which the user of the set passes on:
 * those that are named below and, for a set on disk, TOPO_EIO and TOPO_ECORRUPT.
 */
#ifndef TOPO_SYNC_ITEMSET_H
#define TOPO_SYNC_ITEMSET_H

#include "base/bytes.h"
#include "sync/sum.h"

/* Stands for "after every item" in bounds: no item has this timestamp. */
#define TOPO_ITEM_INFINITY UINT64_MAX

struct topo_item {
  uint64_t timestamp; /* any unit, below TOPO_ITEM_INFINITY */
  struct topo_id id;
};

/* Order by (timestamp, id): negative, zero, positive. */
static inline int topo_item_compare(const struct topo_item *a, const struct topo_item *b)
{
  if (a->timestamp != b->timestamp)
    return a->timestamp < b->timestamp ? -1 : 1;
  return topo_id_compare(&a->id, &b->id);
}

struct topo_itemset_ops {
  /* Sets *size to the number of items. */
  int (*size)(void *ctx, uint64_t *size);

  /* Copies the items [begin, begin + n) to `items`. */
  int (*read)(void *ctx, uint64_t begin, struct topo_item *items, size_t n);

  /* Sets *index to the first item of [begin, end) that is not below `bound`; to `end` when all of
   * them are. A bound by a prefix of an id has zeros for the rest of the id. */
  int (*lower_bound)(void *ctx, uint64_t begin, uint64_t end, const struct topo_item *bound,
                     uint64_t *index);

  /* Sets *sum to the sum of the items [begin, end). */
  int (*sum)(void *ctx, uint64_t begin, uint64_t end, struct topo_sum *sum);

  /* Adds an item. TOPO_EEXISTS when it is a member, TOPO_EINVAL when its timestamp is infinity, or
   * TOPO_ENOMEM; the set is then as it was. */
  int (*insert)(void *ctx, const struct topo_item *item);
};

struct topo_itemset {
  const struct topo_itemset_ops *ops;
  void *ctx;
};

static inline int topo_itemset_size(const struct topo_itemset *set, uint64_t *size)
{
  return set->ops->size(set->ctx, size);
}

static inline int topo_itemset_read(const struct topo_itemset *set, uint64_t begin,
                                    struct topo_item *items, size_t n)
{
  return set->ops->read(set->ctx, begin, items, n);
}

static inline int topo_itemset_lower_bound(const struct topo_itemset *set, uint64_t begin,
                                           uint64_t end, const struct topo_item *bound,
                                           uint64_t *index)
{
  return set->ops->lower_bound(set->ctx, begin, end, bound, index);
}

static inline int topo_itemset_sum(const struct topo_itemset *set, uint64_t begin, uint64_t end,
                                   struct topo_sum *sum)
{
  return set->ops->sum(set->ctx, begin, end, sum);
}

static inline int topo_itemset_insert(const struct topo_itemset *set, const struct topo_item *item)
{
  return set->ops->insert(set->ctx, item);
}

#endif
