/*
 * sim_rng.c - xoshiro256** (Blackman and Vigna, 2018). Bytes are taken from each word low end
 * first, so that the stream does not depend on the byte order of the machine.
 */
#include "lib/sim_rng.h"

#include "base/assert.h"

static uint64_t splitmix(uint64_t *state)
{
  uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static uint64_t rotate_left(uint64_t v, unsigned bits)
{
  return (v << bits) | (v >> (64 - bits));
}

void sim_rng_init(struct sim_rng *rng, uint64_t seed)
{
  for (size_t i = 0; i < 4; i++)
    rng->state[i] = splitmix(&seed);
}

void sim_rng_fork(struct sim_rng *rng, struct sim_rng *child)
{
  sim_rng_init(child, sim_rng_u64(rng));
}

uint64_t sim_rng_u64(struct sim_rng *rng)
{
  uint64_t *s = rng->state;
  uint64_t result = rotate_left(s[1] * 5, 7) * 9;
  uint64_t t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate_left(s[3], 45);
  return result;
}

uint64_t sim_rng_below(struct sim_rng *rng, uint64_t n)
{
  topo_assert(n > 0);
  /* Numbers under 2^64 mod n would make small results likelier: they are drawn again. */
  uint64_t reject = (0 - n) % n;
  uint64_t v;
  do
    v = sim_rng_u64(rng);
  while (v < reject);
  return v % n;
}

bool sim_rng_chance(struct sim_rng *rng, double p)
{
  topo_assert(p >= 0 && p <= 1);
  /* 53 bits are what a double holds exactly: the result is below 1, so p = 1 is certain. */
  return (double)(sim_rng_u64(rng) >> 11) * 0x1p-53 < p;
}

void sim_rng_fill(struct sim_rng *rng, void *out, size_t len)
{
  uint8_t *at = out;
  for (size_t i = 0; i < len;) {
    uint64_t v = sim_rng_u64(rng);
    for (int b = 0; b < 8 && i < len; b++, v >>= 8)
      at[i++] = (uint8_t)v;
  }
}

static void port_fill(void *ctx, void *out, size_t len)
{
  sim_rng_fill(ctx, out, len);
}

static const struct topo_rng_ops port_ops = {.fill = port_fill};

struct topo_rng sim_rng_port(struct sim_rng *rng)
{
  return (struct topo_rng){.ops = &port_ops, .ctx = rng};
}
