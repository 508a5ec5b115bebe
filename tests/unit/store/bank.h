/*
 * bank.h - a table of notes whose right contents after any number of transactions are known, to ask
 * a database what survived.
 *
 * Transaction i of seed s rewrites a few notes and writes i into a row of its own. The plan is a
 * function of (s, i), so the state after n transactions can be computed without the database.
 */
#ifndef TOPO_TESTS_BANK_H
#define TOPO_TESTS_BANK_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

struct bank_options {
  const char *vfs;
  const char *journal;     /* "WAL", "DELETE" */
  const char *synchronous; /* "OFF", "NORMAL", "FULL", "EXTRA" */
  uint64_t seed;
};

/* Opens space.db and creates the tables when there are none. An SQLite code; on failure *db is
 * NULL and nothing is open. */
int bank_open(const struct bank_options *options, sqlite3 **db);

/* Runs transaction i. An SQLite code; SQLITE_OK promises that it is durable. A failed one is rolled
 * back as far as that is possible. */
int bank_step(sqlite3 *db, uint64_t seed, int64_t i);

/* How many transactions the database holds, or −1 when it is damaged, or holds a state that no
 * number of whole transactions of this seed gives. */
int64_t bank_audit(sqlite3 *db, uint64_t seed);

#endif
