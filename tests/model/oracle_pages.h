/*
 * oracle_pages.h - the pages of item sets (docs/protocol.md §6.2), told naively: each is made anew
 * of all rows. A prefix is text here, a hexadecimal digit for half a byte.
 */
#ifndef TOPO_MODEL_ORACLE_PAGES_H
#define TOPO_MODEL_ORACLE_PAGES_H

#include "sync/session_fields.h"

/* Appends the page of a prefix of `n` rows, which are in any order. */
void oracle_page(const struct topo_session_set *rows, size_t n, const char *prefix,
                 struct topo_buf *out);
struct topo_id oracle_page_digest(const struct topo_session_set *rows, size_t n,
                                  const char *prefix);
/* The text of an id: 64 digits and NUL. */
enum { ORACLE_ID_TEXT_SIZE = 65 };
void oracle_id_text(char out[static ORACLE_ID_TEXT_SIZE], const struct topo_id *id);

#endif
