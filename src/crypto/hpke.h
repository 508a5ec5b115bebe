/*
 * hpke.h - HPKE base mode, single shot (RFC 9180): DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
 * ChaCha20Poly1305. Ciphersuite 0x0020, 0x0001, 0x0003.
 */
#ifndef TOPO_CRYPTO_HPKE_H
#define TOPO_CRYPTO_HPKE_H

#include "base/bytes.h"

enum { TOPO_HPKE_ENC_SIZE = 32, TOPO_HPKE_TAG_SIZE = 16, TOPO_HPKE_OVERHEAD = 48 };

/* The public key of an X25519 secret. */
void topo_x25519_public(uint8_t pk[static 32], const uint8_t sk[static 32]);
/* True when something can be sealed to this key: it is not of small order. All zero bytes are. */
bool topo_x25519_is_usable(const uint8_t pk[static 32]);
/* DeriveKeyPair of RFC 9180 §7.1.3 (X25519) from ≥ 32 bytes of keying material. */
void topo_hpke_derive_key(uint8_t sk[static 32], uint8_t pk[static 32], const uint8_t *ikm,
                          size_t ikm_len);
/* Seals to `recipient`. `ikm_e` is 32 fresh random bytes from which the ephemeral key is derived
 * (wiped by the caller). Writes enc (32) ‖ ciphertext ‖ tag: plain_len + TOPO_HPKE_OVERHEAD bytes.
 * 0, or TOPO_EINVAL when the recipient's key is of small order. */
int topo_hpke_seal(uint8_t *out, const uint8_t recipient[static 32], const uint8_t ikm_e[static 32],
                   struct topo_bytes info, struct topo_bytes aad, struct topo_bytes plain);
/* Opens what topo_hpke_seal wrote; `out` has room for len - TOPO_HPKE_OVERHEAD bytes. Returns 0, or
 * TOPO_EUNSEAL when the text is too short or was not sealed to this key. */
int topo_hpke_open(uint8_t *out, const uint8_t sk[static 32], struct topo_bytes info,
                   struct topo_bytes aad, const uint8_t *sealed, size_t len);

#endif
