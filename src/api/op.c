/* op.c - the life of a call: created for a row, filled, read by its handler, destroyed. */
#include "api/op.h"

#include "base/assert.h"
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct topo_op_call *topo_op_call_create(const struct topo_op *op)
{
  struct topo_op_call *call = calloc(1, sizeof *call);
  if (!call)
    return NULL;
  call->op = op;
  topo_json_init(&call->out);
  return call;
}

void topo_op_call_destroy(struct topo_op_call *call)
{
  if (!call)
    return;
  for (size_t i = 0; i < TOPO_OP_PARAMS_MAX; i++) {
    struct topo_op_value *value = &call->values[i];
    if (value->text)
      topo_wipe(value->text, value->text_len);
    free(value->text);
  }
  topo_json_finish(&call->out);
  topo_wipe(call, sizeof *call);
  free(call);
}

int topo_op_fail(struct topo_op_call *call, int status, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  int n = vsnprintf(call->detail, sizeof call->detail, format, args);
  va_end(args);
  /* The detail travels as JSON, which must be UTF-8: a cut may not leave half a character. */
  size_t len = strlen(call->detail);
  if (n >= (int)sizeof call->detail)
    while (len && !topo_utf8_valid((const uint8_t *)call->detail, len))
      call->detail[--len] = '\0';
  return status;
}

void topo_op_done(struct topo_op_call *call, int status)
{
  topo_assert(status <= 0);
  call->status = status;
  call->done(call, call->done_arg);
}

int topo_op_check(struct topo_op_call *call)
{
  const struct topo_op_param *param = call->op->params;
  for (size_t i = 0; param[i].name; i++) {
    if (!param[i].required || call->values[i].present)
      continue;
    snprintf(call->pointer, sizeof call->pointer, "%s", param[i].name);
    return topo_op_fail(call, TOPO_EINVAL, "The parameter %s is missing.", param[i].name);
  }
  return 0;
}

const struct topo_op_value *topo_op_get(const struct topo_op_call *call, const char *name)
{
  const struct topo_op_param *param = call->op->params;
  size_t i = 0;
  while (param[i].name && strcmp(param[i].name, name) != 0)
    i++;
  topo_assert(param[i].name && i < TOPO_OP_PARAMS_MAX);
  return &call->values[i];
}
