/* address.c - a transport address as bytes and as text; see address.h. */
#include "node/address.h"

#include "base/assert.h"
#include "base/status.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
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

/* Cuts "192.0.2.1:7443" or "[2001:db8::1]:7443" in two. 0 or TOPO_EINVAL. */
static int split(const char *text, char host[static INET6_ADDRSTRLEN], unsigned *port)
{
  bool bracketed = text[0] == '[';
  const char *begin = text + bracketed, *colon = strrchr(text, ':');
  if (!colon || (bracketed && (colon == begin || colon[-1] != ']')))
    return TOPO_EINVAL;
  ptrdiff_t len = colon - begin - bracketed;
  size_t digits = strspn(colon + 1, "0123456789");
  if (len <= 0 || len >= INET6_ADDRSTRLEN || digits == 0 || digits > 5 || colon[1 + digits])
    return TOPO_EINVAL;
  memcpy(host, begin, (size_t)len);
  host[len] = '\0';
  *port = (unsigned)strtoul(colon + 1, NULL, 10);
  return *port > 0 && *port <= UINT16_MAX && (strchr(host, ':') != NULL) == bracketed ? 0
                                                                                      : TOPO_EINVAL;
}

/* Is it no address of all, and of no group? */
static bool is_somebodys(const struct topo_address *address)
{
  static const uint8_t none[16] = {0};
  const uint8_t *ip = address->bytes + 1;
  if (address->len == V4_SIZE)
    return ip[0] != 0 && ip[0] < 224;
  return memcmp(ip, none, sizeof none) != 0 && ip[0] != 0xff;
}

int topo_address_parse(struct topo_address *out, const char *text)
{
  static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
  char host[INET6_ADDRSTRLEN];
  uint8_t ip[16];
  unsigned port;
  *out = (struct topo_address){.len = 0};
  if (split(text, host, &port) < 0)
    return TOPO_EINVAL;
  bool v6 = text[0] == '[';
  if (inet_pton(v6 ? AF_INET6 : AF_INET, host, ip) != 1)
    return TOPO_EINVAL;
  bool v4_in_v6 = v6 && memcmp(ip, mapped, sizeof mapped) == 0;
  size_t size = v6 && !v4_in_v6 ? 16 : 4;
  struct topo_address a = {.len = (uint8_t)(1 + size + 2)};
  a.bytes[0] = size == 4 ? 4 : 6;
  memcpy(a.bytes + 1, v4_in_v6 ? ip + sizeof mapped : ip, size);
  a.bytes[1 + size] = (uint8_t)(port >> 8);
  a.bytes[2 + size] = (uint8_t)port;
  if (!is_somebodys(&a))
    return TOPO_EINVAL;
  *out = a;
  return 0;
}

void topo_address_write_all(struct topo_json *out, const struct topo_address *addresses, size_t n)
{
  char text[TOPO_ADDRESS_TEXT];
  topo_json_begin_array(out);
  for (size_t i = 0; i < n; i++)
    topo_json_string(out, topo_address_format(&addresses[i], text));
  topo_json_end_array(out);
}
