/*
 * negentropy.h - set reconciliation, Negentropy protocol v1 (docs/negentropy-protocol-v1.md of
 * github.com/hoytech/negentropy): bytes in, bytes out.
 *
 * The initiator learns which ids only it has and which only the peer has; the responder learns
 * nothing and keeps nothing between messages. A message is the version byte 0x61 and a list of
 * ranges, in ascending order, which together cover everything:
 *
 *   Range := Bound  mode:varint  payload       from the bound of the range before, up to this bound
 *   Bound := varint(0: infinity, else 1 + timestamp - timestamp before) ‖ varint(n) ‖ n bytes of id
 *   payload := nothing (0: skip) | 16 bytes (1: fingerprint) | varint(n) ‖ n ids (2: id list)
 *
 * A message is checked as a whole before anything is done about it. Items may be added to the set
 * between messages.
 */
#ifndef TOPO_SYNC_NEGENTROPY_H
#define TOPO_SYNC_NEGENTROPY_H

#include "sync/itemset.h"

enum {
  TOPO_NEGENTROPY_VERSION = 0x61,
  TOPO_NEGENTROPY_MESSAGE_MIN = 4096,
  TOPO_NEGENTROPY_BUCKETS_MIN = 2,
  TOPO_NEGENTROPY_BUCKETS_MAX = 48, /* so that one range always fits in the smallest frame */
  /* With this many buckets every message is, byte for byte, the reference implementation's. That
   * includes its treatment of a range that no longer fits: the fingerprint which closes the message
   * then leaves that range's own items out, and if the peer happens to hold none from there on, a
   * difference is taken for equality and missed. With any other number the items are included. */
  TOPO_NEGENTROPY_REFERENCE_BUCKETS = 16
};

/* Embedded by its user; the members belong to negentropy.c. */
struct topo_negentropy {
  struct topo_itemset set;
  size_t message_limit;
  unsigned buckets;
  bool initiator;
};

/* Receives what the initiator finds out, range by range in set order; within a range first `have`,
 * in set order, then `need`, in order of id. A negative return ends topo_negentropy_reconcile with
 * it. An id may be reported again in a later round when either side limits its frames. */
struct topo_negentropy_sink {
  int (*have)(void *ctx, const struct topo_id *id); /* only this side has it */
  int (*need)(void *ctx, const struct topo_id *id); /* only the peer has it */
  void *ctx;
};

/* `set` is copied; what it leads to must last until it is rebound or `n` is finished. No message
 * made will be longer than `message_limit` bytes; 0 is no limit (a message then holds at most all
 * ids of the set). A range that differs is split into `buckets` parts or, below twice as many
 * items, listed. TOPO_EINVAL when a limit is below TOPO_NEGENTROPY_MESSAGE_MIN or `buckets` out of
 * bounds.
 */
int topo_negentropy_init(struct topo_negentropy *n, const struct topo_itemset *set,
                         size_t message_limit, unsigned buckets);
/* Replaces the handle on the set, for owners whose handles last shorter than the exchange. */
void topo_negentropy_rebind(struct topo_negentropy *n, const struct topo_itemset *set);
/* NULL is fine. */
void topo_negentropy_finish(struct topo_negentropy *n);

/* In the three functions below `out` belongs to the caller and what it held is replaced by the
 * message to send. All of them return TOPO_ENOMEM, and what the set returns; `out` is then empty.
 */

/* Makes `n` the initiator and begins. Once per topo_negentropy_init. */
int topo_negentropy_initiate(struct topo_negentropy *n, struct topo_buf *out);

/* The responder's answer. To a message of another protocol version it is the single byte of ours.
 * TOPO_EMALFORMED when the message breaks the format. */
int topo_negentropy_respond(struct topo_negentropy *n, struct topo_bytes message,
                            struct topo_buf *out);

/* The initiator's side of an answer: reports to `sink` and sets *done when nothing is left to ask;
 * `out` is then empty. TOPO_EMALFORMED before anything is reported when the message breaks the
 * format; TOPO_EVERSION when the peer does not speak our version; what the sink returned. */
int topo_negentropy_reconcile(struct topo_negentropy *n, struct topo_bytes message,
                              const struct topo_negentropy_sink *sink, struct topo_buf *out,
                              bool *done);

#endif
