/* rebuild.h - the tables of projections, made anew when the schema of a type has changed. */
#ifndef TOPO_DAG_REBUILD_H
#define TOPO_DAG_REBUILD_H

#include "dag/state.h"

/* In a transaction of its own, which projects every accepted event again; nothing when the tables
 * are those of these types. 0 or a status. */
int topo_rebuild_when_changed(struct topo_dag *dag);

#endif
