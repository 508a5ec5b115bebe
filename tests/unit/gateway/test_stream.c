/*
 * test_stream.c - events as server-sent events: what a stream begins with, how it waits, how it
 * ends.
 */
#include "unit/gateway/house.h"

#include "base/status.h"
#include "gateway/stream.h"
#include "sys/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define A    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define B    "AAABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define NONE "AAACAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define READ "Authorization: Bearer read\r\n"
#define GET(query, headers)                                                                        \
  "GET /v1/events" query " HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n" headers "\r\n"

struct listener {
  int fd;
  char text[64 * 1024]; /* what has come so far, chunks and all */
  size_t len;
};

static void ask(struct house *h, struct listener *l, const char *head)
{
  char request[1024];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  int n = snprintf(request, sizeof request, head, h->host);
#pragma GCC diagnostic pop
  l->fd = house_dial(h);
  l->len = 0;
  l->text[0] = '\0';
  assert_true(client_send(l->fd, request, (size_t)n));
}

/* Reads until the text is there; fails when the stream ends or falls silent before. */
static void await(struct listener *l, const char *text)
{
  while (!strstr(l->text, text)) {
    ssize_t n = recv(l->fd, l->text + l->len, sizeof l->text - 1 - l->len, 0);
    if (n <= 0)
      fail_msg("%s is not in\n%s", text, l->text);
    l->len += (size_t)n;
    l->text[l->len] = '\0';
  }
}

/* Reads on to the end of the stream, which is a proper one: the last chunk is there. */
static void await_end(struct listener *l)
{
  await(l, "\r\n0\r\n\r\n");
  char byte;
  assert_int_equal(recv(l->fd, &byte, 1, 0), 0);
  close(l->fd);
}

static void events_arrive_as_they_happen(void **state)
{
  struct house *h = *state;
  static struct listener l;
  ask(h, &l, GET("?space=" A, READ));
  house_await_subscriptions(h, 1);
  await(&l, "HTTP/1.1 200");
  await(&l, "Content-Type: text/event-stream\r\n");
  await(&l, "Cache-Control: no-store\r\n");
  house_emit(h, &house_b, "message", "b.1", 0);
  house_emit(h, &house_a, "message", "a.1", 0);
  await(&l, "id: a.1\nevent: message\ndata: {\"type\":\"message\",\"n\":1,\"padding\":\"\"}\n\n");
  house_emit(h, &house_a, "sync", NULL, 0);
  await(&l, "event: sync\ndata: {\"type\":\"sync\",\"n\":2");
  assert_null(strstr(strstr(l.text, "id: a.1") + 1, "id: ")); /* it has no cursor */
  assert_null(strstr(l.text, "b.1"));
  shutdown(l.fd, SHUT_RDWR);
  close(l.fd);
}

static void a_stream_begins_where_it_is_told(void **state)
{
  struct house *h = *state;
  static struct listener l;
  ask(h, &l, GET("?space=" A "&since=c.1&channel=" B "&types=message,peers&later=1", READ));
  house_await_subscriptions(h, 1);
  pthread_mutex_lock(&h->lock);
  assert_string_equal(h->last.since, "c.1");
  assert_int_equal(h->last.types, 1u << TOPO_NOTIFY_MESSAGE | 1u << TOPO_NOTIFY_PEERS);
  assert_true(h->last.one_channel && topo_id_equal(&h->last.channel, &house_b));
  pthread_mutex_unlock(&h->lock);
  close(l.fd);
  ask(h, &l, GET("?space=" A "&since=c.1", READ "Last-Event-ID: c.2\r\n"));
  pthread_mutex_lock(&h->lock);
  while (h->subscriptions_opened != 2)
    pthread_cond_wait(&h->changed, &h->lock);
  assert_string_equal(h->last.since, "c.2");
  pthread_mutex_unlock(&h->lock);
  close(l.fd);
}

static void bad_streams_are_refused(void **state)
{
  static const struct {
    const char *request;
    int status;
    const char *part;
  } cases[] = {
      {GET("?space=" A, ""), 401, "unauthenticated"},
      {GET("?space=" A "&token=read", ""), 401, "unauthenticated"},
      {GET("", READ), 400, "\"pointer\":\"space\""},
      {GET("?space=short", READ), 400, "\"pointer\":\"space\""},
      {GET("?space", READ), 400, "\"pointer\":\"space\""},
      {GET("?space=" NONE, READ), 404, "this daemon has no such space"},
      {GET("?space=" B, "Authorization: Bearer one\r\n"), 404, "this daemon has no such space"},
      {GET("?space=" A "&since=", READ), 400, "\"pointer\":\"since\""},
      {GET("?space=" A "&since=nonsense", READ), 400, "\"pointer\":\"since\""},
      {GET("?space=" A "&types=", READ), 400, "\"pointer\":\"types\""},
      {GET("?space=" A "&types=message,,sync", READ), 400, "\"pointer\":\"types\""},
      {GET("?space=" A "&types=all", READ), 400, "\"pointer\":\"types\""},
      {GET("?space=" A "&channel=x", READ), 400, "\"pointer\":\"channel\""},
      {GET("?space=" A "&since=%%zz", READ), 400, "percent"},
      {"HEAD /v1/events?space=" A " HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n" READ "\r\n", 405,
       "Allow: GET\r\n"},
  };
  struct house *h = *state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    house_expect(h, cases[i].request, cases[i].status, cases[i].part);
  house_await_subscriptions(h, 0);
}

/* Everything that was kept, in pieces, in order, and then it waits without spinning. */
static void a_long_past_is_told_in_order(void **state)
{
  enum { COUNT = 3000 };
  struct house *h = *state;
  static char text[4 * 1024 * 1024];
  size_t len = 0, seen = 0;
  struct rusage before, after;
  static struct listener l;
  for (int i = 0; i < COUNT; i++)
    house_emit(h, &house_a, "message", "c", 1000);
  ask(h, &l, GET("?space=" A "&since=0", READ));
  while (!strstr(len > 5000 ? text + len - 5000 : text, "\"n\":2999")) {
    ssize_t n = recv(l.fd, text + len, sizeof text - 1 - len, 0);
    assert_true(n > 0);
    len += (size_t)n;
    text[len] = '\0';
  }
  for (char *at = text; (at = strstr(at, "data: {\"type\":\"message\",\"n\":")) != NULL; at++)
    assert_int_equal(strtoul(at + 28, NULL, 10), seen++);
  assert_true(seen > COUNT - 100); /* some are cut in two by the marks of chunks */
  getrusage(RUSAGE_SELF, &before);
  struct timeval pause = {.tv_usec = 500000};
  setsockopt(l.fd, SOL_SOCKET, SO_RCVTIMEO, &pause, sizeof pause);
  while (recv(l.fd, text, sizeof text, 0) > 0)
    ;
  getrusage(RUSAGE_SELF, &after);
  assert_true(after.ru_utime.tv_sec * 1000000 + after.ru_utime.tv_usec -
                  before.ru_utime.tv_sec * 1000000 - before.ru_utime.tv_usec <
              250000);
  close(l.fd);
}

static void a_silent_stream_says_that_it_lives(void **state)
{
  struct house *h = *state;
  static struct listener l;
  h->options.times.beat_ms = 1000;
  house_open(h);
  ask(h, &l, GET("?space=" A, READ));
  await(&l, ":\n\n");
  l.text[l.len = 0] = '\0';
  await(&l, ":\n\n");
  /* A client that left is noticed by then. */
  close(l.fd);
  house_await_subscriptions(h, 0);
}

static void a_stream_ends_with_its_token(void **state)
{
  struct house *h = *state;
  static struct listener l;
  atomic_store(&h->expires_ms, (uint64_t)topo_clock_wall_ms() + 1500);
  ask(h, &l, GET("?space=" A, "Authorization: Bearer brief\r\n"));
  await_end(&l);
  assert_true((uint64_t)topo_clock_wall_ms() >= atomic_load(&h->expires_ms));
  h->options.times.beat_ms = 1000;
  house_open(h);
  ask(h, &l, GET("?space=" A, "Authorization: Bearer gone\r\n"));
  house_await_subscriptions(h, 1);
  atomic_store(&h->revoked, true);
  await_end(&l);
  house_await_subscriptions(h, 0);
}

static void a_stream_ends_with_its_space(void **state)
{
  struct house *h = *state;
  static struct listener l;
  ask(h, &l, GET("?space=" A, READ));
  house_await_subscriptions(h, 1);
  pthread_mutex_lock(&h->lock);
  h->closed = true;
  pthread_mutex_unlock(&h->lock);
  house_emit(h, &house_a, "message", "c", 0);
  await_end(&l);
}

static void streams_end_with_the_gateway(void **state)
{
  enum { COUNT = 20 };
  struct house *h = *state;
  static struct listener l[COUNT];
  for (int i = 0; i < COUNT; i++)
    ask(h, &l[i], GET("?space=" A, READ));
  house_await_subscriptions(h, COUNT);
  /* One of them does not read, with much on its way. */
  for (int i = 0; i < 40; i++)
    house_emit(h, &house_b, "message", "c", 100);
  topo_gateway_quiesce(h->gateway);
  for (int i = 0; i < COUNT; i++)
    await_end(&l[i]);
  house_await_subscriptions(h, 0);
}

/* Whoever does not read keeps nobody from ending. */
static void a_reader_that_stopped_does_not_hold_up_the_end(void **state)
{
  struct house *h = *state;
  static struct listener l;
  ask(h, &l, GET("?space=" A, READ));
  house_await_subscriptions(h, 1);
  for (int i = 0; i < 2000; i++)
    house_emit(h, &house_a, "message", "c", 10000);
  pthread_mutex_lock(&h->lock);
  size_t unread = h->n_events - h->broker->at;
  pthread_mutex_unlock(&h->lock);
  assert_true(unread > 0);
  topo_gateway_destroy(h->gateway);
  h->gateway = NULL;
  house_await_subscriptions(h, 0);
  close(l.fd);
}

/* Whoever does not take what is sent is let go after a time; whoever does may stay. */
static void a_reader_that_stopped_is_let_go(void **state)
{
  struct house *h = *state;
  static struct listener stuck, good;
  h->options.times.answer_ms = 2000;
  h->options.times.beat_ms = 500;
  house_open(h);
  ask(h, &stuck, GET("?space=" A, READ));
  ask(h, &good, GET("?space=" B, READ));
  house_await_subscriptions(h, 2);
  for (int i = 0; i < 2000; i++)
    house_emit(h, &house_a, "message", "c", 10000);
  house_await_subscriptions(h, 1);
  good.text[good.len = 0] = '\0';
  await(&good, ":\n\n");
  close(stuck.fd);
  close(good.fd);
}

/* Also when all of them arrive at once: none of the servers behind the listener forgets one. */
static void streams_are_counted(void **state)
{
  struct house *h = *state;
  static int fds[TOPO_STREAMS_MAX];
  char request[512];
  int n = snprintf(request, sizeof request,
                   "GET /v1/events?space=" A " HTTP/1.1\r\nHost: %s\r\n" READ "\r\n", h->host);
  for (int i = 0; i < TOPO_STREAMS_MAX; i++) {
    fds[i] = house_dial(h);
    assert_true(client_send(fds[i], request, (size_t)n));
  }
  house_await_subscriptions(h, TOPO_STREAMS_MAX);
  house_expect(h, GET("?space=" A, READ), 429, "\"code\":\"rate-limited\"");
  house_expect(h, "GET /healthz HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", 200, "ok");
  for (int i = 0; i < TOPO_STREAMS_MAX; i++)
    close(fds[i]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, house_set_up, house_tear_down)
  const struct CMUnitTest tests[] = {
      TEST(events_arrive_as_they_happen),
      TEST(a_stream_begins_where_it_is_told),
      TEST(bad_streams_are_refused),
      TEST(a_long_past_is_told_in_order),
      TEST(a_silent_stream_says_that_it_lives),
      TEST(a_stream_ends_with_its_token),
      TEST(a_stream_ends_with_its_space),
      TEST(streams_end_with_the_gateway),
      TEST(a_reader_that_stopped_does_not_hold_up_the_end),
      TEST(a_reader_that_stopped_is_let_go),
      TEST(streams_are_counted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
