/*
 * db.h - a SQLite database: opening with refusals, transactions, cached statements, migrations.
 *
 * Nothing but this folder includes sqlite3.h. Statements are prepared once for each database and
 * cached by the address of their text, which must therefore be a string literal. Parameters are
 * always bound. An authorizer denies what would make a projection depend on anything but events:
 * random(), the functions of dates, attached files; and while a writer is named
 * (topo_db_set_writer), writing to tables whose names do not begin with that name.
 *
 * A storage status, in this and other headers, is one of these:
 *
 *   TOPO_EIO        the disk failed
 *   TOPO_EDISKFULL  it is full
 *   TOPO_ECORRUPT   the file is damaged
 *   TOPO_EAGAIN     another handle held a lock for too long
 *   TOPO_ENOMEM     memory is exhausted
 *   TOPO_ELIMIT     a value is larger than SQLite takes
 *   TOPO_EDENIED    the authorizer denied a statement
 *   TOPO_EINTERNAL  anything else, such as a constraint that does not hold
 *
 * A handle is used by one thread at a time.
 */
#ifndef TOPO_STORE_DB_H
#define TOPO_STORE_DB_H

#include "base/bytes.h"
#include "port/disk.h"

struct topo_db;
struct topo_stmt;

/* Prepares SQLite for threads. Called once, before the first database is opened and before there
 * are threads; without it everything works, but handles of different threads get in each other's
 * way. Returns 0 or TOPO_EINTERNAL. */
int topo_db_init(void);

enum { TOPO_DB_FORMER_MAX = 2 };

struct topo_db_options {
  const char *path;             /* of the file, as `disk` understands it */
  const struct topo_disk *disk; /* whose VFS is used */
  bool read_only;
  uint32_t application_id; /* the mark of a file of ours: another one's is refused */
  uint32_t former_ids[TOPO_DB_FORMER_MAX]; /* marks of files of ours that are not read any more */
  int cache_kib;                           /* memory for pages; more than 0 */
};

/* Opens a database and, unless it is read_only, makes the file when there is none. Returns 0, and
 * *out is the caller's to close; TOPO_ENOTFOUND when there is no file to read; TOPO_ESCHEMA
 * when it has a former mark; TOPO_ECORRUPT when the file is no database, is damaged, or is
 * another application's; or another storage status. A file that is refused is not changed. What a
 * process before this one wrote and did not sync is durable afterwards. */
int topo_db_open(struct topo_db **out, const struct topo_db_options *options);

/* Closes the database; a transaction that is open is rolled back. NULL is fine. */
void topo_db_close(struct topo_db *db);

/* Changes the memory for pages to `kib`, which is more than 0. 0 or a storage status. */
int topo_db_set_cache(struct topo_db *db, int kib);

/* A step of a schema. Steps are numbered from 1 by their order in the array. */
struct topo_migration {
  const char *sql;
};

/* Brings the schema from whatever version it has to version `n`, which is at least 1, in one
 * durable transaction. Not within a transaction. Returns 0; TOPO_ESCHEMA when the file is of a
 * later version; or a storage status. The file is unchanged when the result is not 0. */
int topo_db_migrate(struct topo_db *db, const struct topo_migration *steps, int n);

/* Executes statements that have no parameters and no results. 0 or a storage status. */
int topo_db_exec(struct topo_db *db, const char *sql);

/* Begins a transaction that writes; there is none, and nothing is held. When `durable`, its commit
 * survives a power cut (synchronous=FULL). Otherwise a power cut may undo it as a whole, and then
 * all transactions after it as well, but none before it. 0 or a storage status. */
int topo_db_begin(struct topo_db *db, bool durable);

/* Commits the transaction. Returns 0; or a storage status, and it is then rolled back. */
int topo_db_commit(struct topo_db *db);

/* Rolls back what topo_db_begin or topo_db_hold began, if anything, and resets all statements. */
void topo_db_rollback(struct topo_db *db);

/* Returns whether there is a transaction that writes. */
bool topo_db_in_transaction(const struct topo_db *db);

/* From here to topo_db_release, all that is read shows one state of the database, and a read need
 * not find and lock that state each time. Not within a transaction; nothing is written before the
 * release. Returns 0; or a storage status, and there is then nothing to release. */
int topo_db_hold(struct topo_db *db);

/* Ends what topo_db_hold began. Nothing happens when nothing is held. */
void topo_db_release(struct topo_db *db);

/* Copies the write-ahead log back into the file when it has more than `pages` pages; -1 for always.
 * Not within a transaction, and nothing is held. Returns 0, also when readers keep it from being
 * copied; or a storage status. */
int topo_db_checkpoint(struct topo_db *db, int pages);

/* Names the writer of the statements that are prepared from now on: they may only write tables
 * whose names begin with `writer`, which is borrowed. NULL lifts that. */
void topo_db_set_writer(struct topo_db *db, const char *writer);

/* Returns the row number that the last INSERT gave. */
int64_t topo_db_last_rowid(struct topo_db *db);

/* Returns the statement with the text `sql`, a string literal: reset, and with nothing bound. It
 * belongs to the database. When it could not be prepared, topo_fetch and topo_execute return why;
 * everything else may be called as if it could. */
struct topo_stmt *topo_stmt(struct topo_db *db, const char *sql);

/* Bind a value to the parameter `index`, which counts from 1, while the statement is at no row.
 * Memory is borrowed until the statement is reset. What goes wrong is returned by topo_fetch. */
void topo_bind_i64(struct topo_stmt *s, int index, int64_t v);
void topo_bind_blob(struct topo_stmt *s, int index, const void *data, size_t len);
void topo_bind_id(struct topo_stmt *s, int index, const struct topo_id *id);
void topo_bind_text(struct topo_stmt *s, int index, const void *text, size_t len);
void topo_bind_null(struct topo_stmt *s, int index);

/* Goes to the next row. Returns 1 when there is one; 0 when there is none, and the statement is
 * reset; or a storage status, and the statement is reset. */
int topo_fetch(struct topo_stmt *s);

/* Executes a statement whose rows, if any, do not matter, and resets it. 0 or a storage status. */
int topo_execute(struct topo_stmt *s);

/* Resets a statement whose remaining rows are not wanted. NULL is fine. */
void topo_reset(struct topo_stmt *s);

/* Read the column `column`, which counts from 0, of the row that the statement is at. Views are
 * valid until the statement goes to another row or is reset. */
int64_t topo_column_i64(struct topo_stmt *s, int column);
struct topo_bytes topo_column_bytes(struct topo_stmt *s,
                                    int column);                /* blob or text; NULL is empty */
struct topo_id topo_column_id(struct topo_stmt *s, int column); /* zero when it has not 32 bytes */
bool topo_column_is_null(struct topo_stmt *s, int column);
int topo_column_is_integer(struct topo_stmt *s, int column);

/* Returns how many columns the row has that the statement is at. */
int topo_column_count(struct topo_stmt *s);

#endif
