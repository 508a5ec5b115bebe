/* effects.h - carrying out what a judgement asks for: the one place where a verdict changes
 * anything. */
#ifndef TOPO_DAG_EFFECTS_H
#define TOPO_DAG_EFFECTS_H

#include "dag/facts.h"

/* Carry out *j for the event of *k, in the caller's transaction. Row and lists follow. 0, or a
 * status after which the caller must roll back. The node of a control case is taken over. */
int topo_effects_of_control(struct topo_dag *dag, struct topo_control_case *k,
                            const struct topo_judgement *j);
int topo_effects_of_content(struct topo_dag *dag, struct topo_content_case *k,
                            const struct topo_judgement *j);
/* The verdict on an admitted control event has changed: its row, its projection, its dependents. */
int topo_effects_of_admitted(struct topo_dag *dag, int32_t index, enum topo_state state);

#endif
