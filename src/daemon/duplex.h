/*
 * duplex.h - one connection as it is shared by two threads: the network's, which owns the QUIC
 * connection, and that of the space it belongs to, which sees a struct topo_conn.
 *
 * Each side leaves what it has for the other in the duplex (bytes, counters, flags) and posts the
 * duplex's task unless it is on its way already. However much happens, a duplex is in each mailbox
 * at most once, and small pieces become large ones while the other side is busy. Memory is bounded
 * by the window in one direction and by TOPO_CONN_SEND_BUFFER_MAX per stream in the other.
 *
 * References: the network's (until topo_duplex_down or a close was taken), the space's (until it
 * closed the connection or was told "down"), and one for each mailbox the duplex is in.
 */
#ifndef TOPO_DAEMON_DUPLEX_H
#define TOPO_DAEMON_DUPLEX_H

#include "base/bytes.h"
#include "daemon/task.h"
#include "node/node.h"
#include "port/conn.h"

#include <stdatomic.h>

struct topo_duplex;

struct topo_duplex_options {
  uint64_t number; /* of the connection */
  struct topo_id peer;
  struct topo_address address;
  bool outgoing;
  uint64_t dial;               /* when outgoing */
  struct topo_mailbox *inbox;  /* the space's */
  struct topo_mailbox *outbox; /* the network's */
  atomic_size_t *alive;        /* counts duplexes; outlives them */
  void *wire;                  /* the network's own */
};

/* With the network's and the space's reference. NULL: out of memory. */
struct topo_duplex *topo_duplex_create(const struct topo_duplex_options *options);
void topo_duplex_unref(struct topo_duplex *duplex);
const struct topo_duplex_options *topo_duplex_options(const struct topo_duplex *duplex);

/* ---- the network's side ---- */

/* Tells the space of the connection. To be called once, first. When the space is gone the
 * connection will be closed by no one: TOPO_ECLOSED, and both references are the caller's to drop.
 */
int topo_duplex_up(struct topo_duplex *duplex);
/* Leaves bytes for the space. 0, also when it closed the connection; TOPO_ENOMEM. */
int topo_duplex_received(struct topo_duplex *duplex, unsigned stream, const uint8_t *data,
                         size_t len);
/* The connection is no more: drops the network's reference. */
void topo_duplex_down(struct topo_duplex *duplex, int status);
/* `n` bytes of those taken have gone out: there is room for more. */
void topo_duplex_sent(struct topo_duplex *duplex, unsigned stream, size_t n);

/* What the space wants done, taken out of the duplex. */
struct topo_duplex_orders {
  size_t consumed[TOPO_CONN_STREAMS_MAX];
  bool closed;
  uint64_t code;
};
/* For a task from the outbox: fills *orders. Returns the duplex, with the mailbox's reference. */
struct topo_duplex *topo_duplex_take_orders(struct topo_task *task,
                                            struct topo_duplex_orders *orders);
/* The network's own pointer; NULL once the connection is gone. Only the network asks. */
void *topo_duplex_wire(const struct topo_duplex *duplex);
/* What the network has taken out of a stream and the connection has not taken yet. Zero-initialised
 * is empty; topo_buf_finish(&bytes->buf) releases it. */
struct topo_duplex_bytes {
  struct topo_buf buf;
  size_t sent; /* from the front of `buf`: the connection has it */
};
/* Moves what the space has sent on a stream to the end of `out`. 0 or TOPO_ENOMEM. */
int topo_duplex_take_bytes(struct topo_duplex *duplex, unsigned stream,
                           struct topo_duplex_bytes *out);
/* The connection took `n` bytes more. They are let go: what is kept is less than twice what still
 * waits, so at most 2 · TOPO_CONN_SEND_BUFFER_MAX, and little when nothing waits. */
void topo_duplex_bytes_sent(struct topo_duplex_bytes *bytes, size_t n);

/* ---- the space's side ---- */

struct topo_duplex_news {
  bool up, writable, down;
  int status;                                      /* when down */
  struct topo_buf received[TOPO_CONN_STREAMS_MAX]; /* the caller's: to be finished */
};
/* For a task from the inbox: fills *news, which is empty when the space closed the connection.
 * Returns the duplex, with the mailbox's reference. */
struct topo_duplex *topo_duplex_take_news(struct topo_task *task, struct topo_duplex_news *news);
/* The connection for the node. Its `close` drops the space's reference. */
struct topo_conn topo_duplex_conn(struct topo_duplex *duplex);
/* The space has been told "down": drops its reference unless it closed the connection itself. */
void topo_duplex_forget(struct topo_duplex *duplex);

#endif
