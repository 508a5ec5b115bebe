/* test_name.c - names with pointers: loops end, and lengths are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lan/name.h"

#include <stdlib.h>
#include <string.h>

static size_t read_copy(const uint8_t *data, size_t len, size_t at, struct topo_lan_name *out)
{
  uint8_t *copy = malloc(len);
  assert_non_null(copy);
  memcpy(copy, data, len);
  size_t end = topo_lan_name_read((struct topo_bytes){copy, len}, at, out);
  free(copy);
  return end;
}

static void a_name_is_read_to_its_end(void **state)
{
  static const uint8_t m[] = "\5LoCal\0\3foo\xc0\0!";
  struct topo_lan_name name;
  (void)state;
  assert_int_equal(read_copy(m, sizeof m - 1, 0, &name), 7);
  assert_int_equal(name.len, 7);
  assert_memory_equal(name.bytes, "\5local", 7);
  assert_int_equal(read_copy(m, sizeof m - 1, 7, &name), 13);
  assert_int_equal(name.len, 11);
  assert_memory_equal(name.bytes, "\3foo\5local", 11);
}

/* Pointers to themselves, to each other, forwards, and into the middle of what was read. */
static void pointers_lead_back_and_nowhere_else(void **state)
{
  static const struct {
    const char *bytes;
    size_t len, at;
  } bad[] = {{"\xc0\0", 2, 0},
             {"\xc0\2\xc0\0", 4, 0},
             {"\xc0\2\xc0\0", 4, 2},
             {"\1a\xc0\0", 4, 0},
             {"\xc0\2\0", 3, 0},
             {"\1a\xc0\2", 4, 0},
             {"\xc0", 1, 0},
             {"\1a", 2, 0},
             {"\2a", 2, 0},
             {"\x40"
              "0123456789",
              11, 0},
             {"\x80\0", 2, 0},
             {"\1a\0", 3, 3}};
  struct topo_lan_name name;
  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_int_equal(read_copy((const uint8_t *)bad[i].bytes, bad[i].len, bad[i].at, &name), 0);
}

/* A chain of pointers, each to the one before: as many as the bound says, and one more. */
static void as_many_pointers_are_followed_as_the_bound_says(void **state)
{
  uint8_t m[1 + 2 * (TOPO_LAN_JUMPS_MAX + 1)] = {0};
  struct topo_lan_name name;
  (void)state;
  for (size_t i = 0; i <= TOPO_LAN_JUMPS_MAX; i++) {
    m[1 + 2 * i] = 0xc0;
    m[2 + 2 * i] = (uint8_t)(i ? 2 * i - 1 : 0);
  }
  assert_int_equal(read_copy(m, sizeof m, sizeof m - 4, &name), sizeof m - 2);
  assert_int_equal(name.len, 1);
  assert_int_equal(read_copy(m, sizeof m, sizeof m - 2, &name), 0);
}

/* Labels of one byte, up to TOPO_LAN_NAME_MAX with the last zero, and one more. */
static void a_name_is_as_long_as_the_bound_says(void **state)
{
  uint8_t m[TOPO_LAN_NAME_MAX + 2] = {0};
  struct topo_lan_name name;
  (void)state;
  for (size_t i = 0; i + 2 < TOPO_LAN_NAME_MAX; i += 2)
    m[i] = 1;
  assert_int_equal(read_copy(m, sizeof m, 0, &name), TOPO_LAN_NAME_MAX);
  assert_int_equal(name.len, TOPO_LAN_NAME_MAX);
  m[TOPO_LAN_NAME_MAX - 1] = 1;
  m[TOPO_LAN_NAME_MAX + 1] = 0;
  assert_int_equal(read_copy(m, sizeof m, 0, &name), 0);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_name_is_read_to_its_end),
      cmocka_unit_test(pointers_lead_back_and_nowhere_else),
      cmocka_unit_test(as_many_pointers_are_followed_as_the_bound_says),
      cmocka_unit_test(a_name_is_as_long_as_the_bound_says),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
