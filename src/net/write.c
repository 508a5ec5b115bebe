/* write.c - one connection's burst of packets. */
#include "net/write.h"

#include "base/assert.h"
#include "net/close.h"
#include "net/stream.h"

enum { BURST_BYTES = 64 * 1024 /* bytes until it is the next connection that writes */ };

/* Pacing spreads a window over a round trip. Where that is shorter than what timers resolve it
 * would only leave the network idle; the window bounds the burst there. */
#define PACED_RTT_NS NGTCP2_MILLISECONDS

/* A burst on its way. */
struct burst {
  struct topo_net_conn *conn;
  size_t written;
  unsigned blocked; /* streams that flow control stops, one bit each */
};

/* The socket address ngtcp2 names, in our form. */
static void address_of(struct topo_net_address *out, const ngtcp2_addr *from)
{
  int rc = topo_net_address_set(out, from->addr, from->addrlen);
  topo_assert(rc == 0);
}

/* What to offer of a stream (NULL: of none): the number of pieces. */
static size_t offer(const struct topo_net_out *out, ngtcp2_vec vec[static 2])
{
  struct topo_bytes pieces[2];
  size_t n = out ? topo_sendbuf_next(&out->buf, pieces) : 0;
  for (size_t i = 0; i < n; i++)
    vec[i] = (ngtcp2_vec){(uint8_t *)(uintptr_t)pieces[i].data, pieces[i].len};
  return n;
}

/* Builds the next packet. Its length, 0 when there is nothing to send now, or an error of ngtcp2.
 */
static ngtcp2_ssize build(struct burst *b, ngtcp2_path_storage *path, ngtcp2_pkt_info *info)
{
  struct topo_net_conn *conn = b->conn;
  uint8_t *space = topo_io_space(&conn->net->io);
  for (;;) {
    int s = conn->state == TOPO_NET_UP ? topo_net_stream_next(conn, b->blocked) : -1;
    struct topo_net_out *out = s < 0 ? NULL : &conn->out[s];
    ngtcp2_vec vec[2];
    size_t pieces = offer(out, vec);
    ngtcp2_ssize taken = -1, n;
    ngtcp2_path_storage_zero(path);
    n = ngtcp2_conn_writev_stream(conn->quic, &path->path, info, space, TOPO_IO_PACKET_MAX, &taken,
                                  NGTCP2_WRITE_STREAM_FLAG_NONE, out ? out->id : -1, vec, pieces,
                                  conn->net->now_ns);
    if (taken > 0)
      topo_sendbuf_sent(&out->buf, (size_t)taken);
    if (!out || n != NGTCP2_ERR_STREAM_DATA_BLOCKED)
      return n;
    b->blocked |= 1u << s;
  }
}

static enum topo_net_burst burst(struct burst *b, size_t limit)
{
  struct topo_net *net = b->conn->net;
  while (b->written < limit) {
    struct topo_net_address local, remote;
    ngtcp2_path_storage path;
    ngtcp2_pkt_info info = {0};
    ngtcp2_ssize n = build(b, &path, &info);
    if (n < 0) {
      topo_net_close_failed(b->conn, (int)n);
      return TOPO_NET_BURST_DONE;
    }
    if (n == 0)
      return TOPO_NET_BURST_DONE;
    address_of(&local, &path.path.local);
    address_of(&remote, &path.path.remote);
    topo_io_push(&net->io, (size_t)n, &local, &remote, (uint8_t)info.ecn);
    b->written += (size_t)n;
    if (net->io.blocked)
      return TOPO_NET_BURST_FULL;
  }
  return TOPO_NET_BURST_MORE;
}

enum topo_net_burst topo_net_write(struct topo_net_conn *conn)
{
  struct burst b = {.conn = conn};
  size_t limit = ngtcp2_conn_get_send_quantum(conn->quic);
  enum topo_net_burst outcome;
  if (conn->net->io.blocked)
    return TOPO_NET_BURST_FULL;
  outcome = burst(&b, limit < BURST_BYTES ? limit : BURST_BYTES);
  topo_io_flush(&conn->net->io);
  if (!topo_net_conn_alive(conn))
    return TOPO_NET_BURST_DONE;
  if (b.written && quic_smoothed_rtt(conn->quic) >= PACED_RTT_NS)
    ngtcp2_conn_update_pkt_tx_time(conn->quic, conn->net->now_ns);
  topo_net_conn_retime(conn);
  /* ngtcp2 spreads packets over time (pacing): when it wants a pause now, its timer brings the
   * connection back into the queue. */
  if (outcome == TOPO_NET_BURST_MORE && ngtcp2_conn_get_expiry(conn->quic) > conn->net->now_ns)
    outcome = TOPO_NET_BURST_DONE;
  return conn->net->io.blocked ? TOPO_NET_BURST_FULL : outcome;
}
