/*
 * range.h - the bytes of a Negentropy message: ranges out of it, ranges into it.
 *
 * Timestamps are coded as differences, so reader and writer remember the last one. The layout is in
 * negentropy.h.
 */
#ifndef TOPO_SYNC_RANGE_H
#define TOPO_SYNC_RANGE_H

#include "sync/itemset.h"

/* A position between items: what is below `item` lies before it. Bytes of the id from id_len on are
 * zero and do not travel. */
struct topo_bound {
  struct topo_item item;
  size_t id_len;
};
extern const struct topo_bound topo_bound_infinity;
/* The shortest bound that keeps two neighbours apart; prev is below next. */
struct topo_bound topo_bound_between(const struct topo_item *prev, const struct topo_item *next);
/* The bound just before an item, in full. */
struct topo_bound topo_bound_at(const struct topo_item *item);

enum topo_range_mode { TOPO_RANGE_SKIP, TOPO_RANGE_FINGERPRINT, TOPO_RANGE_IDS };

struct topo_range {
  struct topo_bound upper;
  enum topo_range_mode mode;
  uint64_t count;         /* of ids; 0 unless the mode is TOPO_RANGE_IDS */
  const uint8_t *payload; /* the fingerprint or the ids, in the message's memory */
};

struct topo_range_reader {
  struct topo_reader bytes;
  struct topo_bound last;
};
/* Reads the ranges in `bytes`, which is a message after its version byte. */
struct topo_range_reader topo_range_reader_init(struct topo_bytes bytes);
/* 1 and the next range; 0 when there is none; TOPO_EMALFORMED for bytes that end early, numbers
 * with leading zeros or above 2^64 - 1, prefixes above 32 bytes or at infinity, unknown modes and
 * descending bounds. */
int topo_range_read(struct topo_range_reader *r, struct topo_range *range);

struct topo_range_writer {
  struct topo_buf *out;
  uint64_t last_timestamp;
};
/* These append and leave a failure in out->failed. Bounds must not descend. */
void topo_range_put_varint(struct topo_range_writer *w, uint64_t v);
void topo_range_put_bound(struct topo_range_writer *w, const struct topo_bound *bound);
void topo_range_put_skip(struct topo_range_writer *w, const struct topo_bound *upper);
void topo_range_put_fingerprint(struct topo_range_writer *w, const struct topo_bound *upper,
                                const struct topo_sum *sum);
/* The head of an id list; `count` ids must follow. */
void topo_range_put_ids_head(struct topo_range_writer *w, const struct topo_bound *upper,
                             uint64_t count);

#endif
