/*
 * pipe.h - one connection as it stands between two threads: the network's, which owns the QUIC
 * connection, and that of the space it belongs to, which sees a struct topo_link.
 *
 * Each side leaves what it has for the other in the pipe (bytes, counters, flags) and posts the
 * pipe's letter unless it is on its way already. However much happens, a pipe is in each mailbox
 * at most once, and small pieces become large ones while the other side is busy. Memory is bounded
 * by the window in one direction and by TOPO_LINK_SEND_BUFFER per stream in the other.
 *
 * References: the network's (until topo_pipe_down or a close was taken), the space's (until it
 * closed the link or was told "down"), and one for each mailbox the pipe is in.
 */
#ifndef TOPO_DAEMON_PIPE_H
#define TOPO_DAEMON_PIPE_H

#include "base/bytes.h"
#include "daemon/letter.h"
#include "node/node.h"
#include "port/link.h"

#include <stdatomic.h>

struct topo_pipe;

struct topo_pipe_options {
  uint64_t number; /* of the link */
  struct topo_id peer;
  struct topo_address address;
  bool outgoing;
  uint64_t dial;               /* when outgoing */
  struct topo_mailbox *inbox;  /* the space's */
  struct topo_mailbox *outbox; /* the network's */
  atomic_size_t *alive;        /* counts pipes; outlives them */
  void *wire;                  /* the network's own */
};

/* With the network's and the space's reference. NULL: out of memory. */
struct topo_pipe *topo_pipe_create(const struct topo_pipe_options *options);
void topo_pipe_unref(struct topo_pipe *pipe);
const struct topo_pipe_options *topo_pipe_options(const struct topo_pipe *pipe);

/* ---- the network's side ---- */

/* Tells the space of the link. To be called once, first. When the space is gone the link will be
 * closed by no one: TOPO_ECLOSED, and both references are the caller's to drop. */
int topo_pipe_up(struct topo_pipe *pipe);
/* Leaves bytes for the space. 0, also when it closed the link; TOPO_ENOMEM. */
int topo_pipe_received(struct topo_pipe *pipe, unsigned stream, const uint8_t *data, size_t len);
/* The connection is no more: drops the network's reference. */
void topo_pipe_down(struct topo_pipe *pipe, int status);
/* `n` bytes of those taken have gone out: there is room for more. */
void topo_pipe_sent(struct topo_pipe *pipe, unsigned stream, size_t n);

/* What the space wants done, taken out of the pipe. */
struct topo_pipe_orders {
  size_t consumed[TOPO_LINK_STREAMS];
  bool closed;
  uint64_t code;
};
/* For a letter from the outbox: fills *orders. Returns the pipe, with the mailbox's reference. */
struct topo_pipe *topo_pipe_take_orders(struct topo_letter *letter,
                                        struct topo_pipe_orders *orders);
/* The network's own pointer; NULL once the connection is gone. Only the network asks. */
void *topo_pipe_wire(const struct topo_pipe *pipe);
/* What the network has taken out of a stream and the connection has not taken yet. Zero-initialised
 * is empty; topo_buf_finish(&bytes->buf) releases it. */
struct topo_pipe_bytes {
  struct topo_buf buf;
  size_t sent; /* from the front of `buf`: the connection has it */
};
/* Moves what the space has sent on a stream to the end of `out`. 0 or TOPO_ENOMEM. */
int topo_pipe_take_bytes(struct topo_pipe *pipe, unsigned stream, struct topo_pipe_bytes *out);
/* The connection took `n` bytes more. They are let go: what is kept is less than twice what still
 * waits, so at most 2 · TOPO_LINK_SEND_BUFFER, and little when nothing waits. */
void topo_pipe_bytes_sent(struct topo_pipe_bytes *bytes, size_t n);

/* ---- the space's side ---- */

struct topo_pipe_news {
  bool up, writable, down;
  int status;                                  /* when down */
  struct topo_buf received[TOPO_LINK_STREAMS]; /* the caller's: to be finished */
};
/* For a letter from the inbox: fills *news, which is empty when the space closed the link. Returns
 * the pipe, with the mailbox's reference. */
struct topo_pipe *topo_pipe_take_news(struct topo_letter *letter, struct topo_pipe_news *news);
/* The link for the node. Its `close` drops the space's reference. */
struct topo_link topo_pipe_link(struct topo_pipe *pipe);
/* The space has been told "down": drops its reference unless it closed the link itself. */
void topo_pipe_forget(struct topo_pipe *pipe);

#endif
