/*
 * idset.h - a bounded set of ids: what was asked for, what was sent lately.
 *
 * Open addressing with linear probing; the table grows with its contents and never holds more than
 * the bound. Ids come from members of a workspace, so a member can make probes long by choosing
 * them; the bound keeps even that cheap.
 */
#ifndef TOPO_SYNC_IDSET_H
#define TOPO_SYNC_IDSET_H

#include "base/bytes.h"

/* Zero-initialised is empty and valid but for `max`. The zero id cannot be a member: it is no
 * event's id. */
struct topo_idset {
  struct topo_id *slots; /* the zero id marks a free slot */
  uint32_t cap;          /* a power of two or 0 */
  uint32_t count, max;
};
void topo_idset_init(struct topo_idset *set, uint32_t max);
void topo_idset_finish(
    struct topo_idset *set); /* empties it and releases its memory; `max` stays */
bool topo_idset_has(const struct topo_idset *set, const struct topo_id *id);
/* 0, TOPO_EEXISTS, TOPO_EINVAL (zero id), TOPO_ELIMIT or TOPO_ENOMEM; the set is as it was when not
 * 0. */
int topo_idset_add(struct topo_idset *set, const struct topo_id *id);
/* False when it was not there. */
bool topo_idset_remove(struct topo_idset *set, const struct topo_id *id);

#endif
