/*
 * step.c - the step: inputs, one transaction, and only then the world.
 */
#include "node/node_impl.h"

#include "base/assert.h"
#include "base/status.h"
#include "port/close.h"

#include <string.h>

enum { CHECKPOINT_PAGES = 4000, RELOAD_DELAY_MS = 1000 };

int topo_node_writing(struct topo_node *node, bool local)
{
  if (node->failure < 0)
    return node->failure;
  node->local_write |= local;
  if (node->writing)
    return 0;
  /* What peers can send again need not be synced: a power cut may take it, in order, and they send
   * it again. */
  int status = topo_db_begin(node->db, node->local_write);
  node->writing = status == 0;
  node->durable = node->local_write;
  if (status < 0)
    node->failure = status;
  return status;
}

static void on_item(void *ctx, const struct topo_id *set, uint64_t hlc, const struct topo_id *id)
{
  struct topo_node *node = ctx;
  struct topo_node_item item = {*id, topo_conns_origin(node, id)};
  int status = topo_sets_add(node, set, hlc, id);
  if (status == 0)
    status = topo_buf_put(&node->items, &item, sizeof item);
  if (status < 0 && node->failure == 0)
    node->failure = status;
}

static void on_want(void *ctx, const struct topo_id *id)
{
  struct topo_node *node = ctx;
  topo_buf_put_id(&node->wants, id); /* a want that is lost is found again by the next round */
}

static void on_rejected(void *ctx, const struct topo_id *id, int status)
{
  struct topo_node *node = ctx;
  (void)id;
  node->rejected++;
  node->last_rejection = status;
}

const struct topo_sink *topo_node_sink(struct topo_node *node, struct topo_sink *sink)
{
  *sink = (struct topo_sink){on_item, on_want, on_rejected, node};
  return sink;
}

static void take(struct topo_node *node, const struct topo_input *in)
{
  struct topo_node_conn *conn;
  switch (in->kind) {
  case TOPO_IN_CONN_UP: topo_conns_up(node, in); break;
  case TOPO_IN_CONN_DATA: topo_conns_data(node, in); break;
  case TOPO_IN_CONN_WRITABLE: break; /* every connection is flushed at the end */
  case TOPO_IN_CONN_DOWN:
    conn = topo_conns_find(node, in->number);
    if (conn)
      topo_conns_down(node, in);
    break;
  case TOPO_IN_DIAL_FAILED: topo_peers_failed(node, in->number, in->status); break;
  case TOPO_IN_CHECKED: topo_conns_checked(node, in->work); break;
  case TOPO_IN_CALL: topo_calls_run(node, in->call); break;
  }
}

/* The transaction is lost: so is everything in memory that followed from it. */
static void recover(struct topo_node *node, int why)
{
  topo_node_note(node, why, "a write failed; the space is read anew from its file");
  if (node->writing)
    topo_db_rollback(node->db);
  node->writing = false;
  topo_calls_answer(node, why);
  topo_conns_close_all(node, TOPO_EINTERNAL);
  topo_buf_clear(&node->items);
  topo_buf_clear(&node->wants);
  topo_buf_clear(&node->welcomes);
  topo_node_unload(node);
  node->failure = 0;
  node->failure = topo_node_load(node);
  if (node->failure < 0) {
    topo_node_note(node, node->failure, "the space cannot be read; trying again");
    topo_node_unload(node);
    topo_node_wake_at(node, node->now.mono_ms + RELOAD_DELAY_MS);
  }
  node->trust_dirty = true;
}

/* A local write came up after the transaction had begun for peers: a second commit, synced, makes
 * both durable, for the log is synced as a whole. */
static int commit_again(struct topo_node *node)
{
  uint8_t stamp[8];
  topo_put_be64(stamp, node->now.wall_ms);
  int status = topo_db_begin(node->db, true);
  if (status < 0)
    return status;
  status = topo_local_put(node->db, "durable_ms", stamp, sizeof stamp);
  if (status == 0)
    return topo_db_commit(node->db);
  topo_db_rollback(node->db);
  return status;
}

static int commit(struct topo_node *node)
{
  if (node->failure < 0 || !node->writing)
    return node->failure;
  int status = topo_dag_log_changes(node->dag);
  if (status == 0)
    status = topo_db_commit(node->db);
  else
    topo_db_rollback(node->db);
  node->writing = false;
  if (status == 0 && node->local_write && !node->durable)
    status = commit_again(node);
  return status;
}

/* Everything that others hear, once it is on disk. */
static void publish(struct topo_node *node)
{
  struct topo_node_item welcome;
  for (size_t at = 0; at < node->welcomes.len; at += sizeof welcome) {
    memcpy(&welcome, node->welcomes.data + at, sizeof welcome);
    struct topo_node_conn *conn = topo_conns_find(node, welcome.origin);
    if (conn && !conn->dead)
      topo_session_welcome(conn->session, &welcome.id);
  }
  topo_buf_clear(&node->welcomes);
  topo_conns_push(node);
  topo_calls_answer(node, 0);
}

static void tell_trust(struct topo_node *node)
{
  int32_t nodes = topo_authority_count(topo_dag_authority(node->dag));
  if (nodes == node->seen_nodes && !node->trust_dirty)
    return;
  node->seen_nodes = nodes;
  node->trust_dirty = false;
  node->options.ports->trust(node->options.ports->ctx);
}

static bool readable(struct topo_node *node)
{
  if (node->dag)
    return true;
  node->failure = topo_node_load(node);
  if (node->failure == 0)
    return true;
  topo_node_unload(node);
  topo_node_wake_at(node, node->now.mono_ms + RELOAD_DELAY_MS);
  return false;
}

/* The space could not be read from its disk: calls fail, peers are sent away, until it can. */
static void refuse(struct topo_node *node, const struct topo_input *in)
{
  if (in->kind == TOPO_IN_CALL) {
    in->call->status = topo_op_fail(in->call, node->failure, "the space cannot be read just now");
    in->call->done(in->call, in->call->done_arg);
  } else if (in->kind == TOPO_IN_CONN_UP) {
    topo_conn_close(&in->up.conn, TOPO_CLOSE_INTERNAL);
  } else if (in->kind == TOPO_IN_CHECKED) {
    topo_conns_checked(node, in->work);
  }
}

/* Sending reads every event from the log, and writes nothing. */
static void flush(struct topo_node *node)
{
  bool held = topo_db_hold(node->db) == 0;
  topo_conns_flush(node);
  if (held)
    topo_db_release(node->db);
}

void topo_node_step(struct topo_node *node, struct topo_now now, const struct topo_input *inputs,
                    size_t n)
{
  node->now = now;
  node->deadline_ms = UINT64_MAX;
  node->local_write = false;
  if (!readable(node)) {
    for (size_t i = 0; i < n; i++)
      refuse(node, &inputs[i]);
    return;
  }
  for (size_t i = 0; i < n; i++)
    node->local_write |=
        inputs[i].kind == TOPO_IN_CALL && inputs[i].call->op->where == TOPO_OP_SPACE;
  for (size_t i = 0; i < n; i++)
    take(node, &inputs[i]);
  topo_join_progress(node);
  int status = commit(node);
  if (status < 0) {
    recover(node, status);
    if (!node->dag)
      return;
  } else {
    publish(node);
  }
  topo_conns_submit(node);
  flush(node);
  topo_conns_sweep(node);
  tell_trust(node);
  topo_peers_dial(node);
  topo_db_checkpoint(node->db, CHECKPOINT_PAGES);
}
