/*
 * outcome.h - what the events of a step came to: which entered an item set, which are wanted, which
 * were refused. It is the dag's sink within the step's transaction; others are told of it once the
 * commit is durable.
 */
#ifndef TOPO_NODE_OUTCOME_H
#define TOPO_NODE_OUTCOME_H

#include "node/sets.h"
#include "node/transaction.h"

/* An event that entered a set, and the number of the connection that brought it; 0: it was made
 * here, or waited here for something that came now. */
struct topo_outcome_item {
  struct topo_id id;
  uint64_t origin;
};

struct topo_outcome {
  struct topo_transaction *transaction;
  struct topo_sets *sets;
  struct topo_sink sink;
  struct topo_buf items;   /* struct topo_outcome_item */
  struct topo_buf wants;   /* struct topo_id */
  struct topo_buf origins; /* struct topo_outcome_item: of the batch that is being applied */
  bool origins_sorted;
  uint64_t rejected;
  int last_rejection;
};

void topo_outcome_init(struct topo_outcome *outcome, struct topo_transaction *t,
                       struct topo_sets *sets);
void topo_outcome_finish(struct topo_outcome *outcome);
/* The sink for what is written in the step's transaction, which must be open. */
const struct topo_sink *topo_outcome_sink(struct topo_outcome *outcome);
/* Forgets what entered a set and what is wanted: it has been told, or its transaction is lost. */
void topo_outcome_clear(struct topo_outcome *outcome);

/* How many events entered a set in this transaction, and one of them. */
size_t topo_outcome_count(const struct topo_outcome *outcome);
struct topo_outcome_item topo_outcome_at(const struct topo_outcome *outcome, size_t i);

/* Before a batch is applied: says which connection brought which event, for each of them, and then
 * that this was all. 0 or TOPO_ENOMEM. */
int topo_outcome_add_origin(struct topo_outcome *outcome, const struct topo_id *id, uint64_t conn);
void topo_outcome_sort_origins(struct topo_outcome *outcome);
/* The batch has been applied, or could not be. */
void topo_outcome_clear_origins(struct topo_outcome *outcome);

#endif
