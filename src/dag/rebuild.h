/* rebuild.h - verdicts and projections, made anew when another build has other types. */
#ifndef TOPO_DAG_REBUILD_H
#define TOPO_DAG_REBUILD_H

#include "dag/state.h"

/* Judges every item again and makes the tables of projections anew, in a transaction of its own,
 * when types, their fields or their schemas are not those that the file was last opened with.
 * Authority is loaded. 0; TOPO_ENOMEM; or another status, and then nothing has changed. */
int topo_rebuild_when_changed(struct topo_dag *dag);

#endif
