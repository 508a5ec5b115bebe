/*
 * step.c - the step: inputs, one transaction, and only then the world.
 */
#include "node/parts.h"

#include "base/assert.h"
#include "base/status.h"
#include "node/dial.h"
#include "node/load.h"
#include "node/node.h"
#include "node/reach.h"
#include "node/renewal.h"
#include "node/sessions.h"
#include "node/trust.h"
#include "port/close.h"

enum { CHECKPOINT_PAGES = 4000, RELOAD_DELAY_MS = 1000, REBUILD_DELAY_MS = 5000 };

/* We are to be reached elsewhere: others are told, and what could not be reached may be now. */
static void move(struct topo_node *node, const struct topo_input *in)
{
  topo_reach_changed(&node->env, in);
  topo_records_changed(&node->records);
  topo_peers_moved(&node->peers);
}

static void take(struct topo_node *node, const struct topo_input *in)
{
  switch (in->kind) {
  case TOPO_IN_CONN_UP: topo_sessions_up(node, in); break;
  case TOPO_IN_CONN_DATA: topo_sessions_data(node, in); break;
  case TOPO_IN_CONN_WRITABLE: break; /* every connection is flushed at the end */
  case TOPO_IN_CONN_DOWN: topo_sessions_down(node, in); break;
  case TOPO_IN_DIAL_FAILED: topo_peers_failed(&node->peers, in->number, in->status); break;
  case TOPO_IN_BEACON:
    topo_nearby_take(&node->nearby, &in->beacon.beacon, &in->beacon.address);
    break;
  case TOPO_IN_CHECKED: topo_batches_checked(&node->batches, in->work); break;
  case TOPO_IN_ADDRESSES: move(node, in); break;
  case TOPO_IN_INVITE: topo_renewal_take(node, in); break;
  case TOPO_IN_CALL: topo_calls_run(&node->calls, in->call, node); break;
  }
}

/* Reads the space from its file. False when that failed: it is tried again a little later. */
static bool load(struct topo_node *node)
{
  node->unreadable = topo_load(node);
  if (node->unreadable == 0)
    return true;
  topo_load_undo(node);
  topo_env_wake_at(&node->env, node->env.now.mono_ms + RELOAD_DELAY_MS);
  return false;
}

/* A piece of what is to be judged again after an upgrade. Calls do not wait for it, but it does not
 * wait for them twice. */
static void rebuild(struct topo_node *node)
{
  if (!topo_dag_progress(node->env.dag).rebuilding || node->env.now.mono_ms < node->rebuild_ms)
    return;
  node->rebuild_waited = node->transaction.promised && !node->rebuild_waited;
  if (node->rebuild_waited || topo_transaction_write(&node->transaction, false) < 0)
    return;
  topo_transaction_fail(&node->transaction, topo_dag_rebuild(node->env.dag, node->rebuild_piece));
}

/* The next piece comes with a step of its own: others have their turn in between. */
static void wake_for_rebuild(struct topo_node *node)
{
  if (!topo_dag_progress(node->env.dag).rebuilding)
    return;
  bool delayed = node->rebuild_ms > node->env.now.mono_ms;
  topo_env_wake_at(&node->env, delayed ? node->rebuild_ms : node->env.now.mono_ms);
}

/* The transaction is lost: so is everything in memory that followed from it. */
static void recover(struct topo_node *node, int why)
{
  topo_env_note(&node->env, why, "a write failed; the space is read anew from its file");
  topo_transaction_abandon(&node->transaction);
  topo_calls_answer(&node->calls, why);
  topo_conns_close_all(&node->conns, TOPO_EINTERNAL);
  topo_outcome_clear(&node->outcome);
  topo_inviter_forget(&node->inviter);
  topo_load_undo(node);
  if (!load(node))
    topo_env_note(&node->env, node->unreadable, "the space cannot be read; trying again");
  node->env.trust_changed = true;
  node->rebuild_ms = node->env.now.mono_ms + REBUILD_DELAY_MS; /* or it may fail all the time */
}

/* Everything that others hear, once it is on disk. */
static void publish(struct topo_node *node)
{
  topo_assert(!topo_db_in_transaction(node->env.db));
  topo_inviter_welcome(&node->inviter, &node->conns);
  for (size_t i = 0; i < topo_outcome_count(&node->outcome); i++) {
    struct topo_outcome_item item = topo_outcome_at(&node->outcome, i);
    topo_conns_push(&node->conns, &item.id, item.origin);
  }
  topo_outcome_clear(&node->outcome);
  topo_calls_answer(&node->calls, 0);
}

/* The space could not be read from its disk: calls fail, peers are sent away, until it can. */
static void refuse(struct topo_node *node, const struct topo_input *in)
{
  topo_assert(!node->env.dag && node->unreadable < 0);
  if (in->kind == TOPO_IN_CALL)
    topo_calls_refuse(in->call, node->unreadable, "the space cannot be read just now");
  else if (in->kind == TOPO_IN_CONN_UP)
    topo_conn_close(&in->up.conn, TOPO_CLOSE_INTERNAL);
  else if (in->kind == TOPO_IN_CHECKED)
    topo_batches_checked(&node->batches, in->work);
  else if (in->kind == TOPO_IN_ADDRESSES)
    topo_reach_changed(&node->env, in);
  else if (in->kind == TOPO_IN_INVITE)
    in->renewal->status = node->unreadable;
}

/* Sending reads every event from the log, and writes nothing. */
static void flush(struct topo_node *node)
{
  bool held = topo_db_hold(node->env.db) == 0;
  topo_conns_flush(&node->conns);
  if (held)
    topo_db_release(node->env.db);
  topo_assert(node->transaction.state == TOPO_TRANSACTION_NONE);
}

static bool has_write(const struct topo_input *inputs, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (inputs[i].kind == TOPO_IN_INVITE ||
        (inputs[i].kind == TOPO_IN_CALL && inputs[i].call->op->where == TOPO_OP_SPACE))
      return true;
  return false;
}

/* What follows a step that could be kept, or from which the space has recovered. */
static void go_on(struct topo_node *node)
{
  topo_assert(node->env.dag && node->calls.waiting.len == 0);
  topo_batches_submit(&node->batches);
  flush(node);
  topo_conns_sweep(&node->conns);
  topo_trust_tell(node);
  topo_dial_missing(&node->peers, &node->conns);
  topo_db_checkpoint(node->env.db, CHECKPOINT_PAGES);
  wake_for_rebuild(node);
}

void topo_node_step(struct topo_node *node, struct topo_now now, const struct topo_input *inputs,
                    size_t n)
{
  topo_env_begin(&node->env, now);
  topo_transaction_begin_step(&node->transaction, has_write(inputs, n));
  if (!node->env.dag && !load(node)) {
    for (size_t i = 0; i < n; i++)
      refuse(node, &inputs[i]);
    return;
  }
  topo_wall_correct(&node->wall);
  for (size_t i = 0; i < n; i++)
    take(node, &inputs[i]);
  topo_joiner_progress(&node->joiner);
  topo_records_publish(&node->records, &node->outcome);
  rebuild(node);
  int status = topo_transaction_commit(&node->transaction);
  if (status < 0) {
    topo_renewal_lost(inputs, n, status);
    recover(node, status);
  } else {
    publish(node);
  }
  if (node->env.dag)
    go_on(node);
}
