/* test_cursor.c - cursors: what is written is read back, and nothing else is read. */
#include "views/cursor.h"

#include "base/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void a_cursor_survives_its_text(void **state)
{
  static const uint64_t clocks[] = {0, 1, 0x0123456789abcdef, INT64_MAX};
  (void)state;
  for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
    struct topo_cursor a = {.hlc = clocks[i]}, b;
    memset(a.id.bytes, (int)(0xf0 + i), TOPO_ID_SIZE);
    char text[TOPO_CURSOR_TEXT_SIZE];
    topo_cursor_format(text, &a);
    assert_int_equal(strlen(text), TOPO_CURSOR_TEXT_SIZE - 1);
    assert_int_equal(topo_cursor_parse(&b, text, strlen(text)), 0);
    assert_true(a.hlc == b.hlc && topo_id_equal(&a.id, &b.id));
  }
}

static void other_texts_are_refused(void **state)
{
  struct topo_cursor cursor = {.hlc = (uint64_t)INT64_MAX + 1}, out;
  char text[TOPO_CURSOR_TEXT_SIZE + 1];
  (void)state;
  topo_cursor_format(text, &cursor);
  assert_int_equal(topo_cursor_parse(&out, text, strlen(text)), TOPO_EINVAL);
  cursor.hlc = 7;
  topo_cursor_format(text, &cursor);
  assert_int_equal(topo_cursor_parse(&out, "", 0), TOPO_EINVAL);
  assert_int_equal(topo_cursor_parse(&out, text, TOPO_CURSOR_TEXT_SIZE - 2), TOPO_EINVAL);
  text[TOPO_CURSOR_TEXT_SIZE - 1] = 'A';
  assert_int_equal(topo_cursor_parse(&out, text, TOPO_CURSOR_TEXT_SIZE), TOPO_EINVAL);
  text[3] = '+';
  assert_int_equal(topo_cursor_parse(&out, text, TOPO_CURSOR_TEXT_SIZE - 1), TOPO_EINVAL);
  text[3] = 'A';
  text[TOPO_CURSOR_TEXT_SIZE - 2] = 'B'; /* spare bits that are not zero */
  assert_int_equal(topo_cursor_parse(&out, text, TOPO_CURSOR_TEXT_SIZE - 1), TOPO_EINVAL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_cursor_survives_its_text),
      cmocka_unit_test(other_texts_are_refused),
  };
  return cmocka_run_group_tests_name("cursor", tests, NULL, NULL);
}
