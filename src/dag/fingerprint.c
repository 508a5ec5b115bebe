/*
 * fingerprint.c - one hash over every projection row: what two nodes compare to say "the same".
 *
 * For each table in the order of names: u8 length ‖ name, then each row's columns: 'i' ‖ u64, 'b' ‖
 * u32 length ‖ bytes, or 'n' for NULL, and 'r' after each row.
 */
#include "dag/project.h"

#include "base/assert.h"
#include "base/status.h"
#include "crypto/hash.h"

#include <string.h>

enum { CHUNK = 64 * 1024 };

/* The hash is chained in chunks, so a space of any size needs one buffer. */
struct digest {
  struct topo_buf pending;
  struct topo_id state;
};

static int fold(struct digest *d, bool last)
{
  if (d->pending.failed)
    return TOPO_ENOMEM;
  if (!last && d->pending.len < CHUNK)
    return 0;
  struct topo_bytes parts[] = {{d->state.bytes, 32}, topo_buf_view(&d->pending)};
  struct topo_id next;
  topo_hash(next.bytes, parts, 2);
  d->state = next;
  topo_buf_clear(&d->pending);
  return 0;
}

static void put_column(struct digest *d, struct topo_stmt *s, int column)
{
  if (topo_column_is_null(s, column)) {
    topo_buf_put_u8(&d->pending, 'n');
  } else if (topo_column_is_integer(s, column)) {
    topo_buf_put_u8(&d->pending, 'i');
    topo_buf_put_u64(&d->pending, (uint64_t)topo_column_i64(s, column));
  } else {
    struct topo_bytes b = topo_column_bytes(s, column);
    topo_buf_put_u8(&d->pending, 'b');
    topo_buf_put_u32(&d->pending, (uint32_t)b.len);
    topo_buf_put(&d->pending, b.data, b.len);
  }
}

static int hash_select(struct topo_db *db, struct digest *d, const char *sql)
{
  struct topo_stmt *s = topo_stmt(db, sql);
  int status;
  while ((status = topo_fetch(s)) == 1) {
    int columns = topo_column_count(s);
    topo_assert(columns > 0);
    for (int i = 0; i < columns; i++)
      put_column(d, s, i);
    topo_buf_put_u8(&d->pending, 'r');
    status = fold(d, false);
    if (status < 0) {
      topo_reset(s);
      return status;
    }
  }
  return status;
}

struct table {
  const char *name;
  const char *const *selects;
};

static size_t sorted_tables(const struct topo_type *const *types, struct table *out)
{
  size_t n = 1;
  out[0] = (struct table){"credential", topo_credential_fingerprint};
  for (; *types; types++) {
    if (!(*types)->fingerprint)
      continue;
    topo_assert(n <= TOPO_TYPES_MAX);
    size_t i = n++;
    for (; i > 0 && strcmp(out[i - 1].name, (*types)->name) > 0; i--)
      out[i] = out[i - 1];
    out[i] = (struct table){(*types)->name, (*types)->fingerprint};
  }
  return n;
}

int topo_dag_fingerprint(struct topo_db *db, const struct topo_type *const *types,
                         struct topo_id *out)
{
  struct table tables[TOPO_TYPES_MAX + 1];
  struct digest d = {0};
  size_t n = sorted_tables(types, tables);
  int status = 0;
  for (size_t i = 0; i < n && status == 0; i++) {
    size_t len = strlen(tables[i].name);
    topo_assert(len > 0 && len <= UINT8_MAX);
    topo_assert(i == 0 || strcmp(tables[i - 1].name, tables[i].name) < 0);
    topo_buf_put_u8(&d.pending, (uint8_t)len);
    topo_buf_put(&d.pending, tables[i].name, len);
    for (const char *const *sql = tables[i].selects; *sql && status == 0; sql++)
      status = hash_select(db, &d, *sql);
  }
  if (status == 0)
    status = fold(&d, true);
  topo_buf_finish(&d.pending);
  *out = d.state;
  return status;
}
