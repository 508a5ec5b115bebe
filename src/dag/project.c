/*
 * project.c - projections: their tables, forward projection, recomputing an entity, the
 * fingerprint.
 */
#include "dag/dag_impl.h"

#include "base/assert.h"
#include "base/status.h"
#include "crypto/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The credentials that are valid: authority's own projection, which views join to names. */
static const char credential_schema[] =
    "CREATE TABLE credential(no INTEGER PRIMARY KEY, device BLOB NOT NULL, user INTEGER NOT NULL,"
    " role INTEGER NOT NULL, genesis INTEGER NOT NULL);"
    "CREATE INDEX credential_user ON credential(user);"
    "CREATE INDEX credential_device ON credential(device);";
const char *const topo_credential_fingerprint[] = {
    "SELECT e.id, c.device, u.id, c.role FROM credential c JOIN event e ON e.no=c.no"
    " JOIN event u ON u.no=c.user ORDER BY e.id",
    NULL};

static void schema_hash(const struct topo_dag *dag, struct topo_id *out)
{
  struct topo_bytes parts[32] = {{(const uint8_t *)credential_schema, sizeof credential_schema}};
  size_t n = 1;
  for (const struct topo_type *const *t = dag->types; *t; t++)
    if ((*t)->schema) {
      topo_assert(n < 32);
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
  int status = topo_db_exec(dag->db, credential_schema);
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
      status = topo_evaluate_row(dag, no);
    topo_buf_clear(&dag->ready);
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
  topo_buf_clear(&dag->changed); /* what clients have seen may be shown differently now */
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

int topo_project_prepare(struct topo_dag *dag)
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

int topo_project_credential(struct topo_dag *dag, const struct topo_authority_node *node)
{
  if (!node->valid) {
    struct topo_stmt *s = topo_stmt(dag->db, "DELETE FROM credential WHERE no=?1");
    topo_bind_i64(s, 1, node->no);
    return topo_execute(s);
  }
  int64_t user = 0;
  int status = topo_log_intern(&dag->log, &node->user, &user);
  if (status < 0)
    return status;
  struct topo_stmt *s = topo_stmt(
      dag->db,
      "INSERT OR REPLACE INTO credential(no,device,user,role,genesis) VALUES(?1,?2,?3,?4,?5)");
  topo_bind_i64(s, 1, node->no);
  topo_bind_id(s, 2, &node->device);
  topo_bind_i64(s, 3, user);
  topo_bind_i64(s, 4, node->key.role);
  topo_bind_i64(s, 5, node->kind == TOPO_ACT_GENESIS);
  return topo_execute(s);
}

int topo_entity_of(struct topo_dag *dag, const struct topo_type *type,
                   const struct topo_value *values, const struct topo_authority_node *credential,
                   int64_t no, int64_t *entity)
{
  *entity = no;
  if (!type->entity)
    return 0;
  struct topo_id id = type->entity(values, &dag->context.workspace, &credential->user);
  int status = topo_log_intern(&dag->log, &id, entity);
  return status == 0 ? topo_log_add_edge(&dag->log, *entity, TOPO_EDGE_ENTITY, no) : status;
}

int topo_project(struct topo_dag *dag, const struct topo_type *type, const struct topo_event *event)
{
  topo_db_set_writer(dag->db, type->name);
  int status = type->project(dag->db, event);
  topo_db_set_writer(dag->db, NULL);
  return status;
}

int topo_mark_dirty(struct topo_dag *dag, const struct topo_type *type, int64_t entity)
{
  struct topo_dirty d = {type, entity};
  return topo_buf_put(&dag->dirty, &d, sizeof d);
}

/* The rows of what an accepted event depends on. */
static int find_dependencies(struct topo_dag *dag, const struct topo_type *type,
                             struct topo_event *event)
{
  struct topo_dependency deps[TOPO_DEPENDENCIES_MAX];
  size_t n = type->depends ? type->depends(event->values, deps) : 0;
  int status = 0;
  for (size_t i = 0; i < n && status == 0; i++)
    status = topo_log_number(&dag->log, &deps[i].id, &event->depends[i]);
  return status;
}

/* Projects the event again if it is accepted and of this type. */
static int project_row(struct topo_dag *dag, const struct topo_type *type, int64_t no)
{
  struct topo_row row;
  struct topo_opened opened = {0};
  int status = topo_log_row(&dag->log, no, &row);
  if (status < 0 || row.state != TOPO_STATE_ACCEPTED || row.type != type->number)
    return status;
  status = topo_open_row(dag, no, &opened);
  struct topo_value values[TOPO_FIELDS_MAX];
  if (status == 0 && opened.open &&
      topo_fields_decode(type->fields, opened.inner.body, values) == 0) {
    const struct topo_authority_node *credential =
        topo_authority_find(dag->authority, &opened.inner.auth);
    struct topo_event event = {.no = no,
                               .id = &opened.envelope.id,
                               .hlc = row.hlc,
                               .credential = credential->no,
                               .values = values};
    status = topo_log_intern(&dag->log, &credential->user, &event.user);
    if (status == 0)
      status = topo_entity_of(dag, type, values, credential, no, &event.entity);
    if (status == 0)
      status = find_dependencies(dag, type, &event);
    if (status == 0)
      status = topo_project(dag, type, &event);
  }
  topo_opened_finish(&opened);
  return status;
}

static int recompute(struct topo_dag *dag, const struct topo_dirty *d)
{
  topo_db_set_writer(dag->db, d->type->name);
  int status = d->type->clear(dag->db, d->entity);
  topo_db_set_writer(dag->db, NULL);
  if (status < 0)
    return status;
  if (!d->type->entity)
    return project_row(dag, d->type, d->entity);
  struct topo_buf list = {0};
  status = topo_log_sources(&dag->log, d->entity, TOPO_EDGE_ENTITY, &list);
  for (size_t at = 0; at < list.len && status == 0; at += sizeof(int64_t)) {
    int64_t no;
    memcpy(&no, list.data + at, sizeof no);
    status = project_row(dag, d->type, no);
  }
  topo_buf_finish(&list);
  return status;
}

static int by_entity(const void *pa, const void *pb)
{
  const struct topo_dirty *a = pa, *b = pb;
  if (a->type != b->type)
    return a->type->number < b->type->number ? -1 : 1;
  return (a->entity > b->entity) - (a->entity < b->entity);
}

/* An entity that several events left is recomputed once. */
int topo_project_dirty(struct topo_dag *dag)
{
  struct topo_dirty *list = (struct topo_dirty *)(void *)dag->dirty.data;
  size_t n = dag->dirty.len / sizeof *list;
  int status = 0;
  if (n > 0)
    qsort(list, n, sizeof *list, by_entity);
  for (size_t i = 0; i < n && status == 0; i++)
    if (i == 0 || by_entity(&list[i - 1], &list[i]) != 0)
      status = recompute(dag, &list[i]);
  topo_buf_clear(&dag->dirty);
  return status;
}
