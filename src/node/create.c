/*
 * create.c - a space comes about: over a new workspace, or from an invite link. Its file is whole
 * before anybody hears of it, and remembers whose request made it.
 */
#include "node/parts.h"

#include "base/assert.h"
#include "base/status.h"
#include "node/address_table.h"
#include "node/found.h"
#include "node/load.h"
#include "node/local.h"
#include "node/open.h"
#include "node/self.h"

#include <string.h>

static int save_origin(struct topo_db *db, const struct topo_node_origin *origin)
{
  if (!origin->key || !*origin->key)
    return 0;
  int status = topo_local_put(db, "origin_key", origin->key, strlen(origin->key));
  return status == 0 ? topo_local_put(db, "origin_request", origin->request.bytes, 32) : status;
}

int topo_node_read_origin(struct topo_node *node, char *key, size_t size, struct topo_id *request)
{
  struct topo_buf value = {0};
  topo_assert(size > 0);
  int status = topo_local_get(node->env.db, "origin_key", &value);
  key[0] = '\0';
  if (status == 0 && value.len >= size)
    status = TOPO_ECORRUPT;
  if (status == 0)
    status = topo_local_get_32(node->env.db, "origin_request", request->bytes);
  if (status == 0) {
    memcpy(key, value.data, value.len);
    key[value.len] = '\0';
  }
  topo_buf_finish(&value);
  return status == TOPO_ENOTFOUND ? 0 : status;
}

/* What the dag is opened over. */
static int save_founding(struct topo_node *node, struct topo_founding *founding,
                         const struct topo_node_origin *origin)
{
  struct topo_env *env = &node->env;
  int status = topo_db_begin(env->db, true);
  if (status < 0)
    return status;
  status = topo_found_begin(founding, env);
  if (status == 0)
    status = topo_self_make(env, &founding->workspace);
  if (status == 0)
    status = save_origin(env->db, origin);
  return status == 0 ? topo_db_commit(env->db) : status;
}

/* The events, over the dag. */
static int found(struct topo_node *node, const struct topo_founding *founding,
                 const struct topo_node_create *create)
{
  int status = topo_transaction_write(&node->transaction, true);
  if (status == 0)
    status = topo_found(founding, &node->outcome, create->workspace_name, create->user_name);
  if (status == 0)
    status = topo_transaction_commit(&node->transaction);
  topo_outcome_clear(&node->outcome); /* there is nobody to tell yet */
  topo_assert(status < 0 || node->transaction.state == TOPO_TRANSACTION_NONE);
  return status;
}

int topo_node_create_workspace(struct topo_node **out, const struct topo_node_options *options,
                               const struct topo_node_create *create)
{
  struct topo_founding founding = {.event = {0}};
  int status = topo_open(out, options);
  if (status < 0)
    return status;
  struct topo_node *node = *out;
  node->env.now = create->now;
  /* Two transactions: the dag is opened over what the first one wrote. A file that a crash left
   * between them has no genesis and is refused by whoever opens it as a space. */
  status = save_founding(node, &founding, &create->origin);
  if (status == 0)
    status = topo_load(node);
  if (status == 0)
    status = found(node, &founding, create);
  topo_found_finish(&founding);
  return topo_open_end(out, status);
}

/* Where the devices of the link are reached. The best address stands first, and what is learned
 * last is dialled first. */
static int learn_addresses(struct topo_env *env, const struct topo_invite_link *invite_link)
{
  int status = 0;
  for (size_t i = 0; i < invite_link->n_devices; i++) {
    const struct topo_invite_device *d = &invite_link->devices[i];
    for (size_t k = d->n_addresses; k-- > 0 && status == 0;)
      status = topo_address_table_see(env, &d->device, &d->addresses[k]);
  }
  return status;
}

static int save_join(struct topo_node *node, const struct topo_node_join *join)
{
  const struct topo_invite_link *invite_link = join->invite_link;
  struct topo_env *env = &node->env;
  int status = topo_db_begin(env->db, true);
  if (status < 0)
    return status;
  status = topo_self_make(env, &invite_link->workspace);
  if (status == 0)
    status = topo_joiner_save(env, invite_link, join->user_name);
  if (status == 0)
    status = learn_addresses(env, invite_link);
  if (status == 0)
    status = save_origin(env->db, &join->origin);
  return status == 0 ? topo_db_commit(env->db) : status;
}

int topo_node_join_workspace(struct topo_node **out, const struct topo_node_options *options,
                             const struct topo_node_join *join)
{
  int status = topo_open(out, options);
  if (status == 0) {
    (*out)->env.now = join->now;
    status = save_join(*out, join);
    if (status == 0)
      status = topo_load(*out);
    status = topo_open_end(out, status);
  }
  return status;
}
