/* db_impl.h - what db.c, stmt.c and sqlite.c share. No other file includes it. */
#ifndef TOPO_STORE_DB_IMPL_H
#define TOPO_STORE_DB_IMPL_H

#include "store/db.h"

#include <sqlite3.h>

enum { TOPO_STMT_SLOTS = 512 }; /* more statements than a space has; a power of two */

struct topo_stmt {
  sqlite3_stmt *handle;
  const char *sql; /* a literal: its address is the key */
  int status;      /* why it could not be prepared, or a bind failed */
  int columns;     /* of the row that it was stepped to; 0 when it is at no row */
};

struct topo_db {
  sqlite3 *handle;
  const char *writer;
  bool in_transaction, durable, read_only;
  bool holding; /* between topo_db_hold and topo_db_release */
  int wal_pages;
  int statements;
  struct topo_stmt slots[TOPO_STMT_SLOTS];
};

/* sqlite.c: what one of SQLite's result codes, extended or not, means here. */
int topo_sqlite_status(int code);

/* stmt.c: frees all statements, and resets all statements. */
void topo_db_drop_statements(struct topo_db *db);
void topo_db_reset_statements(struct topo_db *db);

#endif
