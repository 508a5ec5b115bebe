/*
 * test_torsion.c - a key with a small-order component is relied upon nowhere (docs/protocol.md §1):
 * not as the key of genesis, not as a device that countersigns, not as the key of an invite.
 *
 * Each signature here is one that libsodium accepts, because the component vanishes from k·A, and
 * that an event of a known device would pass with.
 */
#include "base/status.h"
#include "dag/authority_impl.h"
#include "lib/hex.h"

#include <sodium.h>

#define ASCII(text) ((struct topo_bytes){(const uint8_t *)(text), sizeof(text) - 1})

enum { TRIES = 4096 };

/* The key a·B + T with a = 2 and T of order 8, and the nonce 1. */
static const uint8_t one[32] = {1}, two[32] = {2};
static struct topo_id torsioned;
static uint8_t nonce_point[32];
static const struct topo_context context = {{{1}}, {{1}}};

static int setup(void **state)
{
  uint8_t torsion[32];
  (void)state;
  test_unhex(torsion, 32, "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");
  assert_int_equal(crypto_scalarmult_ed25519_base_noclamp(torsioned.bytes, two), 0);
  assert_int_equal(crypto_core_ed25519_add(torsioned.bytes, torsioned.bytes, torsion), 0);
  return crypto_scalarmult_ed25519_base_noclamp(nonce_point, one);
}

/* Signs the parts with the torsioned key. False when k is not a multiple of 8: the message must
 * then be another. */
static bool forge(uint8_t sig[static TOPO_SIG_SIZE], const struct topo_bytes *parts, size_t n)
{
  crypto_hash_sha512_state state;
  uint8_t wide[64], k[32];
  crypto_hash_sha512_init(&state);
  crypto_hash_sha512_update(&state, nonce_point, 32);
  crypto_hash_sha512_update(&state, torsioned.bytes, 32);
  for (size_t i = 0; i < n; i++)
    crypto_hash_sha512_update(&state, parts[i].data, parts[i].len);
  crypto_hash_sha512_final(&state, wide);
  crypto_core_ed25519_scalar_reduce(k, wide);
  memcpy(sig, nonce_point, 32);
  crypto_core_ed25519_scalar_mul(sig + 32, k, two);
  crypto_core_ed25519_scalar_add(sig + 32, sig + 32, one);
  if (k[0] % 8 != 0)
    return false;
  assert_int_equal(topo_verify_known(sig, &torsioned, parts, n), 0);
  return true;
}

static struct topo_bytes view(const struct topo_id *id)
{
  return (struct topo_bytes){id->bytes, sizeof id->bytes};
}

/* A device whose key is torsioned cannot countersign its credential. */
static void torsioned_device_is_no_device(void **state)
{
  struct topo_id user = {{2}}, auth = {{3}};
  uint8_t names[TOPO_CONTEXT_SIZE], sig[TOPO_SIG_SIZE];
  struct topo_act act = {.kind = TOPO_ACT_DEVICE, .device = torsioned, .countersign = sig};
  (void)state;
  topo_context_bytes(&context, names);
  const struct topo_bytes parts[] = {ASCII("topo/1 countersign"),
                                     {names, sizeof names},
                                     view(&user),
                                     view(&auth),
                                     view(&torsioned),
                                     view(&act.seal_key)};
  while (!forge(sig, parts, 6))
    act.seal_key.bytes[0]++;
  assert_int_equal(topo_check_countersign(&act, &context, &user, &auth), TOPO_ESIGNATURE);
}

/* An invite whose key is torsioned lets nobody in. */
static void torsioned_invite_key_proves_nothing(void **state)
{
  struct topo_id user = {{2}};
  uint8_t names[TOPO_CONTEXT_SIZE], slot[2] = {0}, sig[TOPO_SIG_SIZE];
  struct topo_act act = {.kind = TOPO_ACT_ADMISSION, .invite = {{4}}, .proof = sig};
  (void)state;
  topo_context_bytes(&context, names);
  const struct topo_bytes parts[] = {
      ASCII("topo/1 admission"), {names, sizeof names}, view(&act.invite),
      {slot, sizeof slot},       view(&user),           view(&act.device),
      view(&act.seal_key)};
  while (!forge(sig, parts, 7))
    act.seal_key.bytes[0]++;
  assert_int_equal(topo_check_proof(&act, &context, &torsioned, &user), TOPO_ESIGNATURE);
}

/* A control event of `type` by the torsioned key, whose signature a known device would pass with.
 */
static int verify_control(uint16_t type)
{
  uint8_t sig[TOPO_SIG_SIZE], names[TOPO_CONTEXT_SIZE];
  bool genesis = type == 1;
  const struct topo_context none = {{{0}}, {{0}}};
  topo_context_bytes(genesis ? &none : &context, names);
  for (uint64_t hlc = 1; hlc < TRIES; hlc++) {
    struct topo_buf raw = {0};
    struct topo_envelope e;
    topo_buf_put_u8(&raw, 1);
    topo_buf_put_u8(&raw, TOPO_CONTROL);
    topo_buf_put_u16(&raw, type);
    topo_buf_put_u64(&raw, hlc);
    topo_buf_put_id(&raw, &torsioned);
    topo_buf_put_id(&raw, genesis ? &topo_id_zero : &torsioned);
    topo_buf_put_u32(&raw, 0);
    topo_buf_put_id(&raw, &topo_id_zero);
    topo_buf_put_u8(&raw, 0);
    topo_buf_put_u16(&raw, 0);
    const struct topo_bytes parts[] = {
        ASCII("topo/1 control"), {names, sizeof names}, topo_buf_view(&raw)};
    bool forged = forge(sig, parts, 3);
    topo_buf_put(&raw, sig, sizeof sig);
    assert_int_equal(topo_envelope_decode(&e, &context, topo_buf_view(&raw)), 0);
    int status = topo_envelope_verify(&e, &context);
    topo_buf_finish(&raw);
    if (forged)
      return status;
  }
  fail_msg("no message fits");
  return 0;
}

/* Genesis is by a key that nothing has shown to be good yet, so its order is looked at; any other
 * event is by the device of a credential, whose order has been. */
static void torsioned_genesis_is_no_genesis(void **state)
{
  (void)state;
  assert_int_equal(verify_control(1), TOPO_ESIGNATURE);
  assert_int_equal(verify_control(2), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(torsioned_device_is_no_device),
      cmocka_unit_test(torsioned_invite_key_proves_nothing),
      cmocka_unit_test(torsioned_genesis_is_no_genesis),
  };
  return cmocka_run_group_tests_name("torsion", tests, setup, NULL);
}
