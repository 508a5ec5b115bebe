/* log.c - the statements of the log, and its two caches. */
#include "store/log.h"

#include "base/assert.h"
#include "base/status.h"

#include <stdlib.h>
#include <string.h>

/* Slots of the two caches: powers of two. */
enum { CACHE_SLOTS = 4096, ROW_SLOTS = 1024 };

const struct topo_migration topo_log_migration = {
    "CREATE TABLE event(no INTEGER PRIMARY KEY, h INTEGER NOT NULL, id BLOB NOT NULL,"
    " state INTEGER NOT NULL, type INTEGER NOT NULL, set_no INTEGER NOT NULL,"
    " auth INTEGER NOT NULL, hlc INTEGER NOT NULL, missing INTEGER NOT NULL,"
    " judged INTEGER NOT NULL);"
    "CREATE INDEX event_h ON event(h);"
    "CREATE INDEX event_held ON event(state) WHERE state IN (1, 4);"
    "CREATE TABLE body(no INTEGER PRIMARY KEY, bytes BLOB NOT NULL);"
    "CREATE TABLE edge(target INTEGER NOT NULL, kind INTEGER NOT NULL, source INTEGER NOT NULL,"
    " PRIMARY KEY(target, kind, source)) WITHOUT ROWID;"
    "CREATE TABLE successor(target INTEGER NOT NULL, tag BLOB NOT NULL, set_no INTEGER NOT NULL,"
    " seq INTEGER NOT NULL, PRIMARY KEY(target, tag, set_no, seq)) WITHOUT ROWID;"};

int topo_log_init(struct topo_log *log, struct topo_db *db)
{
  log->db = db;
  log->cache = calloc(CACHE_SLOTS, sizeof *log->cache);
  log->rows = calloc(ROW_SLOTS, sizeof *log->rows);
  return log->cache && log->rows ? 0 : TOPO_ENOMEM;
}

void topo_log_finish(struct topo_log *log)
{
  if (!log)
    return;
  free(log->cache);
  free(log->rows);
  *log = (struct topo_log){0};
}

void topo_log_forget(struct topo_log *log)
{
  topo_assert(!topo_db_in_transaction(log->db));
  memset(log->cache, 0, CACHE_SLOTS * sizeof *log->cache);
  memset(log->rows, 0, ROW_SLOTS * sizeof *log->rows);
}

void topo_log_set_judging(struct topo_log *log, int64_t number)
{
  topo_assert(number > 0);
  log->judging = number;
}

static size_t cache_slot(const struct topo_id *id)
{
  _Static_assert((CACHE_SLOTS & (CACHE_SLOTS - 1)) == 0, "a mask picks the slot");
  return (size_t)(topo_get_be64(id->bytes + 8) & (CACHE_SLOTS - 1));
}

static void remember(struct topo_log *log, const struct topo_id *id, int64_t no)
{
  size_t i = cache_slot(id);
  log->cache[i].id = *id;
  log->cache[i].no = no;
}

static struct topo_row *row_slot(struct topo_log *log, int64_t no)
{
  _Static_assert((ROW_SLOTS & (ROW_SLOTS - 1)) == 0, "a mask picks the slot");
  return &log->rows[(uint64_t)no & (ROW_SLOTS - 1)];
}

static void remember_row(struct topo_log *log, const struct topo_row *row)
{
  *row_slot(log, row->no) = *row;
}

static void read_row(const struct topo_log *log, struct topo_stmt *s, struct topo_row *row)
{
  *row = (struct topo_row){.no = topo_column_i64(s, 0),
                           .state = (enum topo_state)topo_column_i64(s, 1),
                           .type = (uint16_t)topo_column_i64(s, 2),
                           .set_no = topo_column_i64(s, 3),
                           .auth = topo_column_i64(s, 4),
                           .hlc = (uint64_t)topo_column_i64(s, 5),
                           .missing = topo_column_i64(s, 6)};
  bool content = row->state >= TOPO_STATE_UNAUTHORISED && row->set_no != 0;
  row->stale = content && topo_column_i64(s, 7) != log->judging;
  if (row->stale) {
    row->state = TOPO_STATE_UNAUTHORISED;
    row->missing = 0;
  }
}

int topo_log_number(struct topo_log *log, const struct topo_id *id, int64_t *no)
{
  size_t i = cache_slot(id);
  if (log->cache[i].no && topo_id_equal(&log->cache[i].id, id)) {
    *no = log->cache[i].no;
    return 0;
  }
  struct topo_stmt *s = topo_stmt(log->db, "SELECT no FROM event WHERE h=?1 AND id=?2");
  topo_bind_i64(s, 1, topo_id_prefix(id));
  topo_bind_id(s, 2, id);
  int status = topo_fetch(s);
  if (status <= 0)
    return status < 0 ? status : TOPO_ENOTFOUND;
  *no = topo_column_i64(s, 0);
  topo_reset(s);
  remember(log, id, *no);
  return 0;
}

int topo_log_row(struct topo_log *log, int64_t no, struct topo_row *row)
{
  const struct topo_row *kept = row_slot(log, no);
  if (no && kept->no == no) {
    *row = *kept;
    return 0;
  }
  struct topo_stmt *s = topo_stmt(
      log->db, "SELECT no,state,type,set_no,auth,hlc,missing,judged FROM event WHERE no=?1");
  topo_bind_i64(s, 1, no);
  int status = topo_fetch(s);
  if (status <= 0)
    return status < 0 ? status : TOPO_ENOTFOUND;
  read_row(log, s, row);
  topo_reset(s);
  remember_row(log, row);
  return 0;
}

int topo_log_find(struct topo_log *log, const struct topo_id *id, struct topo_row *row)
{
  int64_t no = 0;
  int status = topo_log_number(log, id, &no);
  return status < 0 ? status : topo_log_row(log, no, row);
}

static int insert_event(struct topo_log *log, const struct topo_id *id, struct topo_row *row)
{
  topo_assert(row->no == 0 && topo_db_in_transaction(log->db));
  struct topo_stmt *s =
      topo_stmt(log->db, "INSERT INTO event(h,id,state,type,set_no,auth,hlc,missing,judged)"
                         " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)");
  topo_bind_i64(s, 1, topo_id_prefix(id));
  topo_bind_id(s, 2, id);
  topo_bind_i64(s, 3, row->state);
  topo_bind_i64(s, 4, row->type);
  topo_bind_i64(s, 5, row->set_no);
  topo_bind_i64(s, 6, row->auth);
  topo_bind_i64(s, 7, (int64_t)row->hlc);
  topo_bind_i64(s, 8, row->missing);
  topo_bind_i64(s, 9, log->judging);
  int status = topo_execute(s);
  if (status < 0)
    return status;
  row->no = topo_db_last_rowid(log->db);
  remember(log, id, row->no);
  remember_row(log, row);
  return 0;
}

int topo_log_intern(struct topo_log *log, const struct topo_id *id, int64_t *no)
{
  int status = topo_log_number(log, id, no);
  if (status != TOPO_ENOTFOUND)
    return status;
  struct topo_row row = {.state = TOPO_STATE_NAMED};
  status = insert_event(log, id, &row);
  *no = row.no;
  return status;
}

int topo_log_update(struct topo_log *log, const struct topo_row *row)
{
  topo_assert(topo_db_in_transaction(log->db));
  struct topo_stmt *s =
      topo_stmt(log->db, "UPDATE event SET state=?2,type=?3,set_no=?4,auth=?5,hlc=?6,missing=?7,"
                         "judged=?8 WHERE no=?1");
  topo_bind_i64(s, 1, row->no);
  topo_bind_i64(s, 2, row->state);
  topo_bind_i64(s, 3, row->type);
  topo_bind_i64(s, 4, row->set_no);
  topo_bind_i64(s, 5, row->auth);
  topo_bind_i64(s, 6, (int64_t)row->hlc);
  topo_bind_i64(s, 7, row->missing);
  topo_bind_i64(s, 8, log->judging);
  int status = topo_execute(s);
  if (status == 0)
    remember_row(log, row);
  if (status == 0)
    row_slot(log, row->no)->stale = false;
  return status;
}

int topo_log_insert(struct topo_log *log, const struct topo_id *id, struct topo_row *row,
                    struct topo_bytes bytes)
{
  topo_assert(row->state > TOPO_STATE_NAMED && bytes.len > 0);
  int status = row->no ? topo_log_update(log, row) : insert_event(log, id, row);
  if (status < 0)
    return status;
  struct topo_stmt *s = topo_stmt(log->db, "INSERT INTO body(no,bytes) VALUES(?1,?2)");
  topo_bind_i64(s, 1, row->no);
  topo_bind_blob(s, 2, bytes.data, bytes.len);
  return topo_execute(s);
}

int topo_log_drop(struct topo_log *log, int64_t no)
{
  struct topo_row row = {.no = no, .state = TOPO_STATE_NAMED};
  int status = topo_log_update(log, &row);
  if (status < 0)
    return status;
  struct topo_stmt *s = topo_stmt(log->db, "DELETE FROM body WHERE no=?1");
  topo_bind_i64(s, 1, no);
  return topo_execute(s);
}

int topo_log_bytes(struct topo_log *log, int64_t no, struct topo_buf *out)
{
  struct topo_stmt *s = topo_stmt(log->db, "SELECT bytes FROM body WHERE no=?1");
  topo_bind_i64(s, 1, no);
  int status = topo_fetch(s);
  if (status <= 0)
    return status < 0 ? status : TOPO_ENOTFOUND;
  struct topo_bytes b = topo_column_bytes(s, 0);
  status = topo_buf_put(out, b.data, b.len);
  topo_reset(s);
  return status;
}

static int edge(struct topo_log *log, const char *sql, int64_t target, enum topo_edge kind,
                int64_t source)
{
  topo_assert(kind <= TOPO_EDGE_KEY && topo_db_in_transaction(log->db));
  struct topo_stmt *s = topo_stmt(log->db, sql);
  topo_bind_i64(s, 1, target);
  topo_bind_i64(s, 2, kind);
  topo_bind_i64(s, 3, source);
  return topo_execute(s);
}

int topo_log_add_edge(struct topo_log *log, int64_t target, enum topo_edge kind, int64_t source)
{
  static const char sql[] = "INSERT OR IGNORE INTO edge(target,kind,source) VALUES(?1,?2,?3)";
  return edge(log, sql, target, kind, source);
}

int topo_log_remove_edge(struct topo_log *log, int64_t target, enum topo_edge kind, int64_t source)
{
  static const char sql[] = "DELETE FROM edge WHERE target=?1 AND kind=?2 AND source=?3";
  return edge(log, sql, target, kind, source);
}

/* Reads the sources that the statement finds; its first two parameters are target and kind. */
static int read_sources(struct topo_stmt *s, int64_t target, enum topo_edge kind,
                        struct topo_buf *out)
{
  topo_assert(kind <= TOPO_EDGE_KEY && out->len % sizeof(int64_t) == 0);
  topo_bind_i64(s, 1, target);
  topo_bind_i64(s, 2, kind);
  int status;
  while ((status = topo_fetch(s)) == 1) {
    int64_t source = topo_column_i64(s, 0);
    if (topo_buf_put(out, &source, sizeof source) < 0) {
      topo_reset(s);
      return TOPO_ENOMEM;
    }
  }
  return status;
}

int topo_log_sources(struct topo_log *log, int64_t target, enum topo_edge kind,
                     struct topo_buf *out)
{
  struct topo_stmt *s = topo_stmt(log->db, "SELECT source FROM edge WHERE target=?1 AND kind=?2");
  return read_sources(s, target, kind, out);
}

int topo_log_sources_outside(struct topo_log *log, int64_t target, enum topo_edge kind,
                             int64_t after, int64_t to, struct topo_buf *out)
{
  topo_assert(after <= to);
  struct topo_stmt *s = topo_stmt(
      log->db, "SELECT source FROM edge WHERE target=?1 AND kind=?2 AND source<=?3 UNION ALL"
               " SELECT source FROM edge WHERE target=?1 AND kind=?2 AND source>?4");
  topo_bind_i64(s, 3, after);
  topo_bind_i64(s, 4, to);
  return read_sources(s, target, kind, out);
}

static struct topo_stmt *bind_position(struct topo_log *log, const char *sql, int64_t target,
                                       const struct topo_chain_position *position)
{
  struct topo_stmt *s = topo_stmt(log->db, sql);
  topo_bind_i64(s, 1, target);
  topo_bind_blob(s, 2, position->tag, sizeof position->tag);
  topo_bind_i64(s, 3, position->set_no);
  topo_bind_i64(s, 4, position->seq);
  return s;
}

int topo_log_add_successor(struct topo_log *log, int64_t target,
                           const struct topo_chain_position *position)
{
  static const char sql[] =
      "INSERT OR IGNORE INTO successor(target,tag,set_no,seq) VALUES(?1,?2,?3,?4)";
  topo_assert(topo_db_in_transaction(log->db));
  return topo_execute(bind_position(log, sql, target, position));
}

int topo_log_has_successor(struct topo_log *log, int64_t target,
                           const struct topo_chain_position *position)
{
  static const char sql[] =
      "SELECT 1 FROM successor WHERE target=?1 AND tag=?2 AND set_no=?3 AND seq=?4";
  struct topo_stmt *s = bind_position(log, sql, target, position);
  int status = topo_fetch(s);
  topo_reset(s);
  return status;
}

int topo_log_drop_successors(struct topo_log *log, int64_t target)
{
  topo_assert(topo_db_in_transaction(log->db));
  struct topo_stmt *s = topo_stmt(log->db, "DELETE FROM successor WHERE target=?1");
  topo_bind_i64(s, 1, target);
  return topo_execute(s);
}
