/* sign.c - Ed25519 over parts: signing streams, verifying gathers. */
#include "crypto/sign.h"

#include "base/assert.h"
#include "base/status.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS_LIMIT = 8, DEAD_STACK = 4096 };

void topo_sign_key_from_seed(struct topo_sign_key *key, const uint8_t seed[static 32])
{
  uint8_t secret[crypto_sign_SECRETKEYBYTES];
  crypto_sign_seed_keypair(key->public_key.bytes, secret, seed);
  memcpy(key->seed, secret, sizeof key->seed);
  topo_wipe(secret, sizeof secret);
}

/* The message as one piece of memory when it already is one: the only part that is not empty. */
static bool in_one_piece(struct topo_bytes *message, const struct topo_bytes *parts, size_t n)
{
  *message = (struct topo_bytes){NULL, 0};
  for (size_t i = 0; i < n; i++) {
    if (!parts[i].len)
      continue;
    if (message->len)
      return false;
    *message = parts[i];
  }
  return true;
}

static void hash_message(uint8_t scalar[static 32], crypto_hash_sha512_state *state,
                         const struct topo_bytes *parts, size_t n)
{
  uint8_t wide[crypto_hash_sha512_BYTES];
  for (size_t i = 0; i < n; i++)
    crypto_hash_sha512_update(state, parts[i].data, parts[i].len);
  crypto_hash_sha512_final(state, wide);
  crypto_core_ed25519_scalar_reduce(scalar, wide);
  topo_wipe(wide, sizeof wide);
  topo_wipe(state, sizeof *state);
}

/* RFC 8032 §5.1.6, step by step, because libsodium's own signing takes one piece of memory only and
 * signing must not fail for want of it: the message is hashed twice where it lies. */
static void sign_streamed(uint8_t sig[static TOPO_SIG_SIZE], const struct topo_sign_key *key,
                          const struct topo_bytes *parts, size_t n)
{
  crypto_hash_sha512_state state;
  uint8_t expanded[64], nonce[32], challenge[32];
  crypto_hash_sha512(expanded, key->seed, sizeof key->seed);
  expanded[0] &= 248;
  expanded[31] = (uint8_t)((expanded[31] & 127) | 64);

  crypto_hash_sha512_init(&state);
  crypto_hash_sha512_update(&state, expanded + 32, 32);
  hash_message(nonce, &state, parts, n);
  /* It reports a nonce of zero, which one hash in 2^252 gives and RFC 8032 signs all the same. */
  (void)crypto_scalarmult_ed25519_base_noclamp(sig, nonce);

  crypto_hash_sha512_init(&state);
  crypto_hash_sha512_update(&state, sig, 32);
  crypto_hash_sha512_update(&state, key->public_key.bytes, TOPO_ID_SIZE);
  hash_message(challenge, &state, parts, n);
  crypto_core_ed25519_scalar_mul(challenge, challenge, expanded);
  crypto_core_ed25519_scalar_add(sig + 32, challenge, nonce);

  topo_wipe(expanded, sizeof expanded);
  topo_wipe(nonce, sizeof nonce);
  topo_wipe(challenge, sizeof challenge);
  /* The library leaves copies of these in the frames that its scalar functions had. */
  sodium_stackzero(DEAD_STACK);
}

void topo_sign(uint8_t sig[static TOPO_SIG_SIZE], const struct topo_sign_key *key,
               const struct topo_bytes *parts, size_t n)
{
  topo_assert(n <= PARTS_LIMIT);
  struct topo_bytes message;
  if (!in_one_piece(&message, parts, n)) {
    sign_streamed(sig, key, parts, n);
    return;
  }
  uint8_t secret[crypto_sign_SECRETKEYBYTES];
  memcpy(secret, key->seed, 32);
  memcpy(secret + 32, key->public_key.bytes, TOPO_ID_SIZE);
  crypto_sign_detached(sig, NULL, message.data, message.len, secret);
  topo_wipe(secret, sizeof secret);
}

static int verify_one_piece(const uint8_t *sig, const struct topo_id *public_key,
                            struct topo_bytes message)
{
  int bad = crypto_sign_verify_detached(sig, message.data, message.len, public_key->bytes);
  return bad ? TOPO_ESIGNATURE : 0;
}

/* The concatenation of the parts in `into`, which has room for it. */
static struct topo_bytes gather(uint8_t *into, const struct topo_bytes *parts, size_t n)
{
  size_t len = 0;
  for (size_t i = 0; i < n; i++) {
    if (parts[i].len)
      memcpy(into + len, parts[i].data, parts[i].len);
    len += parts[i].len;
  }
  return (struct topo_bytes){into, len};
}

/* Verifying cannot stream as signing does: the acceptance set is that of libsodium's one function,
 * and its group operations, from which another could be built, accept fewer points. */
int topo_verify(const uint8_t sig[static TOPO_SIG_SIZE], const struct topo_id *public_key,
                const struct topo_bytes *parts, size_t n)
{
  topo_assert(n <= PARTS_LIMIT);
  struct topo_bytes message;
  if (in_one_piece(&message, parts, n))
    return verify_one_piece(sig, public_key, message);
  size_t len = 0;
  for (size_t i = 0; i < n; i++) {
    topo_assert(parts[i].len <= SIZE_MAX - len);
    len += parts[i].len;
  }
  if (len <= TOPO_VERIFY_STACK) {
    uint8_t stack[TOPO_VERIFY_STACK];
    return verify_one_piece(sig, public_key, gather(stack, parts, n));
  }
  uint8_t *heap = malloc(len);
  if (!heap)
    return TOPO_ENOMEM;
  int status = verify_one_piece(sig, public_key, gather(heap, parts, n));
  free(heap);
  return status;
}
