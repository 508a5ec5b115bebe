/* duplex.c - a connection between the network's thread and its space's. */
#include "daemon/duplex.h"

#include "base/assert.h"
#include "base/status.h"
#include "sys/mutex.h"

#include <stdlib.h>
#include <string.h>

enum { KEPT = 16 * 1024 }; /* an empty buffer of at most so many bytes is kept for the next ones */

struct topo_duplex {
  struct topo_task to_space; /* first */
  struct topo_task to_network;
  struct topo_duplex_options options;
  atomic_int refs;
  pthread_mutex_t mutex; /* for everything below */
  bool posted_to_space, posted_to_network;
  /* news for the space */
  bool up, writable, down;
  int status;
  struct topo_buf received[TOPO_CONN_STREAMS_MAX];
  /* orders for the network */
  struct topo_buf sending[TOPO_CONN_STREAMS_MAX];
  size_t consumed[TOPO_CONN_STREAMS_MAX];
  bool closed; /* by the space, or it has heard "down" */
  uint64_t code;
  /* bytes that were sent and have not gone out; who waits for room */
  size_t buffered[TOPO_CONN_STREAMS_MAX];
  bool starved[TOPO_CONN_STREAMS_MAX];
};

static struct topo_duplex *duplex_of_outbox(struct topo_task *task)
{
  return (struct topo_duplex *)(void *)((char *)task - offsetof(struct topo_duplex, to_network));
}

struct topo_duplex *topo_duplex_create(const struct topo_duplex_options *options)
{
  struct topo_duplex *duplex = calloc(1, sizeof *duplex);
  if (!duplex)
    return NULL;
  duplex->to_space.kind = TOPO_TASK_DUPLEX;
  duplex->to_network.kind = TOPO_TASK_DUPLEX;
  duplex->options = *options;
  atomic_init(&duplex->refs, 2);
  topo_mutex_init(&duplex->mutex);
  atomic_fetch_add(options->alive, 1);
  return duplex;
}

static void ref(struct topo_duplex *duplex)
{
  atomic_fetch_add(&duplex->refs, 1);
}

void topo_duplex_unref(struct topo_duplex *duplex)
{
  if (atomic_fetch_sub(&duplex->refs, 1) != 1)
    return;
  for (unsigned i = 0; i < TOPO_CONN_STREAMS_MAX; i++) {
    topo_buf_finish(&duplex->received[i]);
    topo_buf_finish(&duplex->sending[i]);
  }
  atomic_fetch_sub(duplex->options.alive, 1);
  pthread_mutex_destroy(&duplex->mutex);
  free(duplex);
}

const struct topo_duplex_options *topo_duplex_options(const struct topo_duplex *duplex)
{
  return &duplex->options;
}

/* Called with the mutex, which it gives up. A mailbox that is closed belongs to someone who wants
 * to know nothing more. */
static int post(struct topo_duplex *duplex, struct topo_mailbox *box, struct topo_task *task,
                bool *posted)
{
  bool put = !*posted;
  *posted = true;
  pthread_mutex_unlock(&duplex->mutex);
  if (!put)
    return 0;
  ref(duplex);
  int status = topo_mailbox_put(box, &task->mail);
  if (status < 0)
    topo_duplex_unref(duplex);
  return status;
}

static int tell_space(struct topo_duplex *duplex)
{
  return post(duplex, duplex->options.inbox, &duplex->to_space, &duplex->posted_to_space);
}

static void tell_network(struct topo_duplex *duplex)
{
  post(duplex, duplex->options.outbox, &duplex->to_network, &duplex->posted_to_network);
}

/* ---- the network's side ---------------------------------------------------------------------- */

int topo_duplex_up(struct topo_duplex *duplex)
{
  pthread_mutex_lock(&duplex->mutex);
  duplex->up = true;
  return tell_space(duplex);
}

int topo_duplex_received(struct topo_duplex *duplex, unsigned stream, const uint8_t *data,
                         size_t len)
{
  pthread_mutex_lock(&duplex->mutex);
  if (duplex->closed) {
    pthread_mutex_unlock(&duplex->mutex);
    return 0;
  }
  if (topo_buf_put(&duplex->received[stream], data, len) < 0) {
    pthread_mutex_unlock(&duplex->mutex);
    return TOPO_ENOMEM;
  }
  tell_space(duplex);
  return 0;
}

void topo_duplex_down(struct topo_duplex *duplex, int status)
{
  pthread_mutex_lock(&duplex->mutex);
  duplex->options.wire = NULL;
  duplex->down = true;
  duplex->status = status;
  if (duplex->closed)
    pthread_mutex_unlock(&duplex->mutex);
  else
    tell_space(duplex);
  topo_duplex_unref(duplex);
}

void topo_duplex_sent(struct topo_duplex *duplex, unsigned stream, size_t n)
{
  pthread_mutex_lock(&duplex->mutex);
  topo_assert(n <= duplex->buffered[stream]);
  duplex->buffered[stream] -= n;
  /* The space is told of room only when half of the buffer is free: a writer that is woken for
   * every packet does little else. */
  bool wake = !duplex->closed && duplex->starved[stream] &&
              duplex->buffered[stream] <= TOPO_CONN_SEND_BUFFER_MAX / 2;
  if (!wake) {
    pthread_mutex_unlock(&duplex->mutex);
    return;
  }
  duplex->starved[stream] = false;
  duplex->writable = true;
  tell_space(duplex);
}

struct topo_duplex *topo_duplex_take_orders(struct topo_task *task,
                                            struct topo_duplex_orders *orders)
{
  struct topo_duplex *duplex = duplex_of_outbox(task);
  pthread_mutex_lock(&duplex->mutex);
  duplex->posted_to_network = false;
  memcpy(orders->consumed, duplex->consumed, sizeof orders->consumed);
  memset(duplex->consumed, 0, sizeof duplex->consumed);
  orders->closed = duplex->closed;
  orders->code = duplex->code;
  pthread_mutex_unlock(&duplex->mutex);
  return duplex;
}

void *topo_duplex_wire(const struct topo_duplex *duplex)
{
  return duplex->options.wire;
}

int topo_duplex_take_bytes(struct topo_duplex *duplex, unsigned stream,
                           struct topo_duplex_bytes *bytes)
{
  struct topo_buf *out = &bytes->buf;
  int status = 0;
  pthread_mutex_lock(&duplex->mutex);
  struct topo_buf *sending = &duplex->sending[stream];
  if (out->len == 0) { /* usually all was sent: buffers are exchanged, not copied */
    struct topo_buf empty = *out;
    *out = *sending;
    *sending = empty;
  } else if (sending->len) {
    status = topo_buf_put(out, sending->data, sending->len);
    if (status == 0)
      topo_buf_clear(sending);
  }
  pthread_mutex_unlock(&duplex->mutex);
  return status;
}

void topo_duplex_bytes_sent(struct topo_duplex_bytes *bytes, size_t n)
{
  struct topo_buf *buf = &bytes->buf;
  bytes->sent += n;
  topo_assert(bytes->sent <= buf->len);
  /* While a peer is slower than the space nothing is ever quite sent, so the front must go even
   * then; moving no more than was sent, it costs a copy of each byte at most. */
  if (bytes->sent < buf->len - bytes->sent)
    return;
  topo_buf_drop(buf, bytes->sent);
  bytes->sent = 0;
  if (buf->len == 0 && buf->cap > KEPT)
    topo_buf_finish(buf);
}

/* ---- the space's side ------------------------------------------------------------------------ */

struct topo_duplex *topo_duplex_take_news(struct topo_task *task, struct topo_duplex_news *news)
{
  struct topo_duplex *duplex = (struct topo_duplex *)(void *)task;
  *news = (struct topo_duplex_news){.up = false};
  pthread_mutex_lock(&duplex->mutex);
  duplex->posted_to_space = false;
  if (!duplex->closed) {
    news->up = duplex->up;
    news->writable = duplex->writable;
    news->down = duplex->down;
    news->status = duplex->status;
    memcpy(news->received, duplex->received, sizeof news->received);
    memset(duplex->received, 0, sizeof duplex->received);
    duplex->up = duplex->writable = false;
  }
  pthread_mutex_unlock(&duplex->mutex);
  return duplex;
}

static size_t conn_send(void *ctx, unsigned stream, const uint8_t *data, size_t len)
{
  struct topo_duplex *duplex = ctx;
  topo_assert(stream < TOPO_CONN_STREAMS_MAX);
  pthread_mutex_lock(&duplex->mutex);
  size_t room = TOPO_CONN_SEND_BUFFER_MAX - duplex->buffered[stream];
  size_t n = len < room ? len : room;
  if (duplex->closed || duplex->down || (n && topo_buf_put(&duplex->sending[stream], data, n) < 0))
    n = 0;
  duplex->buffered[stream] += n;
  duplex->starved[stream] |= n < len;
  if (n)
    tell_network(duplex);
  else
    pthread_mutex_unlock(&duplex->mutex);
  return n;
}

static void conn_consumed(void *ctx, unsigned stream, size_t len)
{
  struct topo_duplex *duplex = ctx;
  topo_assert(stream < TOPO_CONN_STREAMS_MAX);
  pthread_mutex_lock(&duplex->mutex);
  duplex->consumed[stream] += len;
  if (duplex->closed || duplex->down)
    pthread_mutex_unlock(&duplex->mutex);
  else
    tell_network(duplex);
}

static void conn_close(void *ctx, uint64_t code)
{
  struct topo_duplex *duplex = ctx;
  pthread_mutex_lock(&duplex->mutex);
  topo_assert(!duplex->closed);
  duplex->closed = true;
  duplex->code = code;
  if (duplex->down)
    pthread_mutex_unlock(&duplex->mutex);
  else
    tell_network(duplex);
  topo_duplex_unref(duplex);
}

static const struct topo_conn_ops conn_ops = {conn_send, conn_consumed, conn_close};

struct topo_conn topo_duplex_conn(struct topo_duplex *duplex)
{
  return (struct topo_conn){&conn_ops, duplex};
}

void topo_duplex_forget(struct topo_duplex *duplex)
{
  pthread_mutex_lock(&duplex->mutex);
  bool mine = !duplex->closed;
  duplex->closed = true;
  pthread_mutex_unlock(&duplex->mutex);
  if (mine)
    topo_duplex_unref(duplex);
}
