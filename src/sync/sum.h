/*
 * sum.h - the sum of a range of items, and the fingerprint made of it (Negentropy v1, "Fingerprint
 * Algorithm").
 *
 * The sum is the addition modulo 2^256 of the ids, read as little-endian integers, and the number
 * of items. Sums can be added and subtracted, which is what lets a set cache them. An attacker can
 * make two sets of equal sum on purpose: the fingerprint finds differences, it does not prove
 * equality.
 */
#ifndef TOPO_SYNC_SUM_H
#define TOPO_SYNC_SUM_H

#include "base/bytes.h"

enum { TOPO_FINGERPRINT_SIZE = 16 };

struct topo_sum {
  uint64_t words[4]; /* least significant first, native byte order */
  uint64_t count;
};

/* Adds the item whose id is `id`. */
void topo_sum_add_id(struct topo_sum *sum, const struct topo_id *id);

/* Adds all items of `other`. */
void topo_sum_add(struct topo_sum *sum, const struct topo_sum *other);

/* Takes the items of `other` out again, which must be among those of `sum`. */
void topo_sum_subtract(struct topo_sum *sum, const struct topo_sum *other);

/* Writes the fingerprint of a sum to `out`: the first 16 bytes of SHA-256(the sum as 32
 * little-endian bytes ‖ varint(count)). */
void topo_sum_fingerprint(const struct topo_sum *sum, uint8_t out[static TOPO_FINGERPRINT_SIZE]);

#endif
