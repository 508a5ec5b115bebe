/*
 * fuzz_cursor.c - event cursors (dag/changes.h), as clients send them back. A text that parses is
 * the only one of its position.
 */
#include "fuzz/fuzz.h"

#include "base/assert.h"
#include "base/status.h"
#include "dag/changes.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct topo_change_cursor cursor;
  char text[TOPO_CHANGE_CURSOR_SIZE];
  int status = topo_change_cursor_parse(&cursor, (const char *)data, size);
  topo_assert(status == 0 || status == TOPO_EINVAL);
  if (status < 0)
    return 0;
  topo_assert(cursor.seq >= 0);
  topo_change_cursor_format(text, &cursor);
  topo_assert(strlen(text) == size && memcmp(text, data, size) == 0);
  return 0;
}
