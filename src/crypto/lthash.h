/*
 * lthash.h - LtHash16-1024, a homomorphic hash of a set (Bellare and Micciancio 1997; Lewi, Kim,
 * Maykov, Weis 2019, "Securing Update Propagation with Homomorphic Hashing"), over the ids of an
 * item set (docs/protocol.md §6.2).
 *
 * The state is 1024 little-endian 16-bit words. An item adds the words of a 2048-byte stream:
 * ChaCha20 (RFC 8439, nonce 0, counter 0) keyed with BLAKE2b-256("topo/1 lthash" ‖ item). Addition
 * is modulo 2^16, so the order of items does not matter. The digest is BLAKE2b-256 of
 * the state.
 */
#ifndef TOPO_CRYPTO_LTHASH_H
#define TOPO_CRYPTO_LTHASH_H

#include "base/bytes.h"

enum { TOPO_LTHASH_WORDS = 1024, TOPO_LTHASH_SIZE = 2048 };

struct topo_lthash {
  uint16_t words[TOPO_LTHASH_WORDS];
};

/* Adds an item, which must not be in the set already: nothing here can tell. */
void topo_lthash_add(struct topo_lthash *h, const struct topo_id *item);
/* Takes an item out, which must be in the set: nothing here can tell. */
void topo_lthash_remove(struct topo_lthash *h, const struct topo_id *item);
/* Writes the digest of the set as it is now; the state stays. */
void topo_lthash_digest(const struct topo_lthash *h, struct topo_id *out);
/* The state as bytes for storage, and back: words of 16 bits, little-endian. */
void topo_lthash_store(const struct topo_lthash *h, uint8_t out[static TOPO_LTHASH_SIZE]);
void topo_lthash_load(struct topo_lthash *h, const uint8_t in[static TOPO_LTHASH_SIZE]);

#endif
