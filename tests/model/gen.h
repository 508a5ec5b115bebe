/*
 * gen.h - random sets of events from a seed: a handful of devices that follow the protocol most of
 * the time and break it in every way the specification speaks of the rest of it.
 */
#ifndef TOPO_TESTS_MODEL_GEN_H
#define TOPO_TESTS_MODEL_GEN_H

#include "base/bytes.h"
#include "crypto/sign.h"

/* splitmix64 (Steele, Lea, Flood 2014): a number generator that is its seed. */
struct gen_rng {
  uint64_t state;
};
uint64_t gen_next(struct gen_rng *rng);
/* A number below n; n > 0. */
size_t gen_below(struct gen_rng *rng, size_t n);
bool gen_chance(struct gen_rng *rng, unsigned percent);
/* A random order of n things. */
void gen_shuffle(struct gen_rng *rng, struct topo_bytes *things, size_t n);

enum { GEN_DEVICES = 8, GEN_EVENTS_MAX = 96 };

struct gen_set {
  struct topo_id workspace;
  struct topo_bytes events[GEN_EVENTS_MAX]; /* owned, as made: ancestors first */
  size_t n_events;
  uint8_t secrets[GEN_EVENTS_MAX][32]; /* those that are known; most, not all */
  size_t n_secrets;
  struct topo_id devices[GEN_DEVICES]; /* 0 is the genesis key, 1 the creator's device */
};

/* The same seed and size give the same set. About n events; n ≤ 80. */
struct gen_set *gen_create(uint64_t seed, size_t n);
void gen_destroy(struct gen_set *set);

#endif
