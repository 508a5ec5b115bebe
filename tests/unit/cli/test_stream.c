/*
 * test_stream.c - `topo tail` and `topo events tail`: every message once, over restarts of the
 * daemon, and an end only when the daemon says so.
 */
#include "unit/cli/fake_node.h"
#include "unit/cli/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND   NODE_MESSAGE(NODE_MESSAGE_2, "Bob", "bye\\nnow", "p2", "")
#define STREAM   "GET /v1/events?space=" NODE_SPACE "&channel=" NODE_CHANNEL "&types=message"
#define GONE     "topo: the daemon is gone: waiting for it (`topo start` brings it back)\n"
#define REACTED  NODE_MESSAGE(NODE_MESSAGE_1, "Alice", "hello", "p1", NODE_REACTION("👍", "3"))
#define FIRST_IS "-1ECAwQF 1970-01-01 00:00 Alice: hello  👍 2\n"

static void refuse_streams(struct fake_node *node, int status)
{
  fake_node_lock(node);
  node->refuse_stream = status;
  fake_node_unlock(node);
}

static void set_next_page(struct fake_node *node, const char *items)
{
  fake_node_lock(node);
  node->page_next = items;
  fake_node_unlock(node);
}

static void set_greeting(struct fake_node *node, const char *bytes)
{
  fake_node_lock(node);
  node->greeting = bytes;
  fake_node_unlock(node);
}

/* From now on streams are refused for good, and the present one ends: `topo` must end, too. */
static int end_it(struct fake_node *node, struct run_child *child)
{
  refuse_streams(node, 401);
  fake_server_drop(node->server);
  int code = run_end(child);
  assert_non_null(strstr(child->err, "topo: since: No more streams.\n"));
  assert_null(strchr(child->out, '\x1b'));
  return code;
}

static void a_message_is_printed_once(void **state)
{
  struct fake_node *node = *state;
  struct run_child child;
  run_start(&child, node->directory, RUN_ARGS("tail"));
  run_await_out(&child, FIRST_IS);
  fake_node_await_streams(node, 1);
  fake_node_assert_asked(node, STREAM "&since=c.1\n");
  fake_server_push(node->server, ": still here\n\n" NODE_EVENT("message", "c.2", SECOND));
  run_await_out(&child, "MMECAwQF 1970-01-01 00:00 Bob: bye\n  now\n");
  /* Again, as it is; then the first one as it was printed; then with another reaction. */
  fake_server_push(node->server, NODE_EVENT("message", "c.3", SECOND));
  fake_server_push(node->server, NODE_EVENT("message", "c.4",
                                            NODE_MESSAGE(NODE_MESSAGE_1, "Alice", "hello", "p1",
                                                         NODE_REACTION("👍", "2"))));
  fake_server_push(node->server, NODE_EVENT("message", "c.5", REACTED));
  run_await_out(&child, "-1ECAwQF reactions:  👍 3\n");
  fake_server_push(node->server, NODE_EVENT("sync", "c.5", "{}"));
  fake_server_push(node->server,
                   NODE_EVENT("message.gone", "c.6", "{\"message\":\"" NODE_MESSAGE_2 "\"}"));
  run_await_out(&child, "MMECAwQF is gone\n");
  fake_server_push(node->server,
                   NODE_EVENT("message.gone", "c.7", "{\"message\":\"" NODE_MESSAGE_3 "\"}"));
  assert_int_equal(end_it(node, &child), 5);
  assert_int_equal(run_count(child.out, "Bob: bye"), 1);
  assert_int_equal(run_count(child.out, "\n"), 5);
}

static void a_broken_stream_goes_on_after_the_last_event(void **state)
{
  struct fake_node *node = *state;
  struct run_child child;
  run_start(&child, node->directory, RUN_ARGS("tail", "#general"));
  fake_node_await_streams(node, 1);
  fake_server_push(node->server, NODE_EVENT("message", "c.2", SECOND) "event: message\nid: c.3\n");
  run_await_out(&child, "Bob: bye");
  fake_node_stop(node); /* in the middle of the third event */
  run_await_err(&child, GONE);
  refuse_streams(node, 503); /* it starts, but is not there yet */
  fake_node_start(node);
  fake_node_await_streams(node, 3);
  refuse_streams(node, 0);
  run_await_err(&child, "topo: the daemon is back\n");
  fake_node_assert_asked(node, STREAM "&since=c.2\n");
  fake_node_assert_not_asked(node, "since=c.3");
  assert_int_equal(end_it(node, &child), 5);
  assert_int_equal(run_count(child.out, "Bob: bye"), 1);
  assert_int_equal(run_count(child.err, "waiting for it"), 2); /* once for each break */
}

#define RESET NODE_EVENT("reset", "c.9", "{}")

static void after_a_reset_only_what_is_new_is_printed(void **state)
{
  struct fake_node *node = *state;
  struct run_child child;
  set_next_page(node, SECOND "," NODE_MESSAGE(NODE_MESSAGE_3, "Eve", "me too", "p3", ""));
  run_start(&child, node->directory, RUN_ARGS("tail"));
  fake_node_await_streams(node, 1);
  fake_server_push(node->server, NODE_EVENT("message", "c.2", SECOND));
  run_await_out(&child, "Bob: bye");
  fake_server_push(node->server, RESET);
  run_await_out(&child, "Eve: me too\n");
  fake_node_assert_asked(node, "/messages?limit=200&after=p1\n");
  assert_int_equal(end_it(node, &child), 5);
  fake_node_assert_asked(node, STREAM "&since=c.9\n");
  assert_int_equal(run_count(child.out, "Bob: bye"), 1);
  assert_int_equal(run_count(child.out, "Alice: hello"), 1);
}

/* What could not be read anew is asked for again: the cursor has not moved. */
static void a_reset_survives_a_daemon_that_dies_of_it(void **state)
{
  struct fake_node *node = *state;
  struct run_child child;
  set_next_page(node, SECOND);
  run_start(&child, node->directory, RUN_ARGS("tail"));
  fake_node_await_streams(node, 1);
  fake_node_lock(node);
  node->break_pages = true;
  node->greeting = RESET;
  fake_node_unlock(node);
  fake_server_push(node->server, RESET);
  fake_node_await_streams(node, 3);
  fake_node_lock(node);
  node->break_pages = false;
  fake_node_unlock(node);
  run_await_out(&child, "Bob: bye");
  assert_int_equal(end_it(node, &child), 5);
  assert_non_null(strstr(child.err, GONE));
  fake_node_assert_asked(node, STREAM "&since=c.1\n"
                                      "GET /v1/spaces/" NODE_SPACE "/channels/" NODE_CHANNEL
                                      "/messages?limit=200&after=p1\n" STREAM "&since=c.1\n");
}

static void tail_prints_json_lines(void **state)
{
  struct fake_node *node = *state;
  struct run_child child;
  run_start(&child, node->directory, RUN_ARGS("tail", "--json"));
  fake_node_await_streams(node, 1);
  fake_server_push(node->server, NODE_EVENT("message", "c.2", SECOND));
  run_await_out(&child, "{\"message\":\"" NODE_MESSAGE_1 "\",");
  run_await_out(&child, SECOND "\n");
  assert_int_equal(end_it(node, &child), 5);
  assert_int_equal(run_count(child.out, "\n"), 2);
}

static void every_event_is_a_line(void **state)
{
  struct fake_node *node = *state;
  struct run_child child;
  run_start(&child, node->directory,
            RUN_ARGS("events", "tail", "--types", "message,member", "--since", "a b&c"));
  fake_node_await_streams(node, 1);
  fake_node_assert_asked(node, "GET /v1/events?space=" NODE_SPACE
                               "&types=message,member&since=a%20b%26c\n");
  run_await_out(&child, "{\"type\":\"ready\",\"data\":{}}\n");
  fake_server_push(node->server, "event: sync\ndata: {\"type\":\ndata: \"sync\"}\n\n");
  run_await_out(&child, "{\"type\": \"sync\"}\n");
  fake_server_drop(node->server);
  fake_node_await_streams(node, 2);
  fake_node_assert_asked(node, "&types=message,member&since=c.1\n");
  assert_int_equal(end_it(node, &child), 5);
}

/* Without a cursor the first stream begins now, and a later one where the first had come to. */
static void events_without_a_cursor_begin_now(void **state)
{
  struct fake_node *node = *state;
  struct run_child child;
  run_start(&child, node->directory, RUN_ARGS("events", "tail"));
  fake_node_await_streams(node, 1);
  fake_node_assert_asked(node, "GET /v1/events?space=" NODE_SPACE "\n");
  run_await_out(&child, "ready");
  assert_int_equal(end_it(node, &child), 5);
  fake_node_assert_asked(node, "GET /v1/events?space=" NODE_SPACE "&since=c.1\n");
  run_expect(node->directory, 2, "", "--types wants names", "",
             RUN_ARGS("events", "tail", "--types", "a&b"));
  run_expect(node->directory, 2, "", "--since wants the cursor", "",
             RUN_ARGS("events", "tail", "--since", ""));
}

static void senseless_streams_end_it(void **state)
{
  struct fake_node *node = *state;
  char endless[2048];
  struct run_child child;
  set_greeting(node, "event: message\ndata: {\"type\":\n\n");
  run_expect(node->directory, 1, "Alice: hello", "an event that makes no sense", "",
             RUN_ARGS("tail"));
  set_greeting(node, "");
  memset(endless, 'x', sizeof endless - 1);
  endless[sizeof endless - 1] = '\0';
  run_start(&child, node->directory, RUN_ARGS("events", "tail"));
  fake_node_await_streams(node, 2);
  for (int i = 0; i < 600; i++)
    fake_server_push(node->server, endless);
  assert_int_equal(run_end(&child), 1);
  assert_non_null(strstr(child.err, "sent events that make no sense"));
  refuse_streams(node, 200); /* JSON where a stream belongs */
  run_expect(node->directory, 1, "", "sent events that make no sense", "",
             RUN_ARGS("events", "tail"));
  refuse_streams(node, 404);
  run_expect(node->directory, 4, "", "No more streams.", "", RUN_ARGS("events", "tail"));
}

/* The document of a refusal has at most 64 KiB (REFUSAL_MAX); a longer one is not understood. */
static void a_refusal_is_bounded(void **state)
{
  enum { LONGEST = 64 * 1024 };
  struct fake_node *node = *state;
  static char texts[2][LONGEST + 2]; /* the server may still be sending the one before */
  refuse_streams(node, 404);
  for (int more = 0; more < 2; more++) {
    char *text = texts[more];
    int n = snprintf(text, sizeof texts[0], "{\"code\":\"x\",\"detail\":\"No more streams.\"%*s}",
                     LONGEST - 40 + more, "");
    assert_int_equal(n, LONGEST + more);
    fake_node_lock(node);
    node->refusal = text;
    fake_node_unlock(node);
    run_expect(node->directory, 4, "", more ? "404" : "No more streams.", "",
               RUN_ARGS("events", "tail"));
  }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_node_set_up, fake_node_tear_down)
  const struct CMUnitTest tests[] = {
      TEST(a_message_is_printed_once),
      TEST(a_broken_stream_goes_on_after_the_last_event),
      TEST(after_a_reset_only_what_is_new_is_printed),
      TEST(a_reset_survives_a_daemon_that_dies_of_it),
      TEST(tail_prints_json_lines),
      TEST(every_event_is_a_line),
      TEST(events_without_a_cursor_begin_now),
      TEST(senseless_streams_end_it),
      TEST(a_refusal_is_bounded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
