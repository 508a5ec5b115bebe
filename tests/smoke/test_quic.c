/* test_quic.c - the transport over real sockets: two endpoints in one process, over loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "smoke/quic_pair.h"

#define NAME                                                                                       \
  "mfrggzdfmztwq2lknnwg23tpobyxe43uov3ho6dzpiydcmrtgq2q" /* 52 characters, as base32 gives */

enum { SERVER, CLIENT, OTHER };

static struct endpoint a, b;
static struct endpoint *const both[] = {&a, &b};
static struct topo_net_identity *of_a, *of_b;

static bool run(bool (*done)(void *arg))
{
  return pair_run(both, 2, done, NULL);
}

static bool both_up(void *arg)
{
  (void)arg;
  return a.conn && b.conn;
}

static bool a_down(void *arg)
{
  (void)arg;
  return a.downs > 0;
}

static bool b_down(void *arg)
{
  (void)arg;
  return b.downs > 0;
}

static bool both_down(void *arg)
{
  (void)arg;
  return a.downs > 0 && b.downs > 0;
}

static int setup(void **state)
{
  (void)state;
  endpoint_open(&a, false);
  endpoint_open(&b, false);
  of_a = endpoint_identity(&a, SERVER, NAME);
  of_b = endpoint_identity(&b, CLIENT, NULL);
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  endpoint_close(&a);
  endpoint_close(&b);
  return 0;
}

static void connect_pair(void)
{
  endpoint_dial(&b, &a, of_b, SERVER, NAME);
  assert_true(run(both_up));
}

/* Both sides learn each other's key, address and their own identity. */
static void test_comes_up(void **state)
{
  struct topo_id server = pair_key(SERVER), client = pair_key(CLIENT);
  struct topo_net_address at_a = endpoint_address(&a), at_b = endpoint_address(&b);
  (void)state;
  connect_pair();
  assert_true(topo_id_equal(&a.peer.key, &client));
  assert_true(topo_id_equal(&b.peer.key, &server));
  assert_true(topo_net_address_equal(&a.peer.address, &at_b));
  assert_true(topo_net_address_equal(&b.peer.address, &at_a));
  assert_false(a.peer.outgoing);
  assert_true(b.peer.outgoing);
  assert_ptr_equal(a.peer.identity_user, (void *)(uintptr_t)(100 + SERVER));
  assert_ptr_equal(b.peer.identity_user, (void *)(uintptr_t)(100 + CLIENT));
  assert_ptr_equal(b.peer.user, &b);
  assert_int_equal(a.authorized, 1);
}

static bool all_received(void *arg)
{
  (void)arg;
  for (unsigned s = 0; s < TOPO_CONN_STREAMS_MAX; s++)
    if (a.received[s] < b.to_send[s] || b.received[s] < a.to_send[s])
      return false;
  return true;
}

/* 20 MiB travel each way at once, over all streams, every byte in its place. */
static void test_bulk_both_ways(void **state)
{
  (void)state;
  connect_pair();
  for (unsigned s = 0; s < TOPO_CONN_STREAMS_MAX; s++)
    a.to_send[s] = b.to_send[s] = 5 << 20;
  endpoint_send(&a);
  endpoint_send(&b);
  assert_true(run(all_received));
  assert_true(a.writables > 0 && b.writables > 0);
}

enum { LEFT_OVER = 16 * 1024 };

static bool counted(void *arg)
{
  (void)arg;
  for (unsigned s = 0; s < TOPO_CONN_STREAMS_MAX; s++)
    if (a.received[s] < b.to_send[s])
      return false;
  return true;
}

/* The window is full but for a few packets, or the sender has nothing left. Not to the last byte:
 * ngtcp2 announces new room only when it is half a window, so the end of what was freed may go
 * unsaid until more is. */
static bool stalled(void *arg)
{
  (void)arg;
  return a.held_total >= TOPO_CONN_WINDOW_MAX - LEFT_OVER || counted(NULL);
}

/* A slow consumer never gets more than the window ahead of what it consumed, and yet receives all.
 */
static void test_slow_consumer(void **state)
{
  (void)state;
  connect_pair();
  a.hold = true;
  b.to_send[1] = 6 << 20;
  b.to_send[2] = 6 << 20;
  endpoint_send(&b);
  while (!counted(NULL)) {
    if (!run(stalled))
      fail_msg("stands still with %zu bytes held, %llu + %llu received", (size_t)a.held_total,
               (unsigned long long)a.received[1], (unsigned long long)a.received[2]);
    for (unsigned s = 0; s < TOPO_CONN_STREAMS_MAX; s++)
      endpoint_consume(&a, s, a.held[s]);
  }
  assert_in_range(a.most_held, TOPO_CONN_WINDOW_MAX - LEFT_OVER, TOPO_CONN_WINDOW_MAX);
}

static bool control_arrived(void *arg)
{
  (void)arg;
  return a.received[0] == b.to_send[0];
}

/* Control is not queued behind bulk: it overtakes megabytes that were offered before it. */
static void test_control_first(void **state)
{
  (void)state;
  connect_pair();
  b.to_send[1] = b.to_send[2] = 8 << 20;
  endpoint_send(&b);
  b.to_send[0] = 100;
  endpoint_send(&b);
  assert_true(run(control_arrived));
  assert_true(a.received[1] + a.received[2] < 1 << 20);
}

/* The streams that share what control leaves get the same, within one buffer. */
static void test_fair_streams(void **state)
{
  (void)state;
  connect_pair();
  b.to_send[1] = b.to_send[2] = b.to_send[3] = 8 << 20;
  endpoint_send(&b);
  while (a.received[1] < 4 << 20)
    pair_step(both, 2);
  assert_true(a.received[2] > 3 << 20 && a.received[3] > 3 << 20);
}

/* Without GSO and GRO everything still arrives. */
static void test_plain_sockets(void **state)
{
  (void)state;
  endpoint_open(&a, true);
  endpoint_open(&b, true);
  of_a = endpoint_identity(&a, SERVER, NAME);
  of_b = endpoint_identity(&b, CLIENT, NULL);
  test_bulk_both_ways(NULL);
  teardown(NULL);
}

/* A dual-stack port is reached over IPv4 and over IPv6, and reports IPv4 as IPv4. */
static void test_dual_stack(void **state)
{
  const char *const hosts[] = {"127.0.0.1", "::1"};
  (void)state;
  for (size_t i = 0; i < 2; i++) {
    struct topo_net_address bound;
    struct topo_net_dial dial = {.pin = pair_key(SERVER), .sni = NAME};
    struct topo_net_conn *conn;
    endpoint_open_at(&a, NULL, 7);
    endpoint_open_at(&b, NULL, 7);
    endpoint_identity(&a, SERVER, NAME);
    dial.identity = endpoint_identity(&b, CLIENT, NULL);
    topo_net_local_address(a.net, &bound);
    assert_int_equal(topo_net_address_parse(&dial.remote, hosts[i], topo_net_address_port(&bound)),
                     0);
    if (i == 1 && bound.sa.sa_family != AF_INET6) {
      teardown(NULL); /* a machine without IPv6 */
      return;
    }
    assert_int_equal(topo_net_dial(b.net, &conn, &dial, pair_now()), 0);
    assert_true(run(both_up));
    assert_int_equal(a.peer.address.sa.sa_family, i ? AF_INET6 : AF_INET);
    assert_true(topo_net_address_equal(&b.peer.address, &dial.remote));
    teardown(NULL);
  }
}

/* --- trust --- */

static void assert_client_refused(int status)
{
  assert_true(run(b_down));
  assert_int_equal(b.down.status, status);
  assert_false(b.down.was_up);
  assert_int_equal(a.ups + b.ups + a.downs, 0);
}

/* A server that shows another key than the pinned one is refused, before it learns anything. */
static void test_wrong_pin(void **state)
{
  struct topo_net_stats stats;
  (void)state;
  endpoint_dial(&b, &a, of_b, OTHER, NAME);
  assert_client_refused(TOPO_EUNTRUSTED);
  assert_false(b.down.by_peer);
  assert_int_equal(a.authorized, 0);
  topo_net_get_stats(b.net, &stats);
  assert_int_equal(stats.failed_untrusted, 1);
}

/* A client whose key the server does not trust never comes up on either side, and is told why. */
static void test_untrusted_client(void **state)
{
  struct topo_net_stats stats;
  (void)state;
  a.verdict = TOPO_EUNTRUSTED;
  endpoint_dial(&b, &a, of_b, SERVER, NAME);
  assert_client_refused(TOPO_EUNTRUSTED);
  assert_true(b.down.by_peer);
  assert_int_equal(a.authorized, 1);
  topo_net_get_stats(a.net, &stats);
  assert_int_equal(stats.failed_untrusted, 1);
}

/* A name that no identity has is answered with an alert. */
static void test_unknown_name(void **state)
{
  struct topo_net_stats stats;
  (void)state;
  endpoint_dial(&b, &a, of_b, SERVER, "nobody");
  assert_client_refused(TOPO_ENOTFOUND);
  assert_true(b.down.by_peer);
  topo_net_get_stats(a.net, &stats);
  assert_int_equal(stats.failed_name, 1);
}

/* The name picks the identity: two accounts behind one port stay distinct. */
static void test_two_identities(void **state)
{
  (void)state;
  endpoint_identity(&a, OTHER, "second");
  endpoint_dial(&b, &a, of_b, OTHER, "second");
  assert_true(run(both_up));
  assert_ptr_equal(a.peer.identity_user, (void *)(uintptr_t)(100 + OTHER));
}

/* Trust that is withdrawn cuts a living connection, on both sides, and only then. */
static void test_recheck(void **state)
{
  (void)state;
  connect_pair();
  topo_net_recheck(a.net, of_a);
  topo_net_flush(a.net, pair_now());
  assert_int_equal(a.downs, 0);
  a.verdict = TOPO_EUNTRUSTED;
  topo_net_recheck(a.net, of_a);
  assert_int_equal(a.downs, 0);
  assert_true(run(both_down));
  assert_int_equal(a.down.status, TOPO_EUNTRUSTED);
  assert_false(a.down.by_peer);
  assert_int_equal(b.down.status, TOPO_EUNTRUSTED);
  assert_true(b.down.by_peer && b.down.application && b.down.was_up);
  assert_int_equal(b.down.code, TOPO_CLOSE_UNTRUSTED);
}

/* An identity that is removed takes its connections along and cannot be reached any more. */
static void test_identity_removed(void **state)
{
  (void)state;
  connect_pair();
  topo_net_identity_remove(a.net, of_a);
  assert_true(run(both_down));
  assert_int_equal(b.down.code, TOPO_CLOSE_AWAY);
  b.downs = 0;
  endpoint_dial(&b, &a, of_b, SERVER, NAME);
  assert_true(run(b_down));
  assert_int_equal(b.down.status, TOPO_ENOTFOUND);
}

/* --- the end --- */

/* Every code arrives as it was sent; the side that closed hears nothing more. */
static void test_close_codes(void **state)
{
  (void)state;
  for (uint64_t code = 0; code <= TOPO_CLOSE_INVITE_DONE; code++) {
    unsigned ups = b.ups;
    b.downs = 0;
    connect_pair();
    assert_int_equal(b.ups, ups + 1);
    topo_net_close(a.conn, code);
    assert_int_equal(topo_net_send(a.conn, 0, (const uint8_t *)"x", 1), 0);
    a.conn = NULL;
    assert_true(run(b_down));
    assert_true(b.down.application && b.down.by_peer);
    assert_int_equal(b.down.code, code);
    assert_int_equal(b.down.status, topo_close_status(code));
  }
  assert_int_equal(a.downs, 0);
}

/* Thirty silent seconds end a connection that was up; time is an argument, so the test does not
 * wait. */
static void test_idle_timeout(void **state)
{
  (void)state;
  connect_pair();
  topo_net_expire(b.net, pair_now() + 31000000000u);
  assert_int_equal(b.downs, 1);
  assert_int_equal(b.down.status, TOPO_ETIMEOUT);
  assert_true(b.down.was_up);
  assert_int_equal(topo_net_deadline(b.net) > pair_now(), 1);
}

/* Keep-alives hold an idle connection for minutes. */
static void test_keep_alive(void **state)
{
  uint64_t until;
  (void)state;
  connect_pair();
  until = pair_now() + 180000000000u;
  while (pair_now() < until) {
    pair_skew(500000000);
    for (int i = 0; i < 3; i++)
      pair_step(both, 2);
  }
  assert_int_equal(a.downs + b.downs, 0);
  assert_non_null(a.conn);
}

/* Nobody at the address: the dial ends as unreachable after the handshake's ten seconds. */
static void test_dead_port(void **state)
{
  struct endpoint dead;
  uint64_t start = pair_now();
  (void)state;
  endpoint_open(&dead, false);
  endpoint_dial(&b, &dead, of_b, SERVER, NAME);
  endpoint_close(&dead);
  while (!b.downs && pair_now() < start + 60000000000u) {
    pair_skew(100000000);
    pair_step(both, 2);
  }
  assert_int_equal(b.downs, 1);
  assert_int_equal(b.down.status, TOPO_EUNREACHABLE);
  assert_false(b.down.was_up);
  assert_true(pair_now() - start < 12000000000u);
}

static bool half_way(void *arg)
{
  (void)arg;
  return a.received[1] > 1 << 20;
}

/* Both sides may be destroyed in the middle of a transfer; the other one is told. */
static void test_destroyed_in_transfer(void **state)
{
  (void)state;
  connect_pair();
  a.to_send[2] = b.to_send[1] = 8 << 20;
  endpoint_send(&a);
  endpoint_send(&b);
  assert_true(run(half_way));
  endpoint_close(&a);
  assert_true(run(b_down));
  assert_int_equal(b.down.status, TOPO_ECLOSED);
  assert_int_equal(b.down.code, TOPO_CLOSE_AWAY);
}

/* Ended connections give everything back after three probe timeouts. */
static void test_lingering_ends(void **state)
{
  struct topo_net_stats stats;
  (void)state;
  connect_pair();
  topo_net_close(b.conn, TOPO_CLOSE_SHUTDOWN);
  b.conn = NULL;
  assert_true(pair_run(both, 2, a_down, NULL));
  topo_net_get_stats(a.net, &stats);
  assert_int_equal(stats.live, 0);
  assert_int_equal(stats.lingering, 1);
  pair_skew(10000000000u);
  pair_step(both, 2);
  topo_net_get_stats(a.net, &stats);
  assert_int_equal(stats.lingering, 0);
  assert_int_equal(topo_net_deadline(a.net), UINT64_MAX);
}

/* --- calls out of callbacks --- */

static void echo(struct endpoint *e, struct topo_net_conn *conn)
{
  (void)conn;
  e->to_send[3] = e->received[1];
  endpoint_send(e);
}

static bool echoed(void *arg)
{
  (void)arg;
  return b.received[3] == 3 << 20;
}

/* What arrives can be sent back out of the callback. */
static void test_echo(void **state)
{
  (void)state;
  connect_pair();
  a.on_data = echo;
  b.to_send[1] = 3 << 20;
  endpoint_send(&b);
  assert_true(run(echoed));
}

static void close_it(struct endpoint *e, struct topo_net_conn *conn)
{
  topo_net_close(conn, TOPO_CLOSE_OVERLOADED);
  topo_net_flush(e->net, pair_now());
  e->conn = NULL;
}

/* A connection can be closed out of its own callback; nothing is delivered after that. */
static void test_close_inside(void **state)
{
  (void)state;
  connect_pair();
  a.on_data = close_it;
  b.to_send[1] = 1 << 20;
  endpoint_send(&b);
  assert_true(run(b_down));
  assert_int_equal(b.down.code, TOPO_CLOSE_OVERLOADED);
  assert_true(a.received[1] <= 1452);
}

static void dial_back(struct endpoint *e, struct topo_net_conn *conn)
{
  (void)conn;
  e->on_up = NULL;
  endpoint_dial(e, &b, of_a, CLIENT, "client");
}

static bool twice_up(void *arg)
{
  (void)arg;
  return a.ups == 2 && b.ups == 2;
}

/* A new connection can be dialled out of a callback, from the same port. */
static void test_dial_inside(void **state)
{
  (void)state;
  endpoint_identity(&b, CLIENT, "client");
  a.on_up = dial_back;
  endpoint_dial(&b, &a, of_b, SERVER, NAME);
  assert_true(run(twice_up));
  assert_false(b.peer.outgoing);
}

enum { MANY = 40 };
static bool all_up(void *arg)
{
  (void)arg;
  return a.ups == MANY && b.ups == MANY;
}

/* Many connections live beside each other, and dial's refusals are immediate. */
static void test_many(void **state)
{
  struct topo_net_dial bad = {.remote = endpoint_address(&a), .identity = of_b, .sni = ""};
  struct topo_net_conn *conn;
  struct topo_net_stats stats;
  (void)state;
  for (int i = 0; i < MANY; i++)
    endpoint_dial(&b, &a, of_b, SERVER, NAME);
  assert_true(run(all_up));
  topo_net_get_stats(a.net, &stats);
  assert_int_equal(stats.live, MANY);
  assert_int_equal(stats.half_open, 0);
  assert_int_equal(topo_net_dial(b.net, &conn, &bad, pair_now()), TOPO_EINVAL);
  bad.sni = NAME;
  assert_int_equal(topo_net_address_parse(&bad.remote, "::1", 9), 0);
  assert_int_equal(topo_net_dial(b.net, &conn, &bad, pair_now()), TOPO_EINVAL);
}

/* The first connection pays for a Retry; the next brings the token it was given and does not. */
static void test_token_spares_retry(void **state)
{
  struct topo_net_stats stats;
  (void)state;
  for (int i = 0; i < 3; i++) {
    b.downs = 0;
    connect_pair();
    pair_step(both, 2);
    topo_net_get_stats(a.net, &stats);
    assert_int_equal(stats.retries, 1);
    topo_net_close(a.conn, TOPO_CLOSE_SHUTDOWN);
    a.conn = NULL;
    assert_true(run(b_down));
  }
}

int main(void)
{
#define LIVE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
  const struct CMUnitTest tests[] = {
      LIVE(test_comes_up),
      LIVE(test_bulk_both_ways),
      LIVE(test_slow_consumer),
      LIVE(test_control_first),
      LIVE(test_fair_streams),
      cmocka_unit_test(test_plain_sockets),
      cmocka_unit_test(test_dual_stack),
      LIVE(test_wrong_pin),
      LIVE(test_untrusted_client),
      LIVE(test_unknown_name),
      LIVE(test_two_identities),
      LIVE(test_recheck),
      LIVE(test_identity_removed),
      LIVE(test_close_codes),
      LIVE(test_idle_timeout),
      LIVE(test_keep_alive),
      LIVE(test_dead_port),
      LIVE(test_destroyed_in_transfer),
      LIVE(test_lingering_ends),
      LIVE(test_echo),
      LIVE(test_close_inside),
      LIVE(test_dial_inside),
      LIVE(test_many),
      LIVE(test_token_spares_retry),
  };
  return cmocka_run_group_tests_name("net over loopback", tests, NULL, NULL);
}
