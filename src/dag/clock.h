/* clock.h - the hybrid logical clock of a space (docs/protocol.md §2.4). */
#ifndef TOPO_DAG_CLOCK_H
#define TOPO_DAG_CLOCK_H

#include "dag/state.h"

/* Takes the wall clock, as the call at hand says it, and corrects it by the offset that is set. A
 * clock that is too far ahead of it comes from a moment when the wall was wrong, and is dropped.
 * Returns whether it was. */
bool topo_clock_set_wall(struct topo_dag *dag, uint64_t now_ms);
/* Takes a clock that was seen in an event, unless it is too far ahead of the wall. */
void topo_clock_merge(struct topo_dag *dag, uint64_t hlc);
/* Is it too far ahead of the wall to be counted on? And the greatest that is not. */
bool topo_clock_is_ahead(const struct topo_dag *dag, uint64_t hlc);
uint64_t topo_clock_latest(const struct topo_dag *dag);
/* The clock of a new event: not before the wall, and later than all that were merged and made since
 * the clock was dropped, if it ever was. The first only says what it will be. */
uint64_t topo_clock_next(const struct topo_dag *dag);
uint64_t topo_clock_tick(struct topo_dag *dag);
/* Writes it down when it has moved, in the caller's transaction. 0 or a storage status. */
int topo_clock_save(struct topo_dag *dag);
/* Reads what was written down. 0 or a storage status. */
int topo_clock_load(struct topo_dag *dag);

#endif
