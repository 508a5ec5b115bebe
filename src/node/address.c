/* address.c - a transport address as bytes and as text; see address.h. */
#include "node/address.h"

#include "base/assert.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { V4_SIZE = 1 + 4 + 2 /* family, address, port */, V6_SIZE = 1 + 16 + 2 };

_Static_assert((int)V6_SIZE == (int)TOPO_ADDRESS_SIZE, "the longest address fits");

static size_t size_of(uint8_t family)
{
  return family == 4 ? V4_SIZE : family == 6 ? V6_SIZE : 0;
}

int topo_address_put(struct topo_buf *out, const struct topo_address *address)
{
  topo_assert(address->len > 0 && address->len == size_of(address->bytes[0]));
  return topo_buf_put(out, address->bytes, address->len);
}

void topo_address_read(struct topo_reader *r, struct topo_address *out)
{
  uint8_t family = topo_read_u8(r);
  size_t len = size_of(family);
  *out = (struct topo_address){.len = 0};
  if (len == 0) {
    r->failed = true;
    return;
  }
  struct topo_bytes rest = topo_read_bytes(r, len - 1);
  if (r->failed)
    return;
  out->bytes[0] = family;
  memcpy(out->bytes + 1, rest.data, len - 1);
  out->len = (uint8_t)len;
}

bool topo_address_equal(const struct topo_address *a, const struct topo_address *b)
{
  return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

char *topo_address_format(const struct topo_address *address, char out[static TOPO_ADDRESS_TEXT])
{
  char ip[INET6_ADDRSTRLEN] = "";
  out[0] = '\0';
  if (address->len == 0)
    return out;
  const uint8_t *end = address->bytes + address->len;
  unsigned port = (unsigned)(end[-2] << 8 | end[-1]);
  bool v6 = address->len == V6_SIZE;
  inet_ntop(v6 ? AF_INET6 : AF_INET, address->bytes + 1, ip, sizeof ip);
  snprintf(out, TOPO_ADDRESS_TEXT, v6 ? "[%s]:%u" : "%s:%u", ip, port);
  return out;
}

void topo_address_write_all(struct topo_json *out, const struct topo_address *addresses, size_t n)
{
  char text[TOPO_ADDRESS_TEXT];
  topo_json_begin_array(out);
  for (size_t i = 0; i < n; i++)
    topo_json_string(out, topo_address_format(&addresses[i], text));
  topo_json_end_array(out);
}
