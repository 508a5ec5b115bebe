/* cursor.c - cursors as text, and their order. */
#include "views/cursor.h"

#include "api/base64url.h"
#include "base/status.h"

#include <string.h>

void topo_cursor_format(char out[static TOPO_CURSOR_TEXT_SIZE], const struct topo_cursor *cursor)
{
  uint8_t bytes[TOPO_CURSOR_SIZE];
  topo_put_be64(bytes, cursor->hlc);
  memcpy(bytes + 8, cursor->id.bytes, TOPO_ID_SIZE);
  topo_base64url_encode(out, bytes, sizeof bytes);
}

int topo_cursor_parse(struct topo_cursor *out, const char *text, size_t len)
{
  uint8_t bytes[TOPO_CURSOR_SIZE];
  size_t n = 0;
  if (len != TOPO_CURSOR_TEXT_SIZE - 1 ||
      topo_base64url_decode(bytes, sizeof bytes, &n, text, len) < 0 || n != sizeof bytes)
    return TOPO_EINVAL;
  struct topo_reader r = topo_reader_init(bytes, n);
  out->hlc = topo_read_u64(&r);
  out->id = topo_read_id(&r);
  return out->hlc > INT64_MAX ? TOPO_EINVAL : 0;
}
