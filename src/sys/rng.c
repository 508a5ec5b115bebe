/*
 * rng.c - getrandom(2). It blocks only before the system has gathered its first seed.
 */
#include "sys/rng.h"

#include "base/assert.h"

#include <errno.h>
#include <sys/random.h>

static void fill(void *ctx, void *out, size_t len)
{
  unsigned char *at = out;
  (void)ctx;
  while (len > 0) {
    ssize_t n = getrandom(at, len, 0);
    /* Keys made without randomness would be worse than none, so the program ends. */
    topo_assert(n > 0 || (n < 0 && errno == EINTR));
    if (n > 0) {
      at += n;
      len -= (size_t)n;
    }
  }
}

static const struct topo_rng_ops ops = {.fill = fill};

struct topo_rng topo_rng_os(void)
{
  return (struct topo_rng){.ops = &ops, .ctx = NULL};
}
