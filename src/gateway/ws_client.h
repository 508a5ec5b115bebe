/*
 * ws_client.h - one WebSocket: what its client may say, and what it is told. All of it happens in
 * the thread of libwebsockets, but for the `ready` of its subscriptions.
 *
 *   greeting ──► open ──► farewell (a problem event) ──► closing (the close frame)
 *       └─────────────────────┘
 */
#ifndef TOPO_GATEWAY_WS_CLIENT_H
#define TOPO_GATEWAY_WS_CLIENT_H

#include "gateway/hello.h"
#include "gateway/problem.h"
#include "gateway/ws_options.h"

#include <libwebsockets.h>
#include <stdatomic.h>

enum topo_ws_close {
  TOPO_WS_GOING_AWAY = 1001,
  TOPO_WS_BAD = 4400,
  TOPO_WS_TOKEN = 4401,
  TOPO_WS_NO_SPACE = 4404,
  TOPO_WS_TIMEOUT = 4408,
  TOPO_WS_TOO_MANY = 4429
};

enum topo_ws_state { TOPO_WS_GREETING, TOPO_WS_OPEN, TOPO_WS_FAREWELL, TOPO_WS_CLOSING };

struct topo_ws_client;
struct topo_ws_subscription;

/* What the clients of one thread share. */
struct topo_ws_shared {
  struct topo_ws_options options;
  struct lws_context *context;
  struct topo_ws_client *clients; /* the newest first */
  struct topo_buf out;            /* the message being written */
  atomic_bool woken, quiet;
};

/* The session that libwebsockets keeps with a connection, zeroed. */
struct topo_ws_client {
  struct topo_ws_shared *shared;
  struct lws *wsi;
  struct topo_ws_client *prior, *next;
  enum topo_ws_state state;
  bool needs_token;
  bool dropped; /* it ends without a word, to make room */
  struct topo_grant grant;
  char token[TOPO_TOKEN_TEXT_MAX]; /* asked about again from time to time: it may be revoked */
  size_t token_len;
  uint64_t opened_ns, checked_ns;

  struct topo_buf message; /* as far as it has come */
  bool in_message;
  unsigned pieces;
  uint64_t message_ns;              /* when it began */
  uint64_t window_ns, window_count; /* messages since */

  struct topo_ws_subscription *subscriptions[TOPO_HELLO_SPACES_MAX];
  size_t n_subscriptions, turn;

  enum topo_ws_close code; /* from farewell on */
  struct topo_problem problem;
};

/* Makes libwebsockets' thread look at what has changed. Any thread. */
void topo_ws_client_wake(struct topo_ws_shared *shared);

void topo_ws_client_open(struct topo_ws_client *c, struct topo_ws_shared *shared, struct lws *wsi);
void topo_ws_client_finish(struct topo_ws_client *c);
/* A piece of a message. */
void topo_ws_client_receive(struct topo_ws_client *c, const void *data, size_t len);
/* There is room to write: false ends the connection. */
bool topo_ws_client_write(struct topo_ws_client *c);
/* Once a second. */
void topo_ws_client_tick(struct topo_ws_client *c);
/* Ends all of its subscriptions: no subscription calls any more. */
void topo_ws_client_unsubscribe(struct topo_ws_client *c);
/* Is it one that has to show a token and has not, or whose token was no good? */
bool topo_ws_client_is_stranger(const struct topo_ws_client *c);
/* Has a subscription something to tell? */
bool topo_ws_client_has_news(const struct topo_ws_client *c);
/* Says why, then closes. `detail` is static or NULL. */
void topo_ws_client_end(struct topo_ws_client *c, enum topo_ws_close code, int status,
                        const char *detail, const char *pointer);

#endif
