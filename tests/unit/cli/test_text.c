/* test_text.c - nothing a stranger wrote commands the terminal; times, ids, words and sockets are
 * read right. */
#include "base/status.h"
#include "cli/cli.h"
#include "cli/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void hostile_text_becomes_visible(void **state)
{
  static const struct {
    const char *text;
    enum topo_cli_clean how;
    const char *want;
  } cases[] = {
      {"", TOPO_CLI_LINE, ""},
      {"Grüße 👍 日本", TOPO_CLI_LINE, "Grüße 👍 日本"},
      {"\x1b[31mred\x1b[0m", TOPO_CLI_LINE, "\\u001b[31mred\\u001b[0m"},
      {"\x1b]0;title\x07", TOPO_CLI_BLOCK, "\\u001b]0;title\\u0007"},
      {"a\nb\tc\rd", TOPO_CLI_LINE, "a\\u000ab\\u0009c\\u000dd"},
      {"a\nb\tc\rd", TOPO_CLI_BLOCK, "a\n  b\tc\\u000dd"},
      {"{\n\t\"a\"}\r\n", TOPO_CLI_RAW_JSON, "{\n\t\"a\"}\r\n"},
      {"\x08\x7f", TOPO_CLI_BLOCK, "\\u0008\\u007f"},
      {"\xc2\x9b"
       "31m",
       TOPO_CLI_LINE, "\\u009b31m"}, /* C1: the one-character form of ESC [ */
      {"\u202egnp.exe", TOPO_CLI_LINE, "\\u202egnp.exe"},
      {"\u2066a\u2069\u2028\ufeff\u200f", TOPO_CLI_LINE, "\\u2066a\\u2069\\u2028\\ufeff\\u200f"},
      {"👩\u200d👧", TOPO_CLI_LINE, "👩\u200d👧"}, /* joined emoji stay */
      {"\xff\xc0\x80z\xe2\x82", TOPO_CLI_LINE, "\ufffd\ufffd\ufffdz\ufffd\ufffd"},
      {"\xed\xa0\x80", TOPO_CLI_LINE, "\ufffd\ufffd\ufffd"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct topo_buf out = {0};
    assert_int_equal(topo_cli_clean(&out, cases[i].text, strlen(cases[i].text), cases[i].how), 0);
    if (out.len != strlen(cases[i].want) ||
        (out.len && memcmp(out.data, cases[i].want, out.len) != 0))
      fail_msg("case %zu: %.*s", i, (int)out.len, (const char *)out.data);
    topo_buf_finish(&out);
  }
}

static void times_are_short_today(void **state)
{
  char out[TOPO_CLI_TIME_SIZE];
  const int64_t at = 1700000000000; /* 2023-11-14 22:13:20 UTC */
  (void)state;
  setenv("TZ", "UTC", 1);
  tzset();
  topo_cli_format_time(out, at, at + 60000);
  assert_string_equal(out, "22:13");
  topo_cli_format_time(out, at, at + 86400000);
  assert_string_equal(out, "2023-11-14 22:13");
  topo_cli_format_time(out, at, at + (int64_t)366 * 86400000);
  assert_string_equal(out, "2023-11-14 22:13");
  topo_cli_format_time(out, INT64_MAX, at);
  assert_true(strlen(out) > 0);
}

static void id_prefixes_are_told_from_names(void **state)
{
  (void)state;
  assert_true(topo_cli_is_id_prefix("-_aZ"));
  assert_true(topo_cli_is_id_prefix("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"));
  assert_false(topo_cli_is_id_prefix("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8x"));
  assert_false(topo_cli_is_id_prefix("abc"));
  assert_false(topo_cli_is_id_prefix("ab/c"));
  assert_false(topo_cli_is_id_prefix("../.."));
}

static char error[128]; /* of the last line that was parsed */

static int parse(struct topo_cli_args *args, const char *const *argv)
{
  error[0] = '\0';
  int argc = 0;
  while (argv[argc])
    argc++;
  int status =
      topo_cli_parse(args, topo_cli_commands, argc, (char *const *)argv, error, sizeof error);
  assert_true((status < 0) == (error[0] != '\0'));
  return status;
}

#define PARSE(...) parse(&args, (const char *const[]){"topo", __VA_ARGS__, NULL})

static void words_and_options_are_told_apart(void **state)
{
  struct topo_cli cli = {0};
  struct topo_cli_args args;
  uint64_t limit;
  (void)state;
  assert_int_equal(PARSE("--data", "workspace", "read", "--limit", "7", "#x", "--json"), 0);
  assert_string_equal(args.command->name, "read");
  assert_string_equal(args.data, "workspace");
  assert_string_equal(args.words[0], "#x");
  assert_true(args.json);
  cli.args = args;
  assert_int_equal(topo_cli_option_number(&cli, "--limit", 1, &limit), 0);
  assert_int_equal(limit, 7);

  assert_int_equal(PARSE("workspace", "create", "W", "--user", "U"), 0);
  assert_string_equal(args.command->name, "workspace create");
  assert_int_equal(args.words_count, 1);
  assert_int_equal(PARSE("channels"), 0);
  assert_string_equal(args.command->name, "channels");
  assert_int_equal(PARSE("send", "--", "-h", "--"), 0);
  assert_int_equal(args.words_count, 2);
  assert_int_equal(PARSE("react", "-h12345_", "x"), 0);
  assert_string_equal(args.words[0], "-h12345_");
  assert_int_equal(PARSE("api", "POST", "/", "-d", "-"), 0);
  assert_string_equal(args.options[0], "-");
  assert_int_equal(PARSE("read", "--help"), 0);
  assert_true(args.help);

  assert_int_equal(PARSE("workspace"), TOPO_EINVAL);
  assert_int_equal(PARSE("workspace", "create"), TOPO_EINVAL);
  assert_int_equal(PARSE("read", "a", "b"), TOPO_EINVAL);
  assert_int_equal(PARSE("read", "-q"), TOPO_EINVAL);
  assert_int_equal(PARSE("--limit", "1", "read"), TOPO_EINVAL);
  assert_int_equal(PARSE("read", "--limit"), TOPO_EINVAL);
  assert_int_equal(PARSE("\xff"), TOPO_EINVAL);
}

/* A command has at most TOPO_CLI_WORDS_MAX words, and one more is refused. */
static void words_are_bounded(void **state)
{
  const char *words[TOPO_CLI_WORDS_MAX + 4] = {"topo", "send"};
  struct topo_cli_args args;
  (void)state;
  for (int i = 0; i < TOPO_CLI_WORDS_MAX; i++)
    words[2 + i] = "a";
  assert_int_equal(parse(&args, words), 0);
  assert_int_equal(args.words_count, TOPO_CLI_WORDS_MAX);
  words[2 + TOPO_CLI_WORDS_MAX] = "a";
  assert_int_equal(parse(&args, words), TOPO_EINVAL);
  assert_string_equal(error, "too many words: put the text in quotes");
}

static void the_socket_follows_the_data_directory(void **state)
{
  char out[40];
  (void)state;
  assert_int_equal(topo_cli_socket_path(out, sizeof out, "/d", "/run/1", "/s", "/h"), 0);
  assert_string_equal(out, "/d/topod.sock");
  assert_int_equal(topo_cli_socket_path(out, sizeof out, NULL, "/run/1", "/s", "/h"), 0);
  assert_string_equal(out, "/run/1/topo/topod.sock");
  assert_int_equal(topo_cli_socket_path(out, sizeof out, NULL, "", "/s", "/h"), 0);
  assert_string_equal(out, "/s/topo/topod.sock");
  assert_int_equal(topo_cli_socket_path(out, sizeof out, NULL, NULL, NULL, "/h"), 0);
  assert_string_equal(out, "/h/.local/state/topo/topod.sock");
  assert_int_equal(topo_cli_socket_path(out, sizeof out, NULL, NULL, NULL, NULL), TOPO_ENOTFOUND);
  assert_int_equal(topo_cli_socket_path(out, 10, "/data/dir", NULL, NULL, NULL), TOPO_ELIMIT);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hostile_text_becomes_visible),
      cmocka_unit_test(times_are_short_today),
      cmocka_unit_test(id_prefixes_are_told_from_names),
      cmocka_unit_test(words_and_options_are_told_apart),
      cmocka_unit_test(words_are_bounded),
      cmocka_unit_test(the_socket_follows_the_data_directory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
