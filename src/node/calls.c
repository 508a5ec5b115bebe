/*
 * calls.c - operations that run in the space's step: answered when the commit they belong to is
 * durable.
 */
#include "node/node_impl.h"

#include "base/assert.h"
#include "base/status.h"

#include <string.h>

static void finish(struct topo_op_call *call, int status)
{
  call->status = status;
  call->done(call, call->done_arg);
}

void topo_calls_run(struct topo_node *node, struct topo_op_call *call)
{
  if (node->failure < 0) {
    finish(call, topo_op_fail(call, node->failure, "storage failed; nothing was written"));
    return;
  }
  topo_assert(call->op->where == TOPO_OP_SPACE);
  call->status = call->op->run(call, node);
  if (call->status == 0)
    call->status = topo_json_status(&call->out);
  if (topo_buf_put(&node->calls, &call, sizeof(struct topo_op_call *)) < 0)
    finish(call, TOPO_ENOMEM); /* it may have been written all the same: the caller cannot know */
}

void topo_calls_answer(struct topo_node *node, int status)
{
  for (size_t at = 0; at < node->calls.len; at += sizeof(struct topo_op_call *)) {
    struct topo_op_call *call;
    memcpy(&call, node->calls.data + at, sizeof(struct topo_op_call *));
    if (status < 0 && call->status == 0)
      call->status = topo_op_fail(call, status, "storage failed; nothing was written");
    finish(call, call->status);
  }
  topo_buf_clear(&node->calls);
}
