/*
 * rebuild.c - what follows from the table of types, made anew when another build has other types.
 *
 * Two things do: the tables of projections, which are never migrated, and the verdict on every
 * event, because what a build did not know, or could not read, another can (docs/protocol.md §5).
 * Both are made from the log: every item is judged again from its bytes, whatever was made of it
 * before, so equal sets come to equal states whatever build an event arrived under.
 *
 * How far it is stands in local_value under 'rebuild': the digest of types ‖ six u64: number,
 * first, at, end, done, total.
 */
#include "dag/rebuild.h"

#include "base/assert.h"
#include "base/status.h"
#include "crypto/hash.h"
#include "dag/decide.h"
#include "dag/drain.h"
#include "dag/effects.h"
#include "dag/project.h"
#include "dag/stored.h"

#include <stdio.h>
#include <string.h>

/* Grows when a rule changes that verdicts or rows depend on and that no table of types shows.
 * tests/unit/dag/test_rules reminds of it. */
enum { RULES = 1 };

static void put_type(struct topo_buf *out, const struct topo_type *type)
{
  topo_buf_put_u16(out, type->number);
  for (const struct topo_field *f = type->fields; f->kind != TOPO_FIELD_END; f++) {
    topo_buf_put_u8(out, (uint8_t)f->kind);
    topo_buf_put_u32(out, f->min);
    topo_buf_put_u32(out, f->max);
    topo_buf_put_u32(out, f->size);
  }
  topo_buf_put_u8(out, TOPO_FIELD_END);
  if (type->schema)
    topo_buf_put(out, type->schema, strlen(type->schema) + 1);
}

/* A digest of all that decides what is made of the log. 0 or TOPO_ENOMEM. */
static int digest_of_types(const struct topo_dag *dag, struct topo_id *out)
{
  struct topo_buf text = {0};
  size_t n = 0;
  topo_buf_put_u32(&text, RULES);
  topo_buf_put(&text, topo_credential_schema, strlen(topo_credential_schema) + 1);
  for (; dag->types[n]; n++)
    put_type(&text, dag->types[n]);
  topo_assert(n <= TOPO_TYPES_MAX);
  struct topo_bytes part = topo_buf_view(&text);
  int status = text.failed ? TOPO_ENOMEM : 0;
  if (status == 0)
    topo_hash(out->bytes, &part, 1);
  topo_buf_finish(&text);
  return status;
}

/* Every table that is neither the log's nor local is a projection, of this release or another. */
static int drop_tables(struct topo_dag *dag)
{
  static const char sql[] =
      "SELECT name FROM sqlite_schema WHERE type='table' AND name NOT IN"
      " ('event','body','edge','successor') AND name NOT LIKE 'local\\_%' ESCAPE '\\'"
      " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' LIMIT 1";
  for (;;) {
    struct topo_stmt *s = topo_stmt(dag->db, sql);
    int status = topo_fetch(s);
    if (status <= 0)
      return status;
    struct topo_bytes name = topo_column_bytes(s, 0);
    char drop[160]; /* a name cannot be bound; this one comes from the schema itself */
    int n =
        snprintf(drop, sizeof drop, "DROP TABLE \"%.*s\"", (int)name.len, (const char *)name.data);
    topo_reset(s);
    if (n < 0 || (size_t)n >= sizeof drop)
      return TOPO_ECORRUPT;
    status = topo_db_exec(dag->db, drop);
    if (status < 0)
      return status;
  }
}

static int create_tables(struct topo_dag *dag)
{
  int status = topo_db_exec(dag->db, topo_credential_schema);
  for (const struct topo_type *const *t = dag->types; *t && status == 0; t++)
    if ((*t)->schema)
      status = topo_db_exec(dag->db, (*t)->schema);
  return status;
}

/* Authority was loaded with these types: its rows and its table follow. */
static int judge_control_again(struct topo_dag *dag)
{
  int status = 0;
  for (int32_t i = 0; i < topo_authority_count(dag->authority) && status == 0; i++) {
    const struct topo_authority_node *node = topo_authority_at(dag->authority, i);
    enum topo_state state = (enum topo_state)node->state;
    struct topo_row row;
    if (topo_node_is_credential(node))
      status = topo_project_credential(dag, node);
    if (status == 0)
      status = topo_log_row(&dag->log, node->no, &row);
    if (status == 0 && row.state != state)
      status = topo_effects_of_admitted(dag, i, state);
  }
  return status;
}

/* ---- how far it is --------------------------------------------------------------------------- */

enum { STORED_SIZE = TOPO_ID_SIZE + 6 * 8 };

static int read_progress(struct topo_rebuild *r, struct topo_bytes stored)
{
  if (stored.len != STORED_SIZE)
    return TOPO_ECORRUPT;
  struct topo_reader in = topo_reader_init(stored.data, stored.len);
  r->types = topo_read_id(&in);
  r->number = (int64_t)topo_read_u64(&in);
  r->first = (int64_t)topo_read_u64(&in);
  r->at = (int64_t)topo_read_u64(&in);
  r->end = (int64_t)topo_read_u64(&in);
  r->done = topo_read_u64(&in);
  r->total = topo_read_u64(&in);
  bool sound = r->number > 0 && r->at >= 0 && r->at <= r->end && r->first >= 0 &&
               r->first <= r->end && r->done <= r->total;
  return sound ? 0 : TOPO_ECORRUPT;
}

/* There may never have been a rebuild: then the first one is over. */
static int load_progress(struct topo_db *db, struct topo_rebuild *out)
{
  struct topo_stmt *s = topo_stmt(db, "SELECT value FROM local_value WHERE name='rebuild'");
  int status = topo_fetch(s);
  *out = (struct topo_rebuild){.number = 1};
  if (status <= 0)
    return status;
  status = read_progress(out, topo_column_bytes(s, 0));
  topo_reset(s);
  return status;
}

int topo_rebuild_load(struct topo_dag *dag)
{
  int status = load_progress(dag->db, &dag->rebuild);
  if (status == 0)
    topo_log_set_judging(&dag->log, dag->rebuild.number);
  return status;
}

int topo_dag_read_progress(struct topo_db *db, struct topo_dag_progress *out)
{
  struct topo_rebuild r;
  int status = load_progress(db, &r);
  *out = (struct topo_dag_progress){r.at != r.end, r.done, r.total};
  return status;
}

static int save_progress(struct topo_dag *dag)
{
  const struct topo_rebuild *r = &dag->rebuild;
  struct topo_buf value = {0};
  topo_buf_put_id(&value, &r->types);
  topo_buf_put_u64(&value, (uint64_t)r->number);
  topo_buf_put_u64(&value, (uint64_t)r->first);
  topo_buf_put_u64(&value, (uint64_t)r->at);
  topo_buf_put_u64(&value, (uint64_t)r->end);
  topo_buf_put_u64(&value, r->done);
  topo_buf_put_u64(&value, r->total);
  struct topo_stmt *s =
      topo_stmt(dag->db, "INSERT OR REPLACE INTO local_value(name,value) VALUES('rebuild',?1)");
  topo_bind_blob(s, 1, value.data, value.len);
  int status = value.failed ? TOPO_ENOMEM : topo_execute(s);
  topo_buf_finish(&value);
  return status;
}

/* ---- a piece --------------------------------------------------------------------------------- */

enum { FIRST_ROWS = 16384 /* that are looked at for events that depend on nothing, at a time */ };

static int judge_list(struct topo_dag *dag, const struct topo_buf *list)
{
  int status = 0;
  for (size_t i = 0; i < topo_no_count(list) && status == 0; i++)
    status = topo_decide_row(dag, topo_no_at(list, i));
  return status;
}

static bool depends_on_nothing(const struct topo_dag *dag, uint16_t number)
{
  const struct topo_type *type = topo_type_find(dag->types, number);
  return type && type->project && !type->depends;
}

/* Lines up to n of them up, ahead of the others; *to: the last row that was looked at. */
static int find_first(struct topo_dag *dag, size_t n, struct topo_buf *list, int64_t *to)
{
  const struct topo_rebuild *r = &dag->rebuild;
  int64_t last = r->end - r->first > FIRST_ROWS ? r->first + FIRST_ROWS : r->end;
  struct topo_stmt *s =
      topo_stmt(dag->db, "SELECT no,type FROM event WHERE no>?1 AND no<=?2 AND set_no<>0"
                         " AND state>=2 ORDER BY no");
  topo_bind_i64(s, 1, r->first);
  topo_bind_i64(s, 2, last);
  int status;
  while ((status = topo_fetch(s)) == 1) {
    if (!depends_on_nothing(dag, (uint16_t)topo_column_i64(s, 1)))
      continue;
    *to = topo_column_i64(s, 0);
    status = topo_push_no(list, *to);
    if (status < 0 || topo_no_count(list) == n) {
      topo_reset(s);
      return status;
    }
  }
  *to = last;
  return status;
}

static int judge_first(struct topo_dag *dag, size_t n)
{
  struct topo_buf list = {0};
  int64_t to = 0;
  int status = find_first(dag, n, &list, &to);
  if (status == 0)
    status = judge_list(dag, &list);
  dag->rebuild.first = to;
  topo_buf_finish(&list);
  return status;
}

/* The next n events; a statement is not kept open over writes. */
static int find_due(struct topo_dag *dag, size_t n, struct topo_buf *list)
{
  struct topo_stmt *s =
      topo_stmt(dag->db, "SELECT no FROM event WHERE no>?1 AND no<=?2 AND state>=2 AND set_no<>0"
                         " ORDER BY no LIMIT ?3");
  topo_bind_i64(s, 1, dag->rebuild.at);
  topo_bind_i64(s, 2, dag->rebuild.end);
  topo_bind_i64(s, 3, (int64_t)n);
  int status;
  while ((status = topo_fetch(s)) == 1) {
    status = topo_push_no(list, topo_column_i64(s, 0));
    if (status < 0) {
      topo_reset(s);
      return status;
    }
  }
  return status;
}

static int judge_due(struct topo_dag *dag, size_t n)
{
  struct topo_rebuild *r = &dag->rebuild;
  struct topo_buf list = {0};
  int status = find_due(dag, n, &list);
  size_t found = topo_no_count(&list);
  for (size_t i = 0; i < found && status == 0; i++) {
    status = topo_decide_row(dag, topo_no_at(&list, i));
    r->at = topo_no_at(&list, i);
  }
  if (found < n)
    r->at = r->end;
  /* Rows that were only names when it began may have become events since. */
  r->done = r->total - r->done > found ? r->done + found : r->total;
  topo_buf_finish(&list);
  return status;
}

int topo_rebuild_piece(struct topo_dag *dag, size_t n)
{
  bool ahead = dag->rebuild.first < dag->rebuild.end;
  topo_stored_keep_paths(dag, true);
  int status = ahead ? judge_first(dag, n) : judge_due(dag, n);
  if (topo_rebuild_is_over(dag))
    topo_stored_keep_paths(dag, false);
  return status == 0 ? save_progress(dag) : status;
}

/* ---- the beginning --------------------------------------------------------------------------- */

/* All verdicts on content are of another rebuild from here on. */
static int forget_verdicts(struct topo_dag *dag, const struct topo_id *types)
{
  struct topo_rebuild *r = &dag->rebuild;
  struct topo_stmt *s =
      topo_stmt(dag->db, "SELECT (SELECT coalesce(max(no),0) FROM event),"
                         " (SELECT count(*) FROM event WHERE set_no<>0 AND state>=2)");
  int status = topo_fetch(s);
  if (status < 0)
    return status;
  *r = (struct topo_rebuild){.types = *types, .number = r->number + 1};
  r->end = topo_column_i64(s, 0);
  r->total = (uint64_t)topo_column_i64(s, 1);
  topo_reset(s);
  if (r->total == 0)
    r->at = r->end;
  topo_log_set_judging(&dag->log, r->number);
  return 0;
}

/* Nobody should meet a workspace without a name. */
static int begin_judging(struct topo_dag *dag)
{
  topo_assert(dag->lists.ready.len == 0); /* all content is due */
  if (topo_rebuild_is_over(dag))
    return save_progress(dag);
  int status = topo_rebuild_piece(dag, TOPO_REBUILD_PIECE_MAX);
  return status == 0 ? topo_drain(dag) : status;
}

static int begin(struct topo_dag *dag, const struct topo_id *types)
{
  topo_log_forget(&dag->log);
  int status = topo_db_begin(dag->db, true);
  if (status < 0)
    return status;
  status = forget_verdicts(dag, types);
  if (status == 0)
    status = drop_tables(dag);
  if (status == 0)
    status = create_tables(dag);
  if (status == 0)
    status = judge_control_again(dag);
  if (status == 0)
    status = begin_judging(dag);
  topo_buf_clear(&dag->lists.changed);
  if (status == 0)
    status = topo_changes_forget(dag->db);
  if (status == 0)
    return topo_db_commit(dag->db);
  topo_db_rollback(dag->db);
  topo_log_forget(&dag->log);
  return status;
}

int topo_rebuild_begin_when_changed(struct topo_dag *dag)
{
  struct topo_id types;
  int status = digest_of_types(dag, &types);
  if (status < 0 || topo_id_equal(&types, &dag->rebuild.types))
    return status;
  return begin(dag, &types);
}
