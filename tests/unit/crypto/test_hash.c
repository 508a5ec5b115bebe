/*
 * BLAKE2b-256 and the KDF against known answers. All but "abc" were computed with the BLAKE2
 * reference code as CPython's hashlib carries it; the KDF's by composing it by hand as
 * docs/protocol.md defines it.
 */
#include "crypto/hash.h"

#include "lib/aborts.h"
#include "lib/hex.h"

static uint8_t counting[256];

static int setup(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof counting; i++)
    counting[i] = (uint8_t)i;
  return 0;
}

static void assert_hash(const uint8_t *data, size_t len, const char *hex)
{
  uint8_t out[TOPO_HASH_SIZE];
  struct topo_bytes part = {data, len};
  topo_hash(out, &part, 1);
  test_assert_hex(out, sizeof out, hex);
}

/* The plain hash gives the published digests, at and around the 128-byte block too. */
static void plain_known_answers(void **state)
{
  (void)state;
  assert_hash(NULL, 0, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
  assert_hash((const uint8_t *)"abc", 3,
              "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
  assert_hash(counting, 128, "c3582f71ebb2be66fa5dd750f80baae97554f3b015663c8be377cfcb2488c1d1");
  assert_hash(counting, 129, "f7f3c46ba2564ff4c4c162da1f5b605f9f1c4aa6a20652a9f9a337c1a2f5b9c9");
  assert_hash(counting, 256, "39a7eb9fedc19aabc83425c6755dd90e6f9d0c804964a1f4aaeea3b9fb599835");
}

/* The keyed hash gives the reference digests, of nothing too. */
static void keyed_known_answers(void **state)
{
  (void)state;
  uint8_t out[TOPO_HASH_SIZE];
  struct topo_bytes part = {counting, sizeof counting};
  topo_hash_keyed(out, counting, &part, 1);
  test_assert_hex(out, 32, "b42be36ea26392f67d1d3706ffa72b6c61c2ff38e1fabd9a49e154d54b967d83");
  topo_hash_keyed(out, counting, NULL, 0);
  test_assert_hex(out, 32, "4e51e7a913fc80137da52880fecca175bf81e117d5c68126dc2774033517ea0d");
}

/* However a message is cut into parts, its hash is that of the whole. */
static void parts_are_concatenated(void **state)
{
  (void)state;
  for (size_t a = 0; a <= sizeof counting; a += 7)
    for (size_t b = a; b <= sizeof counting; b += 13) {
      uint8_t out[TOPO_HASH_SIZE];
      struct topo_bytes parts[] = {
          {counting, a}, {NULL, 0}, {counting + a, b - a}, {counting + b, sizeof counting - b}};
      topo_hash(out, parts, 4);
      test_assert_hex(out, 32, "39a7eb9fedc19aabc83425c6755dd90e6f9d0c804964a1f4aaeea3b9fb599835");
      topo_hash_keyed(out, counting, parts, 4);
      test_assert_hex(out, 32, "b42be36ea26392f67d1d3706ffa72b6c61c2ff38e1fabd9a49e154d54b967d83");
    }
}

/* KDF(k, label, x) = H_k(u8(len(label)) || label || x), with the outputs frozen. */
static void kdf_known_answers(void **state)
{
  (void)state;
  uint8_t out[32];
  topo_kdf(out, counting, "commit", NULL, 0);
  test_assert_hex(out, 32, "993c9bbfc3c5a5ab5839c34d55f7161df1d2a3992b7ab705ab3b8132bae2e618");
  topo_kdf(out, counting, "tag", counting + 0x40, 32);
  test_assert_hex(out, 32, "a601f8b1b4f4f3e8dbbf616b4f4b2a45808fb6a0a1fa0b2c34d5ccaf9c13fa37");
}

/* A key may be replaced by what is derived from it. */
static void kdf_in_place(void **state)
{
  (void)state;
  uint8_t key[32];
  memcpy(key, counting, sizeof key);
  topo_kdf(key, key, "commit", NULL, 0);
  test_assert_hex(key, 32, "993c9bbfc3c5a5ab5839c34d55f7161df1d2a3992b7ab705ab3b8132bae2e618");
}

/* The length byte keeps a label's end from being read as data. */
static void kdf_separates_label_and_data(void **state)
{
  (void)state;
  uint8_t a[32], b[32];
  topo_kdf(a, counting, "ab", "c", 1);
  topo_kdf(b, counting, "a", "bc", 2);
  assert_memory_not_equal(a, b, 32);
}

static void derive_with_65_characters(void)
{
  uint8_t out[32];
  topo_kdf(out, counting, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL,
           0);
}

static void derive_with_64_characters(void)
{
  uint8_t out[32];
  topo_kdf(out, counting, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL,
           0);
}

/* A label of 64 bytes (LABEL_LIMIT) is the longest; a longer one is a programmer's error. */
static void kdf_label_limit(void **state)
{
  (void)state;
  assert_false(test_aborts(derive_with_64_characters));
  assert_true(test_aborts(derive_with_65_characters));
}

/* The vectors of the SipHash paper's reference: key 00…0f, data 00, 01, 02 … */
static void short_known_answers(void **state)
{
  uint8_t key[16], data[15];
  (void)state;
  for (uint8_t i = 0; i < sizeof key; i++)
    key[i] = i;
  for (uint8_t i = 0; i < sizeof data; i++)
    data[i] = i;
  assert_true(topo_hash_short(key, data, 0) == 0x726fdb47dd0e0e31);
  assert_true(topo_hash_short(key, data, 15) == 0xa129ca6149be45e5);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(plain_known_answers),    cmocka_unit_test(keyed_known_answers),
      cmocka_unit_test(parts_are_concatenated), cmocka_unit_test(kdf_known_answers),
      cmocka_unit_test(kdf_in_place),           cmocka_unit_test(kdf_separates_label_and_data),
      cmocka_unit_test(kdf_label_limit),        cmocka_unit_test(short_known_answers),
  };
  return cmocka_run_group_tests_name("hash", tests, setup, NULL);
}
