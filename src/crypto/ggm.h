/*
 * ggm.h - message keys as leaves of a GGM tree (Goldreich, Goldwasser, Micali 1986), the
 * puncturable PRF of the epoch (docs/protocol.md §2.2).
 *
 * The tree has depth 84: the path to a leaf is the 64 bits of a chain's prefix, most significant
 * first, then the 20 bits of the sequence number. child(node, b) = KDF(node, b ? "ggm1" : "ggm0",
 * nothing). Walking is iterative; neighbours share the cached path, so consecutive leaves of one
 * chain cost two hashes on average.
 */
#ifndef TOPO_CRYPTO_GGM_H
#define TOPO_CRYPTO_GGM_H

#include "base/bytes.h"

enum { TOPO_GGM_PREFIX_BITS = 64, TOPO_GGM_SEQ_BITS = 20, TOPO_GGM_DEPTH = 84 };
#define TOPO_GGM_SEQ_LIMIT (UINT32_C(1) << TOPO_GGM_SEQ_BITS)

/* The nodes of the path that was walked last, from which a neighbouring leaf is reached in a few
 * steps. Zero-initialised it is empty. It holds secrets: the owner wipes it with topo_wipe. */
struct topo_ggm_path {
  uint8_t nodes[TOPO_GGM_DEPTH + 1][32];
  uint64_t prefix;
  uint32_t seq;
  bool valid;
};

/* Writes the key of the leaf (prefix, seq) under `root`; seq < TOPO_GGM_SEQ_LIMIT (asserted).
 * `path` may be NULL; a path must always be used with the same root. */
void topo_ggm_leaf(uint8_t leaf[static 32], const uint8_t root[static 32], uint64_t prefix,
                   uint32_t seq, struct topo_ggm_path *path);

#endif
