/* pipe.c - a connection between the network's thread and its space's. */
#include "daemon/pipe.h"

#include "base/assert.h"
#include "base/status.h"

#include <stdlib.h>
#include <string.h>

enum { KEPT = 16 * 1024 }; /* bytes of an empty buffer that are not worth giving back */

struct topo_pipe {
  struct topo_letter to_space; /* first */
  struct topo_letter to_network;
  struct topo_pipe_options options;
  atomic_int refs;
  pthread_mutex_t mutex; /* for everything below */
  bool posted_to_space, posted_to_network;
  /* news for the space */
  bool up, writable, down;
  int status;
  struct topo_buf received[TOPO_LINK_STREAMS];
  /* orders for the network */
  struct topo_buf sending[TOPO_LINK_STREAMS];
  size_t consumed[TOPO_LINK_STREAMS];
  bool closed; /* by the space, or it has heard "down" */
  uint64_t code;
  /* bytes that were sent and have not gone out; who waits for room */
  size_t buffered[TOPO_LINK_STREAMS];
  bool starved[TOPO_LINK_STREAMS];
};

static struct topo_pipe *pipe_of_outbox(struct topo_letter *letter)
{
  return (struct topo_pipe *)(void *)((char *)letter - offsetof(struct topo_pipe, to_network));
}

struct topo_pipe *topo_pipe_create(const struct topo_pipe_options *options)
{
  struct topo_pipe *pipe = calloc(1, sizeof *pipe);
  if (!pipe)
    return NULL;
  pipe->to_space.kind = TOPO_LETTER_PIPE;
  pipe->to_network.kind = TOPO_LETTER_PIPE;
  pipe->options = *options;
  atomic_init(&pipe->refs, 2);
  topo_assert(pthread_mutex_init(&pipe->mutex, NULL) == 0);
  atomic_fetch_add(options->alive, 1);
  return pipe;
}

static void ref(struct topo_pipe *pipe)
{
  atomic_fetch_add(&pipe->refs, 1);
}

void topo_pipe_unref(struct topo_pipe *pipe)
{
  if (atomic_fetch_sub(&pipe->refs, 1) != 1)
    return;
  for (unsigned i = 0; i < TOPO_LINK_STREAMS; i++) {
    topo_buf_finish(&pipe->received[i]);
    topo_buf_finish(&pipe->sending[i]);
  }
  atomic_fetch_sub(pipe->options.alive, 1);
  pthread_mutex_destroy(&pipe->mutex);
  free(pipe);
}

const struct topo_pipe_options *topo_pipe_options(const struct topo_pipe *pipe)
{
  return &pipe->options;
}

/* Called with the mutex, which it gives up. A mailbox that is closed belongs to someone who wants
 * to know nothing more. */
static int post(struct topo_pipe *pipe, struct topo_mailbox *box, struct topo_letter *letter,
                bool *posted)
{
  bool put = !*posted;
  *posted = true;
  pthread_mutex_unlock(&pipe->mutex);
  if (!put)
    return 0;
  ref(pipe);
  int status = topo_mailbox_put(box, &letter->mail);
  if (status < 0)
    topo_pipe_unref(pipe);
  return status;
}

static int tell_space(struct topo_pipe *pipe)
{
  return post(pipe, pipe->options.inbox, &pipe->to_space, &pipe->posted_to_space);
}

static void tell_network(struct topo_pipe *pipe)
{
  post(pipe, pipe->options.outbox, &pipe->to_network, &pipe->posted_to_network);
}

/* ---- the network's side ---------------------------------------------------------------------- */

int topo_pipe_up(struct topo_pipe *pipe)
{
  pthread_mutex_lock(&pipe->mutex);
  pipe->up = true;
  return tell_space(pipe);
}

int topo_pipe_received(struct topo_pipe *pipe, unsigned stream, const uint8_t *data, size_t len)
{
  pthread_mutex_lock(&pipe->mutex);
  if (pipe->closed) {
    pthread_mutex_unlock(&pipe->mutex);
    return 0;
  }
  if (topo_buf_put(&pipe->received[stream], data, len) < 0) {
    pthread_mutex_unlock(&pipe->mutex);
    return TOPO_ENOMEM;
  }
  tell_space(pipe);
  return 0;
}

void topo_pipe_down(struct topo_pipe *pipe, int status)
{
  pthread_mutex_lock(&pipe->mutex);
  pipe->options.wire = NULL;
  pipe->down = true;
  pipe->status = status;
  if (pipe->closed)
    pthread_mutex_unlock(&pipe->mutex);
  else
    tell_space(pipe);
  topo_pipe_unref(pipe);
}

void topo_pipe_sent(struct topo_pipe *pipe, unsigned stream, size_t n)
{
  pthread_mutex_lock(&pipe->mutex);
  topo_assert(n <= pipe->buffered[stream]);
  pipe->buffered[stream] -= n;
  /* Half of the buffer: a writer that is woken for every packet does little else. */
  bool wake =
      !pipe->closed && pipe->starved[stream] && pipe->buffered[stream] <= TOPO_LINK_SEND_BUFFER / 2;
  if (!wake) {
    pthread_mutex_unlock(&pipe->mutex);
    return;
  }
  pipe->starved[stream] = false;
  pipe->writable = true;
  tell_space(pipe);
}

struct topo_pipe *topo_pipe_take_orders(struct topo_letter *letter, struct topo_pipe_orders *orders)
{
  struct topo_pipe *pipe = pipe_of_outbox(letter);
  pthread_mutex_lock(&pipe->mutex);
  pipe->posted_to_network = false;
  memcpy(orders->consumed, pipe->consumed, sizeof orders->consumed);
  memset(pipe->consumed, 0, sizeof pipe->consumed);
  orders->closed = pipe->closed;
  orders->code = pipe->code;
  pthread_mutex_unlock(&pipe->mutex);
  return pipe;
}

void *topo_pipe_wire(const struct topo_pipe *pipe)
{
  return pipe->options.wire;
}

int topo_pipe_take_bytes(struct topo_pipe *pipe, unsigned stream, struct topo_pipe_bytes *bytes)
{
  struct topo_buf *out = &bytes->buf;
  int status = 0;
  pthread_mutex_lock(&pipe->mutex);
  struct topo_buf *sending = &pipe->sending[stream];
  if (out->len == 0) { /* the usual case: an exchange of buffers instead of a copy */
    struct topo_buf empty = *out;
    *out = *sending;
    *sending = empty;
  } else if (sending->len) {
    status = topo_buf_put(out, sending->data, sending->len);
    if (status == 0)
      topo_buf_clear(sending);
  }
  pthread_mutex_unlock(&pipe->mutex);
  return status;
}

void topo_pipe_bytes_sent(struct topo_pipe_bytes *bytes, size_t n)
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

struct topo_pipe *topo_pipe_take_news(struct topo_letter *letter, struct topo_pipe_news *news)
{
  struct topo_pipe *pipe = (struct topo_pipe *)(void *)letter;
  *news = (struct topo_pipe_news){.up = false};
  pthread_mutex_lock(&pipe->mutex);
  pipe->posted_to_space = false;
  if (!pipe->closed) {
    news->up = pipe->up;
    news->writable = pipe->writable;
    news->down = pipe->down;
    news->status = pipe->status;
    memcpy(news->received, pipe->received, sizeof news->received);
    memset(pipe->received, 0, sizeof pipe->received);
    pipe->up = pipe->writable = false;
  }
  pthread_mutex_unlock(&pipe->mutex);
  return pipe;
}

static size_t link_send(void *ctx, unsigned stream, const uint8_t *data, size_t len)
{
  struct topo_pipe *pipe = ctx;
  topo_assert(stream < TOPO_LINK_STREAMS);
  pthread_mutex_lock(&pipe->mutex);
  size_t room = TOPO_LINK_SEND_BUFFER - pipe->buffered[stream];
  size_t n = len < room ? len : room;
  if (pipe->closed || pipe->down || (n && topo_buf_put(&pipe->sending[stream], data, n) < 0))
    n = 0;
  pipe->buffered[stream] += n;
  pipe->starved[stream] |= n < len;
  if (n)
    tell_network(pipe);
  else
    pthread_mutex_unlock(&pipe->mutex);
  return n;
}

static void link_consumed(void *ctx, unsigned stream, size_t len)
{
  struct topo_pipe *pipe = ctx;
  topo_assert(stream < TOPO_LINK_STREAMS);
  pthread_mutex_lock(&pipe->mutex);
  pipe->consumed[stream] += len;
  if (pipe->closed || pipe->down)
    pthread_mutex_unlock(&pipe->mutex);
  else
    tell_network(pipe);
}

static void link_close(void *ctx, uint64_t code)
{
  struct topo_pipe *pipe = ctx;
  pthread_mutex_lock(&pipe->mutex);
  topo_assert(!pipe->closed);
  pipe->closed = true;
  pipe->code = code;
  if (pipe->down)
    pthread_mutex_unlock(&pipe->mutex);
  else
    tell_network(pipe);
  topo_pipe_unref(pipe);
}

static const struct topo_link_ops link_ops = {link_send, link_consumed, link_close};

struct topo_link topo_pipe_link(struct topo_pipe *pipe)
{
  return (struct topo_link){&link_ops, pipe};
}

void topo_pipe_forget(struct topo_pipe *pipe)
{
  pthread_mutex_lock(&pipe->mutex);
  bool mine = !pipe->closed;
  pipe->closed = true;
  pthread_mutex_unlock(&pipe->mutex);
  if (mine)
    topo_pipe_unref(pipe);
}
