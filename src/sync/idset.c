/* idset.c - a bounded hash set of ids. */
#include "sync/idset.h"

#include "base/assert.h"
#include "base/status.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAP = 64 };

void topo_idset_init(struct topo_idset *set, uint32_t max)
{
  topo_assert(max > 0 && max <= UINT32_MAX / 4);
  *set = (struct topo_idset){.max = max};
}

void topo_idset_finish(struct topo_idset *set)
{
  free(set->slots);
  *set = (struct topo_idset){.max = set->max};
}

/* Ids are hashes: any four bytes of one will do. */
static uint32_t home(uint32_t cap, const struct topo_id *id)
{
  return topo_get_be32(id->bytes) & (cap - 1);
}

/* The slot of the id, or the free slot where it belongs. The table is never full. */
static uint32_t find(const struct topo_id *slots, uint32_t cap, const struct topo_id *id)
{
  topo_assert(cap > 0 && (cap & (cap - 1)) == 0);
  uint32_t at = home(cap, id);
  while (!topo_id_is_zero(&slots[at]) && !topo_id_equal(&slots[at], id))
    at = (at + 1) & (cap - 1);
  return at;
}

bool topo_idset_has(const struct topo_idset *set, const struct topo_id *id)
{
  if (set->count == 0 || topo_id_is_zero(id))
    return false;
  return !topo_id_is_zero(&set->slots[find(set->slots, set->cap, id)]);
}

/* Keeps at least half of the table free. */
static int make_room(struct topo_idset *set)
{
  if (set->cap > 0 && set->count + 1 <= set->cap / 2)
    return 0;
  uint32_t cap = set->cap ? set->cap * 2 : FIRST_CAP;
  struct topo_id *slots = calloc(cap, sizeof *slots);
  if (!slots)
    return TOPO_ENOMEM;
  for (uint32_t i = 0; i < set->cap; i++)
    if (!topo_id_is_zero(&set->slots[i]))
      slots[find(slots, cap, &set->slots[i])] = set->slots[i];
  free(set->slots);
  set->slots = slots;
  set->cap = cap;
  topo_assert(set->count < set->cap / 2);
  return 0;
}

int topo_idset_add(struct topo_idset *set, const struct topo_id *id)
{
  if (topo_id_is_zero(id))
    return TOPO_EINVAL;
  if (topo_idset_has(set, id))
    return TOPO_EEXISTS;
  if (set->count >= set->max)
    return TOPO_ELIMIT;
  int status = make_room(set);
  if (status < 0)
    return status;
  set->slots[find(set->slots, set->cap, id)] = *id;
  set->count++;
  topo_assert(set->count <= set->max && set->count <= set->cap / 2);
  return 0;
}

bool topo_idset_remove(struct topo_idset *set, const struct topo_id *id)
{
  if (!topo_idset_has(set, id))
    return false;
  topo_assert(set->count > 0 && set->count <= set->cap / 2);
  uint32_t mask = set->cap - 1;
  uint32_t hole = find(set->slots, set->cap, id);
  /* Move back what probed past the hole, so that no tombstones gather. */
  for (uint32_t at = (hole + 1) & mask; !topo_id_is_zero(&set->slots[at]); at = (at + 1) & mask) {
    uint32_t from_home = (at - home(set->cap, &set->slots[at])) & mask;
    if (from_home < ((at - hole) & mask))
      continue;
    set->slots[hole] = set->slots[at];
    hole = at;
  }
  memset(&set->slots[hole], 0, sizeof set->slots[hole]);
  set->count--;
  return true;
}
