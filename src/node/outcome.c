/* outcome.c - what the events of a step came to; see outcome.h. */
#include "node/outcome.h"

#include "base/assert.h"
#include "base/status.h"

#include <stdlib.h>
#include <string.h>

static int by_id(const void *a, const void *b)
{
  return topo_id_compare(&((const struct topo_outcome_item *)a)->id,
                         &((const struct topo_outcome_item *)b)->id);
}

static uint64_t origin_of(const struct topo_outcome *outcome, const struct topo_id *id)
{
  struct topo_outcome_item key = {*id, 0};
  if (!outcome->origins.len)
    return 0;
  topo_assert(outcome->origins_sorted);
  const struct topo_outcome_item *found =
      bsearch(&key, outcome->origins.data, outcome->origins.len / sizeof key, sizeof key, by_id);
  return found ? found->origin : 0;
}

static void on_item(void *ctx, const struct topo_id *set, uint64_t hlc, const struct topo_id *id)
{
  struct topo_outcome *outcome = ctx;
  struct topo_outcome_item item = {*id, origin_of(outcome, id)};
  topo_assert(outcome->transaction->state != TOPO_TRANSACTION_NONE);
  int status = topo_sets_add(outcome->sets, set, hlc, id);
  if (status == 0)
    status = topo_buf_put(&outcome->items, &item, sizeof item);
  topo_transaction_fail(outcome->transaction, status);
}

static void on_want(void *ctx, const struct topo_id *id)
{
  struct topo_outcome *outcome = ctx;
  /* Memory may be out: a want that is lost is found again by the next round. */
  topo_buf_put_id(&outcome->wants, id);
}

static void on_rejected(void *ctx, const struct topo_id *id, int status)
{
  struct topo_outcome *outcome = ctx;
  (void)id;
  topo_assert(status < 0);
  outcome->rejected++;
  outcome->last_rejection = status;
}

void topo_outcome_init(struct topo_outcome *outcome, struct topo_transaction *t,
                       struct topo_sets *sets)
{
  *outcome = (struct topo_outcome){
      .transaction = t, .sets = sets, .sink = {on_item, on_want, on_rejected, outcome}};
}

void topo_outcome_finish(struct topo_outcome *outcome)
{
  topo_buf_finish(&outcome->items);
  topo_buf_finish(&outcome->wants);
  topo_buf_finish(&outcome->origins);
}

const struct topo_sink *topo_outcome_sink(struct topo_outcome *outcome)
{
  topo_assert(outcome->transaction->state == TOPO_TRANSACTION_OPEN);
  return &outcome->sink;
}

void topo_outcome_clear(struct topo_outcome *outcome)
{
  topo_buf_clear(&outcome->items);
  topo_buf_clear(&outcome->wants);
}

size_t topo_outcome_count(const struct topo_outcome *outcome)
{
  topo_assert(outcome->items.len % sizeof(struct topo_outcome_item) == 0);
  return outcome->items.len / sizeof(struct topo_outcome_item);
}

struct topo_outcome_item topo_outcome_at(const struct topo_outcome *outcome, size_t i)
{
  struct topo_outcome_item item;
  topo_assert(i < topo_outcome_count(outcome));
  memcpy(&item, outcome->items.data + i * sizeof item, sizeof item);
  return item;
}

int topo_outcome_add_origin(struct topo_outcome *outcome, const struct topo_id *id, uint64_t conn)
{
  struct topo_outcome_item origin = {*id, conn};
  topo_assert(conn != 0); /* 0 says that no connection brought it */
  topo_assert(!outcome->origins_sorted);
  return topo_buf_put(&outcome->origins, &origin, sizeof origin);
}

void topo_outcome_sort_origins(struct topo_outcome *outcome)
{
  size_t n = outcome->origins.len / sizeof(struct topo_outcome_item);
  if (n > 0)
    qsort(outcome->origins.data, n, sizeof(struct topo_outcome_item), by_id);
  outcome->origins_sorted = true;
}

void topo_outcome_clear_origins(struct topo_outcome *outcome)
{
  topo_buf_clear(&outcome->origins);
  outcome->origins_sorted = false;
}
