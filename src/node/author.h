/*
 * author.h - operations that make events, inside the step of their space.
 *
 * The event, the idempotency key of the call that asked for it and what was answered go into the
 * step's transaction together. Content is judged before anything is written; when a control event
 * or storage fails half-way, the transaction is lost (transaction.h).
 */
#ifndef TOPO_NODE_AUTHOR_H
#define TOPO_NODE_AUTHOR_H

#include "dag/type.h"
#include "node/node.h"
#include "views/resource.h"

/* Makes one event of a type and fills *event. `values` are borrowed. 0; or, with a sentence in the
 * call, TOPO_ENOKEY, TOPO_EDENIED, TOPO_EUNREACHABLE (not admitted yet), TOPO_ENOTFOUND (what it
 * depends on is not here), TOPO_EINVAL (a bound of a field); or a storage status. */
int topo_node_author(struct topo_node *node, struct topo_op_call *call,
                     const struct topo_type *type, const struct topo_value *values,
                     struct topo_entity *event);

/* The handler of every operation that does nothing but this (x-topo-authors): takes each field of
 * the type that the row names from the parameter of its name, but for one that `complete` fills,
 * makes the event, and answers as the type says. `ctx` is the node. Statuses as of
 * topo_node_author. */
int topo_op_author(struct topo_op_call *call, void *ctx);

/* Puts a sentence for what authoring can answer into the call; returns `status`, or what says it
 * better. */
int topo_node_author_explain(struct topo_node *node, struct topo_op_call *call, int status);

#endif
