/*
 * varint.h - Negentropy's unsigned integers: digits of base 128, the most significant first and as
 * few as possible. The high bit is set on every digit but the last.
 */
#ifndef TOPO_SYNC_VARINT_H
#define TOPO_SYNC_VARINT_H

#include "base/bytes.h"

enum { TOPO_VARINT_MAX = 10 }; /* digits of 2^64 - 1 */

/* Writes the digits of `v` to `out` and returns how many there are, 1 to TOPO_VARINT_MAX. */
size_t topo_varint_encode(uint8_t out[static TOPO_VARINT_MAX], uint64_t v);

/* Reads one number and returns it. When the first of several digits is zero, when the number is
 * above 2^64 - 1, and when the bytes end too early, the reader fails and the result is 0. */
uint64_t topo_varint_read(struct topo_reader *r);

#endif
