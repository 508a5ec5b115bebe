/* varint.c - base-128 digits, most significant first. */
#include "sync/varint.h"

#include "base/assert.h"

size_t topo_varint_encode(uint8_t out[static TOPO_VARINT_MAX], uint64_t v)
{
  size_t digits = 1;
  for (uint64_t rest = v >> 7; rest; rest >>= 7)
    digits++;
  topo_assert(digits <= TOPO_VARINT_MAX);
  for (size_t i = digits; i-- > 0; v >>= 7)
    out[i] = (uint8_t)((v & 0x7f) | (i + 1 < digits ? 0x80 : 0));
  return digits;
}

uint64_t topo_varint_read(struct topo_reader *r)
{
  uint64_t v = 0;
  uint8_t digit;
  bool first = true;
  do {
    digit = topo_read_u8(r);
    if (r->failed || (first && digit == 0x80) || v > UINT64_MAX >> 7) {
      r->failed = true;
      return 0;
    }
    first = false;
    v = v << 7 | (digit & 0x7f);
  } while (digit & 0x80);
  return v;
}
