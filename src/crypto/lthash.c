/* lthash.c - the set hash: one ChaCha20 stream per item, added word by word. */
#include "crypto/lthash.h"

#include "crypto/hash.h"

#include <sodium.h>

static const char domain[] = "topo/1 lthash";

/* Two plain loops instead of a shared one let the compiler use vector instructions. */
void topo_lthash_load(struct topo_lthash *h, const uint8_t in[static TOPO_LTHASH_SIZE])
{
  for (size_t i = 0; i < TOPO_LTHASH_WORDS; i++)
    h->words[i] = (uint16_t)(in[2 * i] | in[2 * i + 1] << 8);
}

void topo_lthash_store(const struct topo_lthash *h, uint8_t out[static TOPO_LTHASH_SIZE])
{
  for (size_t i = 0; i < TOPO_LTHASH_WORDS; i++) {
    out[2 * i] = (uint8_t)h->words[i];
    out[2 * i + 1] = (uint8_t)(h->words[i] >> 8);
  }
}

static void expand(struct topo_lthash *stream, const struct topo_id *item)
{
  static const uint8_t nonce[crypto_stream_chacha20_ietf_NONCEBYTES];
  const struct topo_bytes parts[] = {{(const uint8_t *)domain, sizeof domain - 1},
                                     {item->bytes, TOPO_ID_SIZE}};
  uint8_t key[TOPO_HASH_SIZE], bytes[TOPO_LTHASH_SIZE];
  topo_hash(key, parts, 2);
  crypto_stream_chacha20_ietf(bytes, sizeof bytes, nonce, key);
  topo_lthash_load(stream, bytes);
}

void topo_lthash_add(struct topo_lthash *h, const struct topo_id *item)
{
  struct topo_lthash stream;
  expand(&stream, item);
  for (size_t i = 0; i < TOPO_LTHASH_WORDS; i++)
    h->words[i] = (uint16_t)(h->words[i] + stream.words[i]);
}

void topo_lthash_remove(struct topo_lthash *h, const struct topo_id *item)
{
  struct topo_lthash stream;
  expand(&stream, item);
  for (size_t i = 0; i < TOPO_LTHASH_WORDS; i++)
    h->words[i] = (uint16_t)(h->words[i] - stream.words[i]);
}

void topo_lthash_digest(const struct topo_lthash *h, struct topo_id *out)
{
  uint8_t bytes[TOPO_LTHASH_SIZE];
  topo_lthash_store(h, bytes);
  const struct topo_bytes part = {bytes, sizeof bytes};
  topo_hash(out->bytes, &part, 1);
}
