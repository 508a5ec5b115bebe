/* drain.h - what follows from decisions, until nothing is left to decide. */
#ifndef TOPO_DAG_DRAIN_H
#define TOPO_DAG_DRAIN_H

#include "dag/state.h"

/* Control until nothing moves, then the credentials, then content whose key has come, then the
 * rest; at last the places of what names another item, and the entities that were lined up. 0, or a
 * status after which the caller must roll back. */
int topo_drain(struct topo_dag *dag);
/* Decides which events of the batch are authentic by their successors, now that the credentials are
 * known (docs/protocol.md §5). 0 or TOPO_ENOMEM. */
int topo_drain_authenticate(struct topo_dag *dag, struct topo_batch *batch);

#endif
