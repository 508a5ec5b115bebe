/*
 * sign.h - Ed25519 (RFC 8032) over the concatenation of parts.
 *
 * Which signatures are accepted is part of the protocol (docs/protocol.md §1): R and A are
 * canonical encodings of points of order exactly L, S < L, and S·B = R + H(R ‖ A ‖ M)·A. All of it
 * is checked here, whatever the installed libsodium accepts. tests/unit/crypto freezes it with
 * vectors.
 */
#ifndef TOPO_CRYPTO_SIGN_H
#define TOPO_CRYPTO_SIGN_H

#include "base/bytes.h"

/* Up to this size, several parts are gathered on the stack to be verified. */
enum { TOPO_VERIFY_STACK = 2048 };

/* A signing key: the 32-byte seed and the public key it gives. Wipe with topo_wipe. */
struct topo_sign_key {
  uint8_t seed[32];
  struct topo_id public_key;
};

void topo_sign_key_from_seed(struct topo_sign_key *key, const uint8_t seed[static 32]);
/* Deterministic (RFC 8032). At most 8 parts, of any size: needs no memory, cannot fail. */
void topo_sign(uint8_t sig[static TOPO_SIG_SIZE], const struct topo_sign_key *key,
               const struct topo_bytes *parts, size_t n);
/* At most 8 parts. 0 or TOPO_ESIGNATURE, a function of the bytes alone. TOPO_ENOMEM, which says
 * nothing about the signature, only where two or more non-empty parts make more than
 * TOPO_VERIFY_STACK bytes: a message that lies in one piece is verified where it lies. */
int topo_verify(const uint8_t sig[static TOPO_SIG_SIZE], const struct topo_id *public_key,
                const struct topo_bytes *parts, size_t n);
/* As topo_verify, in about a third of the time, because it does not check that the key has order L.
 * The caller knows that it has: topo_verify has accepted something under the same key, or will have
 * before the answer counts. */
int topo_verify_known(const uint8_t sig[static TOPO_SIG_SIZE], const struct topo_id *public_key,
                      const struct topo_bytes *parts, size_t n);

#endif
