/* hash.c - BLAKE2b-256 over parts, by libsodium. */
#include "crypto/hash.h"

#include "base/assert.h"

#include <sodium.h>
#include <string.h>

enum { LABEL_LIMIT = 64 };

/* libsodium's hash functions fail only on sizes out of range, and all of ours are constants. */
static void hash_parts(uint8_t out[static TOPO_HASH_SIZE], const uint8_t *key, size_t key_len,
                       const struct topo_bytes *parts, size_t n)
{
  crypto_generichash_state state;
  crypto_generichash_init(&state, key, key_len, TOPO_HASH_SIZE);
  for (size_t i = 0; i < n; i++)
    crypto_generichash_update(&state, parts[i].data, parts[i].len);
  crypto_generichash_final(&state, out, TOPO_HASH_SIZE);
  topo_wipe(&state, sizeof state);
}

void topo_hash(uint8_t out[static TOPO_HASH_SIZE], const struct topo_bytes *parts, size_t n)
{
  hash_parts(out, NULL, 0, parts, n);
}

void topo_hash_keyed(uint8_t out[static TOPO_HASH_SIZE], const uint8_t key[static 32],
                     const struct topo_bytes *parts, size_t n)
{
  hash_parts(out, key, 32, parts, n);
}

void topo_kdf(uint8_t out[static 32], const uint8_t key[static 32], const char *label,
              const void *data, size_t len)
{
  size_t label_len = strlen(label);
  topo_assert(label_len <= LABEL_LIMIT);
  uint8_t length = (uint8_t)label_len;
  struct topo_bytes parts[] = {{&length, 1}, {(const uint8_t *)label, label_len}, {data, len}};
  topo_hash_keyed(out, key, parts, 3);
}

void topo_sha256(uint8_t out[static TOPO_HASH_SIZE], struct topo_bytes data)
{
  crypto_hash_sha256(out, data.data, data.len);
}

uint64_t topo_hash_short(const uint8_t key[static 16], const void *data, size_t len)
{
  uint8_t out[crypto_shorthash_BYTES];
  uint64_t v = 0;
  _Static_assert(crypto_shorthash_BYTES == 8 && crypto_shorthash_KEYBYTES == 16, "SipHash-2-4");
  crypto_shorthash(out, data, len, key);
  for (size_t i = 0; i < sizeof out; i++)
    v |= (uint64_t)out[i] << (8 * i);
  return v;
}

bool topo_equal_secret(const void *a, const void *b, size_t len)
{
  return sodium_memcmp(a, b, len) == 0;
}
