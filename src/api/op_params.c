/*
 * op_params.c - parameters from paths, queries and JSON bodies, checked against their declarations.
 *
 * All three ways end in store(): whatever a handler reads has the kind and the bounds its row
 * declares. Bodies pass json_check.h first, because cJSON is lax in just those points.
 */
#include "api/op.h"

#include "api/base64url.h"
#include "api/json_check.h"
#include "base/assert.h"
#include "base/status.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Numbers in JSON are exact up to 2^53; beyond, a client must send a decimal string. */
static const double exact_max = 9007199254740992.0;

static int at_fault(struct topo_op_call *call, const struct topo_op_param *param, int status)
{
  snprintf(call->pointer, sizeof call->pointer, "%s", param->name);
  return status;
}

static int refuse(struct topo_op_call *call, const struct topo_op_param *param, const char *what)
{
  topo_op_fail(call, TOPO_EINVAL, "%s must be %s.", param->name, what);
  return at_fault(call, param, TOPO_EINVAL);
}

static int set_id(struct topo_op_call *call, const struct topo_op_param *param,
                  struct topo_op_value *value, const char *text, size_t len)
{
  return topo_id_parse(&value->id, text, len) < 0 ? refuse(call, param, "an id of 43 characters")
                                                  : 0;
}

static int keep_text(struct topo_op_value *value, const char *text, size_t len)
{
  value->text = malloc(len + 1);
  if (!value->text)
    return TOPO_ENOMEM;
  if (len)
    memcpy(value->text, text, len);
  value->text[len] = '\0';
  value->text_len = len;
  return 0;
}

static int set_text(struct topo_op_call *call, const struct topo_op_param *param,
                    struct topo_op_value *value, const char *text, size_t len)
{
  uint64_t max = param->max ? param->max : TOPO_OP_TEXT_MAX;
  if (len > max) {
    topo_op_fail(call, TOPO_ELIMIT, "%s may have at most %" PRIu64 " bytes.", param->name, max);
    return at_fault(call, param, TOPO_ELIMIT);
  }
  if (len < param->min) {
    topo_op_fail(call, TOPO_EINVAL, "%s needs at least %" PRIu64 " bytes.", param->name,
                 param->min);
    return at_fault(call, param, TOPO_EINVAL);
  }
  if (!topo_utf8_valid((const uint8_t *)text, len) || (len && memchr(text, 0, len)))
    return refuse(call, param, "valid UTF-8 without NUL");
  return keep_text(value, text, len);
}

static int refuse_choice(struct topo_op_call *call, const struct topo_op_param *param)
{
  char list[TOPO_OP_DETAIL_SIZE];
  size_t used = 0;
  for (size_t i = 0; param->texts[i] && used < sizeof list; i++)
    used +=
        (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", param->texts[i]);
  topo_op_fail(call, TOPO_EINVAL, "%s must be one of %s.", param->name, list);
  return at_fault(call, param, TOPO_EINVAL);
}

static int set_choice(struct topo_op_call *call, const struct topo_op_param *param,
                      struct topo_op_value *value, const char *text, size_t len)
{
  size_t i = 0;
  while (param->texts[i] &&
         (strlen(param->texts[i]) != len || memcmp(param->texts[i], text, len) != 0))
    i++;
  if (!param->texts[i])
    return refuse_choice(call, param);
  value->number = i;
  return keep_text(value, text, len);
}

static int set_number(struct topo_op_call *call, const struct topo_op_param *param,
                      struct topo_op_value *value, uint64_t number)
{
  uint64_t max = param->max ? param->max : UINT64_MAX;
  if (number < param->min || number > max) {
    topo_op_fail(call, TOPO_EINVAL, "%s must be between %" PRIu64 " and %" PRIu64 ".", param->name,
                 param->min, max);
    return at_fault(call, param, TOPO_EINVAL);
  }
  value->number = number;
  return 0;
}

/* Decimal digits without sign, blanks or leading zeros. */
static bool parse_decimal(uint64_t *out, const char *text, size_t len)
{
  uint64_t number = 0;
  if (!len || (len > 1 && text[0] == '0'))
    return false;
  for (size_t i = 0; i < len; i++) {
    if (text[i] < '0' || text[i] > '9')
      return false;
    uint64_t digit = (uint64_t)(text[i] - '0');
    if (number > (UINT64_MAX - digit) / 10)
      return false;
    number = number * 10 + digit;
  }
  *out = number;
  return true;
}

static int set_decimal(struct topo_op_call *call, const struct topo_op_param *param,
                       struct topo_op_value *value, const char *text, size_t len)
{
  uint64_t number;
  if (!parse_decimal(&number, text, len))
    return refuse(call, param, "a whole number");
  return set_number(call, param, value, number);
}

static int set_bool_text(struct topo_op_call *call, const struct topo_op_param *param,
                         struct topo_op_value *value, const char *text, size_t len)
{
  bool yes = len == 4 && memcmp(text, "true", 4) == 0;
  if (!yes && !(len == 5 && memcmp(text, "false", 5) == 0))
    return refuse(call, param, "true or false");
  value->number = yes;
  return 0;
}

/* The slot of a parameter that may be set now: declared, and not set before. */
static int claim(struct topo_op_call *call, const struct topo_op_param *param,
                 struct topo_op_value **value)
{
  size_t i = (size_t)(param - call->op->params);
  topo_assert(i < TOPO_OP_PARAMS_MAX);
  *value = &call->values[i];
  if (!(*value)->present)
    return 0;
  topo_op_fail(call, TOPO_EINVAL, "%s is given twice.", param->name);
  return at_fault(call, param, TOPO_EINVAL);
}

static int store_text(struct topo_op_call *call, const struct topo_op_param *param,
                      const char *text, size_t len)
{
  struct topo_op_value *value;
  int status = claim(call, param, &value);
  if (status < 0)
    return status;
  switch (param->kind) {
  case TOPO_OP_ID: status = set_id(call, param, value, text, len); break;
  case TOPO_OP_TEXT: status = set_text(call, param, value, text, len); break;
  case TOPO_OP_UINT: status = set_decimal(call, param, value, text, len); break;
  case TOPO_OP_BOOL: status = set_bool_text(call, param, value, text, len); break;
  case TOPO_OP_ENUM: status = set_choice(call, param, value, text, len); break;
  }
  value->present = status == 0;
  return status;
}

int topo_op_set(struct topo_op_call *call, enum topo_op_location location, const char *name,
                const char *text, size_t len, bool *unknown)
{
  const struct topo_op_param *param = call->op->params;
  *unknown = false;
  while (param->name && (param->location != location || strcmp(param->name, name) != 0))
    param++;
  if (param->name)
    return store_text(call, param, text, len);
  *unknown = true;
  return topo_op_fail(call, TOPO_EINVAL, "There is no parameter of this name.");
}

static int store_json_number(struct topo_op_call *call, const struct topo_op_param *param,
                             double number)
{
  struct topo_op_value *value;
  int status = claim(call, param, &value);
  if (status < 0)
    return status;
  if (!(number >= 0))
    return refuse(call, param, "a whole number");
  if (number > exact_max)
    return refuse(call, param, "sent as a string when it is above 2^53");
  uint64_t whole = (uint64_t)number;
  if ((double)whole < number)
    return refuse(call, param, "a whole number");
  status = set_number(call, param, value, whole);
  value->present = status == 0;
  return status;
}

static int store_json_bool(struct topo_op_call *call, const struct topo_op_param *param, bool yes)
{
  struct topo_op_value *value;
  int status = claim(call, param, &value);
  if (status < 0)
    return status;
  value->number = yes;
  value->present = true;
  return 0;
}

static int refuse_kind(struct topo_op_call *call, const struct topo_op_param *param)
{
  switch (param->kind) {
  case TOPO_OP_ID: return refuse(call, param, "an id of 43 characters");
  case TOPO_OP_TEXT: return refuse(call, param, "a string");
  case TOPO_OP_UINT: return refuse(call, param, "a whole number");
  case TOPO_OP_BOOL: return refuse(call, param, "true or false");
  case TOPO_OP_ENUM: return refuse_choice(call, param);
  }
  return TOPO_EINTERNAL;
}

static int store_member(struct topo_op_call *call, const struct topo_op_param *param,
                        const cJSON *member)
{
  if (!member || cJSON_IsNull(member))
    return 0;
  if (cJSON_IsString(member) && param->kind != TOPO_OP_BOOL)
    return store_text(call, param, member->valuestring, strlen(member->valuestring));
  if (cJSON_IsNumber(member) && param->kind == TOPO_OP_UINT)
    return store_json_number(call, param, member->valuedouble);
  if (cJSON_IsBool(member) && param->kind == TOPO_OP_BOOL)
    return store_json_bool(call, param, cJSON_IsTrue(member));
  return refuse_kind(call, param);
}

/* Overwrites every text of the tree. The check bounded the depth, and so this recursion. */
static void wipe_tree(cJSON *item)
{
  for (; item; item = item->next) {
    if (item->valuestring)
      topo_wipe(item->valuestring, strlen(item->valuestring));
    wipe_tree(item->child);
  }
}

static int store_object(struct topo_op_call *call, const cJSON *object)
{
  if (!cJSON_IsObject(object))
    return topo_op_fail(call, TOPO_EINVAL, "The body must be a JSON object.");
  for (const struct topo_op_param *param = call->op->params; param->name; param++) {
    if (param->location != TOPO_OP_BODY)
      continue;
    int status = store_member(call, param, cJSON_GetObjectItemCaseSensitive(object, param->name));
    if (status < 0)
      return status;
  }
  return 0;
}

int topo_op_set_body(struct topo_op_call *call, const char *text, size_t len)
{
  const char *why;
  size_t at;
  if (len > TOPO_OP_BODY_MAX)
    return topo_op_fail(call, TOPO_ELIMIT, "The body may have at most %d bytes.", TOPO_OP_BODY_MAX);
  int status = topo_json_check(text, len, &why, &at);
  if (status < 0)
    return topo_op_fail(call, status, "%s (byte %zu of the body).", why, at);
  cJSON *tree = cJSON_ParseWithLength(text, len);
  if (!tree)
    return TOPO_ENOMEM;
  status = store_object(call, tree);
  wipe_tree(tree);
  cJSON_Delete(tree);
  return status;
}
