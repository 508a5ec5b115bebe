/*
 * range.h - the bytes of a Negentropy message: reading ranges out of it, and writing them into it.
 *
 * The layout is in negentropy.h. Timestamps travel as differences, so both a reader and a writer
 * remember the last one.
 */
#ifndef TOPO_SYNC_RANGE_H
#define TOPO_SYNC_RANGE_H

#include "sync/itemset.h"

/* A position between items: what is below `item` lies before it. The id may be cut short, to
 * `id_len` bytes; those from there on are zero and do not travel. */
struct topo_bound {
  struct topo_item item;
  size_t id_len;
};

/* The bound after every item. */
extern const struct topo_bound topo_bound_infinity;

/* Returns the shortest bound that keeps two items apart: above `prev` and not above `next`. `prev`
 * is below `next`. */
struct topo_bound topo_bound_between(const struct topo_item *prev, const struct topo_item *next);

/* Returns the bound just before an item, with its whole id. */
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

/* Returns a reader of the ranges in `bytes`, which is a message after its version byte and stays
 * the caller's. */
struct topo_range_reader topo_range_reader_init(struct topo_bytes bytes);

/* Reads the next range. Returns 1 when there was one; 0 at the end of the bytes; or
 * TOPO_EMALFORMED, for bytes that end within a range, numbers with leading zeros or above 2^64 - 1,
 * prefixes of ids that are longer than 32 bytes or stand at infinity, modes that do not exist, and
 * bounds that descend. */
int topo_range_read(struct topo_range_reader *r, struct topo_range *range);

/* Zero-initialised but for `out`, a writer is at the beginning of a message. */
struct topo_range_writer {
  struct topo_buf *out;
  uint64_t last_timestamp;
};

/* The functions below append to the writer's buffer, and leave a failure in its `failed`. The
 * bounds of one message must not descend. */
void topo_range_put_skip(struct topo_range_writer *w, const struct topo_bound *upper);
void topo_range_put_fingerprint(struct topo_range_writer *w, const struct topo_bound *upper,
                                const struct topo_sum *sum);

/* Appends the head of a list of ids. The caller appends `count` ids after it. */
void topo_range_put_ids_head(struct topo_range_writer *w, const struct topo_bound *upper,
                             uint64_t count);

#endif
