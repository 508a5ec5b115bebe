/* author.c - operations that make events: the write, its idempotency key, its answer. */
#include "node/author.h"

#include "base/assert.h"
#include "base/status.h"
#include "node/parts.h"

#include <string.h>

int topo_node_author_explain(struct topo_node *node, struct topo_op_call *call, int status)
{
  switch (status) {
  case TOPO_ENOKEY: return topo_op_fail(call, status, "the key of the workspace has not come yet");
  case TOPO_EDENIED:
    if (topo_joiner_is_joining(&node->joiner))
      return topo_op_fail(call, TOPO_EUNREACHABLE,
                          "not admitted yet: whoever sent the invite must be online");
    return topo_op_fail(call, status, "your role does not allow this");
  case TOPO_ENOTFOUND: return topo_op_fail(call, status, "there is no such thing in this space");
  case TOPO_EREBUILDING: {
    struct topo_dag_progress p = topo_dag_progress(node->env.dag);
    return topo_op_fail(call, status, TOPO_REBUILDING_TEXT, p.done, p.total);
  }
  case TOPO_EINVAL: return topo_op_fail(call, status, "the text is empty, too long or not valid");
  default: return status;
  }
}

/* The row of what was just made, and its key: the event is the answer to it, and reads show it from
 * here on. What fails here was written and cannot stay. */
static int keep(struct topo_node *node, const struct topo_op_call *call, struct topo_entity *event)
{
  int status = topo_log_number(topo_dag_log(node->env.dag), &event->id, &event->no);
  if (status == 0 && call->idempotency_key[0])
    status = topo_calls_keep_key(&node->calls, call, event->no);
  return topo_transaction_fail(&node->transaction, status);
}

int topo_node_author(struct topo_node *node, struct topo_op_call *call,
                     const struct topo_type *type, const struct topo_value *values,
                     struct topo_entity *event)
{
  topo_assert(call->op->where == TOPO_OP_SPACE);
  *event = (struct topo_entity){.no = 0};
  int status = topo_transaction_write(&node->transaction, true);
  if (status < 0)
    return status;
  status = topo_dag_author(node->env.dag, type, values, node->env.now.wall_ms,
                           topo_outcome_sink(&node->outcome), &event->id);
  /* Content is judged before anything is written; a control event that failed half-way is not. */
  bool judged = status == TOPO_EDENIED || status == TOPO_EINVAL || status == TOPO_ENOTFOUND ||
                status == TOPO_ENOKEY || status == TOPO_EREBUILDING;
  if (status < 0 && (type->act || !judged))
    topo_transaction_fail(&node->transaction, status);
  if (status == 0)
    status = keep(node, call, event);
  topo_assert(status < 0 || event->no > 0);
  return status < 0 ? topo_node_author_explain(node, call, status) : 0;
}

/* The generator has seen to it that the kinds fit (openapi/read.mjs). */
static struct topo_value value_of(const struct topo_field *field, const struct topo_op_value *from)
{
  topo_assert(from->present);
  switch (field->kind) {
  case TOPO_FIELD_ID: return topo_value_of_id(&from->id);
  case TOPO_FIELD_TEXT:
    return (struct topo_value){0, {(const uint8_t *)from->text, from->text_len}};
  default: return (struct topo_value){from->number, {NULL, 0}};
  }
}

int topo_op_author(struct topo_op_call *call, void *ctx)
{
  const struct topo_type *type = call->op->authors;
  struct topo_node *node = ctx;
  struct topo_value values[TOPO_FIELDS_MAX] = {{0}};
  struct topo_entity event;
  const struct topo_view view = {node->env.db, node->env.self.workspace,
                                 node->env.self.device.public_key};
  topo_assert(type->answer || (type->resource && !type->entity));
  for (size_t i = 0; type->fields[i].kind != TOPO_FIELD_END; i++) {
    topo_assert(i < TOPO_FIELDS_MAX);
    if (!type->completed || strcmp(type->completed, type->fields[i].name) != 0)
      values[i] = value_of(&type->fields[i], topo_op_get(call, type->fields[i].name));
  }
  int status = topo_node_author(node, call, type, values, &event);
  if (status < 0)
    return status;
  return type->answer ? type->answer(&view, &event, &call->out)
                      : type->resource->item(&view, &event, &call->out);
}
