/* seal.c - synthetic nonce, commitment and encryption in one. */
#include "crypto/seal.h"

#include "base/assert.h"
#include "base/status.h"
#include "crypto/hash.h"

#include <sodium.h>
#include <string.h>

enum { AAD_PARTS_LIMIT = 6 };

_Static_assert(TOPO_SEAL_OVERHEAD == TOPO_SEAL_SIV_SIZE + crypto_aead_xchacha20poly1305_ietf_ABYTES,
               "the overhead is the siv and the tag");

static void compute_siv(uint8_t siv[static TOPO_SEAL_SIV_SIZE], const uint8_t leaf[static 32],
                        const struct topo_bytes *aad, size_t n_aad, struct topo_bytes plain)
{
  topo_assert(n_aad <= AAD_PARTS_LIMIT);
  struct topo_bytes parts[AAD_PARTS_LIMIT + 2];
  uint8_t aad_len[8], mac_key[32];
  uint64_t total = 0;
  for (size_t i = 0; i < n_aad; i++) {
    parts[i + 1] = aad[i];
    total += aad[i].len;
  }
  topo_put_be64(aad_len, total);
  parts[0] = (struct topo_bytes){aad_len, sizeof aad_len};
  parts[n_aad + 1] = plain;
  topo_kdf(mac_key, leaf, "siv", NULL, 0);
  topo_hash_keyed(siv, mac_key, parts, n_aad + 2);
  topo_wipe(mac_key, sizeof mac_key);
}

void topo_seal(uint8_t *out, const uint8_t leaf[static 32], const struct topo_bytes *aad,
               size_t n_aad, struct topo_bytes plain)
{
  uint8_t enc_key[32];
  compute_siv(out, leaf, aad, n_aad, plain);
  topo_kdf(enc_key, leaf, "enc", NULL, 0);
  crypto_aead_xchacha20poly1305_ietf_encrypt(out + TOPO_SEAL_SIV_SIZE, NULL, plain.data, plain.len,
                                             NULL, 0, NULL, out, enc_key);
  topo_wipe(enc_key, sizeof enc_key);
}

int topo_unseal(uint8_t *out, const uint8_t leaf[static 32], const struct topo_bytes *aad,
                size_t n_aad, const uint8_t *sealed, size_t len)
{
  if (len < TOPO_SEAL_OVERHEAD)
    return TOPO_EUNSEAL;
  struct topo_bytes plain = {out, len - TOPO_SEAL_OVERHEAD};
  uint8_t enc_key[32], siv[TOPO_SEAL_SIV_SIZE];
  topo_kdf(enc_key, leaf, "enc", NULL, 0);
  int bad = crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed + TOPO_SEAL_SIV_SIZE,
                                                       len - TOPO_SEAL_SIV_SIZE, NULL, 0, sealed,
                                                       enc_key);
  topo_wipe(enc_key, sizeof enc_key);
  if (!bad) {
    compute_siv(siv, leaf, aad, n_aad, plain);
    bad = sodium_memcmp(siv, sealed, sizeof siv);
    /* What was computed is the siv that a forger's text lacks, so it must not leave this
     * function. */
    topo_wipe(siv, sizeof siv);
  }
  if (!bad)
    return 0;
  topo_wipe(out, plain.len);
  return TOPO_EUNSEAL;
}
