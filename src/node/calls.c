/*
 * calls.c - operations that run in the space's step: answered when the commit they belong to is
 * durable.
 */
#include "node/node_impl.h"

#include "base/assert.h"
#include "base/status.h"
#include "crypto/hash.h"
#include "store/answers.h"

#include <string.h>

static void finish(struct topo_op_call *call, int status)
{
  call->status = status;
  call->done(call, call->done_arg);
}

int topo_node_request_of(const struct topo_op_call *call, struct topo_id *out)
{
  struct topo_buf all = {0};
  topo_buf_put(&all, call->op->id, strlen(call->op->id) + 1);
  for (size_t i = 0; call->op->params[i].name; i++) {
    const struct topo_op_value *v = &call->values[i];
    topo_buf_put_u8(&all, v->present);
    topo_buf_put_u64(&all, v->number);
    topo_buf_put_id(&all, &v->id);
    topo_buf_put_u64(&all, v->text_len);
    topo_buf_put(&all, v->text, v->text_len);
  }
  int status = all.failed ? TOPO_ENOMEM : 0;
  struct topo_bytes view = topo_buf_view(&all);
  topo_hash(out->bytes, &view, 1);
  topo_buf_wipe(&all);
  return status;
}

/* Has this write been answered before? 1: it has, and the answer is the call's now. */
static int replay(struct topo_node *node, struct topo_op_call *call)
{
  int status = topo_node_request_of(call, &node->request);
  if (status == 0)
    status = topo_answers_find(node->db, call->idempotency_key, &node->request, node->now.wall_ms,
                               &call->out.buf);
  call->replayed = status == 0;
  if (status == TOPO_EMISMATCH)
    return topo_op_fail(call, status, "this idempotency key came with another request before");
  return status == TOPO_ENOTFOUND ? 0 : status < 0 ? status : 1;
}

/* A write that cannot be remembered may not be made: the transaction is lost. */
static int remember(struct topo_node *node, struct topo_op_call *call)
{
  int status = topo_answers_end(node->db, call->idempotency_key, topo_json_text(&call->out));
  if (status < 0 && node->failure == 0)
    node->failure = status;
  return status;
}

static int run_write(struct topo_node *node, struct topo_op_call *call)
{
  bool keyed = call->op->idempotent && call->idempotency_key[0];
  node->keyed = false;
  int status = keyed ? replay(node, call) : 0;
  if (status != 0)
    return status < 0 ? status : 0;
  status = call->op->run(call, node);
  if (status == 0)
    status = topo_json_status(&call->out);
  if (status == 0 && keyed)
    return remember(node, call);
  /* Written, and then not told: the key may not stay behind without an answer. */
  if (status < 0 && node->keyed && node->failure == 0)
    node->failure = status;
  return status;
}

void topo_calls_run(struct topo_node *node, struct topo_op_call *call)
{
  if (node->failure < 0) {
    finish(call, topo_op_fail(call, node->failure, "storage failed; nothing was written"));
    return;
  }
  topo_assert(call->op->where == TOPO_OP_SPACE);
  call->status = run_write(node, call);
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
