/*
 * flow.c - what follows from a verdict: rows, dependents, flips. All of it by worklist, nothing by
 * recursion.
 */
#include "dag/dag_impl.h"

#include "base/assert.h"
#include "base/status.h"

#include <string.h>

/* Calls `step` for every source of (target, kind). */
static int each_source(struct topo_dag *dag, int64_t target, enum topo_edge kind,
                       int (*step)(struct topo_dag *dag, struct topo_row *source))
{
  struct topo_buf list = {0};
  int status = topo_log_sources(&dag->log, target, kind, &list);
  for (size_t at = 0; at < list.len && status == 0; at += sizeof(int64_t)) {
    int64_t no;
    struct topo_row row;
    memcpy(&no, list.data + at, sizeof no);
    status = topo_log_row(&dag->log, no, &row);
    if (status == 0)
      status = step(dag, &row);
  }
  topo_buf_finish(&list);
  return status;
}

/* One thing less to wait for. */
static int met(struct topo_dag *dag, struct topo_row *source)
{
  if (source->state != TOPO_STATE_PENDING && source->state != TOPO_STATE_BLOCKED)
    return 0;
  if (source->missing >
      0) /* evaluation counts anew, so a target that comes and goes harms nothing */
    source->missing--;
  int status = topo_log_update(&dag->log, source);
  if (status == 0 && source->missing == 0)
    status = topo_push_no(&dag->ready, source->no);
  return status;
}

static int again(struct topo_dag *dag, struct topo_row *source)
{
  if (source->state <= TOPO_STATE_PENDING)
    return 0;
  return topo_push_no(&dag->ready, source->no);
}

/* A dependency is of the wrong type or not accepted: judged anew, not counted. */
static int met_dependency(struct topo_dag *dag, struct topo_row *source)
{
  return source->state == TOPO_STATE_BLOCKED ? met(dag, source) : again(dag, source);
}

int topo_transition(struct topo_dag *dag, struct topo_row *row, enum topo_state state,
                    const struct topo_type *type, const struct topo_event *event)
{
  enum topo_state before = row->state;
  row->state = state;
  int status = 0;
  if (!row->written_accepted || state != TOPO_STATE_ACCEPTED)
    status = topo_log_update(&dag->log, row);
  row->written_accepted = false;
  if (status < 0 || (before == TOPO_STATE_ACCEPTED) == (state == TOPO_STATE_ACCEPTED))
    return status;
  dag->changes++;
  if (type)
    status = topo_changed(dag, type->number, event->entity);
  if (status < 0)
    return status;
  if (state == TOPO_STATE_ACCEPTED) {
    if (type)
      status = topo_project(dag, type, event);
    if (status == 0 && !row->unmentioned)
      status = each_source(dag, row->no, TOPO_EDGE_ACCEPTED, met_dependency);
    return status;
  }
  if (type)
    status = topo_mark_dirty(dag, type, event->entity);
  return status == 0 ? each_source(dag, row->no, TOPO_EDGE_ACCEPTED, again) : status;
}

int topo_admitted(struct topo_dag *dag, int64_t no)
{
  struct topo_stmt *s = topo_stmt(dag->db, "INSERT INTO local_admitted(no) VALUES(?1)");
  topo_bind_i64(s, 1, no);
  int status = topo_execute(s);
  return status == 0 ? each_source(dag, no, TOPO_EDGE_ADMITTED, met) : status;
}

/* Drops a held event for good, and lines up what can now never be admitted. */
static int refuse_row(struct topo_dag *dag, struct topo_row *row)
{
  if (row->state != TOPO_STATE_PENDING)
    return 0;
  dag->held--;
  int status = topo_log_drop(&dag->log, row->no);
  return status == 0 ? topo_push_no(&dag->refused, row->no) : status;
}

int topo_refuse(struct topo_dag *dag, int64_t no, const struct topo_id *id, int why)
{
  struct topo_row row = {.no = no, .state = TOPO_STATE_PENDING};
  dag->sink->rejected(dag->sink->ctx, id, why);
  size_t start = dag->refused.len;
  int status = refuse_row(dag, &row);
  for (size_t at = start; at < dag->refused.len && status == 0; at += sizeof(int64_t)) {
    memcpy(&no, dag->refused.data + at, sizeof no);
    status = each_source(dag, no, TOPO_EDGE_ADMITTED, refuse_row);
  }
  dag->refused.len = start;
  return status;
}

enum topo_state topo_control_state(const struct topo_dag *dag,
                                   const struct topo_authority_node *node)
{
  if (!topo_authority_act_valid(dag->authority, node) || node->numbering == TOPO_MISNUMBERED)
    return TOPO_STATE_UNAUTHORISED;
  if (node->kind == TOPO_ACT_OTHER)
    return TOPO_STATE_UNREADABLE;
  bool numbered = node->kind == TOPO_ACT_EPOCH || node->kind == TOPO_ACT_WRAP;
  return numbered && node->numbering == TOPO_UNNUMBERED ? TOPO_STATE_BLOCKED : TOPO_STATE_ACCEPTED;
}

/* Who this device is follows from its most senior credential: with one of them, the users of all
 * others may be shown differently. */
static int own_users_changed(struct topo_dag *dag)
{
  struct topo_stmt *s = topo_stmt(dag->db, "SELECT DISTINCT user FROM credential WHERE device=?1");
  topo_bind_id(s, 1, &dag->self.device.public_key);
  int status;
  while ((status = topo_fetch(s)) == 1)
    if (topo_changed(dag, TOPO_CHANGE_OF_CREDENTIALS, topo_column_i64(s, 0)) < 0) {
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
    status = topo_log_intern(&dag->log, &node->user, &user);
  if (status == 0)
    status = topo_changed(dag, TOPO_CHANGE_OF_CREDENTIALS, user);
  if (status == 0 && topo_id_equal(&node->device, &dag->self.device.public_key))
    status = own_users_changed(dag);
  return status;
}

static int move_control(struct topo_dag *dag, struct topo_authority_node *node)
{
  struct topo_row row;
  enum topo_state state = topo_control_state(dag, node);
  int status = topo_log_row(&dag->log, node->no, &row);
  if (status < 0)
    return status;
  node->judged = (uint8_t)state;
  if (topo_node_is_credential(node)) {
    status = credential_changed(dag, node);
    if (status < 0)
      return status;
  }
  return topo_transition(dag, &row, state, NULL, NULL);
}

/* The credential's answer changed: whatever names it as auth is judged anew. Rare, so it is worth a
 * scan and not an index. */
static int content_again(struct topo_dag *dag, int64_t credential)
{
  struct topo_stmt *s =
      topo_stmt(dag->db, "SELECT no FROM event WHERE auth=?1 AND set_no<>0 AND state>=2");
  topo_bind_i64(s, 1, credential);
  int status;
  while ((status = topo_fetch(s)) == 1)
    if (topo_push_no(&dag->ready, topo_column_i64(s, 0)) < 0) {
      topo_reset(s);
      return TOPO_ENOMEM;
    }
  return status;
}

int topo_recompute(struct topo_dag *dag)
{
  int32_t n = topo_authority_count(dag->authority);
  int flips = topo_authority_recompute(dag->authority);
  if (flips < 0)
    return flips;
  if (!flips && dag->recomputed == n)
    return 0;
  int status = 0;
  for (int32_t i = flips ? 0 : dag->recomputed; i < n && status == 0; i++) {
    struct topo_authority_node *node = topo_authority_node(dag->authority, i);
    bool fresh = i >= dag->recomputed;
    if (fresh || node->judged != topo_control_state(dag, node))
      status = move_control(dag, node);
    if (status == 0 && !fresh && node->changed)
      status = content_again(dag, node->no);
  }
  topo_authority_recomputed(dag->authority);
  dag->recomputed = n;
  return status;
}

int topo_evaluate_row(struct topo_dag *dag, int64_t no)
{
  struct topo_opened opened = {0};
  struct topo_row row;
  int status = topo_log_row(&dag->log, no, &row);
  if (status < 0 || !topo_has_bytes(row.state))
    return status;
  status = topo_open_row(dag, no, &opened);
  if (status == 0 && opened.envelope.kind == TOPO_CONTROL) {
    struct topo_checked c = {.envelope = opened.envelope, .authentic = true};
    status = topo_place_control(dag, &c);
  } else if (status == 0 && opened.open) {
    struct topo_content content = {&opened.envelope, &opened.inner};
    status = topo_evaluate(dag, &row, &content);
  }
  topo_opened_finish(&opened);
  return status;
}

static int is_control(struct topo_dag *dag, int64_t no)
{
  struct topo_row row;
  int status = topo_log_row(&dag->log, no, &row);
  return status < 0 ? status : row.set_no == 0;
}

/* Evaluates the ready rows that are control (or are not); the others stay. */
static int drain_kind(struct topo_dag *dag, bool control)
{
  struct topo_buf list = dag->ready;
  int status = 0;
  dag->ready = (struct topo_buf){0};
  for (size_t at = 0; at < list.len && status == 0; at += sizeof(int64_t)) {
    int64_t no;
    memcpy(&no, list.data + at, sizeof no);
    int is = is_control(dag, no);
    if (is < 0)
      status = is;
    else
      status = (is == 1) == control ? topo_evaluate_row(dag, no) : topo_push_no(&dag->ready, no);
  }
  topo_buf_finish(&list);
  return status;
}

int topo_drain(struct topo_dag *dag)
{
  int status = 0;
  size_t before;
  do { /* control until nothing moves, then the credentials, then content */
    do {
      before = dag->ready.len;
      int32_t count = topo_authority_count(dag->authority);
      status = drain_kind(dag, true);
      if (status == 0 && topo_authority_count(dag->authority) == count && dag->ready.len == before)
        break;
    } while (status == 0 && dag->ready.len);
    if (status == 0)
      status = topo_recompute(dag);
    if (status == 0)
      status = topo_open_waiting(dag);
    if (status == 0)
      status = drain_kind(dag, false);
  } while (status == 0 && dag->ready.len);
  return status == 0 ? topo_project_dirty(dag) : status;
}
