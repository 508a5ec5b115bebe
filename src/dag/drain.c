/* drain.c - the worklists of a change, worked off. */
#include "dag/drain.h"

#include "base/assert.h"
#include "base/status.h"
#include "dag/decide.h"
#include "dag/effects.h"
#include "dag/order.h"
#include "dag/project.h"

enum { WAITING_BATCH = 2048 }; /* events that wait for one key and are opened at a time */

/* Would this authentic content be an item (docs/protocol.md §6.2)? */
static bool is_item(void *arg, const struct topo_checked *c)
{
  const struct topo_dag *dag = arg;
  const struct topo_authority_node *auth = topo_authority_find(dag->authority, &c->inner.auth);
  return auth && topo_node_is_credential(auth) &&
         topo_id_equal(&auth->credential.device, &c->inner.device);
}

int topo_drain_authenticate(struct topo_dag *dag, struct topo_batch *batch)
{
  return topo_batch_authenticate(batch, is_item, dag);
}

/* A credential became valid or ceased to be: whatever names it as auth is decided again, but what
 * is stale, to which a rebuild still comes. Rare, so it is worth a scan and not an index. */
static int content_again(struct topo_dag *dag, int64_t credential)
{
  struct topo_stmt *s = topo_stmt(dag->db, "SELECT no FROM event WHERE auth=?1 AND set_no<>0"
                                           " AND state>=2 AND judged=?2");
  topo_bind_i64(s, 1, credential);
  topo_bind_i64(s, 2, dag->rebuild.number);
  int status;
  while ((status = topo_fetch(s)) == 1)
    if (topo_push_no(&dag->lists.ready, topo_column_i64(s, 0)) < 0) {
      topo_reset(s);
      return TOPO_ENOMEM;
    }
  return status;
}

/* Brings the row of one node of authority up to date; `fresh`: it has none yet that says more than
 * that the event is admitted. */
static int decide_node(struct topo_dag *dag, int32_t index, bool fresh)
{
  const struct topo_authority_node *node = topo_authority_at(dag->authority, index);
  enum topo_state state = topo_judge_admitted(node, topo_authority_act_valid(dag->authority, node));
  bool flipped = !fresh && topo_node_is_credential(node) && node->credential.changed;
  int64_t no = node->no;
  int status = fresh || node->state != state ? topo_effects_of_admitted(dag, index, state) : 0;
  return status == 0 && flipped ? content_again(dag, no) : status;
}

/* VALID and the numbers of epochs, and the rows that say so. */
static int recompute_authority(struct topo_dag *dag)
{
  int32_t n = topo_authority_count(dag->authority), first = dag->n_decided;
  topo_assert(first <= n);
  int flips = topo_authority_recompute(dag->authority);
  if (flips < 0)
    return flips;
  if (!flips && first == n)
    return 0;
  int status = 0;
  for (int32_t i = flips ? 0 : first; i < n && status == 0; i++)
    status = decide_node(dag, i, i >= first);
  topo_authority_recomputed(dag->authority);
  dag->n_decided = n;
  return status;
}

/* Up to WAITING_BATCH events of the list from `from` on, as a batch. */
static int gather(struct topo_dag *dag, const struct topo_buf *list, size_t from,
                  struct topo_batch *batch)
{
  struct topo_buf bytes = {0};
  int status = 0;
  size_t n = topo_no_count(list);
  for (size_t i = from; i < n && i < from + WAITING_BATCH && status == 0; i++) {
    topo_buf_clear(&bytes);
    topo_buf_put_u32(&bytes, 0);
    status = topo_log_bytes(&dag->log, topo_no_at(list, i), &bytes);
    if (status == TOPO_ENOTFOUND) { /* dropped since */
      status = 0;
      continue;
    }
    if (status == 0) {
      topo_put_be32(bytes.data, (uint32_t)(bytes.len - 4));
      status = topo_batch_add(batch, bytes.data, bytes.len);
    }
  }
  topo_buf_finish(&bytes);
  return status;
}

static int decide_batch(struct topo_dag *dag, struct topo_batch *batch)
{
  topo_batch_check(batch);
  int status = batch->status;
  if (status == 0)
    status = topo_drain_authenticate(dag, batch);
  for (size_t i = 0; status == 0 && i < batch->n; i++) {
    const struct topo_checked *c = &batch->events[i];
    if (c->duplicate)
      continue;
    status =
        c->status == 0 ? topo_decide(dag, c) : topo_decide_broken(dag, &c->envelope.id, c->status);
  }
  return status;
}

/* Decides what was pending for the key of an epoch, which has come. */
static int open_epoch(struct topo_dag *dag, int64_t epoch)
{
  struct topo_buf list = {0};
  int status = topo_log_sources(&dag->log, epoch, TOPO_EDGE_KEY, &list);
  size_t n = topo_no_count(&list);
  for (size_t from = 0; from < n && status == 0; from += WAITING_BATCH) {
    struct topo_batch *batch = topo_batch_create(&dag->context, dag->keys);
    status = batch ? gather(dag, &list, from, batch) : TOPO_ENOMEM;
    if (status == 0)
      status = decide_batch(dag, batch);
    topo_batch_destroy(batch);
  }
  for (size_t i = 0; i < n && status == 0; i++)
    status = topo_log_remove_edge(&dag->log, epoch, TOPO_EDGE_KEY, topo_no_at(&list, i));
  topo_buf_finish(&list);
  return status;
}

static int open_epochs(struct topo_dag *dag)
{
  int status = 0;
  for (size_t i = 0; i < topo_no_count(&dag->lists.opened) && status == 0; i++)
    status = open_epoch(dag, topo_no_at(&dag->lists.opened, i));
  topo_buf_clear(&dag->lists.opened);
  return status;
}

static int is_control(struct topo_dag *dag, int64_t no)
{
  struct topo_row row;
  int status = topo_log_row(&dag->log, no, &row);
  return status < 0 ? status : row.set_no == 0;
}

/* Decides the ready rows that are control (or are not); the others stay. */
static int drain_kind(struct topo_dag *dag, bool control)
{
  struct topo_buf list = dag->lists.ready;
  int status = 0;
  dag->lists.ready = (struct topo_buf){0};
  for (size_t i = 0; i < topo_no_count(&list) && status == 0; i++) {
    int64_t no = topo_no_at(&list, i);
    int is = is_control(dag, no);
    if (is < 0)
      status = is;
    else
      status = is == control ? topo_decide_row(dag, no) : topo_push_no(&dag->lists.ready, no);
  }
  topo_buf_finish(&list);
  return status;
}

static int drain_control(struct topo_dag *dag)
{
  int status = 0;
  while (status == 0 && dag->lists.ready.len) {
    size_t before = dag->lists.ready.len;
    int32_t count = topo_authority_count(dag->authority);
    status = drain_kind(dag, true);
    if (topo_authority_count(dag->authority) == count && dag->lists.ready.len == before)
      break; /* what is left is content */
  }
  return status;
}

int topo_drain(struct topo_dag *dag)
{
  int status = 0;
  do {
    status = drain_control(dag);
    if (status == 0)
      status = recompute_authority(dag);
    if (status == 0)
      status = open_epochs(dag);
    if (status == 0)
      status = drain_kind(dag, false);
  } while (status == 0 && dag->lists.ready.len);
  if (status == 0)
    status = topo_order_sequels(dag);
  if (status == 0)
    status = topo_project_dirty(dag);
  topo_assert(status < 0 ||
              (!dag->lists.ready.len && !dag->lists.opened.len && !dag->lists.sequels.len &&
               !dag->lists.dirty.len && !dag->lists.dropped.len));
  return status;
}
