/*
 * test_json_check.c - what the check lets through is RFC 8259 and unambiguous; what it lets
 * through, the parser behind it takes as well.
 */
#include "api/json_check.h"

#include "api/json.h"
#include "base/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

static int check(const char *text, size_t len)
{
  const char *why;
  size_t at;
  int status = topo_json_check(text, len, &why, &at);
  assert_true(at <= len);
  assert_true((status == 0) == (*why == '\0'));
  return status;
}

static void plain_texts_pass(void **state)
{
  static const char *const good[] = {"{}",
                                     "[]",
                                     " { } ",
                                     "null",
                                     "true",
                                     "false",
                                     "0",
                                     "-0",
                                     "-1.5e+10",
                                     "1E-99",
                                     "\"\"",
                                     "\"\\u00e9\\ud83d\\udc4d\\n\\/\"",
                                     "[1,[2,{\"a\":[]}],null]",
                                     "\t\r\n{\"a\" : 1 , \"b\" : {\"a\":2}}\n",
                                     "{\"a\":1,\"A\":2,\"\":3,\"ab\":4}",
                                     "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]",
                                     "\"grüße \U0001F44D\"",
                                     "[{\"a\":1},{\"a\":1}]",
                                     "123456789012345678901234567890.1"};
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    if (check(good[i], strlen(good[i])) != 0)
      fail_msg("refused: %s", good[i]);
}

#define TEXT(s) s, sizeof s - 1

static const struct {
  const char *text;
  size_t len;
  int status;
} hostile[] = {
    {TEXT(""), TOPO_EMALFORMED},
    {TEXT("   "), TOPO_EMALFORMED},
    {TEXT("{"), TOPO_EMALFORMED},
    {TEXT("["), TOPO_EMALFORMED},
    {TEXT("\""), TOPO_EMALFORMED},
    {TEXT("}"), TOPO_EMALFORMED},
    {TEXT("[1}"), TOPO_EMALFORMED},
    {TEXT("{\"a\":1]"), TOPO_EMALFORMED},
    {TEXT("[1,]"), TOPO_EMALFORMED},
    {TEXT("[,1]"), TOPO_EMALFORMED},
    {TEXT("[1 2]"), TOPO_EMALFORMED},
    {TEXT("{\"a\"}"), TOPO_EMALFORMED},
    {TEXT("{\"a\":}"), TOPO_EMALFORMED},
    {TEXT("{\"a\":1,}"), TOPO_EMALFORMED},
    {TEXT("{a:1}"), TOPO_EMALFORMED},
    {TEXT("{'a':1}"), TOPO_EMALFORMED},
    {TEXT("{1:1}"), TOPO_EMALFORMED},
    {TEXT("{} {}"), TOPO_EMALFORMED},
    {TEXT("{}x"), TOPO_EMALFORMED},
    {TEXT("{}\0"), TOPO_EMALFORMED},
    {TEXT("\0{}"), TOPO_EMALFORMED},
    {TEXT("\xef\xbb\xbf{}"), TOPO_EMALFORMED}, /* byte order mark */
    {TEXT("/* */{}"), TOPO_EMALFORMED},
    {TEXT("nul"), TOPO_EMALFORMED},
    {TEXT("nulll"), TOPO_EMALFORMED},
    {TEXT("True"), TOPO_EMALFORMED},
    {TEXT("NaN"), TOPO_EMALFORMED},
    {TEXT("-Infinity"), TOPO_EMALFORMED},
    {TEXT("01"), TOPO_EMALFORMED},
    {TEXT("-"), TOPO_EMALFORMED},
    {TEXT("-01"), TOPO_EMALFORMED},
    {TEXT("+1"), TOPO_EMALFORMED},
    {TEXT(".5"), TOPO_EMALFORMED},
    {TEXT("1."), TOPO_EMALFORMED},
    {TEXT("1.e5"), TOPO_EMALFORMED},
    {TEXT("1e"), TOPO_EMALFORMED},
    {TEXT("1e+"), TOPO_EMALFORMED},
    {TEXT("0x10"), TOPO_EMALFORMED},
    {TEXT("1,5"), TOPO_EMALFORMED},
    {TEXT("1e999"), TOPO_ELIMIT},
    {TEXT("1e-999"), TOPO_ELIMIT},
    {TEXT("1234567890123456789012345678901234567890"), TOPO_ELIMIT},
    {TEXT("\"\n\""), TOPO_EMALFORMED},
    {TEXT("\"\x1b[2J\""), TOPO_EMALFORMED},
    {TEXT("\"a\0b\""), TOPO_EMALFORMED},
    {TEXT("\"\\u0000\""), TOPO_EMALFORMED},
    {TEXT("{\"\\u0000\":1}"), TOPO_EMALFORMED},
    {TEXT("\"\\x41\""), TOPO_EMALFORMED},
    {TEXT("\"\\\""), TOPO_EMALFORMED},
    {TEXT("\"\\u12\""), TOPO_EMALFORMED},
    {TEXT("\"\\u12g4\""), TOPO_EMALFORMED},
    {TEXT("\"\\ud800\""), TOPO_EMALFORMED},
    {TEXT("\"\\udc00\""), TOPO_EMALFORMED},
    {TEXT("\"\\ud800\\u0041\""), TOPO_EMALFORMED},
    {TEXT("\"\\ud800\\ud800\""), TOPO_EMALFORMED},
    {TEXT("\"\\ud83d"), TOPO_EMALFORMED},
    {TEXT("\"\x80\""), TOPO_EMALFORMED},
    {TEXT("\"\xc0\x80\""), TOPO_EMALFORMED},
    {TEXT("\"\xed\xa0\x80\""), TOPO_EMALFORMED},
    {TEXT("\"\xf4\x90\x80\x80\""), TOPO_EMALFORMED},
    {TEXT("\"\xe2\x82"), TOPO_EMALFORMED},
    {TEXT("{\"a\":1,\"a\":1}"), TOPO_EMALFORMED},
    {TEXT("{\"a\":1,\"\\u0061\":1}"), TOPO_EMALFORMED},
    {TEXT("{\"\":1,\"b\":2,\"\":3}"), TOPO_EMALFORMED},
    {TEXT("{\"é\":1,\"\\u00e9\":1}"), TOPO_EMALFORMED},
    {TEXT("{\"\U0001F44D\":1,\"\\uD83D\\uDC4D\":1}"), TOPO_EMALFORMED},
    {TEXT("{\"/\\n\":1,\"\\/\\u000A\":1}"), TOPO_EMALFORMED},
    {TEXT("[{\"x\":{\"a\":1,\"b\":{\"a\":2},\"a\":3}}]"), TOPO_EMALFORMED},
    {TEXT("[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]"), TOPO_ELIMIT},
};

static void hostile_texts_are_refused(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
    /* A copy of the exact size lets AddressSanitizer see a read past the end. */
    char *copy = malloc(hostile[i].len + 1);
    assert_non_null(copy);
    memcpy(copy + 1, hostile[i].text, hostile[i].len);
    if (check(copy + 1, hostile[i].len) != hostile[i].status)
      fail_msg("text %zu: %s", i, hostile[i].text);
    free(copy);
  }
}

static void every_prefix_of_a_text_is_refused(void **state)
{
  static const char text[] =
      "{\"a\":[1.5e3,\"\\ud83d\\udc4d\\n\",null],\"b\":{\"c\":true,\"é\":false}}";
  (void)state;
  for (size_t len = 0; len < sizeof text - 1; len++) {
    char *copy = malloc(len + 1);
    assert_non_null(copy);
    memcpy(copy + 1, text, len);
    assert_int_equal(check(copy + 1, len), TOPO_EMALFORMED);
    free(copy);
  }
  assert_int_equal(check(text, sizeof text - 1), 0);
}

/* A body of the largest size made of nothing but brackets costs neither stack nor time. */
static void depth_is_bounded(void **state)
{
  static char text[256 * 1024];
  (void)state;
  memset(text, '[', sizeof text);
  assert_int_equal(check(text, sizeof text), TOPO_ELIMIT);
  for (size_t i = 0; i < sizeof text - 5; i += 5)
    memcpy(text + i, "{\"a\":", 5);
  assert_int_equal(check(text, sizeof text), TOPO_ELIMIT);
}

static void members_are_bounded(void **state)
{
  char text[1024] = "{";
  size_t used = 1;
  (void)state;
  for (int i = 0; i <= TOPO_JSON_MEMBERS_MAX; i++) {
    used += (size_t)snprintf(text + used, sizeof text - used, "%s\"%d\":0", i ? "," : "", i);
    memcpy(text + used, "}", 2);
    assert_int_equal(check(text, used + 1), i < TOPO_JSON_MEMBERS_MAX ? 0 : TOPO_ELIMIT);
  }
}

/* A number has so many characters, whatever they are, and one more is refused. */
static void numbers_are_bounded(void **state)
{
  static const char *const heads[] = {"", "-", "1."};
  char text[TOPO_JSON_NUMBER_MAX + 2];
  (void)state;
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
    memset(text, '7', sizeof text);
    memcpy(text, heads[i], strlen(heads[i]));
    assert_int_equal(check(text, TOPO_JSON_NUMBER_MAX), 0);
    assert_int_equal(check(text, TOPO_JSON_NUMBER_MAX + 1), TOPO_ELIMIT);
  }
  memset(text, '7', sizeof text);
  memcpy(text + TOPO_JSON_NUMBER_MAX - 2, "e77", 3);
  assert_int_equal(check(text, TOPO_JSON_NUMBER_MAX), 0);
  assert_int_equal(check(text, TOPO_JSON_NUMBER_MAX + 1), TOPO_ELIMIT);
}

static uint32_t next_random(uint32_t *seed)
{
  *seed ^= *seed << 13;
  *seed ^= *seed >> 17;
  *seed ^= *seed << 5;
  return *seed;
}

/* Mutations of good texts, from one seed: whatever passes the check, cJSON parses to the end. */
static void what_passes_the_parser_takes(void **state)
{
  static const char *const seeds[] = {
      "{\"text\":\"hi\\u0041\\ud83d\\udc4d\",\"n\":12.5e1,\"b\":[true,false,null,{}]}",
      "[{\"a\":1,\"b\":\"\\n\"},[[[\"é\"]]],-0.1E-7]", "{\"name\":\"x\",\"name2\":\"\",\"\":{}}"};
  static const char alphabet[] = "{}[]\",:\\u0123456789abcdefEnrtul-+. \n\x80\xc3\xa9";
  uint32_t seed = 0x746f706f;
  unsigned passed = 0;
  (void)state;
  for (int round = 0; round < 60000; round++) {
    char text[128];
    const char *from = seeds[(unsigned)round % 3];
    size_t len = strlen(from);
    memcpy(text, from, len);
    for (uint32_t edits = next_random(&seed) % 4; edits; edits--) {
      size_t at = next_random(&seed) % len;
      if (next_random(&seed) % 4 == 0 && len > 1)
        memmove(text + at, text + at + 1, --len - at);
      else
        text[at] = alphabet[next_random(&seed) % (sizeof alphabet - 1)];
    }
    if (check(text, len) < 0)
      continue;
    passed++;
    cJSON *tree = cJSON_ParseWithLength(text, len);
    if (!tree)
      fail_msg("passed but does not parse: %.*s", (int)len, text);
    cJSON_Delete(tree);
  }
  assert_true(passed > 15000);
  assert_true(passed < 55000);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(plain_texts_pass),
      cmocka_unit_test(hostile_texts_are_refused),
      cmocka_unit_test(every_prefix_of_a_text_is_refused),
      cmocka_unit_test(depth_is_bounded),
      cmocka_unit_test(members_are_bounded),
      cmocka_unit_test(numbers_are_bounded),
      cmocka_unit_test(what_passes_the_parser_takes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
