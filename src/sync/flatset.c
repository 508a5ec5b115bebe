/* flatset.c - an item set as a sorted array; see flatset.h. */
#include "sync/flatset.h"

#include "base/assert.h"
#include "base/status.h"

#include <stdlib.h>
#include <string.h>

struct topo_flatset {
  struct topo_item *items; /* ascending */
  struct topo_sum *sums;   /* sums[i] of the first i items, unless stale */
  size_t n, capacity;      /* of items; `sums` has room for one more */
  bool stale;
};

/* How many items are below `key`: where it is or belongs. */
static size_t rank(const struct topo_flatset *set, const struct topo_item *key)
{
  size_t low = 0, high = set->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (topo_item_compare(&set->items[middle], key) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static bool has_at(const struct topo_flatset *set, size_t at, const struct topo_item *item)
{
  return at < set->n && topo_item_compare(&set->items[at], item) == 0;
}

static int grow(struct topo_flatset *set)
{
  size_t capacity = set->capacity ? 2 * set->capacity : 16;
  struct topo_item *items = realloc(set->items, capacity * sizeof *items);
  if (!items)
    return TOPO_ENOMEM;
  set->items = items;
  struct topo_sum *sums = realloc(set->sums, (capacity + 1) * sizeof *sums);
  if (!sums)
    return TOPO_ENOMEM;
  set->sums = sums;
  set->capacity = capacity;
  return 0;
}

static int set_insert(void *ctx, const struct topo_item *item)
{
  struct topo_flatset *set = ctx;
  if (item->timestamp == TOPO_ITEM_INFINITY)
    return TOPO_EINVAL;
  size_t at = rank(set, item);
  if (has_at(set, at, item))
    return TOPO_EEXISTS;
  if (set->n == set->capacity && grow(set) < 0)
    return TOPO_ENOMEM;
  memmove(set->items + at + 1, set->items + at, (set->n - at) * sizeof *set->items);
  set->items[at] = *item;
  set->n++;
  set->stale = true;
  return 0;
}

int topo_flatset_remove(struct topo_flatset *set, const struct topo_item *item)
{
  size_t at = rank(set, item);
  if (!has_at(set, at, item))
    return TOPO_ENOTFOUND;
  set->n--;
  memmove(set->items + at, set->items + at + 1, (set->n - at) * sizeof *set->items);
  set->stale = true;
  return 0;
}

static int set_size(void *ctx, uint64_t *size)
{
  *size = ((const struct topo_flatset *)ctx)->n;
  return 0;
}

static int set_read(void *ctx, uint64_t begin, struct topo_item *items, size_t n)
{
  const struct topo_flatset *set = ctx;
  topo_assert(begin <= set->n && n <= set->n - begin);
  if (n > 0)
    memcpy(items, set->items + begin, n * sizeof *items);
  return 0;
}

static int set_lower_bound(void *ctx, uint64_t begin, uint64_t end, const struct topo_item *bound,
                           uint64_t *index)
{
  const struct topo_flatset *set = ctx;
  topo_assert(begin <= end && end <= set->n);
  uint64_t at = rank(set, bound);
  *index = at < begin ? begin : at > end ? end : at;
  return 0;
}

static void sum_up(struct topo_flatset *set)
{
  memset(&set->sums[0], 0, sizeof *set->sums);
  for (size_t i = 0; i < set->n; i++) {
    set->sums[i + 1] = set->sums[i];
    topo_sum_add_id(&set->sums[i + 1], &set->items[i].id);
  }
  set->stale = false;
}

static int set_sum(void *ctx, uint64_t begin, uint64_t end, struct topo_sum *sum)
{
  struct topo_flatset *set = ctx;
  topo_assert(begin <= end && end <= set->n);
  if (set->stale)
    sum_up(set);
  memset(sum, 0, sizeof *sum);
  if (begin == end)
    return 0;
  *sum = set->sums[end];
  topo_sum_subtract(sum, &set->sums[begin]);
  topo_assert(sum->count == end - begin);
  return 0;
}

static const struct topo_itemset_ops ops = {.size = set_size,
                                            .read = set_read,
                                            .lower_bound = set_lower_bound,
                                            .sum = set_sum,
                                            .insert = set_insert};

struct topo_itemset topo_flatset_itemset(struct topo_flatset *set)
{
  return (struct topo_itemset){&ops, set};
}

struct topo_flatset *topo_flatset_create(void)
{
  return calloc(1, sizeof(struct topo_flatset));
}

void topo_flatset_destroy(struct topo_flatset *set)
{
  if (!set)
    return;
  free(set->items);
  free(set->sums);
  free(set);
}
