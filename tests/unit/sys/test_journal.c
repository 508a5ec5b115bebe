/*
 * test_journal.c - the log keeps the last thousand lines, whole, harmless and in order.
 */
#include "base/status.h"
#include "sys/journal.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct topo_journal *quiet_log(enum topo_journal_level most)
{
  struct topo_journal *log;
  assert_int_equal(
      topo_journal_create(&(struct topo_journal_options){.most = most, .copy_fd = -1}, &log), 0);
  return log;
}

static void lines_come_back_in_order(void **state)
{
  (void)state;
  struct topo_journal *log = quiet_log(TOPO_JOURNAL_INFO);
  struct topo_journal_line line;
  assert_false(topo_journal_next(log, 0, &line));
  topo_journal_write(log, TOPO_JOURNAL_ERROR, "one %d", 1);
  topo_journal_write(log, TOPO_JOURNAL_DEBUG, "less urgent than asked for");
  topo_journal_write(log, TOPO_JOURNAL_INFO, "%s", "two");
  assert_true(topo_journal_next(log, 0, &line));
  assert_int_equal(line.number, 1);
  assert_int_equal(line.level, TOPO_JOURNAL_ERROR);
  assert_string_equal(line.text, "one 1");
  assert_true(line.wall_ms > 0);
  assert_true(topo_journal_next(log, line.number, &line));
  assert_string_equal(line.text, "two");
  assert_false(topo_journal_next(log, line.number, &line));
  assert_false(topo_journal_next(log, UINT64_MAX, &line));
  topo_journal_destroy(log);
  topo_journal_destroy(NULL);
  topo_journal_write(NULL, TOPO_JOURNAL_ERROR, "to nobody");
}

static void old_lines_make_room(void **state)
{
  (void)state;
  struct topo_journal *log = quiet_log(TOPO_JOURNAL_INFO);
  struct topo_journal_line line = {.number = 0};
  int seen = 0;
  for (int i = 1; i <= TOPO_JOURNAL_LINES + 7; i++)
    topo_journal_write(log, TOPO_JOURNAL_INFO, "line %d", i);
  while (topo_journal_next(log, line.number, &line)) {
    char expected[32];
    snprintf(expected, sizeof expected, "line %d", ++seen + 7);
    assert_string_equal(line.text, expected);
  }
  assert_int_equal(seen, TOPO_JOURNAL_LINES);
  topo_journal_destroy(log);
}

/* What a peer chose cannot break a line, move the cursor, or hide behind broken UTF-8. */
static void control_characters_are_escaped(void **state)
{
  (void)state;
  struct topo_journal *log = quiet_log(TOPO_JOURNAL_INFO);
  struct topo_journal_line line;
  topo_journal_write(log, TOPO_JOURNAL_INFO, "%s",
                     "a\nb\tc\x1b[2J\x7f\\ \xc2\x9b \xff\xc3 grün €\U0001F600");
  assert_true(topo_journal_next(log, 0, &line));
  assert_string_equal(line.text,
                      "a\\nb\\tc\\x1b[2J\\x7f\\\\ \\xc2\\x9b \\xff\\xc3 grün €\U0001F600");
  topo_journal_destroy(log);
}

/* Whatever the length, a line ends within its bound, and never within a character or an escape. */
static void long_lines_are_cut_between_characters(void **state)
{
  (void)state;
  struct topo_journal *log = quiet_log(TOPO_JOURNAL_INFO);
  struct topo_journal_line line = {.number = 0};
  char text[2 * TOPO_JOURNAL_TEXT];
  for (size_t len = TOPO_JOURNAL_TEXT - 12; len < TOPO_JOURNAL_TEXT + 12; len++) {
    memset(text, 'x', len);
    memcpy(text + len, "€€\n€", sizeof "€€\n€");
    topo_journal_write(log, TOPO_JOURNAL_INFO, "%s", text);
    assert_true(topo_journal_next(log, line.number, &line));
    size_t got = strnlen(line.text, TOPO_JOURNAL_TEXT);
    assert_true(got < TOPO_JOURNAL_TEXT);
    assert_string_equal(line.text + got - 3, "...");
    size_t xs = strspn(line.text, "x");
    size_t rest = got - 3 - xs;
    assert_true(xs <= len && (rest == 0 || rest == 3 || rest == 6 || rest == 8 || rest == 11));
  }
  topo_journal_destroy(log);
}

static void a_copy_goes_to_the_descriptor(void **state)
{
  (void)state;
  struct topo_journal *log;
  int fds[2];
  char text[256];
  assert_int_equal(pipe(fds), 0);
  struct topo_journal_options options = {.most = TOPO_JOURNAL_DEBUG, .copy_fd = fds[1]};
  assert_int_equal(topo_journal_create(&options, &log), 0);
  topo_journal_write(log, TOPO_JOURNAL_WARNING, "careful");
  ssize_t n = read(fds[0], text, sizeof text - 1);
  assert_true(n > 0);
  text[n] = 0;
  assert_int_equal(strlen("2024-01-01T00:00:00.000Z"), strcspn(text, " "));
  assert_string_equal(strchr(text, ' '), " warning careful\n");
  topo_journal_destroy(log);
  close(fds[0]);
  close(fds[1]);
}

enum { WRITERS = 4, EACH = 500 };

static void *write_many(void *arg)
{
  for (int i = 0; i < EACH; i++)
    topo_journal_write(arg, TOPO_JOURNAL_INFO, "%d%d%d%d", i, i, i, i);
  return NULL;
}

/* Threads write and one reads at the same time: every line read is whole, numbers only rise. */
static void threads_write_whole_lines(void **state)
{
  (void)state;
  struct topo_journal *log = quiet_log(TOPO_JOURNAL_INFO);
  struct topo_journal_line line = {.number = 0};
  pthread_t threads[WRITERS];
  uint64_t last = 0;
  for (int i = 0; i < WRITERS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, write_many, log), 0);
  while (last < WRITERS * EACH) {
    if (!topo_journal_next(log, last, &line))
      continue;
    assert_true(line.number > last);
    size_t quarter = strlen(line.text) / 4;
    for (size_t k = 1; k < 4; k++)
      assert_memory_equal(line.text, line.text + k * quarter, quarter);
    last = line.number;
  }
  for (int i = 0; i < WRITERS; i++)
    pthread_join(threads[i], NULL);
  topo_journal_destroy(log);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lines_come_back_in_order),
      cmocka_unit_test(old_lines_make_room),
      cmocka_unit_test(control_characters_are_escaped),
      cmocka_unit_test(long_lines_are_cut_between_characters),
      cmocka_unit_test(a_copy_goes_to_the_descriptor),
      cmocka_unit_test(threads_write_whole_lines),
  };
  return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
