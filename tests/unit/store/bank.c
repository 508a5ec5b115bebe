/*
 * bank.c - the known transactions, and the audit.
 */
#include "unit/store/bank.h"

#include "base/assert.h"
#include "lib/sim_rng.h"

#include <stdio.h>
#include <string.h>

enum { NOTES = 24, NOTE_MAX = 6000, MOVES_MAX = 4 };

/* What one transaction does: `size` 0 deletes the note. */
struct move {
  int note, size;
};

static size_t plan(uint64_t seed, int64_t i, struct move moves[MOVES_MAX])
{
  struct sim_rng rng;
  sim_rng_init(&rng, (seed << 20) ^ (uint64_t)i);
  size_t n = 1 + (size_t)sim_rng_below(&rng, MOVES_MAX);
  for (size_t m = 0; m < n; m++) {
    moves[m].note = (int)sim_rng_below(&rng, NOTES);
    moves[m].size = sim_rng_chance(&rng, 0.2) ? 0 : 1 + (int)sim_rng_below(&rng, NOTE_MAX);
  }
  return n;
}

/* The bytes of a note written by transaction i. */
static void text_of(int note, int64_t i, int size, uint8_t out[NOTE_MAX])
{
  struct sim_rng rng;
  sim_rng_init(&rng, (uint64_t)i * NOTES + (uint64_t)note);
  sim_rng_fill(&rng, out, (size_t)size);
}

int bank_open(const struct bank_options *options, sqlite3 **db)
{
  char sql[512];
  snprintf(sql, sizeof sql,
           "PRAGMA journal_mode=%s; PRAGMA synchronous=%s; PRAGMA wal_autocheckpoint=12;"
           "CREATE TABLE IF NOT EXISTS done (id INTEGER PRIMARY KEY, n INTEGER);"
           "CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY, text BLOB);"
           "INSERT OR IGNORE INTO done VALUES (0, 0);",
           options->journal, options->synchronous);
  int r = sqlite3_open_v2("space.db", db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, options->vfs);
  if (r == SQLITE_OK)
    r = sqlite3_exec(*db, sql, NULL, NULL, NULL);
  if (r != SQLITE_OK) {
    sqlite3_close(*db);
    *db = NULL;
  }
  return r;
}

static int run(sqlite3 *db, const char *sql, int64_t a, const void *b, int b_len)
{
  sqlite3_stmt *stmt;
  int r = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
  if (r != SQLITE_OK)
    return r;
  sqlite3_bind_int64(stmt, 1, a);
  if (b)
    sqlite3_bind_blob(stmt, 2, b, b_len, SQLITE_STATIC);
  sqlite3_step(stmt);
  return sqlite3_finalize(stmt);
}

static int make_moves(sqlite3 *db, uint64_t seed, int64_t i)
{
  struct move moves[MOVES_MAX];
  uint8_t text[NOTE_MAX];
  size_t n = plan(seed, i, moves);
  for (size_t m = 0; m < n; m++) {
    int r;
    if (moves[m].size == 0) {
      r = run(db, "DELETE FROM note WHERE id = ?", moves[m].note, NULL, 0);
    } else {
      text_of(moves[m].note, i, moves[m].size, text);
      r = run(db, "INSERT OR REPLACE INTO note VALUES (?, ?)", moves[m].note, text, moves[m].size);
    }
    if (r != SQLITE_OK)
      return r;
  }
  return run(db, "UPDATE done SET n = ?", i, NULL, 0);
}

int bank_step(sqlite3 *db, uint64_t seed, int64_t i)
{
  int r = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
  if (r == SQLITE_OK)
    r = make_moves(db, seed, i);
  if (r == SQLITE_OK)
    r = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
  if (r != SQLITE_OK)
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
  return r;
}

static bool is_whole(sqlite3 *db)
{
  sqlite3_stmt *stmt;
  if (sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &stmt, NULL) != SQLITE_OK)
    return false;
  bool whole = sqlite3_step(stmt) == SQLITE_ROW &&
               strcmp((const char *)sqlite3_column_text(stmt, 0), "ok") == 0;
  return sqlite3_finalize(stmt) == SQLITE_OK && whole;
}

/* The note in this row is the one that transaction `by[note]` wrote; then it is ticked off. */
static bool row_is_right(sqlite3_stmt *stmt, int64_t by[NOTES], const int sizes[NOTES])
{
  int64_t note = sqlite3_column_int64(stmt, 0);
  uint8_t text[NOTE_MAX];
  if (note < 0 || note >= NOTES || by[note] == 0 || sqlite3_column_bytes(stmt, 1) != sizes[note])
    return false;
  text_of((int)note, by[note], sizes[note], text);
  if (memcmp(text, sqlite3_column_blob(stmt, 1), (size_t)sizes[note]) != 0)
    return false;
  by[note] = 0;
  return true;
}

static bool notes_are_right(sqlite3 *db, uint64_t seed, int64_t n)
{
  int64_t by[NOTES] = {0};
  int sizes[NOTES] = {0};
  struct move moves[MOVES_MAX];
  for (int64_t i = 1; i <= n; i++) {
    size_t count = plan(seed, i, moves);
    for (size_t m = 0; m < count; m++) {
      by[moves[m].note] = moves[m].size ? i : 0;
      sizes[moves[m].note] = moves[m].size;
    }
  }
  sqlite3_stmt *stmt;
  if (sqlite3_prepare_v2(db, "SELECT id, text FROM note", -1, &stmt, NULL) != SQLITE_OK)
    return false;
  bool right = true;
  while (right && sqlite3_step(stmt) == SQLITE_ROW)
    right = row_is_right(stmt, by, sizes);
  if (sqlite3_finalize(stmt) != SQLITE_OK)
    right = false;
  for (int k = 0; k < NOTES; k++)
    right = right && by[k] == 0;
  return right;
}

int64_t bank_audit(sqlite3 *db, uint64_t seed)
{
  sqlite3_stmt *stmt;
  if (!is_whole(db) || sqlite3_prepare_v2(db, "SELECT n FROM done", -1, &stmt, NULL) != SQLITE_OK)
    return -1;
  int64_t n = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : -1;
  if (sqlite3_finalize(stmt) != SQLITE_OK || n < 0 || !notes_are_right(db, seed, n))
    return -1;
  return n;
}
