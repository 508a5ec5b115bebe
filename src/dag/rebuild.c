/*
 * rebuild.c - the tables of projections: made when they are not there, and made anew from the log
 * when the schema of any type has changed, for projections are never migrated.
 */
#include "dag/rebuild.h"

#include "base/assert.h"
#include "base/status.h"
#include "crypto/hash.h"
#include "dag/decide.h"
#include "dag/project.h"

#include <stdio.h>
#include <string.h>

static void schema_hash(const struct topo_dag *dag, struct topo_id *out)
{
  struct topo_bytes parts[TOPO_TYPES_MAX + 1] = {
      {(const uint8_t *)topo_credential_schema, strlen(topo_credential_schema) + 1}};
  size_t n = 1;
  for (const struct topo_type *const *t = dag->types; *t; t++)
    if ((*t)->schema) {
      topo_assert(n <= TOPO_TYPES_MAX);
      parts[n++] = (struct topo_bytes){(const uint8_t *)(*t)->schema, strlen((*t)->schema) + 1};
    }
  topo_hash(out->bytes, parts, n);
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

/* Projects every accepted event anew, one question for each: a statement is not kept open over
 * writes. What each evaluation lines up is dropped, for its turn comes or has been. */
static int project_all(struct topo_dag *dag)
{
  int status = 0;
  for (int32_t i = 0; i < topo_authority_count(dag->authority) && status == 0; i++) {
    const struct topo_authority_node *node = topo_authority_at(dag->authority, i);
    if (topo_node_is_credential(node))
      status = topo_project_credential(dag, node);
  }
  for (int64_t no = 0; status == 0;) {
    struct topo_stmt *s = topo_stmt(
        dag->db, "SELECT no FROM event WHERE no>?1 AND state=5 AND set_no<>0 ORDER BY no LIMIT 1");
    topo_bind_i64(s, 1, no);
    status = topo_fetch(s);
    if (status <= 0)
      return status;
    no = topo_column_i64(s, 0);
    topo_reset(s);
    struct topo_row row;
    status = topo_log_row(&dag->log, no, &row);
    if (status == 0) {
      row.state = TOPO_STATE_BLOCKED; /* judged again, it becomes accepted and is projected */
      status = topo_log_update(&dag->log, &row);
    }
    if (status == 0)
      status = topo_decide_row(dag, no);
    topo_buf_clear(&dag->lists.ready);
  }
  return status;
}

static int rebuild(struct topo_dag *dag, const struct topo_id *hash)
{
  int status = topo_db_begin(dag->db, true);
  if (status < 0)
    return status;
  status = drop_tables(dag);
  if (status == 0)
    status = create_tables(dag);
  if (status == 0)
    status = project_all(dag);
  topo_buf_clear(&dag->lists.changed); /* what clients have seen may be shown differently now */
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
  schema_hash(dag, &hash);
  struct topo_stmt *s = topo_stmt(dag->db, "SELECT value FROM local_value WHERE name='projection'");
  int status = topo_fetch(s);
  if (status < 0)
    return status;
  if (status == 1)
    stored = topo_column_id(s, 0);
  topo_reset(s);
  return topo_id_equal(&hash, &stored) ? 0 : rebuild(dag, &hash);
}
