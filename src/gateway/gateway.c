/*
 * gateway.c - the life of the server: listen, serve, fall quiet, end.
 *
 * libmicrohttpd must not be stopped while a connection is suspended, so the end has three steps:
 * nothing new starts, the calls under way are reported, then the daemon stops.
 */
#include "gateway/gateway.h"

#include "base/assert.h"
#include "base/status.h"
#include "gateway/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum {
  CONNECTIONS_MAX = 512,
  TIMEOUT_S = 30,
  THREADS = 2,
  CONNECTION_MEMORY = 32 * 1024, /* request line, headers and a piece of the body */
  FAREWELL_S = 2                 /* for answers that are still on their way at the end */
};

/* Paths and queries are decoded where they are split (api/percent.h), so libmicrohttpd leaves them.
 */
static size_t keep_escapes(void *cls, struct MHD_Connection *connection, char *text)
{
  (void)cls;
  (void)connection;
  return strlen(text);
}

static unsigned or_default(unsigned value, unsigned otherwise)
{
  return value ? value : otherwise;
}

static int start_server(struct topo_gateway *g, const struct topo_gateway_options *options)
{
  const unsigned flags =
      MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME;
  g->daemon = MHD_start_daemon(
      flags, 0, NULL, NULL, topo_request_handle, g, MHD_OPTION_LISTEN_SOCKET, g->socket.fd,
      MHD_OPTION_NOTIFY_COMPLETED, topo_request_completed, g, MHD_OPTION_UNESCAPE_CALLBACK,
      keep_escapes, NULL, MHD_OPTION_THREAD_POOL_SIZE, or_default(options->threads, THREADS),
      MHD_OPTION_CONNECTION_LIMIT, or_default(options->connections_max, CONNECTIONS_MAX),
      MHD_OPTION_CONNECTION_TIMEOUT, or_default(options->timeout_s, TIMEOUT_S),
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_END);
  return g->daemon ? 0 : TOPO_EIO;
}

static void init_lock(struct topo_gateway *g)
{
  pthread_condattr_t attributes;
  pthread_mutex_init(&g->lock, NULL);
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&g->changed, &attributes);
  pthread_condattr_destroy(&attributes);
}

static void finish_lock(struct topo_gateway *g)
{
  pthread_cond_destroy(&g->changed);
  pthread_mutex_destroy(&g->lock);
}

struct topo_gateway *topo_gateway_create(const struct topo_gateway_options *options, int *status)
{
  struct topo_gateway *g = calloc(1, sizeof *g);
  *status = TOPO_ENOMEM;
  if (!g)
    return NULL;
  g->table = options->table;
  g->runner = options->runner;
  g->body_timeout_ms = (int64_t)or_default(options->timeout_s, TIMEOUT_S) * 1000;
  *status = TOPO_EIO;
  if (getrandom(&g->id_base, sizeof g->id_base, 0) != sizeof g->id_base)
    goto fail_random;
  *status = topo_unix_socket_listen(&g->socket, options->socket_path);
  if (*status < 0)
    goto fail_listen;
  init_lock(g);
  *status = start_server(g, options);
  if (*status < 0)
    goto fail_start;
  return g;

fail_start:
  finish_lock(g);
  topo_unix_socket_close(&g->socket);
fail_listen:
fail_random:
  free(g);
  return NULL;
}

void topo_gateway_quiesce(struct topo_gateway *g)
{
  pthread_mutex_lock(&g->lock);
  bool first = !g->quiet;
  g->quiet = true;
  pthread_mutex_unlock(&g->lock);
  if (!first)
    return;
  MHD_socket fd = MHD_quiesce_daemon(g->daemon);
  topo_assert(fd == g->socket.fd);
  topo_unix_socket_close(&g->socket);
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
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += FAREWELL_S;
  pthread_mutex_lock(&g->lock);
  while (g->requests && pthread_cond_timedwait(&g->changed, &g->lock, &until) != ETIMEDOUT)
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
  MHD_stop_daemon(g->daemon);
  finish_lock(g);
  free(g);
}
