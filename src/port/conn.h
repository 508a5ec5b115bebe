/*
 * conn.h - the port to one connected peer: streams of bytes under an authenticated key.
 *
 * QUIC is one adapter (net/), the simulator another (tests/lib), and what joins two accounts of one
 * daemon a third. A connection goes both ways; a stream goes one way. It is opened by its sender
 * and delivers its bytes in order and once, or the connection goes down. Nothing orders the bytes
 * of different streams. A stream is known by a number below TOPO_CONN_STREAMS_MAX, which the sender
 * chooses and both sides see. A number is used once in the life of a connection, and its stream
 * does not end before the connection does.
 *
 * Both directions have backpressure. `send` takes what there is room for and says how much that
 * was; when it was less than offered, the user hears "writable" later. Bytes that were received
 * count against the peer's window until the user says that they are consumed.
 *
 * All calls are made by the one thread that runs the user's step. The adapter does the crossing.
 */
#ifndef TOPO_PORT_CONN_H
#define TOPO_PORT_CONN_H

#include <stddef.h>
#include <stdint.h>

enum {
  TOPO_CONN_STREAMS_MAX = 4, /* streams per direction */
  TOPO_CONN_SEND_BUFFER_MAX =
      512 * 1024,                    /* bytes an adapter takes per stream before it says "full" */
  TOPO_CONN_WINDOW_MAX = 1024 * 1024 /* received bytes not yet consumed, per connection */
};

struct topo_conn_ops {
  /* Copies up to `len` bytes, to be sent on `stream`. Returns how many it took; 0 when the buffer
   * is full or the connection is down. */
  size_t (*send)(void *ctx, unsigned stream, const uint8_t *data, size_t len);

  /* The user is done with `len` received bytes of `stream`: the peer may send that many more. */
  void (*consumed)(void *ctx, unsigned stream, size_t len);

  /* Ends the connection with `code`, which the peer sees (docs/protocol.md §6.5). The user hears
   * nothing more of the connection and must not call it again. */
  void (*close)(void *ctx, uint64_t code);
};

struct topo_conn {
  const struct topo_conn_ops *ops;
  void *ctx;
};

static inline size_t topo_conn_send(const struct topo_conn *conn, unsigned stream,
                                    const uint8_t *data, size_t len)
{
  return conn->ops->send(conn->ctx, stream, data, len);
}

static inline void topo_conn_consumed(const struct topo_conn *conn, unsigned stream, size_t len)
{
  conn->ops->consumed(conn->ctx, stream, len);
}

static inline void topo_conn_close(const struct topo_conn *conn, uint64_t code)
{
  conn->ops->close(conn->ctx, code);
}

#endif
