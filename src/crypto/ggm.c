/* ggm.c - walking from the root, or from where the last path still agrees. */
#include "crypto/ggm.h"

#include "base/assert.h"
#include "crypto/hash.h"

#include <sodium.h>
#include <string.h>

static void step(uint8_t child[static 32], const uint8_t node[static 32], uint64_t prefix,
                 uint32_t seq, int depth)
{
  bool right;
  if (depth < TOPO_GGM_PREFIX_BITS)
    right = prefix >> (TOPO_GGM_PREFIX_BITS - 1 - depth) & 1;
  else
    right = seq >> (TOPO_GGM_DEPTH - 1 - depth) & 1;
  topo_kdf(child, node, right ? "ggm1" : "ggm0", NULL, 0);
}

/* How many levels from the root the cached path shares with the one to (prefix, seq). */
static int shared_depth(const struct topo_ggm_path *path, uint64_t prefix, uint32_t seq)
{
  if (!path->valid)
    return 0;
  if (path->prefix != prefix)
    return __builtin_clzll(path->prefix ^ prefix);
  if (path->seq != seq)
    return TOPO_GGM_PREFIX_BITS + __builtin_clz(path->seq ^ seq) - (32 - TOPO_GGM_SEQ_BITS);
  return TOPO_GGM_DEPTH;
}

static void walk_uncached(uint8_t leaf[static 32], const uint8_t root[static 32], uint64_t prefix,
                          uint32_t seq)
{
  uint8_t node[32];
  memcpy(node, root, sizeof node);
  for (int depth = 0; depth < TOPO_GGM_DEPTH; depth++)
    step(node, node, prefix, seq, depth);
  memcpy(leaf, node, sizeof node);
  topo_wipe(node, sizeof node);
}

void topo_ggm_leaf(uint8_t leaf[static 32], const uint8_t root[static 32], uint64_t prefix,
                   uint32_t seq, struct topo_ggm_path *path)
{
  topo_assert(seq < TOPO_GGM_SEQ_LIMIT);
  if (!path) {
    walk_uncached(leaf, root, prefix, seq);
    return;
  }
  if (path->valid)
    topo_assert(sodium_memcmp(path->nodes[0], root, 32) == 0);
  else
    memcpy(path->nodes[0], root, 32);
  for (int depth = shared_depth(path, prefix, seq); depth < TOPO_GGM_DEPTH; depth++)
    step(path->nodes[depth + 1], path->nodes[depth], prefix, seq, depth);
  path->prefix = prefix;
  path->seq = seq;
  path->valid = true;
  memcpy(leaf, path->nodes[TOPO_GGM_DEPTH], 32);
}
