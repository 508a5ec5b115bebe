/* compare.h - does a space show what the oracle says? And how a set of events is put into one. */
#ifndef TOPO_TESTS_DAG_COMPARE_H
#define TOPO_TESTS_DAG_COMPARE_H

#include "lib/space.h"
#include "model/gen.h"
#include "model/oracle.h"

/* Fails the test, naming `seed`, unless items, verdicts, credentials, trust (of the n devices) and
 * projected state are those of the oracle. */
void compare_with_oracle(struct space *space, const struct oracle_result *oracle, uint64_t seed,
                         const struct topo_id *devices, size_t n);

/* How a set of events comes. */
struct arrival {
  const struct topo_bytes *events;
  size_t n;
  const uint8_t (*secrets)[32];
  size_t n_secrets;
  const struct oracle_result *oracle; /* finds wanted events by their id */
  unsigned batch_max;                 /* 1 … 64 */
  bool late_keys;                     /* keys come after the last event, not with their epoch */
  bool late_answers;                  /* what is wanted comes after the last event */
};

/* Gives the events in the order given, in batches of random size, answers what the space wants, and
 * ends when it wants nothing more that there is. */
void arrive(struct space *space, const struct arrival *a, struct gen_rng *rng);

/* Judges the events as a whole. */
struct oracle_result *judge(const struct topo_id *workspace, const struct topo_bytes *events,
                            size_t n, const uint8_t (*secrets)[32], size_t n_secrets);

/* A space of somebody who is not in the set. */
struct space *stranger(const struct topo_id *workspace);

#endif
