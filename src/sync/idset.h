/*
 * idset.h - a bounded set of ids: what was asked for, what was sent lately.
 *
 * A hash table with open addressing and linear probing, which grows with its contents and never
 * holds more than its bound. Ids come from members of a workspace, so a member who chooses them
 * well can make probes long; the bound keeps even that cheap.
 */
#ifndef TOPO_SYNC_IDSET_H
#define TOPO_SYNC_IDSET_H

#include "base/bytes.h"

/* Embedded by its user, who may read `count` and `max`; the other members belong to idset.c. The
 * zero id, which is no event's, cannot be a member. */
struct topo_idset {
  struct topo_id *slots; /* a slot with the zero id is free */
  uint32_t cap;          /* how many slots: a power of two, or 0 while there are none */
  uint32_t count, max;   /* how many ids there are, and may be */
};

/* Makes `set` an empty set of at most `max` ids, which is not 0. */
void topo_idset_init(struct topo_idset *set, uint32_t max);

/* Empties the set and releases its memory. It may be used again, with the same `max`. */
void topo_idset_finish(struct topo_idset *set);

/* Returns whether `id` is a member. */
bool topo_idset_has(const struct topo_idset *set, const struct topo_id *id);

/* Adds `id`. Returns 0; TOPO_EEXISTS when it is a member; TOPO_EINVAL for the zero id; TOPO_ELIMIT
 * when there are `max` ids; or TOPO_ENOMEM. The set is as it was when the result is not 0. */
int topo_idset_add(struct topo_idset *set, const struct topo_id *id);

/* Removes `id`. Returns whether it was a member. */
bool topo_idset_remove(struct topo_idset *set, const struct topo_id *id);

#endif
