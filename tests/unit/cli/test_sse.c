/* test_sse.c - server-sent events are read as the HTML standard says, wherever the bytes are cut,
 * and never grow beyond their bounds. */
#include "base/status.h"
#include "cli/sse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct log {
  char text[1024]; /* "type|id|data;" for each event */
  unsigned count, stop_at;
};

static int note(void *arg, const struct topo_cli_sse_event *event)
{
  struct log *log = arg;
  size_t used = strlen(log->text);
  assert_int_equal(strlen(event->data), event->len);
  snprintf(log->text + used, sizeof log->text - used, "%s|%s|%s;", event->type, event->id,
           event->data);
  return ++log->count == log->stop_at ? 7 : 0;
}

static const struct {
  const char *bytes, *want;
} cases[] = {
    {"data: one\n\n", "message||one;"},
    {"event: sync\nid: c.1\ndata: {}\n\n", "sync|c.1|{};"},
    {"id: 1\ndata: a\n\ndata: b\n\n", "message|1|a;message|1|b;"}, /* an id lasts */
    {"event: x\ndata: a\n\ndata: b\n\n", "x||a;message||b;"},      /* a type does not */
    {"event: x\n\ndata: b\n\n", "message||b;"},
    {"data: a\ndata: b\n\n", "message||a\nb;"},
    {"data: a\r\ndata: b\rdata: c\n\r\n", "message||a\nb\nc;"},
    {": a comment\n:\ndata:no blank\n\n", "message||no blank;"},
    {"data:  two blanks\n\n", "message|| two blanks;"},
    {"data\n\n", "message||;"}, /* a field without a value has an empty one */
    {"data:\ndata\n\n", "message||\n;"},
    {"\n\n\n", ""},
    {"retry: 10\nother: x\ndata: a\n\n", "message||a;"},
    {"\xef\xbb\xbf"
     "data: a\n\n",
     "message||a;"},
    {"data: a\n\n\xef\xbb\xbf"
     "data: b\n\n",
     "message||a;"},   /* only at the very beginning */
    {"data: a\n", ""}, /* what has no empty line behind it never came */
    {"data: a", ""},
    {"id: 1\nid\ndata: a\n\n", "message||a;"},
    {"data: a: b\n\n", "message||a: b;"},
};

static void events_are_read_however_they_are_cut(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    for (size_t piece = 1; piece <= strlen(cases[i].bytes); piece++) {
      struct topo_cli_sse sse = {0};
      struct log log = {.text = ""};
      size_t len = strlen(cases[i].bytes);
      for (size_t at = 0; at < len; at += piece) {
        size_t n = len - at < piece ? len - at : piece;
        char *copy = malloc(n); /* so that reading beyond it is seen */
        assert_non_null(copy);
        memcpy(copy, cases[i].bytes + at, n);
        assert_int_equal(topo_cli_sse_take(&sse, copy, n, note, &log), 0);
        free(copy);
      }
      if (strcmp(log.text, cases[i].want) != 0)
        fail_msg("case %zu in pieces of %zu: %s", i, piece, log.text);
      topo_cli_sse_finish(&sse);
    }
}

static void an_id_with_nul_is_no_id(void **state)
{
  static const char bytes[] = "id: 1\nid: 2\0x\ndata: a\n\n";
  struct topo_cli_sse sse = {0};
  struct log log = {.text = ""};
  (void)state;
  assert_int_equal(topo_cli_sse_take(&sse, bytes, sizeof bytes - 1, note, &log), 0);
  assert_string_equal(log.text, "message|1|a;");
  topo_cli_sse_finish(&sse);
}

static void whoever_reads_can_end_it(void **state)
{
  static const char bytes[] = "data: a\n\ndata: b\n\ndata: c\n\n";
  struct topo_cli_sse sse = {0};
  struct log log = {.text = "", .stop_at = 2};
  (void)state;
  assert_int_equal(topo_cli_sse_take(&sse, bytes, sizeof bytes - 1, note, &log), 7);
  assert_string_equal(log.text, "message||a;message||b;");
  topo_cli_sse_finish(&sse);
}

/* Gives the same piece `count` times. */
static int flood(const char *piece, size_t count)
{
  struct topo_cli_sse sse = {0};
  struct log log = {.text = ""};
  int status = 0;
  for (size_t i = 0; i < count && status == 0; i++)
    status = topo_cli_sse_take(&sse, piece, strlen(piece), note, &log);
  topo_cli_sse_finish(&sse);
  return status;
}

static void nothing_grows_for_ever(void **state)
{
  char piece[1026], type[96];
  (void)state;
  memset(piece, 'x', 1024);
  piece[1024] = '\0';
  assert_int_equal(flood(piece, TOPO_CLI_SSE_MAX / 1024), 0);
  assert_int_equal(flood(piece, TOPO_CLI_SSE_MAX / 1024 + 1), TOPO_ELIMIT);
  memcpy(piece, "data: ", 6);
  piece[1024] = '\n';
  piece[1025] = '\0';
  assert_int_equal(flood(piece, TOPO_CLI_SSE_MAX / 1024), 0);
  assert_int_equal(flood(piece, TOPO_CLI_SSE_MAX / 1024 + 8), TOPO_ELIMIT);
  snprintf(type, sizeof type, "event: %064d\n", 0);
  assert_int_equal(flood(type, 1), TOPO_ELIMIT);
  snprintf(type, sizeof type, "id: %072d\n", 0);
  assert_int_equal(flood(type, 1), TOPO_ELIMIT);
  assert_int_equal(flood(":\n", 100000), 0);
  assert_int_equal(flood("\n", 100000), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(events_are_read_however_they_are_cut),
      cmocka_unit_test(an_id_with_nul_is_no_id),
      cmocka_unit_test(whoever_reads_can_end_it),
      cmocka_unit_test(nothing_grows_for_ever),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
