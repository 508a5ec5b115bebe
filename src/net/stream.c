/*
 * stream.c - numbered streams over QUIC's unidirectional ones.
 *
 *     a stream on the wire:   u8 number · bytes of the user
 *
 * The number's byte is returned to the peer's window at once; the user's when the user has consumed
 * them.
 */
#include "net/stream.h"

#include "base/assert.h"
#include "base/status.h"

enum { ALL = (1u << TOPO_CONN_STREAMS_MAX) - 1 };

/* The peer's n-th unidirectional stream has the id 4n + 2 (opened by a client) or 4n + 3. */
static struct topo_net_in *incoming(struct topo_net_conn *conn, int64_t id)
{
  uint64_t n = (uint64_t)id >> 2;
  return n < TOPO_CONN_STREAMS_MAX ? &conn->in[n] : NULL;
}

static bool number_taken(const struct topo_net_conn *conn, int number)
{
  for (size_t i = 0; i < TOPO_CONN_STREAMS_MAX; i++)
    if (conn->in[i].number == number)
      return true;
  return false;
}

static void credit(struct topo_net_conn *conn, int64_t id, size_t len)
{
  ngtcp2_conn_extend_max_stream_offset(conn->quic, id, len);
  ngtcp2_conn_extend_max_offset(conn->quic, len);
}

int topo_net_stream_receive(struct topo_net_conn *conn, int64_t id, const uint8_t *data, size_t len)
{
  struct topo_net_in *in = incoming(conn, id);
  if (!in)
    return TOPO_EPROTOCOL;
  if (len && in->number < 0) {
    if (*data >= TOPO_CONN_STREAMS_MAX || number_taken(conn, *data))
      return TOPO_EPROTOCOL;
    in->number = *data++;
    len--;
    credit(conn, id, 1);
  }
  if (!len)
    return 0;
  in->unconsumed += len;
  conn->net->events->data(conn->net->arg, conn, (unsigned)in->number, data, len);
  return 0;
}

void topo_net_consumed(struct topo_net_conn *conn, unsigned stream, size_t len)
{
  topo_assert(stream < TOPO_CONN_STREAMS_MAX);
  if (!topo_net_conn_alive(conn))
    return;
  for (size_t i = 0; i < TOPO_CONN_STREAMS_MAX; i++)
    if (conn->in[i].number == (int)stream) {
      int64_t base = conn->outgoing ? 3 : 2; /* streams of the other side */
      topo_assert(len <= conn->in[i].unconsumed);
      conn->in[i].unconsumed -= len;
      credit(conn, (int64_t)(4 * i) + base, len);
      topo_net_conn_queue(conn);
      return;
    }
  topo_assert(len == 0);
}

/* Opens the stream when the peer allows it, and sends its number first. Whether it is open. */
static bool open_stream(struct topo_net_conn *conn, unsigned stream)
{
  struct topo_net_out *out = &conn->out[stream];
  return out->id >= 0 ||
         ngtcp2_conn_open_uni_stream(conn->quic, &out->id, (void *)(uintptr_t)stream) == 0;
}

/* Memory is exhausted. With nothing in flight no acknowledgement would ever bring "writable", so
 * the connection ends instead of standing still. */
static size_t starve(struct topo_net_conn *conn)
{
  topo_net_conn_doom(conn, TOPO_ENOMEM, TOPO_CLOSE_INTERNAL);
  return 0;
}

size_t topo_net_send(struct topo_net_conn *conn, unsigned stream, const uint8_t *data, size_t len)
{
  struct topo_net_out *out;
  size_t taken;
  topo_assert(stream < TOPO_CONN_STREAMS_MAX);
  if (conn->state != TOPO_NET_UP || conn->doomed || !len)
    return 0;
  out = &conn->out[stream];
  if (out->buf.end == 0) {
    uint8_t number = (uint8_t)stream;
    if (!topo_sendbuf_put(&out->buf, &number, 1))
      return starve(conn);
  }
  taken = topo_sendbuf_put(&out->buf, data, len);
  if (taken < len && topo_sendbuf_room(&out->buf) > 0)
    return starve(conn);
  if (taken < len)
    out->wanted = true;
  topo_net_conn_queue(conn);
  return taken;
}

void topo_net_stream_acked(struct topo_net_conn *conn, int64_t id, uint64_t offset)
{
  for (unsigned s = 0; s < TOPO_CONN_STREAMS_MAX; s++) {
    struct topo_net_out *out = &conn->out[s];
    if (out->id != id)
      continue;
    int status = topo_sendbuf_acked(&out->buf, offset);
    topo_assert(status == 0);
    /* Not for every little ack: a writer that is woken for a few bytes writes a few bytes. */
    if (out->wanted && !conn->doomed &&
        topo_sendbuf_room(&out->buf) >= TOPO_CONN_SEND_BUFFER_MAX / 4) {
      out->wanted = false;
      conn->net->events->writable(conn->net->arg, conn, s);
    }
    return;
  }
}

static bool has_bytes(struct topo_net_conn *conn, unsigned s, unsigned blocked)
{
  struct topo_net_out *out = &conn->out[s];
  return !(blocked & 1u << s) && out->buf.sent < out->buf.end && open_stream(conn, s);
}

int topo_net_stream_next(struct topo_net_conn *conn, unsigned blocked)
{
  /* The control stream, number 0, always goes first (docs/protocol.md §6); the others take turns
   * with what it leaves. */
  if (has_bytes(conn, 0, blocked))
    return 0;
  for (unsigned i = 0; i < TOPO_CONN_STREAMS_MAX - 1 && blocked != ALL; i++) {
    unsigned s = 1 + (conn->turn + i) % (TOPO_CONN_STREAMS_MAX - 1);
    if (has_bytes(conn, s, blocked)) {
      conn->turn = s % (TOPO_CONN_STREAMS_MAX - 1);
      return (int)s;
    }
  }
  return -1;
}
