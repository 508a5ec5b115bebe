/*
 * negentropy.h - set reconciliation by Negentropy, protocol version 1
 * (docs/negentropy-protocol-v1.md of github.com/hoytech/negentropy): bytes in, bytes out.
 *
 * Two sides find out how their sets differ. The initiator learns which ids only it has and which
 * only the peer has; the responder learns nothing, and keeps nothing between messages. A message is
 * the version byte 0x61 and a list of ranges, which ascend and together cover everything:
 *
 *   range     := bound ‖ varint mode ‖ payload   from the bound of the range before, up to its own
 *   bound     := timestamp ‖ varint n ‖ n bytes  a timestamp, and the first bytes of an id
 *   timestamp := varint 0                        infinity
 *             |  varint 1 + difference           counted from the timestamp of the bound before
 *   payload   := nothing                         mode 0: the range is skipped
 *             |  16 bytes                        mode 1: the fingerprint of the sender's items
 *             |  varint n ‖ n ids                mode 2: the sender's items, one by one
 *
 * A message is checked as a whole before anything is done about it. Items may be added to the set
 * between messages.
 */
#ifndef TOPO_SYNC_NEGENTROPY_H
#define TOPO_SYNC_NEGENTROPY_H

#include "sync/itemset.h"

enum {
  TOPO_NEGENTROPY_VERSION = 0x61,
  TOPO_NEGENTROPY_MESSAGE_MIN = 4096, /* the smallest limit on the bytes of a message */
  TOPO_NEGENTROPY_BUCKETS_MIN = 2,
  TOPO_NEGENTROPY_BUCKETS_MAX = 48, /* so that one range always fits into the smallest message */

  /* With this many buckets every message is, byte for byte, the reference implementation's. That
   * includes its treatment of a range that no longer fits: the fingerprint which closes the message
   * then leaves that range's own items out, and if the peer happens to hold none from there on, a
   * difference is taken for equality and missed. With any other number the items are included. */
  TOPO_NEGENTROPY_REFERENCE_BUCKETS = 16
};

/* One side of an exchange. Embedded by its user; the members belong to negentropy.c. */
struct topo_negentropy {
  struct topo_itemset set;
  size_t message_limit; /* bytes; 0 for none */
  unsigned buckets;
  bool initiator;
};

/* Receives what the initiator finds out, range by range in the order of the set. Within a range the
 * ids for `have` come first, in the order of the set, and then those for `need`, in the order in
 * which the peer listed them. A negative result ends topo_negentropy_reconcile, which returns it.
 * An id may come again in a later round when either side limits its messages. */
struct topo_negentropy_sink {
  int (*have)(void *ctx, const struct topo_id *id); /* only this side has it */
  int (*need)(void *ctx, const struct topo_id *id); /* only the peer has it */
  void *ctx;
};

/* Prepares one side. `set` is copied; what it leads to must last until `n` is finished. No message
 * that is made will be longer than `message_limit` bytes; 0 sets no limit, and a message then holds
 * at most all ids of the set. A range that differs is split into `buckets` parts or, when it has
 * fewer than twice as many items, listed. Returns 0; or TOPO_EINVAL when the limit is not 0 but
 * below TOPO_NEGENTROPY_MESSAGE_MIN, or `buckets` is out of its bounds. */
int topo_negentropy_init(struct topo_negentropy *n, const struct topo_itemset *set,
                         size_t message_limit, unsigned buckets);

/* Ends the exchange. NULL is fine. */
void topo_negentropy_finish(struct topo_negentropy *n);

/* The three functions below make a message. `out` belongs to the caller, and what was in it is
 * replaced by the message to send. Each of them may also return TOPO_ENOMEM, or what the set
 * returned; `out` is then empty. */

/* Makes `n` the initiator and writes the first message. Allowed once after topo_negentropy_init. */
int topo_negentropy_initiate(struct topo_negentropy *n, struct topo_buf *out);

/* Writes the responder's answer to `message`. The answer to a message of another version of the
 * protocol is the single byte of ours. Returns 0; or TOPO_EMALFORMED when the message breaks the
 * format. */
int topo_negentropy_respond(struct topo_negentropy *n, struct topo_bytes message,
                            struct topo_buf *out);

/* Takes the responder's answer: reports to `sink` what it tells, and writes the next message. When
 * nothing is left to ask, *done is set and `out` is empty. Returns 0; TOPO_EMALFORMED when the
 * message breaks the format, before anything is reported; TOPO_EVERSION when the peer does not
 * speak our version; or what the sink returned. */
int topo_negentropy_reconcile(struct topo_negentropy *n, struct topo_bytes message,
                              const struct topo_negentropy_sink *sink, struct topo_buf *out,
                              bool *done);

#endif
