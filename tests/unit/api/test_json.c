/* test_json.c - the writer: commas, escapes, numbers, and an overrun that is noticed once. */
#include "api/json.h"

#include "api/json_check.h"
#include "base/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_text(const struct topo_json *j, const char *want)
{
  struct topo_bytes text = topo_json_text(j);
  const char *why;
  size_t at;
  assert_int_equal(topo_json_status(j), 0);
  assert_int_equal(text.len, strlen(want));
  assert_memory_equal(text.data, want, text.len);
  assert_int_equal(topo_json_check((const char *)text.data, text.len, &why, &at), 0);
}

static void commas_are_between_items_only(void **state)
{
  struct topo_json j;
  (void)state;
  topo_json_init(&j);
  topo_json_begin_object(&j);
  topo_json_key(&j, "a");
  topo_json_begin_array(&j);
  topo_json_u64(&j, 1);
  topo_json_begin_array(&j);
  topo_json_end_array(&j);
  topo_json_begin_object(&j);
  topo_json_end_object(&j);
  topo_json_null(&j);
  topo_json_end_array(&j);
  topo_json_key(&j, "b");
  topo_json_bool(&j, true);
  topo_json_key(&j, "c");
  topo_json_bool(&j, false);
  topo_json_end_object(&j);
  assert_text(&j, "{\"a\":[1,[],{},null],\"b\":true,\"c\":false}");
  topo_json_finish(&j);
}

static void a_reset_writer_starts_over(void **state)
{
  struct topo_json j;
  (void)state;
  topo_json_init(&j);
  topo_json_begin_array(&j);
  topo_json_u64(&j, 7);
  topo_json_reset(&j);
  topo_json_string(&j, "x");
  assert_text(&j, "\"x\"");
  topo_json_finish(&j);
  topo_json_finish(NULL);
}

static void strings_are_escaped(void **state)
{
  struct topo_json j;
  (void)state;
  topo_json_init(&j);
  topo_json_begin_array(&j);
  topo_json_string(&j, "");
  topo_json_string(&j, "\"\\/\b\f\n\r\t\x01\x1f\x7f");
  topo_json_string(&j, "grüße 👍");
  topo_json_string_n(&j, "a\0b", 3);
  topo_json_end_array(&j);
  struct topo_bytes text = topo_json_text(&j);
  const char want[] =
      "[\"\",\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\",\"grüße 👍\",\"a\\u0000b\"]";
  assert_int_equal(text.len, sizeof want - 1);
  assert_memory_equal(text.data, want, text.len);
  topo_json_finish(&j);
}

static void numbers_keep_all_their_digits(void **state)
{
  struct topo_json j;
  struct topo_id id = {{0}};
  (void)state;
  topo_json_init(&j);
  topo_json_begin_array(&j);
  topo_json_u64(&j, 0);
  topo_json_u64(&j, UINT64_MAX);
  topo_json_i64(&j, INT64_MIN);
  topo_json_i64(&j, INT64_MAX);
  topo_json_i64(&j, -1);
  topo_json_id(&j, &id);
  topo_json_end_array(&j);
  assert_text(&j, "[0,18446744073709551615,-9223372036854775808,9223372036854775807,-1,"
                  "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"]");
  topo_json_finish(&j);
}

static void an_overrun_is_remembered_and_bounded(void **state)
{
  struct topo_json j;
  (void)state;
  topo_json_init(&j);
  j.limit = 16;
  topo_json_begin_array(&j);
  for (int i = 0; i < 1000; i++)
    topo_json_string(&j, "abc");
  topo_json_end_array(&j);
  assert_int_equal(topo_json_status(&j), TOPO_ELIMIT);
  assert_true(topo_json_text(&j).len <= 16);
  topo_json_reset(&j);
  topo_json_null(&j);
  assert_text(&j, "null");
  topo_json_finish(&j);
}

/* An answer of TOPO_JSON_LIMIT bytes is whole; of one byte more there is no text. */
static void an_answer_is_bounded(void **state)
{
  struct topo_json j;
  uint8_t *text = malloc(TOPO_JSON_LIMIT);
  (void)state;
  assert_non_null(text);
  memset(text, 'x', TOPO_JSON_LIMIT);
  topo_json_init(&j);
  topo_json_string_n(&j, text, TOPO_JSON_LIMIT - 2); /* and two quotes */
  assert_int_equal(topo_json_status(&j), 0);
  assert_int_equal(topo_json_text(&j).len, TOPO_JSON_LIMIT);
  topo_json_reset(&j);
  topo_json_string_n(&j, text, TOPO_JSON_LIMIT - 1);
  assert_int_equal(topo_json_status(&j), TOPO_ELIMIT);
  topo_json_finish(&j);
  free(text);
}

static void the_deepest_nesting_still_closes(void **state)
{
  struct topo_json j;
  (void)state;
  topo_json_init(&j);
  for (int i = 0; i < TOPO_JSON_DEPTH_MAX; i++)
    topo_json_begin_array(&j);
  for (int i = 0; i < TOPO_JSON_DEPTH_MAX; i++)
    topo_json_end_array(&j);
  assert_text(&j, "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]");
  topo_json_finish(&j);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(commas_are_between_items_only),
      cmocka_unit_test(a_reset_writer_starts_over),
      cmocka_unit_test(strings_are_escaped),
      cmocka_unit_test(numbers_keep_all_their_digits),
      cmocka_unit_test(an_overrun_is_remembered_and_bounded),
      cmocka_unit_test(an_answer_is_bounded),
      cmocka_unit_test(the_deepest_nesting_still_closes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
