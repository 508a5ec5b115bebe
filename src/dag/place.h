/*
 * place.h - where an item is shown: its place, a value like a clock's (docs/protocol.md §5.2).
 *
 * A place is decided when an event becomes an item here, and stays. It is local: it depends on when
 * the event came, so it is no part of the fingerprint. Nearly always it is the event's own clock;
 * the others are kept in a table, beside the log, from which projections are made again:
 *
 *   local_place(no, place)
 */
#ifndef TOPO_DAG_PLACE_H
#define TOPO_DAG_PLACE_H

#include "dag/state.h"

/* The place of the item with this row. 0 or a storage status. */
int topo_place_of(struct topo_dag *dag, const struct topo_row *row, uint64_t *place);
/* Decides the place of content that has just become an item, whose row is written. 0 or a storage
 * status. */
int topo_place_enter(struct topo_dag *dag, const struct topo_row *row);
/* Gives an item another place, which the own clock takes into account. 0 or a storage status. */
int topo_place_set(struct topo_dag *dag, int64_t no, uint64_t place);

#endif
