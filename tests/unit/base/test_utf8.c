/*
 * Strict UTF-8 against a naive decoder, which takes the definition at its word: a sequence is valid
 * when it is exactly what encoding its code point gives, and the code point is a Unicode scalar
 * value.
 */
#include "base/bytes.h"

#include "lib/hex.h"

/* RFC 3629 §3, the table, for any number up to 0x1fffff; returns the length. */
static size_t encode(uint8_t out[static 4], uint32_t c)
{
  if (c < 0x80) {
    out[0] = (uint8_t)c;
    return 1;
  }
  size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
  for (size_t i = n - 1; i > 0; i--, c >>= 6)
    out[i] = (uint8_t)(0x80 | (c & 0x3f));
  out[0] = (uint8_t)(lead[n] | c);
  return n;
}

static bool is_scalar_value(uint32_t c)
{
  return c <= 0x10ffff && !(c >= 0xd800 && c <= 0xdfff);
}

static uint32_t naive_decode(const uint8_t *p, size_t n)
{
  static const uint8_t mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  uint32_t c = p[0] & mask[n];
  for (size_t i = 1; i < n; i++)
    c = c << 6 | (p[i] & 0x3f);
  return c;
}

static bool naive_valid(const uint8_t *p, size_t len)
{
  if (len == 0)
    return true;
  for (size_t n = 1; n <= 4 && n <= len; n++) {
    uint8_t again[4];
    uint32_t c = naive_decode(p, n);
    if (is_scalar_value(c) && encode(again, c) == n && memcmp(again, p, n) == 0)
      return naive_valid(p + n, len - n);
  }
  return false;
}

/* Every string of one, two and three bytes, all 16,843,008 of them. */
static void all_strings_up_to_three_bytes(void **state)
{
  (void)state;
  uint8_t s[3];
  for (uint32_t v = 0; v < UINT32_C(1) << 24; v++) {
    s[0] = (uint8_t)(v >> 16);
    s[1] = (uint8_t)(v >> 8);
    s[2] = (uint8_t)v;
    bool same = topo_utf8_valid(s, 3) == naive_valid(s, 3);
    if ((v & 0xff) == 0)
      same = same && topo_utf8_valid(s, 2) == naive_valid(s, 2);
    if ((v & 0xffff) == 0)
      same = same && topo_utf8_valid(s, 1) == naive_valid(s, 1);
    if (!same)
      fail_msg("they differ about %02x %02x %02x", s[0], s[1], s[2]);
  }
}

/* Strings of four bytes that begin one long sequence: every first and second byte from e0 on, third
 * and fourth at the edges of each range. */
static void four_bytes_at_the_edges(void **state)
{
  (void)state;
  static const uint8_t edges[] = {0x00, 0x7f, 0x80, 0x81, 0x8f, 0x90, 0x9f,
                                  0xa0, 0xbe, 0xbf, 0xc0, 0xc2, 0xff};
  for (unsigned first = 0xe0; first <= 0xff; first++)
    for (unsigned second = 0; second <= 0xff; second++)
      for (size_t i = 0; i < sizeof edges; i++)
        for (size_t j = 0; j < sizeof edges; j++) {
          const uint8_t s[] = {(uint8_t)first, (uint8_t)second, edges[i], edges[j]};
          assert_int_equal(topo_utf8_valid(s, 4), naive_valid(s, 4));
        }
}

/* Every code point is valid exactly when it is a scalar value, alone and between letters; cut short
 * it never is. */
static void every_code_point(void **state)
{
  (void)state;
  for (uint32_t c = 0; c <= 0x1fffff; c++) {
    uint8_t s[6] = {'a'};
    size_t n = encode(s + 1, c);
    s[1 + n] = 'z';
    bool ok = topo_utf8_valid(s + 1, n) == is_scalar_value(c) &&
              topo_utf8_valid(s, n + 2) == is_scalar_value(c);
    for (size_t cut = 1; cut < n; cut++)
      ok = ok && !topo_utf8_valid(s + 1, cut);
    if (!ok)
      fail_msg("wrong about U+%04X", (unsigned)c);
  }
}

/* The boundaries of RFC 3629 by name, so that the oracle is not the only witness. */
static void named_boundaries(void **state)
{
  (void)state;
  static const struct {
    const char *hex;
    bool valid;
  } cases[] = {
      {"", true},
      {"00", true},
      {"7f", true},
      {"80", false},
      {"bf", false},
      {"c080", false},
      {"c1bf", false},
      {"c280", true},
      {"dfbf", true},
      {"e09fbf", false},
      {"e0a080", true},
      {"ed9fbf", true},
      {"eda080", false},
      {"edbfbf", false},
      {"ee8080", true},
      {"efbfbf", true},
      {"f08fbfbf", false},
      {"f0908080", true},
      {"f48fbfbf", true},
      {"f4908080", false},
      {"f5808080", false},
      {"f888808080", false},
      {"fe", false},
      {"ff", false},
      {"eda081edb080", false},
      {"efbbbf", true},
      {"f09f8e89", true},
      {"c3a4c3", false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    uint8_t s[8];
    size_t len = test_unhex(s, sizeof s, cases[i].hex);
    assert_int_equal(topo_utf8_valid(s, len), cases[i].valid);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(named_boundaries),
      cmocka_unit_test(all_strings_up_to_three_bytes),
      cmocka_unit_test(four_bytes_at_the_edges),
      cmocka_unit_test(every_code_point),
  };
  return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
