/*
 * effects.c - carrying out what a judgement asks for, effect by effect, in the order of enum
 * topo_effect. What follows for other events is lined up in the lists and done by drain.c: all of
 * it by worklist, nothing by recursion.
 */
#include "dag/effects.h"

#include "base/assert.h"
#include "base/status.h"
#include "dag/clock.h"
#include "dag/keys.h"
#include "dag/place.h"
#include "dag/project.h"

#include <string.h>

/* Calls `visit` for every row of the list. */
static int each_of(struct topo_dag *dag, const struct topo_buf *list,
                   int (*visit)(struct topo_dag *dag, struct topo_row *source))
{
  int status = 0;
  for (size_t i = 0; i < topo_no_count(list) && status == 0; i++) {
    struct topo_row row;
    status = topo_log_row(&dag->log, topo_no_at(list, i), &row);
    if (status == 0)
      status = visit(dag, &row);
  }
  return status;
}

/* Calls `visit` for every source of (target, kind). */
static int each_source(struct topo_dag *dag, int64_t target, enum topo_edge kind,
                       int (*visit)(struct topo_dag *dag, struct topo_row *source))
{
  struct topo_buf list = {0};
  int status = topo_log_sources(&dag->log, target, kind, &list);
  if (status == 0)
    status = each_of(dag, &list, visit);
  topo_buf_finish(&list);
  return status;
}

/* One thing less to wait for. Deciding counts anew, so a target that comes and goes harms nothing.
 */
static int met(struct topo_dag *dag, struct topo_row *source)
{
  if (source->state != TOPO_STATE_PENDING && source->state != TOPO_STATE_BLOCKED)
    return 0;
  if (source->missing > 0)
    source->missing--;
  int status = topo_log_update(&dag->log, source);
  if (status == 0 && source->missing == 0)
    status = topo_push_no(&dag->lists.ready, source->no);
  return status;
}

static int again(struct topo_dag *dag, struct topo_row *source)
{
  bool judged = topo_is_item(source->state) && !source->stale;
  return judged ? topo_push_no(&dag->lists.ready, source->no) : 0;
}

/* A dependency is accepted now. One that does not wait for it is decided again: it may be of the
 * wrong type. */
static int met_dependency(struct topo_dag *dag, struct topo_row *source)
{
  return source->state == TOPO_STATE_BLOCKED ? met(dag, source) : again(dag, source);
}

static int no_longer_pending(struct topo_dag *dag)
{
  if (dag->pending == 0)
    return TOPO_ECORRUPT; /* the rows were counted when the space was opened */
  dag->pending--;
  return 0;
}

/* Drops the bytes of a pending event, and lines up what can now never be admitted. */
static int drop_row(struct topo_dag *dag, struct topo_row *row)
{
  if (row->state != TOPO_STATE_PENDING)
    return 0;
  int status = no_longer_pending(dag);
  if (status == 0)
    status = topo_log_drop(&dag->log, row->no);
  return status == 0 ? topo_push_no(&dag->lists.dropped, row->no) : status;
}

/* DROP: an event whose ancestors include one that is refused is refused (docs/protocol.md §4). */
static int drop(struct topo_dag *dag, struct topo_row *row)
{
  struct topo_buf *dropped = &dag->lists.dropped;
  topo_assert(row->state == TOPO_STATE_PENDING && dropped->len == 0);
  int status = drop_row(dag, row);
  for (size_t i = 0; i < topo_no_count(dropped) && status == 0; i++)
    status = each_source(dag, topo_no_at(dropped, i), TOPO_EDGE_ADMITTED, drop_row);
  topo_buf_clear(dropped);
  return status;
}

/* REJECT, DROP. */
static int refuse(struct topo_dag *dag, const struct topo_id *id, struct topo_row *row,
                  const struct topo_judgement *j)
{
  dag->sink->rejected(dag->sink->ctx, id, j->why);
  return j->effects & TOPO_EFFECT_DROP ? drop(dag, row) : 0;
}

/* STORE, UPDATE: the row says what was judged. */
static int write_row(struct topo_dag *dag, const struct topo_envelope *e, struct topo_row *row,
                     const struct topo_judgement *j)
{
  bool was = row->state == TOPO_STATE_PENDING, is = j->state == TOPO_STATE_PENDING;
  row->state = j->state;
  row->missing = j->missing;
  int status = j->effects & TOPO_EFFECT_STORE ? topo_log_insert(&dag->log, &e->id, row, e->raw)
                                              : topo_log_update(&dag->log, row);
  if (j->effects & TOPO_EFFECT_STORE)
    topo_clock_merge(dag, e->hlc);
  if (status == 0 && was && !is)
    status = no_longer_pending(dag);
  if (!was && is)
    dag->pending++;
  topo_assert(status < 0 || row->no > 0);
  return status;
}

/* WAIT, WAIT_KEY: edges from what is waited for; what is not here is wanted. */
static int wait_for(struct topo_dag *dag, const struct topo_row *row, enum topo_edge kind,
                    const struct topo_id *ids, size_t n)
{
  int status = 0;
  topo_assert(row->state == TOPO_STATE_PENDING && row->missing == (int64_t)n);
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

/* A batch is opened with the keys of when it was made. A key that came since, perhaps with this
 * very batch, has opened what waited for it before; this event must have its turn, too. */
static int wait_for_key(struct topo_dag *dag, const struct topo_envelope *e,
                        const struct topo_row *row)
{
  int status = wait_for(dag, row, TOPO_EDGE_KEY, &e->epoch, 1);
  if (status < 0 || !topo_keyring_find(dag->keys, &e->epoch))
    return status;
  for (size_t i = 0; i < topo_no_count(&dag->lists.opened); i++)
    if (topo_no_at(&dag->lists.opened, i) == row->set_no)
      return 0;
  return topo_push_no(&dag->lists.opened, row->set_no);
}

/* ADMIT: a node of authority, for good; what waited for this ancestor has one less to wait for. */
static int admit(struct topo_dag *dag, struct topo_control_case *k)
{
  struct topo_stmt *s = topo_stmt(dag->db, "INSERT INTO local_admitted(no) VALUES(?1)");
  int status = topo_authority_add(dag->authority, &k->node, k->row.no);
  if (status < 0)
    return status;
  topo_bind_i64(s, 1, k->row.no);
  status = topo_execute(s);
  if (status == 0)
    status = each_source(dag, k->row.no, TOPO_EDGE_ADMITTED, met);
  return status == 0 ? topo_keys_admitted(dag, &k->act, &k->envelope->id) : status;
}

int topo_effects_of_control(struct topo_dag *dag, struct topo_control_case *k,
                            const struct topo_judgement *j)
{
  const struct topo_envelope *e = k->envelope;
  if (j->effects & (TOPO_EFFECT_REJECT | TOPO_EFFECT_DROP))
    return refuse(dag, &e->id, &k->row, j);
  k->row.type = e->type;
  k->row.hlc = e->hlc;
  if (j->effects & TOPO_EFFECT_ADMIT && !topo_id_is_zero(&e->auth))
    k->row.auth = topo_authority_find(dag->authority, &e->auth)->no;
  int status = write_row(dag, e, &k->row, j);
  if (status < 0) {
    if (j->effects & TOPO_EFFECT_ADMIT)
      topo_node_finish(&k->node);
    return status;
  }
  if (j->effects & TOPO_EFFECT_WAIT)
    return wait_for(dag, &k->row, TOPO_EDGE_ADMITTED, k->absent, j->missing);
  status = admit(dag, k);
  if (status == 0)
    dag->sink->item(dag->sink->ctx, &topo_id_zero, e->hlc, &e->id);
  return status;
}

/* An item authenticates its predecessor, which is wanted when it is not here (docs/protocol.md
 * §6.4). */
static int name_predecessor(struct topo_dag *dag, const struct topo_content_case *k)
{
  const struct topo_envelope *e = k->envelope;
  if (e->seq == 0)
    return 0;
  struct topo_row prev;
  int status = topo_facts_find(dag, &e->prev, &prev);
  if (status < 0 || topo_is_item(prev.state))
    return status;
  if (!prev.no)
    status = topo_log_intern(&dag->log, &e->prev, &prev.no);
  if (status < 0)
    return status;
  struct topo_chain_position p = {.set_no = k->row.set_no, .seq = e->seq - 1};
  memcpy(p.tag, e->tag, sizeof p.tag);
  if (!topo_has_bytes(prev.state))
    dag->sink->want(dag->sink->ctx, &e->prev);
  return topo_log_add_successor(&dag->log, prev.no, &p);
}

/* Lines up an item that names another: all that came with it is an item before it is placed. */
static int follow(struct topo_dag *dag, const struct topo_content_case *k)
{
  struct topo_sequel f = {.no = k->row.no};
  bool names = k->type && k->type->after && k->type->after(k->values, &f.after);
  return names ? topo_buf_put(&dag->lists.sequels, &f, sizeof f) : 0;
}

/* ENTER: it is an item from now on, whatever becomes of its verdict. */
static int enter(struct topo_dag *dag, const struct topo_content_case *k, bool mentioned)
{
  const struct topo_envelope *e = k->envelope;
  int status = mentioned ? topo_log_drop_successors(&dag->log, k->row.no) : 0;
  if (status == 0)
    status = topo_place_enter(dag, &k->row);
  if (status == 0)
    status = follow(dag, k);
  if (status == 0)
    status = name_predecessor(dag, k);
  if (status == 0)
    dag->sink->item(dag->sink->ctx, &e->epoch, e->hlc, &e->id);
  return status;
}

/* DEPEND: edges for ever, because verdicts flip. */
static int depend(struct topo_dag *dag, struct topo_content_case *k)
{
  int status = 0;
  for (size_t i = 0; i < k->n_depends && status == 0; i++) {
    struct topo_row *target = &k->targets[i];
    if (!target->no)
      status = topo_log_intern(&dag->log, &k->depends[i].id, &target->no);
    if (status == 0)
      status = topo_log_add_edge(&dag->log, target->no, TOPO_EDGE_ACCEPTED, k->row.no);
    if (!topo_has_bytes(target->state))
      dag->sink->want(dag->sink->ctx, &k->depends[i].id);
  }
  return status;
}

/* PROJECT, WITHDRAW. Only what could be read was ever accepted. */
static int project(struct topo_dag *dag, struct topo_content_case *k, bool accepted)
{
  struct topo_event event;
  int status = topo_project_event(dag, k, &event);
  if (status == 0)
    status = topo_project_changed(dag, k->type->number, event.entity);
  dag->changes++;
  if (status < 0)
    return status;
  return accepted ? topo_project(dag, k->type, &event)
                  : topo_project_mark(dag, k->type, event.entity);
}

/* WAKE, accepted. What a rebuild still comes to is left to it, and not even looked at: a channel's
 * messages may be the whole log. Of these, what was judged ahead stays blocked until then. */
static int wake_blocked(struct topo_dag *dag, int64_t no)
{
  struct topo_buf list = {0};
  int status = topo_log_sources_outside(&dag->log, no, TOPO_EDGE_ACCEPTED, dag->rebuild.at,
                                        dag->rebuild.end, &list);
  if (status == 0)
    status = each_of(dag, &list, met_dependency);
  topo_buf_finish(&list);
  return status;
}

/* WAKE. */
static int wake(struct topo_dag *dag, int64_t no, bool accepted)
{
  return accepted ? wake_blocked(dag, no) : each_source(dag, no, TOPO_EDGE_ACCEPTED, again);
}

/* The effects on an item besides its row. `mentioned`: something referred to the event before it
 * came, so that there may be edges to it. */
static int effects_of_item(struct topo_dag *dag, struct topo_content_case *k,
                           const struct topo_judgement *j, bool mentioned)
{
  bool accepted = j->state == TOPO_STATE_ACCEPTED;
  int status = 0;
  if (j->effects & TOPO_EFFECT_ENTER)
    status = enter(dag, k, mentioned);
  if (status == 0 && j->effects & TOPO_EFFECT_DEPEND)
    status = depend(dag, k);
  if (status == 0 && j->effects & (TOPO_EFFECT_PROJECT | TOPO_EFFECT_WITHDRAW))
    status = project(dag, k, accepted);
  if (status == 0 && j->effects & TOPO_EFFECT_WAKE && mentioned)
    status = wake(dag, k->row.no, accepted);
  return status;
}

int topo_effects_of_content(struct topo_dag *dag, struct topo_content_case *k,
                            const struct topo_judgement *j)
{
  const struct topo_envelope *e = k->envelope;
  bool mentioned = k->row.no != 0;
  if (j->effects & (TOPO_EFFECT_REJECT | TOPO_EFFECT_DROP))
    return refuse(dag, &e->id, &k->row, j);
  k->row.hlc = e->hlc;
  if (topo_is_item(j->state)) {
    k->row.type = k->inner->type;
    k->row.auth = k->auth->no;
  }
  int status = write_row(dag, e, &k->row, j);
  if (status < 0)
    return status;
  if (j->effects & TOPO_EFFECT_WAIT_KEY)
    return wait_for_key(dag, e, &k->row);
  if (j->effects & TOPO_EFFECT_WAIT)
    return wait_for(dag, &k->row, TOPO_EDGE_ADMITTED, &k->inner->auth, 1);
  return effects_of_item(dag, k, j, mentioned);
}

/* Who this device is follows from its most senior credential: with one of them, the users of all
 * others may be shown differently. */
static int own_users_changed(struct topo_dag *dag)
{
  struct topo_stmt *s = topo_stmt(dag->db, "SELECT DISTINCT user FROM credential WHERE device=?1");
  topo_bind_id(s, 1, &dag->self.device.public_key);
  int status;
  while ((status = topo_fetch(s)) == 1)
    if (topo_project_changed(dag, TOPO_CHANGE_OF_CREDENTIALS, topo_column_i64(s, 0)) < 0) {
      topo_reset(s);
      return TOPO_ENOMEM;
    }
  return status;
}

static int credential_changed(struct topo_dag *dag, const struct topo_authority_node *node)
{
  int64_t user = 0;
  int status = topo_project_credential(dag, node);
  if (status == 0)
    status = topo_log_intern(&dag->log, &node->credential.user, &user);
  if (status == 0)
    status = topo_project_changed(dag, TOPO_CHANGE_OF_CREDENTIALS, user);
  if (status == 0 && topo_id_equal(&node->credential.device, &dag->self.device.public_key))
    status = own_users_changed(dag);
  return status;
}

int topo_effects_of_admitted(struct topo_dag *dag, int32_t index, enum topo_state state)
{
  const struct topo_authority_node *node = topo_authority_at(dag->authority, index);
  struct topo_row row;
  topo_assert(topo_is_item(state));
  int status = topo_log_row(&dag->log, node->no, &row);
  if (status < 0)
    return status;
  bool was = row.state == TOPO_STATE_ACCEPTED, is = state == TOPO_STATE_ACCEPTED;
  topo_authority_set_state(dag->authority, index, (uint8_t)state);
  row.state = state;
  status = topo_log_update(&dag->log, &row);
  if (status == 0 && topo_node_is_credential(node))
    status = credential_changed(dag, node);
  if (status < 0 || was == is)
    return status;
  dag->changes++;
  return wake(dag, row.no, is);
}
