/*
 * gateway.c - the life of the gateway: listen, serve, fall quiet, end.
 *
 * The front listener (listener.h) owns the listening sockets. libmicrohttpd runs as some daemons
 * without a listening socket and without a pool, which 0.9.75 refuses to combine, and is handed
 * connections. It must not be stopped while a connection is suspended, so the end has three steps:
 * nothing new starts, the calls under way are reported, then the daemons stop.
 */
#include "gateway/gateway_impl.h"

#include "base/assert.h"
#include "base/status.h"
#include "gateway/serve.h"
#include "gateway/stream.h"
#include "gateway/tcp_socket.h"
#include "gateway/ws.h"
#include "sys/clock.h"
#include "sys/mutex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Defaults of struct topo_gateway_options. */
enum {
  CONNECTIONS = 512,
  PENDING = 1024,
  PENDING_PART = 4, /* and at most this part of the descriptors there may be */
  THREADS = 2,
  HEAD_MS = 10 * 1000,
  WAIT_MS = 75 * 1000,
  BODY_MS = 30 * 1000,
  ANSWER_MS = 120 * 1000,
  HELLO_MS = 10 * 1000,
  PING_S = 30,
  BEAT_MS = 15 * 1000
};

enum {
  /* The connections of one server. libmicrohttpd 0.9.75 takes 128 events at a time from epoll; when
   * it gets exactly so many, it waits for more before it handles the first, which cannot happen
   * with fewer connections. When it is given one connection more than its limit, it never unlocks a
   * mutex: so connections are counted before they are handed over. */
  SERVER_ROOM = 126,
  SERVER_CONNECTIONS_MAX = 110, /* handed to it; the rest is room between its count and ours */
  CALLS_PER_S = 20000,
  CALLS_BURST = 40000,
  FAILURES_PER_S = 20,
  CONNECTION_MEMORY = 32 * 1024 /* request line, headers and a piece of the body */
};
static const uint64_t ms_ns = 1000000;
static const uint64_t farewell_ns = 2000000000; /* for answers that are on their way at the end */

/* Paths and queries are decoded where they are split (api/percent.h), so libmicrohttpd leaves them.
 */
static size_t keep_escapes(void *cls, struct MHD_Connection *connection, char *text)
{
  (void)cls;
  (void)connection;
  return strlen(text);
}

/* Options. */

static unsigned pending_max(void)
{
  struct rlimit limit;
  rlim_t part = PENDING;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur / PENDING_PART < part)
    part = limit.rlim_cur / PENDING_PART;
  return part ? (unsigned)part : 1;
}

static void set_default(unsigned *value, unsigned otherwise, unsigned bound)
{
  if (!*value)
    *value = otherwise;
  if (bound && *value > bound)
    *value = bound;
}

static void fill_options(struct topo_gateway_options *o)
{
  unsigned bound_ms = o->timeout_s * 1000;
  set_default(&o->connections_max, CONNECTIONS, 0);
  set_default(&o->pending_max, pending_max(), 0);
  set_default(&o->threads, THREADS, TOPO_GATEWAY_THREADS_MAX);
  set_default(&o->connections_max, 1, TOPO_GATEWAY_THREADS_MAX * SERVER_CONNECTIONS_MAX);
  if (o->threads * SERVER_CONNECTIONS_MAX < o->connections_max)
    o->threads = (o->connections_max + SERVER_CONNECTIONS_MAX - 1) / SERVER_CONNECTIONS_MAX;
  set_default(&o->times.head_ms, HEAD_MS, bound_ms);
  set_default(&o->times.wait_ms, WAIT_MS, bound_ms);
  set_default(&o->times.body_ms, BODY_MS, bound_ms);
  set_default(&o->times.answer_ms, ANSWER_MS, bound_ms);
  set_default(&o->times.hello_ms, HELLO_MS, bound_ms);
  set_default(&o->times.beat_ms, BEAT_MS, bound_ms);
  set_default(&o->times.ping_s, PING_S, 0);
  if (!o->version)
    o->version = "0";
}

/* Connections, as the listener hands them out and libmicrohttpd reports them. */

static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
  struct topo_gateway_server *server = cls;
  struct topo_gateway *g = server->gateway;
  if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
    atomic_fetch_sub(&server->connections, 1);
    topo_http_conns_close(&g->conns, *context);
    *context = NULL;
    return;
  }
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  /* Without memory for it there is no context, and its first request ends it. */
  *context =
      info ? topo_http_conns_open(&g->conns, info->connect_fd, topo_clock_monotonic_ns()) : NULL;
}

static bool wants_socket(const struct topo_head *head)
{
  return head->v11 && head->method_len == 3 && memcmp(head->method, "GET", 3) == 0 &&
         topo_head_path_is(head, "/v1/events/ws") &&
         topo_headers_is(&head->headers, TOPO_HEADER_UPGRADE, "websocket");
}

static bool take_socket(struct topo_gateway *g, int fd, const struct topo_head *head,
                        struct topo_problem *problem)
{
  bool local = topo_unix_socket_is(fd);
  const struct topo_facts facts = {.transport = local ? TOPO_TRANSPORT_UNIX : TOPO_TRANSPORT_TCP,
                                   .peer_trusted = local && topo_unix_socket_peer_trusted(fd),
                                   .method = "GET",
                                   .resource = TOPO_RESOURCE_SOCKET,
                                   .headers = &head->headers};
  struct topo_verdict verdict = topo_authorize(&facts, &g->names, &g->options.gate);
  *problem = verdict.problem;
  if (verdict.refused)
    return false;
  *problem = topo_problem_http(TOPO_HTTP_BAD_REQUEST, "It is no handshake of WebSocket 13.");
  if (!topo_ws_handshake_good(&head->headers))
    return false;
  *problem = topo_problem_of(TOPO_ERATE, "There are too many WebSockets.", NULL);
  return topo_ws_adopt(g->ws, fd, head);
}

/* Returns whether Content-Length is greater than any number that we can hold. libmicrohttpd would
 * answer that itself, and not with a problem document. */
static bool is_endless(const struct topo_head *head)
{
  size_t length;
  return topo_headers_length(&head->headers, &length) && length == SIZE_MAX;
}

static unsigned count_connections(struct topo_gateway *g)
{
  unsigned n = 0;
  for (unsigned i = 0; i < g->options.threads; i++)
    n += atomic_load(&g->servers[i].connections);
  return n;
}

/* The one of the first two with the fewest connections, and the next two only when those are full:
 * threads that share two cores take the time from each other. NULL: none has room. */
static struct topo_gateway_server *choose_server(struct topo_gateway *g)
{
  struct topo_gateway_server *best = NULL;
  unsigned least = SERVER_CONNECTIONS_MAX;
  for (unsigned i = 0; i < g->options.threads; i++) {
    unsigned n = atomic_load(&g->servers[i].connections);
    if (best && i % THREADS == 0)
      break;
    if (n < least) {
      best = &g->servers[i];
      least = n;
    }
  }
  return best;
}

static bool take(void *arg, int fd, const struct topo_head *head, struct topo_problem *problem)
{
  struct topo_gateway *g = arg;
  struct sockaddr_storage peer = {.ss_family = AF_UNIX};
  socklen_t len = sizeof peer;
  *problem = topo_problem_of(TOPO_ELIMIT, "The body is too long.", NULL);
  if (is_endless(head))
    return false;
  if (wants_socket(head))
    return take_socket(g, fd, head, problem);
  *problem = topo_problem_of(TOPO_ERATE, "There are too many connections.", NULL);
  struct topo_gateway_server *server = choose_server(g);
  if (count_connections(g) >= g->options.connections_max && !topo_http_conns_make_room(&g->conns))
    return false;
  if (!server)
    return false;
  if (getpeername(fd, (struct sockaddr *)&peer, &len) < 0)
    len = sizeof(sa_family_t); /* it has gone; libmicrohttpd will see */
  /* The socket is libmicrohttpd's from here on, also when it does not want it. */
  atomic_fetch_add(&server->connections, 1);
  if (MHD_add_connection(server->daemon, fd, (struct sockaddr *)&peer, len) != MHD_YES)
    atomic_fetch_sub(&server->connections, 1);
  return true;
}

static void tick(void *arg)
{
  struct topo_gateway *g = arg;
  topo_http_conns_sweep(&g->conns, topo_clock_monotonic_ns());
  topo_stream_tick(g);
}

/* Start and end of the parts. */

static struct MHD_Daemon *start_daemon(struct topo_gateway *g, struct topo_gateway_server *server)
{
  const unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL | MHD_USE_ITC |
                         MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME;
  const struct topo_gateway_options *o = &g->options;
  /* topo_http_conns_sweep holds each state to a time of its own. This timeout is longer than all of
   * them, for a connection that the sweep does not see. */
  unsigned timeout_s = (o->times.answer_ms + o->times.wait_ms) / 1000 + 1;
  return MHD_start_daemon(
      flags, 0, NULL, NULL, topo_serve, g, MHD_OPTION_NOTIFY_COMPLETED, topo_serve_completed, g,
      MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_UNESCAPE_CALLBACK,
      keep_escapes, NULL, MHD_OPTION_CONNECTION_LIMIT, (unsigned)SERVER_ROOM,
      MHD_OPTION_CONNECTION_TIMEOUT, timeout_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
      (size_t)CONNECTION_MEMORY, MHD_OPTION_END);
}

static void stop_daemons(struct topo_gateway *g)
{
  for (unsigned i = 0; i < TOPO_GATEWAY_THREADS_MAX; i++)
    if (g->servers[i].daemon)
      MHD_stop_daemon(g->servers[i].daemon);
}

static int start_daemons(struct topo_gateway *g)
{
  for (unsigned i = 0; i < g->options.threads; i++) {
    struct topo_gateway_server *server = &g->servers[i];
    server->gateway = g;
    server->daemon = start_daemon(g, server);
    if (!server->daemon) {
      stop_daemons(g);
      return TOPO_EIO;
    }
  }
  return 0;
}

static int start_sockets(struct topo_gateway *g)
{
  const struct topo_ws_options options = {.gate = g->options.gate,
                                          .broker = g->options.broker,
                                          .failures = &g->failures,
                                          .hello_ns = g->options.times.hello_ms * ms_ns,
                                          .beat_ns = g->options.times.beat_ms * ms_ns,
                                          .ping_s = (uint16_t)g->options.times.ping_s,
                                          .ids = &g->ids};
  return topo_ws_create(&g->ws, &options);
}

static int start_listener(struct topo_gateway *g)
{
  const struct topo_listener_options options = {.sockets = {g->socket.fd, g->tcp_fd},
                                                .pending_max = g->options.pending_max,
                                                .head_timeout_ns = g->options.times.head_ms * ms_ns,
                                                .take = take,
                                                .tick = tick,
                                                .ids = &g->ids,
                                                .arg = g};
  return topo_listener_create(&g->listener, &options);
}

static int listen_tcp(struct topo_gateway *g)
{
  g->tcp_fd = -1;
  if (!g->options.listen_host)
    return 0;
  int status = topo_tcp_socket_listen(g->options.listen_host, &g->options.port, &g->tcp_fd);
  if (status < 0 && g->options.tcp_failed)
    *g->options.tcp_failed = true;
  topo_names_init(&g->names, g->options.listen_host, g->options.port);
  return status;
}

static void close_tcp(struct topo_gateway *g)
{
  if (g->tcp_fd >= 0)
    close(g->tcp_fd);
  g->tcp_fd = -1;
}

static void init_parts(struct topo_gateway *g)
{
  const struct topo_gateway_times *t = &g->options.times;
  uint64_t now = topo_clock_monotonic_ns();
  topo_mutex_init(&g->lock);
  topo_mutex_init_condition(&g->changed);
  topo_http_conns_init(&g->conns, t->wait_ms * ms_ns, t->body_ms * ms_ns, t->answer_ms * ms_ns);
  topo_bucket_init(&g->known, CALLS_PER_S, CALLS_BURST, now);
  topo_bucket_init(&g->open, CALLS_PER_S, CALLS_BURST, now);
  topo_bucket_init(&g->failures, FAILURES_PER_S, FAILURES_PER_S, now);
}

static void finish_parts(struct topo_gateway *g)
{
  topo_bucket_finish(&g->failures);
  topo_bucket_finish(&g->open);
  topo_bucket_finish(&g->known);
  topo_http_conns_finish(&g->conns);
  pthread_cond_destroy(&g->changed);
  pthread_mutex_destroy(&g->lock);
}

struct topo_gateway *topo_gateway_create(const struct topo_gateway_options *options, int *status)
{
  struct topo_gateway *g = calloc(1, sizeof *g);
  *status = TOPO_ENOMEM;
  if (!g)
    return NULL;
  g->options = *options;
  fill_options(&g->options);
  init_parts(g);
  *status = topo_request_ids_init(&g->ids);
  if (*status < 0)
    goto fail_ids;
  *status = listen_tcp(g);
  if (*status < 0)
    goto fail_tcp;
  *status = topo_unix_socket_listen(&g->socket, options->socket_path);
  if (*status < 0)
    goto fail_unix;
  if (options->listening)
    options->listening(options->arg, topo_gateway_port(g));
  *status = start_sockets(g);
  if (*status < 0)
    goto fail_ws;
  *status = start_daemons(g);
  if (*status < 0)
    goto fail_daemons;
  *status = start_listener(g);
  if (*status < 0)
    goto fail_listener;
  return g;

fail_listener:
  stop_daemons(g);
fail_daemons:
  topo_ws_destroy(g->ws);
fail_ws:
  topo_unix_socket_close(&g->socket);
fail_unix:
  close_tcp(g);
fail_tcp:
fail_ids:
  finish_parts(g);
  free(g);
  return NULL;
}

uint16_t topo_gateway_port(const struct topo_gateway *g)
{
  return g->options.listen_host ? g->options.port : 0;
}

void topo_gateway_quiesce(struct topo_gateway *g)
{
  pthread_mutex_lock(&g->lock);
  bool first = !g->quiet;
  g->quiet = true;
  pthread_mutex_unlock(&g->lock);
  if (!first)
    return;
  topo_listener_destroy(g->listener);
  topo_unix_socket_close(&g->socket);
  close_tcp(g);
  topo_ws_quiesce(g->ws);
  topo_stream_end_all(g);
}

static void wait_for_calls(struct topo_gateway *g)
{
  pthread_mutex_lock(&g->lock);
  while (g->calls)
    pthread_cond_wait(&g->changed, &g->lock);
  pthread_mutex_unlock(&g->lock);
}

/* The answer to the call that stops the daemon should still arrive. */
static void wait_for_answers(struct topo_gateway *g)
{
  uint64_t until_ns = topo_clock_monotonic_ns() + farewell_ns;
  pthread_mutex_lock(&g->lock);
  while (g->requests && topo_mutex_wait_until(&g->changed, &g->lock, until_ns))
    ;
  pthread_mutex_unlock(&g->lock);
}

void topo_gateway_destroy(struct topo_gateway *g)
{
  if (!g)
    return;
  topo_gateway_quiesce(g);
  wait_for_calls(g);
  wait_for_answers(g);
  topo_ws_destroy(g->ws);
  stop_daemons(g);
  finish_parts(g);
  free(g);
}
