/*
 * serve.c - a request is served: headers, body, call, answer.
 *
 * libmicrohttpd calls the handler once with the headers, once per piece of the body, once at the
 * end of the body, and once more after a resume. A refusal found early waits for the end of the
 * body, so that the client reads it instead of a broken pipe; only a body announced as too long,
 * one that waits for a word of ours (Expect), or one whose end nobody can tell, is refused at once.
 * The connection is suspended before the runner gets the call: `done` may then resume it at any
 * time, even before `start` returned, because libmicrohttpd acts on a resume only after the
 * handler.
 */
#include "gateway/serve.h"

#include "base/assert.h"
#include "base/status.h"
#include "gateway/answer.h"
#include "gateway/stream.h"
#include "sys/clock.h"

#include <string.h>

/* A body without a declared length is read this far to answer 413, and then cut off. */
enum { BODY_DRAIN_MAX = 2 * TOPO_OP_BODY_MAX };

/* The headers. */

static enum MHD_Result take_header(void *cls, enum MHD_ValueKind kind, const char *key,
                                   size_t key_len, const char *value, size_t value_len)
{
  struct topo_request *r = cls;
  (void)kind;
  r->endless |= !topo_headers_token(key, key_len);
  topo_headers_add(&r->headers, key, key_len, value ? value : "", value ? value_len : 0);
  return MHD_YES;
}

/* libmicrohttpd is less strict than the front listener, which has seen the first request only:
 * where this one ends, two readers could understand differently. */
static void refuse_endless(struct topo_request *r)
{
  r->endless |= !topo_headers_framed(&r->headers);
  if (r->endless)
    topo_request_refuse(r, topo_problem_http(TOPO_HTTP_BAD_REQUEST, NULL));
}

/* The space in the path; NULL when the operation has none, or it is not an id. */
static const struct topo_id *space_of(const struct topo_op_call *call)
{
  for (unsigned i = 0; call && call->op->params[i].name; i++)
    if (call->op->params[i].location == TOPO_OP_PATH &&
        strcmp(call->op->params[i].name, "space") == 0)
      return &call->values[i].id;
  return NULL;
}

static bool may_try_again(const struct topo_request *r)
{
  struct topo_gateway *g = r->gateway;
  uint64_t now = topo_clock_monotonic_ns();
  if (r->conn->transport == TOPO_TRANSPORT_UNIX)
    return true;
  if (r->grant.scope != TOPO_SCOPE_OPEN)
    return topo_bucket_take(&g->known, now);
  /* A call of an operation that needs no token may be a guess at a code (createSession): after too
   * many failures it has to wait. */
  return topo_bucket_take(&g->open, now) && (!r->call || topo_bucket_has(&g->failures, now));
}

static void refuse_rate(struct topo_request *r)
{
  topo_request_refuse(r, topo_problem_of(TOPO_ERATE, "Wait a second.", NULL));
}

static void authorize(struct topo_request *r, const char *method)
{
  const struct topo_facts facts = {.transport = r->conn->transport,
                                   .peer_trusted = r->conn->peer_trusted,
                                   .method = method,
                                   .resource = r->resource,
                                   .op = r->call ? r->call->op : NULL,
                                   .space = space_of(r->call),
                                   .headers = &r->headers};
  struct topo_verdict verdict =
      topo_authorize(&facts, &r->gateway->names, &r->gateway->options.gate);
  r->grant = verdict.grant;
  if (r->grant.scope != TOPO_SCOPE_OPEN)
    topo_http_conns_know(&r->gateway->conns, r->conn);
  if (verdict.refused) {
    r->last = true;
    if (verdict.unproven && !topo_bucket_take(&r->gateway->failures, topo_clock_monotonic_ns()))
      refuse_rate(r);
    topo_request_refuse(r, verdict.problem);
  } else if (!may_try_again(r)) {
    refuse_rate(r);
  }
}

static void take_key(struct topo_request *r)
{
  const struct topo_header_value *key = &r->headers.values[TOPO_HEADER_IDEMPOTENCY_KEY];
  if (!r->call->op->idempotent || !key->count)
    return;
  bool good = key->len && key->len < sizeof r->call->idempotency_key;
  for (size_t i = 0; good && i < key->len; i++)
    good = key->text[i] >= '!' && key->text[i] <= '~';
  if (good)
    memcpy(r->call->idempotency_key, key->text, key->len);
  else
    topo_request_refuse(r, topo_problem_of(TOPO_EINVAL,
                                           "Idempotency-Key has 1 to 128 printable characters.",
                                           "Idempotency-Key"));
}

static bool announces_too_much(const struct topo_request *r)
{
  size_t length;
  return topo_headers_length(&r->headers, &length) && length > TOPO_OP_BODY_MAX;
}

static enum MHD_Result send_problem(struct topo_request *r)
{
  topo_request_transition(r, TOPO_HTTP_CONN_ANSWERING);
  return topo_answer_problem(r);
}

static enum MHD_Result take_head(struct topo_request *r, const char *method, const char *url)
{
  topo_request_transition(r, TOPO_HTTP_CONN_ASKING);
  MHD_get_connection_values_n(r->connection, MHD_HEADER_KIND, take_header, r);
  refuse_endless(r);
  struct topo_problem problem = topo_request_find(r, method, url);
  authorize(r, method);
  if (!r->refused && problem.code)
    topo_request_refuse(r, problem);
  if (!r->refused && r->call) {
    r->call->one_space = r->grant.one_space;
    take_key(r);
    topo_answer_take_known(r);
  }
  if (announces_too_much(r))
    topo_request_refuse(r, topo_problem_of(TOPO_ELIMIT, "The body is too long.", NULL));
  else if (!r->refused || (!r->endless && !topo_headers_has(&r->headers, TOPO_HEADER_EXPECT)))
    return MHD_YES;
  return send_problem(r);
}

/* The body. */

static enum MHD_Result take_piece(struct topo_request *r, const char *data, size_t len)
{
  r->received += len;
  /* A client that never ends gets no answer: it has not finished asking. */
  if (r->received > BODY_DRAIN_MAX)
    return MHD_NO;
  if (r->received > TOPO_OP_BODY_MAX)
    topo_request_refuse(r, topo_problem_of(TOPO_ELIMIT, "The body is too long.", NULL));
  if (!r->refused && topo_buf_put(&r->body, data, len) < 0)
    topo_request_refuse(r, topo_problem_of(TOPO_ENOMEM, NULL, NULL));
  return MHD_YES;
}

/* The call. */

static void set_parameter(void *arg, const char *key, const char *text, size_t len)
{
  struct topo_request *r = arg;
  bool unknown;
  int status = topo_op_set(r->call, TOPO_OP_QUERY, key, text, len, &unknown);
  if (unknown) /* a later version's client may say more than this one understands */
    r->call->detail[0] = '\0';
  else if (status < 0)
    topo_request_refuse_call(r, status);
}

static void take_parameters(struct topo_request *r)
{
  topo_request_query(r, set_parameter, r);
  int status = 0;
  if (!r->refused && r->body.len)
    status = topo_op_set_body(r->call, (const char *)r->body.data, r->body.len);
  if (!r->refused && status == 0)
    status = topo_op_check(r->call);
  if (status < 0)
    topo_request_refuse_call(r, status);
}

/* From any thread, once. After the resume the request may be gone as soon as the lock is. */
static void call_done(struct topo_op_call *call, void *arg)
{
  struct topo_request *r = arg;
  struct topo_gateway *gateway = r->gateway;
  /* It failed, so it was a wrong guess at a code. */
  if (call->status < 0 && call->op->scope == TOPO_SCOPE_OPEN &&
      r->conn->transport == TOPO_TRANSPORT_TCP)
    topo_bucket_take(&gateway->failures, topo_clock_monotonic_ns());
  pthread_mutex_lock(&gateway->lock);
  topo_assert(!r->done);
  r->done = true;
  MHD_resume_connection(r->connection);
  gateway->calls--;
  pthread_cond_broadcast(&gateway->changed);
  pthread_mutex_unlock(&gateway->lock);
}

static bool is_quiet(struct topo_gateway *gateway)
{
  pthread_mutex_lock(&gateway->lock);
  bool quiet = gateway->quiet;
  pthread_mutex_unlock(&gateway->lock);
  return quiet;
}

static bool reserve_call(struct topo_gateway *gateway)
{
  pthread_mutex_lock(&gateway->lock);
  bool open = !gateway->quiet;
  gateway->calls += open;
  pthread_mutex_unlock(&gateway->lock);
  return open;
}

static void refuse_end(struct topo_request *r)
{
  topo_request_refuse(r, topo_problem_of(TOPO_ECLOSED, "The daemon is stopping.", NULL));
}

static enum MHD_Result start_call(struct topo_request *r)
{
  take_parameters(r);
  if (!r->refused && !reserve_call(r->gateway))
    refuse_end(r);
  if (r->refused)
    return send_problem(r);
  topo_request_transition(r, TOPO_HTTP_CONN_RUNNING);
  r->running = true;
  r->call->done = call_done;
  r->call->done_arg = r;
  MHD_suspend_connection(r->connection);
  r->gateway->options.runner.start(r->gateway->options.runner.ctx, r->call);
  return MHD_YES;
}

/* The whole request is here. */
static enum MHD_Result serve(struct topo_request *r, const char *url)
{
  if (!r->refused && r->resource == TOPO_RESOURCE_FILE && strcmp(url, "/readyz") == 0 &&
      is_quiet(r->gateway))
    refuse_end(r);
  if (r->refused)
    return send_problem(r);
  if (r->call)
    return start_call(r);
  if (r->resource == TOPO_RESOURCE_EVENTS)
    return topo_stream_start(r);
  topo_request_transition(r, TOPO_HTTP_CONN_ANSWERING);
  return topo_answer_file(r);
}

static bool is_done(struct topo_request *r)
{
  pthread_mutex_lock(&r->gateway->lock);
  bool done = r->done;
  pthread_mutex_unlock(&r->gateway->lock);
  return done;
}

enum MHD_Result topo_serve(void *cls, struct MHD_Connection *connection, const char *url,
                           const char *method, const char *version, const char *data,
                           size_t *data_len, void **state)
{
  struct topo_request *r = *state;
  (void)version;
  if (!r) {
    *state = r = topo_request_create(cls, connection);
    return r ? take_head(r, method, url) : MHD_NO;
  }
  if (*data_len) {
    size_t len = *data_len;
    *data_len = 0;
    return take_piece(r, data, len);
  }
  if (!r->running)
    return serve(r, url);
  topo_assert(is_done(r));
  topo_request_transition(r, TOPO_HTTP_CONN_ANSWERING);
  return topo_answer_call(r);
}

void topo_serve_completed(void *cls, struct MHD_Connection *connection, void **state,
                          enum MHD_RequestTerminationCode why)
{
  struct topo_request *r = *state;
  (void)cls, (void)connection, (void)why;
  if (!r)
    return;
  *state = NULL;
  topo_assert(!r->running || is_done(r));
  topo_request_transition(r, TOPO_HTTP_CONN_WAITING);
  topo_request_destroy(r);
}
