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
    struct topo_cursor a = {.place = clocks[i]}, b;
    memset(a.id.bytes, (int)(0xf0 + i), TOPO_ID_SIZE);
    char text[TOPO_CURSOR_TEXT_SIZE];
    topo_cursor_format(text, &a);
    assert_int_equal(strlen(text), TOPO_CURSOR_TEXT_SIZE - 1);
    assert_int_equal(topo_cursor_parse(&b, text, strlen(text)), 0);
    assert_true(a.place == b.place && topo_id_equal(&a.id, &b.id));
  }
}

static void other_texts_are_refused(void **state)
{
  struct topo_cursor cursor = {.place = (uint64_t)INT64_MAX + 1}, out;
  char text[TOPO_CURSOR_TEXT_SIZE + 1];
  (void)state;
  topo_cursor_format(text, &cursor);
  assert_int_equal(topo_cursor_parse(&out, text, strlen(text)), TOPO_EINVAL);
  cursor.place = 7;
  topo_cursor_format(text, &cursor);
  assert_int_equal(topo_cursor_parse(&out, "", 0), TOPO_EINVAL);
  assert_int_equal(topo_cursor_parse(&out, text, TOPO_CURSOR_TEXT_SIZE - 2), TOPO_EINVAL);
  text[TOPO_CURSOR_TEXT_SIZE - 1] = '0';
  assert_int_equal(topo_cursor_parse(&out, text, TOPO_CURSOR_TEXT_SIZE), TOPO_EINVAL);
  for (const char *c = "=/:`wzAV"; *c; c++) {
    text[TOPO_CURSOR_TEXT_SIZE - 2] = *c;
    assert_int_equal(topo_cursor_parse(&out, text, TOPO_CURSOR_TEXT_SIZE - 1), TOPO_EINVAL);
  }
}

static void the_text_is_base32hex(void **state)
{
  /* RFC 4648 §10 has "fooba" as CPNMUOJ1. */
  struct topo_cursor cursor = {.place = 0x666f6f6261666f6f};
  char text[TOPO_CURSOR_TEXT_SIZE];
  (void)state;
  memcpy(cursor.id.bytes, "ba", 2);
  for (size_t i = 2; i < TOPO_ID_SIZE; i++)
    cursor.id.bytes[i] = (uint8_t) "fooba"[(i - 2) % 5];
  topo_cursor_format(text, &cursor);
  for (size_t i = 0; i < TOPO_CURSOR_TEXT_SIZE - 1; i += 8)
    assert_memory_equal(text + i, "cpnmuoj1", 8);
}

/* Of every two places the texts compare as (place, id) do. */
static void texts_are_ordered_as_places_are(void **state)
{
  static const uint64_t clocks[] = {0, 1, 31, 32, 0xff, 0x100, 0x0123456789abcdef, INT64_MAX};
  static const uint8_t ends[] = {0, 1, 7, 8, 0x7f, 0x80, 0xff};
  enum { CLOCKS = sizeof clocks / sizeof *clocks, ENDS = sizeof ends, ALL = CLOCKS * ENDS * 2 };
  char texts[ALL][TOPO_CURSOR_TEXT_SIZE];
  size_t n = 0;
  (void)state;
  for (size_t i = 0; i < CLOCKS; i++)
    for (int first = 0; first < 2; first++)
      for (size_t k = 0; k < ENDS; k++) {
        struct topo_cursor cursor = {.place = clocks[i]};
        cursor.id.bytes[0] = first ? 0xc0 : 0;
        cursor.id.bytes[TOPO_ID_SIZE - 1] = ends[k];
        topo_cursor_format(texts[n++], &cursor);
      }
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < n; k++) {
      int order = strcmp(texts[i], texts[k]);
      assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
    }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_cursor_survives_its_text),
      cmocka_unit_test(other_texts_are_refused),
      cmocka_unit_test(the_text_is_base32hex),
      cmocka_unit_test(texts_are_ordered_as_places_are),
  };
  return cmocka_run_group_tests_name("cursor", tests, NULL, NULL);
}
