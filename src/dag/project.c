/*
 * project.c - projections: an accepted event is added to the rows of its entity, and an entity that
 * an event has left is recomputed from the accepted events that remain (docs/protocol.md §5).
 */
#include "dag/project.h"

#include "base/assert.h"
#include "base/status.h"
#include "dag/place.h"
#include "dag/stored.h"

#include <stdlib.h>

/* The credentials that are valid, which views join to names. */
const char topo_credential_schema[] =
    "CREATE TABLE credential(no INTEGER PRIMARY KEY, device BLOB NOT NULL, user INTEGER NOT NULL,"
    " role INTEGER NOT NULL, genesis INTEGER NOT NULL);"
    "CREATE INDEX credential_user ON credential(user);"
    "CREATE INDEX credential_device ON credential(device);";
const char *const topo_credential_fingerprint[] = {
    "SELECT e.id, c.device, u.id, c.role FROM credential c JOIN event e ON e.no=c.no"
    " JOIN event u ON u.no=c.user ORDER BY e.id",
    NULL};

int topo_project_changed(struct topo_dag *dag, uint16_t type, int64_t entity)
{
  struct topo_change change = {0, type, entity};
  return topo_buf_put(&dag->lists.changed, &change, sizeof change);
}

int topo_project_credential(struct topo_dag *dag, const struct topo_authority_node *node)
{
  const struct topo_credential *c = topo_node_credential(node);
  topo_assert(node->no > 0);
  if (!c->valid) {
    struct topo_stmt *s = topo_stmt(dag->db, "DELETE FROM credential WHERE no=?1");
    topo_bind_i64(s, 1, node->no);
    return topo_execute(s);
  }
  int64_t user = 0;
  int status = topo_log_intern(&dag->log, &c->user, &user);
  if (status < 0)
    return status;
  struct topo_stmt *s = topo_stmt(dag->db, "INSERT OR REPLACE INTO"
                                           " credential(no,device,user,role,genesis)"
                                           " VALUES(?1,?2,?3,?4,?5)");
  topo_bind_i64(s, 1, node->no);
  topo_bind_id(s, 2, &c->device);
  topo_bind_i64(s, 3, user);
  topo_bind_i64(s, 4, c->key.role);
  topo_bind_i64(s, 5, node->kind == TOPO_ACT_GENESIS);
  return topo_execute(s);
}

/* The entity of an event, with the edge by which it is found again. */
static int name_entity(struct topo_dag *dag, const struct topo_content_case *k, int64_t *entity)
{
  *entity = k->row.no;
  if (!k->type->entity)
    return 0;
  const struct topo_id *user = &topo_node_credential(k->auth)->user;
  struct topo_id id = k->type->entity(k->values, &dag->context.workspace, user);
  int status = topo_log_intern(&dag->log, &id, entity);
  return status == 0 ? topo_log_add_edge(&dag->log, *entity, TOPO_EDGE_ENTITY, k->row.no) : status;
}

int topo_project_event(struct topo_dag *dag, struct topo_content_case *k, struct topo_event *out)
{
  topo_assert(k->type && k->row.no > 0);
  *out = (struct topo_event){.no = k->row.no,
                             .id = &k->envelope->id,
                             .hlc = k->row.hlc,
                             .credential = k->auth->no,
                             .values = k->values};
  for (size_t i = 0; i < k->n_depends; i++) {
    topo_assert(k->targets[i].no > 0);
    out->depends[i] = k->targets[i].no;
  }
  int status = topo_place_of(dag, &k->row, &out->place);
  if (status == 0)
    status = topo_log_intern(&dag->log, &k->auth->credential.user, &out->user);
  return status == 0 ? name_entity(dag, k, &out->entity) : status;
}

int topo_project(struct topo_dag *dag, const struct topo_type *type, const struct topo_event *event)
{
  topo_assert(type->project && event->entity > 0 && event->user > 0);
  topo_db_set_writer(dag->db, type->name);
  int status = type->project(dag->db, event);
  topo_db_set_writer(dag->db, NULL);
  return status;
}

int topo_project_mark(struct topo_dag *dag, const struct topo_type *type, int64_t entity)
{
  struct topo_dirty d = {type, entity};
  topo_assert(entity > 0);
  return topo_buf_put(&dag->lists.dirty, &d, sizeof d);
}

/* Projects a stored event again if it is accepted, of this type and of this entity: another build
 * may have counted it to an entity that it is not of any more. */
static int project_row(struct topo_dag *dag, const struct topo_type *type, int64_t entity,
                       int64_t no)
{
  struct topo_content_case k = {.authentic = true};
  struct topo_opened opened = {0};
  struct topo_event event;
  int status = topo_log_row(&dag->log, no, &k.row);
  if (status < 0 || k.row.state != TOPO_STATE_ACCEPTED || k.row.type != type->number)
    return status;
  status = topo_open_row(dag, no, &opened);
  k.envelope = &opened.envelope;
  k.inner = opened.open ? &opened.inner : NULL;
  if (status == 0)
    status = topo_facts_of_content(dag, &k);
  if (status == 0 && !k.type)
    status = TOPO_ECORRUPT; /* it was accepted, so it could be read */
  if (status == 0)
    status = topo_project_event(dag, &k, &event);
  if (status == 0 && event.entity == entity)
    status = topo_project(dag, type, &event);
  topo_opened_finish(&opened);
  return status;
}

static int clear(struct topo_dag *dag, const struct topo_dirty *d)
{
  topo_db_set_writer(dag->db, d->type->name);
  int status = d->type->clear(dag->db, d->entity);
  topo_db_set_writer(dag->db, NULL);
  return status;
}

static int recompute(struct topo_dag *dag, const struct topo_dirty *d)
{
  int status = clear(dag, d);
  if (status < 0)
    return status;
  if (!d->type->entity)
    return project_row(dag, d->type, d->entity, d->entity);
  struct topo_buf list = {0};
  status = topo_log_sources(&dag->log, d->entity, TOPO_EDGE_ENTITY, &list);
  for (size_t i = 0; i < topo_no_count(&list) && status == 0; i++)
    status = project_row(dag, d->type, d->entity, topo_no_at(&list, i));
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
  struct topo_dirty *list = (struct topo_dirty *)(void *)dag->lists.dirty.data;
  size_t n = dag->lists.dirty.len / sizeof *list;
  int status = 0;
  if (n > 0)
    qsort(list, n, sizeof *list, by_entity);
  for (size_t i = 0; i < n && status == 0; i++)
    if (i == 0 || by_entity(&list[i - 1], &list[i]) != 0)
      status = recompute(dag, &list[i]);
  topo_buf_clear(&dag->lists.dirty);
  return status;
}
