/*
 * rng.h - the port to randomness. The daemon's is the operating system's, the simulator's is
 * seeded.
 */
#ifndef TOPO_PORT_RNG_H
#define TOPO_PORT_RNG_H

#include <stddef.h>
#include <stdint.h>

struct topo_rng_ops {
  void (*fill)(void *ctx, void *out, size_t len); /* cannot fail: aborts when it must */
};

struct topo_rng {
  const struct topo_rng_ops *ops;
  void *ctx;
};

static inline void topo_rng_fill(const struct topo_rng *rng, void *out, size_t len)
{
  rng->ops->fill(rng->ctx, out, len);
}

/* 64 uniformly random bits. */
static inline uint64_t topo_rng_u64(const struct topo_rng *rng)
{
  uint64_t v;
  topo_rng_fill(rng, &v, sizeof v);
  return v;
}

#endif
