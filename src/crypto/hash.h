/*
 * hash.h - BLAKE2b-256 (RFC 7693), plain and keyed, the key derivation built from it, and a short
 * hash for tables in memory.
 */
#ifndef TOPO_CRYPTO_HASH_H
#define TOPO_CRYPTO_HASH_H

#include "base/bytes.h"

enum { TOPO_HASH_SIZE = 32 };

/* BLAKE2b-256 of the concatenation of `n` parts. */
void topo_hash(uint8_t out[static TOPO_HASH_SIZE], const struct topo_bytes *parts, size_t n);
/* The same, keyed with 32 bytes. */
void topo_hash_keyed(uint8_t out[static TOPO_HASH_SIZE], const uint8_t key[static 32],
                     const struct topo_bytes *parts, size_t n);
/* KDF: keyed BLAKE2b-256 of u8(strlen(label)) ‖ label ‖ data. A label has at most 64
 * bytes of ASCII. `out` may be `key`. */
void topo_kdf(uint8_t out[static 32], const uint8_t key[static 32], const char *label,
              const void *data, size_t len);
/* SHA-256 (FIPS 180-4), for what others have specified with it: the fingerprints of negentropy
 * (sync/sum.c). */
void topo_sha256(uint8_t out[static TOPO_HASH_SIZE], struct topo_bytes data);

/* SipHash-2-4: 64 bits for hash tables in memory whose keys strangers choose. It is too short to
 * authenticate or to name anything. */
uint64_t topo_hash_short(const uint8_t key[static 16], const void *data, size_t len);

/* Returns whether two secrets, or two tags of secrets, of `len` bytes are equal. The time it takes
 * does not depend on where they differ. */
bool topo_equal_secret(const void *a, const void *b, size_t len);

#endif
