/* The list of outcomes: complete, without doubles, fit for users and for HTTP. */
#include "base/status.h"

#include "lib/hex.h"

#include <ctype.h>
#include <errno.h>

struct row {
  const char *symbol;
  int value;
  const char *name;
  int http;
  const char *text;
};

#define ROW(symbol, value, name, http, text) {#symbol, symbol, name, http, text},
static const struct row rows[] = {TOPO_STATUS_LIST(ROW)};
enum { ROWS = sizeof rows / sizeof rows[0] };

/* The three columns are found by the number. */
static void columns_are_looked_up(void **state)
{
  (void)state;
  for (size_t i = 0; i < ROWS; i++) {
    assert_string_equal(topo_status_name(rows[i].value), rows[i].name);
    assert_string_equal(topo_status_text(rows[i].value), rows[i].text);
    assert_int_equal(topo_status_http(rows[i].value), rows[i].http);
  }
}

/* No two codes share a number, a name or a text: each can be told from the others wherever it
 * shows. */
static void no_doubles(void **state)
{
  (void)state;
  for (size_t i = 0; i < ROWS; i++)
    for (size_t j = 0; j < i; j++) {
      assert_int_not_equal(rows[i].value, rows[j].value);
      assert_string_not_equal(rows[i].name, rows[j].name);
      assert_string_not_equal(rows[i].text, rows[j].text);
    }
}

/* Zero is success and every error is negative, with an HTTP status to match. */
static void errors_are_negative(void **state)
{
  (void)state;
  assert_int_equal(TOPO_OK, 0);
  assert_int_equal(topo_status_http(TOPO_OK), 200);
  for (size_t i = 0; i < ROWS; i++)
    if (rows[i].value != TOPO_OK) {
      assert_true(rows[i].value < 0);
      assert_in_range(rows[i].http, 400, 599);
    }
}

/* Names are lower-case words with hyphens; texts begin with a capital and have no full stop. */
static void names_and_texts_have_their_form(void **state)
{
  (void)state;
  for (size_t i = 0; i < ROWS; i++) {
    const char *name = rows[i].name, *text = rows[i].text;
    size_t len = strlen(text);
    assert_true(islower((unsigned char)name[0]));
    assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz-"), strlen(name));
    assert_true(len > 0 && isupper((unsigned char)text[0]) && text[len - 1] != '.');
  }
}

/* Every errno is a status, and never success; what it does not tell is a fault of the disk. */
static void errors_of_the_system_have_a_status(void **state)
{
  (void)state;
  assert_int_equal(topo_status_of_errno(EACCES), TOPO_EDENIED);
  assert_int_equal(topo_status_of_errno(EMFILE), TOPO_ELIMIT);
  assert_int_equal(topo_status_of_errno(EADDRNOTAVAIL), TOPO_EINVAL);
  assert_int_equal(topo_status_of_errno(EDQUOT), TOPO_EDISKFULL);
  assert_int_equal(topo_status_of_errno(EPIPE), TOPO_EIO);
  for (int error = 0; error < 200; error++) {
    assert_true(topo_status_of_errno(error) < 0);
    assert_string_not_equal(topo_status_name(topo_status_of_errno(error)), "unknown");
  }
}

/* A number that is not in the list has a name, a text and HTTP status 500 all the same. */
static void unknown_numbers(void **state)
{
  (void)state;
  static const int unknown[] = {1, -13, -19, -1000, 2147483647, -2147483647 - 1};
  for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
    assert_string_equal(topo_status_name(unknown[i]), "unknown");
    assert_string_equal(topo_status_text(unknown[i]), "Unknown status");
    assert_int_equal(topo_status_http(unknown[i]), 500);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(columns_are_looked_up),
      cmocka_unit_test(no_doubles),
      cmocka_unit_test(errors_are_negative),
      cmocka_unit_test(errors_of_the_system_have_a_status),
      cmocka_unit_test(names_and_texts_have_their_form),
      cmocka_unit_test(errors_of_the_system_have_a_status),
      cmocka_unit_test(unknown_numbers),
  };
  return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
