/*
 * db.c - the handle: opening, transactions, migrations. Statements are in stmt.c, and what SQLite's
 * codes mean in sqlite.c.
 */
#include "store/db_impl.h"

#include "base/assert.h"
#include "base/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUSY_TIMEOUT_MS = 2000, WAL_LIMIT_BYTES = 64 * 1024 * 1024 };

/* SQLite counts the memory it uses, under one lock for all handles, which every allocation of every
 * thread takes. Nobody asks for the count. */
int topo_db_init(void)
{
  return topo_sqlite_status(sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0));
}

/* Functions whose results are not a function of the database: a projection that used one would
 * differ between replicas. */
static bool ambient_function(const char *name)
{
  static const char *const denied[] = {
      "random",       "randomblob",        "date",          "time",     "datetime",
      "julianday",    "strftime",          "unixepoch",     "timediff", "current_date",
      "current_time", "current_timestamp", "load_extension"};
  for (size_t i = 0; i < sizeof denied / sizeof *denied; i++)
    if (sqlite3_stricmp(name, denied[i]) == 0)
      return true;
  return false;
}

static int authorize(void *arg, int action, const char *a, const char *b, const char *schema,
                     const char *trigger)
{
  const struct topo_db *db = arg;
  (void)schema;
  (void)trigger;
  switch (action) {
  case SQLITE_FUNCTION: return ambient_function(b) ? SQLITE_DENY : SQLITE_OK;
  case SQLITE_ATTACH: return SQLITE_DENY;
  case SQLITE_INSERT:
  case SQLITE_UPDATE:
  case SQLITE_DELETE:
    if (db->writer && strncmp(a, db->writer, strlen(db->writer)) != 0)
      return SQLITE_DENY;
    return SQLITE_OK;
  default: return SQLITE_OK;
  }
}

static int pragma_i64(struct topo_db *db, const char *sql, int64_t *out)
{
  sqlite3_stmt *s = NULL;
  int rc = sqlite3_prepare_v2(db->handle, sql, -1, &s, NULL);
  if (rc == SQLITE_OK)
    rc = sqlite3_step(s);
  *out = rc == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
  sqlite3_finalize(s);
  return topo_sqlite_status(rc);
}

/* A file is ours when it is empty or carries our mark; reading the schema finds a damaged header.
 */
static int check_owner(struct topo_db *db, const struct topo_db_options *o)
{
  int64_t mark = 0, tables = 0;
  int status = pragma_i64(db, "PRAGMA application_id", &mark);
  if (status == 0)
    status = pragma_i64(db, "SELECT count(*) FROM sqlite_schema", &tables);
  if (status < 0)
    return status == TOPO_EINTERNAL ? TOPO_ECORRUPT : status;
  if (mark == (int64_t)o->application_id)
    return 0;
  for (size_t i = 0; i < TOPO_DB_FORMER_MAX; i++)
    if (mark != 0 && mark == (int64_t)o->former_ids[i])
      return TOPO_ESCHEMA;
  if (mark != 0 || tables != 0)
    return TOPO_ECORRUPT;
  if (o->read_only)
    return TOPO_ENOTFOUND;
  char sql[64];
  snprintf(sql, sizeof sql, "PRAGMA application_id=%u", (unsigned)o->application_id);
  return topo_db_exec(db, sql);
}

static int on_commit(void *arg, sqlite3 *handle, const char *schema, int pages)
{
  struct topo_db *db = arg;
  (void)handle;
  (void)schema;
  db->wal_pages = pages;
  return SQLITE_OK;
}

/* What a process wrote and did not live to sync is read by the next one, told to peers, and gone
 * with the next power cut: a position in a chain would then be used twice. A checkpoint syncs the
 * write-ahead log before it copies; when only the copy finds no room, that much was done. */
static int make_durable(struct topo_db *db)
{
  topo_assert(!db->read_only && !db->in_transaction);
  int status = topo_db_checkpoint(db, -1);
  return status == TOPO_EDISKFULL ? 0 : status;
}

static int configure(struct topo_db *db, const struct topo_db_options *o)
{
  char sql[256];
  int status = check_owner(db, o);
  if (status < 0)
    return status;
  if (!o->read_only)
    status = topo_db_exec(db, "PRAGMA journal_mode=WAL");
  if (status < 0)
    return status;
  /* Checkpoints run by hand, between transactions (topo_db_checkpoint). */
  snprintf(sql, sizeof sql,
           "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-%d;"
           "PRAGMA journal_size_limit=%d; PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY",
           o->cache_kib, WAL_LIMIT_BYTES);
  status = topo_db_exec(db, sql);
  sqlite3_wal_hook(db->handle, on_commit, db);
  return status == 0 && !o->read_only ? make_durable(db) : status;
}

int topo_db_open(struct topo_db **out, const struct topo_db_options *o)
{
  topo_assert(o->cache_kib > 0);
  *out = NULL;
  struct topo_db *db = calloc(1, sizeof *db);
  if (!db)
    return TOPO_ENOMEM;
  int flags = o->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  int rc = sqlite3_open_v2(o->path, &db->handle,
                           flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, o->disk->vfs);
  int status = (rc & 0xff) == SQLITE_CANTOPEN ? TOPO_ENOTFOUND : topo_sqlite_status(rc);
  if (status < 0)
    goto fail;
  sqlite3_busy_timeout(db->handle, BUSY_TIMEOUT_MS);
  sqlite3_set_authorizer(db->handle, authorize, db);
  db->durable = true;
  db->read_only = o->read_only;
  status = configure(db, o);
  if (status < 0)
    goto fail;
  *out = db;
  return 0;
fail:
  topo_db_close(db);
  return status;
}

int topo_db_set_cache(struct topo_db *db, int kib)
{
  topo_assert(kib > 0);
  char sql[64];
  snprintf(sql, sizeof sql, "PRAGMA cache_size=-%d", kib);
  return topo_db_exec(db, sql);
}

void topo_db_close(struct topo_db *db)
{
  if (!db)
    return;
  topo_db_drop_statements(db);
  sqlite3_close(db->handle);
  free(db);
}

int topo_db_exec(struct topo_db *db, const char *sql)
{
  return topo_sqlite_status(sqlite3_exec(db->handle, sql, NULL, NULL, NULL));
}

int topo_db_migrate(struct topo_db *db, const struct topo_migration *steps, int n)
{
  topo_assert(n >= 1 && !db->in_transaction && !db->holding);
  int64_t version = 0;
  int status = pragma_i64(db, "PRAGMA user_version", &version);
  if (status < 0)
    return status;
  if (version > n)
    return TOPO_ESCHEMA;
  if (version == n)
    return 0;
  status = topo_db_begin(db, true);
  for (int64_t i = version; status == 0 && i < n; i++)
    status = topo_db_exec(db, steps[i].sql);
  if (status == 0) {
    char sql[64];
    snprintf(sql, sizeof sql, "PRAGMA user_version=%d", n);
    status = topo_db_exec(db, sql);
  }
  if (status == 0)
    return topo_db_commit(db);
  topo_db_rollback(db);
  return status;
}

int topo_db_begin(struct topo_db *db, bool durable)
{
  topo_assert(!db->in_transaction && !db->holding && !db->read_only);
  if (durable != db->durable) {
    int status =
        topo_db_exec(db, durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
    if (status < 0)
      return status;
    db->durable = durable;
  }
  int status = topo_execute(topo_stmt(db, "BEGIN IMMEDIATE"));
  db->in_transaction = status == 0;
  return status;
}

int topo_db_hold(struct topo_db *db)
{
  topo_assert(!db->in_transaction && !db->holding);
  int status = topo_execute(topo_stmt(db, "BEGIN"));
  db->holding = status == 0;
  return status;
}

void topo_db_release(struct topo_db *db)
{
  topo_assert(!db->in_transaction);
  /* Only reads end here: there is nothing that could fail to be kept. */
  if (!sqlite3_get_autocommit(db->handle))
    topo_execute(topo_stmt(db, "COMMIT"));
  db->holding = false;
}

int topo_db_commit(struct topo_db *db)
{
  topo_assert(db->in_transaction);
  int status = topo_execute(topo_stmt(db, "COMMIT"));
  if (status < 0)
    topo_db_rollback(db);
  db->in_transaction = false;
  return status;
}

void topo_db_rollback(struct topo_db *db)
{
  topo_db_reset_statements(db);
  /* SQLite may have rolled back by itself (a full disk, an I/O error). */
  if (!sqlite3_get_autocommit(db->handle))
    sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
  db->in_transaction = db->holding = false;
}

bool topo_db_in_transaction(const struct topo_db *db)
{
  return db->in_transaction;
}

int topo_db_checkpoint(struct topo_db *db, int pages)
{
  topo_assert(pages >= -1 && !db->in_transaction && !db->holding);
  if (db->wal_pages <= pages)
    return 0;
  db->wal_pages = 0;
  int rc = sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
  if ((rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED)
    return 0;
  return topo_sqlite_status(rc);
}

void topo_db_set_writer(struct topo_db *db, const char *writer)
{
  db->writer = writer;
}
int64_t topo_db_last_rowid(struct topo_db *db)
{
  return sqlite3_last_insert_rowid(db->handle);
}
