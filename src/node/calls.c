/*
 * calls.c - operations that run in the space's step: answered when the commit they belong to is
 * durable. A call may also wait: a page that is asked for with `wait_ms` is answered when it has
 * items, or when the time is over.
 */
#include "node/node_impl.h"

#include "base/assert.h"
#include "base/status.h"
#include "views/view.h"

#include <string.h>

static void finish(struct topo_op_call *call, int status)
{
  call->status = status;
  call->done(call, call->done_arg);
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
