/* request.c - the life of a request, its refusal, what is at its path, and its query. */
#include "gateway/request.h"

#include "api/percent.h"
#include "base/assert.h"
#include "base/status.h"
#include "sys/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUERY_VALUE_MAX = 4096 /* bytes of the value of one parameter, encoded */ };

static const char file_methods[] = "GET, HEAD", events_methods[] = "GET",
                  all_methods[] = "GET, HEAD, POST, DELETE";

/* Life. */

static struct topo_http_conn *conn_of(struct MHD_Connection *connection)
{
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info ? info->socket_context : NULL;
}

struct topo_request *topo_request_create(struct topo_gateway *gateway,
                                         struct MHD_Connection *connection)
{
  struct topo_http_conn *conn = conn_of(connection);
  struct topo_request *r = conn ? calloc(1, sizeof *r) : NULL;
  if (!r)
    return NULL;
  r->gateway = gateway;
  r->connection = connection;
  r->conn = conn;
  topo_request_ids_next(&gateway->ids, r->id);
  pthread_mutex_lock(&gateway->lock);
  gateway->requests++;
  pthread_mutex_unlock(&gateway->lock);
  return r;
}

void topo_request_destroy(struct topo_request *r)
{
  struct topo_gateway *gateway = r->gateway;
  topo_op_call_destroy(r->call);
  topo_buf_wipe(&r->body);
  free(r);
  pthread_mutex_lock(&gateway->lock);
  topo_assert(gateway->requests > 0);
  gateway->requests--;
  pthread_cond_broadcast(&gateway->changed);
  pthread_mutex_unlock(&gateway->lock);
}

void topo_request_transition(struct topo_request *r, enum topo_http_conn_state to)
{
  topo_http_conns_transition(&r->gateway->conns, r->conn, to, topo_clock_monotonic_ns());
}

/* Refusal. */

void topo_request_refuse(struct topo_request *r, struct topo_problem problem)
{
  if (r->refused)
    return;
  r->refused = true;
  r->problem = problem;
  /* A caller who has not shown who it is does not keep its connection after a refusal. */
  r->last |= r->grant.scope == TOPO_SCOPE_OPEN;
}

void topo_request_refuse_call(struct topo_request *r, int status)
{
  if (r->call)
    topo_request_refuse(r, topo_problem_of(status, r->call->detail, r->call->pointer));
  else
    topo_request_refuse(r, topo_problem_of(status, NULL, NULL));
}

/* What is at the path. */

static bool is_reading(const char *method)
{
  return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

static struct topo_problem method_problem(struct topo_request *r, const char *allow)
{
  snprintf(r->allow, sizeof r->allow, "%s", allow);
  return topo_problem_method(r->allow);
}

static const struct topo_asset *find_asset(const struct topo_asset *assets, const char *url)
{
  for (; assets && assets->path; assets++)
    if (strcmp(assets->path, url) == 0)
      return assets;
  return NULL;
}

/* The row of the table; what is wrong is told only after the caller was authorized. */
static struct topo_problem find_operation(struct topo_request *r, const char *method,
                                          const char *url)
{
  const struct topo_op *const *table = r->gateway->options.table;
  char allow[TOPO_REQUEST_ALLOW_SIZE];
  if (strcmp(method, "HEAD") == 0)
    method = "GET"; /* libmicrohttpd leaves the body out */
  int status = topo_op_route(table, method, url, &r->call);
  if (r->call)
    r->resource = TOPO_RESOURCE_OPERATION;
  if (status == TOPO_EDENIED) {
    topo_op_methods(table, url, allow, sizeof allow);
    return method_problem(r, allow);
  }
  if (status == TOPO_ENOTFOUND)
    return topo_problem_of(status, "There is no operation at this path.", NULL);
  if (status < 0)
    return topo_problem_of(status, r->call ? r->call->detail : NULL,
                           r->call ? r->call->pointer : NULL);
  return (struct topo_problem){0};
}

struct topo_problem topo_request_find(struct topo_request *r, const char *method, const char *url)
{
  bool health = strcmp(url, "/healthz") == 0 || strcmp(url, "/readyz") == 0;
  r->resource = TOPO_RESOURCE_NONE;
  r->asset = find_asset(r->gateway->options.assets, url);
  if (r->asset || health) {
    r->resource = TOPO_RESOURCE_FILE;
    return is_reading(method) ? (struct topo_problem){0} : method_problem(r, file_methods);
  }
  if (strcmp(url, "/v1/events") == 0) {
    r->resource = TOPO_RESOURCE_EVENTS;
    return strcmp(method, "GET") == 0 ? (struct topo_problem){0}
                                      : method_problem(r, events_methods);
  }
  if (strcmp(url, "/v1/events/ws") == 0) {
    r->resource = TOPO_RESOURCE_SOCKET;
    return strcmp(method, "GET") == 0
               ? topo_problem_http(TOPO_HTTP_UPGRADE,
                                   "Open it as a WebSocket, on a connection of its own.")
               : method_problem(r, events_methods);
  }
  struct topo_problem problem = find_operation(r, method, url);
  if (r->resource == TOPO_RESOURCE_NONE && strcmp(method, "OPTIONS") == 0 && !r->allow[0])
    return method_problem(r, all_methods);
  return problem;
}

/* The query. */

struct query {
  struct topo_request *r;
  void (*take)(void *arg, const char *key, const char *text, size_t len);
  void *arg;
};

static void refuse_query(struct topo_request *r, int status, const char *detail)
{
  topo_request_refuse(r, topo_problem_of(status, detail, NULL));
}

static enum MHD_Result take_parameter(void *cls, enum MHD_ValueKind kind, const char *key,
                                      size_t key_len, const char *value, size_t value_len)
{
  struct query *q = cls;
  char text[QUERY_VALUE_MAX];
  size_t len = 0;
  (void)kind;
  if (strlen(key) != key_len)
    return MHD_YES; /* a NUL inside: no parameter is called so */
  if (value_len > sizeof text)
    refuse_query(q->r, TOPO_ELIMIT, "The query is too long.");
  else if (value && topo_percent_decode(text, &len, value, value_len) < 0)
    refuse_query(q->r, TOPO_EINVAL, "The query holds a broken percent escape.");
  else
    q->take(q->arg, key, text, len);
  return q->r->refused ? MHD_NO : MHD_YES;
}

void topo_request_query(struct topo_request *r,
                        void (*take)(void *arg, const char *key, const char *text, size_t len),
                        void *arg)
{
  struct query q = {r, take, arg};
  MHD_get_connection_values_n(r->connection, MHD_GET_ARGUMENT_KIND, take_parameter, &q);
}
