/* sets.c - the item sets of a space, in memory; see sets.h. */
#include "node/sets.h"

#include "base/assert.h"
#include "base/status.h"

#include <stdlib.h>

enum { PIECE = 128 }; /* items read at a time */

static struct topo_node_set *find(const struct topo_sets *sets, const struct topo_id *id)
{
  for (size_t i = sets->n; i-- > 0;) /* the newest epoch is asked for most */
    if (topo_id_equal(&sets->sets[i].id, id))
      return &sets->sets[i];
  return NULL;
}

static int add_set(struct topo_sets *sets, const struct topo_id *id, struct topo_node_set **out)
{
  struct topo_node_set *grown = realloc(sets->sets, (sets->n + 1) * sizeof *grown);
  if (!grown)
    return TOPO_ENOMEM;
  sets->sets = grown;
  struct topo_node_set *set = &grown[sets->n];
  *set = (struct topo_node_set){.id = *id, .items = topo_memset_create(), .stale = true};
  if (!set->items)
    return TOPO_ENOMEM;
  set->view = topo_memset_itemset(set->items);
  sets->n++;
  *out = set;
  return 0;
}

int topo_sets_add(struct topo_sets *sets, const struct topo_id *id, uint64_t hlc,
                  const struct topo_id *event)
{
  struct topo_node_set *set = find(sets, id);
  int status = set ? 0 : add_set(sets, id, &set);
  if (status < 0)
    return status;
  topo_assert(topo_id_equal(&set->id, id));
  /* The newest come first (docs/protocol.md §6.2); all-ones is kept for "after every item". */
  struct topo_item item = {UINT64_MAX - 1 - hlc, *event};
  status = topo_itemset_insert(&set->view, &item);
  if (status < 0)
    return status;
  if (set->hashed)
    topo_lthash_add(&set->hash, event);
  set->count++;
  set->stale = true;
  return 0;
}

const struct topo_itemset *topo_sets_items(const struct topo_sets *sets, const struct topo_id *id)
{
  const struct topo_node_set *set = find(sets, id);
  return set ? &set->view : NULL;
}

uint64_t topo_sets_total(const struct topo_sets *sets)
{
  uint64_t total = 0;
  for (size_t i = 0; i < sets->n; i++)
    total += sets->sets[i].count;
  return total;
}

struct ranked {
  uint32_t generation;
  struct topo_node_set *set;
};

static int newest_first(const void *pa, const void *pb)
{
  const struct ranked *a = pa, *b = pb;
  if (a->generation != b->generation)
    return a->generation > b->generation ? -1 : 1;
  return topo_id_compare(&a->set->id, &b->set->id);
}

/* Two thirds of opening a space were spent on the hashes of what it has, which only peers want: so
 * they are made when the first one asks. */
static int hash_all(struct topo_node_set *set)
{
  struct topo_item items[PIECE];
  topo_assert(!set->hashed);
  for (uint64_t at = 0; at < set->count;) {
    size_t n = set->count - at < PIECE ? (size_t)(set->count - at) : PIECE;
    int status = topo_itemset_read(&set->view, at, items, n);
    if (status < 0)
      return status;
    for (size_t i = 0; i < n; i++)
      topo_lthash_add(&set->hash, &items[i].id);
    at += n;
  }
  set->hashed = true;
  return 0;
}

static int digest(struct topo_node_set *set)
{
  uint64_t size = 0;
  int status = topo_itemset_size(&set->view, &size);
  if (status < 0 || !set->stale)
    return status;
  topo_assert(size == set->count);
  status = set->hashed ? 0 : hash_all(set);
  if (status < 0)
    return status;
  topo_lthash_digest(&set->hash, &set->digest);
  set->stale = false;
  return 0;
}

int topo_sets_list(struct topo_sets *sets, const struct topo_authority *authority,
                   struct topo_session_set *out)
{
  struct ranked order[TOPO_SESSION_SETS_MAX];
  size_t n = 0;
  for (size_t i = 0; i < sets->n && n < TOPO_SESSION_SETS_MAX; i++) {
    struct topo_node_set *set = &sets->sets[i];
    const struct topo_authority_node *epoch = topo_authority_find(authority, &set->id);
    bool counts = epoch && epoch->kind == TOPO_ACT_EPOCH;
    bool control = topo_id_is_zero(&set->id);
    order[n++] = (struct ranked){control ? UINT32_MAX : counts ? epoch->epoch.generation : 0, set};
  }
  qsort(order, n, sizeof *order, newest_first);
  for (size_t i = 0; i < n; i++) {
    struct topo_node_set *set = order[i].set;
    bool ascends = i == 0 || newest_first(&order[i - 1], &order[i]) < 0;
    topo_assert(ascends); /* and no set has two rows */
    int status = digest(set);
    if (status < 0)
      return status;
    topo_assert(set->hashed && !set->stale);
    out[i] = (struct topo_session_set){set->id, set->count, set->digest};
  }
  return (int)n;
}

void topo_sets_finish(struct topo_sets *sets)
{
  for (size_t i = 0; i < sets->n; i++)
    topo_memset_destroy(sets->sets[i].items);
  free(sets->sets);
  *sets = (struct topo_sets){.n = 0};
}
