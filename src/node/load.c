/* load.c - what a space keeps in memory, read from its file; see load.h. */
#include "node/load.h"

#include "base/assert.h"
#include "node/self.h"

struct loading {
  struct topo_sets *sets;
  int status; /* the first failure */
};

static void load_item(void *ctx, const struct topo_id *set, uint64_t hlc, const struct topo_id *id)
{
  struct loading *loading = ctx;
  int status = topo_sets_add(loading->sets, set, hlc, id);
  if (status < 0 && loading->status == 0)
    loading->status = status;
}

static void no_want(void *ctx, const struct topo_id *id)
{
  (void)ctx, (void)id;
}

static void no_rejected(void *ctx, const struct topo_id *id, int status)
{
  (void)ctx, (void)id, (void)status;
}

static int load_sets(struct topo_node *node)
{
  struct loading loading = {.sets = &node->sets};
  struct topo_sink sink = {load_item, no_want, no_rejected, &loading};
  topo_assert(node->sets.n == 0);
  int status = topo_dag_items(node->env.dag, &sink);
  return status == 0 ? loading.status : status;
}

int topo_load(struct topo_node *node)
{
  struct topo_env *env = &node->env;
  topo_assert(!env->dag && !topo_db_in_transaction(env->db));
  topo_assert(node->conns.n == 0); /* a connection outlives no reading */
  topo_assert(node->transaction.state == TOPO_TRANSACTION_NONE);
  int status = topo_self_load(env);
  if (status == 0)
    status = topo_joiner_load(&node->joiner);
  if (status == 0)
    status = topo_dag_open(&env->dag, env->db, env->types, &env->rng, &env->self);
  if (status == 0)
    status = load_sets(node);
  if (status == 0)
    status = topo_peers_load(&node->peers);
  if (status == 0)
    status = topo_records_load(&node->records);
  /* Reading the whole log would have filled the cache with what is not asked for again. */
  if (status == 0)
    status = topo_db_set_cache(env->db, node->cache_kib);
  node->trusted_acts = -1;
  topo_assert(status < 0 || (env->dag && node->joiner.state != TOPO_JOINER_UNREAD));
  return status;
}

void topo_load_undo(struct topo_node *node)
{
  topo_dag_close(node->env.dag);
  node->env.dag = NULL;
  topo_sets_finish(&node->sets);
  topo_peers_unload(&node->peers);
  topo_records_unload(&node->records);
  topo_joiner_unload(&node->joiner);
  topo_wipe(&node->env.self, sizeof node->env.self);
}
