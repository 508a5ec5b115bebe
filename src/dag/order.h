/* order.h - what gives items other places than they had: what is shown moves with them. */
#ifndef TOPO_DAG_ORDER_H
#define TOPO_DAG_ORDER_H

#include "dag/state.h"

/* Takes the wall clock, as the call at hand says it. When it was put back, items that were placed
 * in what is the future now are placed here, in their order, and shown anew. In the
 * caller's transaction. 0; or TOPO_ENOMEM or a storage status, after which the caller must roll
 * back. */
int topo_order_set_wall(struct topo_dag *dag, uint64_t now_ms);
/* Places new items that name another after that one, each once, and lines them up to be shown
 * there. 0, TOPO_ENOMEM or a storage status. */
int topo_order_sequels(struct topo_dag *dag);

#endif
