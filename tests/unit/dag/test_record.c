/* test_record.c - the outside of device records (docs/protocol.md §2.5): what is a record, what its
 * id and its signature cover, and that a batch checks it like anything that peers send. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "base/status.h"
#include "dag/check.h"

enum { HEAD = 2 + 32 + 8 + 2 /* version, kind, device, number, length of the body */ };

static const struct topo_context here = {{{1}}, {{1}}}, elsewhere = {{{2}}, {{1}}};

static struct topo_sign_key key_of(uint8_t n)
{
  uint8_t seed[32] = {n};
  struct topo_sign_key key;
  topo_sign_key_from_seed(&key, seed);
  return key;
}

static void write(struct topo_buf *out, uint64_t seq, size_t len)
{
  static const uint8_t body[TOPO_RECORD_MAX];
  struct topo_sign_key key = key_of(1);
  topo_buf_clear(out);
  assert_int_equal(
      topo_envelope_write_record(out, seq, (struct topo_bytes){body, len}, &here, &key), 0);
}

static int decode(const struct topo_buf *raw, struct topo_envelope *e)
{
  return topo_envelope_decode(e, &here, topo_buf_view(raw));
}

static void what_is_written_is_read(void **state)
{
  struct topo_buf raw = {0};
  struct topo_envelope e;
  (void)state;
  for (size_t len = 0; len <= TOPO_RECORD_MAX; len += TOPO_RECORD_MAX / 4) {
    struct topo_sign_key key = key_of(1);
    write(&raw, 77, len);
    assert_int_equal(decode(&raw, &e), 0);
    assert_int_equal(e.kind, TOPO_RECORD);
    assert_int_equal(e.hlc, 77);
    assert_int_equal(e.body.len, len);
    assert_true(topo_id_equal(&e.signer, &key.public_key));
    assert_int_equal(topo_envelope_verify(&e, &here), 0);
    assert_int_equal(topo_envelope_verify(&e, &elsewhere), TOPO_ESIGNATURE);
  }
  topo_buf_finish(&raw);
}

static void every_byte_counts(void **state)
{
  struct topo_buf raw = {0};
  struct topo_envelope e, changed;
  (void)state;
  write(&raw, 77, 20);
  assert_int_equal(decode(&raw, &e), 0);
  for (size_t i = 0; i < raw.len; i++) {
    raw.data[i] ^= 1;
    int status = decode(&raw, &changed);
    if (status == 0) {
      assert_false(topo_id_equal(&e.id, &changed.id));
      assert_int_equal(topo_envelope_verify(&changed, &here), TOPO_ESIGNATURE);
    }
    raw.data[i] ^= 1;
  }
  topo_buf_finish(&raw);
}

static void what_is_no_record_is_malformed(void **state)
{
  struct topo_buf raw = {0};
  struct topo_envelope e;
  (void)state;
  write(&raw, 1, TOPO_RECORD_MAX);
  memset(raw.data + 2 + 32, 0, 8); /* numbers begin with 1 */
  assert_int_equal(decode(&raw, &e), TOPO_EMALFORMED);
  raw.data[2 + 32] = 0x80; /* and end below 2^63 */
  assert_int_equal(decode(&raw, &e), TOPO_EMALFORMED);
  write(&raw, 1, TOPO_RECORD_MAX);
  for (size_t len = 0; len < raw.len; len++) {
    struct topo_bytes cut = {raw.data, len};
    assert_int_equal(topo_envelope_decode(&e, &here, cut), TOPO_EMALFORMED);
  }
  /* One byte more in the body, and it says so. */
  topo_buf_put_u8(&raw, 0);
  assert_int_equal(decode(&raw, &e), TOPO_EMALFORMED);
  uint16_t longer = TOPO_RECORD_MAX + 1;
  raw.data[HEAD - 2] = (uint8_t)(longer >> 8);
  raw.data[HEAD - 1] = (uint8_t)longer;
  assert_int_equal(decode(&raw, &e), TOPO_EMALFORMED);
  topo_buf_finish(&raw);
}

static void put(struct topo_buf *out, const struct topo_buf *raw)
{
  topo_buf_put_u32(out, (uint32_t)raw->len);
  topo_buf_put(out, raw->data, raw->len);
}

/* Of three in a batch the one with a wrong signature is not authentic, and one that comes twice is
 * a duplicate. */
static void a_batch_checks_records(void **state)
{
  struct topo_buf raw = {0}, all = {0};
  struct topo_keyring *keys = topo_keyring_create();
  struct topo_batch *batch = topo_batch_create(&here, keys);
  (void)state;
  write(&raw, 5, 8);
  put(&all, &raw);
  put(&all, &raw);
  write(&raw, 6, 8);
  raw.data[raw.len - 1] ^= 1;
  put(&all, &raw);
  assert_int_equal(topo_batch_add(batch, all.data, all.len), 0);
  topo_batch_check(batch);
  assert_int_equal(batch->status, 0);
  assert_int_equal(batch->events[0].duplicate + batch->events[1].duplicate, 1);
  assert_int_equal(batch->events[0].authentic + batch->events[1].authentic, 1);
  assert_int_equal(batch->events[2].status, 0);
  assert_false(batch->events[2].authentic);
  topo_batch_destroy(batch);
  topo_keyring_release(keys);
  topo_buf_finish(&raw);
  topo_buf_finish(&all);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_written_is_read),
      cmocka_unit_test(every_byte_counts),
      cmocka_unit_test(what_is_no_record_is_malformed),
      cmocka_unit_test(a_batch_checks_records),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
