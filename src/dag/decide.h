/* decide.h - one event: its facts, its judgement, its effects. */
#ifndef TOPO_DAG_DECIDE_H
#define TOPO_DAG_DECIDE_H

#include "dag/state.h"

/* An event of a checked batch, new or pending; one that is an item already is left alone. 0, or a
 * status after which the caller must roll back. */
int topo_decide(struct topo_dag *dag, const struct topo_checked *c);
/* A stored event again, as the worklists ask. */
int topo_decide_row(struct topo_dag *dag, int64_t no);
/* A pending event whose bytes turned out to be none: `why` says in what way. */
int topo_decide_broken(struct topo_dag *dag, const struct topo_id *id, int why);

#endif
