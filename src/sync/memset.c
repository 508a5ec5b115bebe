/*
 * memset.c - a counted B+ tree.
 *
 * Leaves hold items, inner nodes hold one entry per child: the smallest item below it, the sum and
 * count of all items below it, and the child. The root hangs from an entry too, so that a sum over
 * a subtree is always found in the entry above it. All leaves have the same depth, `height`.
 *
 * Insertion goes down once and splits every full node it is about to enter. A split changes no
 * content, so a failed allocation or a duplicate found at the leaf leaves the set as it was.
 */
#include "sync/memset.h"

#include "base/assert.h"
#include "base/status.h"

#include <stdlib.h>
#include <string.h>

enum { LEAF_ITEMS = 128, INNER_ENTRIES = 64, LEVELS = 12, LONG_RUN = LEAF_ITEMS / 8 * 7 };
/* Nodes away from the edges are at least half full: a leaf then holds 2^6 items and every level
 * above multiplies by 2^5, so no set that can be counted is higher than this. */
_Static_assert(LEAF_ITEMS / 2 >= 1 << 6 && INNER_ENTRIES / 2 >= 1 << 5 && 6 + 5 * LEVELS >= 64,
               "LEVELS outlast 2^64 items");

struct leaf {
  size_t n;
  struct topo_item items[LEAF_ITEMS];
};

struct inner;

struct entry {
  struct topo_item min; /* not above any item below; exact but for an empty root */
  struct topo_sum sum;
  union {
    struct leaf *leaf;
    struct inner *inner;
  } child;
};

struct inner {
  size_t n; /* at least 1 */
  struct entry entries[INNER_ENTRIES];
};

struct topo_memset {
  struct entry root;
  unsigned height;       /* inner nodes on the way to a leaf */
  struct topo_item last; /* the item inserted last */
  bool falling;          /* it came right before the one before it, not right behind */
  size_t run;            /* insertions in that direction, each beside the one before */
};

/* How many items of the leaf are below `key`: where it is or belongs. */
static size_t leaf_rank(const struct leaf *leaf, const struct topo_item *key)
{
  topo_assert(leaf->n <= LEAF_ITEMS);
  size_t low = 0, high = leaf->n;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (topo_item_compare(&leaf->items[middle], key) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* The child that holds `key` or would: the last whose smallest item is not above it, else the
 * first. */
static size_t inner_rank(const struct inner *inner, const struct topo_item *key)
{
  topo_assert(inner->n >= 1 && inner->n <= INNER_ENTRIES);
  size_t low = 0, high = inner->n;
  while (high - low > 1) {
    size_t middle = (low + high) / 2;
    if (topo_item_compare(&inner->entries[middle].min, key) <= 0)
      low = middle;
    else
      high = middle;
  }
  return low;
}

static void sum_leaf(struct topo_sum *sum, const struct leaf *leaf, size_t n)
{
  for (size_t i = 0; i < n; i++)
    topo_sum_add_id(sum, &leaf->items[i].id);
}

/* Fills the entry's smallest item and sum from its child, `height` inner nodes above the leaves. */
static void describe(struct entry *e, unsigned height)
{
  memset(&e->sum, 0, sizeof e->sum);
  if (height == 0) {
    topo_assert(e->child.leaf->n > 0);
    e->min = e->child.leaf->items[0];
    sum_leaf(&e->sum, e->child.leaf, e->child.leaf->n);
    return;
  }
  e->min = e->child.inner->entries[0].min;
  for (size_t i = 0; i < e->child.inner->n; i++)
    topo_sum_add(&e->sum, &e->child.inner->entries[i].sum);
}

/* Where the key being inserted goes, relative to all items of the set. */
enum edge { EDGE_NONE, EDGE_FIRST, EDGE_LAST };

/* Growth at an edge of the set leaves full nodes behind. So does a leaf that one run has filled, as
 * the log of a space does beside a single item that is from the future: it is split where the run
 * goes on, with the last of it. A run that long leaves so much in one half that nobody gets nearly
 * empty leaves for less than a full one each. Anywhere else halves are the only safe choice, for a
 * peer could otherwise arrange for nearly empty nodes. */
static size_t split_point(struct topo_memset *set, const struct entry *full, unsigned height,
                          enum edge edge, const struct topo_item *key)
{
  size_t n = height == 0 ? full->child.leaf->n : full->child.inner->n;
  if (edge == EDGE_FIRST)
    return 1;
  if (edge == EDGE_LAST)
    return n - 1;
  if (height > 0 || set->run < LONG_RUN)
    return n / 2;
  size_t at = leaf_rank(full->child.leaf, key);
  set->run = 0;
  if (set->falling)
    return at + 1 < n ? at + 1 : n - 1;
  return at > 1 ? at - 1 : 1;
}

/* Notes whether the item at `at`, which is new, goes on with a run of neighbours. */
static void note_run(struct topo_memset *set, const struct leaf *leaf, size_t at)
{
  const struct topo_item *items = leaf->items;
  bool rises = at > 0 && topo_item_compare(&items[at - 1], &set->last) == 0;
  bool falls = at + 1 < leaf->n && topo_item_compare(&items[at + 1], &set->last) == 0;
  bool goes_on = (rises && !set->falling) || (falls && set->falling);
  set->run = goes_on ? set->run + 1 : 0;
  set->falling = falls;
  set->last = items[at];
}

/* Moves what is from `at` on in the full child of `left` to a new node that `right` describes. */
static int split(struct entry *left, struct entry *right, unsigned height, size_t at)
{
  topo_assert(at > 0 && at < (height == 0 ? left->child.leaf->n : left->child.inner->n));
  if (height == 0) {
    struct leaf *from = left->child.leaf, *to = malloc(sizeof *to);
    if (!to)
      return TOPO_ENOMEM;
    to->n = from->n - at;
    memcpy(to->items, from->items + at, to->n * sizeof *to->items);
    from->n = at;
    right->child.leaf = to;
  } else {
    struct inner *from = left->child.inner, *to = malloc(sizeof *to);
    if (!to)
      return TOPO_ENOMEM;
    to->n = from->n - at;
    memcpy(to->entries, from->entries + at, to->n * sizeof *to->entries);
    from->n = at;
    right->child.inner = to;
  }
  describe(right, height);
  topo_sum_subtract(&left->sum, &right->sum);
  return 0;
}

static bool is_full(const struct entry *e, unsigned height)
{
  return height == 0 ? e->child.leaf->n == LEAF_ITEMS : e->child.inner->n == INNER_ENTRIES;
}

/* Puts a new root above a full one and splits the old. */
static int grow(struct topo_memset *set, enum edge edge, const struct topo_item *key)
{
  topo_assert(set->height < LEVELS);
  struct inner *inner = malloc(sizeof *inner);
  if (!inner)
    return TOPO_ENOMEM;
  inner->n = 2;
  inner->entries[0] = set->root;
  int status = split(&inner->entries[0], &inner->entries[1], set->height,
                     split_point(set, &inner->entries[0], set->height, edge, key));
  if (status < 0) {
    free(inner);
    return status;
  }
  set->root.child.inner = inner;
  set->height++;
  return 0;
}

/* Splits the full child `at` of a node that has room, at `point`. */
static int split_child(struct inner *inner, size_t at, unsigned height, size_t point)
{
  topo_assert(at < inner->n && inner->n < INNER_ENTRIES);
  struct entry right;
  int status = split(&inner->entries[at], &right, height, point);
  if (status < 0)
    return status;
  struct entry *gap = &inner->entries[at + 1];
  memmove(gap + 1, gap, (inner->n - at - 1) * sizeof *gap);
  *gap = right;
  inner->n++;
  return 0;
}

/* Is the key below all items of the set, or above them all? */
static enum edge edge_of(const struct topo_memset *set, const struct topo_item *key)
{
  const struct entry *e = &set->root;
  if (topo_item_compare(key, &e->min) < 0)
    return EDGE_FIRST;
  for (unsigned h = set->height; h > 0; h--)
    e = &e->child.inner->entries[e->child.inner->n - 1];
  const struct leaf *last = e->child.leaf;
  return topo_item_compare(key, &last->items[last->n - 1]) > 0 ? EDGE_LAST : EDGE_NONE;
}

/* Goes down to the leaf for `key`, making room on the way; path[0] is the root, path[height] the
 * leaf. */
static int descend(struct topo_memset *set, const struct topo_item *key,
                   struct entry *path[static LEVELS + 1])
{
  enum edge edge = set->root.sum.count ? edge_of(set, key) : EDGE_NONE;
  if (is_full(&set->root, set->height)) {
    int status = grow(set, edge, key);
    if (status < 0)
      return status;
  }
  path[0] = &set->root;
  for (unsigned depth = 0; depth < set->height; depth++) {
    struct inner *inner = path[depth]->child.inner;
    unsigned below = set->height - depth - 1;
    size_t at = inner_rank(inner, key);
    if (is_full(&inner->entries[at], below)) {
      size_t point = split_point(set, &inner->entries[at], below, edge, key);
      int status = split_child(inner, at, below, point);
      if (status < 0)
        return status;
      at = inner_rank(inner, key);
    }
    path[depth + 1] = &inner->entries[at];
  }
  topo_assert(!is_full(path[set->height], 0));
  return 0;
}

/* Is the item above the one before it in the leaf, and below the one behind? */
static bool is_in_order(const struct leaf *leaf, size_t at)
{
  const struct topo_item *items = leaf->items;
  return (at == 0 || topo_item_compare(&items[at - 1], &items[at]) < 0) &&
         (at + 1 == leaf->n || topo_item_compare(&items[at], &items[at + 1]) < 0);
}

static int set_insert(void *ctx, const struct topo_item *item)
{
  struct topo_memset *set = ctx;
  struct entry *path[LEVELS + 1];
  if (item->timestamp == TOPO_ITEM_INFINITY)
    return TOPO_EINVAL;
  int status = descend(set, item, path);
  if (status < 0)
    return status;
  struct leaf *leaf = path[set->height]->child.leaf;
  size_t at = leaf_rank(leaf, item);
  if (at < leaf->n && topo_item_compare(&leaf->items[at], item) == 0)
    return TOPO_EEXISTS;
  memmove(leaf->items + at + 1, leaf->items + at, (leaf->n - at) * sizeof *leaf->items);
  leaf->items[at] = *item;
  leaf->n++;
  topo_assert(is_in_order(leaf, at));
  note_run(set, leaf, at);
  for (unsigned depth = 0; depth <= set->height; depth++) {
    struct entry *e = path[depth];
    if (e->sum.count == 0 || topo_item_compare(item, &e->min) < 0)
      e->min = *item;
    topo_sum_add_id(&e->sum, &item->id);
  }
  return 0;
}

static int set_size(void *ctx, uint64_t *size)
{
  const struct topo_memset *set = ctx;
  *size = set->root.sum.count;
  return 0;
}

/* Finds the leaf that holds the item `index`, and where in the leaf it is. */
static const struct leaf *find_leaf(const struct topo_memset *set, uint64_t index, size_t *at)
{
  topo_assert(index < set->root.sum.count);
  const struct entry *e = &set->root;
  for (unsigned h = set->height; h > 0; h--)
    for (e = e->child.inner->entries; index >= e->sum.count; e++)
      index -= e->sum.count;
  *at = (size_t)index;
  topo_assert(index < e->child.leaf->n);
  return e->child.leaf;
}

static int set_read(void *ctx, uint64_t begin, struct topo_item *items, size_t n)
{
  const struct topo_memset *set = ctx;
  topo_assert(begin <= set->root.sum.count && n <= set->root.sum.count - begin);
  while (n) {
    size_t at;
    const struct leaf *leaf = find_leaf(set, begin, &at);
    size_t take = leaf->n - at < n ? leaf->n - at : n;
    memcpy(items, leaf->items + at, take * sizeof *items);
    items += take;
    begin += take;
    n -= take;
  }
  return 0;
}

static int set_lower_bound(void *ctx, uint64_t begin, uint64_t end, const struct topo_item *bound,
                           uint64_t *index)
{
  const struct topo_memset *set = ctx;
  topo_assert(begin <= end && end <= set->root.sum.count);
  const struct entry *e = &set->root;
  uint64_t rank = 0;
  for (unsigned h = set->height; h > 0; h--) {
    const struct inner *inner = e->child.inner;
    size_t at = inner_rank(inner, bound);
    for (size_t i = 0; i < at; i++)
      rank += inner->entries[i].sum.count;
    e = &inner->entries[at];
  }
  rank += leaf_rank(e->child.leaf, bound);
  topo_assert(rank <= set->root.sum.count);
  *index = rank < begin ? begin : rank > end ? end : rank;
  topo_assert(*index >= begin && *index <= end);
  return 0;
}

/* The sum of the items [0, index). */
static void sum_before(const struct topo_memset *set, uint64_t index, struct topo_sum *sum)
{
  const struct entry *e = &set->root;
  topo_assert(index <= e->sum.count);
  memset(sum, 0, sizeof *sum);
  if (index == e->sum.count) {
    *sum = e->sum;
    return;
  }
  for (unsigned h = set->height; h > 0; h--)
    for (e = e->child.inner->entries; index - sum->count >= e->sum.count; e++)
      topo_sum_add(sum, &e->sum);
  sum_leaf(sum, e->child.leaf, (size_t)(index - sum->count));
  topo_assert(sum->count == index);
}

static int set_sum(void *ctx, uint64_t begin, uint64_t end, struct topo_sum *sum)
{
  const struct topo_memset *set = ctx;
  topo_assert(begin <= end && end <= set->root.sum.count);
  struct topo_sum before;
  sum_before(set, begin, &before);
  sum_before(set, end, sum);
  topo_sum_subtract(sum, &before);
  topo_assert(sum->count == end - begin);
  return 0;
}

static const struct topo_itemset_ops ops = {.size = set_size,
                                            .read = set_read,
                                            .lower_bound = set_lower_bound,
                                            .sum = set_sum,
                                            .insert = set_insert};

struct topo_itemset topo_memset_itemset(struct topo_memset *set)
{
  return (struct topo_itemset){&ops, set};
}

struct topo_memset *topo_memset_create(void)
{
  struct topo_memset *set = calloc(1, sizeof *set);
  if (!set)
    return NULL;
  set->root.child.leaf = malloc(sizeof *set->root.child.leaf);
  if (!set->root.child.leaf) {
    free(set);
    return NULL;
  }
  set->root.child.leaf->n = 0;
  return set;
}

/* Frees bottom up and without recursion: a node's `n` counts down as its children go. */
void topo_memset_destroy(struct topo_memset *set)
{
  if (!set)
    return;
  struct inner *path[LEVELS];
  unsigned depth = 0; /* inner nodes on the path */
  struct entry *e = &set->root;
  for (;;) {
    if (depth < set->height) {
      path[depth++] = e->child.inner;
    } else {
      free(e->child.leaf);
      while (depth > 0 && path[depth - 1]->n == 0)
        free(path[--depth]);
      if (depth == 0)
        break;
    }
    struct inner *inner = path[depth - 1];
    e = &inner->entries[--inner->n];
  }
  free(set);
}
