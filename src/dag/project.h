/* project.h - projections: forward, and an entity anew. */
#ifndef TOPO_DAG_PROJECT_H
#define TOPO_DAG_PROJECT_H

#include "dag/facts.h"

extern const char topo_credential_schema[];             /* authority's own table */
extern const char *const topo_credential_fingerprint[]; /* and what of it is compared */

/* The event of readable content as its projector sees it. Names what it refers to in the log, so it
 * writes. 0 or a storage status. */
int topo_project_event(struct topo_dag *dag, struct topo_content_case *k, struct topo_event *out);
/* Adds an accepted event to the rows of its entity. */
int topo_project(struct topo_dag *dag, const struct topo_type *type,
                 const struct topo_event *event);
/* Lines an entity up to be recomputed by topo_project_dirty. 0 or TOPO_ENOMEM. */
int topo_project_mark(struct topo_dag *dag, const struct topo_type *type, int64_t entity);
/* Recomputes the entities that were lined up, each once. */
int topo_project_dirty(struct topo_dag *dag);
/* Writes or removes the row of a credential. */
int topo_project_credential(struct topo_dag *dag, const struct topo_authority_node *node);
/* Remembers that an entity has changed, for the change log. 0 or TOPO_ENOMEM. */
int topo_project_changed(struct topo_dag *dag, uint16_t type, int64_t entity);

#endif
