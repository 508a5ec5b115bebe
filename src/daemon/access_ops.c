/* access_ops.c - operations on tokens and codes. */
#include "api/base64url.h"
#include "api/operations.gen.h"
#include "base/status.h"
#include "daemon/access.h"
#include "daemon/ops.h"
#include "sys/clock.h"

#include <stdio.h>
#include <string.h>

enum { URL_SIZE = 256, TOKEN_ID_TEXT_SIZE = 17 };

static const char *scope_name(enum topo_scope scope)
{
  static const char *const names[] = {"open", "read", "write", "admin"};
  return names[scope];
}

static void put_ms(struct topo_json *out, const char *key, uint64_t ms)
{
  topo_json_key(out, key);
  if (ms)
    topo_json_u64(out, ms);
  else
    topo_json_null(out);
}

/* ---- codes ----------------------------------------------------------------------------------- */

int topo_op_createCode(struct topo_op_call *call, void *ctx)
{
  struct topo_daemon *daemon = ((struct topo_daemon_call *)ctx)->daemon;
  char code[TOPO_CODE_TEXT_SIZE], url[URL_SIZE];
  uint64_t expires_ms;
  if (!daemon->http_address[0])
    return topo_op_fail(call, TOPO_ENOTFOUND,
                        "the node has no TCP port for a browser: start it with --listen");
  int status = topo_access_code_create(daemon->access, code, &expires_ms);
  if (status < 0)
    return status;
  snprintf(url, sizeof url, "http://%s/#c=%s", daemon->http_address, code);
  topo_json_begin_object(&call->out);
  topo_json_string_member(&call->out, "code", code);
  topo_json_string_member(&call->out, "url", url);
  put_ms(&call->out, "expires_at_ms", expires_ms);
  topo_json_end_object(&call->out);
  topo_wipe(code, sizeof code);
  topo_wipe(url, sizeof url);
  return 0;
}

int topo_op_createSession(struct topo_op_call *call, void *ctx)
{
  struct topo_daemon *daemon = ((struct topo_daemon_call *)ctx)->daemon;
  const struct topo_op_value *code = topo_op_get(call, "code");
  char token[TOPO_TOKEN_TEXT_SIZE];
  uint64_t expires_ms;
  int status =
      topo_access_session_create(daemon->access, code->text, code->text_len, token, &expires_ms);
  if (status == TOPO_EUNAUTHENTICATED) {
    snprintf(call->pointer, sizeof call->pointer, "code");
    return topo_op_fail(call, status,
                        "This code is used up or too old: `topo open` makes a new one.");
  }
  if (status < 0)
    return status;
  topo_json_begin_object(&call->out);
  topo_json_string_member(&call->out, "token", token);
  topo_json_string_member(&call->out, "scope", scope_name(TOPO_SCOPE_ADMIN));
  put_ms(&call->out, "expires_at_ms", expires_ms);
  topo_json_end_object(&call->out);
  topo_wipe(token, sizeof token);
  return 0;
}

/* ---- tokens ---------------------------------------------------------------------------------- */

static void put_token(struct topo_json *out, const struct topo_token_row *row, const char *token)
{
  char id[TOKEN_ID_TEXT_SIZE];
  topo_base64url_encode(id, row->id, sizeof row->id);
  topo_json_begin_object(out);
  topo_json_string_member(out, "token_id", id);
  topo_json_string_member(out, "name", row->name);
  topo_json_string_member(out, "scope", scope_name(row->scope));
  topo_json_key(out, "space");
  if (row->one_space)
    topo_json_id(out, &row->space);
  else
    topo_json_null(out);
  put_ms(out, "created_at_ms", row->created_ms);
  put_ms(out, "expires_at_ms", row->expires_ms);
  if (token)
    topo_json_string_member(out, "token", token);
  topo_json_end_object(out);
}

static void put_each(void *arg, const struct topo_token_row *row)
{
  put_token(arg, row, NULL);
}

int topo_op_listTokens(struct topo_op_call *call, void *ctx)
{
  struct topo_daemon *daemon = ((struct topo_daemon_call *)ctx)->daemon;
  topo_json_begin_object(&call->out);
  topo_json_key(&call->out, "items");
  topo_json_begin_array(&call->out);
  topo_access_token_list(daemon->access, put_each, &call->out);
  topo_json_end_array(&call->out);
  topo_json_end_object(&call->out);
  return topo_json_status(&call->out);
}

/* The token that the call wishes for, refused when there is no space that it is to be for. */
static int read_wish(struct topo_op_call *call, const struct topo_daemon *daemon,
                     struct topo_token_row *wish)
{
  const struct topo_op_value *space = topo_op_get(call, "space");
  const struct topo_op_value *expires = topo_op_get(call, "expires_in_s");
  snprintf(wish->name, sizeof wish->name, "%s", topo_op_get(call, "name")->text);
  /* The texts of the document's Scope, in its order. */
  wish->scope = (enum topo_scope)(TOPO_SCOPE_READ + topo_op_get(call, "scope")->number);
  if (expires->present)
    wish->expires_ms = (uint64_t)topo_clock_wall_ms() + expires->number * 1000;
  if (!space->present)
    return 0;
  snprintf(call->pointer, sizeof call->pointer, "space");
  if (wish->scope == TOPO_SCOPE_ADMIN)
    return topo_op_fail(call, TOPO_EINVAL, "A token for one space has the scope read or write.");
  if (!topo_registry_find(daemon->registry, &space->id))
    return topo_op_fail(call, TOPO_ENOTFOUND, "this daemon has no such space");
  call->pointer[0] = '\0';
  wish->one_space = true;
  wish->space = space->id;
  return 0;
}

int topo_op_createToken(struct topo_op_call *call, void *ctx)
{
  struct topo_daemon *daemon = ((struct topo_daemon_call *)ctx)->daemon;
  struct topo_token_row wish = {.expires_ms = 0};
  char token[TOPO_TOKEN_TEXT_SIZE];
  int status = read_wish(call, daemon, &wish);
  if (status < 0)
    return status;
  status = topo_access_token_create(daemon->access, &wish, token);
  if (status == TOPO_ELIMIT)
    return topo_op_fail(call, status, "There are %d tokens already: revoke some.", TOPO_TOKENS_MAX);
  if (status < 0)
    return status;
  put_token(&call->out, &wish, token);
  topo_wipe(token, sizeof token);
  return 0;
}

int topo_op_revokeToken(struct topo_op_call *call, void *ctx)
{
  struct topo_daemon *daemon = ((struct topo_daemon_call *)ctx)->daemon;
  const struct topo_op_value *value = topo_op_get(call, "token_id");
  uint8_t id[TOPO_TOKEN_ID_SIZE];
  size_t len = 0;
  int status = topo_base64url_decode(id, sizeof id, &len, value->text, value->text_len);
  if (status == 0 && len == sizeof id)
    status = topo_access_token_revoke(daemon->access, id);
  else
    status = TOPO_ENOTFOUND;
  if (status == TOPO_ENOTFOUND) {
    snprintf(call->pointer, sizeof call->pointer, "token_id");
    return topo_op_fail(call, status, "There is no such token.");
  }
  if (status < 0)
    return status;
  topo_json_begin_object(&call->out);
  topo_json_key(&call->out, "revoked");
  topo_json_bool(&call->out, true);
  topo_json_end_object(&call->out);
  return 0;
}
