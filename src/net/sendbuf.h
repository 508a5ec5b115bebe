/*
 * sendbuf.h - the bytes of one outgoing stream from the moment they are taken until they are acked.
 *
 * A queue of fixed chunks: the transport keeps pointers to what it sent for as long as it may have
 * to send it again, so bytes never move. An idle stream holds no chunk.
 *
 *     offset of the stream:   acked ≤ sent ≤ end ≤ acked + capacity
 */
#ifndef TOPO_NET_SENDBUF_H
#define TOPO_NET_SENDBUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "port/conn.h"

enum {
  TOPO_SENDBUF_CHUNK = 16 * 1024,
  /* One byte more than the port promises: the stream's number precedes what the user sends. */
  TOPO_SENDBUF_CAPACITY = TOPO_CONN_SEND_BUFFER_MAX + 1,
  TOPO_SENDBUF_CHUNKS = TOPO_SENDBUF_CAPACITY / TOPO_SENDBUF_CHUNK + 2
};

struct topo_sendbuf {
  uint8_t *chunks[TOPO_SENDBUF_CHUNKS]; /* a ring: chunk i holds offsets i·CHUNK… of the stream */
  uint64_t acked, sent, end;            /* offsets in the stream */
};

/* Zero-initialised is empty and valid. Frees every chunk; NULL is fine; empty afterwards, at offset
 * 0. */
void topo_sendbuf_finish(struct topo_sendbuf *b);
/* Copies as much as there is room and memory for; returns how much. */
size_t topo_sendbuf_put(struct topo_sendbuf *b, const uint8_t *data, size_t len);
/* Returns how many bytes topo_sendbuf_put would take now, if memory lasts. */
size_t topo_sendbuf_room(const struct topo_sendbuf *b);
/* The next unsent bytes, in up to two pieces (more than a packet holds, when there are as many).
 * Returns the number of pieces, 0 when nothing is unsent. */
size_t topo_sendbuf_next(const struct topo_sendbuf *b, struct topo_bytes pieces[static 2]);
/* Notes that the first `len` bytes of what topo_sendbuf_next gave have been sent. */
void topo_sendbuf_sent(struct topo_sendbuf *b, size_t len);
/* Releases everything before the offset, which has arrived. Returns 0, or TOPO_EINVAL when some of
 * it was never sent. */
int topo_sendbuf_acked(struct topo_sendbuf *b, uint64_t offset);

#endif
