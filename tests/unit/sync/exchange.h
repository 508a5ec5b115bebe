/*
 * exchange.h - two sets and a whole reconciliation between them, for the tests of this folder.
 */
#ifndef TOPO_TESTS_UNIT_SYNC_EXCHANGE_H
#define TOPO_TESTS_UNIT_SYNC_EXCHANGE_H

#include "sync/memset.h"
#include "sync/negentropy.h"

/* splitmix64: the tests' only randomness, always seeded. */
uint64_t draw(uint64_t *state);
uint64_t draw_below(uint64_t *state, uint64_t n);
void draw_id(uint64_t *state, struct topo_id *id);

/* A list of ids, in the order they were reported. */
struct ids {
  struct topo_id *ids;
  size_t n, cap;
};
void ids_add(struct ids *list, const struct topo_id *id);
/* Sorts by id; equal ids stay. */
void ids_sort(struct ids *list);
void ids_finish(struct ids *list);

/* Both sides of one reconciliation; 0 is the initiator. */
struct exchange {
  struct topo_memset *sets[2];
  struct topo_itemset items[2];
  struct topo_negentropy ne[2];
  struct ids have, need;                   /* what the initiator reported */
  struct ids expected_have, expected_need; /* what it should, sorted */
  size_t rounds, longest; /* messages of the initiator; bytes of the longest message */
};

struct exchange_options {
  size_t message_limit[2];
  unsigned buckets[2];
};

/* Two empty sets. */
void exchange_init(struct exchange *x);
void exchange_finish(struct exchange *x);
/* Adds an item to the initiator's set (`in[0]`), the responder's (`in[1]`) or both, and notes what
 * should be found. Ids given to one side only must be different from all others. */
void exchange_add(struct exchange *x, const struct topo_item *item, bool left, bool right);
/* Reconciles up to the end, asserting that every step succeeds and that there is an end. */
void exchange_run(struct exchange *x, const struct exchange_options *options);
/* Asserts that just the differences were reported, each once unless a frame was limited. */
void exchange_check(struct exchange *x);

extern const struct topo_negentropy_sink exchange_ignore; /* a sink that drops everything */

#endif
