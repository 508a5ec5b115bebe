/* calls.c - operations that run in the space's step; see calls.h. */
#include "node/calls.h"

#include "base/assert.h"
#include "base/status.h"
#include "crypto/hash.h"
#include "node/node.h"
#include "store/answers.h"

#include <string.h>

static const char not_written[] = "storage failed; nothing was written";

void topo_calls_init(struct topo_calls *calls, struct topo_transaction *t)
{
  *calls = (struct topo_calls){.env = t->env, .transaction = t};
}

void topo_calls_finish(struct topo_calls *calls)
{
  topo_assert(calls->waiting.len == 0);
  topo_buf_finish(&calls->waiting);
}

void topo_calls_refuse(struct topo_op_call *call, int status, const char *why)
{
  topo_assert(status < 0);
  topo_op_done(call, topo_op_fail(call, status, "%s", why));
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
static int replay(struct topo_calls *calls, struct topo_op_call *call)
{
  int status = topo_node_request_of(call, &calls->request);
  if (status == 0)
    status = topo_answers_find(calls->env->db, call->idempotency_key, &calls->request,
                               calls->env->now.wall_ms, &call->out.buf);
  call->replayed = status == 0;
  if (status == TOPO_EMISMATCH)
    return topo_op_fail(call, status, "this idempotency key came with another request before");
  return status == TOPO_ENOTFOUND ? 0 : status < 0 ? status : 1;
}

int topo_calls_keep_key(struct topo_calls *calls, const struct topo_op_call *call, int64_t event)
{
  topo_assert(!calls->keyed && event > 0); /* a call makes one event that answers for it */
  topo_assert(calls->transaction->state == TOPO_TRANSACTION_OPEN);
  calls->keyed = true;
  return topo_answers_begin(calls->env->db, call->idempotency_key, &calls->request, event,
                            calls->env->now.wall_ms);
}

/* A write that cannot be remembered may not be made: the transaction is lost. */
static int remember(struct topo_calls *calls, struct topo_op_call *call)
{
  topo_assert(calls->transaction->state != TOPO_TRANSACTION_NONE);
  int status = topo_answers_end(calls->env->db, call->idempotency_key, topo_json_text(&call->out));
  return topo_transaction_fail(calls->transaction, status);
}

static int run_write(struct topo_calls *calls, struct topo_op_call *call, void *ctx)
{
  bool keyed = call->op->idempotent && call->idempotency_key[0];
  calls->keyed = false;
  int status = keyed ? replay(calls, call) : 0;
  if (status != 0)
    return status < 0 ? status : 0;
  status = call->op->run(call, ctx);
  if (status == 0)
    status = topo_json_status(&call->out);
  topo_assert(!calls->keyed || calls->transaction->state != TOPO_TRANSACTION_NONE);
  if (status == 0 && keyed)
    return remember(calls, call);
  /* The event was written, and then its answer was not: the key may not stay behind without one. */
  if (status < 0 && calls->keyed)
    topo_transaction_fail(calls->transaction, status);
  return status;
}

void topo_calls_run(struct topo_calls *calls, struct topo_op_call *call, void *ctx)
{
  topo_assert(call->op->where == TOPO_OP_SPACE);
  topo_assert(calls->transaction->promised); /* or its commit would not be synced */
  if (calls->transaction->state == TOPO_TRANSACTION_LOST) {
    topo_calls_refuse(call, calls->transaction->failure, not_written);
    return;
  }
  call->status = run_write(calls, call, ctx);
  if (topo_buf_put(&calls->waiting, &call, sizeof(struct topo_op_call *)) < 0)
    topo_op_done(call,
                 TOPO_ENOMEM); /* it may have been written all the same: the caller cannot know */
}

void topo_calls_answer(struct topo_calls *calls, int status)
{
  topo_assert(status < 0 || calls->transaction->state == TOPO_TRANSACTION_NONE);
  for (size_t at = 0; at < calls->waiting.len; at += sizeof(struct topo_op_call *)) {
    struct topo_op_call *call;
    memcpy(&call, calls->waiting.data + at, sizeof(struct topo_op_call *));
    if (status < 0 && call->status == 0)
      topo_calls_refuse(call, status, not_written);
    else
      topo_op_done(call, call->status);
  }
  topo_buf_clear(&calls->waiting);
}
