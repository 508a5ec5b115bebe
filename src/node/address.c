/* address.c - addresses as bytes; see address.h. */
#include "node/address.h"

#include <string.h>

enum { V4_SIZE = 1 + 4 + 2, V6_SIZE = 1 + 16 + 2 /* family, address, port */ };

struct topo_address topo_address_read(struct topo_reader *r)
{
  struct topo_address out = {.len = 0};
  uint8_t family = topo_read_u8(r);
  size_t len = family == 4 ? V4_SIZE : family == 6 ? V6_SIZE : 0;
  if (len == 0)
    r->failed = true;
  struct topo_bytes rest = topo_read_bytes(r, len ? len - 1 : 0);
  if (r->failed)
    return out;
  out.bytes[0] = family;
  memcpy(out.bytes + 1, rest.data, len - 1);
  out.len = (uint8_t)len;
  return out;
}

bool topo_address_equal(const struct topo_address *a, const struct topo_address *b)
{
  return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}
