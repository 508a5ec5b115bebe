/* hex.h - known answers written as hexadecimal, for unit tests. */
#ifndef TOPO_TESTS_LIB_HEX_H
#define TOPO_TESTS_LIB_HEX_H

#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static inline uint8_t test_hex_digit(char c)
{
  const char *digits = "0123456789abcdef", *at = strchr(digits, c);
  assert_true(c && at);
  return (uint8_t)(at - digits);
}

/* Writes the bytes of lower-case `hex` to `out`, which has room for `cap`; returns how many. */
static inline size_t test_unhex(uint8_t *out, size_t cap, const char *hex)
{
  size_t len = strlen(hex) / 2;
  assert_true(strlen(hex) % 2 == 0 && len <= cap);
  for (size_t i = 0; i < len; i++)
    out[i] = (uint8_t)(test_hex_digit(hex[2 * i]) << 4 | test_hex_digit(hex[2 * i + 1]));
  return len;
}

/* Fails unless the `len` bytes at `data` are those of `hex`. */
static inline void test_assert_hex(const void *data, size_t len, const char *hex)
{
  uint8_t want[4096];
  assert_int_equal(test_unhex(want, sizeof want, hex), len);
  assert_memory_equal(data, want, len);
}

/* The next number of a fixed sequence (splitmix64): the same garbage in every run. */
static inline uint64_t test_next(uint64_t *state)
{
  uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

static inline void test_fill(uint64_t *state, uint8_t *out, size_t len)
{
  for (size_t i = 0; i < len; i++)
    out[i] = (uint8_t)test_next(state);
}

#endif
