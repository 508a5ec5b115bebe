/* handlers.gen.c - the handlers of operations that only make an event (x-topo-authors).
 * Written by openapi/generate.mjs from openapi/openapi.yaml; make generate writes it anew. */
#include "api/operations.gen.h"
#include "events/types.h"
#include "node/author.h"

#include <stddef.h>

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

const struct topo_authoring topo_authorings[] = {
    {&topo_op_row_createChannel, &topo_type_channel},
    {&topo_op_row_sendMessage, &topo_type_message},
    {&topo_op_row_addReaction, &topo_type_reaction},
    {NULL, NULL}};
