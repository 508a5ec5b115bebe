/*
 * sets.c - the item sets of a space, in memory: one for control, one for each epoch
 * (docs/protocol.md §6.2).
 */
#include "node/node_impl.h"

#include "base/assert.h"
#include "base/status.h"

#include <stdlib.h>

enum { PIECE = 128 }; /* items read at a time */

static struct topo_node_set *find(struct topo_node *node, const struct topo_id *id)
{
  for (size_t i = node->n_sets; i-- > 0;) /* the newest epoch is asked for most */
    if (topo_id_equal(&node->sets[i].id, id))
      return &node->sets[i];
  return NULL;
}

static int add_set(struct topo_node *node, const struct topo_id *id, struct topo_node_set **out)
{
  struct topo_node_set *sets = realloc(node->sets, (node->n_sets + 1) * sizeof *sets);
  if (!sets)
    return TOPO_ENOMEM;
  node->sets = sets;
  struct topo_node_set *set = &sets[node->n_sets];
  *set = (struct topo_node_set){.id = *id, .items = topo_memset_create(), .stale = true};
  if (!set->items)
    return TOPO_ENOMEM;
  set->view = topo_memset_itemset(set->items);
  node->n_sets++;
  *out = set;
  return 0;
}

int topo_sets_add(struct topo_node *node, const struct topo_id *id, uint64_t hlc,
                  const struct topo_id *event)
{
  struct topo_node_set *set = find(node, id);
  int status = set ? 0 : add_set(node, id, &set);
  if (status < 0)
    return status;
  /* The newest first; all-ones is valid for "after every item". */
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

const struct topo_itemset *topo_sets_items(struct topo_node *node, const struct topo_id *id)
{
  struct topo_node_set *set = find(node, id);
  return set ? &set->view : NULL;
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

/* Two thirds of opening a space were spent on the hashes of what it has, which only peers want. */
static int hash_all(struct topo_node_set *set)
{
  struct topo_item items[PIECE];
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
  if (!set->stale)
    return 0;
  int status = set->hashed ? 0 : hash_all(set);
  if (status < 0)
    return status;
  topo_lthash_digest(&set->hash, &set->digest);
  set->stale = false;
  return 0;
}

int topo_sets_list(struct topo_node *node, struct topo_session_set *out)
{
  struct ranked order[TOPO_SESSION_SETS_MAX];
  size_t n = 0;
  for (size_t i = 0; i < node->n_sets && n < TOPO_SESSION_SETS_MAX; i++) {
    struct topo_node_set *set = &node->sets[i];
    const struct topo_authority_node *epoch =
        topo_authority_find(topo_dag_authority(node->dag), &set->id);
    bool counts = epoch && epoch->kind == TOPO_ACT_EPOCH;
    bool control = topo_id_is_zero(&set->id);
    order[n++] = (struct ranked){control ? UINT32_MAX : counts ? epoch->epoch.generation : 0, set};
  }
  qsort(order, n, sizeof *order, newest_first);
  for (size_t i = 0; i < n; i++) {
    struct topo_node_set *set = order[i].set;
    int status = digest(set);
    if (status < 0)
      return status;
    out[i] = (struct topo_session_set){set->id, set->count, set->digest};
  }
  return (int)n;
}

void topo_sets_finish(struct topo_node *node)
{
  for (size_t i = 0; i < node->n_sets; i++)
    topo_memset_destroy(node->sets[i].items);
  free(node->sets);
  node->sets = NULL;
  node->n_sets = 0;
}
