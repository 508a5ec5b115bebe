/*
 * stmt.c - prepared statements, cached by the address of their text.
 *
 * A statement that could not be prepared keeps its status in its slot and returns it from every
 * step, so callers check one place.
 */
#include "store/db_impl.h"

#include "base/assert.h"
#include "base/status.h"

#include <string.h>

static size_t slot_of(const char *sql)
{
  uint64_t h = (uint64_t)(uintptr_t)sql * UINT64_C(0x9e3779b97f4a7c15);
  return (size_t)(h >> 40) & (TOPO_STMT_SLOTS - 1);
}

/* SQLite ends a transaction by itself when a statement of it meets a full disk or an I/O error, be
 * it only a read. What ran after that would be committed alone, one statement at a time, so nothing
 * runs until the owner has rolled back. */
static bool transaction_is_lost(const struct topo_db *db)
{
  return db->in_transaction && sqlite3_get_autocommit(db->handle);
}

struct topo_stmt *topo_stmt(struct topo_db *db, const char *sql)
{
  size_t i = slot_of(sql);
  while (db->slots[i].sql && db->slots[i].sql != sql)
    i = (i + 1) & (TOPO_STMT_SLOTS - 1);
  struct topo_stmt *s = &db->slots[i];
  if (!s->sql) {
    db->statements++;
    topo_assert(db->statements < TOPO_STMT_SLOTS);
    s->sql = sql;
  }
  if (s->handle) {
    sqlite3_reset(s->handle);
    sqlite3_clear_bindings(s->handle);
    s->status = transaction_is_lost(db) ? TOPO_EIO : 0;
    return s;
  }
  int rc = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &s->handle, NULL);
  s->status = transaction_is_lost(db) ? TOPO_EIO : topo_sqlite_status(rc);
  return s;
}

void topo_db_drop_statements(struct topo_db *db)
{
  for (size_t i = 0; i < TOPO_STMT_SLOTS; i++) {
    sqlite3_finalize(db->slots[i].handle);
    db->slots[i] = (struct topo_stmt){0};
  }
  db->statements = 0;
}

void topo_db_reset_statements(struct topo_db *db)
{
  for (size_t i = 0; i < TOPO_STMT_SLOTS; i++)
    if (db->slots[i].handle)
      sqlite3_reset(db->slots[i].handle);
}

static void bound(struct topo_stmt *s, int rc)
{
  if (rc != SQLITE_OK && s->status == 0)
    s->status = topo_sqlite_status(rc);
}

void topo_bind_i64(struct topo_stmt *s, int index, int64_t v)
{
  if (s->handle)
    bound(s, sqlite3_bind_int64(s->handle, index, v));
}

void topo_bind_blob(struct topo_stmt *s, int index, const void *data, size_t len)
{
  /* A NULL pointer would bind NULL: an empty blob is not that. */
  if (s->handle)
    bound(s, sqlite3_bind_blob64(s->handle, index, len ? data : "", len, SQLITE_STATIC));
}

void topo_bind_id(struct topo_stmt *s, int index, const struct topo_id *id)
{
  topo_bind_blob(s, index, id->bytes, TOPO_ID_SIZE);
}

void topo_bind_text(struct topo_stmt *s, int index, const void *text, size_t len)
{
  if (s->handle)
    bound(s,
          sqlite3_bind_text64(s->handle, index, len ? text : "", len, SQLITE_STATIC, SQLITE_UTF8));
}

void topo_bind_null(struct topo_stmt *s, int index)
{
  if (s->handle)
    bound(s, sqlite3_bind_null(s->handle, index));
}

int topo_fetch(struct topo_stmt *s)
{
  if (s->status < 0) {
    topo_reset(s);
    return s->status;
  }
  int rc = sqlite3_step(s->handle);
  if (rc == SQLITE_ROW)
    return 1;
  int status = topo_sqlite_status(rc);
  sqlite3_reset(s->handle);
  return status;
}

int topo_execute(struct topo_stmt *s)
{
  int status = topo_fetch(s);
  if (status <= 0)
    return status;
  topo_reset(s); /* a row nobody asked for, e.g. of a PRAGMA */
  return 0;
}

void topo_reset(struct topo_stmt *s)
{
  if (s && s->handle)
    sqlite3_reset(s->handle);
}

int64_t topo_column_i64(struct topo_stmt *s, int column)
{
  return sqlite3_column_int64(s->handle, column);
}

struct topo_bytes topo_column_bytes(struct topo_stmt *s, int column)
{
  const uint8_t *data = sqlite3_column_blob(s->handle, column);
  return (struct topo_bytes){data, data ? (size_t)sqlite3_column_bytes(s->handle, column) : 0};
}

struct topo_id topo_column_id(struct topo_stmt *s, int column)
{
  struct topo_id id = {{0}};
  struct topo_bytes b = topo_column_bytes(s, column);
  if (b.len == TOPO_ID_SIZE)
    memcpy(id.bytes, b.data, TOPO_ID_SIZE);
  return id;
}

bool topo_column_is_null(struct topo_stmt *s, int column)
{
  return sqlite3_column_type(s->handle, column) == SQLITE_NULL;
}

int topo_column_is_integer(struct topo_stmt *s, int column)
{
  return sqlite3_column_type(s->handle, column) == SQLITE_INTEGER;
}

int topo_column_count(struct topo_stmt *s)
{
  return sqlite3_column_count(s->handle);
}
