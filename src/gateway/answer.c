/* answer.c - responses and their headers. */
#include "gateway/answer.h"

#include "base/status.h"
#include "gateway/secure.h"

#include <stdio.h>
#include <string.h>

enum { TAG_SIZE = 128 };

static bool add(struct MHD_Response *response, const char *name, const char *value)
{
  return MHD_add_response_header(response, name, value) == MHD_YES;
}

enum MHD_Result topo_answer_send(struct topo_request *r, int http, struct MHD_Response *response,
                                 const char *type, const char *csp, const char *cache)
{
  if (!response)
    return MHD_NO;
  bool ok = add(response, "X-Request-Id", r->id) && add(response, "Cache-Control", cache) &&
            add(response, "Content-Security-Policy", csp) &&
            (!type || add(response, "Content-Type", type)) &&
            (!r->last || add(response, "Connection", "close"));
  for (const struct topo_header_line *h = topo_secure_headers; ok && h->name; h++)
    ok = add(response, h->name, h->value);
  enum MHD_Result sent = ok ? MHD_queue_response(r->connection, (unsigned)http, response) : MHD_NO;
  MHD_destroy_response(response);
  return sent;
}

static bool add_of_problem(const struct topo_request *r, struct MHD_Response *response)
{
  switch (r->problem.http) {
  case 401: return add(response, "WWW-Authenticate", "Bearer");
  case 405: return add(response, "Allow", r->problem.allow ? r->problem.allow : "");
  case 406: return add(response, "Vary", "Accept-Encoding");
  case 429:
  case 503: return add(response, "Retry-After", "1");
  default: return true;
  }
}

enum MHD_Result topo_answer_problem(struct topo_request *r)
{
  struct topo_json json;
  struct MHD_Response *response = NULL;
  topo_json_init(&json);
  topo_problem_write(&json, &r->problem, r->id);
  struct topo_bytes text = topo_json_text(&json);
  if (topo_json_status(&json) == 0)
    response = MHD_create_response_from_buffer(text.len, json.buf.data, MHD_RESPMEM_MUST_COPY);
  topo_json_finish(&json);
  if (response && !add_of_problem(r, response)) {
    MHD_destroy_response(response);
    response = NULL;
  }
  return topo_answer_send(r, r->problem.http, response, "application/problem+json",
                          topo_secure_data, "no-store");
}

/* "VERSION-": what the tags of this release begin with. */
static void tag_prefix(const struct topo_gateway *gateway, char out[static TAG_SIZE])
{
  snprintf(out, TAG_SIZE, "%s-", gateway->options.version);
}

void topo_answer_take_known(struct topo_request *r)
{
  char prefix[TAG_SIZE];
  const char *cursor;
  size_t len;
  tag_prefix(r->gateway, prefix);
  if (r->call->op->where != TOPO_OP_READ || !topo_headers_tag(&r->headers, prefix, &cursor, &len) ||
      len >= sizeof r->call->known)
    return;
  memcpy(r->call->known, cursor, len);
  r->call->known[len] = '\0';
}

static bool add_of_call(const struct topo_request *r, struct MHD_Response *response)
{
  char prefix[TAG_SIZE], tag[TAG_SIZE + TOPO_SUBSCRIPTION_CURSOR_SIZE + sizeof "W/\"\""];
  const struct topo_op_call *call = r->call;
  if (call->replayed && !add(response, "Idempotency-Replayed", "true"))
    return false;
  if (!call->cursor[0])
    return true;
  tag_prefix(r->gateway, prefix);
  snprintf(tag, sizeof tag, "W/\"%s%s\"", prefix, call->cursor);
  return add(response, "Topo-Cursor", call->cursor) && add(response, "ETag", tag);
}

enum MHD_Result topo_answer_call(struct topo_request *r)
{
  struct topo_op_call *call = r->call;
  int status = call->status < 0 ? call->status : topo_json_status(&call->out);
  if (status < 0) {
    topo_request_refuse_call(r, status);
    return topo_answer_problem(r);
  }
  int http = call->unchanged ? 304 : call->op->creates && !call->existed ? 201 : 200;
  /* The text stays where it is: the call lives until the request is completed. */
  const struct topo_buf *text = &call->out.buf;
  struct MHD_Response *response = MHD_create_response_from_buffer(
      call->unchanged ? 0 : text->len, text->data, MHD_RESPMEM_PERSISTENT);
  if (response && !add_of_call(r, response)) {
    MHD_destroy_response(response);
    return MHD_NO;
  }
  return topo_answer_send(r, http, response, call->unchanged ? NULL : "application/json",
                          topo_secure_data, call->cursor[0] ? "no-cache" : "no-store");
}

static enum MHD_Result answer_health(struct topo_request *r)
{
  static char text[] = "{\"ok\":true}";
  struct MHD_Response *response =
      MHD_create_response_from_buffer(sizeof text - 1, text, MHD_RESPMEM_PERSISTENT);
  return topo_answer_send(r, 200, response, "application/json", topo_secure_data, "no-store");
}

static bool add_of_file(const struct topo_asset *asset, bool whole, struct MHD_Response *response)
{
  return add(response, "ETag", asset->etag) &&
         (!asset->gzip || (add(response, "Vary", "Accept-Encoding") &&
                           (!whole || add(response, "Content-Encoding", "gzip"))));
}

static bool is_fresh(const struct topo_request *r)
{
  const char *tag = r->asset->etag, *rest;
  char bare[TAG_SIZE];
  size_t n = strlen(tag), len;
  if (n < 2 || n - 2 >= sizeof bare)
    return false;
  snprintf(bare, sizeof bare, "%.*s", (int)(n - 2), tag + 1);
  return topo_headers_tag(&r->headers, bare, &rest, &len) && len == 0;
}

static const char *policy(const struct topo_asset *asset)
{
  if (asset->csp)
    return asset->csp;
  return strncmp(asset->type, "text/html", 9) == 0 ? topo_secure_page : topo_secure_data;
}

enum MHD_Result topo_answer_file(struct topo_request *r)
{
  const struct topo_asset *asset = r->asset;
  if (!asset)
    return answer_health(r);
  bool whole = !is_fresh(r);
  if (whole && asset->gzip && !topo_headers_gzip(&r->headers)) {
    topo_request_refuse(r, topo_problem_http(TOPO_HTTP_NOT_ACCEPTABLE,
                                             "It is kept compressed: send the header "
                                             "Accept-Encoding: gzip."));
    return topo_answer_problem(r);
  }
  /* libmicrohttpd only reads what it is told will persist. */
  struct MHD_Response *response = MHD_create_response_from_buffer(
      whole ? asset->len : 0, (void *)(uintptr_t)asset->data, MHD_RESPMEM_PERSISTENT);
  if (response && !add_of_file(asset, whole, response)) {
    MHD_destroy_response(response);
    return MHD_NO;
  }
  return topo_answer_send(r, whole ? 200 : 304, response, whole ? asset->type : NULL, policy(asset),
                          asset->immutable ? "public, max-age=31536000, immutable" : "no-cache");
}
