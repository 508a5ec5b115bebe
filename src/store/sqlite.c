/*
 * sqlite.c - SQLite's result codes as statuses: they travel no further than this folder.
 */
#include "store/db_impl.h"

#include "base/status.h"

int topo_sqlite_status(int code)
{
  switch (code & 0xff) {
  case SQLITE_OK:
  case SQLITE_ROW:
  case SQLITE_DONE: return 0;
  case SQLITE_NOMEM: return TOPO_ENOMEM;
  case SQLITE_FULL: return TOPO_EDISKFULL;
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB: return TOPO_ECORRUPT;
  case SQLITE_BUSY:
  case SQLITE_LOCKED: return TOPO_EAGAIN;
  case SQLITE_TOOBIG: return TOPO_ELIMIT;
  case SQLITE_AUTH: return TOPO_EDENIED;
  case SQLITE_IOERR:
  case SQLITE_CANTOPEN:
  case SQLITE_READONLY:
  case SQLITE_PERM: return TOPO_EIO;
  default: return TOPO_EINTERNAL;
  }
}
