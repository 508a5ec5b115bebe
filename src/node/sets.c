/* sets.c - the item sets of a space, in memory; see sets.h. */
#include "node/sets.h"

#include "base/assert.h"
#include "base/status.h"

#include <stdlib.h>

enum {
  PIECE = 128, /* items read at a time */
  FIRST_CAP = 16
};

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

/* The place of a set, or -1. */
static int64_t place_of(const struct topo_sets *sets, const struct topo_id *id)
{
  enum topo_set_rank rank = topo_set_rank(id);
  uint32_t place;
  if (rank < TOPO_SET_EARLY)
    return (int64_t)sets->early[rank] - 1;
  return topo_settree_find(&sets->epochs, id, &place) ? (int64_t)place : -1;
}

static struct topo_node_set *find(const struct topo_sets *sets, const struct topo_id *id)
{
  int64_t place = place_of(sets, id);
  topo_assert(place < (int64_t)sets->n);
  return place < 0 ? NULL : &sets->sets[place];
}

static int make_room(struct topo_sets *sets)
{
  if (sets->n < sets->cap)
    return 0;
  size_t cap = sets->cap ? 2 * sets->cap : FIRST_CAP;
  struct topo_node_set *grown = realloc(sets->sets, cap * sizeof *grown);
  if (!grown)
    return TOPO_ENOMEM;
  sets->sets = grown;
  sets->cap = cap;
  return 0;
}

/* The row of an epoch's set, for its page. */
static int row_of(void *ctx, uint32_t place, struct topo_session_set *out)
{
  struct topo_sets *sets = ctx;
  topo_assert(place < sets->n);
  struct topo_node_set *set = &sets->sets[place];
  int status = digest(set);
  *out = (struct topo_session_set){set->id, set->count, set->digest};
  return status;
}

static int enter(struct topo_sets *sets, const struct topo_id *id)
{
  enum topo_set_rank rank = topo_set_rank(id);
  if (rank < TOPO_SET_EARLY) {
    sets->early[rank] = (uint32_t)sets->n;
    return 0;
  }
  if (!sets->epochs.root)
    topo_settree_init(&sets->epochs, row_of, sets);
  return topo_settree_add(&sets->epochs, id, (uint32_t)sets->n - 1);
}

static int add_set(struct topo_sets *sets, const struct topo_id *id, struct topo_node_set **out)
{
  int status = make_room(sets);
  if (status < 0)
    return status;
  struct topo_node_set *set = &sets->sets[sets->n];
  *set = (struct topo_node_set){.id = *id, .stale = true};
  if (topo_set_rank(id) == TOPO_SET_RECORDS)
    set->records = topo_flatset_create();
  else
    set->items = topo_memset_create();
  if (!set->items && !set->records)
    return TOPO_ENOMEM;
  set->view = set->items ? topo_memset_itemset(set->items) : topo_flatset_itemset(set->records);
  sets->n++;
  *out = set;
  return enter(sets, id);
}

/* The newest come first (docs/protocol.md §6.2); all-ones is kept for "after every item". */
static struct topo_item item_of(uint64_t hlc, const struct topo_id *event)
{
  return (struct topo_item){UINT64_MAX - 1 - hlc, *event};
}

int topo_sets_add(struct topo_sets *sets, const struct topo_id *id, uint64_t hlc,
                  const struct topo_id *event)
{
  struct topo_node_set *set = find(sets, id);
  int status = set ? 0 : add_set(sets, id, &set);
  if (status < 0)
    return status;
  topo_assert(topo_id_equal(&set->id, id));
  struct topo_item item = item_of(hlc, event);
  status = topo_itemset_insert(&set->view, &item);
  if (status < 0)
    return status;
  if (set->hashed)
    topo_lthash_add(&set->hash, event);
  set->count++;
  set->stale = true;
  sets->total += set->records ? 0 : 1;
  if (topo_set_rank(id) == TOPO_SET_EPOCH)
    topo_settree_touch(&sets->epochs, id);
  return 0;
}

void topo_sets_remove_record(struct topo_sets *sets, uint64_t seq, const struct topo_id *record)
{
  struct topo_node_set *set = find(sets, &topo_set_of_records);
  struct topo_item item = item_of(seq, record);
  topo_assert(set && set->count > 0);
  int status = topo_flatset_remove(set->records, &item);
  topo_assert(status == 0);
  if (set->hashed)
    topo_lthash_remove(&set->hash, record);
  set->count--;
  set->stale = true;
}

const struct topo_itemset *topo_sets_items(const struct topo_sets *sets, const struct topo_id *id)
{
  const struct topo_node_set *set = find(sets, id);
  return set ? &set->view : NULL;
}

uint64_t topo_sets_total(const struct topo_sets *sets)
{
  return sets->total;
}

int topo_sets_tell(struct topo_sets *sets, struct topo_session_sets *out)
{
  static const struct topo_prefix all = {.len = 0};
  *out = (struct topo_session_sets){.items = sets->total};
  for (unsigned i = 0; i < TOPO_SET_EARLY; i++) {
    out->early[i].set = topo_set_early_id((enum topo_set_rank)i);
    if (sets->early[i] == 0)
      continue;
    int status = row_of(sets, sets->early[i] - 1, &out->early[i]);
    if (status < 0)
      return status;
    if (i == TOPO_SET_CONTROL)
      out->items -= out->early[i].count;
  }
  return topo_settree_digest(&sets->epochs, &all, &out->epochs);
}

void topo_sets_finish(struct topo_sets *sets)
{
  for (size_t i = 0; i < sets->n; i++) {
    topo_memset_destroy(sets->sets[i].items);
    topo_flatset_destroy(sets->sets[i].records);
  }
  free(sets->sets);
  topo_settree_finish(&sets->epochs);
  *sets = (struct topo_sets){.n = 0};
}
