/*
 * session_lone.h - one session, whose peer is the test.
 */
#ifndef TEST_SYNC_SESSION_LONE_H
#define TEST_SYNC_SESSION_LONE_H

#include "sync/wire.h"
#include "unit/sync/session_pair.h"

enum { CONTROL = TOPO_STREAM_CONTROL, BULK = TOPO_STREAM_BULK, LIVE = TOPO_STREAM_LIVE };

struct lone {
  struct pair p;
  struct pair_side *side;
  struct topo_buf bytes; /* what the peer is about to send */
};

/* A session that has sent HELLO. */
void lone_init(struct lone *l, bool initiator, enum topo_session_role role);
void lone_finish(struct lone *l);
/* A HELLO that it takes. */
struct topo_wire_hello lone_hello(const struct lone *l);
/* The same as lone_init, and the peer's HELLO came. */
void lone_greet(struct lone *l, bool initiator, enum topo_session_role role);
/* Gives the session what is in `bytes`, and flushes. */
int lone_inject(struct lone *l, unsigned stream);
/* What is in `bytes` ends the session so. Finishes it. */
void lone_breaks(struct lone *l, unsigned stream, int status);
/* A frame of any kind and payload. */
void lone_frame(struct topo_buf *out, unsigned kind, const void *payload, size_t len);

#endif
