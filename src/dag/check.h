/*
 * check.h - the pure, heavy part of receiving events: decode, hash, open, verify. No database, no
 * state: it runs on a worker thread over a batch that it owns, and its result is an input of a
 * later step.
 *
 * Signatures of content are checked from the heads of chains (docs/protocol.md §5): when another
 * event of the batch names an event as its predecessor, that event's own signature is not looked
 * at, and the other is noted as its successor. A successor authenticates its predecessor only if it
 * is an item, which depends on credentials: topo_batch_authenticate asks, once these are known.
 */
#ifndef TOPO_DAG_CHECK_H
#define TOPO_DAG_CHECK_H

#include "dag/keyring.h"

enum {
  TOPO_BATCH_EVENTS_MAX = 8192,          /* of what peers send, in one batch */
  TOPO_BATCH_BYTES_MAX = 4 * 1024 * 1024 /* with the length before each event */
};

/* One received event, or record. Views point into the batch. */
struct topo_checked {
  struct topo_envelope envelope;
  int status;                     /* 0, or why the bytes are no event: nothing below counts then */
  bool duplicate;                 /* the same event came earlier in the batch */
  bool opened;                    /* content: inner is set */
  bool no_key;                    /* content: the epoch's key was not in the keyring */
  bool authentic;                 /* its own signature is valid, or its successor is an item */
  struct topo_checked *successor; /* in this batch: then its own signature was not looked at */
  struct topo_inner inner;
};

struct topo_batch {
  struct topo_context context;
  struct topo_keyring *keys; /* held */
  struct topo_buf raw;       /* the events, u32 length ‖ event */
  struct topo_buf plain;     /* what was opened */
  struct topo_checked *events;
  size_t n;
  struct topo_checked **order; /* those that are events, chain by chain */
  size_t n_order;
  int status; /* TOPO_ENOMEM when the batch could not be worked on at all */
};

/* An empty batch over `keys`, which it holds. NULL: out of memory. */
struct topo_batch *topo_batch_create(const struct topo_context *context, struct topo_keyring *keys);
void topo_batch_destroy(struct topo_batch *batch); /* wipes; NULL is fine; on the space's thread */
/* How many of the `len` bytes, a `u32 length ‖ event` sequence, go into the batch within its
 * bounds: whole events, from the first on. 0 when the first one does not, or has no good framing.
 */
size_t topo_batch_fits(const struct topo_batch *batch, const uint8_t *data, size_t len);
/* Copies `u32 length ‖ event` sequences in; what peers send is held to the bounds by
 * topo_batch_fits. 0, TOPO_ENOMEM, TOPO_EMALFORMED (framing). */
int topo_batch_add(struct topo_batch *batch, const uint8_t *data, size_t len);
/* Does the work. Any thread. */
void topo_batch_check(struct topo_batch *batch);
/* Decides `authentic` for the events that have a successor: `is_item(arg, c)` says whether an
 * authentic event is an item. Where the successor is none, the event's own signature decides. 0 or
 * TOPO_ENOMEM.
 */
int topo_batch_authenticate(struct topo_batch *batch,
                            bool (*is_item)(void *arg, const struct topo_checked *c), void *arg);

#endif
