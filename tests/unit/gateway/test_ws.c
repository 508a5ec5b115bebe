/*
 * test_ws.c - events over a WebSocket: the greeting, subscriptions, batches, and every way it ends.
 */
#include "unit/gateway/ws_peer.h"

#include "base/status.h"
#include "gateway/hello.h"
#include "gateway/ws.h"
#include "sys/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define A                   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define B                   "AAABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define NONE                "AAACAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define SUB_A               "{\"subscribe\":[{\"space\":\"" A "\"}]}"
#define HELLO(token, space) "{\"token\":\"" token "\",\"subscribe\":[{\"space\":\"" space "\"}]}"

static void hear_with(struct ws_peer *p, const char *part)
{
  int opcode = ws_hear(p, NULL);
  assert_int_equal(opcode, WS_TEXT);
  if (p->text[0] != '[' || p->text[p->len - 1] != ']' || !strstr(p->text, part))
    fail_msg("%s is not in %s", part, p->text);
}

static void events_arrive_over_both_sockets(void **state)
{
  struct house *h = *state;
  struct ws_peer tcp = ws_open(h, false), local = ws_open(h, true);
  assert_true(ws_say(&tcp, HELLO("read", A)));
  assert_true(ws_say(&local, SUB_A));
  house_await_subscriptions(h, 2);
  house_emit(h, &house_b, "channel", "b.1", 0); /* another space's */
  house_emit(h, &house_a, "message", "a.1", 0);
  hear_with(&tcp, "[{\"type\":\"message\",\"n\":1,\"padding\":\"\"}]");
  hear_with(&local, "\"n\":1");
  ws_end(&tcp);
  house_await_subscriptions(h, 1); /* a client that left is let go */
  house_emit(h, &house_a, "message", "a.2", 0);
  hear_with(&local, "\"n\":2");
  ws_end(&local);
  house_await_subscriptions(h, 0);
}

static void subscriptions_are_filtered_replaced_and_ended(void **state)
{
  struct house *h = *state;
  struct ws_peer p = ws_open(h, true);
  assert_true(ws_say(&p, "{\"subscribe\":[{\"space\":\"" A "\",\"since\":\"c.1\",\"channel\":\"" B
                         "\",\"types\":[\"message\",\"sync\"]},{\"space\":\"" B "\"}]}"));
  house_await_subscriptions(h, 2);
  assert_true(ws_say(&p, "{\"subscribe\":[{\"space\":\"" A "\",\"since\":\"c.2\",\"channel\":\"" B
                         "\",\"types\":[\"message\",\"sync\"],\"new\":1}],\"unsubscribe\":[\"" B
                         "\",\"" NONE "\"],\"later\":{}}"));
  pthread_mutex_lock(&h->lock);
  while (h->subscriptions_opened != 3 || h->subscriptions_open != 1)
    pthread_cond_wait(&h->changed, &h->lock);
  assert_string_equal(h->last.since, "c.2");
  assert_int_equal(h->last.types, 1u << TOPO_NOTIFY_MESSAGE | 1u << TOPO_NOTIFY_SYNC);
  assert_true(h->last.one_channel && topo_id_equal(&h->last.channel, &house_b));
  pthread_mutex_unlock(&h->lock);
  ws_end(&p);
  house_await_subscriptions(h, 0);
}

/* Many small events share messages; none is lost, none comes twice, all in order. */
static void events_are_gathered_into_batches(void **state)
{
  enum { COUNT = 2000 };
  struct house *h = *state;
  struct ws_peer p = ws_open(h, true);
  unsigned messages = 0;
  size_t seen = 0;
  for (int i = 0; i < COUNT; i++)
    house_emit(h, &house_a, "message", "c", 100);
  assert_true(ws_say(&p, "{\"subscribe\":[{\"space\":\"" A "\",\"since\":\"0\"}]}"));
  while (seen < COUNT) {
    assert_int_equal(ws_hear(&p, NULL), WS_TEXT);
    assert_true(p.len <= 65 * 1024);
    messages++;
    for (char *at = p.text; (at = strstr(at, "\"n\":")) != NULL; at += 4)
      assert_int_equal(strtoul(at + 4, NULL, 10), seen++);
  }
  assert_in_range(messages, 2, COUNT / 50);
  /* One event larger than a batch comes whole. */
  house_emit(h, &house_a, "message", "c", 400 * 1024);
  assert_int_equal(ws_hear(&p, NULL), WS_TEXT);
  assert_true(p.len > 400 * 1024);
  ws_end(&p);
}

/* A client that does not read costs one message; when it reads again, nothing is missing. */
static void a_slow_client_is_waited_for_without_memory(void **state)
{
  enum { COUNT = 4000, PADDING = 4000 };
  struct house *h = *state;
  struct ws_peer p = ws_open(h, true);
  size_t seen = 0, unread;
  assert_true(ws_say(&p, SUB_A));
  house_await_subscriptions(h, 1);
  for (int i = 0; i < COUNT; i++)
    house_emit(h, &house_a, "message", "c", PADDING);
  /* A second client is served meanwhile, so the first one's turn has come and gone. */
  struct ws_peer other = ws_open(h, true);
  assert_true(ws_say(&other, "{\"subscribe\":[{\"space\":\"" A "\",\"since\":\"0\"}]}"));
  hear_with(&other, "\"n\":0");
  ws_end(&other);
  house_await_subscriptions(h, 1);
  pthread_mutex_lock(&h->lock);
  unread = h->n_events - h->broker->at;
  pthread_mutex_unlock(&h->lock);
  assert_in_range(unread, COUNT / 2, COUNT);
  while (seen < COUNT) {
    assert_int_equal(ws_hear(&p, NULL), WS_TEXT);
    for (char *at = p.text; (at = strstr(at, "\"n\":")) != NULL; at += 4)
      assert_int_equal(strtoul(at + 4, NULL, 10), seen++);
  }
  ws_end(&p);
}

static void what_is_said_must_be_right(void **state)
{
  static const struct {
    const char *first, *second;
    int code;
    const char *problem;
  } cases[] = {
      {HELLO("guess", A), NULL, 4401, "unauthenticated"},
      {SUB_A, NULL, 4401, "unauthenticated"},
      {"{}", NULL, 4401, "unauthenticated"},
      {"{\"token\":\"\"}", NULL, 4400, "invalid-argument"},
      {"{\"token\":7}", NULL, 4400, "invalid-argument"},
      {HELLO("read", NONE), NULL, 4404, "not-found"},
      {HELLO("one", B), NULL, 4404, "not-found"},
      {HELLO("one", A), "{\"subscribe\":[{\"space\":\"" B "\"}]}", 4404, "not-found"},
      {HELLO("read", A), HELLO("read", A), 4400, "invalid-argument"},
      {HELLO("read", A), "{\"subscribe\":[{\"space\":\"" A "\",\"since\":\"nonsense\"}]}", 4400,
       "invalid-argument"},
      {HELLO("read", "short"), NULL, 4400, "invalid-argument"},
      {"", NULL, 4400, "malformed"},
      {"hello", NULL, 4400, "malformed"},
      {"[]", NULL, 4400, "malformed"},
      {"{\"token\":\"read\",\"token\":\"admin\"}", NULL, 4400, "malformed"},
      {"{\"token\":\"read\"} ", "{\"subscribe\":{}}", 4400, "invalid-argument"},
      {"{\"token\":\"read\"}", "{\"subscribe\":[{}]}", 4400, "invalid-argument"},
      {"{\"token\":\"read\"}", "{\"subscribe\":[{\"space\":\"" A "\",\"types\":[]}]}", 4400,
       "invalid-argument"},
      {"{\"token\":\"read\"}", "{\"subscribe\":[{\"space\":\"" A "\",\"types\":[\"all\"]}]}", 4400,
       "invalid-argument"},
      {"{\"token\":\"read\"}", "{\"unsubscribe\":[1]}", 4400, "invalid-argument"},
      {"{\"token\":\"read\"}", "{\"x\":\"\xff\"}", 4400, "malformed"},
      {"{\"token\":\"read\"}", "[[[[[[[[[[[[[[[[[[[[", 4400, "limit-exceeded"},
  };
  struct house *h = *state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct ws_peer p = ws_open(h, false);
    assert_true(ws_say(&p, cases[i].first));
    if (cases[i].second)
      assert_true(ws_say(&p, cases[i].second));
    ws_expect_end(&p, cases[i].code, cases[i].problem);
  }
  house_await_subscriptions(h, 0);
}

static void there_are_bounds(void **state)
{
  struct house *h = *state;
  /* One subscription too many in one message. */
  char text[TOPO_SUBSCRIPTION_CURSOR_SIZE * 200], *at = text;
  at += sprintf(at, "{\"subscribe\":[");
  for (int i = 0; i < TOPO_HELLO_SPACES_MAX + 1; i++)
    at += sprintf(at, "%s{\"space\":\"" A "\"}", i ? "," : "");
  strcpy(at, "]}");
  struct ws_peer p = ws_open(h, true);
  assert_true(ws_say(&p, text));
  ws_expect_end(&p, 4400, "limit-exceeded");

  /* Twenty messages (MESSAGES_MAX) are taken, and the next one is too many. */
  p = ws_open(h, true);
  for (int i = 0; i < 19; i++)
    assert_true(ws_say(&p, "{}"));
  assert_true(ws_say(&p, SUB_A));
  house_await_subscriptions(h, 1);
  assert_true(ws_say(&p, "{}"));
  ws_expect_end(&p, 4429, "rate-limited");
  house_await_subscriptions(h, 0);

  /* A message of 16 KiB is taken; one byte more is not. */
  static char long_text[TOPO_HELLO_SIZE_MAX + 2];
  memset(long_text, ' ', sizeof long_text - 1);
  memcpy(long_text, SUB_A, strlen(SUB_A));
  p = ws_open(h, true);
  assert_true(ws_frame(&p, WS_FIN | WS_TEXT, long_text, TOPO_HELLO_SIZE_MAX, true));
  house_await_subscriptions(h, 1);
  assert_true(ws_frame(&p, WS_FIN | WS_TEXT, long_text, TOPO_HELLO_SIZE_MAX + 1, true));
  ws_expect_end(&p, 4400, "limit-exceeded");
}

static void fragments_are_put_together(void **state)
{
  struct house *h = *state;
  struct ws_peer p = ws_open(h, true);
  assert_true(ws_frame(&p, WS_TEXT, SUB_A, 10, true));
  assert_true(ws_frame(&p, WS_FIN | WS_PING, "x", 1, true)); /* control frames may come between */
  assert_true(ws_frame(&p, 0, &SUB_A[10], 7, true));
  assert_true(ws_frame(&p, WS_FIN, &SUB_A[17], strlen(SUB_A) - 17, true));
  house_await_subscriptions(h, 1);
  assert_int_equal(ws_hear(&p, NULL), WS_PONG);
  ws_end(&p);
}

/* Says the same in so many pieces, of which all but the first are one byte. */
static void say_in_pieces(struct ws_peer *p, size_t count)
{
  size_t rest = count - 1, first = strlen(SUB_A) - rest;
  assert_true(ws_frame(p, WS_TEXT, SUB_A, first, true));
  for (size_t i = 0; i < rest; i++)
    assert_true(ws_frame(p, i == rest - 1 ? WS_FIN : 0, &SUB_A[first + i], 1, true));
}

/* A message has at most 64 pieces (PIECES_MAX). */
static void fragments_are_counted(void **state)
{
  struct house *h = *state;
  struct ws_peer p = ws_open(h, true);
  say_in_pieces(&p, 64);
  house_await_subscriptions(h, 1);
  say_in_pieces(&p, 65);
  ws_expect_end(&p, 4400, "limit-exceeded");
  house_await_subscriptions(h, 0);
}

/* Frames that are none, or that lie (libwebsockets reads those without a mask as what they say):
 * the connection ends, and nobody else notices. */
static void broken_frames_end_the_connection(void **state)
{
  static const struct {
    const char *bytes;
    size_t len;
    const char *what;
  } cases[] = {
      {"\xf1\x80\x01\x02\x03\x04", 6, "reserved bits"},
      {"\x83\x80\x01\x02\x03\x04", 6, "a reserved opcode"},
      {"\x80\x80\x01\x02\x03\x04", 6, "a continuation of nothing"},
      {"\x81\x02{}", 4, "no mask"},
      {"\x89\xfe\x00\x7e\x01\x02\x03\x04", 8, "a ping longer than 125"},
      {"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x01\x02\x03\x04", 14, "a frame of exabytes"},
      {"\x82\x80\x01\x02\x03\x04", 6, "binary"},
      {"GET / HTTP/1.1\r\n\r\n", 18, "HTTP"},
  };
  struct house *h = *state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct ws_peer p = ws_open(h, true);
    int opcode, code = 0;
    assert_true(client_send(p.fd, cases[i].bytes, cases[i].len));
    shutdown(p.fd, SHUT_WR);
    while ((opcode = ws_hear(&p, &code)) != 0 && opcode != WS_CLOSE)
      assert_true(opcode != WS_TEXT || strstr(p.text, "problem"));
    ws_end(&p);
  }
  struct ws_peer p = ws_open(h, true);
  assert_true(ws_say(&p, SUB_A));
  house_await_subscriptions(h, 1);
  ws_end(&p);
}

static void a_message_that_never_ends_is_cut_off(void **state)
{
  struct house *h = *state;
  struct ws_peer p = ws_open(h, true);
  assert_true(ws_frame(&p, WS_TEXT, "", 0, true));
  for (int i = 0; i < 200 && ws_frame(&p, 0, "", 0, true); i++)
    ;
  ws_expect_end(&p, 4400, "limit-exceeded");

  h->options.times.hello_ms = 1000;
  house_open(h);
  p = ws_open(h, true);
  assert_true(ws_say(&p, "{}"));
  assert_true(ws_frame(&p, WS_TEXT, "{", 1, true));
  ws_expect_end(&p, 4408, "request-timeout");
}

static void silence_ends_a_socket(void **state)
{
  struct house *h = *state;
  h->options.times.hello_ms = 1000;
  house_open(h);
  struct ws_peer p = ws_open(h, false);
  ws_expect_end(&p, 4408, "request-timeout");
}

static void a_token_ends_with_its_time_or_when_it_is_revoked(void **state)
{
  struct house *h = *state;
  h->options.times.beat_ms = 1000;
  house_open(h);
  atomic_store(&h->expires_ms, (uint64_t)topo_clock_wall_ms() + 1500);
  struct ws_peer brief = ws_open(h, false), gone = ws_open(h, false), good = ws_open(h, false);
  assert_true(ws_say(&brief, HELLO("brief", A)));
  assert_true(ws_say(&gone, HELLO("gone", A)));
  assert_true(ws_say(&good, HELLO("read", A)));
  house_await_subscriptions(h, 3);
  atomic_store(&h->revoked, true);
  ws_expect_end(&brief, 4401, "unauthenticated");
  ws_expect_end(&gone, 4401, "unauthenticated");
  house_await_subscriptions(h, 1);
  ws_end(&good);
}

/* The server asks after silent clients; one that answers stays, one that is gone is let go. */
static void dead_clients_are_noticed(void **state)
{
  struct house *h = *state;
  h->options.times.ping_s = 1;
  house_open(h);
  struct ws_peer p = ws_open(h, true);
  assert_true(ws_say(&p, SUB_A));
  house_await_subscriptions(h, 1);
  assert_int_equal(ws_hear(&p, NULL), WS_PING);
  assert_true(ws_frame(&p, WS_FIN | WS_PONG, p.text, p.len, true));
  assert_int_equal(ws_hear(&p, NULL), WS_PING);
  /* No answer any more. */
  house_await_subscriptions(h, 0);
  ws_end(&p);
}

static void a_closed_space_ends_the_socket(void **state)
{
  struct house *h = *state;
  struct ws_peer p = ws_open(h, true);
  assert_true(ws_say(&p, SUB_A));
  house_await_subscriptions(h, 1);
  pthread_mutex_lock(&h->lock);
  h->closed = true;
  pthread_mutex_unlock(&h->lock);
  house_emit(h, &house_a, "message", "c", 0);
  ws_expect_end(&p, 4404, "closed");
}

static void the_end_of_the_node_is_said(void **state)
{
  struct house *h = *state;
  struct ws_peer open = ws_open(h, false), silent = ws_open(h, false);
  assert_true(ws_say(&open, HELLO("read", A)));
  house_await_subscriptions(h, 1);
  topo_gateway_quiesce(h->gateway);
  ws_expect_end(&open, 1001, "closed");
  ws_expect_end(&silent, 1001, "closed");
  house_await_subscriptions(h, 0);
}

static void handshakes_are_judged(void **state)
{
#define UPGRADE(headers)                                                                           \
  "GET /v1/events/ws HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" headers "\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define V13 "Sec-WebSocket-Version: 13\r\n"
  struct house *h = *state;
  house_expect(h, UPGRADE("Host: evil.example\r\nX: %s\r\n" KEY V13), 421, "wrong-host");
  house_expect(h, UPGRADE("Host: %s\r\nOrigin: http://evil.example\r\n" KEY V13), 403,
               "foreign-origin");
  house_expect(h, UPGRADE("Host: %s\r\nSec-Fetch-Site: cross-site\r\n" KEY V13), 403, "cross-site");
  house_expect(h, UPGRADE("Host: %s\r\n" V13), 400, "bad-request");
  house_expect(h, UPGRADE("Host: %s\r\n" KEY), 400, "bad-request");
  house_expect(h, UPGRADE("Host: %s\r\n" KEY "Sec-WebSocket-Version: 8\r\n"), 400, "bad-request");
  house_expect(h, UPGRADE("Host: %s\r\n" KEY V13 "Content-Length: 5\r\n"), 400, "no body");
}

/* What the listener lets through, libwebsockets can read, too. */
static void a_long_handshake_is_read(void **state)
{
  enum { LONG = 15 * 1024 };
  struct house *h = *state;
  static char text[LONG + 1024];
  int fd = house_dial(h);
  size_t n = (size_t)snprintf(text, sizeof text,
                              "GET /v1/events/ws?x=%0500d HTTP/1.1\r\nUpgrade: websocket\r\n"
                              "Connection: keep-alive, Upgrade\r\nHost: %s\r\n" KEY V13
                              "Origin: http://%s\r\nCookie: a=",
                              0, h->host, h->host);
  memset(text + n, 'c', LONG - n);
  strcpy(text + LONG, "\r\nSec-Fetch-Site: same-origin\r\nUser-Agent: x\r\n\r\n");
  assert_true(client_send(fd, text, strlen(text)));
  ssize_t got = recv(fd, text, sizeof text - 1, 0);
  assert_true(got > 12);
  assert_memory_equal(text, "HTTP/1.1 101", 12);
  close(fd);
}

/* libwebsockets reads no head that a client wrote: one that it cannot read would get a page of its
 * own, or be waited for in a place that the next handshake needs. */
static void odd_handshakes_are_read(void **state)
{
  static const char *const odd[][2] = {
      {"", "X:\r\n"},
      {"?a=%", ""},
      {"?a=%zz", ""},
      {"?a=%00", ""},
      {"?&&&&&&&&&&&", ""},
      {"", "X-Empty: \r\nX: 1\r\n"},
      {"", "If-None-Match: *\r\n"},
      {"?\x80", "X: \xff\r\n"},
      {"", "Sec-WebSocket-Protocol: x, y\r\n"},
      {"", "Sec-WebSocket-Extensions: x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;x\r\n"}};
  struct house *h = *state;
  for (size_t i = 0; i < 10 * sizeof odd / sizeof *odd; i++) {
    const char *const *o = odd[i % (sizeof odd / sizeof *odd)];
    char text[512];
    int n = snprintf(text, sizeof text,
                     "GET /v1/events/ws%s HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Host: %s\r\n" KEY V13 "%s\r\n",
                     o[0], h->host, o[1]);
    int fd = house_dial(h);
    assert_true(client_send(fd, text, (size_t)n));
    ssize_t got = recv(fd, text, sizeof text - 1, 0);
    if (got < 12 || memcmp(text, "HTTP/1.1 101", 12) != 0)
      fail_msg("%s %s %.*s", o[0], o[1], (int)(got > 0 ? got : 0), text);
    close(fd);
  }
  house_expect(h, UPGRADE("Host: %s\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub2 jZQ==\r\n" V13), 400,
               "bad-request");
}

static void sockets_are_counted(void **state)
{
  struct house *h = *state;
  static struct ws_peer peers[TOPO_WS_MAX];
  for (int i = 0; i < TOPO_WS_MAX; i++)
    peers[i] = ws_open(h, true);
  house_expect(h, UPGRADE("Host: %s\r\n" KEY V13), 429, "rate-limited");
  for (int i = 0; i < TOPO_WS_MAX; i++)
    ws_end(&peers[i]);
}

/* Those who show no token go, the oldest first, before anybody is kept out by them. */
static void strangers_keep_nobody_out(void **state)
{
  enum { MANY = 300 };
  struct house *h = *state;
  static struct ws_peer peers[MANY];
  int code;
  struct ws_peer known = ws_open(h, false);
  assert_true(ws_say(&known, HELLO("read", A)));
  house_await_subscriptions(h, 1);
  for (int i = 0; i < MANY; i++)
    peers[i] = ws_open(h, false);
  assert_int_equal(ws_hear(&peers[0], &code), 0);
  house_emit(h, &house_a, "message", "1", 0);
  hear_with(&known, "\"n\":0");
  for (int i = 0; i < MANY; i++)
    ws_end(&peers[i]);
  ws_end(&known);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, house_set_up, house_tear_down)
  const struct CMUnitTest tests[] = {
      TEST(events_arrive_over_both_sockets),
      TEST(subscriptions_are_filtered_replaced_and_ended),
      TEST(events_are_gathered_into_batches),
      TEST(a_slow_client_is_waited_for_without_memory),
      TEST(what_is_said_must_be_right),
      TEST(there_are_bounds),
      TEST(fragments_are_put_together),
      TEST(fragments_are_counted),
      TEST(broken_frames_end_the_connection),
      TEST(a_message_that_never_ends_is_cut_off),
      TEST(silence_ends_a_socket),
      TEST(a_token_ends_with_its_time_or_when_it_is_revoked),
      TEST(dead_clients_are_noticed),
      TEST(a_closed_space_ends_the_socket),
      TEST(the_end_of_the_node_is_said),
      TEST(handshakes_are_judged),
      TEST(a_long_handshake_is_read),
      TEST(odd_handshakes_are_read),
      TEST(sockets_are_counted),
      TEST(strangers_keep_nobody_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
