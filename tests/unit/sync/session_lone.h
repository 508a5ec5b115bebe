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

/* SETS of a peer: what it has of control, nothing when NULL, and whether it has epochs, of which
 * nothing is known yet. */
void lone_put_sets(struct topo_buf *out, const struct topo_session_set *control, bool epochs);
/* PAGE of `n` rows, which ascend. */
void lone_put_page(struct topo_buf *out, const struct topo_session_set *rows, size_t n);
/* Tells an initiator that has greeted of just these epochs of the peer, which ascend and are at
 * most TOPO_PAGE_ROWS_MAX: SETS, and the page that it asks for. */
void lone_tell_epochs(struct lone *l, const struct topo_session_set *rows, size_t n);

#endif
