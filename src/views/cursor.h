/*
 * cursor.h - a place between messages, as a text that clients give back: u64 place ‖ id in
 * base32hex (RFC 4648 §7), in lower case and without padding, so texts compare as the places do.
 *
 * It names an item by what orders it and by nothing that moves, so it stays good while late events
 * arrive, and after the item itself is gone.
 */
#ifndef TOPO_VIEWS_CURSOR_H
#define TOPO_VIEWS_CURSOR_H

#include "base/bytes.h"

struct topo_cursor {
  uint64_t place; /* < 2^63 */
  struct topo_id id;
};

enum { TOPO_CURSOR_SIZE = 8 + TOPO_ID_SIZE, TOPO_CURSOR_TEXT_SIZE = 65 /* with its NUL */ };

void topo_cursor_format(char out[static TOPO_CURSOR_TEXT_SIZE], const struct topo_cursor *cursor);
/* 0 or TOPO_EINVAL: not a text that topo_cursor_format writes. */
int topo_cursor_parse(struct topo_cursor *out, const char *text, size_t len);

#endif
