/*
 * db.h - a SQLite database: opening with refusals, transactions, cached statements, migrations.
 *
 * The only door to sqlite3.h. Statements are prepared once per database and cached by the address
 * of their text, which must therefore be a string literal. Parameters are always bound. An
 * authorizer denies what would make a projection depend on anything but the events: random(), the
 * date functions, attached files; and while a writer is named (topo_db_set_writer) it may write
 * only tables whose names begin with that name.
 *
 * A handle is used by one thread at a time.
 */
#ifndef TOPO_STORE_DB_H
#define TOPO_STORE_DB_H

#include "base/bytes.h"
#include "port/disk.h"

struct topo_db;
struct topo_stmt;

/* Call once, before the first database is opened and before there are threads; without it
 * everything works, but handles of different threads get in each other's way. 0 or TOPO_EINTERNAL.
 */
int topo_db_init(void);

struct topo_db_options {
  const char *path;
  const struct topo_disk *disk; /* its VFS */
  bool read_only;
  uint32_t application_id; /* stored in a new file; another one in an old file is refused */
  int cache_kib;
};

/* Opens, creating the file unless read_only. 0; TOPO_ENOTFOUND (read_only, no file), TOPO_ECORRUPT
 * (not a database, damaged, or another application's), TOPO_EIO, TOPO_EDISKFULL, TOPO_ENOMEM. A
 * refused file is not changed. */
int topo_db_open(struct topo_db **out, const struct topo_db_options *options);
/* Changes the size of the cache. 0 or a status. */
int topo_db_set_cache(struct topo_db *db, int kib);
void topo_db_close(struct topo_db *db); /* NULL is fine; an open transaction is rolled back */

/* One schema step; steps are numbered from 1 by their place in the array. */
struct topo_migration {
  const char *sql;
};
/* Brings the schema to version n in one transaction. 0; TOPO_ESCHEMA when the file is newer than n
 * (unchanged). */
int topo_db_migrate(struct topo_db *db, const struct topo_migration *steps, int n);

/* Runs statements without parameters or results. 0 or a status. */
int topo_db_exec(struct topo_db *db, const char *sql);

/* A write transaction. `durable`: its commit survives a power cut (synchronous=FULL); otherwise it
 * may be lost as a whole, in order, with those before it kept. After a failed commit the
 * transaction is rolled back. */
int topo_db_begin(struct topo_db *db, bool durable);
int topo_db_commit(struct topo_db *db);
void topo_db_rollback(struct topo_db *db);
bool topo_db_in_transaction(const struct topo_db *db);
/* Reads until topo_db_release see one state, and each of them need not find and lock it. Not within
 * a transaction, and nothing is written before the release. 0 or a status; nothing is held after a
 * failure. */
int topo_db_hold(struct topo_db *db);
void topo_db_release(struct topo_db *db);
/* Copies the write-ahead log back when it has more than `pages` pages. 0 or a status; busy readers
 * are no error. */
int topo_db_checkpoint(struct topo_db *db, int pages);

/* Names the writer for statements prepared from now on; NULL: any table. */
void topo_db_set_writer(struct topo_db *db, const char *writer);

/* The statement for `sql`, reset and with nothing bound; NULL when preparing failed: later calls on
 * NULL return the status, which topo_db_status keeps. */
struct topo_stmt *topo_stmt(struct topo_db *db, const char *sql);
/* Bind parameter `index` (from 1). Memory is borrowed until the next reset. Errors surface in step.
 */
void topo_bind_i64(struct topo_stmt *s, int index, int64_t v);
void topo_bind_blob(struct topo_stmt *s, int index, const void *data, size_t len);
void topo_bind_id(struct topo_stmt *s, int index, const struct topo_id *id);
void topo_bind_text(struct topo_stmt *s, int index, const void *text, size_t len);
void topo_bind_null(struct topo_stmt *s, int index);
/* 1: a row; 0: done (and reset); negative: a status (and reset). */
int topo_fetch(struct topo_stmt *s);
/* Runs a statement that returns no rows, to its end. 0 or a status. */
int topo_execute(struct topo_stmt *s);
void topo_reset(struct topo_stmt *s); /* after reading the rows one wants; NULL is fine */
/* Columns (from 0) of the current row. Views are valid until the next step or reset. */
int64_t topo_column_i64(struct topo_stmt *s, int column);
struct topo_bytes topo_column_bytes(struct topo_stmt *s,
                                    int column);                /* blob or text; empty for NULL */
struct topo_id topo_column_id(struct topo_stmt *s, int column); /* zero unless 32 bytes */
bool topo_column_is_null(struct topo_stmt *s, int column);
int topo_column_count(struct topo_stmt *s);
int topo_column_is_integer(struct topo_stmt *s, int column);

int64_t topo_db_last_rowid(struct topo_db *db);

#endif
