/*
 * calls.c - operations that run in the space's step: answered when the commit they belong to is
 * durable. A call may also wait: a page that is asked for with `wait_ms` is answered when it has
 * items, or when the time is over.
 */
#include "node/node_impl.h"

#include "base/assert.h"
#include "base/status.h"
#include "crypto/hash.h"
#include "store/answers.h"
#include "views/view.h"

#include <string.h>

static void finish(struct topo_op_call *call, int status)
{
  call->status = status;
  call->done(call, call->done_arg);
}

/* All that a call asks: two requests that differ in anything differ in this. */
static struct topo_id request_of(const struct topo_op_call *call)
{
  struct topo_buf all = {0};
  struct topo_id hash = {{0}};
  topo_buf_put(&all, call->op->id, strlen(call->op->id) + 1);
  for (size_t i = 0; call->op->params[i].name; i++) {
    const struct topo_op_value *v = &call->values[i];
    topo_buf_put_u8(&all, v->present);
    topo_buf_put_u64(&all, v->number);
    topo_buf_put_id(&all, &v->id);
    topo_buf_put_u64(&all, v->text_len);
    topo_buf_put(&all, v->text, v->text_len);
  }
  struct topo_bytes view = topo_buf_view(&all);
  if (!all.failed)
    topo_hash(hash.bytes, &view, 1);
  topo_buf_wipe(&all);
  return hash;
}

/* Has this write been answered before? 1: it has, and the answer is the call's now. */
static int replay(struct topo_node *node, struct topo_op_call *call)
{
  node->request = request_of(call);
  if (topo_id_is_zero(&node->request))
    return TOPO_ENOMEM;
  int status = topo_answers_find(node->db, call->idempotency_key, &node->request, &call->out.buf);
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

static int run_view(struct topo_node *node, struct topo_op_call *call)
{
  struct topo_view view = {node->db, node->self.workspace, node->self.device.public_key};
  int status = call->op->run(call, &view);
  return status == 0 ? topo_json_status(&call->out) : status;
}

/* A page without items is worth waiting for more. */
static bool empty_page(const struct topo_op_call *call)
{
  static const char none[] = "{\"items\":[]";
  struct topo_bytes text = topo_json_text(&call->out);
  return text.len >= sizeof none - 1 && memcmp(text.data, none, sizeof none - 1) == 0;
}

static uint64_t wait_of(const struct topo_op_call *call)
{
  for (size_t i = 0; call->op->params && call->op->params[i].name; i++)
    if (strcmp(call->op->params[i].name, "wait_ms") == 0)
      return call->values[i].present ? call->values[i].number : 0;
  return 0;
}

void topo_calls_run(struct topo_node *node, struct topo_op_call *call)
{
  if (node->failure < 0) {
    finish(call, topo_op_fail(call, node->failure, "storage failed; nothing was written"));
    return;
  }
  if (call->op->where == TOPO_OP_READ) {
    int status = run_view(node, call);
    if (status == 0 && empty_page(call) && wait_of(call) && node->n_waiting < TOPO_NODE_WAITING)
      node->waiting[node->n_waiting++] =
          (struct topo_node_waiting){call, node->now.mono_ms + wait_of(call)};
    else
      finish(call, status);
    return;
  }
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

void topo_calls_waiting(struct topo_node *node)
{
  bool news = topo_dag_changes(node->dag) != node->seen_changes;
  size_t kept = 0;
  for (size_t i = 0; i < node->n_waiting; i++) {
    struct topo_node_waiting w = node->waiting[i];
    bool over = w.deadline_ms <= node->now.mono_ms;
    int status = 0;
    if (news) {
      topo_json_reset(&w.call->out);
      status = run_view(node, w.call);
    }
    if (over || status < 0 || (news && !empty_page(w.call))) {
      finish(w.call, status);
      continue;
    }
    topo_node_wake_at(node, w.deadline_ms);
    node->waiting[kept++] = w;
  }
  node->n_waiting = kept;
}

void topo_calls_fail_all(struct topo_node *node, int status)
{
  topo_calls_answer(node, status);
  for (size_t i = 0; i < node->n_waiting; i++)
    finish(node->waiting[i].call, status);
  node->n_waiting = 0;
}
