/* plant.c - faults put in on purpose: what the checkers must find. */
#include "sim/sim.h"

#include "base/assert.h"
#include "node/parts.h"

#include <stdlib.h>
#include <string.h>

static const char database[] = "space.db", wal[] = "space.db-wal";

static struct topo_bytes copy_of(struct sim_host *h, const char *path)
{
  size_t len;
  const uint8_t *now = sim_disk_peek(h->disk, path, &len);
  uint8_t *copy = malloc(len + 1);
  topo_assert(copy);
  if (len)
    memcpy(copy, now, len);
  return (struct topo_bytes){copy, len};
}

static void keep_copy(struct sim_host *h)
{
  free((void *)(uintptr_t)h->kept.data);
  free((void *)(uintptr_t)h->kept_wal.data);
  h->kept = copy_of(h, database);
  h->kept_wal = copy_of(h, wal);
}

static void bring_back(struct sim_host *h)
{
  if (!h->kept.data)
    return;
  sim_disk_plant(h->disk, database, h->kept.data, h->kept.len);
  sim_disk_plant(h->disk, wal, h->kept_wal.data, h->kept_wal.len);
  h->world->planted++;
}

/* Whether a fault is put in at this step: not always, and not before the host has lived a little.
 */
static bool strikes(struct sim_host *h, double chance)
{
  struct sim_world *w = h->world;
  return h->node && topo_node_status(h->node).member && !w->healing &&
         sim_rng_chance(&w->rng, chance);
}

static void run_sql(struct sim_host *h, struct topo_stmt *s)
{
  if (topo_execute(s) == 0)
    h->world->planted++;
}

/* While the last upgrade judges again, items whose old verdict is another one than accepted look as
 * if they were none. */
static void hide_unaccepted(struct sim_host *h)
{
  struct topo_db *db = topo_node_db(h->node);
  bool rebuilding = topo_node_status(h->node).rebuild.rebuilding;
  if (rebuilding && !h->hidden && h->world->healing)
    run_sql(h, topo_stmt(db, "UPDATE event SET state=state-8 WHERE state BETWEEN 2 AND 4"
                             " AND set_no<>0 AND judged<>(SELECT max(judged) FROM event)"));
  if (!rebuilding && h->hidden)
    run_sql(h, topo_stmt(db, "UPDATE event SET state=state+8 WHERE state<0"));
  h->hidden = rebuilding && h->world->healing;
}

void sim_plant_before_step(struct sim_host *h)
{
  switch (h->world->plant) {
  case SIM_PLANT_ONLY_ACCEPTED: hide_unaccepted(h); break;
  case SIM_PLANT_SENT_NOT_KEPT: keep_copy(h); break;
  case SIM_PLANT_OLD_DATABASE:
    if (!h->kept.data || sim_rng_chance(&h->world->rng, 0.01))
      keep_copy(h);
    break;
  default: break;
  }
}

/* The set is made anew without one of its items. */
static void forget_item(struct sim_host *h)
{
  struct topo_node_set *set = &h->node->sets.sets[sim_rng_below(&h->world->rng, h->node->sets.n)];
  if (set->count == 1) /* one that is empty is in no page */
    set = &h->node->sets.sets[h->node->sets.early[TOPO_SET_CONTROL] - 1];
  struct topo_memset *less = topo_memset_create();
  struct topo_item *items = calloc(set->count + 1, sizeof *items);
  topo_assert(less && items);
  struct topo_itemset view = topo_memset_itemset(less);
  size_t out = (size_t)sim_rng_below(&h->world->rng, set->count);
  topo_assert(topo_itemset_read(&set->view, 0, items, (size_t)set->count) == 0);
  set->hash = (struct topo_lthash){{0}};
  for (size_t i = 0; i < set->count; i++)
    if (i != out) {
      topo_itemset_insert(&view, &items[i]);
      topo_lthash_add(&set->hash, &items[i].id);
    }
  topo_memset_destroy(set->items);
  set->items = less;
  set->view = view;
  set->count--;
  set->stale = true;
  h->node->sets.total--;
  if (topo_set_rank(&set->id) == TOPO_SET_EPOCH)
    topo_settree_touch(&h->node->sets.epochs, &set->id);
  free(items);
}

void sim_plant_after_step(struct sim_host *h)
{
  struct sim_world *w = h->world;
  if (w->plant == SIM_PLANT_SENT_NOT_KEPT && strikes(h, 0.005))
    sim_host_crash(h, SIM_KILL, 100); /* sim_plant_crashed brings the copy back */
}

void sim_plant_crashed(struct sim_host *h)
{
  struct sim_world *w = h->world;
  if (w->plant == SIM_PLANT_SENT_NOT_KEPT || (w->plant == SIM_PLANT_OLD_DATABASE && !w->healing))
    bring_back(h);
}

void sim_plant_work(struct sim_host *h, struct topo_work *work)
{
  if (h->world->plant != SIM_PLANT_LOST_BATCH || h->index != 1)
    return;
  for (size_t i = 0; i < work->batch->n; i++)
    work->batch->events[i].duplicate = true; /* taken, and passed over */
  h->world->planted++;
}

bool sim_plant_healed(struct sim_world *w)
{
  struct sim_host *h = &w->hosts[sim_rng_below(&w->rng, w->n_hosts)];
  struct topo_db *db = topo_node_db(h->node);
  switch (w->plant) {
  case SIM_PLANT_FORGOTTEN_ITEM:
    forget_item(h);
    w->planted++;
    break;
  case SIM_PLANT_LOST_ROW:
    run_sql(h, topo_stmt(db, "DELETE FROM reaction WHERE no=(SELECT max(no) FROM reaction)"));
    break;
  case SIM_PLANT_CHANGED_STATE:
    run_sql(h, topo_stmt(db, "UPDATE event SET state=2 WHERE no="
                             "(SELECT max(no) FROM event WHERE state=5 AND set_no<>0)"));
    break;
  case SIM_PLANT_WRONG_TIME:
    run_sql(h, topo_stmt(db, "UPDATE event SET hlc=hlc+65536 WHERE no="
                             "(SELECT max(no) FROM event WHERE state=5 AND set_no<>0)"));
    break;
  case SIM_PLANT_LOST_ADMISSION: /* what is in memory still knows; the next start does not */
    run_sql(h, topo_stmt(db, "DELETE FROM local_admitted WHERE no="
                             "(SELECT max(no) FROM event WHERE state=5 AND type=5)"));
    sim_host_crash(h, SIM_KILL, 0);
    return true;
  default: break;
  }
  return false;
}

enum sim_conn_fault sim_plant_conn(struct sim_world *w)
{
  enum sim_conn_fault fault = SIM_CONN_HONEST;
  switch (w->plant) {
  case SIM_PLANT_SWAPPED_BYTES: fault = SIM_CONN_SWAPS; break;
  case SIM_PLANT_FLIPPED_BIT: fault = SIM_CONN_FLIPS; break;
  case SIM_PLANT_SWALLOWED_WANTS: fault = SIM_CONN_SWALLOWS; break;
  default: break;
  }
  w->planted += fault != SIM_CONN_HONEST;
  return fault;
}
