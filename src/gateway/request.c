/*
 * request.c - headers, body, call, answer.
 *
 * libmicrohttpd calls the handler once with the headers, once per piece of the body, once at the
 * end of the body, and once more after a resume. A refusal found early waits for the end of the
 * body, so that the client reads it instead of a broken pipe; only a body announced as too long is
 * refused at once. The connection is suspended before the runner gets the call: `done` may then
 * resume it at any time, even before `start` returned, because libmicrohttpd acts on a resume only
 * after the handler.
 */
#include "gateway/request.h"

#include "api/percent.h"
#include "base/assert.h"
#include "base/status.h"
#include "gateway/problem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum {
  REQUEST_ID_SIZE = 33,
  ALLOW_SIZE = 64,
  QUERY_VALUE_MAX = 4096,
  /* A body without a declared length is read this far to answer 413, and then cut off. */
  BODY_DRAIN_MAX = 2 * TOPO_OP_BODY_MAX
};

struct request {
  struct topo_gateway *gateway;
  struct MHD_Connection *connection;
  struct topo_op_call *call; /* NULL when there was no route */
  struct topo_buf body;
  size_t received;
  int64_t deadline_ms; /* for the end of the body; 0 until the first piece */
  bool refused;
  struct topo_problem problem; /* when refused */
  char allow[ALLOW_SIZE];
  char id[REQUEST_ID_SIZE];
  bool running; /* the runner has had the call */
  bool done;    /* the runner has reported it; under the gateway's lock */
};

static int64_t now_ms(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void refuse(struct request *r, struct topo_problem problem)
{
  if (r->refused)
    return;
  r->refused = true;
  r->problem = problem;
}

/* Refuses with what the call says about itself. */
static void refuse_call(struct request *r, int status)
{
  if (r->call)
    refuse(r, topo_problem_of(status, r->call->detail, r->call->pointer));
  else
    refuse(r, topo_problem_of(status, NULL, NULL));
}

/* Answers. */

static enum MHD_Result send_response(struct request *r, int http, const char *type,
                                     struct MHD_Response *response)
{
  if (!response)
    return MHD_NO;
  enum MHD_Result sent = MHD_NO;
  if (MHD_add_response_header(response, "Content-Type", type) == MHD_YES &&
      MHD_add_response_header(response, "Cache-Control", "no-store") == MHD_YES &&
      MHD_add_response_header(response, "X-Content-Type-Options", "nosniff") == MHD_YES &&
      MHD_add_response_header(response, "X-Request-Id", r->id) == MHD_YES &&
      (http != 405 || MHD_add_response_header(response, "Allow", r->allow) == MHD_YES))
    sent = MHD_queue_response(r->connection, (unsigned)http, response);
  MHD_destroy_response(response);
  return sent;
}

static enum MHD_Result send_problem(struct request *r)
{
  struct topo_json json;
  struct MHD_Response *response = NULL;
  topo_json_init(&json);
  topo_problem_write(&json, &r->problem, r->id);
  struct topo_bytes text = topo_json_text(&json);
  if (topo_json_status(&json) == 0)
    response = MHD_create_response_from_buffer(text.len, json.buf.data, MHD_RESPMEM_MUST_COPY);
  topo_json_finish(&json);
  return send_response(r, r->problem.http, "application/problem+json", response);
}

static enum MHD_Result send_answer(struct request *r)
{
  int status = r->call->status < 0 ? r->call->status : topo_json_status(&r->call->out);
  if (status < 0) {
    refuse_call(r, status);
    return send_problem(r);
  }
  /* The text stays where it is: the call lives until the request is completed. */
  const struct topo_buf *text = &r->call->out.buf;
  struct MHD_Response *response =
      MHD_create_response_from_buffer(text->len, text->data, MHD_RESPMEM_PERSISTENT);
  return send_response(r, r->call->op->creates ? 201 : 200, "application/json", response);
}

/* The headers. */

static const char *header(const struct request *r, const char *name)
{
  return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

static bool has_body(const struct request *r)
{
  const char *length = header(r, "Content-Length");
  return header(r, "Transfer-Encoding") || (length && strcmp(length, "0") != 0);
}

static bool announces_too_much(const struct request *r)
{
  const char *length = header(r, "Content-Length");
  return length && strtoull(length, NULL, 10) > TOPO_OP_BODY_MAX;
}

/* application/json, with or without parameters. */
static bool declares_json(const struct request *r)
{
  static const char json[] = "application/json";
  const char *type = header(r, "Content-Type");
  if (!type || strncasecmp(type, json, sizeof json - 1) != 0)
    return false;
  type += sizeof json - 1;
  return *type == '\0' || *type == ';' || *type == ' ';
}

static bool peer_trusted(const struct request *r)
{
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info && topo_unix_socket_peer_trusted(info->connect_fd);
}

static void find_route(struct request *r, const char *method, const char *url)
{
  const struct topo_op *const *table = r->gateway->table;
  if (strcmp(method, "HEAD") == 0)
    method = "GET"; /* libmicrohttpd leaves the body out */
  int status = topo_op_route(table, method, url, &r->call);
  if (status == TOPO_EDENIED) {
    topo_op_methods(table, url, r->allow, sizeof r->allow);
    refuse(r, topo_problem_method(r->allow));
  } else if (status == TOPO_ENOTFOUND) {
    refuse(r, topo_problem_of(status, "There is no operation at this path.", NULL));
  } else if (status < 0) {
    refuse_call(r, status);
  }
}

static void judge_headers(struct request *r, const char *method, const char *url)
{
  if (!peer_trusted(r)) {
    refuse(r, topo_problem_of(TOPO_EDENIED, "Only the daemon's own user may call.", NULL));
    return;
  }
  find_route(r, method, url);
  if (r->refused || !has_body(r))
    return;
  if (strcmp(r->call->op->method, "GET") == 0)
    refuse(r, topo_problem_of(TOPO_EINVAL, "A GET request has no body.", NULL));
  else if (!declares_json(r))
    refuse(r, topo_problem_media_type());
}

static struct request *begin(struct topo_gateway *gateway, struct MHD_Connection *connection)
{
  struct request *r = calloc(1, sizeof *r);
  if (!r)
    return NULL;
  r->gateway = gateway;
  r->connection = connection;
  pthread_mutex_lock(&gateway->lock);
  gateway->requests++;
  uint64_t count = ++gateway->id_count;
  pthread_mutex_unlock(&gateway->lock);
  snprintf(r->id, sizeof r->id, "%016" PRIx64 "-%" PRIu32, gateway->id_base, (uint32_t)count);
  return r;
}

static enum MHD_Result take_headers(struct request *r, const char *method, const char *url)
{
  judge_headers(r, method, url);
  if (!announces_too_much(r))
    return MHD_YES;
  refuse(r, topo_problem_of(TOPO_ELIMIT, "The body is too long.", NULL));
  return send_problem(r);
}

/* The body. */

static enum MHD_Result take_piece(struct request *r, const char *data, size_t len)
{
  int64_t now = now_ms();
  if (!r->deadline_ms)
    r->deadline_ms = now + r->gateway->body_timeout_ms;
  r->received += len;
  /* A client that drips or never ends gets no answer: it has not finished asking. */
  if (now > r->deadline_ms || r->received > BODY_DRAIN_MAX)
    return MHD_NO;
  if (r->received > TOPO_OP_BODY_MAX)
    refuse(r, topo_problem_of(TOPO_ELIMIT, "The body is too long.", NULL));
  if (!r->refused && topo_buf_put(&r->body, data, len) < 0)
    refuse(r, topo_problem_of(TOPO_ENOMEM, NULL, NULL));
  return MHD_YES;
}

/* The call. */

static int set_query(struct topo_op_call *call, const char *key, const char *value,
                     size_t value_len)
{
  char decoded[QUERY_VALUE_MAX];
  size_t len = 0;
  bool unknown;
  if (value_len > sizeof decoded)
    return topo_op_fail(call, TOPO_ELIMIT, "The query is too long.");
  if (topo_percent_decode(decoded, &len, value, value_len) < 0)
    return topo_op_fail(call, TOPO_EINVAL, "The query holds a broken percent escape.");
  int status = topo_op_set(call, TOPO_OP_QUERY, key, decoded, len, &unknown);
  if (!unknown)
    return status;
  /* A later version's client may say more than this one understands. */
  call->detail[0] = '\0';
  return 0;
}

static enum MHD_Result take_query(void *cls, enum MHD_ValueKind kind, const char *key,
                                  size_t key_len, const char *value, size_t value_len)
{
  struct request *r = cls;
  (void)kind;
  if (strlen(key) != key_len)
    return MHD_YES; /* a NUL inside: no parameter is called so */
  int status = set_query(r->call, key, value ? value : "", value ? value_len : 0);
  if (status < 0)
    refuse_call(r, status);
  return status < 0 ? MHD_NO : MHD_YES;
}

static void take_parameters(struct request *r)
{
  MHD_get_connection_values_n(r->connection, MHD_GET_ARGUMENT_KIND, take_query, r);
  int status = 0;
  if (!r->refused && r->body.len)
    status = topo_op_set_body(r->call, (const char *)r->body.data, r->body.len);
  if (!r->refused && status == 0)
    status = topo_op_check(r->call);
  if (status < 0)
    refuse_call(r, status);
}

/* From any thread, once. After the resume the request may be gone as soon as the lock is. */
static void call_done(struct topo_op_call *call, void *arg)
{
  struct request *r = arg;
  struct topo_gateway *gateway = r->gateway;
  (void)call;
  pthread_mutex_lock(&gateway->lock);
  topo_assert(!r->done);
  r->done = true;
  MHD_resume_connection(r->connection);
  gateway->calls--;
  pthread_cond_broadcast(&gateway->changed);
  pthread_mutex_unlock(&gateway->lock);
}

static bool reserve_call(struct topo_gateway *gateway)
{
  pthread_mutex_lock(&gateway->lock);
  bool open = !gateway->quiet;
  gateway->calls += open;
  pthread_mutex_unlock(&gateway->lock);
  return open;
}

static enum MHD_Result start_call(struct request *r)
{
  if (!r->refused)
    take_parameters(r);
  if (!r->refused && !reserve_call(r->gateway))
    refuse(r, topo_problem_of(TOPO_ECLOSED, "The daemon is stopping.", NULL));
  if (r->refused)
    return send_problem(r);
  r->running = true;
  r->call->done = call_done;
  r->call->done_arg = r;
  MHD_suspend_connection(r->connection);
  r->gateway->runner.start(r->gateway->runner.ctx, r->call);
  return MHD_YES;
}

static bool is_done(struct request *r)
{
  pthread_mutex_lock(&r->gateway->lock);
  bool done = r->done;
  pthread_mutex_unlock(&r->gateway->lock);
  return done;
}

enum MHD_Result topo_request_handle(void *cls, struct MHD_Connection *connection, const char *url,
                                    const char *method, const char *version, const char *data,
                                    size_t *data_len, void **state)
{
  struct request *r = *state;
  (void)version;
  if (!r) {
    *state = r = begin(cls, connection);
    return r ? take_headers(r, method, url) : MHD_NO;
  }
  if (*data_len) {
    size_t len = *data_len;
    *data_len = 0;
    return take_piece(r, data, len);
  }
  if (!r->running)
    return start_call(r);
  topo_assert(is_done(r));
  return send_answer(r);
}

void topo_request_completed(void *cls, struct MHD_Connection *connection, void **state,
                            enum MHD_RequestTerminationCode why)
{
  struct request *r = *state;
  struct topo_gateway *gateway = cls;
  (void)connection;
  (void)why;
  if (!r)
    return;
  *state = NULL;
  topo_assert(!r->running || is_done(r));
  topo_op_call_destroy(r->call);
  topo_buf_wipe(&r->body);
  free(r);
  pthread_mutex_lock(&gateway->lock);
  gateway->requests--;
  pthread_cond_broadcast(&gateway->changed);
  pthread_mutex_unlock(&gateway->lock);
}
