/*
 * test_listener.c - the front listener against callers that mean ill, or are broken.
 */
#include "unit/gateway/house.h"

#include "base/status.h"
#include "sys/clock.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#define AUTH "Authorization: Bearer write\r\n"
#define JSON "Content-Type: application/json\r\n"
#define A    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static void still_serves(struct house *h)
{
  house_expect(h, "GET /v1/status HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n" AUTH "\r\n", 200,
               "getStatus");
}

/* Has the other end closed within the patience of the socket? */
static bool ends(int fd)
{
  char text[4096];
  ssize_t n;
  while ((n = recv(fd, text, sizeof text, 0)) > 0)
    ;
  close(fd);
  return n == 0;
}

static void what_is_no_http_is_refused_with_a_document(void **state)
{
  static const char *const cases[] = {
      "\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",
      "GET /v1/status\r\n\r\n",
      "GET / HTTP/3.0\r\nHost: x\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
      "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\n folded: y\r\n\r\n",
      "GET / HTTP/1.1\nHost: x\n\n",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n",
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
      "GET / HTTP/1.1\r\nHost: x\r\nX: \x01\r\n\r\n",
  };
  struct house *h = *state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    int fd = house_dial(h);
    assert_true(client_send(fd, cases[i], strlen(cases[i])));
    struct reply reply = client_finish(fd);
    if (reply.status != 400 || !strstr(reply.text, "\"code\":\"bad-request\"") ||
        !strstr(reply.text, "Content-Type: application/problem+json\r\n"))
      fail_msg("case %zu: %s", i, reply.text);
    reply_free(&reply);
  }
  still_serves(h);
}

static void long_heads_are_refused(void **state)
{
  struct house *h = *state;
  static char text[32 * 1024];
  memset(text, 'a', sizeof text);
  memcpy(text, "GET / HTTP/1.1\r\nHost: x\r\nX: ", 28);
  int fd = house_dial(h);
  assert_true(client_send(fd, text, sizeof text));
  struct reply reply = client_finish(fd);
  assert_int_equal(reply.status, 431);
  assert_non_null(strstr(reply.text, "\"code\":\"header-too-large\""));
  reply_free(&reply);
}

/* Sends a byte each 10 ms until the other end closes or `limit` were sent; returns how many. */
static int drip(int fd, const char *text, int limit)
{
  struct timeval pause = {.tv_usec = 10000};
  size_t len = strlen(text);
  char byte;
  int sent = 0;
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &pause, sizeof pause);
  while (sent < limit && client_send(fd, text + (size_t)sent % len, 1)) {
    sent++;
    if (recv(fd, &byte, 1, 0) >= 0)
      break;
  }
  return sent;
}

static void a_head_that_drips_runs_out_of_time(void **state)
{
  struct house *h = *state;
  h->options.times.head_ms = 1000;
  house_open(h);
  int fd = house_dial(h);
  uint64_t start = topo_clock_monotonic_ns();
  assert_true(client_send(fd, "GET / HTTP/1.1\r\n", 16));
  drip(fd, "X: y\r\n", 1000);
  assert_in_range((topo_clock_monotonic_ns() - start) / 1000000, 900, 5000);
  struct reply reply = client_finish(fd); /* its first byte went to drip() */
  assert_non_null(strstr(reply.text, "\"code\":\"request-timeout\""));
  reply_free(&reply);

  /* Silence is not answered: nobody asked. */
  fd = house_dial(h);
  assert_true(ends(fd));
  still_serves(h);
}

/* In many small pieces a head is looked at so often and no more. */
static void a_head_in_a_thousand_pieces_is_not_read(void **state)
{
  struct house *h = *state;
  int fd = house_dial(h), sent = 0;
  int one = 1;
  char byte;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* or the pieces are gathered */
  assert_true(client_send(fd, "GET / HTTP/1.1\r\nX: ", 19));
  while (sent < 1500 && client_send(fd, "y", 1)) {
    sent++;
    struct timeval pause = {.tv_usec = 500};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &pause, sizeof pause);
    if (recv(fd, &byte, 1, 0) == 0)
      break;
  }
  assert_in_range(sent, 100, 1499);
  close(fd);
}

static void heads_in_pieces_are_put_together(void **state)
{
  struct house *h = *state;
  char head[256];
  int n =
      snprintf(head, sizeof head,
               "GET /v1/status HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n" AUTH "\r\n", h->host);
  int fd = house_dial(h);
  assert_int_equal(drip(fd, head, n), n);
  struct timeval patience = {.tv_sec = 10};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  struct reply reply = client_finish(fd);
  assert_non_null(strstr(reply.text, "getStatus"));
  reply_free(&reply);
}

/* A kept connection that drips its next request, or says nothing, has its time as a whole. */
static void a_kept_connection_does_not_stay_for_ever(void **state)
{
  struct house *h = *state;
  h->options.times.wait_ms = 1500;
  house_open(h);
  char head[256], byte;
  int n =
      snprintf(head, sizeof head, "GET /v1/status HTTP/1.1\r\nHost: %s\r\n" AUTH "\r\n", h->host);
  int silent = house_dial(h), dripping = house_dial(h), fds[] = {silent, dripping};
  for (int i = 0; i < 2; i++) {
    assert_true(client_send(fds[i], head, (size_t)n));
    do
      assert_int_equal(recv(fds[i], &byte, 1, 0), 1);
    while (byte != '}');
  }
  uint64_t start = topo_clock_monotonic_ns();
  assert_true(drip(dripping, "GET /v1/status HTTP/1.1\r\nX: yyyyyyyyyyyyyyyyyyyyyyyyyyy", 2000) <
              2000);
  assert_in_range((topo_clock_monotonic_ns() - start) / 1000000, 500, 8000);
  close(dripping);
  assert_true(ends(silent));
  still_serves(h);
}

/* Chunk after chunk, header of a chunk without end, trailer without end: one time for all. */
static void bodies_that_drip_run_out_of_time(void **state)
{
  static const char *const bodies[] = {"1\r\nx\r\n", "1;ext=", "0\r\nTrailer: x\r\nMore: "};
  struct house *h = *state;
  h->options.times.body_ms = 1000;
  house_open(h);
  char head[256];
  int n = snprintf(head, sizeof head,
                   "POST /v1/spaces/" A "/messages HTTP/1.1\r\nHost: %s\r\n" AUTH JSON
                   "Transfer-Encoding: chunked\r\n\r\n",
                   h->host);
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
    int fd = house_dial(h);
    assert_true(client_send(fd, head, (size_t)n));
    assert_true(client_send(fd, bodies[i], strlen(bodies[i])));
    assert_true(drip(fd, i == 0 ? bodies[0] : "y", 2000) < 2000);
    close(fd);
  }
  still_serves(h);
}

static void an_endless_body_is_cut_off(void **state)
{
  struct house *h = *state;
  static char chunk[16 * 1024 + 8];
  char head[256];
  memset(chunk, ' ', sizeof chunk);
  memcpy(chunk, "4000\r\n", 6);
  memcpy(chunk + sizeof chunk - 2, "\r\n", 2);
  int n = snprintf(head, sizeof head,
                   "POST /v1/spaces/" A "/messages HTTP/1.1\r\nHost: %s\r\n" JSON
                   "Transfer-Encoding: chunked\r\n\r\n",
                   h->host);
  int fd = house_dial(h), chunks = 0; /* without a token, even */
  assert_true(client_send(fd, head, (size_t)n));
  while (chunks < 4096 && client_send(fd, chunk, sizeof chunk))
    chunks++;
  assert_in_range(chunks, 1, 4000);
  close(fd);
  still_serves(h);
}

/* A client that asks for much and does not take it: the connection ends, with less than all. */
static void answers_that_are_not_taken_run_out_of_time(void **state)
{
  struct house *h = *state;
  h->options.times.answer_ms = 1000;
  house_open(h);
  int fd = client_connect(h->path);
  static const char request[] = "GET /v1/much HTTP/1.1\r\nHost: x\r\n\r\n";
  assert_true(client_send(fd, request, sizeof request - 1));
  struct pollfd gone = {.fd = fd, .events = POLLRDHUP};
  assert_int_equal(poll(&gone, 1, 10000), 1);
  struct reply reply = client_finish(fd);
  assert_true(reply.len < 1024 * 1024);
  reply_free(&reply);
  still_serves(h);

  /* Who takes it slowly, but in time, has all of it. */
  h->options.times.answer_ms = 0;
  house_open(h);
  reply = client_ask(h->path, "GET /v1/much HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  assert_true(reply.len > 1024 * 1024);
  reply_free(&reply);
}

/* Thousands of sockets that say nothing: the newest are kept, and a good client gets in. */
static void a_crowd_of_silent_sockets_keeps_nobody_out(void **state)
{
  struct house *h = *state;
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  /* Both ends are in this process. */
  size_t count = limit.rlim_cur / 4 < 5000 ? (size_t)limit.rlim_cur / 4 : 5000, closed = 0;
  h->options.pending_max = 200;
  house_open(h);
  int *fds = calloc(count, sizeof *fds);
  assert_non_null(fds);
  for (size_t i = 0; i < count; i++) {
    fds[i] = house_dial(h);
    if (i % 500 == 0)
      still_serves(h);
  }
  still_serves(h);
  for (size_t i = 0; i < count; i++) {
    char byte;
    closed += recv(fds[i], &byte, 1, MSG_DONTWAIT) == 0;
    close(fds[i]);
  }
  assert_in_range(closed, count - 202, count);
  free(fds);
}

/* One that has begun to ask is kept before those that have not. */
static void who_has_begun_to_ask_may_go_on(void **state)
{
  enum { COUNT = 50 };
  struct house *h = *state;
  int fds[COUNT];
  h->options.pending_max = 4;
  house_open(h);
  int fd = house_dial(h);
  assert_true(client_send(fd, "GET /healthz HTTP/1.1\r\n", 23));
  /* The listener has looked at it once it has turned somebody else down. */
  house_expect(h, "nonsense %s\r\n", 400, "bad-request");
  for (int i = 0; i < COUNT; i++)
    fds[i] = house_dial(h);
  assert_true(ends(fds[0]));
  char rest[128];
  int n = snprintf(rest, sizeof rest, "Host: %s\r\nConnection: close\r\n\r\n", h->host);
  assert_true(client_send(fd, rest, (size_t)n));
  struct reply reply = client_finish(fd);
  assert_int_equal(reply.status, 200);
  reply_free(&reply);
  for (int i = 1; i < COUNT; i++)
    close(fds[i]);
}

/* Connections that wait for nothing in particular make room for those that ask. */
static void idle_connections_make_room(void **state)
{
  enum { COUNT = 40 };
  struct house *h = *state;
  int fds[COUNT];
  char head[128], byte;
  h->options.connections_max = 8;
  house_open(h);
  int n = snprintf(head, sizeof head, "GET /healthz HTTP/1.1\r\nHost: %s\r\n\r\n", h->host);
  for (int i = 0; i < COUNT; i++) {
    fds[i] = house_dial(h);
    assert_true(client_send(fds[i], head, (size_t)n));
    do
      assert_int_equal(recv(fds[i], &byte, 1, 0), 1);
    while (byte != '}');
  }
  still_serves(h);
  for (int i = 0; i < COUNT; i++)
    close(fds[i]);
}

/* Begins a request with a body, and waits until the head before it was read. */
static int begin_body(struct house *h, const char *path, const char *token)
{
  char text[512];
  int fd = house_dial(h);
  int n = snprintf(text, sizeof text,
                   "POST %s HTTP/1.1\r\nHost: %s\r\n%s" JSON
                   "Content-Length: 12\r\nExpect: 100-continue\r\n\r\n",
                   path, h->host, token);
  assert_true(client_send(fd, text, (size_t)n));
  assert_true(recv(fd, text, sizeof text, 0) > 12);
  assert_memory_equal(text, "HTTP/1.1 100", 12);
  return fd;
}

/* Whoever has shown no token keeps no place from those who have one, whatever it has begun. */
static void strangers_keep_nobody_out(void **state)
{
  enum { COUNT = 40 };
  struct house *h = *state;
  int fds[COUNT];
  h->options.connections_max = 8;
  house_open(h);
  int known = begin_body(h, "/v1/spaces/" A "/messages", AUTH);
  for (int i = 0; i < COUNT; i++)
    fds[i] = begin_body(h, "/v1/sessions", "");
  still_serves(h);
  struct reply reply = client_ask(h->path, "GET /v1/status HTTP/1.1\r\nHost: x\r\n"
                                           "Connection: close\r\n\r\n");
  assert_int_equal(reply.status, 200);
  reply_free(&reply);
  assert_true(client_send(known, "{\"text\":\"a\"}", 12));
  char text[64];
  assert_true(recv(known, text, sizeof text, 0) > 12);
  assert_memory_equal(text, "HTTP/1.1 201", 12);
  close(known);
  for (int i = 0; i < COUNT; i++)
    close(fds[i]);
}

/* A gate that keeps the token "stall", and the thread that asks, waiting. */
static struct {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  unsigned waiting;
  bool open;
  struct topo_gate behind;
} stall = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static int stalling_check(void *ctx, const char *token, size_t len, struct topo_grant *out)
{
  if (len != 5 || memcmp(token, "stall", 5) != 0)
    return stall.behind.check(ctx, token, len, out);
  pthread_mutex_lock(&stall.lock);
  stall.waiting++;
  pthread_cond_broadcast(&stall.changed);
  while (!stall.open)
    pthread_cond_wait(&stall.changed, &stall.lock);
  pthread_mutex_unlock(&stall.lock);
  return TOPO_EUNAUTHENTICATED;
}

/* Connections come faster than the servers get to them: libmicrohttpd 0.9.75 stands still for
 * ever when it is given more than it may have, so none is handed over that was not counted before.
 */
static void a_burst_does_not_wedge_the_servers(void **state)
{
  enum { THREADS = 2, BURST = 400 };
  struct house *h = *state;
  int stalled[THREADS], fds[BURST];
  char text[256];
  unsigned refused = 0;
  stall.behind = h->options.gate;
  h->options.gate.check = stalling_check;
  h->options.connections_max = 200;
  house_open(h);
  int n = snprintf(text, sizeof text,
                   "GET /v1/status HTTP/1.1\r\nHost: %s\r\n"
                   "Authorization: Bearer stall\r\n\r\n",
                   h->host);
  pthread_mutex_lock(&stall.lock);
  for (unsigned i = 0; i < THREADS; i++) {
    stalled[i] = house_dial(h);
    assert_true(client_send(stalled[i], text, (size_t)n));
    while (stall.waiting <= i)
      pthread_cond_wait(&stall.changed, &stall.lock);
  }
  pthread_mutex_unlock(&stall.lock);
  n = snprintf(text, sizeof text, "GET /healthz HTTP/1.1\r\nHost: %s\r\n\r\n", h->host);
  for (int i = 0; i < BURST; i++) {
    fds[i] = house_dial(h);
    assert_true(client_send(fds[i], text, (size_t)n));
  }
  /* The last is refused at the listener, behind all the others: so they were handed over before. */
  assert_true(recv(fds[BURST - 1], text, sizeof text, 0) > 12);
  assert_memory_equal(text, "HTTP/1.1 429", 12);
  pthread_mutex_lock(&stall.lock);
  stall.open = true;
  pthread_cond_broadcast(&stall.changed);
  pthread_mutex_unlock(&stall.lock);
  for (int i = 0; i < BURST - 1; i++) {
    assert_true(recv(fds[i], text, sizeof text, 0) > 12);
    refused += memcmp(text, "HTTP/1.1 429", 12) == 0;
  }
  assert_in_range(refused, BURST - 250, BURST - 150);
  for (int i = 0; i < BURST; i++)
    close(fds[i]);
  for (unsigned i = 0; i < THREADS; i++)
    close(stalled[i]);
  still_serves(h);
}

static void clients_vanish_at_any_moment(void **state)
{
  struct house *h = *state;
  char head[512];
  int n = snprintf(head, sizeof head,
                   "POST /v1/spaces/" A "/messages HTTP/1.1\r\nHost: %s\r\n" AUTH JSON
                   "Content-Length: 12\r\n\r\n{\"text\":\"a\"}",
                   h->host);
  for (int i = 0; i <= n; i++) {
    int fd = house_dial(h);
    struct linger hard = {1, 0};
    if (i % 2) /* with a reset, or with an end */
      setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    assert_true(client_send(fd, head, (size_t)i));
    close(fd);
  }
  still_serves(h);
}

static void half_closed_clients_are_answered(void **state)
{
  struct house *h = *state;
  char head[256];
  int n =
      snprintf(head, sizeof head,
               "GET /v1/status HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n" AUTH "\r\n", h->host);
  int fd = house_dial(h);
  assert_true(client_send(fd, head, (size_t)n));
  shutdown(fd, SHUT_WR);
  struct reply reply = client_finish(fd);
  assert_true(reply.status == 200 || reply.len == 0);
  reply_free(&reply);
  fd = house_dial(h);
  assert_true(client_send(fd, head, 30));
  shutdown(fd, SHUT_WR);
  reply = client_finish(fd);
  assert_int_equal(reply.status, 400);
  reply_free(&reply);
}

/* Several requests at once, and what a server behind the listener makes of a bad one among them. */
static void pipelined_requests_are_judged_one_by_one(void **state)
{
#define ASK(host, rest) "GET /v1/status HTTP/1.1\r\nHost: " host "\r\n" AUTH rest "\r\n"
  struct house *h = *state;
  char text[1024];
  int n = snprintf(text, sizeof text, ASK("%s", "") ASK("evil.example", "") ASK("%s", ""), h->host,
                   h->host);
  int fd = house_dial(h);
  assert_true(client_send(fd, text, (size_t)n));
  struct reply reply = client_finish(fd);
  const char *good = strstr(reply.text, "getStatus"), *bad = strstr(reply.text, "\"wrong-host\"");
  assert_true(good && bad && good < bad);
  assert_null(strstr(bad, "getStatus")); /* the refusal was the last word */
  reply_free(&reply);
  n = snprintf(text, sizeof text, ASK("%s", "") ASK("%s", "Host: other\r\n"), h->host, h->host);
  fd = house_dial(h);
  assert_true(client_send(fd, text, (size_t)n));
  reply = client_finish(fd);
  assert_non_null(strstr(reply.text, "getStatus"));
  assert_non_null(strstr(reply.text, "HTTP/1.1 400"));
  reply_free(&reply);
}

/* What could be read as another length by another reader is refused at once, on a connection that
 * is kept, too, and nothing behind it is taken for a request. */
static void later_bodies_have_one_length(void **state)
{
  static const char *const lengths[] = {"Content-Length : 64",
                                        "(Content-Length): 64",
                                        "Transfer-Encoding: gzip",
                                        "Transfer-Encoding: xchunked",
                                        "Transfer-Encoding: chunked, identity",
                                        "Content-Length: +2",
                                        "Content-Length: 0x2"};
  struct house *h = *state;
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    char text[1024];
    int n = snprintf(text, sizeof text,
                     ASK("%s", "") "POST /v1/stop HTTP/1.1\r\nHost: %s\r\n" AUTH JSON
                                   "%s\r\n\r\n" ASK("%s", ""),
                     h->host, h->host, lengths[i], h->host);
    int fd = house_dial(h);
    assert_true(client_send(fd, text, (size_t)n));
    struct reply reply = client_finish(fd);
    const char *first = strstr(reply.text, "getStatus"), *bad = strstr(reply.text, "HTTP/1.1 400");
    if (!first || !bad || strstr(bad, "getStatus"))
      fail_msg("%s\n%s", lengths[i], reply.text);
    reply_free(&reply);
  }
  still_serves(h);
}

static void a_port_in_use_is_told_apart(void **state)
{
  struct house *h = *state;
  bool tcp = false;
  int status;
  char path[128];
  struct topo_gateway_options options = h->options;
  snprintf(path, sizeof path, "%s/other.sock", h->directory);
  options.port = h->port;
  options.socket_path = path;
  options.tcp_failed = &tcp;
  assert_null(topo_gateway_create(&options, &status));
  assert_int_equal(status, TOPO_EADDRINUSE);
  assert_true(tcp);
  options.listen_host = "192.0.2.1";
  assert_null(topo_gateway_create(&options, &status));
  assert_int_equal(status, TOPO_EINVAL);
  tcp = false;
  options.listen_host = "127.0.0.1";
  options.port = 0;
  options.socket_path = h->path;
  assert_null(topo_gateway_create(&options, &status));
  assert_int_equal(status, TOPO_EADDRINUSE);
  assert_false(tcp);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, house_set_up, house_tear_down)
  const struct CMUnitTest tests[] = {
      TEST(what_is_no_http_is_refused_with_a_document),
      TEST(long_heads_are_refused),
      TEST(a_head_that_drips_runs_out_of_time),
      TEST(a_head_in_a_thousand_pieces_is_not_read),
      TEST(heads_in_pieces_are_put_together),
      TEST(a_kept_connection_does_not_stay_for_ever),
      TEST(bodies_that_drip_run_out_of_time),
      TEST(an_endless_body_is_cut_off),
      TEST(answers_that_are_not_taken_run_out_of_time),
      TEST(a_crowd_of_silent_sockets_keeps_nobody_out),
      TEST(who_has_begun_to_ask_may_go_on),
      TEST(idle_connections_make_room),
      TEST(strangers_keep_nobody_out),
      TEST(a_burst_does_not_wedge_the_servers),
      TEST(clients_vanish_at_any_moment),
      TEST(half_closed_clients_are_answered),
      TEST(pipelined_requests_are_judged_one_by_one),
      TEST(later_bodies_have_one_length),
      TEST(a_port_in_use_is_told_apart),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
