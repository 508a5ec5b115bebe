/* open.c - a space is opened and closed; see open.h and node.h. */
#include "node/open.h"

#include "base/assert.h"
#include "base/status.h"
#include "events/types.h"
#include "node/address_table.h"
#include "node/load.h"
#include "node/parts.h"

#include <stdlib.h>

enum { DEFAULT_CACHE_KIB = 8192, LOAD_CACHE_KIB = 512 };

static int open_database(struct topo_node *node, const struct topo_node_options *options)
{
  /* In the order in which releases brought them: a file's version is how many it has. */
  const struct topo_migration steps[] = {*topo_dag_migrations[0], *topo_dag_migrations[1],
                                         topo_address_table_seen, *topo_dag_migrations[2],
                                         *topo_dag_migrations[3], topo_records_migration,
                                         topo_address_table_given};
  enum { STEPS = sizeof steps / sizeof *steps };
  topo_assert(STEPS == TOPO_DAG_MIGRATIONS + 3);
  struct topo_db_options o = {.path = options->path,
                              .disk = options->disk,
                              .application_id = TOPO_NODE_APPLICATION_ID,
                              .former_ids = {TOPO_NODE_FORMER_ID, TOPO_NODE_FIRST_ID},
                              .cache_kib = LOAD_CACHE_KIB};
  int status = topo_db_open(&node->env.db, &o);
  return status == 0 ? topo_db_migrate(node->env.db, steps, STEPS) : status;
}

static void init_parts(struct topo_node *node, const struct topo_node_options *options)
{
  struct topo_transaction *t = &node->transaction;
  topo_transaction_init(t, &node->env);
  topo_outcome_init(&node->outcome, t, &node->sets);
  topo_joiner_init(&node->joiner, t, &node->outcome);
  topo_inviter_init(&node->inviter, &node->outcome);
  topo_peers_init(&node->peers, t, &node->joiner);
  topo_records_init(&node->records, &node->outcome, &node->peers);
  topo_conns_init(&node->conns, &node->env, options->conns_max);
  topo_wall_init(&node->wall, &node->conns);
  topo_nearby_init(&node->nearby, &node->peers, &node->conns);
  topo_batches_init(&node->batches, &node->outcome, &node->conns, &node->records);
  topo_calls_init(&node->calls, t);
}

int topo_open(struct topo_node **out, const struct topo_node_options *options)
{
  struct topo_node *node = calloc(1, sizeof *node);
  *out = node;
  if (!node)
    return TOPO_ENOMEM;
  topo_assert(options->cache_kib >= 0);
  node->cache_kib = options->cache_kib ? options->cache_kib : DEFAULT_CACHE_KIB;
  node->rebuild_piece = options->rebuild_piece ? options->rebuild_piece : TOPO_REBUILD_PIECE_MAX;
  node->env.rng = options->rng;
  node->env.types = options->types ? options->types : topo_types;
  node->env.ports = options->ports;
  node->env.deadline_ms = UINT64_MAX;
  init_parts(node, options);
  return topo_open_end(out, open_database(node, options));
}

int topo_open_end(struct topo_node **out, int status)
{
  if (status < 0) {
    topo_node_close(*out);
    *out = NULL;
  }
  topo_assert((status == 0) == (*out != NULL));
  return status;
}

int topo_node_open(struct topo_node **out, const struct topo_node_options *options)
{
  int status = topo_open(out, options);
  return status == 0 ? topo_open_end(out, topo_load(*out)) : status;
}

void topo_node_close(struct topo_node *node)
{
  if (!node)
    return;
  topo_conns_close_all(&node->conns, TOPO_ECLOSED);
  topo_batches_finish(&node->batches);
  topo_load_undo(node);
  topo_db_close(node->env.db);
  topo_outcome_finish(&node->outcome);
  topo_inviter_finish(&node->inviter);
  topo_calls_finish(&node->calls);
  topo_wipe(node, sizeof *node);
  free(node);
}

const struct topo_self *topo_node_self(const struct topo_node *node)
{
  return &node->env.self;
}

struct topo_dag *topo_node_dag(struct topo_node *node)
{
  return node->env.dag;
}

struct topo_db *topo_node_db(struct topo_node *node)
{
  return node->env.db;
}

size_t topo_node_in_flight(const struct topo_node *node)
{
  return node->batches.in_flight;
}

uint64_t topo_node_deadline(const struct topo_node *node)
{
  return node->env.deadline_ms;
}
