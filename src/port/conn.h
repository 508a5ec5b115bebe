/*
 * conn.h - the port to one connected peer: streams of bytes under an authenticated key.
 *
 * QUIC is one adapter (net/), the simulator another (tests/lib), a pipe between two accounts of one
 * daemon a third. A connection is full duplex; every stream is unidirectional, opened by its
 * sender, and delivers its bytes in order and once, or the connection goes down. Streams are
 * independent of each other: nothing orders bytes of different streams. There are at most
 * TOPO_CONN_STREAMS in each direction, told apart by a number below that bound which the sender
 * chooses and which both sides see; a number is used once in the life of a connection and its
 * stream never ends before the connection does.
 *
 * Both directions have backpressure. `send` takes what there is room for and returns how much; when
 * it took less than offered, the user hears "writable" later. Received bytes count against the
 * peer's window until the user calls `consumed`.
 *
 * All calls are made by the one thread that runs the user's step; the adapter does the crossing.
 */
#ifndef TOPO_PORT_LINK_H
#define TOPO_PORT_LINK_H

#include <stddef.h>
#include <stdint.h>

enum {
  TOPO_CONN_STREAMS = 4,              /* streams per direction */
  TOPO_CONN_SEND_BUFFER = 512 * 1024, /* bytes an adapter takes per stream before it says "full" */
  TOPO_CONN_WINDOW = 1024 * 1024      /* received bytes not yet consumed, per connection */
};

struct topo_conn_ops {
  /* Takes up to `len` bytes for `stream` and returns how many; 0 when the buffer is full or the
   * connection is down. The bytes are copied. */
  size_t (*send)(void *ctx, unsigned stream, const uint8_t *data, size_t len);
  /* The user has done with `len` received bytes of `stream`: the peer may send that many more. */
  void (*consumed)(void *ctx, unsigned stream, size_t len);
  /* Ends the connection; the peer sees `code` (protocol.md, "Close codes"). The user hears nothing
   * more of it and must not call it again. */
  void (*close)(void *ctx, uint64_t code);
};

struct topo_conn {
  const struct topo_conn_ops *ops;
  void *ctx;
};

static inline size_t topo_conn_send(const struct topo_conn *l, unsigned stream, const uint8_t *data,
                                    size_t len)
{
  return l->ops->send(l->ctx, stream, data, len);
}

static inline void topo_conn_consumed(const struct topo_conn *l, unsigned stream, size_t len)
{
  l->ops->consumed(l->ctx, stream, len);
}

static inline void topo_conn_close(const struct topo_conn *l, uint64_t code)
{
  l->ops->close(l->ctx, code);
}

#endif
