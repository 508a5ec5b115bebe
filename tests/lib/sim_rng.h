/*
 * sim_rng.h - the simulator's randomness: xoshiro256** seeded through splitmix64.
 *
 * The same seed gives the same stream on every machine, so a failing run is named by one number.
 * It is not for keys that matter.
 */
#ifndef TOPO_TESTS_SIM_RNG_H
#define TOPO_TESTS_SIM_RNG_H

#include "port/rng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_rng {
  uint64_t state[4];
};

/* Starts the stream of `seed`. Neighbouring seeds give unrelated streams. */
void sim_rng_init(struct sim_rng *rng, uint64_t seed);

/* Starts `child` on a stream of its own, drawn from `rng`: what one part of a simulation draws then
 * does not move the draws of another. */
void sim_rng_fork(struct sim_rng *rng, struct sim_rng *child);

/* 64 uniform bits. */
uint64_t sim_rng_u64(struct sim_rng *rng);

/* A uniform number below n; n > 0. */
uint64_t sim_rng_below(struct sim_rng *rng, uint64_t n);

/* True with probability p, 0 ≤ p ≤ 1; certain at 1, never at 0. */
bool sim_rng_chance(struct sim_rng *rng, double p);

/* Fills `out` with `len` random bytes. */
void sim_rng_fill(struct sim_rng *rng, void *out, size_t len);

/* The port over `rng`, which must outlive it. */
struct topo_rng sim_rng_port(struct sim_rng *rng);

#endif
