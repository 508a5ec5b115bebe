/* Ed25519 over parts: the vectors of RFC 8032 §7.1, cuts, sizes, and memory running out. */
#include "crypto/sign.h"

#include "base/status.h"
#include "lib/aborts.h"
#include "lib/hex.h"

#include <sodium.h>
#include <stdlib.h>

/* The linker sends the library's malloc here (--wrap). */
static bool memory_is_out;
static int allocations;
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
  allocations++;
  return memory_is_out ? NULL : __real_malloc(size);
}

struct vector {
  const char *seed, *public_key, *message, *sig;
};

/* TEST 1, 2, 3, 1024 and SHA(abc). */
static const struct vector rfc8032[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    {"f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5",
     "278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e",
     "08b8b2b733424243760fe426a4b54908632110a66c2f6591eabd3345e3e4eb98"
     "fa6e264bf09efe12ee50f8f54e9f77b1e355f6c50544e23fb1433ddf73be84d8"
     "79de7c0046dc4996d9e773f4bc9efe5738829adb26c81b37c93a1b270b20329d"
     "658675fc6ea534e0810a4432826bf58c941efb65d57a338bbd2e26640f89ffbc"
     "1a858efcb8550ee3a5e1998bd177e93a7363c344fe6b199ee5d02e82d522c4fe"
     "ba15452f80288a821a579116ec6dad2b3b310da903401aa62100ab5d1a36553e"
     "06203b33890cc9b832f79ef80560ccb9a39ce767967ed628c6ad573cb116dbef"
     "efd75499da96bd68a8a97b928a8bbc103b6621fcde2beca1231d206be6cd9ec7"
     "aff6f6c94fcd7204ed3455c68c83f4a41da4af2b74ef5c53f1d8ac70bdcb7ed1"
     "85ce81bd84359d44254d95629e9855a94a7c1958d1f8ada5d0532ed8a5aa3fb2"
     "d17ba70eb6248e594e1a2297acbbb39d502f1a8c6eb6f1ce22b3de1a1f40cc24"
     "554119a831a9aad6079cad88425de6bde1a9187ebb6092cf67bf2b13fd65f270"
     "88d78b7e883c8759d2c4f5c65adb7553878ad575f9fad878e80a0c9ba63bcbcc"
     "2732e69485bbc9c90bfbd62481d9089beccf80cfe2df16a2cf65bd92dd597b07"
     "07e0917af48bbb75fed413d238f5555a7a569d80c3414a8d0859dc65a46128ba"
     "b27af87a71314f318c782b23ebfe808b82b0ce26401d2e22f04d83d1255dc51a"
     "ddd3b75a2b1ae0784504df543af8969be3ea7082ff7fc9888c144da2af58429e"
     "c96031dbcad3dad9af0dcbaaaf268cb8fcffead94f3c7ca495e056a9b47acdb7"
     "51fb73e666c6c655ade8297297d07ad1ba5e43f1bca32301651339e22904cc8c"
     "42f58c30c04aafdb038dda0847dd988dcda6f3bfd15c4b4c4525004aa06eeff8"
     "ca61783aacec57fb3d1f92b0fe2fd1a85f6724517b65e614ad6808d6f6ee34df"
     "f7310fdc82aebfd904b01e1dc54b2927094b2db68d6f903b68401adebf5a7e08"
     "d78ff4ef5d63653a65040cf9bfd4aca7984a74d37145986780fc0b16ac451649"
     "de6188a7dbdf191f64b5fc5e2ab47b57f7f7276cd419c17a3ca8e1b939ae49e4"
     "88acba6b965610b5480109c8b17b80e1b7b750dfc7598d5d5011fd2dcc5600a3"
     "2ef5b52a1ecc820e308aa342721aac0943bf6686b64b2579376504ccc493d97e"
     "6aed3fb0f9cd71a43dd497f01f17c0e2cb3797aa2a2f256656168e6c496afc5f"
     "b93246f6b1116398a346f1a641f3b041e989f7914f90cc2c7fff357876e506b5"
     "0d334ba77c225bc307ba537152f3f1610e4eafe595f6d9d90d11faa933a15ef1"
     "369546868a7f3a45a96768d40fd9d03412c091c6315cf4fde7cb68606937380d"
     "b2eaaa707b4c4185c32eddcdd306705e4dc1ffc872eeee475a64dfac86aba41c"
     "0618983f8741c5ef68d3a101e8a3b8cac60c905c15fc910840b94c00a0b9d0",
     "0aab4c900501b3e24d7cdf4663326a3a87df5e4843b2cbdb67cbf6e460fec350"
     "aa5371b1508f9f4528ecea23c436d94b5e8fcd4f681e30a6ac00a9704a188a03"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
     "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"},
};
enum { VECTORS = sizeof rfc8032 / sizeof rfc8032[0] };

static struct topo_sign_key key_of(const char *seed_hex)
{
  struct topo_sign_key key;
  uint8_t seed[32];
  test_unhex(seed, 32, seed_hex);
  topo_sign_key_from_seed(&key, seed);
  return key;
}

/* Keys, signatures and verification are those of the RFC, in one piece and cut anywhere in two. */
static void rfc_8032_vectors(void **state)
{
  (void)state;
  for (size_t i = 0; i < VECTORS; i++) {
    uint8_t message[1024], sig[64];
    size_t len = test_unhex(message, sizeof message, rfc8032[i].message);
    struct topo_sign_key key = key_of(rfc8032[i].seed);
    test_assert_hex(key.seed, 32, rfc8032[i].seed);
    test_assert_hex(key.public_key.bytes, 32, rfc8032[i].public_key);
    for (size_t cut = 0; cut <= len; cut += cut < 40 ? 1 : 97) {
      const struct topo_bytes parts[] = {{message, cut}, {message + cut, len - cut}};
      topo_sign(sig, &key, parts, 2);
      test_assert_hex(sig, 64, rfc8032[i].sig);
      assert_int_equal(topo_verify(sig, &key.public_key, parts, 2), 0);
    }
  }
}

/* The prehashed variant's signature (RFC 8032 §7.3) is not one of ours. */
static void ed25519ph_is_another_scheme(void **state)
{
  (void)state;
  struct topo_sign_key key = key_of(rfc8032[4].seed);
  const struct topo_bytes abc = {(const uint8_t *)"abc", 3};
  uint8_t sig[64];
  test_unhex(sig, 64,
             "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41"
             "31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406");
  assert_int_equal(topo_verify(sig, &key.public_key, &abc, 1), TOPO_ESIGNATURE);
}

/* Parts cut at random, empty ones among them, sign and verify as libsodium does their
 * concatenation, at sizes around the hash's block, the stack's limit and the largest event. */
static void parts_are_concatenated(void **state)
{
  (void)state;
  static const size_t sizes[] = {0,   1,   2,   31,   32,   63,   64,   95,   96,    111,  112,
                                 127, 128, 129, 1000, 2047, 2048, 2049, 4096, 65536, 70001};
  enum { LONGEST = 70001 };
  static uint8_t message[LONGEST];
  uint64_t random = 2;
  struct topo_sign_key key = key_of(rfc8032[2].seed);
  uint8_t secret[64], sig[64], expected[64];
  memcpy(secret, key.seed, 32);
  memcpy(secret + 32, key.public_key.bytes, 32);
  test_fill(&random, message, LONGEST);
  for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
    crypto_sign_detached(expected, NULL, message, sizes[s], secret);
    for (size_t n = 1; n <= 8; n++) {
      struct topo_bytes parts[8];
      size_t at = 0;
      for (size_t i = 0; i < n; i++) {
        size_t left = sizes[s] - at;
        size_t len = i + 1 == n               ? left
                     : test_next(&random) % 4 ? test_next(&random) % (left + 1)
                                              : 0;
        parts[i] = (struct topo_bytes){len ? message + at : NULL, len};
        at += len;
      }
      topo_sign(sig, &key, parts, n);
      assert_memory_equal(sig, expected, 64);
      assert_int_equal(topo_verify(sig, &key.public_key, parts, n), 0);
      sig[40] ^= 1;
      assert_int_equal(topo_verify(sig, &key.public_key, parts, n), TOPO_ESIGNATURE);
    }
  }
}

/* No parts at all are the empty message. */
static void no_parts(void **state)
{
  (void)state;
  struct topo_sign_key key = key_of(rfc8032[0].seed);
  uint8_t sig[64];
  topo_sign(sig, &key, NULL, 0);
  test_assert_hex(sig, 64, rfc8032[0].sig);
  assert_int_equal(topo_verify(sig, &key.public_key, NULL, 0), 0);
}

/* Flipping any one bit of the signature, the key or the message makes it invalid. */
static void every_flipped_bit_is_noticed(void **state)
{
  (void)state;
  struct topo_sign_key key = key_of(rfc8032[4].seed);
  uint8_t message[64], sig[64];
  test_unhex(message, 64, rfc8032[4].message);
  const struct topo_bytes parts[] = {{message, 20}, {message + 20, 44}};
  topo_sign(sig, &key, parts, 2);
  struct {
    uint8_t *at;
    size_t len;
  } targets[] = {{sig, 64}, {key.public_key.bytes, 32}, {message, 64}};
  for (size_t t = 0; t < 3; t++)
    for (size_t bit = 0; bit < targets[t].len * 8; bit++) {
      targets[t].at[bit / 8] ^= (uint8_t)(1 << bit % 8);
      assert_int_equal(topo_verify(sig, &key.public_key, parts, 2), TOPO_ESIGNATURE);
      targets[t].at[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
  assert_int_equal(topo_verify(sig, &key.public_key, parts, 2), 0);
}

/* Signing and verifying take memory from the heap only for a long message in several pieces, and
 * only verifying does; when there is none the answer is TOPO_ENOMEM, not a verdict. */
static void memory_runs_out(void **state)
{
  (void)state;
  static uint8_t message[TOPO_VERIFY_STACK + 1];
  struct topo_sign_key key = key_of(rfc8032[1].seed);
  uint8_t sig[64];
  const struct topo_bytes fits[] = {{message, 1}, {message, TOPO_VERIFY_STACK - 1}};
  const struct topo_bytes spills[] = {{message, 1}, {message, TOPO_VERIFY_STACK}};
  const struct topo_bytes whole[] = {{NULL, 0}, {message, TOPO_VERIFY_STACK + 1}};
  memory_is_out = true;
  allocations = 0;
  topo_sign(sig, &key, fits, 2);
  int small = topo_verify(sig, &key.public_key, fits, 2);
  topo_sign(sig, &key, whole, 2);
  int one_piece = topo_verify(sig, &key.public_key, whole, 2);
  topo_sign(sig, &key, spills, 2);
  int before = allocations;
  int large = topo_verify(sig, &key.public_key, spills, 2);
  memory_is_out = false;
  assert_int_equal(small, 0);
  assert_int_equal(one_piece, 0);
  assert_int_equal(before, 0);
  assert_int_equal(large, TOPO_ENOMEM);
  assert_int_equal(topo_verify(sig, &key.public_key, spills, 2), 0);
}

static void sign_nine_parts(void)
{
  struct topo_sign_key key = key_of(rfc8032[0].seed);
  struct topo_bytes parts[9] = {{NULL, 0}};
  uint8_t sig[64];
  topo_sign(sig, &key, parts, 9);
}

static void verify_nine_parts(void)
{
  struct topo_sign_key key = key_of(rfc8032[0].seed);
  struct topo_bytes parts[9] = {{NULL, 0}};
  const uint8_t sig[64] = {0};
  topo_verify(sig, &key.public_key, parts, 9);
}

/* Eight parts (PARTS_LIMIT) pass, as parts_are_concatenated shows; more are a programmer's error.
 */
static void parts_limit(void **state)
{
  (void)state;
  assert_true(test_aborts(sign_nine_parts));
  assert_true(test_aborts(verify_nine_parts));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rfc_8032_vectors),
      cmocka_unit_test(ed25519ph_is_another_scheme),
      cmocka_unit_test(parts_are_concatenated),
      cmocka_unit_test(no_parts),
      cmocka_unit_test(every_flipped_bit_is_noticed),
      cmocka_unit_test(memory_runs_out),
      cmocka_unit_test(parts_limit),
  };
  return cmocka_run_group_tests_name("sign", tests, NULL, NULL);
}
