/* cursor.c - cursors as text, and their order: five bits are a character, the first bits first. */
#include "views/cursor.h"

#include "base/status.h"

#include <string.h>

static const char alphabet[] = "0123456789abcdefghijklmnopqrstuv";

_Static_assert(TOPO_CURSOR_SIZE % 5 == 0, "the text needs no padding and has no spare bits");

void topo_cursor_format(char out[static TOPO_CURSOR_TEXT_SIZE], const struct topo_cursor *cursor)
{
  uint8_t bytes[TOPO_CURSOR_SIZE];
  topo_put_be64(bytes, cursor->place);
  memcpy(bytes + 8, cursor->id.bytes, TOPO_ID_SIZE);
  for (size_t i = 0; i < TOPO_CURSOR_SIZE; i += 5) {
    uint64_t group = 0;
    for (size_t k = 0; k < 5; k++)
      group = group << 8 | bytes[i + k];
    for (unsigned shift = 40; shift; shift -= 5)
      *out++ = alphabet[group >> (shift - 5) & 31];
  }
  *out = '\0';
}

static int value_of(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  return c >= 'a' && c <= 'v' ? c - 'a' + 10 : -1;
}

static bool decode(uint8_t out[static TOPO_CURSOR_SIZE], const char *text)
{
  for (size_t i = 0; i < TOPO_CURSOR_SIZE; i += 5) {
    uint64_t group = 0;
    for (unsigned k = 0; k < 8; k++) {
      int value = value_of(*text++);
      if (value < 0)
        return false;
      group = group << 5 | (uint64_t)value;
    }
    for (unsigned k = 0; k < 5; k++)
      out[i + k] = (uint8_t)(group >> (32 - 8 * k));
  }
  return true;
}

int topo_cursor_parse(struct topo_cursor *out, const char *text, size_t len)
{
  uint8_t bytes[TOPO_CURSOR_SIZE];
  if (len != TOPO_CURSOR_TEXT_SIZE - 1 || !decode(bytes, text))
    return TOPO_EINVAL;
  struct topo_reader r = topo_reader_init(bytes, sizeof bytes);
  out->place = topo_read_u64(&r);
  out->id = topo_read_id(&r);
  return out->place > INT64_MAX ? TOPO_EINVAL : 0;
}
