/* name.c - names in a DNS message; see name.h. */
#include "lan/name.h"

#include "base/assert.h"

#include <string.h>

enum { POINTER = 0xc0, LABEL_MAX_BYTES = 63 };

static uint8_t lower(uint8_t c)
{
  return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

/* Appends a label, its length in front. False when the name becomes too long. */
static bool append(struct topo_lan_name *name, const uint8_t *label, size_t len)
{
  if (name->len + 1 + len >= TOPO_LAN_NAME_MAX) /* the last zero has its place, too */
    return false;
  name->bytes[name->len++] = (uint8_t)len;
  for (size_t i = 0; i < len; i++)
    name->bytes[name->len++] = lower(label[i]);
  return true;
}

size_t topo_lan_name_read(struct topo_bytes message, size_t at, struct topo_lan_name *out)
{
  size_t after = 0, before = at;
  unsigned jumps = 0;
  out->len = 0;
  while (at < message.len) {
    uint8_t head = message.data[at];
    if (head == 0) {
      out->bytes[out->len++] = 0;
      topo_assert(out->len <= TOPO_LAN_NAME_MAX);
      return after ? after : at + 1;
    }
    if (head >= POINTER) {
      if (at + 2 > message.len || ++jumps > TOPO_LAN_JUMPS_MAX)
        return 0;
      size_t to = (size_t)(head & ~POINTER) << 8 | message.data[at + 1];
      if (!after)
        after = at + 2;
      if (to >= before)
        return 0;
      at = before = to;
      continue;
    }
    if (head > LABEL_MAX_BYTES || at + 1 + head > message.len ||
        !append(out, message.data + at + 1, head))
      return 0;
    at += 1 + (size_t)head;
  }
  return 0;
}

bool topo_lan_name_equal(const struct topo_lan_name *a, const struct topo_lan_name *b)
{
  return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

bool topo_lan_name_splits(const struct topo_lan_name *name, const struct topo_lan_name *parent,
                          struct topo_lan_label *out)
{
  enum { HEAD = 1 + TOPO_LAN_LABEL_SIZE };
  if (name->len != HEAD + parent->len || name->bytes[0] != TOPO_LAN_LABEL_SIZE ||
      memcmp(name->bytes + HEAD, parent->bytes, parent->len) != 0)
    return false;
  memcpy(out->bytes, name->bytes + 1, TOPO_LAN_LABEL_SIZE);
  return true;
}
