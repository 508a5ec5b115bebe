/* ws_client.c - a client's messages become subscriptions, and their subscriptions become messages
 * to it. */
#include "gateway/ws_client.h"

#include "base/assert.h"
#include "base/status.h"
#include "gateway/authorize.h"
#include "gateway/unix_socket.h"
#include "sys/clock.h"

#include <stdlib.h>
#include <string.h>

enum {
  CHUNK_SIZE = 64 * 1024, /* of one message to the client, but for its last event */
  PIECES_MAX = 64,        /* frames, or parts of them, of one message from the client */
  MESSAGES_MAX = 20,      /* in one window */
  GOODBYE_S = 5           /* for a client to take the end */
};
static const uint64_t window_ns = 10000000000u;

static const unsigned transitions[] = {
    [TOPO_WS_GREETING] = 1u << TOPO_WS_OPEN | 1u << TOPO_WS_FAREWELL,
    [TOPO_WS_OPEN] = 1u << TOPO_WS_FAREWELL,
    [TOPO_WS_FAREWELL] = 1u << TOPO_WS_CLOSING,
    [TOPO_WS_CLOSING] = 0,
};

struct topo_ws_subscription {
  struct topo_ws_shared *shared;
  struct topo_id space;
  struct topo_subscription *subscription;
  atomic_bool news; /* set by any thread; cleared before a read */
};

static void transition(struct topo_ws_client *c, enum topo_ws_state to)
{
  topo_assert(transitions[c->state] & 1u << to);
  c->state = to;
}

void topo_ws_client_wake(struct topo_ws_shared *shared)
{
  if (!atomic_exchange(&shared->woken, true))
    lws_cancel_service(shared->context);
}

static bool listens(const struct topo_ws_client *c)
{
  return c->state == TOPO_WS_GREETING || c->state == TOPO_WS_OPEN;
}

/* Subscriptions. */

static void on_ready(void *arg)
{
  struct topo_ws_subscription *s = arg;
  atomic_store(&s->news, true);
  topo_ws_client_wake(s->shared);
}

static void remove_at(struct topo_ws_client *c, size_t i)
{
  struct topo_ws_subscription *s = c->subscriptions[i];
  s->subscription->ops->close(s->subscription);
  free(s);
  c->subscriptions[i] = c->subscriptions[--c->n_subscriptions];
}

static void unsubscribe(struct topo_ws_client *c, const struct topo_id *space)
{
  for (size_t i = 0; i < c->n_subscriptions; i++)
    if (topo_id_equal(&c->subscriptions[i]->space, space)) {
      remove_at(c, i);
      return;
    }
}

void topo_ws_client_unsubscribe(struct topo_ws_client *c)
{
  while (c->n_subscriptions)
    remove_at(c, c->n_subscriptions - 1);
}

static int open_subscription(struct topo_ws_client *c, struct topo_subscription_request *request)
{
  struct topo_ws_subscription *s = calloc(1, sizeof *s);
  const struct topo_subscription_source *source = &c->shared->options.broker;
  if (!s)
    return TOPO_ENOMEM;
  s->shared = c->shared;
  s->space = request->space;
  atomic_init(&s->news, true);
  request->ready = on_ready;
  request->arg = s;
  int status = source->open ? source->open(source->ctx, request, &s->subscription) : TOPO_ENOTFOUND;
  if (status < 0) {
    free(s);
    return status;
  }
  c->subscriptions[c->n_subscriptions++] = s;
  return 0;
}

static void end_unsubscribed(struct topo_ws_client *c, int status)
{
  switch (status) {
  case TOPO_EINVAL:
    topo_ws_client_end(c, TOPO_WS_BAD, status, "It must be a cursor of this space.", "since");
    break;
  case TOPO_ELIMIT:
  case TOPO_ENOMEM:
    topo_ws_client_end(c, TOPO_WS_TOO_MANY, status, "There are too many subscriptions.", NULL);
    break;
  default:
    topo_ws_client_end(c, TOPO_WS_NO_SPACE, TOPO_ENOTFOUND, topo_authorize_no_space, "space");
  }
}

static bool subscribe(struct topo_ws_client *c, struct topo_subscription_request *request)
{
  int status = topo_authorize_grant(&c->grant, TOPO_SCOPE_READ, &request->space);
  unsubscribe(c, &request->space);
  if (status == 0 && c->n_subscriptions == TOPO_HELLO_SPACES_MAX) {
    topo_ws_client_end(c, TOPO_WS_BAD, TOPO_ELIMIT, "One socket has at most 64 subscriptions.",
                       "subscribe");
    return false;
  }
  if (status == 0)
    status = open_subscription(c, request);
  if (status < 0)
    end_unsubscribed(c, status);
  return status == 0;
}

/* Messages from the client. */

static void end_unproven(struct topo_ws_client *c)
{
  if (topo_bucket_take(c->shared->options.failures, topo_clock_monotonic_ns()))
    topo_ws_client_end(c, TOPO_WS_TOKEN, TOPO_EUNAUTHENTICATED,
                       "The first message carries a good token.", "token");
  else
    topo_ws_client_end(c, TOPO_WS_TOO_MANY, TOPO_ERATE, "Wait a second.", NULL);
}

/* The first message has to show a token, if one is needed; with it the socket is open. */
static bool greet(struct topo_ws_client *c, const struct topo_hello *hello)
{
  const struct topo_gate *gate = &c->shared->options.gate;
  if (!c->needs_token) {
    c->grant = (struct topo_grant){.scope = TOPO_SCOPE_ADMIN};
  } else if (!hello->has_token || !gate->check ||
             gate->check(gate->ctx, hello->token, hello->token_len, &c->grant) < 0) {
    end_unproven(c);
    return false;
  } else {
    topo_assert(hello->token_len <= sizeof c->token);
    memcpy(c->token, hello->token, hello->token_len);
    c->token_len = hello->token_len;
  }
  transition(c, TOPO_WS_OPEN);
  return true;
}

static bool admit(struct topo_ws_client *c, const struct topo_hello *hello)
{
  if (c->state == TOPO_WS_GREETING)
    return greet(c, hello);
  if (hello->has_token)
    topo_ws_client_end(c, TOPO_WS_BAD, TOPO_EINVAL, "Only the first message carries a token.",
                       "token");
  return !hello->has_token;
}

static void obey(struct topo_ws_client *c, struct topo_hello *hello)
{
  if (!admit(c, hello))
    return;
  for (size_t i = 0; i < hello->n_unsubscribe; i++)
    unsubscribe(c, &hello->unsubscribe[i]);
  for (size_t i = 0; i < hello->n_subscribe; i++)
    if (!subscribe(c, &hello->subscribe[i]))
      return;
  lws_callback_on_writable(c->wsi);
}

static bool is_too_often(struct topo_ws_client *c, uint64_t now)
{
  if (now - c->window_ns >= window_ns) {
    c->window_ns = now;
    c->window_count = 0;
  }
  return ++c->window_count > MESSAGES_MAX;
}

static void take_message(struct topo_ws_client *c)
{
  const char *why, *pointer;
  struct topo_hello *hello = malloc(sizeof *hello);
  if (is_too_often(c, topo_clock_monotonic_ns())) {
    topo_ws_client_end(c, TOPO_WS_TOO_MANY, TOPO_ERATE, "At most 20 messages in 10 seconds.", NULL);
  } else if (hello) {
    int status =
        topo_hello_parse(hello, (const char *)c->message.data, c->message.len, &why, &pointer);
    if (status == 0)
      obey(c, hello);
    else
      topo_ws_client_end(c, TOPO_WS_BAD, status, why, pointer);
    topo_wipe(hello, sizeof *hello);
  }
  free(hello);
}

static void end_too_long(struct topo_ws_client *c)
{
  topo_ws_client_end(c, TOPO_WS_BAD, TOPO_ELIMIT, "A message has at most 16 KiB.", NULL);
}

void topo_ws_client_receive(struct topo_ws_client *c, const void *data, size_t len)
{
  if (!listens(c) || c->dropped)
    return;
  if (lws_frame_is_binary(c->wsi)) {
    topo_ws_client_end(c, TOPO_WS_BAD, TOPO_EINVAL, "Messages are text.", NULL);
    return;
  }
  if (!c->in_message) {
    c->in_message = true;
    c->message_ns = topo_clock_monotonic_ns();
    c->pieces = 0;
  }
  if (++c->pieces > PIECES_MAX || c->message.len + len > TOPO_HELLO_SIZE_MAX ||
      topo_buf_put(&c->message, data, len) < 0) {
    end_too_long(c);
    return;
  }
  if (!lws_is_final_fragment(c->wsi) || lws_remaining_packet_payload(c->wsi))
    return;
  c->in_message = false;
  take_message(c);
  topo_buf_wipe(&c->message);
}

/* Messages to the client. */

static void put_event(void *arg, const struct topo_subscription_event *event)
{
  struct topo_buf *out = arg;
  topo_buf_put_u8(out, out->len == LWS_PRE ? '[' : ',');
  topo_buf_put(out, event->notification.data, event->notification.len);
}

static bool begin_out(struct topo_buf *out)
{
  static const uint8_t room[LWS_PRE];
  topo_buf_clear(out);
  return topo_buf_put(out, room, sizeof room) == 0;
}

static bool send_out(struct topo_ws_client *c)
{
  struct topo_buf *out = &c->shared->out;
  size_t len = out->len - LWS_PRE;
  return !out->failed && lws_write(c->wsi, out->data + LWS_PRE, len, LWS_WRITE_TEXT) >= (int)len;
}

/* Reads each subscription in turn, beginning behind the one that was served last. */
static int read_subscribers(struct topo_ws_client *c)
{
  struct topo_buf *out = &c->shared->out;
  for (size_t i = 0; i < c->n_subscriptions && out->len < CHUNK_SIZE; i++) {
    size_t at = (c->turn + i) % c->n_subscriptions;
    struct topo_ws_subscription *s = c->subscriptions[at];
    if (!atomic_exchange(&s->news, false))
      continue;
    int n = s->subscription->ops->read(s->subscription, CHUNK_SIZE - out->len, put_event, out);
    if (n < 0)
      return n;
    if (n > 0)
      atomic_store(&s->news, true); /* `ready` is called only after a read that gave nothing */
    if (out->len >= CHUNK_SIZE)
      c->turn = at + 1;
  }
  return 0;
}

static bool write_chunk(struct topo_ws_client *c)
{
  struct topo_buf *out = &c->shared->out;
  if (lws_send_pipe_choked(c->wsi)) {
    lws_callback_on_writable(c->wsi);
    return true;
  }
  if (!begin_out(out))
    return false;
  int status = read_subscribers(c);
  if (status < 0) {
    /* When the daemon stops, a space may close before this thread has heard that it stops. */
    bool over = atomic_load(&c->shared->quiet);
    topo_ws_client_end(c, over ? TOPO_WS_GOING_AWAY : TOPO_WS_NO_SPACE, TOPO_ECLOSED,
                       over ? "The daemon is stopping." : "The space is closed.", NULL);
    return true;
  }
  if (topo_ws_client_has_news(c))
    lws_callback_on_writable(c->wsi);
  if (out->len == LWS_PRE)
    return true;
  topo_buf_put_u8(out, ']');
  return send_out(c);
}

static bool write_problem(struct topo_ws_client *c)
{
  struct topo_json json;
  char id[TOPO_REQUEST_ID_SIZE];
  topo_request_ids_next(c->shared->options.ids, id);
  topo_json_init(&json);
  topo_json_begin_array(&json);
  topo_json_begin_object(&json);
  topo_json_key(&json, "type");
  topo_json_string(&json, "problem");
  topo_json_key(&json, "data");
  topo_problem_write(&json, &c->problem, id);
  topo_json_end_object(&json);
  topo_json_end_array(&json);
  struct topo_bytes text = topo_json_text(&json);
  bool good = topo_json_status(&json) == 0 && begin_out(&c->shared->out) &&
              topo_buf_put(&c->shared->out, text.data, text.len) == 0 && send_out(c);
  topo_json_finish(&json);
  transition(c, TOPO_WS_CLOSING);
  lws_callback_on_writable(c->wsi);
  return good;
}

bool topo_ws_client_write(struct topo_ws_client *c)
{
  switch (c->state) {
  case TOPO_WS_GREETING: return true;
  case TOPO_WS_OPEN: return write_chunk(c);
  case TOPO_WS_FAREWELL: return write_problem(c);
  case TOPO_WS_CLOSING: break;
  }
  lws_close_reason(c->wsi, (enum lws_close_status)c->code, NULL, 0);
  return false;
}

/* Life. */

void topo_ws_client_open(struct topo_ws_client *c, struct topo_ws_shared *shared, struct lws *wsi)
{
  int fd = lws_get_socket_fd(wsi);
  c->shared = shared;
  c->wsi = wsi;
  c->needs_token = !topo_unix_socket_is(fd);
  c->opened_ns = c->window_ns = c->checked_ns = topo_clock_monotonic_ns();
  c->next = shared->clients;
  if (c->next)
    c->next->prior = c;
  shared->clients = c;
}

void topo_ws_client_finish(struct topo_ws_client *c)
{
  topo_ws_client_unsubscribe(c);
  topo_buf_wipe(&c->message);
  topo_wipe(c->token, sizeof c->token);
  *(c->prior ? &c->prior->next : &c->shared->clients) = c->next;
  if (c->next)
    c->next->prior = c->prior;
}

bool topo_ws_client_is_stranger(const struct topo_ws_client *c)
{
  return c->needs_token && c->state != TOPO_WS_OPEN && !c->dropped;
}

bool topo_ws_client_has_news(const struct topo_ws_client *c)
{
  for (size_t i = 0; i < c->n_subscriptions; i++)
    if (atomic_load(&c->subscriptions[i]->news))
      return true;
  return false;
}

static bool token_is_good(struct topo_ws_client *c, uint64_t now)
{
  const struct topo_gate *gate = &c->shared->options.gate;
  struct topo_grant grant;
  if (c->grant.expires_ms && (uint64_t)topo_clock_wall_ms() >= c->grant.expires_ms)
    return false;
  if (!c->needs_token || now - c->checked_ns < c->shared->options.beat_ns)
    return true;
  c->checked_ns = now;
  return gate->check(gate->ctx, c->token, c->token_len, &grant) == 0;
}

void topo_ws_client_tick(struct topo_ws_client *c)
{
  uint64_t now = topo_clock_monotonic_ns();
  bool late = (c->state == TOPO_WS_GREETING && now - c->opened_ns >= c->shared->options.hello_ns) ||
              (listens(c) && c->in_message && now - c->message_ns >= c->shared->options.hello_ns);
  if (late)
    topo_ws_client_end(c, TOPO_WS_TIMEOUT, TOPO_ETIMEOUT, "A message did not arrive in time.",
                       NULL);
  else if (c->state == TOPO_WS_OPEN && !token_is_good(c, now))
    topo_ws_client_end(c, TOPO_WS_TOKEN, TOPO_EUNAUTHENTICATED, "The token is no longer good.",
                       NULL);
}

void topo_ws_client_end(struct topo_ws_client *c, enum topo_ws_close code, int status,
                        const char *detail, const char *pointer)
{
  if (!listens(c) || c->dropped)
    return;
  transition(c, TOPO_WS_FAREWELL);
  c->code = code;
  c->problem = code == TOPO_WS_TIMEOUT ? topo_problem_http(TOPO_HTTP_TIMEOUT, detail)
                                       : topo_problem_of(status, detail, pointer);
  topo_ws_client_unsubscribe(c);
  lws_set_timeout(c->wsi, PENDING_TIMEOUT_CLOSE_SEND, GOODBYE_S);
  lws_callback_on_writable(c->wsi);
}
