/*
 * stream.c - a response that libmicrohttpd pulls.
 *
 * The gateway's lock guards whether a stream is suspended and whether there is news, so that a
 * `ready` between the last read and the suspension is not lost. The subscription itself is used by
 * one thread at a time: that of the connection's daemon. `ready` never waits for more than the
 * lock.
 */
#include "gateway/stream.h"

#include "api/base64url.h"
#include "base/status.h"
#include "gateway/answer.h"
#include "gateway/secure.h"
#include "sys/clock.h"

#include <stdlib.h>
#include <string.h>

enum {
  BLOCK_SIZE = 16 * 1024, /* of one piece of the response */
  READ_BYTES = 64 * 1024  /* of notifications, from the subscription at a time */
};
static const uint64_t ms_ns = 1000000;

struct topo_stream {
  struct topo_gateway *gateway;
  struct MHD_Connection *connection;
  struct topo_http_conn *conn;
  struct topo_subscription *subscription;
  struct topo_grant grant;
  char token[TOPO_TOKEN_TEXT_MAX]; /* asked about again from time to time: it may be revoked */
  size_t token_len;                /* 0: none was needed */
  struct topo_buf pending;         /* what is to be sent, from `sent` on */
  size_t sent;
  uint64_t beat_ns; /* when the next comment is due; under the lock, as is what follows */
  bool news, suspended;
  struct topo_stream *prior, *next;
};

/* The request's side. */

struct query {
  struct topo_request *r;
  struct topo_subscription_request subscription;
  bool has_space;
};

static void refuse(struct topo_request *r, const char *detail, const char *pointer)
{
  topo_request_refuse(r, topo_problem_of(TOPO_EINVAL, detail, pointer));
}

static bool read_id(struct topo_request *r, const char *name, const char *text, size_t text_len,
                    struct topo_id *out)
{
  if (topo_id_parse(out, text, text_len) == 0)
    return true;
  refuse(r, "It must be an id of 43 characters.", name);
  return false;
}

static void read_types(struct query *q, const char *text, size_t len)
{
  const char *end = text + len;
  for (;;) {
    const char *comma = memchr(text, ',', (size_t)(end - text)), *stop = comma ? comma : end;
    enum topo_notification_type type;
    if (topo_notification_type_parse(text, (size_t)(stop - text), &type) < 0) {
      refuse(q->r, "It must be types of events, separated by commas.", "types");
      return;
    }
    q->subscription.types |= 1u << type;
    if (!comma)
      return;
    text = comma + 1;
  }
}

static void read_since(struct query *q, const char *text, size_t len, const char *pointer)
{
  if (len == 0 || len >= sizeof q->subscription.since) {
    refuse(q->r, "It must be a cursor.", pointer);
    return;
  }
  memcpy(q->subscription.since, text, len);
  q->subscription.since[len] = '\0';
}

static void take_parameter(void *arg, const char *key, const char *text, size_t len)
{
  struct query *q = arg;
  if (strcmp(key, "space") == 0)
    q->has_space = read_id(q->r, key, text, len, &q->subscription.space);
  else if (strcmp(key, "since") == 0)
    read_since(q, text, len, key);
  else if (strcmp(key, "channel") == 0)
    q->subscription.one_channel = read_id(q->r, key, text, len, &q->subscription.channel);
  else if (strcmp(key, "types") == 0)
    read_types(q, text, len);
}

static void read_query(struct query *q)
{
  const struct topo_header_value *last = &q->r->headers.values[TOPO_HEADER_LAST_EVENT_ID];
  topo_request_query(q->r, take_parameter, q);
  if (!q->r->refused && !q->has_space)
    refuse(q->r, "It says whose events.", "space");
  if (!q->r->refused && last->len)
    read_since(q, last->text, last->len, "Last-Event-ID");
  if (!q->r->refused &&
      topo_authorize_grant(&q->r->grant, TOPO_SCOPE_READ, &q->subscription.space) < 0)
    topo_request_refuse(q->r, topo_problem_of(TOPO_ENOTFOUND, topo_authorize_no_space, NULL));
}

/* The life of a stream. */

static void resume(struct topo_stream *s)
{
  if (!s->suspended)
    return;
  s->suspended = false;
  MHD_resume_connection(s->connection);
}

static void on_ready(void *arg)
{
  struct topo_stream *s = arg;
  pthread_mutex_lock(&s->gateway->lock);
  s->news = true;
  resume(s);
  pthread_mutex_unlock(&s->gateway->lock);
}

/* Counts it, unless there are too many or the gateway is quiet. */
static int enlist(struct topo_stream *s)
{
  struct topo_gateway *g = s->gateway;
  int status = 0;
  pthread_mutex_lock(&g->lock);
  if (g->quiet)
    status = TOPO_ECLOSED;
  else if (g->stream_count >= TOPO_STREAMS_MAX)
    status = TOPO_ERATE;
  else {
    g->stream_count++;
    s->next = g->streams;
    if (s->next)
      s->next->prior = s;
    g->streams = s;
  }
  pthread_mutex_unlock(&g->lock);
  return status;
}

static void delist(struct topo_stream *s)
{
  struct topo_gateway *g = s->gateway;
  pthread_mutex_lock(&g->lock);
  *(s->prior ? &s->prior->next : &g->streams) = s->next;
  if (s->next)
    s->next->prior = s->prior;
  g->stream_count--;
  pthread_mutex_unlock(&g->lock);
}

/* libmicrohttpd calls it when the response is destroyed, and the connection has ended by then. */
static void destroy(void *cls)
{
  struct topo_stream *s = cls;
  if (s->subscription)
    s->subscription->ops->close(s->subscription);
  delist(s);
  topo_buf_finish(&s->pending);
  topo_wipe(s->token, sizeof s->token);
  free(s);
}

/* What goes out. */

static void put_text(struct topo_buf *out, const char *text)
{
  topo_buf_put(out, text, strlen(text));
}

/* A notification is one line of JSON: no line of `data` ends inside of it. */
static void put_event(void *arg, const struct topo_subscription_event *event)
{
  struct topo_buf *out = arg;
  if (event->cursor) {
    put_text(out, "id: ");
    put_text(out, event->cursor);
    put_text(out, "\n");
  }
  put_text(out, "event: ");
  put_text(out, event->type);
  put_text(out, "\ndata: ");
  topo_buf_put(out, event->notification.data, event->notification.len);
  put_text(out, "\n\n");
}

static bool is_over(const struct topo_stream *s)
{
  return s->gateway->quiet ||
         (s->grant.expires_ms && (uint64_t)topo_clock_wall_ms() >= s->grant.expires_ms);
}

/* Has the stream's token been taken back? Asked whenever a comment is due, so a stream outlives its
 * token by `beat_ms` at most. */
static bool is_revoked(const struct topo_stream *s)
{
  const struct topo_gate *gate = &s->gateway->options.gate;
  struct topo_grant grant;
  return s->token_len && gate->check(gate->ctx, s->token, s->token_len, &grant) < 0;
}

enum turn { READ, BEAT, SLEEP, END };

/* What to do now that everything was sent. Decides under the lock, and suspends under it. */
static enum turn take_turn(struct topo_stream *s)
{
  struct topo_gateway *g = s->gateway;
  uint64_t now = topo_clock_monotonic_ns();
  enum turn turn = SLEEP;
  pthread_mutex_lock(&g->lock);
  if (is_over(s))
    turn = END;
  else if (now >= s->beat_ns)
    turn = BEAT;
  else if (s->news)
    turn = READ;
  if (turn == READ)
    s->news = false;
  if (turn == BEAT)
    s->beat_ns = now + g->options.times.beat_ms * ms_ns;
  if (turn == SLEEP) {
    s->suspended = true;
    MHD_suspend_connection(s->connection);
  }
  pthread_mutex_unlock(&g->lock);
  return turn;
}

/* False: the space is closed, or memory has run out. */
static bool read_subscription(struct topo_stream *s)
{
  int n = s->subscription->ops->read(s->subscription, READ_BYTES, put_event, &s->pending);
  if (n > 0) {
    pthread_mutex_lock(&s->gateway->lock);
    s->news = true; /* `ready` is called only after a read that gave nothing */
    pthread_mutex_unlock(&s->gateway->lock);
  }
  return n >= 0 && !s->pending.failed;
}

static ssize_t pull(void *cls, uint64_t position, char *out, size_t max)
{
  struct topo_stream *s = cls;
  (void)position;
  /* libmicrohttpd asks when what went before was taken: the client reads. */
  topo_http_conns_transition(&s->gateway->conns, s->conn, TOPO_HTTP_CONN_STREAMING,
                             topo_clock_monotonic_ns());
  while (s->sent == s->pending.len) {
    topo_buf_clear(&s->pending);
    s->sent = 0;
    switch (take_turn(s)) {
    case READ:
      if (!read_subscription(s))
        return MHD_CONTENT_READER_END_OF_STREAM;
      break;
    case BEAT:
      if (is_revoked(s))
        return MHD_CONTENT_READER_END_OF_STREAM;
      put_text(&s->pending, ":\n\n");
      break;
    case SLEEP: return 0;
    case END: return MHD_CONTENT_READER_END_OF_STREAM;
    }
  }
  size_t n = s->pending.len - s->sent < max ? s->pending.len - s->sent : max;
  memcpy(out, s->pending.data + s->sent, n);
  s->sent += n;
  return (ssize_t)n;
}

static void keep_token(struct topo_stream *s, const struct topo_request *r)
{
  const char *token;
  size_t len;
  if (r->conn->transport == TOPO_TRANSPORT_TCP && topo_headers_bearer(&r->headers, &token, &len) &&
      len <= sizeof s->token) {
    memcpy(s->token, token, len);
    s->token_len = len;
  }
}

static int open_stream(struct topo_request *r, struct topo_subscription_request *request,
                       struct topo_stream **out)
{
  struct topo_stream *s = calloc(1, sizeof *s);
  const struct topo_subscription_source *source = &r->gateway->options.broker;
  if (!s)
    return TOPO_ENOMEM;
  s->gateway = r->gateway;
  s->connection = r->connection;
  s->conn = r->conn;
  s->grant = r->grant;
  s->news = true;
  s->beat_ns = topo_clock_monotonic_ns() + r->gateway->options.times.beat_ms * ms_ns;
  keep_token(s, r);
  int status = enlist(s);
  if (status < 0) {
    free(s);
    return status;
  }
  request->ready = on_ready;
  request->arg = s;
  status = source->open ? source->open(source->ctx, request, &s->subscription) : TOPO_ENOTFOUND;
  if (status < 0) {
    destroy(s);
    return status;
  }
  *out = s;
  return 0;
}

static void refuse_open(struct topo_request *r, int status)
{
  switch (status) {
  case TOPO_ENOTFOUND:
    topo_request_refuse(r, topo_problem_of(status, topo_authorize_no_space, NULL));
    break;
  case TOPO_EINVAL:
    topo_request_refuse(r, topo_problem_of(status, "It must be a cursor of this space.", "since"));
    break;
  case TOPO_ERATE:
  case TOPO_ELIMIT:
    topo_request_refuse(r, topo_problem_of(TOPO_ERATE, "There are too many streams.", NULL));
    break;
  default: topo_request_refuse(r, topo_problem_of(status, NULL, NULL));
  }
}

enum MHD_Result topo_stream_start(struct topo_request *r)
{
  struct query q = {.r = r};
  struct topo_stream *s = NULL;
  read_query(&q);
  int status = r->refused ? 0 : open_stream(r, &q.subscription, &s);
  if (status < 0)
    refuse_open(r, status);
  topo_request_transition(r, r->refused ? TOPO_HTTP_CONN_ANSWERING : TOPO_HTTP_CONN_STREAMING);
  if (r->refused)
    return topo_answer_problem(r);
  struct MHD_Response *response =
      MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_SIZE, pull, s, destroy);
  if (!response)
    destroy(s);
  return topo_answer_send(r, 200, response, "text/event-stream", topo_secure_data, "no-store");
}

void topo_stream_tick(struct topo_gateway *g)
{
  uint64_t now = topo_clock_monotonic_ns();
  pthread_mutex_lock(&g->lock);
  for (struct topo_stream *s = g->streams; s; s = s->next)
    if (is_over(s) || now >= s->beat_ns)
      resume(s);
  pthread_mutex_unlock(&g->lock);
}

void topo_stream_end_all(struct topo_gateway *g)
{
  pthread_mutex_lock(&g->lock);
  for (struct topo_stream *s = g->streams; s; s = s->next)
    resume(s);
  pthread_mutex_unlock(&g->lock);
}
