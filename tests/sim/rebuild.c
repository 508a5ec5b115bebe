/*
 * rebuild.c - the bytes of one host's log, given to an empty space in a random order and in random
 * batches, must come to the same projections.
 */
#include "sim/sim.h"

#include "base/assert.h"
#include "base/status.h"
#include "events/types.h"

#include <stdlib.h>

enum { BATCH_MOST = 200 };

static void ignore_item(void *ctx, const struct topo_id *set, uint64_t hlc,
                        const struct topo_id *id)
{
  (void)set, (void)hlc, (void)id;
  ++*(size_t *)ctx;
}
static void ignore_want(void *ctx, const struct topo_id *id)
{
  (void)ctx, (void)id;
}
static void ignore_rejected(void *ctx, const struct topo_id *id, int status)
{
  (void)ctx, (void)id, (void)status;
}

struct rebuilt {
  struct sim_disk *disk;
  struct topo_disk port;
  struct topo_db *db;
  struct topo_dag *dag;
  struct sim_rng rng;
  struct topo_rng dag_rng;
  size_t items;
};

static int open_empty(struct rebuilt *r, struct sim_host *h)
{
  struct topo_migration steps[TOPO_DAG_MIGRATIONS];
  sim_rng_fork(&h->world->rng, &r->rng);
  r->dag_rng = sim_rng_port(&r->rng);
  r->disk = sim_disk_create(NULL);
  r->port = sim_disk_port(r->disk);
  struct topo_db_options o = {.path = "rebuilt.db",
                              .disk = &r->port,
                              .application_id = TOPO_NODE_APPLICATION_ID,
                              .cache_kib = 2048};
  for (size_t i = 0; i < TOPO_DAG_MIGRATIONS; i++)
    steps[i] = *topo_dag_migrations[i];
  int status = topo_db_open(&r->db, &o);
  if (status == 0)
    status = topo_db_migrate(r->db, steps, TOPO_DAG_MIGRATIONS);
  /* The same self: the wraps that opened there open here. */
  if (status == 0)
    status = topo_dag_open(&r->dag, r->db, topo_types, &r->dag_rng, topo_node_self(h->node));
  return status;
}

static int apply(struct rebuilt *r, const struct topo_bytes *events, size_t n)
{
  struct topo_sink sink = {ignore_item, ignore_want, ignore_rejected, &r->items};
  struct topo_batch *batch = topo_batch_create(topo_dag_context(r->dag), topo_dag_keyring(r->dag));
  struct topo_buf raw = {0};
  topo_assert(batch);
  for (size_t i = 0; i < n; i++) {
    topo_buf_put_u32(&raw, (uint32_t)events[i].len);
    topo_buf_put(&raw, events[i].data, events[i].len);
  }
  int status = topo_batch_add(batch, raw.data, raw.len);
  topo_buf_finish(&raw);
  topo_batch_check(batch);
  if (status == 0)
    status = topo_db_begin(r->db, false);
  if (status == 0)
    status = topo_dag_apply(r->dag, batch, 0, &sink);
  if (status == 0)
    status = topo_db_commit(r->db);
  topo_batch_destroy(batch);
  return status;
}

static int apply_all(struct rebuilt *r, const struct sim_log *log)
{
  struct topo_bytes *order = calloc(log->n + 1, sizeof *order);
  topo_assert(order);
  int status = 0;
  for (size_t i = 0; i < log->n; i++) { /* Fisher and Yates, inside out */
    size_t j = (size_t)sim_rng_below(&r->rng, i + 1);
    order[i] = order[j];
    order[j] = log->events[i];
  }
  for (size_t at = 0; at < log->n && status == 0;) {
    size_t n = 1 + (size_t)sim_rng_below(&r->rng, BATCH_MOST);
    if (n > log->n - at)
      n = log->n - at;
    status = apply(r, order + at, n);
    at += n;
  }
  free(order);
  return status;
}

void sim_check_rebuild(struct sim_host *h, const struct sim_log *log)
{
  struct rebuilt r = {.items = 0};
  struct topo_id here, there;
  int status = open_empty(&r, h);
  if (status == 0)
    status = apply_all(&r, log);
  if (status == 0)
    status = topo_dag_fingerprint(r.db, topo_types, &there);
  if (status == 0)
    status = topo_dag_fingerprint(topo_node_db(h->node), topo_types, &here);
  if (status < 0)
    sim_fail(h->world, "rebuilding host %u: %s", h->index, topo_status_name(status));
  else if (!topo_id_equal(&here, &there))
    sim_fail(h->world, "host %u, rebuilt from its log, has another fingerprint", h->index);
  else if (r.items != log->n || topo_dag_pending(r.dag))
    sim_fail(h->world, "host %u, rebuilt from its log, has %zu items of %zu events", h->index,
             r.items, log->n);
  topo_dag_close(r.dag);
  topo_db_close(r.db);
  sim_disk_destroy(r.disk);
}
