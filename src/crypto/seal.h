/*
 * seal.h - sealing a content event's body under a message key (docs/protocol.md §2.2).
 *
 *   mac_key = KDF(leaf, "siv"), enc_key = KDF(leaf, "enc")
 *   siv     = BLAKE2b-256 keyed with mac_key over u64(len(aad)) ‖ aad ‖ plain
 *   sealed  = siv (32) ‖ XChaCha20-Poly1305-IETF(enc_key, nonce = siv[0..24), ad = none, plain)
 *
 * The siv commits to key, header and text: it is recomputed on opening, so no ciphertext has two
 * readings, and a nonce repeats only when header and text do.
 */
#ifndef TOPO_CRYPTO_SEAL_H
#define TOPO_CRYPTO_SEAL_H

#include "base/bytes.h"

enum { TOPO_SEAL_SIV_SIZE = 32, TOPO_SEAL_OVERHEAD = 48 };

/* Writes plain.len + TOPO_SEAL_OVERHEAD bytes to `out`. aad is given in parts (at most 6), hashed
 * as their concatenation. */
void topo_seal(uint8_t *out, const uint8_t leaf[static 32], const struct topo_bytes *aad,
               size_t n_aad, struct topo_bytes plain);
/* Opens what topo_seal wrote; `out` has room for len - TOPO_SEAL_OVERHEAD bytes, which are wiped on
 * failure. Returns 0, or TOPO_EUNSEAL when it is too short or not sealed so. */
int topo_unseal(uint8_t *out, const uint8_t leaf[static 32], const struct topo_bytes *aad,
                size_t n_aad, const uint8_t *sealed, size_t len);

#endif
