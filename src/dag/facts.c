/* facts.c - finding what is known about one event: it reads the log and authority. */
#include "dag/facts.h"

#include "base/assert.h"
#include "base/status.h"
#include "dag/stored.h"

#include <string.h>

int topo_facts_find(struct topo_dag *dag, const struct topo_id *id, struct topo_row *row)
{
  *row = (struct topo_row){0};
  int status = topo_log_find(&dag->log, id, row);
  return status == TOPO_ENOTFOUND ? 0 : status;
}

static bool room(const struct topo_dag *dag)
{
  return dag->pending < TOPO_PENDING_MAX;
}

int topo_facts_of_control(struct topo_dag *dag, struct topo_control_case *k)
{
  struct topo_control_facts *f = &k->facts;
  *f = (struct topo_control_facts){
      .before = k->row.state, .room = room(dag), .authentic = k->authentic};
  if (!f->authentic)
    return 0;
  f->readable = topo_act_of(dag, k->envelope, &k->act) == 0;
  if (!f->readable)
    return 0;
  f->absent = (unsigned)topo_authority_missing(dag->authority, k->envelope, &k->act, k->absent);
  if (f->absent > 0)
    return 0;
  f->admit =
      topo_authority_admit(dag->authority, &dag->context, k->envelope, &k->act, false, &k->node);
  bool decided = f->admit == 0 || f->admit == TOPO_EDENIED || f->admit == TOPO_ESIGNATURE;
  return decided ? 0 : f->admit;
}

/* 1: an item names the event as its predecessor (docs/protocol.md §5, "authentic"). */
static int has_successor(struct topo_dag *dag, const struct topo_content_case *k)
{
  if (!k->row.no)
    return 0;
  struct topo_chain_position p = {.set_no = k->row.set_no, .seq = k->envelope->seq};
  memcpy(p.tag, k->envelope->tag, sizeof p.tag);
  return topo_log_has_successor(&dag->log, k->row.no, &p);
}

/* Who wrote what an accepted event says: 0, TOPO_ECORRUPT or a storage status. */
static int author_of(struct topo_dag *dag, const struct topo_row *row, int64_t *user)
{
  struct topo_stmt *s = topo_stmt(dag->db, "SELECT user FROM credential WHERE no=?1");
  topo_bind_i64(s, 1, row->auth);
  int status = topo_fetch(s);
  if (status <= 0)
    return status < 0 ? status : TOPO_ECORRUPT; /* its credential is valid, or it is not accepted */
  *user = topo_column_i64(s, 0);
  topo_reset(s);
  return 0;
}

/* The type's own condition over who wrote what; asked once every dependency is accepted. */
static int ask_type(struct topo_dag *dag, const struct topo_type *type, struct topo_content_case *k)
{
  const struct topo_credential *own = topo_node_credential(k->auth);
  struct topo_writer author = {.role = (enum topo_role)own->key.role};
  struct topo_writer depends[TOPO_DEPENDENCIES_MAX] = {{0}};
  int status = topo_log_number(&dag->log, &own->user, &author.user);
  if (status == TOPO_ENOTFOUND)
    status = 0; /* a user of whom nothing was projected yet wrote nothing else */
  for (size_t i = 0; i < k->n_depends && status == 0; i++)
    status = author_of(dag, &k->targets[i], &depends[i].user);
  k->facts.allowed = status == 0 && type->allows(k->values, &author, depends);
  return status;
}

int topo_facts_of_body(struct topo_dag *dag, const struct topo_type *type,
                       struct topo_content_case *k)
{
  struct topo_content_facts *f = &k->facts;
  const struct topo_credential *own = topo_node_credential(k->auth);
  k->type = type;
  f->readable = true;
  f->may = topo_role_may((enum topo_role)own->key.role, type->right(k->values));
  k->n_depends = type->depends ? type->depends(k->values, k->depends) : 0;
  topo_assert(k->n_depends <= TOPO_DEPENDENCIES_MAX);
  for (size_t i = 0; i < k->n_depends; i++) {
    int status = topo_facts_find(dag, &k->depends[i].id, &k->targets[i]);
    if (status < 0)
      return status;
    if (k->targets[i].state != TOPO_STATE_ACCEPTED)
      f->unaccepted++;
    else if (k->targets[i].type != k->depends[i].type)
      f->wrong = true;
  }
  f->allowed = true;
  return type->allows && f->unaccepted == 0 && !f->wrong ? ask_type(dag, type, k) : 0;
}

/* The known type whose body this is, decoded into k->values; NULL when it cannot be read
 * (docs/protocol.md §3). */
static const struct topo_type *read_body(const struct topo_dag *dag, struct topo_content_case *k)
{
  const struct topo_type *type = topo_type_find(dag->types, k->inner->type);
  bool readable = type && type->project &&
                  topo_fields_decode(type->fields, k->inner->body, k->values) == 0 &&
                  (!type->check || type->check(k->values) == 0);
  return readable ? type : NULL;
}

int topo_facts_of_content(struct topo_dag *dag, struct topo_content_case *k)
{
  struct topo_content_facts *f = &k->facts;
  *f = (struct topo_content_facts){
      .before = k->row.state, .room = room(dag), .open = k->inner, .authentic = k->authentic};
  k->auth = NULL;
  k->type = NULL;
  k->n_depends = 0;
  if (!f->open)
    return 0;
  if (!f->authentic) {
    int named = has_successor(dag, k);
    if (named < 0)
      return named;
    f->authentic = named;
  }
  k->auth = topo_authority_find(dag->authority, &k->inner->auth);
  f->auth_admitted = k->auth;
  if (!f->authentic || !k->auth)
    return 0;
  f->auth_is_its = topo_node_is_credential(k->auth) &&
                   topo_id_equal(&k->auth->credential.device, &k->inner->device);
  if (!f->auth_is_its)
    return 0;
  f->valid = k->auth->credential.valid;
  const struct topo_type *type = read_body(dag, k);
  return type ? topo_facts_of_body(dag, type, k) : 0;
}
