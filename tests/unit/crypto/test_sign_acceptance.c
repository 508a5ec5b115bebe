/*
 * Which signatures are accepted at the edges, where libraries differ: part of the protocol, frozen
 * here. Every refused signature satisfies the equation, or satisfies it up to the cofactor, as far
 * as one can be made that does: each case says which verification would take it, and asks that one.
 *
 * It is built twice: as test_sign_acceptance over the installed library, and as
 * test_sign_any_library over one that accepts everything (any_library.c), so that nothing but our
 * own checks can refuse.
 */
#include "crypto/sign.h"

#include "base/status.h"
#include "lib/hex.h"

#include <sodium.h>

enum { POINT = 32, SCALAR = 32 };

/* The eight points of small order, and the six further encodings of them that are not canonical
 * (y above p, or x = 0 with the sign bit). */
static const char *const small_order[] = {
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};
enum { SMALL_ORDER = sizeof small_order / sizeof small_order[0], CANONICAL_SMALL_ORDER = 8 };

/* L, least significant byte first. */
static const uint8_t group_order[SCALAR] = {
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

/* A signer who knows the discrete logarithm of the honest part of its key and chooses its nonce. */
static uint8_t secret_scalar[SCALAR], nonce_scalar[SCALAR];
static struct topo_id honest_key;
static uint8_t honest_nonce_point[POINT];

/* The sum of `scalar` times `point` by doubling and adding, which knows no order and refuses none.
 */
static void point_times(uint8_t out[static POINT], const uint8_t scalar[static SCALAR],
                        const uint8_t point[static POINT])
{
  uint8_t sum[POINT] = {1};
  for (int bit = 255; bit >= 0; bit--) {
    assert_int_equal(crypto_core_ed25519_add(sum, sum, sum), 0);
    if (scalar[bit / 8] >> bit % 8 & 1)
      assert_int_equal(crypto_core_ed25519_add(sum, sum, point), 0);
  }
  memcpy(out, sum, POINT);
}

static bool is_neutral(const uint8_t point[static POINT])
{
  const uint8_t neutral[POINT] = {1};
  return memcmp(point, neutral, POINT) == 0;
}

static int setup(void **state)
{
  (void)state;
  uint8_t wide[64];
  uint64_t random = 9;
  test_fill(&random, wide, sizeof wide);
  crypto_core_ed25519_scalar_reduce(secret_scalar, wide);
  test_fill(&random, wide, sizeof wide);
  crypto_core_ed25519_scalar_reduce(nonce_scalar, wide);
  assert_int_equal(crypto_scalarmult_ed25519_base_noclamp(honest_key.bytes, secret_scalar), 0);
  assert_int_equal(crypto_scalarmult_ed25519_base_noclamp(honest_nonce_point, nonce_scalar), 0);
  return 0;
}

/* k = SHA-512(R, A, M) mod L for the message that consists of the byte `m`. */
static void challenge(uint8_t k[static SCALAR], const uint8_t *point, const struct topo_id *key,
                      uint8_t m)
{
  crypto_hash_sha512_state state;
  uint8_t wide[64];
  crypto_hash_sha512_init(&state);
  crypto_hash_sha512_update(&state, point, POINT);
  crypto_hash_sha512_update(&state, key->bytes, TOPO_ID_SIZE);
  crypto_hash_sha512_update(&state, &m, 1);
  crypto_hash_sha512_final(&state, wide);
  crypto_core_ed25519_scalar_reduce(k, wide);
}

/* R + k·A - S·B, which a cofactorless verification wants to be the neutral point. */
static void difference(uint8_t out[static POINT], const uint8_t *sig, const struct topo_id *key,
                       uint8_t m)
{
  const uint8_t one[SCALAR] = {1};
  uint8_t base[POINT], k[SCALAR], product[POINT];
  assert_int_equal(crypto_scalarmult_ed25519_base_noclamp(base, one), 0);
  challenge(k, sig, key, m);
  point_times(product, k, key->bytes);
  assert_int_equal(crypto_core_ed25519_add(out, sig, product), 0);
  point_times(product, sig + POINT, base);
  assert_int_equal(crypto_core_ed25519_sub(out, out, product), 0);
}

static bool holds_exactly(const uint8_t *sig, const struct topo_id *key, uint8_t m)
{
  uint8_t rest[POINT];
  difference(rest, sig, key, m);
  return is_neutral(rest);
}

static bool holds_with_cofactor(const uint8_t *sig, const struct topo_id *key, uint8_t m)
{
  const uint8_t eight[SCALAR] = {8};
  uint8_t rest[POINT];
  difference(rest, sig, key, m);
  point_times(rest, eight, rest);
  return is_neutral(rest);
}

/* A one-byte message whose k is (or is not) a multiple of 8, so that the small-order part of the
 * key vanishes from k·A (or does not vanish: an odd k is taken). */
static uint8_t message_with(bool multiple_of_8, uint8_t k[static SCALAR], const uint8_t *point,
                            const struct topo_id *key)
{
  for (int m = 0; m < 256; m++) {
    challenge(k, point, key, (uint8_t)m);
    if (multiple_of_8 ? k[0] % 8 == 0 : k[0] % 2 == 1)
      return (uint8_t)m;
  }
  fail_msg("no message of one byte fits");
  return 0;
}

static int verify_byte_known(const uint8_t *sig, const struct topo_id *key, uint8_t m)
{
  const struct topo_bytes part = {&m, 1};
  return topo_verify_known(sig, key, &part, 1);
}

static int verify_byte(const uint8_t *sig, const struct topo_id *key, uint8_t m)
{
  const struct topo_bytes part = {&m, 1};
  return topo_verify(sig, key, &part, 1);
}

/* The signature (R, nonce + k·secret) with R's bytes as given. */
static void assemble(uint8_t sig[static 64], const uint8_t *point, const uint8_t *nonce,
                     const uint8_t *k)
{
  uint8_t product[SCALAR];
  crypto_core_ed25519_scalar_mul(product, k, secret_scalar);
  memcpy(sig, point, POINT);
  if (nonce)
    crypto_core_ed25519_scalar_add(sig + 32, product, nonce);
  else
    memcpy(sig + 32, product, SCALAR);
}

/* The twelve cases of "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko 2020; cases.txt at
 * github.com/novifinancial/ed25519-speccheck). `accepted` is what libsodium 1.0.18 says: case 3,
 * where both points have a small-order component and the cofactorless equation holds. We accept
 * none. */
static const struct {
  const char *message, *public_key, *sig;
  bool accepted;
} speccheck[] = {
    {"8c93255d71dcab10e8f379c26200f3c7bd5f09d9bc3068d3ef4edeb4853022b6",
     "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
     "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"
     "0000000000000000000000000000000000000000000000000000000000000000",
     false},
    {"9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
     "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
     "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43"
     "a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04",
     false},
    {"aebf3f2601a0c8c5d39cc7d8911642f740b78168218da8471772b35f9d35b9ab",
     "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
     "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"
     "8c4bd45aecaca5b24fb97bc10ac27ac8751a7dfe1baff8b953ec9f5833ca260e",
     false},
    {"9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
     "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
     "9046a64750444938de19f227bb80485e92b83fdb4b6506c160484c016cc1852f"
     "87909e14428a7a1d62e9f22f3d3ad7802db02eb2e688b6c52fcd6648a98bd009",
     true},
    {"e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
     "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
     "160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed512"
     "5ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09",
     false},
    {"e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
     "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
     "21122a84e0b5fca4052f5b1235c80a537878b38f3142356b2c2384ebad4668b7"
     "e40bc836dac0f71076f9abe3a53f9c03c1ceeeddb658d0030494ace586687405",
     false},
    {"85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
     "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
     "e96f66be976d82e60150baecff9906684aebb1ef181f67a7189ac78ea23b6c0e"
     "547f7690a0e2ddcd04d87dbc3490dc19b3b3052f7ff0538cb68afb369ba3a514",
     false},
    {"85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
     "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
     "8ce5b96c8f26d0ab6c47958c9e68b937104cd36e13c33566acd2fe8d38aa1942"
     "7e71f98a473474f2f13f06f97c20d58cc3f54b8bd0d272f42b695dd7e89a8c22",
     false},
    {"9bedc267423725d473888631ebf45988bad3db83851ee85c85e241a07d148b41",
     "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
     "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
     "03be9678ac102edcd92b0210bb34d7428d12ffc5df5f37e359941266a4e35f0f",
     false},
    {"9bedc267423725d473888631ebf45988bad3db83851ee85c85e241a07d148b41",
     "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
     "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
     "ca8c5b64cd208982aa38d4936621a4775aa233aa0505711d8fdcfdaa943d4908",
     false},
    {"e96b7021eb39c1a163b6da4e3093dcd3f21387da4cc4572be588fafae23c155b",
     "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
     "a9d55260f765261eb9b84e106f665e00b867287a761990d7135963ee0a7d59dc"
     "a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04",
     false},
    {"39a591f5321bbe07fd5a23dc2f39d025d74526615746727ceefd6e82ae65c06f",
     "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
     "a9d55260f765261eb9b84e106f665e00b867287a761990d7135963ee0a7d59dc"
     "a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04",
     false},
};

static void speccheck_cases(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof speccheck / sizeof speccheck[0]; i++) {
    uint8_t message[32], sig[64];
    struct topo_id key;
    test_unhex(message, 32, speccheck[i].message);
    test_unhex(key.bytes, 32, speccheck[i].public_key);
    test_unhex(sig, 64, speccheck[i].sig);
    const struct topo_bytes part = {message, 32};
    if (speccheck[i].accepted)
      assert_int_equal(crypto_sign_verify_detached(sig, message, 32, key.bytes), 0);
    assert_int_equal(topo_verify(sig, &key, &part, 1), TOPO_ESIGNATURE);
  }
}

/* The construction that the refused cases below vary is accepted for an honest key and nonce. */
static void constructed_signature_is_valid(void **state)
{
  (void)state;
  uint8_t k[SCALAR], sig[64];
  for (int multiple = 0; multiple < 2; multiple++) {
    uint8_t m = message_with(multiple, k, honest_nonce_point, &honest_key);
    assemble(sig, honest_nonce_point, nonce_scalar, k);
    assert_true(holds_exactly(sig, &honest_key, m));
    assert_int_equal(verify_byte(sig, &honest_key, m), 0);
    assert_int_equal(verify_byte_known(sig, &honest_key, m), 0);
  }
}

/* A key of small order is refused, in every encoding, though S·B = R + k·A holds. */
static void small_order_key_is_refused(void **state)
{
  (void)state;
  for (size_t i = 0; i < SMALL_ORDER; i++) {
    struct topo_id key;
    uint8_t k[SCALAR], sig[64];
    test_unhex(key.bytes, POINT, small_order[i]);
    uint8_t m = message_with(true, k, honest_nonce_point, &key);
    memcpy(sig, honest_nonce_point, POINT);
    memcpy(sig + 32, nonce_scalar, SCALAR);
    assert_true(holds_exactly(sig, &key, m));
    assert_int_equal(verify_byte(sig, &key, m), TOPO_ESIGNATURE);
    assert_int_equal(verify_byte_known(sig, &key, m), TOPO_ESIGNATURE);
  }
}

/* An R of small order is refused, in every encoding: for the neutral point S·B = R + k·A holds, for
 * the others when multiplied by the cofactor. */
static void small_order_nonce_point_is_refused(void **state)
{
  (void)state;
  for (size_t i = 0; i < SMALL_ORDER; i++) {
    uint8_t point[POINT], k[SCALAR], sig[64];
    test_unhex(point, POINT, small_order[i]);
    challenge(k, point, &honest_key, 1);
    assemble(sig, point, NULL, k);
    assert_true(holds_with_cofactor(sig, &honest_key, 1));
    assert_int_equal(verify_byte(sig, &honest_key, 1), TOPO_ESIGNATURE);
    assert_int_equal(verify_byte_known(sig, &honest_key, 1), TOPO_ESIGNATURE);
  }
}

/* A key with a small-order component is refused, of order 2, 4 or 8 times L: where the component
 * vanishes from k·A, every verification takes it, libsodium's too; where not, a cofactored one
 * does. */
static void torsioned_key_is_refused(void **state)
{
  (void)state;
  for (size_t i = 1; i < CANONICAL_SMALL_ORDER; i++)
    for (int vanishes = 0; vanishes < 2; vanishes++) {
      uint8_t torsion[POINT], k[SCALAR], sig[64];
      struct topo_id key;
      test_unhex(torsion, POINT, small_order[i]);
      assert_int_equal(crypto_core_ed25519_add(key.bytes, honest_key.bytes, torsion), 0);
      uint8_t m = message_with(vanishes, k, honest_nonce_point, &key);
      assemble(sig, honest_nonce_point, nonce_scalar, k);
      assert_int_equal(holds_exactly(sig, &key, m), vanishes);
      assert_true(holds_with_cofactor(sig, &key, m));
      if (vanishes)
        assert_int_equal(crypto_sign_verify_detached(sig, &m, 1, key.bytes), 0);
      assert_int_equal(verify_byte(sig, &key, m), TOPO_ESIGNATURE);
    }
}

/* An R with a small-order component is refused under an honest key: a cofactored verification, as
 * libsodium's is after 1.0.22, takes it. */
static void torsioned_nonce_point_is_refused(void **state)
{
  (void)state;
  for (size_t i = 1; i < CANONICAL_SMALL_ORDER; i++) {
    uint8_t point[POINT], torsion[POINT], k[SCALAR], sig[64];
    test_unhex(torsion, POINT, small_order[i]);
    assert_int_equal(crypto_core_ed25519_add(point, honest_nonce_point, torsion), 0);
    challenge(k, point, &honest_key, 1);
    assemble(sig, point, nonce_scalar, k);
    assert_true(holds_with_cofactor(sig, &honest_key, 1));
    assert_int_equal(verify_byte(sig, &honest_key, 1), TOPO_ESIGNATURE);
    assert_int_equal(verify_byte_known(sig, &honest_key, 1), TOPO_ESIGNATURE);
  }
}

/* Nor are the two accepted together, where the component of R cancels that of k·A: every
 * verification takes that, libsodium's too. */
static void components_that_cancel_are_refused(void **state)
{
  (void)state;
  for (size_t i = 1; i < CANONICAL_SMALL_ORDER; i++) {
    uint8_t torsion[POINT], point[POINT], k[SCALAR], sig[64];
    struct topo_id key;
    test_unhex(torsion, POINT, small_order[i]);
    assert_int_equal(crypto_core_ed25519_add(key.bytes, honest_key.bytes, torsion), 0);
    assert_int_equal(crypto_core_ed25519_sub(point, honest_nonce_point, torsion), 0);
    int m = 0;
    do { /* one message in 2, 4 or 8 has k T = T */
      assert_in_range(m, 0, 255);
      challenge(k, point, &key, (uint8_t)m);
      assemble(sig, point, nonce_scalar, k);
    } while (!holds_exactly(sig, &key, (uint8_t)m++));
    const uint8_t message = (uint8_t)(m - 1);
    assert_int_equal(crypto_sign_verify_detached(sig, &message, 1, key.bytes), 0);
    assert_int_equal(verify_byte(sig, &key, message), TOPO_ESIGNATURE);
  }
}

/* S must be below L: S + L, S + 2L … give the same point and are refused, as is a set top bit. */
static void malleable_scalar_is_refused(void **state)
{
  (void)state;
  uint8_t k[SCALAR], sig[64];
  uint8_t m = message_with(true, k, honest_nonce_point, &honest_key);
  assemble(sig, honest_nonce_point, nonce_scalar, k);
  assert_int_equal(verify_byte(sig, &honest_key, m), 0);
  for (int times = 1; times < 15; times++) {
    sodium_add(sig + 32, group_order, SCALAR);
    assert_true(holds_exactly(sig, &honest_key, m));
    assert_int_equal(verify_byte(sig, &honest_key, m), TOPO_ESIGNATURE);
  }
  assemble(sig, honest_nonce_point, nonce_scalar, k);
  for (int bit = 5; bit < 8; bit++) {
    sig[63] ^= (uint8_t)(1 << bit);
    assert_int_equal(verify_byte(sig, &honest_key, m), TOPO_ESIGNATURE);
    assert_int_equal(verify_byte_known(sig, &honest_key, m), TOPO_ESIGNATURE);
    sig[63] ^= (uint8_t)(1 << bit);
  }
}

/* Asserts that these 32 bytes are refused as A and as R. That no equation holds cannot be helped:
 * nobody knows the discrete logarithm. A library that takes everything takes it. */
static void assert_refused_as_point(const uint8_t bytes[static POINT])
{
  uint8_t k[SCALAR], sig[64];
  struct topo_id key;
  memcpy(key.bytes, bytes, POINT);
  challenge(k, honest_nonce_point, &key, 0);
  assemble(sig, honest_nonce_point, nonce_scalar, k);
  assert_int_equal(verify_byte(sig, &key, 0), TOPO_ESIGNATURE);
  challenge(k, bytes, &honest_key, 0);
  assemble(sig, bytes, nonce_scalar, k);
  assert_int_equal(verify_byte(sig, &honest_key, 0), TOPO_ESIGNATURE);
}

/* What is no point of the curve is refused as A and as R. */
static void no_point_is_refused(void **state)
{
  (void)state;
  const uint8_t no_point[POINT] = {2};
  uint8_t sum[POINT];
  assert_int_equal(crypto_core_ed25519_add(sum, no_point, honest_key.bytes), -1);
  assert_refused_as_point(no_point);
}

/* A y that is not below p is refused as A and as R, of a known key too: whoever reduces modulo p
 * takes some for points of the curve. (None of those has order L, so even that would be no honest
 * key.) */
static void encodings_above_p_are_refused(void **state)
{
  (void)state;
  int points = 0, of_order_l = 0;
  for (int above = 0; above < 19; above++)
    for (int sign = 0; sign < 2; sign++) {
      uint8_t bytes[POINT], reduced[POINT] = {(uint8_t)above}, k[SCALAR], sig[64];
      struct topo_id key;
      reduced[31] = sign ? 0x80 : 0;
      if (crypto_core_ed25519_add(bytes, reduced, honest_key.bytes) == 0) {
        points++;
        point_times(bytes, group_order, reduced);
        of_order_l += is_neutral(bytes) && above != 1;
      }
      memset(bytes, 0xff, POINT);
      bytes[0] = (uint8_t)(0xed + above);
      bytes[31] = sign ? 0xff : 0x7f;
      assert_refused_as_point(bytes);
      memcpy(key.bytes, bytes, POINT);
      challenge(k, honest_nonce_point, &key, 0);
      assemble(sig, honest_nonce_point, nonce_scalar, k);
      assert_int_equal(verify_byte_known(sig, &key, 0), TOPO_ESIGNATURE);
    }
  assert_int_not_equal(points, 0);
  assert_int_equal(of_order_l, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(speccheck_cases),
      cmocka_unit_test(constructed_signature_is_valid),
      cmocka_unit_test(small_order_key_is_refused),
      cmocka_unit_test(small_order_nonce_point_is_refused),
      cmocka_unit_test(torsioned_key_is_refused),
      cmocka_unit_test(torsioned_nonce_point_is_refused),
      cmocka_unit_test(components_that_cancel_are_refused),
      cmocka_unit_test(malleable_scalar_is_refused),
      cmocka_unit_test(no_point_is_refused),
      cmocka_unit_test(encodings_above_p_are_refused),
  };
  return cmocka_run_group_tests_name("sign acceptance", tests, setup, NULL);
}
