/*
 * place.c - where a checked event belongs: its verdict, and the edges that will revise it.
 */
#include "dag/dag_impl.h"

#include "base/assert.h"
#include "base/status.h"

#include <string.h>

static int reject(struct topo_dag *dag, const struct topo_id *id, int status)
{
  dag->sink->rejected(dag->sink->ctx, id, status);
  return 0;
}

static struct topo_chain_position position_of(const struct topo_envelope *e, int64_t set_no)
{
  struct topo_chain_position p = {.set_no = set_no, .seq = e->seq};
  memcpy(p.tag, e->tag, sizeof p.tag);
  return p;
}

/* An item proves for its predecessor; one that is not here is wanted. */
static int successor(struct topo_dag *dag, const struct topo_envelope *e, int64_t set_no)
{
  if (e->seq == 0)
    return 0;
  struct topo_row prev = {0};
  int status = topo_log_find(&dag->log, &e->prev, &prev);
  if (status == 0 && prev.state > TOPO_STATE_PENDING)
    return 0;
  if (status == TOPO_ENOTFOUND)
    status = topo_log_intern(&dag->log, &e->prev, &prev.no);
  if (status < 0)
    return status;
  struct topo_chain_position p = position_of(e, set_no);
  p.seq--;
  if (!topo_has_bytes(prev.state))
    dag->sink->want(dag->sink->ctx, &e->prev);
  return topo_log_add_successor(&dag->log, prev.no, &p);
}

/* 1: content is authentic, by itself or by a stored item that names it. */
static int authentic(struct topo_dag *dag, const struct topo_checked *c, const struct topo_row *row)
{
  if (c->authentic)
    return 1;
  if (!row->no)
    return 0;
  struct topo_chain_position p = position_of(&c->envelope, row->set_no);
  return topo_log_has_successor(&dag->log, row->no, &p);
}

/* Stores a new row; its bytes are never written twice. */
static int store(struct topo_dag *dag, const struct topo_envelope *e, struct topo_row *row)
{
  int status = topo_log_insert(&dag->log, &e->id, row, e->raw);
  topo_clock_merge(dag, e->hlc);
  return status;
}

/* Keeps an event that cannot be judged yet, waiting for `n` ids. */
static int hold(struct topo_dag *dag, const struct topo_envelope *e, struct topo_row *row,
                enum topo_edge kind, const struct topo_id *ids, size_t n)
{
  bool stored = topo_has_bytes(row->state);
  if (!stored && dag->held >= TOPO_PENDING_MAX)
    return reject(dag, &e->id, TOPO_EQUOTA);
  row->state = TOPO_STATE_PENDING;
  row->missing = (int64_t)n;
  int status = stored ? topo_log_update(&dag->log, row) : store(dag, e, row);
  if (!stored)
    dag->held++;
  for (size_t i = 0; i < n && status == 0; i++) {
    struct topo_row target = {0};
    status = topo_log_intern(&dag->log, &ids[i], &target.no);
    if (status == 0)
      status = topo_log_add_edge(&dag->log, target.no, kind, row->no);
    if (status == 0)
      status = topo_log_row(&dag->log, target.no, &target);
    if (status == 0 && !topo_has_bytes(target.state))
      dag->sink->want(dag->sink->ctx, &ids[i]);
  }
  return status;
}

/* Finds the row of an event about to be placed. 1: it is new (perhaps named); 0: it is stored
 * already. */
static int fresh(struct topo_dag *dag, const struct topo_envelope *e, struct topo_row *row)
{
  *row = (struct topo_row){0};
  int status = topo_log_find(&dag->log, &e->id, row);
  if (status < 0 && status != TOPO_ENOTFOUND)
    return status;
  return !topo_has_bytes(row->state);
}

/* A wrap may come before its epoch, or before the credential of ours that it is for. */
static int take_keys(struct topo_dag *dag, const struct topo_act *act, const struct topo_id *id)
{
  switch (act->kind) {
  case TOPO_ACT_WRAP: return topo_take_wraps(dag, act);
  case TOPO_ACT_EPOCH: return topo_retake_wraps(dag, id);
  case TOPO_ACT_GRANT:
  case TOPO_ACT_DEVICE:
  case TOPO_ACT_ADMISSION:
    return topo_id_equal(&act->device, &dag->self.device.public_key) ? topo_retake_wraps(dag, NULL)
                                                                     : 0;
  default: return 0;
  }
}

/* An event of a control type that decides rights, and that cannot be read, is not admitted. */
static int admit(struct topo_dag *dag, const struct topo_envelope *e, const struct topo_act *act,
                 struct topo_row *row)
{
  bool stored = topo_has_bytes(row->state);
  int status = 0;
  if (!stored) { /* the node needs its row's number */
    row->state = TOPO_STATE_PENDING;
    status = store(dag, e, row);
    if (status < 0)
      return status;
    dag->held++;
  }
  status = topo_authority_admit(dag->authority, &dag->context, e, act, row->no, false);
  if (status == TOPO_EDENIED || status == TOPO_ESIGNATURE)
    return topo_refuse(dag, row->no, &e->id, status);
  if (status < 0)
    return status;
  dag->held--;
  row->state = TOPO_STATE_UNAUTHORISED; /* until the credentials are recomputed */
  row->missing = 0;
  const struct topo_authority_node *auth = topo_authority_find(dag->authority, &e->auth);
  row->auth = auth ? auth->no : 0;
  status = topo_log_update(&dag->log, row);
  if (status == 0)
    status = topo_admitted(dag, row->no);
  if (status == 0)
    status = take_keys(dag, act, &e->id);
  if (status == 0)
    dag->sink->item(dag->sink->ctx, &topo_id_zero, e->hlc, &e->id);
  return status;
}

int topo_place_control(struct topo_dag *dag, const struct topo_checked *c)
{
  const struct topo_envelope *e = &c->envelope;
  struct topo_row row;
  int status = fresh(dag, e, &row);
  if (status < 0)
    return status;
  if (!status && row.state != TOPO_STATE_PENDING)
    return 0; /* known */
  if (!c->authentic)
    return reject(dag, &e->id, TOPO_ESIGNATURE);
  row.type = e->type;
  row.hlc = e->hlc;
  struct topo_act act;
  if (topo_act_of(dag, e, &act) < 0)
    return topo_has_bytes(row.state) ? 0 : reject(dag, &e->id, TOPO_EMALFORMED);
  struct topo_id missing[TOPO_ANCESTORS_MAX];
  size_t n = topo_authority_missing(dag->authority, e, &act, missing);
  if (n > 0)
    return hold(dag, e, &row, TOPO_EDGE_ADMITTED, missing, n);
  return admit(dag, e, &act, &row);
}

/* The batch was opened with the keys of when it was made. A key that came since, perhaps with this
 * very batch, has opened what waited for it before; this event must have its turn, too. */
static int await_key(struct topo_dag *dag, const struct topo_envelope *e, struct topo_row *row)
{
  int status = hold(dag, e, row, TOPO_EDGE_KEY, &e->epoch, 1);
  if (status < 0 || !topo_keyring_find(dag->keys, &e->epoch))
    return status;
  for (size_t at = 0; at < dag->opened.len; at += sizeof(int64_t))
    if (memcmp(dag->opened.data + at, &row->set_no, sizeof row->set_no) == 0)
      return 0;
  return topo_push_no(&dag->opened, row->set_no);
}

int topo_place_content(struct topo_dag *dag, const struct topo_checked *c)
{
  const struct topo_envelope *e = &c->envelope;
  struct topo_row row;
  int status = fresh(dag, e, &row);
  if (status < 0)
    return status;
  if (!status && (row.state != TOPO_STATE_PENDING || !c->opened))
    return 0; /* known */
  row.hlc = e->hlc;
  status = topo_log_intern(&dag->log, &e->epoch, &row.set_no);
  if (status < 0)
    return status;
  if (c->no_key)
    return await_key(dag, e, &row);
  status = authentic(dag, c, &row);
  if (status < 0)
    return status;
  if (status == 0)
    return topo_has_bytes(row.state) ? topo_refuse(dag, row.no, &e->id, TOPO_ESIGNATURE)
                                     : reject(dag, &e->id, TOPO_ESIGNATURE);
  struct topo_content content = {e, &c->inner};
  return topo_evaluate(dag, &row, &content);
}

int topo_reject_pending(struct topo_dag *dag, const struct topo_id *id, int why)
{
  struct topo_row row;
  int status = topo_log_find(&dag->log, id, &row);
  if (status < 0 || row.state != TOPO_STATE_PENDING)
    return status;
  return topo_refuse(dag, row.no, id, why);
}

/* The dependencies: their rows, edges for ever, and how many are not accepted now. */
static int depend(struct topo_dag *dag, struct topo_row *row, const struct topo_type *type,
                  struct topo_event *event, bool *wrong)
{
  struct topo_dependency deps[TOPO_DEPENDENCIES_MAX];
  size_t n = type->depends ? type->depends(event->values, deps) : 0;
  row->missing = 0;
  *wrong = false;
  for (size_t i = 0; i < n; i++) {
    struct topo_row target = {0};
    int status = topo_log_find(&dag->log, &deps[i].id, &target);
    if (status == TOPO_ENOTFOUND)
      status = topo_log_intern(&dag->log, &deps[i].id, &target.no);
    if (status == 0)
      status = topo_log_add_edge(&dag->log, target.no, TOPO_EDGE_ACCEPTED, row->no);
    if (status < 0)
      return status;
    event->depends[i] = target.no;
    if (!topo_has_bytes(target.state))
      dag->sink->want(dag->sink->ctx, &deps[i].id);
    if (target.state != TOPO_STATE_ACCEPTED)
      row->missing++;
    else if (target.type != deps[i].type)
      *wrong = true;
  }
  return 0;
}

/* The row must exist before edges can name it. The first placing is counted as an item of its set.
 * It is written as what it most often becomes, so that most events are written once. */
static int enter(struct topo_dag *dag, struct topo_row *row, const struct topo_content *content)
{
  const struct topo_envelope *e = content->envelope;
  enum topo_state before = row->state;
  if (before != TOPO_STATE_NAMED && before != TOPO_STATE_PENDING)
    return 0;
  row->unmentioned = row->no == 0;
  row->state = TOPO_STATE_ACCEPTED;
  row->missing = 0;
  int status;
  if (before == TOPO_STATE_PENDING) {
    dag->held--;
    status = topo_log_update(&dag->log, row);
  } else {
    status = store(dag, e, row);
  }
  if (status == 0 && !row->unmentioned) /* nobody needs to prove for it any more */
    status = topo_log_drop_successors(&dag->log, row->no);
  if (status == 0)
    status = successor(dag, e, row->set_no);
  row->written_accepted = true;
  row->state = TOPO_STATE_PENDING;
  if (status == 0)
    dag->sink->item(dag->sink->ctx, &e->epoch, e->hlc, &e->id);
  return status;
}

/* What the type makes of the event, once its credential is valid. */
static int evaluate_body(struct topo_dag *dag, struct topo_row *row,
                         const struct topo_content *content,
                         const struct topo_authority_node *credential)
{
  struct topo_value values[TOPO_FIELDS_MAX];
  const struct topo_inner *inner = content->inner;
  const struct topo_type *type = topo_type_find(dag->types, inner->type);
  bool readable = type && type->project &&
                  topo_fields_decode(type->fields, inner->body, values) == 0 &&
                  (!type->check || type->check(values) == 0);
  if (!readable)
    return topo_transition(
        dag, row, credential->valid ? TOPO_STATE_UNREADABLE : TOPO_STATE_UNAUTHORISED, NULL, NULL);
  struct topo_event event = {.no = row->no,
                             .id = &content->envelope->id,
                             .hlc = row->hlc,
                             .credential = credential->no,
                             .values = values};
  int status = topo_log_intern(&dag->log, &credential->user, &event.user);
  if (status == 0)
    status = topo_entity_of(dag, type, values, credential, row->no, &event.entity);
  bool wrong = false;
  if (status == 0)
    status = depend(dag, row, type, &event, &wrong);
  if (status < 0)
    return status;
  enum topo_state state = TOPO_STATE_ACCEPTED;
  if (!credential->valid ||
      !topo_role_may((enum topo_role)credential->key.role, type->right(values)) || wrong)
    state = TOPO_STATE_UNAUTHORISED;
  else if (row->missing > 0)
    state = TOPO_STATE_BLOCKED;
  return topo_transition(dag, row, state, type, &event);
}

int topo_evaluate(struct topo_dag *dag, struct topo_row *row, const struct topo_content *content)
{
  const struct topo_inner *inner = content->inner;
  const struct topo_authority_node *credential = topo_authority_find(dag->authority, &inner->auth);
  if (!credential)
    return hold(dag, content->envelope, row, TOPO_EDGE_ADMITTED, &inner->auth, 1);
  if (!topo_node_is_credential(credential) || !topo_id_equal(&credential->device, &inner->device))
    return topo_has_bytes(row->state)
               ? topo_refuse(dag, row->no, &content->envelope->id, TOPO_EDENIED)
               : reject(dag, &content->envelope->id, TOPO_EDENIED);
  row->type = inner->type;
  row->auth = credential->no;
  int status = enter(dag, row, content);
  if (status < 0)
    return status;
  return evaluate_body(dag, row, content, credential);
}
