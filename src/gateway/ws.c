/*
 * ws.c - the thread of libwebsockets: adopts sockets, passes callbacks on to clients, ends.
 *
 * libwebsockets may be called from its own thread only, but for lws_cancel_service, which makes it
 * call back with EVENT_WAIT_CANCELLED. Everything that other threads want waits for that.
 */
#include "gateway/ws.h"

#include "base/status.h"
#include "gateway/secure.h"
#include "gateway/ws_client.h"
#include "sys/clock.h"
#include "sys/mutex.h"
#include "sys/thread.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  KEY_LENGTH = 24, /* 16 bytes of base64 */
  RX_SIZE = 4096,
  HEAD_MEMORY = TOPO_HEAD_MAX, /* the front listener takes no longer head */
  HEADS_AT_ONCE = 8,
  HANDSHAKE_S = 5,
  SPARE_FDS = 16, /* of libwebsockets itself */
  STRANGERS = 64, /* clients without a good token, at a time */
  HANGUP_S = 10   /* after a ping without an answer */
};
static const uint64_t farewell_ns = 2000000000; /* for clients to say goodbye */

/* A handshake that waits for the thread. */
struct newcomer {
  int fd;
  size_t head_size; /* of the request, in the socket */
  char key[KEY_LENGTH + 1];
};

struct topo_ws {
  struct topo_ws_shared shared;
  struct lws_vhost *vhost;
  lws_retry_bo_t life; /* pings */
  pthread_t thread;
  atomic_bool stopping;
  pthread_mutex_t lock;
  pthread_cond_t changed; /* `count` went down; on the monotonic clock */
  size_t count;           /* clients */
  struct newcomer queue[TOPO_WS_MAX];
  size_t queued;
};

/* Callbacks. */

/* Takes the request out of the socket. What may follow it, a first frame, stays. */
static bool take_head(const struct newcomer *n)
{
  char taken[1024];
  for (size_t left = n->head_size; left;) {
    ssize_t got = recv(n->fd, taken, left < sizeof taken ? left : sizeof taken, MSG_DONTWAIT);
    if (got <= 0 && !(got < 0 && errno == EINTR))
      return false;
    left -= got > 0 ? (size_t)got : 0;
  }
  return true;
}

/* libwebsockets reads a request of ours that means the same: its parser chokes on some that are
 * well formed, and answers those in words of its own or never lets go of them. */
static void adopt(struct topo_ws *ws, const struct newcomer *n)
{
  char head[256];
  int len = snprintf(head, sizeof head,
                     "GET /v1/events/ws HTTP/1.1\r\nHost: topo\r\nUpgrade: websocket\r\n"
                     "Connection: Upgrade\r\nSec-WebSocket-Key: %s\r\n"
                     "Sec-WebSocket-Version: 13\r\n\r\n",
                     n->key);
  if (atomic_load(&ws->shared.quiet) || !take_head(n))
    close(n->fd);
  else /* closes it when it fails */
    lws_adopt_socket_vhost_readbuf(ws->vhost, n->fd, head, (size_t)len);
}

static void adopt_all(struct topo_ws *ws)
{
  struct newcomer queue[TOPO_WS_MAX];
  pthread_mutex_lock(&ws->lock);
  size_t n = ws->queued;
  memcpy(queue, ws->queue, n * sizeof *queue);
  ws->queued = 0;
  pthread_mutex_unlock(&ws->lock);
  for (size_t i = 0; i < n; i++)
    adopt(ws, &queue[i]);
}

static void on_woken(struct topo_ws *ws)
{
  atomic_store(&ws->shared.woken, false);
  adopt_all(ws);
  for (struct topo_ws_client *c = ws->shared.clients; c; c = c->next)
    if (atomic_load(&ws->shared.quiet))
      topo_ws_client_end(c, TOPO_WS_GOING_AWAY, TOPO_ECLOSED, "The daemon is stopping.", NULL);
    else if (topo_ws_client_has_news(c))
      lws_callback_on_writable(c->wsi);
}

/* Of those who have shown no token the oldest goes, so that they do not keep everybody else out. */
static void bound_strangers(struct topo_ws *ws)
{
  struct topo_ws_client *oldest = NULL;
  size_t n = 0;
  for (struct topo_ws_client *c = ws->shared.clients; c; c = c->next)
    if (topo_ws_client_is_stranger(c)) {
      oldest = c; /* new ones are put in front */
      n++;
    }
  if (n > STRANGERS) {
    oldest->dropped = true;
    lws_set_timeout(oldest->wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
  }
}

static int on_open(struct topo_ws *ws, struct topo_ws_client *c, struct lws *wsi)
{
  if (atomic_load(&ws->shared.quiet))
    return -1;
  pthread_mutex_lock(&ws->lock);
  bool room = ws->count++ < TOPO_WS_MAX;
  pthread_mutex_unlock(&ws->lock);
  topo_ws_client_open(c, &ws->shared, wsi);
  /* When the listener let this client in, others were still opening; now there are too many, and it
   * is told so. */
  if (!room)
    topo_ws_client_end(c, TOPO_WS_TOO_MANY, TOPO_ERATE, "There are too many WebSockets.", NULL);
  bound_strangers(ws);
  lws_set_timer_usecs(wsi, LWS_USEC_PER_SEC);
  return 0;
}

static void on_closed(struct topo_ws *ws, struct topo_ws_client *c)
{
  if (!c->shared)
    return; /* it came when all was ending */
  topo_ws_client_finish(c);
  pthread_mutex_lock(&ws->lock);
  ws->count--;
  pthread_cond_broadcast(&ws->changed);
  pthread_mutex_unlock(&ws->lock);
}

/* The answer that opens the socket is an answer like others. */
static int add_headers(struct lws *wsi, struct lws_process_html_args *args)
{
  unsigned char *at = (unsigned char *)args->p, *end = at + args->max_len;
  char name[64];
  for (const struct topo_header_line *h = topo_secure_headers; h->name; h++) {
    snprintf(name, sizeof name, "%s:", h->name);
    if (lws_add_http_header_by_name(wsi, (const unsigned char *)name,
                                    (const unsigned char *)h->value, (int)strlen(h->value), &at,
                                    end))
      return -1;
  }
  args->p = (char *)at;
  return 0;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons why, void *user, void *in,
                    size_t len)
{
  struct topo_ws *ws = lws_context_user(lws_get_context(wsi));
  struct topo_ws_client *c = user;
  switch (why) {
  case LWS_CALLBACK_EVENT_WAIT_CANCELLED: on_woken(ws); return 0;
  case LWS_CALLBACK_ESTABLISHED: return on_open(ws, c, wsi);
  case LWS_CALLBACK_CLOSED: on_closed(ws, c); return 0;
  case LWS_CALLBACK_RECEIVE: topo_ws_client_receive(c, in, len); return 0;
  case LWS_CALLBACK_SERVER_WRITEABLE: return topo_ws_client_write(c) ? 0 : -1;
  case LWS_CALLBACK_TIMER:
    topo_ws_client_tick(c);
    lws_set_timer_usecs(wsi, LWS_USEC_PER_SEC);
    return 0;
  case LWS_CALLBACK_ADD_HEADERS: return add_headers(wsi, in);
  case LWS_CALLBACK_HTTP: return -1; /* no handshake after all */
  default: return 0;
  }
}

static const struct lws_protocols protocols[] = {
    {.name = "topo-events",
     .callback = on_event,
     .per_session_data_size = sizeof(struct topo_ws_client),
     .rx_buffer_size = RX_SIZE},
    {0}};

/* Life. */

static void *run(void *arg)
{
  struct topo_ws *ws = arg;
  while (!atomic_load(&ws->stopping) && lws_service(ws->shared.context, 0) >= 0)
    ;
  return NULL;
}

static int start_context(struct topo_ws *ws)
{
  const lws_retry_bo_t life = {.secs_since_valid_ping = ws->shared.options.ping_s,
                               .secs_since_valid_hangup =
                                   (uint16_t)(ws->shared.options.ping_s + HANGUP_S)};
  struct lws_context_creation_info info = {.port = CONTEXT_PORT_NO_LISTEN,
                                           .protocols = protocols,
                                           .user = ws,
                                           .fd_limit_per_thread = TOPO_WS_MAX + SPARE_FDS,
                                           .max_http_header_data = HEAD_MEMORY,
                                           .max_http_header_pool = HEADS_AT_ONCE,
                                           .timeout_secs = HANDSHAKE_S,
                                           .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
                                           .vhost_name = "topo"};
  lws_set_log_level(0, NULL);
  ws->shared.context = lws_create_context(&info);
  if (!ws->shared.context)
    return TOPO_EIO;
  ws->life = life;
  info.retry_and_idle_policy = &ws->life;
  info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
  ws->vhost = lws_create_vhost(ws->shared.context, &info);
  if (ws->vhost)
    return 0;
  lws_context_destroy(ws->shared.context);
  return TOPO_EIO;
}

static void finish(struct topo_ws *ws)
{
  topo_buf_finish(&ws->shared.out);
  pthread_cond_destroy(&ws->changed);
  pthread_mutex_destroy(&ws->lock);
  free(ws);
}

int topo_ws_create(struct topo_ws **out, const struct topo_ws_options *options)
{
  struct topo_ws *ws = calloc(1, sizeof *ws);
  *out = NULL;
  if (!ws)
    return TOPO_ENOMEM;
  ws->shared.options = *options;
  topo_mutex_init(&ws->lock);
  topo_mutex_init_condition(&ws->changed);
  int status = start_context(ws);
  if (status < 0)
    goto fail_context;
  status = topo_thread_start(&ws->thread, run, ws);
  if (status < 0)
    goto fail_thread;
  *out = ws;
  return 0;

fail_thread:
  lws_context_destroy(ws->shared.context);
fail_context:
  finish(ws);
  return status;
}

static bool is_base64(const char *text, size_t len)
{
  for (size_t i = 0; i < len; i++)
    if (!text[i] ||
        !strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=", text[i]))
      return false;
  return true;
}

bool topo_ws_handshake_good(const struct topo_headers *headers)
{
  const struct topo_header_value *key = &headers->values[TOPO_HEADER_SOCKET_KEY];
  return key->count == 1 && key->len == KEY_LENGTH && is_base64(key->text, key->len) &&
         !topo_headers_body(headers) &&
         topo_headers_lists(headers, TOPO_HEADER_CONNECTION, "upgrade") &&
         topo_headers_is(headers, TOPO_HEADER_SOCKET_VERSION, "13");
}

bool topo_ws_adopt(struct topo_ws *ws, int fd, const struct topo_head *head)
{
  struct newcomer newcomer = {.fd = fd, .head_size = head->size};
  memcpy(newcomer.key, head->headers.values[TOPO_HEADER_SOCKET_KEY].text, KEY_LENGTH);
  pthread_mutex_lock(&ws->lock);
  bool room = !atomic_load(&ws->shared.quiet) && ws->count + ws->queued < TOPO_WS_MAX;
  if (room)
    ws->queue[ws->queued++] = newcomer;
  pthread_mutex_unlock(&ws->lock);
  if (room)
    topo_ws_client_wake(&ws->shared);
  return room;
}

void topo_ws_quiesce(struct topo_ws *ws)
{
  pthread_mutex_lock(&ws->lock);
  atomic_store(&ws->shared.quiet, true);
  pthread_mutex_unlock(&ws->lock);
  topo_ws_client_wake(&ws->shared);
}

static void wait_for_clients(struct topo_ws *ws)
{
  uint64_t until_ns = topo_clock_monotonic_ns() + farewell_ns;
  pthread_mutex_lock(&ws->lock);
  while (ws->count && topo_mutex_wait_until(&ws->changed, &ws->lock, until_ns))
    ;
  pthread_mutex_unlock(&ws->lock);
}

void topo_ws_destroy(struct topo_ws *ws)
{
  if (!ws)
    return;
  topo_ws_quiesce(ws);
  wait_for_clients(ws);
  atomic_store(&ws->stopping, true);
  lws_cancel_service(ws->shared.context);
  pthread_join(ws->thread, NULL);
  /* Subscriptions end first, because their `ready` would wake a context that is being taken apart.
   * The thread of libwebsockets is gone, so the clients are this thread's. */
  for (struct topo_ws_client *c = ws->shared.clients; c; c = c->next)
    topo_ws_client_unsubscribe(c);
  lws_context_destroy(ws->shared.context);
  for (size_t i = 0; i < ws->queued; i++)
    close(ws->queue[i].fd);
  finish(ws);
}
