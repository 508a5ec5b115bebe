/* handlers.gen.c - the handlers of operations that only make an event (x-topo-authors).
 * Written by openapi/generate.mjs from openapi/openapi.yaml; make generate writes it anew. */
#include "api/operations.gen.h"
#include "events/types.h"
#include "node/author.h"

int topo_op_createChannel(struct topo_op_call *call, void *ctx)
{
  return topo_node_author_call(ctx, call, &topo_type_channel);
}

int topo_op_sendMessage(struct topo_op_call *call, void *ctx)
{
  return topo_node_author_call(ctx, call, &topo_type_message);
}

int topo_op_addReaction(struct topo_op_call *call, void *ctx)
{
  return topo_node_author_call(ctx, call, &topo_type_reaction);
}
