/*
 * test_bounds.c - what bounds the gateway, each at its edge: so much is served, and one more is
 * not.
 */
#include "gateway/gateway_impl.h"
#include "gateway/hello.h"
#include "gateway/tcp_socket.h"
#include "unit/gateway/house.h"

#include "base/status.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define AUTH "Authorization: Bearer write\r\n"
#define A    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

/* ---- the listener alone ---------------------------------------------------------------------- */

enum { TAKEN_MAX = 1000 };

/* A listener that hands everything over to nobody. While it is held, the thread stands in the
 * handing over of one connection. */
struct desk {
  struct topo_listener *listener;
  struct topo_request_ids ids;
  int tcp, local; /* the listening sockets */
  uint16_t port;
  struct sockaddr_un address; /* of `local`; a name that the kernel chose */
  socklen_t address_len;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool hold;
  unsigned taken;
  unsigned behind[TAKEN_MAX]; /* when one was taken: how many waited to be accepted */
};

static unsigned backlog(int tcp)
{
  struct tcp_info info;
  socklen_t len = sizeof info;
  assert_int_equal(getsockopt(tcp, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
  return info.tcpi_unacked;
}

static bool take(void *arg, int fd, const struct topo_head *head, struct topo_problem *problem)
{
  struct desk *d = arg;
  (void)head, (void)problem;
  pthread_mutex_lock(&d->lock);
  assert_true(d->taken < TAKEN_MAX);
  d->behind[d->taken++] = backlog(d->tcp);
  pthread_cond_broadcast(&d->changed);
  while (d->hold)
    pthread_cond_wait(&d->changed, &d->lock);
  pthread_mutex_unlock(&d->lock);
  close(fd);
  return true;
}

static void tick(void *arg)
{
  (void)arg;
}

static void listen_locally(struct desk *d)
{
  const struct sockaddr_un any = {.sun_family = AF_UNIX};
  d->local = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  d->address_len = sizeof d->address;
  assert_int_equal(bind(d->local, (const struct sockaddr *)&any, sizeof any.sun_family), 0);
  assert_int_equal(getsockname(d->local, (struct sockaddr *)&d->address, &d->address_len), 0);
  assert_int_equal(listen(d->local, 16), 0);
}

static int open_desk(void **state)
{
  struct desk *d = calloc(1, sizeof *d);
  assert_non_null(d);
  pthread_mutex_init(&d->lock, NULL);
  pthread_cond_init(&d->changed, NULL);
  assert_int_equal(topo_request_ids_init(&d->ids), 0);
  assert_int_equal(topo_tcp_socket_listen("127.0.0.1", &d->port, &d->tcp), 0);
  listen_locally(d);
  const struct topo_listener_options options = {.sockets = {d->local, d->tcp},
                                                .pending_max = TAKEN_MAX,
                                                .head_timeout_ns = 60000000000u,
                                                .take = take,
                                                .tick = tick,
                                                .ids = &d->ids,
                                                .arg = d};
  assert_int_equal(topo_listener_create(&d->listener, &options), 0);
  *state = d;
  return 0;
}

static int close_desk(void **state)
{
  struct desk *d = *state;
  topo_listener_destroy(d->listener);
  close(d->local);
  close(d->tcp);
  pthread_cond_destroy(&d->changed);
  pthread_mutex_destroy(&d->lock);
  free(d);
  return 0;
}

static void hold(struct desk *d, bool yes)
{
  pthread_mutex_lock(&d->lock);
  d->hold = yes;
  pthread_cond_broadcast(&d->changed);
  pthread_mutex_unlock(&d->lock);
}

static void await_taken(struct desk *d, unsigned count)
{
  pthread_mutex_lock(&d->lock);
  while (d->taken < count)
    pthread_cond_wait(&d->changed, &d->lock);
  pthread_mutex_unlock(&d->lock);
}

static const char head[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

static int knock(struct desk *d)
{
  int fd = client_dial(d->port);
  assert_true(fd >= 0);
  assert_true(client_send(fd, head, sizeof head - 1));
  return fd;
}

/* How many are still to be accepted when, of `count` that came at once, the first is heard. */
static unsigned behind_the_first_of(struct desk *d, unsigned count)
{
  int fds[TAKEN_MAX];
  unsigned before = d->taken;
  hold(d, true);
  fds[0] = knock(d);
  await_taken(d, before + 1);
  for (unsigned i = 1; i <= count; i++)
    fds[i] = knock(d);
  hold(d, false);
  await_taken(d, before + 1 + count);
  for (unsigned i = 0; i <= count; i++)
    close(fds[i]);
  return d->behind[before + 1];
}

/* A turn accepts 64 connections (ACCEPTS_MAX) and then hears those that are here; who is left waits
 * for the next turn, and is not forgotten. */
static void a_turn_accepts_so_many(void **state)
{
  struct desk *d = *state;
  assert_int_equal(behind_the_first_of(d, 64), 0);
  assert_int_equal(behind_the_first_of(d, 65), 1);
  assert_int_equal(behind_the_first_of(d, 200), 136);
}

/* Over the local socket what is sent has arrived when the call returns, so that the listener's turn
 * knows of it before it knows of what comes next. */
static int say_locally(struct desk *d, const char *text)
{
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&d->address, d->address_len), 0);
  assert_true(client_send(fd, text, strlen(text)));
  return fd;
}

static void await_a_turn(struct desk *d)
{
  unsigned before = d->taken;
  int fd = say_locally(d, head);
  await_taken(d, before + 1);
  close(fd);
}

/* Sends all but the last byte of a head in so many pieces, each of which is looked at. */
static int drip(struct desk *d, unsigned pieces)
{
  int fd = say_locally(d, "GET / HTTP/1.1\r\nHost: x\r\nX: ");
  await_a_turn(d);
  for (unsigned i = 1; i < pieces; i++) {
    const char *piece = i == pieces - 1 ? "\r\n\r" : "y";
    assert_true(client_send(fd, piece, strlen(piece)));
    await_a_turn(d);
  }
  return fd;
}

/* A head is looked at 256 times (LOOKS_MAX); if it is not whole by then, its connection ends. */
static void a_head_is_looked_at_so_often(void **state)
{
  struct desk *d = *state;
  char byte;
  int fd = drip(d, 255);
  unsigned before = d->taken;
  assert_true(client_send(fd, "\n", 1));
  await_taken(d, before + 1);
  close(fd);
  fd = drip(d, 256);
  before = d->taken;
  assert_true(client_send(fd, "\n", 1));
  assert_true(recv(fd, &byte, 1, 0) <= 0);
  assert_int_equal(d->taken, before);
  close(fd);
}

/* ---- requests -------------------------------------------------------------------------------- */

/* The value of a parameter has at most 4096 bytes (QUERY_VALUE_MAX). */
static void a_value_of_the_query_is_bounded(void **state)
{
  struct house *h = *state;
  for (int more = 0; more < 2; more++) {
    char value[4098] = {0}, request[5000];
    memset(value, 'x', (size_t)(4096 + more));
    snprintf(request, sizeof request,
             "GET /v1/status?later=%s HTTP/1.1\r\nHost: %%s\r\nConnection: close\r\n" AUTH "\r\n",
             value);
    house_expect(h, request, more ? 413 : 200, more ? "The query is too long." : "getStatus");
  }
}

/* Sends a body of so many bytes, in chunks, without saying how long it will be. */
static struct reply send_endless(struct house *h, size_t len)
{
  static char spaces[64 * 1024];
  char text[256];
  memset(spaces, ' ', sizeof spaces);
  int fd = house_dial(h);
  int n =
      snprintf(text, sizeof text,
               "POST /v1/spaces/" A "/messages HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n" AUTH
               "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
               h->host);
  client_send(fd, text, (size_t)n);
  while (len) {
    size_t part = len < sizeof spaces ? len : sizeof spaces;
    n = snprintf(text, sizeof text, "%zx\r\n", part);
    client_send(fd, text, (size_t)n);
    client_send(fd, spaces, part);
    client_send(fd, "\r\n", 2);
    len -= part;
  }
  client_send(fd, "0\r\n\r\n", 5);
  return client_finish(fd);
}

/* A body that is too long is read to its end, so that the refusal is heard; but not beyond twice
 * the size of a body (BODY_DRAIN_MAX): who sends more is cut off. */
static void a_long_body_is_drained_so_far(void **state)
{
  struct house *h = *state;
  struct reply reply = send_endless(h, 2 * TOPO_OP_BODY_MAX);
  assert_int_equal(reply.status, 413);
  reply_free(&reply);
  reply = send_endless(h, 2 * TOPO_OP_BODY_MAX + 1);
  assert_int_equal(reply.status, 0);
  reply_free(&reply);
}

static int parse(size_t len, const char *text)
{
  static char padded[TOPO_HELLO_SIZE_MAX + 2];
  static struct topo_hello hello;
  const char *why, *pointer;
  snprintf(padded, sizeof padded, "%-*s", (int)len, text);
  return topo_hello_parse(&hello, padded, len, &why, &pointer);
}

/* A message on a WebSocket has at most TOPO_HELLO_SIZE_MAX bytes, and its token at most
 * TOPO_TOKEN_TEXT_MAX. */
static void a_hello_is_bounded(void **state)
{
  char text[TOPO_TOKEN_TEXT_MAX + 32], token[TOPO_TOKEN_TEXT_MAX + 2] = {0};
  (void)state;
  assert_int_equal(parse(TOPO_HELLO_SIZE_MAX, "{}"), 0);
  assert_int_equal(parse(TOPO_HELLO_SIZE_MAX + 1, "{}"), TOPO_ELIMIT);
  for (int more = 0; more < 2; more++) {
    memset(token, 't', (size_t)(TOPO_TOKEN_TEXT_MAX + more));
    int n = snprintf(text, sizeof text, "{\"token\":\"%s\"}", token);
    assert_int_equal(parse((size_t)n, text), more ? TOPO_EINVAL : 0);
  }
}

/* ---- servers --------------------------------------------------------------------------------- */

/* No more servers are started than there are places for, whatever is asked for. */
static void servers_are_bounded(void **state)
{
  struct house *h = *state;
  for (unsigned more = 0; more < 2; more++) {
    h->options.threads = TOPO_GATEWAY_THREADS_MAX + more;
    house_open(h);
    assert_int_equal(h->gateway->options.threads, TOPO_GATEWAY_THREADS_MAX);
    assert_non_null(h->gateway->servers[TOPO_GATEWAY_THREADS_MAX - 1].daemon);
  }
}

static int ask_and_stay(struct house *h)
{
  char text[128], byte;
  int fd = house_dial(h);
  int n = snprintf(text, sizeof text, "GET /healthz HTTP/1.1\r\nHost: %s\r\n\r\n", h->host);
  assert_true(client_send(fd, text, (size_t)n));
  do
    assert_int_equal(recv(fd, &byte, 1, 0), 1);
  while (byte != '}');
  return fd;
}

/* A server is handed 110 connections (SERVER_CONNECTIONS_MAX); the next one is another's. */
static void a_server_has_so_many_connections(void **state)
{
  enum { EACH = 110, COUNT = 2 * EACH + 1 };
  struct house *h = *state;
  int fds[COUNT];
  h->options.threads = 4;
  h->options.connections_max = 4 * EACH;
  house_open(h);
  struct topo_gateway_server *servers = h->gateway->servers;
  for (int i = 0; i < COUNT; i++) {
    assert_int_equal(atomic_load(&servers[2].connections), 0);
    fds[i] = ask_and_stay(h);
  }
  assert_int_equal(atomic_load(&servers[0].connections), EACH);
  assert_int_equal(atomic_load(&servers[1].connections), EACH);
  assert_int_equal(atomic_load(&servers[2].connections), 1);
  for (int i = 0; i < COUNT; i++)
    close(fds[i]);
}

int main(void)
{
#define DESK(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)
#define TEST(name) cmocka_unit_test_setup_teardown(name, house_set_up, house_tear_down)
  const struct CMUnitTest tests[] = {
      DESK(a_turn_accepts_so_many),           DESK(a_head_is_looked_at_so_often),
      TEST(a_value_of_the_query_is_bounded),  TEST(a_long_body_is_drained_so_far),
      cmocka_unit_test(a_hello_is_bounded),   TEST(servers_are_bounded),
      TEST(a_server_has_so_many_connections),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
