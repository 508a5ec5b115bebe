/*
 * varint.h - Negentropy's unsigned integers: base-128 digits, most significant first, as few as
 * possible; the high bit is set on every digit but the last.
 */
#ifndef TOPO_SYNC_VARINT_H
#define TOPO_SYNC_VARINT_H

#include "base/bytes.h"

enum { TOPO_VARINT_MAX = 10 }; /* digits of 2^64 - 1 */

/* Writes the digits of `v` and returns how many there are, 1 to TOPO_VARINT_MAX. */
size_t topo_varint_encode(uint8_t out[static TOPO_VARINT_MAX], uint64_t v);
/* Reads one number. A leading zero digit, a number above 2^64 - 1 or the end of the bytes fails the
 * reader and returns 0. */
uint64_t topo_varint_read(struct topo_reader *r);

#endif
