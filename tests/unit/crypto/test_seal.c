/*
 * Sealing under a message key. The frozen bytes were computed by an independent program: BLAKE2b
 * from CPython's hashlib, XChaCha20-Poly1305 written from RFC 8439 and draft-irtf-cfrg-xchacha-03.
 */
#include "crypto/seal.h"

#include "base/status.h"
#include "crypto/hash.h"
#include "lib/aborts.h"
#include "lib/hex.h"

#include <sodium.h>
#include <stdlib.h>

static const char fox[] = "The quick brown fox jumps over the lazy dog";
static uint8_t leaf[32];
static const struct topo_bytes aad[] = {{(const uint8_t *)"topo/1 seal", 11},
                                        {(const uint8_t *)"header", 6}};

static int setup(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof leaf; i++)
    leaf[i] = (uint8_t)(0x20 + i);
  return 0;
}

static struct topo_bytes text(const char *s)
{
  return (struct topo_bytes){(const uint8_t *)s, strlen(s)};
}

/* The sealed form of an empty text and of a short one never changes. */
static void frozen_bytes(void **state)
{
  (void)state;
  uint8_t out[sizeof fox + TOPO_SEAL_OVERHEAD];
  topo_seal(out, leaf, aad, 2, (struct topo_bytes){NULL, 0});
  test_assert_hex(out, TOPO_SEAL_OVERHEAD,
                  "8c1650126c6f8b39794309bb384c656c6b89caa6ec43f2165b05b726ecc0bbca"
                  "6e8a10968589623dc2164976e5a55dc8");
  topo_seal(out, leaf, aad, 2, text(fox));
  test_assert_hex(out, sizeof fox - 1 + TOPO_SEAL_OVERHEAD,
                  "9fdd7e204ed1f97bb02f28fc752b49d9906216bc9f1fe7c51966807c75ef9d0a"
                  "49443a36191a9fbc28ac25b47143d6a2bac0544abd833e0cb6231ac8122981f2"
                  "eaecaf192d49006e00e025127e387be84f92c5cd93d11b4907d3db");
}

/* What is sealed opens to the same text, for texts of every size up to a few blocks and a long one.
 */
static void round_trip(void **state)
{
  (void)state;
  enum { LONG = 65536 };
  uint8_t *plain = malloc(LONG), *sealed = malloc(LONG + TOPO_SEAL_OVERHEAD),
          *opened = malloc(LONG);
  assert_true(plain && sealed && opened);
  uint64_t random = 3;
  test_fill(&random, plain, LONG);
  for (size_t len = 0; len <= LONG; len = len < 300 ? len + 1 : len + LONG - 300) {
    topo_seal(sealed, leaf, aad, 2, (struct topo_bytes){plain, len});
    assert_int_equal(topo_unseal(opened, leaf, aad, 2, sealed, len + TOPO_SEAL_OVERHEAD), 0);
    assert_memory_equal(opened, plain, len);
  }
  free(plain);
  free(sealed);
  free(opened);
}

/* The cuts between the parts of the associated data do not matter, its bytes and their end do. */
static void associated_data_is_concatenated(void **state)
{
  (void)state;
  uint8_t sealed[sizeof fox - 1 + TOPO_SEAL_OVERHEAD], opened[sizeof fox];
  topo_seal(sealed, leaf, aad, 2, text(fox));
  struct topo_bytes whole = text("topo/1 sealheader"), longer = text("topo/1 sealheaderT");
  struct topo_bytes pieces[6] = {text("topo"), text(""),  text("/1 s"),
                                 text("ealh"), {NULL, 0}, text("eader")};
  assert_int_equal(topo_unseal(opened, leaf, &whole, 1, sealed, sizeof sealed), 0);
  assert_int_equal(topo_unseal(opened, leaf, pieces, 6, sealed, sizeof sealed), 0);
  assert_int_equal(topo_unseal(opened, leaf, aad, 1, sealed, sizeof sealed), TOPO_EUNSEAL);
  assert_int_equal(topo_unseal(opened, leaf, NULL, 0, sealed, sizeof sealed), TOPO_EUNSEAL);
  assert_int_equal(topo_unseal(opened, leaf, &longer, 1, sealed, sizeof sealed), TOPO_EUNSEAL);
}

static bool all_zero(const uint8_t *data, size_t len)
{
  uint8_t any = 0;
  for (size_t i = 0; i < len; i++)
    any |= data[i];
  return any == 0;
}

/* Flipping any one bit of what was sealed, of the key or of the associated data makes opening fail
 * and leaves no plaintext behind. */
static void every_flipped_bit_is_noticed(void **state)
{
  (void)state;
  uint8_t sealed[sizeof fox - 1 + TOPO_SEAL_OVERHEAD], opened[sizeof fox - 1], header[] = "header";
  struct topo_bytes data = {header, 6};
  topo_seal(sealed, leaf, &data, 1, text(fox));
  struct {
    uint8_t *at;
    size_t len;
  } targets[] = {{sealed, sizeof sealed}, {leaf, sizeof leaf}, {header, 6}};
  for (size_t t = 0; t < 3; t++)
    for (size_t bit = 0; bit < targets[t].len * 8; bit++) {
      targets[t].at[bit / 8] ^= (uint8_t)(1 << bit % 8);
      memset(opened, 0x55, sizeof opened);
      assert_int_equal(topo_unseal(opened, leaf, &data, 1, sealed, sizeof sealed), TOPO_EUNSEAL);
      assert_true(all_zero(opened, sizeof opened));
      targets[t].at[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
  assert_int_equal(topo_unseal(opened, leaf, &data, 1, sealed, sizeof sealed), 0);
}

/* Every shortened form fails, down to nothing. */
static void truncation_is_noticed(void **state)
{
  (void)state;
  uint8_t sealed[sizeof fox - 1 + TOPO_SEAL_OVERHEAD], opened[sizeof fox];
  topo_seal(sealed, leaf, aad, 2, text(fox));
  for (size_t len = 0; len < sizeof sealed; len++)
    assert_int_equal(topo_unseal(opened, leaf, aad, 2, sealed, len), TOPO_EUNSEAL);
}

/* A ciphertext that is valid under the encryption key, but whose nonce is not the siv of its text,
 * does not open: the holder of the key cannot make a second reading. */
static void only_the_computed_siv_opens(void **state)
{
  (void)state;
  uint8_t forged[sizeof fox - 1 + TOPO_SEAL_OVERHEAD], opened[sizeof fox - 1], enc_key[32];
  memset(forged, 0x77, TOPO_SEAL_SIV_SIZE);
  topo_kdf(enc_key, leaf, "enc", NULL, 0);
  crypto_aead_xchacha20poly1305_ietf_encrypt(forged + TOPO_SEAL_SIV_SIZE, NULL,
                                             (const uint8_t *)fox, sizeof fox - 1, NULL, 0, NULL,
                                             forged, enc_key);
  assert_int_equal(crypto_aead_xchacha20poly1305_ietf_decrypt(
                       opened, NULL, NULL, forged + TOPO_SEAL_SIV_SIZE,
                       sizeof forged - TOPO_SEAL_SIV_SIZE, NULL, 0, forged, enc_key),
                   0);
  assert_int_equal(topo_unseal(opened, leaf, aad, 2, forged, sizeof forged), TOPO_EUNSEAL);
  assert_true(all_zero(opened, sizeof opened));
}

/* Garbage of any size is an error, never a crash. */
static void garbage_does_not_open(void **state)
{
  (void)state;
  uint64_t random = 11;
  for (int i = 0; i < 3000; i++) {
    size_t len = test_next(&random) % 400;
    uint8_t *sealed = malloc(len + 1), *opened = malloc(len + 1);
    assert_true(sealed && opened);
    test_fill(&random, sealed, len);
    assert_int_equal(topo_unseal(opened, leaf, aad, 2, sealed, len), TOPO_EUNSEAL);
    free(sealed);
    free(opened);
  }
}

static void seal_with_parts(size_t n)
{
  uint8_t out[TOPO_SEAL_OVERHEAD];
  struct topo_bytes parts[7] = {{NULL, 0}};
  topo_seal(out, leaf, parts, n, (struct topo_bytes){NULL, 0});
}

static void seal_with_six_parts(void)
{
  seal_with_parts(6);
}

static void seal_with_seven_parts(void)
{
  seal_with_parts(7);
}

/* More than six parts of associated data (AAD_PARTS_LIMIT) are a programmer's error. */
static void parts_limit(void **state)
{
  (void)state;
  assert_false(test_aborts(seal_with_six_parts));
  assert_true(test_aborts(seal_with_seven_parts));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(frozen_bytes),
      cmocka_unit_test(round_trip),
      cmocka_unit_test(associated_data_is_concatenated),
      cmocka_unit_test(every_flipped_bit_is_noticed),
      cmocka_unit_test(truncation_is_noticed),
      cmocka_unit_test(only_the_computed_siv_opens),
      cmocka_unit_test(garbage_does_not_open),
      cmocka_unit_test(parts_limit),
  };
  return cmocka_run_group_tests_name("seal", tests, setup, NULL);
}
