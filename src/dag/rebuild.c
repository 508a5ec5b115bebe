/*
 * rebuild.c - what follows from the table of types, made anew when another build has other types.
 *
 * Two things do: the tables of projections, which are never migrated, and the verdict on every
 * event, because what a build did not know, or could not read, another can (docs/protocol.md §5).
 * Both are made from the log: every item is judged again from its bytes, whatever was made of it
 * before, so equal sets come to equal states whatever build an event arrived under.
 */
#include "dag/rebuild.h"

#include "base/assert.h"
#include "base/status.h"
#include "crypto/hash.h"
#include "dag/decide.h"
#include "dag/drain.h"
#include "dag/effects.h"
#include "dag/project.h"

#include <stdio.h>
#include <string.h>

/* Grows when a rule changes that verdicts or rows depend on and that no table of types shows. */
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

/* No content counts for anything until it has been judged again. No row of content may be in the
 * log's cache yet. */
static int forget_verdicts(struct topo_dag *dag)
{
  struct topo_stmt *s =
      topo_stmt(dag->db, "UPDATE event SET state=?1,missing=0 WHERE set_no<>0 AND state>?2");
  topo_bind_i64(s, 1, TOPO_STATE_UNAUTHORISED);
  topo_bind_i64(s, 2, TOPO_STATE_PENDING);
  return topo_execute(s);
}

/* Of what was lined up after the first `kept` only that whose turn has been needs another one.
 * Returns how many are lined up then. */
static size_t drop_later(struct topo_buf *ready, size_t kept, int64_t no)
{
  for (size_t i = kept; i < topo_no_count(ready); i++) {
    int64_t other = topo_no_at(ready, i);
    if (other <= no)
      memcpy(ready->data + kept++ * sizeof other, &other, sizeof other);
  }
  ready->len = kept * sizeof(int64_t);
  return kept;
}

/* The next item of content after `no`, or 0: one question for each, because a statement is not kept
 * open over writes. */
static int next_content(struct topo_dag *dag, int64_t *no)
{
  struct topo_stmt *s = topo_stmt(
      dag->db, "SELECT no FROM event WHERE no>?1 AND state>=2 AND set_no<>0 ORDER BY no LIMIT 1");
  topo_bind_i64(s, 1, *no);
  int status = topo_fetch(s);
  *no = status == 1 ? topo_column_i64(s, 0) : 0;
  topo_reset(s);
  return status < 0 ? status : 0;
}

static int judge_content_again(struct topo_dag *dag)
{
  size_t kept = 0;
  int64_t no = 0;
  topo_assert(dag->lists.ready.len == 0);
  int status = next_content(dag, &no);
  while (status == 0 && no) {
    status = topo_decide_row(dag, no);
    kept = drop_later(&dag->lists.ready, kept, no);
    topo_buf_clear(&dag->lists.changed); /* what clients have seen may be shown differently now */
    if (status == 0)
      status = next_content(dag, &no);
  }
  return status == 0 ? topo_drain(dag) : status;
}

static int rebuild(struct topo_dag *dag, const struct topo_id *hash)
{
  topo_log_forget(&dag->log);
  int status = topo_db_begin(dag->db, true);
  if (status < 0)
    return status;
  status = forget_verdicts(dag);
  if (status == 0)
    status = drop_tables(dag);
  if (status == 0)
    status = create_tables(dag);
  if (status == 0)
    status = judge_control_again(dag);
  if (status == 0)
    status = judge_content_again(dag);
  topo_buf_clear(&dag->lists.changed);
  if (status == 0)
    status = topo_changes_forget(dag->db);
  if (status == 0) {
    struct topo_stmt *s = topo_stmt(
        dag->db, "INSERT OR REPLACE INTO local_value(name,value) VALUES('projection',?1)");
    topo_bind_id(s, 1, hash);
    status = topo_execute(s);
  }
  if (status == 0)
    return topo_db_commit(dag->db);
  topo_db_rollback(dag->db);
  topo_log_forget(&dag->log);
  return status;
}

int topo_rebuild_when_changed(struct topo_dag *dag)
{
  struct topo_id hash, stored = {{0}};
  int status = digest_of_types(dag, &hash);
  if (status < 0)
    return status;
  struct topo_stmt *s = topo_stmt(dag->db, "SELECT value FROM local_value WHERE name='projection'");
  status = topo_fetch(s);
  if (status < 0)
    return status;
  if (status == 1)
    stored = topo_column_id(s, 0);
  topo_reset(s);
  return topo_id_equal(&hash, &stored) ? 0 : rebuild(dag, &hash);
}
