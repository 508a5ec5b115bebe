/*
 * sign.c - Ed25519 over parts: signing streams, verifying gathers.
 *
 * What is checked here, and not left to libsodium, is all in which releases differ: up to 1.0.22 it
 * compares R as bytes, later it accepts any R that is off by a point of small order; no release
 * refuses a key or an R with a small-order component for that alone; and its check of the main
 * subgroup let components of order 2 pass until 1.0.20.
 */
#include "crypto/sign.h"

#include "base/assert.h"
#include "base/status.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS_LIMIT = 8, DEAD_STACK = 4096, POINT = 32, SCALAR = 32 };

/* Numbers of 32 bytes, the least significant first: the prime p of the field, the prime L that is
 * the order of the base point. */
static const uint8_t field_prime[32] = {
    0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f};
static const uint8_t group_order[SCALAR] = {
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

/* The y of the points of order 1, 2, 4, 8 and 8. With either sign of x these are all the canonical
 * encodings of points of small order, and two more, of the first two, that are not canonical. */
static const uint8_t small_order[5][POINT] = {
    {1},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a}};
enum { SMALL_ORDER = sizeof small_order / sizeof small_order[0], SIGN_OF_X = 0x80 };

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
  /* The result is not looked at: it is an error only for a nonce of zero, which one hash in 2^252
   * gives and which RFC 8032 signs with all the same. */
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

/* The signature is public, so nothing here takes care to be constant in time. */
static bool less(const uint8_t a[static 32], const uint8_t b[static 32])
{
  for (size_t i = 32; i-- > 0;)
    if (a[i] != b[i])
      return a[i] < b[i];
  return false;
}

/* A canonical encoding, y < p, that is not of small order (which takes care of x = 0 with a sign).
 * It may still be of no point, or of one outside the main subgroup. */
static bool good_encoding(const uint8_t point[static POINT])
{
  uint8_t y[POINT];
  memcpy(y, point, sizeof y);
  y[POINT - 1] &= (uint8_t)~SIGN_OF_X;
  for (size_t i = 0; i < SMALL_ORDER; i++)
    if (memcmp(y, small_order[i], POINT) == 0)
      return false;
  return less(y, field_prime);
}

/* Whether a point with a good encoding has order L: (L - 1) P = -P. What the library checks by
 * itself on the way can only refuse, and refuses no point of order L. */
static bool in_main_subgroup(const uint8_t point[static POINT])
{
  uint8_t last[SCALAR], product[POINT];
  memcpy(last, group_order, sizeof last);
  last[0]--;
  if (crypto_scalarmult_ed25519_noclamp(product, last, point) != 0)
    return false;
  product[POINT - 1] ^= SIGN_OF_X;
  return memcmp(product, point, POINT) == 0;
}

/* A signature of nothing under the base point as key that satisfies the equation but for `torsion`,
 * a point of small order, in R. Key and nonce are the scalar 1, so S = 1 + k. */
static void sign_with_torsion(uint8_t sig[static TOPO_SIG_SIZE], uint8_t key[static POINT],
                              const uint8_t torsion[static POINT])
{
  const uint8_t one[SCALAR] = {1};
  uint8_t challenge[SCALAR];
  crypto_hash_sha512_state state;
  (void)crypto_scalarmult_ed25519_base_noclamp(key, one);
  (void)crypto_core_ed25519_add(sig, key, torsion);
  crypto_hash_sha512_init(&state);
  crypto_hash_sha512_update(&state, sig, POINT);
  crypto_hash_sha512_update(&state, key, POINT);
  hash_message(challenge, &state, NULL, 0);
  crypto_core_ed25519_scalar_add(sig + POINT, challenge, one);
}

/* Whether the library refuses an R that is off by a point of small order, whichever it is. */
static bool try_library(void)
{
  for (size_t i = 1; i < SMALL_ORDER; i++)
    for (int sign = 0; sign < (i == 1 ? 1 : 2); sign++) {
      uint8_t sig[TOPO_SIG_SIZE], key[POINT], torsion[POINT];
      memcpy(torsion, small_order[i], sizeof torsion);
      torsion[POINT - 1] |= (uint8_t)(sign ? SIGN_OF_X : 0);
      sign_with_torsion(sig, key, torsion);
      if (crypto_sign_verify_detached(sig, NULL, 0, key) == 0)
        return false;
    }
  return true;
}

/* The library is tried once. Threads that come at the same time all find the same. */
static bool library_is_exact(void)
{
  enum { UNTRIED, EXACT, LAX };
  static _Atomic int found = UNTRIED;
  int answer = atomic_load_explicit(&found, memory_order_relaxed);
  if (answer == UNTRIED) {
    answer = try_library() ? EXACT : LAX;
    atomic_store_explicit(&found, answer, memory_order_relaxed);
  }
  return answer == EXACT;
}

/* The group's order of A is known or is checked last, of a signature that is good but for it. That
 * of R is checked only where the library's equation leaves it open: R = S·B - k·A is of order L, or
 * the neutral point, which has no good encoding, when A is of order L. */
static int verify_one_piece(const uint8_t *sig, const struct topo_id *public_key,
                            struct topo_bytes message, bool known_key)
{
  bool good = less(sig + POINT, group_order) && good_encoding(sig) &&
              good_encoding(public_key->bytes) &&
              crypto_sign_verify_detached(sig, message.data, message.len, public_key->bytes) == 0 &&
              (known_key || in_main_subgroup(public_key->bytes)) &&
              (library_is_exact() || in_main_subgroup(sig));
  return good ? 0 : TOPO_ESIGNATURE;
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

/* Verifying cannot stream as signing does: the library's one function for it takes one piece, and
 * what could be built from its group operations takes twice the time. */
static int verify(const uint8_t *sig, const struct topo_id *public_key,
                  const struct topo_bytes *parts, size_t n, bool known_key)
{
  topo_assert(n <= PARTS_LIMIT);
  struct topo_bytes message;
  if (in_one_piece(&message, parts, n))
    return verify_one_piece(sig, public_key, message, known_key);
  size_t len = 0;
  for (size_t i = 0; i < n; i++) {
    topo_assert(parts[i].len <= SIZE_MAX - len);
    len += parts[i].len;
  }
  if (len <= TOPO_VERIFY_STACK) {
    uint8_t stack[TOPO_VERIFY_STACK];
    return verify_one_piece(sig, public_key, gather(stack, parts, n), known_key);
  }
  uint8_t *heap = malloc(len);
  if (!heap)
    return TOPO_ENOMEM;
  int status = verify_one_piece(sig, public_key, gather(heap, parts, n), known_key);
  free(heap);
  return status;
}

int topo_verify(const uint8_t sig[static TOPO_SIG_SIZE], const struct topo_id *public_key,
                const struct topo_bytes *parts, size_t n)
{
  return verify(sig, public_key, parts, n, false);
}

int topo_verify_known(const uint8_t sig[static TOPO_SIG_SIZE], const struct topo_id *public_key,
                      const struct topo_bytes *parts, size_t n)
{
  return verify(sig, public_key, parts, n, true);
}
