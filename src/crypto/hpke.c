/*
 * hpke.c - RFC 9180 from libsodium's X25519, HMAC-SHA256 and ChaCha20-Poly1305.
 *
 * The functions carry the names of the RFC. Every HKDF output here is at most one block, so
 * HKDF-Expand is a single HMAC.
 */
#include "crypto/hpke.h"

#include "base/assert.h"
#include "base/status.h"

#include <sodium.h>
#include <string.h>

enum { HASH_SIZE = 32, NONCE_SIZE = 12, CONTEXT_SIZE = 1 + 2 * HASH_SIZE };

static const char version[] = "HPKE-v1";
static const uint8_t kem_suite[] = {'K', 'E', 'M', 0x00, 0x20};
static const uint8_t hpke_suite[] = {'H', 'P', 'K', 'E', 0x00, 0x20, 0x00, 0x01, 0x00, 0x03};

#define VIEW(array) ((struct topo_bytes){(array), sizeof(array)})
#define NOTHING     ((struct topo_bytes){NULL, 0})

static void hmac_put(crypto_auth_hmacsha256_state *state, struct topo_bytes bytes)
{
  crypto_auth_hmacsha256_update(state, bytes.data, bytes.len);
}

static void hmac_put_label(crypto_auth_hmacsha256_state *state, struct topo_bytes suite,
                           const char *label)
{
  hmac_put(state, (struct topo_bytes){(const uint8_t *)version, sizeof version - 1});
  hmac_put(state, suite);
  hmac_put(state, (struct topo_bytes){(const uint8_t *)label, strlen(label)});
}

/* An absent salt is HashLen zeroes in HKDF and the empty key in HPKE: to HMAC they are the same. */
static void labeled_extract(uint8_t prk[static HASH_SIZE], struct topo_bytes salt,
                            struct topo_bytes suite, const char *label, struct topo_bytes ikm)
{
  static const uint8_t no_salt[1];
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, salt.len ? salt.data : no_salt, salt.len);
  hmac_put_label(&state, suite, label);
  hmac_put(&state, ikm);
  crypto_auth_hmacsha256_final(&state, prk);
  topo_wipe(&state, sizeof state);
}

static void labeled_expand(uint8_t *out, uint8_t len, const uint8_t prk[static HASH_SIZE],
                           struct topo_bytes suite, const char *label, struct topo_bytes info)
{
  topo_assert(len <= HASH_SIZE);
  static const uint8_t first_block[] = {1};
  const uint8_t length[] = {0, len};
  uint8_t block[HASH_SIZE];
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, prk, HASH_SIZE);
  hmac_put(&state, VIEW(length));
  hmac_put_label(&state, suite, label);
  hmac_put(&state, info);
  hmac_put(&state, VIEW(first_block));
  crypto_auth_hmacsha256_final(&state, block);
  memcpy(out, block, len);
  topo_wipe(block, sizeof block);
  topo_wipe(&state, sizeof state);
}

void topo_x25519_public(uint8_t pk[static 32], const uint8_t sk[static 32])
{
  crypto_scalarmult_base(pk, sk);
}

bool topo_x25519_is_usable(const uint8_t pk[static 32])
{
  static const uint8_t any[32]; /* X25519 makes a multiple of 8 of it: small orders divide that */
  uint8_t dh[32];
  return crypto_scalarmult(dh, any, pk) == 0;
}

void topo_hpke_derive_key(uint8_t sk[static 32], uint8_t pk[static 32], const uint8_t *ikm,
                          size_t ikm_len)
{
  topo_assert(ikm_len >= 32);
  uint8_t prk[HASH_SIZE];
  labeled_extract(prk, NOTHING, VIEW(kem_suite), "dkp_prk", (struct topo_bytes){ikm, ikm_len});
  labeled_expand(sk, 32, prk, VIEW(kem_suite), "sk", NOTHING);
  topo_x25519_public(pk, sk);
  topo_wipe(prk, sizeof prk);
}

/* The KEM's shared secret from one side's secret key and the other's public key; `enc` and
 * `recipient` are the context that both sides know. False when the other's key has a small
 * order. */
static bool kem_shared_secret(uint8_t secret[static 32], const uint8_t sk[static 32],
                              const uint8_t peer[static 32], const uint8_t enc[static 32],
                              const uint8_t recipient[static 32])
{
  uint8_t dh[32], prk[HASH_SIZE], context[64];
  /* libsodium refuses the all-zero result, which is the check RFC 9180 §7.1.4 asks for. */
  bool usable = crypto_scalarmult(dh, sk, peer) == 0;
  memcpy(context, enc, 32);
  memcpy(context + 32, recipient, 32);
  if (usable) {
    labeled_extract(prk, NOTHING, VIEW(kem_suite), "eae_prk", VIEW(dh));
    labeled_expand(secret, 32, prk, VIEW(kem_suite), "shared_secret", VIEW(context));
  }
  topo_wipe(dh, sizeof dh);
  topo_wipe(prk, sizeof prk);
  return usable;
}

/* KeySchedule of mode_base, which has no pre-shared key. The first message's nonce is the base
 * nonce. */
static void key_schedule(uint8_t key[static 32], uint8_t nonce[static NONCE_SIZE],
                         const uint8_t shared[static 32], struct topo_bytes info)
{
  uint8_t context[CONTEXT_SIZE] = {0}, secret[HASH_SIZE];
  const struct topo_bytes salt = {shared, 32};
  labeled_extract(context + 1, NOTHING, VIEW(hpke_suite), "psk_id_hash", NOTHING);
  labeled_extract(context + 1 + HASH_SIZE, NOTHING, VIEW(hpke_suite), "info_hash", info);
  labeled_extract(secret, salt, VIEW(hpke_suite), "secret", NOTHING);
  labeled_expand(key, 32, secret, VIEW(hpke_suite), "key", VIEW(context));
  labeled_expand(nonce, NONCE_SIZE, secret, VIEW(hpke_suite), "base_nonce", VIEW(context));
  topo_wipe(secret, sizeof secret);
}

int topo_hpke_seal(uint8_t *out, const uint8_t recipient[static 32], const uint8_t ikm_e[static 32],
                   struct topo_bytes info, struct topo_bytes aad, struct topo_bytes plain)
{
  uint8_t sk_e[32], enc[TOPO_HPKE_ENC_SIZE], shared[32], key[32], nonce[NONCE_SIZE];
  topo_hpke_derive_key(sk_e, enc, ikm_e, 32);
  bool usable = kem_shared_secret(shared, sk_e, recipient, enc, recipient);
  if (usable) {
    key_schedule(key, nonce, shared, info);
    memcpy(out, enc, sizeof enc);
    crypto_aead_chacha20poly1305_ietf_encrypt(out + sizeof enc, NULL, plain.data, plain.len,
                                              aad.data, aad.len, NULL, nonce, key);
  }
  topo_wipe(sk_e, sizeof sk_e);
  topo_wipe(shared, sizeof shared);
  topo_wipe(key, sizeof key);
  return usable ? 0 : TOPO_EINVAL;
}

int topo_hpke_open(uint8_t *out, const uint8_t sk[static 32], struct topo_bytes info,
                   struct topo_bytes aad, const uint8_t *sealed, size_t len)
{
  if (len < TOPO_HPKE_OVERHEAD)
    return TOPO_EUNSEAL;
  uint8_t pk[32], shared[32], key[32], nonce[NONCE_SIZE];
  topo_x25519_public(pk, sk);
  bool opened = kem_shared_secret(shared, sk, sealed, sealed, pk);
  if (opened) {
    key_schedule(key, nonce, shared, info);
    opened = crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed + TOPO_HPKE_ENC_SIZE,
                                                       len - TOPO_HPKE_ENC_SIZE, aad.data, aad.len,
                                                       nonce, key) == 0;
  }
  topo_wipe(shared, sizeof shared);
  topo_wipe(key, sizeof key);
  if (opened)
    return 0;
  topo_wipe(out, len - TOPO_HPKE_OVERHEAD);
  return TOPO_EUNSEAL;
}
