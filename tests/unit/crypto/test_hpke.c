/*
 * HPKE base mode against RFC 9180, appendix A.2.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
 * ChaCha20Poly1305 (taken from draft-irtf-cfrg-hpke.md at github.com/cfrg/draft-irtf-cfrg-hpke, the
 * text of the RFC).
 */
#include "crypto/hpke.h"

#include "base/status.h"
#include "lib/aborts.h"
#include "lib/hex.h"

#include <sodium.h>
#include <stdlib.h>

static const char info_hex[] = "4f6465206f6e2061204772656369616e2055726e";
static const char ikm_e_hex[] = "909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b";
static const char sk_e_hex[] = "f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600";
static const char enc_hex[] = "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a";
static const char ikm_r_hex[] = "1ac01f181fdf9f352797655161c58b75c656a6cc2716dcb66372da835542e1df";
static const char sk_r_hex[] = "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb";
static const char pk_r_hex[] = "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a";
static const char key_hex[] = "ad2744de8e17f4ebba575b3f5f5a8fa1f69c2a07f6e7500bc60ca6e3e3ec1c91";
static const char nonce_hex[] = "5c4d98150661b848853b547f";
static const char plain_hex[] = "4265617574792069732074727574682c20747275746820626561757479";
static const char aad_hex[] = "436f756e742d30";
static const char ct_hex[] = "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db"
                             "21993c62ce81883d2dd1b51a28";

enum { PLAIN = 29, SEALED = PLAIN + TOPO_HPKE_OVERHEAD };

static uint8_t sk_r[32], pk_r[32], ikm_e[32], info_bytes[20], aad_bytes[7], plain_bytes[PLAIN];
static struct topo_bytes info = {info_bytes, 20}, aad = {aad_bytes, 7},
                         plain = {plain_bytes, PLAIN};

static int setup(void **state)
{
  (void)state;
  test_unhex(sk_r, 32, sk_r_hex);
  test_unhex(pk_r, 32, pk_r_hex);
  test_unhex(ikm_e, 32, ikm_e_hex);
  test_unhex(info_bytes, sizeof info_bytes, info_hex);
  test_unhex(aad_bytes, sizeof aad_bytes, aad_hex);
  test_unhex(plain_bytes, PLAIN, plain_hex);
  return 0;
}

/* DeriveKeyPair gives both key pairs of the vector. */
static void derive_key_pair(void **state)
{
  (void)state;
  uint8_t ikm[32], sk[32], pk[32];
  test_unhex(ikm, 32, ikm_r_hex);
  topo_hpke_derive_key(sk, pk, ikm, 32);
  test_assert_hex(sk, 32, sk_r_hex);
  test_assert_hex(pk, 32, pk_r_hex);
  assert_true(topo_x25519_is_usable(pk));
  topo_hpke_derive_key(sk, pk, ikm_e, 32);
  test_assert_hex(sk, 32, sk_e_hex);
  test_assert_hex(pk, 32, enc_hex);
}

/* The public key of a secret is RFC 7748's (§6.1, Alice's). */
static void public_key(void **state)
{
  (void)state;
  uint8_t sk[32], pk[32];
  test_unhex(sk, 32, "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
  topo_x25519_public(pk, sk);
  test_assert_hex(pk, 32, "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
}

/* Sealing writes the vector's encapsulated key and its ciphertext of sequence number 0. */
static void seal_gives_the_vector(void **state)
{
  (void)state;
  uint8_t sealed[SEALED];
  assert_int_equal(topo_hpke_seal(sealed, pk_r, ikm_e, info, aad, plain), 0);
  test_assert_hex(sealed, 32, enc_hex);
  test_assert_hex(sealed + 32, SEALED - 32, ct_hex);
}

/* The vector's key and base nonce, which the API hides, are those that were used on the text. */
static void key_schedule_gives_the_vector(void **state)
{
  (void)state;
  uint8_t sealed[SEALED], key[32], nonce[12], opened[PLAIN];
  test_unhex(key, 32, key_hex);
  test_unhex(nonce, 12, nonce_hex);
  assert_int_equal(topo_hpke_seal(sealed, pk_r, ikm_e, info, aad, plain), 0);
  assert_int_equal(crypto_aead_chacha20poly1305_ietf_decrypt(
                       opened, NULL, NULL, sealed + 32, SEALED - 32, aad.data, aad.len, nonce, key),
                   0);
  assert_memory_equal(opened, plain_bytes, PLAIN);
}

/* Opening the vector's bytes gives its text. */
static void open_gives_the_vector(void **state)
{
  (void)state;
  uint8_t sealed[SEALED], opened[PLAIN];
  test_unhex(sealed, 32, enc_hex);
  test_unhex(sealed + 32, SEALED - 32, ct_hex);
  assert_int_equal(topo_hpke_open(opened, sk_r, info, aad, sealed, SEALED), 0);
  assert_memory_equal(opened, plain_bytes, PLAIN);
}

/* Empty info, associated data and text are allowed, and a 32-byte key, the use that Topo has, takes
 * 80 bytes. */
static void round_trip(void **state)
{
  (void)state;
  const struct topo_bytes nothing = {NULL, 0}, key = {ikm_e, 32};
  uint8_t sealed[80], opened[32];
  assert_int_equal(topo_hpke_seal(sealed, pk_r, ikm_e, nothing, nothing, nothing), 0);
  assert_int_equal(topo_hpke_open(opened, sk_r, nothing, nothing, sealed, TOPO_HPKE_OVERHEAD), 0);
  assert_int_equal(topo_hpke_seal(sealed, pk_r, ikm_e, info, nothing, key), 0);
  assert_int_equal(topo_hpke_open(opened, sk_r, info, nothing, sealed, 80), 0);
  assert_memory_equal(opened, ikm_e, 32);
}

/* Flipping any one bit of the sealed bytes, info, associated data or secret key makes opening fail
 * and leaves no plaintext. The five bits of a secret that X25519 itself ignores are left out. */
static void every_flipped_bit_is_noticed(void **state)
{
  (void)state;
  uint8_t sealed[SEALED], opened[PLAIN], zero[PLAIN] = {0};
  assert_int_equal(topo_hpke_seal(sealed, pk_r, ikm_e, info, aad, plain), 0);
  struct {
    uint8_t *at;
    size_t first, last;
  } targets[] = {{sealed, 0, SEALED * 8}, {info_bytes, 0, 160}, {aad_bytes, 0, 56}, {sk_r, 3, 254}};
  for (size_t t = 0; t < 4; t++)
    for (size_t bit = targets[t].first; bit < targets[t].last; bit++) {
      targets[t].at[bit / 8] ^= (uint8_t)(1 << bit % 8);
      memset(opened, 0x55, PLAIN);
      assert_int_equal(topo_hpke_open(opened, sk_r, info, aad, sealed, SEALED), TOPO_EUNSEAL);
      assert_memory_equal(opened, zero, PLAIN);
      targets[t].at[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
  assert_int_equal(topo_hpke_open(opened, sk_r, info, aad, sealed, SEALED), 0);
}

/* Every shortened form fails, down to nothing. */
static void truncation_is_noticed(void **state)
{
  (void)state;
  uint8_t sealed[SEALED], opened[PLAIN];
  assert_int_equal(topo_hpke_seal(sealed, pk_r, ikm_e, info, aad, plain), 0);
  for (size_t len = 0; len < SEALED; len++)
    assert_int_equal(topo_hpke_open(opened, sk_r, info, aad, sealed, len), TOPO_EUNSEAL);
}

/* Points whose shared secret would be zero: nobody seals to them, and nothing sealed with them
 * opens. */
static void small_order_points_are_refused(void **state)
{
  (void)state;
  static const char *const points[] = {
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
      "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  };
  for (size_t i = 0; i < sizeof points / sizeof points[0]; i++)
    for (int top = 0; top < 2; top++) {
      uint8_t point[32], sealed[SEALED], opened[PLAIN];
      test_unhex(point, 32, points[i]);
      point[31] |= (uint8_t)(top << 7);
      assert_int_equal(topo_hpke_seal(sealed, point, ikm_e, info, aad, plain), TOPO_EINVAL);
      assert_false(topo_x25519_is_usable(point));
      assert_int_equal(topo_hpke_seal(sealed, pk_r, ikm_e, info, aad, plain), 0);
      memcpy(sealed, point, 32);
      assert_int_equal(topo_hpke_open(opened, sk_r, info, aad, sealed, SEALED), TOPO_EUNSEAL);
    }
}

/* Garbage of any size is an error, never a crash. */
static void garbage_does_not_open(void **state)
{
  (void)state;
  uint64_t random = 5;
  for (int i = 0; i < 500; i++) {
    size_t len = test_next(&random) % 200;
    uint8_t *sealed = malloc(len + 1), *opened = malloc(len + 1);
    assert_true(sealed && opened);
    test_fill(&random, sealed, len);
    assert_int_equal(topo_hpke_open(opened, sk_r, info, aad, sealed, len), TOPO_EUNSEAL);
    free(sealed);
    free(opened);
  }
}

static void derive_from_31_bytes(void)
{
  uint8_t sk[32], pk[32];
  topo_hpke_derive_key(sk, pk, ikm_e, 31);
}

/* Keying material shorter than the key is a programmer's error. */
static void short_keying_material(void **state)
{
  (void)state;
  assert_true(test_aborts(derive_from_31_bytes));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(derive_key_pair),
      cmocka_unit_test(public_key),
      cmocka_unit_test(seal_gives_the_vector),
      cmocka_unit_test(key_schedule_gives_the_vector),
      cmocka_unit_test(open_gives_the_vector),
      cmocka_unit_test(round_trip),
      cmocka_unit_test(every_flipped_bit_is_noticed),
      cmocka_unit_test(truncation_is_noticed),
      cmocka_unit_test(small_order_points_are_refused),
      cmocka_unit_test(garbage_does_not_open),
      cmocka_unit_test(short_keying_material),
  };
  return cmocka_run_group_tests_name("hpke", tests, setup, NULL);
}
