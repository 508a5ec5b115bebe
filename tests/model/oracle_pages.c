/* oracle_pages.c - pages of item sets, told naively; see oracle_pages.h. */
#include "model/oracle_pages.h"

#include "base/assert.h"
#include "crypto/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 64 };

static char digit_of(const struct topo_id *id, size_t at)
{
  return "0123456789abcdef"[at % 2 ? id->bytes[at / 2] % 16 : id->bytes[at / 2] / 16];
}

void oracle_id_text(char out[static ORACLE_ID_TEXT_SIZE], const struct topo_id *id)
{
  for (size_t i = 0; i + 1 < ORACLE_ID_TEXT_SIZE; i++)
    out[i] = digit_of(id, i);
  out[ORACLE_ID_TEXT_SIZE - 1] = '\0';
}

static bool begins_with(const struct topo_session_set *row, const char *prefix)
{
  for (size_t i = 0; prefix[i]; i++)
    if (digit_of(&row->set, i) != prefix[i])
      return false;
  return true;
}

static int by_set(const void *a, const void *b)
{
  return memcmp(a, b, TOPO_ID_SIZE); /* the set comes first in a row */
}

/* The rows that begin with the prefix, in order. How many; the caller frees *out. */
static size_t select_rows(const struct topo_session_set *rows, size_t n, const char *prefix,
                          struct topo_session_set **out)
{
  size_t found = 0;
  *out = calloc(n + 1, sizeof **out);
  topo_assert(*out);
  for (size_t i = 0; i < n; i++)
    if (begins_with(&rows[i], prefix))
      (*out)[found++] = rows[i];
  if (found > 0)
    qsort(*out, found, sizeof **out, by_set);
  return found;
}

static void put_parts(const struct topo_session_set *rows, size_t n, const char *prefix,
                      struct topo_buf *out)
{
  for (unsigned digit = 0; digit < 16; digit++) {
    char longer[ORACLE_ID_TEXT_SIZE];
    struct topo_session_set *some;
    snprintf(longer, sizeof longer, "%s%x", prefix, digit);
    if (select_rows(rows, n, longer, &some) > 0) {
      struct topo_id digest = oracle_page_digest(rows, n, longer);
      topo_buf_put_u8(out, (uint8_t)digit);
      topo_buf_put_id(out, &digest);
    }
    free(some);
  }
}

void oracle_page(const struct topo_session_set *rows, size_t n, const char *prefix,
                 struct topo_buf *out)
{
  struct topo_session_set *mine;
  size_t found = select_rows(rows, n, prefix, &mine);
  topo_buf_put_u8(out, found > MOST_ROWS);
  if (found > MOST_ROWS)
    put_parts(mine, found, prefix, out);
  for (size_t i = 0; i < found && found <= MOST_ROWS; i++) {
    topo_buf_put_id(out, &mine[i].set);
    topo_buf_put_u64(out, mine[i].count);
    topo_buf_put_id(out, &mine[i].digest);
  }
  free(mine);
  topo_assert(!out->failed);
}

struct topo_id oracle_page_digest(const struct topo_session_set *rows, size_t n, const char *prefix)
{
  static const char label[] = "topo/1 page";
  struct topo_buf page = {0};
  struct topo_id digest;
  oracle_page(rows, n, prefix, &page);
  struct topo_bytes parts[] = {{(const uint8_t *)label, strlen(label)}, topo_buf_view(&page)};
  topo_hash(digest.bytes, parts, 2);
  topo_buf_finish(&page);
  return digest;
}
