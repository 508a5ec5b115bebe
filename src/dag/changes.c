/* changes.c - the change log's tables. */
#include "dag/changes.h"

#include "base/assert.h"
#include "base/status.h"

#include <stdlib.h>
#include <string.h>

enum { TRIM_EVERY = 4096, INCARNATION_DIGITS = 16, SEQ_DIGITS = 19 };

const struct topo_migration topo_changes_migration = {
    "CREATE TABLE local_change(seq INTEGER PRIMARY KEY, type INTEGER NOT NULL,"
    " entity INTEGER NOT NULL);"
    "CREATE TABLE local_incarnation(no INTEGER PRIMARY KEY, incarnation INTEGER NOT NULL,"
    " first_seq INTEGER NOT NULL);"};

/* ---- cursors as text ------------------------------------------------------------------------- */

void topo_change_cursor_format(char out[static TOPO_CHANGE_CURSOR_SIZE],
                               const struct topo_change_cursor *cursor)
{
  static const char hex[] = "0123456789abcdef";
  char digits[SEQ_DIGITS];
  size_t n = 0, at = 0;
  for (int shift = 60; shift >= 0; shift -= 4)
    out[at++] = hex[cursor->incarnation >> shift & 15];
  out[at++] = '.';
  for (uint64_t rest = (uint64_t)cursor->seq; n == 0 || rest; rest /= 10)
    digits[n++] = (char)('0' + rest % 10);
  while (n)
    out[at++] = digits[--n];
  out[at] = '\0';
}

static int hex_value(char c)
{
  return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int topo_change_cursor_parse(struct topo_change_cursor *out, const char *text, size_t len)
{
  *out = (struct topo_change_cursor){0};
  if (len < INCARNATION_DIGITS + 2 || len > INCARNATION_DIGITS + 1 + SEQ_DIGITS ||
      text[INCARNATION_DIGITS] != '.')
    return TOPO_EINVAL;
  for (size_t i = 0; i < INCARNATION_DIGITS; i++) {
    int value = hex_value(text[i]);
    if (value < 0)
      return TOPO_EINVAL;
    out->incarnation = out->incarnation << 4 | (uint64_t)value;
  }
  const char *seq = text + INCARNATION_DIGITS + 1;
  if (*seq == '0' && len > INCARNATION_DIGITS + 2)
    return TOPO_EINVAL;
  for (const char *end = text + len; seq < end; seq++) {
    if (*seq < '0' || *seq > '9' || out->seq > (INT64_MAX - (*seq - '0')) / 10)
      return TOPO_EINVAL;
    out->seq = out->seq * 10 + (*seq - '0');
  }
  return 0;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* One integer of a statement that has one row. */
static int one(struct topo_stmt *s, int64_t *out)
{
  int status = topo_fetch(s);
  if (status <= 0)
    return status < 0 ? status : TOPO_ENOTFOUND;
  *out = topo_column_i64(s, 0);
  topo_reset(s);
  return 0;
}

int topo_changes_head(struct topo_db *db, struct topo_change_cursor *out)
{
  int64_t incarnation = 0;
  int status =
      one(topo_stmt(db, "SELECT incarnation FROM local_incarnation ORDER BY no DESC LIMIT 1"),
          &incarnation);
  out->incarnation = (uint64_t)incarnation;
  if (status == 0)
    status = one(topo_stmt(db, "SELECT coalesce(max(seq),0) FROM local_change"), &out->seq);
  return status;
}

/* The last number that was given while the cursor's incarnation went on, as far as is known. What
 * stood before the incarnation is of it, too: opening made that durable. */
static int end_of_incarnation(struct topo_db *db, const struct topo_change_cursor *cursor,
                              const struct topo_change_cursor *head, int64_t *end)
{
  struct topo_stmt *s =
      topo_stmt(db, "SELECT (SELECT min(n.first_seq)-1 FROM local_incarnation n"
                    " WHERE n.no>r.no) FROM local_incarnation r WHERE r.incarnation=?1");
  topo_bind_i64(s, 1, (int64_t)cursor->incarnation);
  int status = topo_fetch(s);
  if (status <= 0)
    return status < 0 ? status : TOPO_ENOTFOUND;
  *end = topo_column_is_null(s, 0) ? head->seq : topo_column_i64(s, 0);
  topo_reset(s);
  return 0;
}

int topo_changes_resume(struct topo_db *db, const struct topo_change_cursor *cursor)
{
  struct topo_change_cursor head;
  int64_t end = 0, first = 0;
  int status = topo_changes_head(db, &head);
  if (status == 0)
    status = end_of_incarnation(db, cursor, &head, &end);
  if (status == 0)
    status = one(topo_stmt(db, "SELECT coalesce(min(seq),0) FROM local_change"), &first);
  if (status < 0)
    return status;
  return cursor->seq <= end && cursor->seq + 1 >= first ? 0 : TOPO_ENOTFOUND;
}

int topo_changes_read(struct topo_db *db, int64_t seq, struct topo_change *out, size_t n)
{
  struct topo_stmt *s =
      topo_stmt(db, "SELECT seq,type,entity FROM local_change WHERE seq>?1 ORDER BY seq LIMIT ?2");
  topo_bind_i64(s, 1, seq);
  topo_bind_i64(s, 2, (int64_t)n);
  int count = 0, status;
  while ((status = topo_fetch(s)) == 1)
    out[count++] = (struct topo_change){topo_column_i64(s, 0), (uint16_t)topo_column_i64(s, 1),
                                        topo_column_i64(s, 2)};
  return status < 0 ? status : count;
}

/* ---- writing --------------------------------------------------------------------------------- */

int topo_changes_begin(struct topo_db *db, uint64_t incarnation)
{
  struct topo_stmt *s = topo_stmt(db, "INSERT INTO local_incarnation(incarnation,first_seq)"
                                      " SELECT ?1,coalesce(max(seq),0)+1 FROM local_change");
  topo_assert(topo_db_in_transaction(db));
  topo_bind_i64(s, 1, (int64_t)incarnation);
  int status = topo_execute(s);
  if (status < 0)
    return status;
  s = topo_stmt(
      db, "DELETE FROM local_incarnation WHERE no<=(SELECT max(no) FROM local_incarnation)-?1");
  topo_bind_i64(s, 1, TOPO_CHANGE_INCARNATIONS_MAX);
  return topo_execute(s);
}

int topo_changes_forget(struct topo_db *db)
{
  int status = topo_execute(topo_stmt(db, "DELETE FROM local_incarnation"));
  return status == 0 ? topo_execute(topo_stmt(db, "DELETE FROM local_change")) : status;
}

static int by_entity(const void *pa, const void *pb)
{
  const struct topo_change *a = pa, *b = pb;
  if (a->type != b->type)
    return a->type < b->type ? -1 : 1;
  if (a->entity != b->entity)
    return a->entity < b->entity ? -1 : 1;
  return (a->seq > b->seq) - (a->seq < b->seq);
}

static int by_seq(const void *pa, const void *pb)
{
  const struct topo_change *a = pa, *b = pb;
  return (a->seq > b->seq) - (a->seq < b->seq);
}

/* New events have new rows: mostly there is nothing to sort and nothing twice. */
static bool ascending(const struct topo_change *changes, size_t n)
{
  for (size_t i = 1; i < n; i++)
    if (changes[i - 1].entity >= changes[i].entity)
      return false;
  return true;
}

/* Keeps the last mention of each entity, in the order of those. */
static size_t keep_last(struct topo_change *changes, size_t n)
{
  size_t kept = 0;
  topo_assert(n <= INT64_MAX);
  for (size_t i = 0; i < n; i++)
    changes[i].seq = (int64_t)i;
  qsort(changes, n, sizeof *changes, by_entity);
  for (size_t i = 0; i < n; i++) {
    bool last = i + 1 == n || changes[i].type != changes[i + 1].type ||
                changes[i].entity != changes[i + 1].entity;
    if (last)
      changes[kept++] = changes[i];
  }
  qsort(changes, kept, sizeof *changes, by_seq);
  return kept;
}

/* Rows that one statement inserts: a step costs more than its row (bench sync-mem). */
enum { ROWS = 16 };
#define FOUR_ROWS "(?,?),(?,?),(?,?),(?,?)"
static const char rows_sql[] = "INSERT INTO local_change(type,entity) VALUES" FOUR_ROWS
                               "," FOUR_ROWS "," FOUR_ROWS "," FOUR_ROWS;
static const char row_sql[] = "INSERT INTO local_change(type,entity) VALUES(?,?)";

static int insert(struct topo_db *db, const struct topo_change *changes, int n)
{
  struct topo_stmt *s = topo_stmt(db, n == ROWS ? rows_sql : row_sql);
  for (int i = 0; i < n; i++) {
    topo_bind_i64(s, 2 * i + 1, changes[i].type);
    topo_bind_i64(s, 2 * i + 2, changes[i].entity);
  }
  int status = topo_execute(s);
  int64_t last = topo_db_last_rowid(db);
  if (status < 0 || last / TRIM_EVERY == (last - n) / TRIM_EVERY)
    return status;
  s = topo_stmt(db, "DELETE FROM local_change WHERE seq<=(SELECT max(seq) FROM local_change)-?1");
  topo_bind_i64(s, 1, TOPO_CHANGES_MAX);
  return topo_execute(s);
}

int topo_changes_append(struct topo_db *db, struct topo_change *changes, size_t n)
{
  int status = 0;
  topo_assert(n == 0 || topo_db_in_transaction(db));
  size_t kept = ascending(changes, n) ? n : keep_last(changes, n);
  topo_assert(kept <= n && (kept > 0) == (n > 0));
  for (size_t i = 0; i < kept && status == 0;) {
    int rows = kept - i >= ROWS ? ROWS : 1;
    topo_assert(changes[i].entity >= 0);
    status = insert(db, &changes[i], rows);
    i += (size_t)rows;
  }
  return status;
}
