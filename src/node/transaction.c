/* transaction.c - the one transaction of a step; see transaction.h. */
#include "node/transaction.h"

#include "base/assert.h"
#include "node/local.h"

static void move(struct topo_transaction *t, enum topo_transaction_state to)
{
  static const bool allowed[3][3] = {
      [TOPO_TRANSACTION_NONE] = {[TOPO_TRANSACTION_OPEN] = true, [TOPO_TRANSACTION_LOST] = true},
      [TOPO_TRANSACTION_OPEN] = {[TOPO_TRANSACTION_NONE] = true, [TOPO_TRANSACTION_LOST] = true},
      [TOPO_TRANSACTION_LOST] = {[TOPO_TRANSACTION_NONE] = true},
  };
  topo_assert(allowed[t->state][to]);
  t->state = to;
}

void topo_transaction_init(struct topo_transaction *t, struct topo_env *env)
{
  *t = (struct topo_transaction){.env = env, .state = TOPO_TRANSACTION_NONE};
}

void topo_transaction_begin_step(struct topo_transaction *t, bool promised)
{
  topo_assert(t->state == TOPO_TRANSACTION_NONE); /* no transaction outlives its step */
  topo_assert(!topo_db_in_transaction(t->env->db));
  t->promised = promised;
}

int topo_transaction_write(struct topo_transaction *t, bool promised)
{
  topo_assert(t->env->dag); /* a space that cannot be read is not written */
  if (t->state == TOPO_TRANSACTION_LOST)
    return t->failure;
  t->promised |= promised;
  if (t->state == TOPO_TRANSACTION_OPEN)
    return 0;
  /* What peers can send again need not be synced: a power cut may take it, in order, and they send
   * it again. */
  int status = topo_db_begin(t->env->db, t->promised);
  if (status < 0)
    return topo_transaction_fail(t, status);
  t->durable = t->promised;
  move(t, TOPO_TRANSACTION_OPEN);
  topo_assert(topo_db_in_transaction(t->env->db));
  return 0;
}

int topo_transaction_fail(struct topo_transaction *t, int status)
{
  if (status < 0 && t->state != TOPO_TRANSACTION_LOST) {
    t->failure = status;
    move(t, TOPO_TRANSACTION_LOST);
  }
  topo_assert((t->failure < 0) == (t->state == TOPO_TRANSACTION_LOST));
  return status;
}

/* A write that is promised came up after the transaction had begun for peers: a second commit,
 * synced, makes both durable, for the log is synced as a whole. */
static int commit_again(struct topo_transaction *t)
{
  struct topo_db *db = t->env->db;
  uint8_t stamp[8];
  topo_put_be64(stamp, t->env->now.wall_ms);
  int status = topo_db_begin(db, true);
  if (status < 0)
    return status;
  status = topo_local_put(db, "durable_ms", stamp, sizeof stamp);
  if (status == 0)
    return topo_db_commit(db);
  topo_db_rollback(db);
  return status;
}

int topo_transaction_commit(struct topo_transaction *t)
{
  if (t->state == TOPO_TRANSACTION_LOST)
    return t->failure;
  if (t->state == TOPO_TRANSACTION_NONE)
    return 0;
  topo_assert(topo_db_in_transaction(t->env->db));
  topo_assert(t->promised || !t->durable);
  int status = topo_dag_log_changes(t->env->dag);
  if (status == 0)
    status = topo_db_commit(t->env->db);
  if (status == 0 && t->promised && !t->durable)
    status = commit_again(t);
  if (status < 0)
    return topo_transaction_fail(t, status);
  move(t, TOPO_TRANSACTION_NONE);
  topo_assert(!topo_db_in_transaction(t->env->db));
  return 0;
}

void topo_transaction_abandon(struct topo_transaction *t)
{
  topo_assert(t->state == TOPO_TRANSACTION_LOST);
  if (topo_db_in_transaction(t->env->db))
    topo_db_rollback(t->env->db);
  t->failure = 0;
  move(t, TOPO_TRANSACTION_NONE);
}
