/* test_sum.c - varints, sums modulo 2^256 and fingerprints. */
#include "sync/sum.h"
#include "sync/varint.h"
#include "unit/sync/exchange.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Goal: numbers are written with as few digits as possible, most significant first. */
static void varints_have_known_forms(void **state)
{
  (void)state;
  static const struct {
    uint64_t v;
    size_t len;
    uint8_t bytes[TOPO_VARINT_MAX];
  } forms[] = {
      {0, 1, {0x00}},
      {127, 1, {0x7f}},
      {128, 2, {0x81, 0x00}},
      {16383, 2, {0xff, 0x7f}},
      {16384, 3, {0x81, 0x80, 0x00}},
      {UINT64_MAX, 10, {0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}},
  };
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    uint8_t out[TOPO_VARINT_MAX];
    assert_int_equal(topo_varint_encode(out, forms[i].v), forms[i].len);
    assert_memory_equal(out, forms[i].bytes, forms[i].len);
    struct topo_reader r = topo_reader_init(out, forms[i].len);
    assert_int_equal(topo_varint_read(&r), forms[i].v);
    assert_false(r.failed);
    assert_int_equal(topo_reader_left(&r), 0);
  }
}

static void check_refused(const char *bytes, size_t len)
{
  struct topo_reader r = topo_reader_init(bytes, len);
  assert_int_equal(topo_varint_read(&r), 0);
  assert_true(r.failed);
}

/* Goal: a number has one form only, fits in 64 bits and ends. */
static void other_varints_are_refused(void **state)
{
  (void)state;
  check_refused("", 0);
  check_refused("\x81", 1);
  check_refused("\x80\x01", 2);
  check_refused("\x82\x80\x80\x80\x80\x80\x80\x80\x80\x00", 10);
  check_refused("\x81\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 11);
}

/* Goal: carries go through all 32 bytes, least significant first, and fall off the end. */
static void sums_carry_modulo_2_256(void **state)
{
  (void)state;
  struct topo_sum sum = {{0}, 0};
  struct topo_id ones, one = {{1}};
  memset(ones.bytes, 0xff, sizeof ones.bytes);
  topo_sum_add_id(&sum, &ones);
  topo_sum_add_id(&sum, &one);
  for (int i = 0; i < 4; i++)
    assert_int_equal(sum.words[i], 0);
  assert_int_equal(sum.count, 2);
}

/* The bytes of a - b or a + b modulo 2^256, digit by digit. */
static void add_bytes(uint8_t a[static 32], const uint8_t b[static 32])
{
  unsigned carry = 0;
  for (int i = 0; i < 32; i++) {
    carry += (unsigned)a[i] + b[i];
    a[i] = (uint8_t)(carry & 0xff);
    carry >>= 8;
  }
}

/* Goal: sums of random ids agree with addition byte by byte, and subtraction undoes addition. */
static void sums_agree_with_byte_arithmetic(void **state)
{
  (void)state;
  uint64_t rng = 77;
  struct topo_sum sum = {{0}, 0};
  uint8_t expected[32] = {0};
  for (int i = 0; i < 2000; i++) {
    struct topo_id id;
    draw_id(&rng, &id);
    if (i % 3 == 0)
      memset(id.bytes + draw_below(&rng, 32), 0xff, 1);
    if (i % 5 == 0)
      memset(id.bytes, i & 1 ? 0xff : 0, 24);
    struct topo_sum before = sum, single = {{0}, 0};
    topo_sum_add_id(&single, &id);
    topo_sum_add(&sum, &single);
    add_bytes(expected, id.bytes);
    for (size_t k = 0; k < 32; k++)
      assert_int_equal((uint8_t)(sum.words[k / 8] >> (8 * (k % 8))), expected[k]);
    struct topo_sum back = sum;
    topo_sum_subtract(&back, &single);
    assert_memory_equal(&back, &before, sizeof back);
  }
}

/* Goal: the fingerprint of nothing is that of 33 zero bytes: SHA-256
 * 7f9c9e31ac8256ca2f258583df262dbc… (computed with sha256sum). */
static void fingerprint_of_nothing_is_known(void **state)
{
  (void)state;
  static const uint8_t expected[TOPO_FINGERPRINT_SIZE] = {0x7f, 0x9c, 0x9e, 0x31, 0xac, 0x82,
                                                          0x56, 0xca, 0x2f, 0x25, 0x85, 0x83,
                                                          0xdf, 0x26, 0x2d, 0xbc};
  struct topo_sum sum = {{0}, 0};
  uint8_t out[TOPO_FINGERPRINT_SIZE];
  topo_sum_fingerprint(&sum, out);
  assert_memory_equal(out, expected, sizeof expected);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(varints_have_known_forms),
      cmocka_unit_test(other_varints_are_refused),
      cmocka_unit_test(sums_carry_modulo_2_256),
      cmocka_unit_test(sums_agree_with_byte_arithmetic),
      cmocka_unit_test(fingerprint_of_nothing_is_known),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
