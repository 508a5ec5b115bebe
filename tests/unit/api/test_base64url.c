/* test_base64url.c - ids and cursors have exactly one text, and only that text is read back. */
#include "api/base64url.h"

#include "base/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* RFC 4648 §10, without padding, and two values that need the alphabet of §5. */
static const struct {
  const char *bytes;
  size_t len;
  const char *text;
} vectors[] = {
    {"", 0, ""},
    {"f", 1, "Zg"},
    {"fo", 2, "Zm8"},
    {"foo", 3, "Zm9v"},
    {"foob", 4, "Zm9vYg"},
    {"fooba", 5, "Zm9vYmE"},
    {"foobar", 6, "Zm9vYmFy"},
    {"\xfb\xff", 2, "-_8"},
    {"\0\0\0", 3, "AAAA"},
};

static void vectors_travel_both_ways(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
    char text[16];
    uint8_t bytes[8];
    size_t len;
    topo_base64url_encode(text, vectors[i].bytes, vectors[i].len);
    assert_string_equal(text, vectors[i].text);
    assert_int_equal(topo_base64url_length(vectors[i].len), strlen(text));
    assert_int_equal(topo_base64url_decode(bytes, sizeof bytes, &len, text, strlen(text)), 0);
    assert_int_equal(len, vectors[i].len);
    assert_memory_equal(bytes, vectors[i].bytes, len);
  }
}

static void other_texts_are_refused(void **state)
{
  static const char *const bad[] = {
      "Z", "Zg==", "Zh", "Zm9", "Zm8=", "Zm+v", "Zm/v", " Zm9v", "Zm9v\n", "Zmé"};
  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    uint8_t bytes[16];
    size_t len;
    assert_int_equal(topo_base64url_decode(bytes, sizeof bytes, &len, bad[i], strlen(bad[i])),
                     TOPO_EINVAL);
    assert_int_equal(len, 0);
  }
}

static void output_is_bounded(void **state)
{
  uint8_t bytes[3];
  size_t len;
  (void)state;
  assert_int_equal(topo_base64url_decode(bytes, 3, &len, "Zm9v", 4), 0);
  assert_int_equal(topo_base64url_decode(bytes, 2, &len, "Zm9v", 4), TOPO_ELIMIT);
  assert_int_equal(topo_base64url_decode(bytes, 3, &len, "Zm9vYg", 6), TOPO_ELIMIT);
}

static void ids_have_43_characters(void **state)
{
  struct topo_id id, back;
  char text[TOPO_ID_TEXT_SIZE];
  (void)state;
  for (unsigned i = 0; i < TOPO_ID_SIZE; i++)
    id.bytes[i] = (uint8_t)(i * 9 + 1);
  topo_id_format(text, &id);
  assert_int_equal(strlen(text), 43);
  assert_int_equal(topo_id_parse(&back, text, strlen(text)), 0);
  assert_true(topo_id_equal(&id, &back));
  text[42] = '\0';
  assert_int_equal(topo_id_parse(&back, text, strlen(text)), TOPO_EINVAL);
  assert_int_equal(topo_id_parse(&back, "", 0), TOPO_EINVAL);
  /* 43 characters hold 258 bits: the two spare ones must be zero. */
  assert_int_equal(topo_id_parse(&back, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",
                                 sizeof "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB" - 1),
                   TOPO_EINVAL);
  assert_int_equal(topo_id_parse(&back, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                 sizeof "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" - 1),
                   TOPO_EINVAL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(vectors_travel_both_ways),
      cmocka_unit_test(other_texts_are_refused),
      cmocka_unit_test(output_is_bounded),
      cmocka_unit_test(ids_have_43_characters),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
