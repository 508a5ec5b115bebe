/* test_quic_hostile.c - strangers, liars, noise and bad networks against the transport. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <gnutls/gnutls.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "smoke/quic_pair.h"
#include "smoke/raw_client.h"

#define NAME "workspace"

enum { SERVER, CLIENT, ALERT = 0x100 };

static struct endpoint a, b;
static struct endpoint *const both[] = {&a, &b};
static struct topo_net_identity *of_b;

static int setup(void **state)
{
  (void)state;
  endpoint_open(&a, false);
  endpoint_open(&b, false);
  endpoint_identity(&a, SERVER, NAME);
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

static struct topo_net_stats stats_of(const struct endpoint *e)
{
  struct topo_net_stats stats;
  topo_net_get_stats(e->net, &stats);
  return stats;
}

/* --- clients that do not keep the rules of TLS --- */

static struct raw_client *raw_dial(const char *alpn, const char *sni, enum raw_key key)
{
  struct raw_options options = {
      .remote = endpoint_address(&a), .alpn = alpn, .sni = sni, .key = key};
  return raw_create(&options);
}

struct raw_wait {
  struct raw_client *raw;
  bool confirmed; /* wait for this rather than for the end */
};

static bool raw_done(void *arg)
{
  struct raw_wait *w = arg;
  struct raw_outcome o;
  raw_step(w->raw);
  raw_outcome(w->raw, &o);
  return o.ended || (w->confirmed && o.confirmed);
}

static struct raw_outcome raw_wait(struct raw_client *raw, bool confirmed)
{
  struct raw_wait w = {raw, confirmed};
  struct raw_outcome o;
  assert_true(pair_run(both, 2, raw_done, &w));
  raw_outcome(raw, &o);
  return o;
}

/* The raw client reaches the server when it does everything right: what fails below fails for its
 * reason. */
static void test_proper_client(void **state)
{
  struct raw_client *raw = raw_dial("topo/1", NAME, RAW_KEY_RAW);
  struct raw_outcome o = raw_wait(raw, true);
  (void)state;
  assert_true(o.confirmed);
  assert_int_equal(a.ups, 1);
  assert_int_equal(o.bidi_left, 0);
  assert_int_equal(o.uni_left, TOPO_CONN_STREAMS_MAX);
  raw_destroy(raw);
}

/* Dials, expects the server to close with this alert, and that nobody heard of a connection. */
static void assert_alert(const char *alpn, const char *sni, enum raw_key key, unsigned alert)
{
  struct raw_client *raw = raw_dial(alpn, sni, key);
  struct raw_outcome o = raw_wait(raw, false);
  assert_true(o.ended);
  assert_false(o.confirmed);
  assert_false(o.application);
  assert_int_equal(o.code, ALERT + alert);
  assert_int_equal(a.ups + a.downs, 0);
  assert_int_equal(stats_of(&a).half_open, 0);
  raw_destroy(raw);
}

/* A client that shows no key is turned away, without asking anyone for trust. */
static void test_no_key(void **state)
{
  (void)state;
  assert_alert("topo/1", NAME, RAW_KEY_NONE, GNUTLS_A_CERTIFICATE_REQUIRED);
  assert_int_equal(stats_of(&a).failed_no_key, 1);
  assert_int_equal(a.authorized, 0);
}

/* A client that knows only certificates is refused, although its certificate holds a trusted key.
 */
static void test_x509_client(void **state)
{
  struct raw_client *raw = raw_dial("topo/1", NAME, RAW_KEY_X509);
  struct raw_outcome o = raw_wait(raw, false);
  (void)state;
  assert_true(o.ended && !o.confirmed && !o.application);
  assert_int_equal(a.ups + a.authorized, 0);
  assert_int_equal(stats_of(&a).live, 0);
  assert_int_equal(stats_of(&a).failed_no_key + stats_of(&a).failed_other, 1);
  raw_destroy(raw);
}

/* A client of another major version is told so by the alert for it, and counted as that. */
static void test_other_version(void **state)
{
  (void)state;
  assert_alert("topo/2", NAME, RAW_KEY_RAW, GNUTLS_A_NO_APPLICATION_PROTOCOL);
  assert_int_equal(stats_of(&a).failed_version, 1);
}

/* So is one that offers no application protocol at all. */
static void test_no_alpn(void **state)
{
  (void)state;
  assert_alert(NULL, NAME, RAW_KEY_RAW, GNUTLS_A_NO_APPLICATION_PROTOCOL);
  assert_int_equal(stats_of(&a).failed_version, 1);
}

/* Without a name, or with one nobody has, there is nobody to speak to. */
static void test_no_name(void **state)
{
  (void)state;
  assert_alert("topo/1", NULL, RAW_KEY_RAW, GNUTLS_A_UNRECOGNIZED_NAME);
  assert_alert("topo/1", "nobody", RAW_KEY_RAW, GNUTLS_A_UNRECOGNIZED_NAME);
  assert_int_equal(stats_of(&a).failed_name, 2);
}

/* --- peers that break the rules of streams --- */

static struct raw_client *raw_up(void)
{
  struct raw_client *raw = raw_dial("topo/1", NAME, RAW_KEY_RAW);
  assert_true(raw_wait(raw, true).confirmed);
  return raw;
}

static void assert_violation(struct raw_client *raw)
{
  struct raw_outcome o = raw_wait(raw, false);
  assert_true(o.application);
  assert_int_equal(o.code, TOPO_CLOSE_PROTOCOL);
  assert_int_equal(a.downs, 1);
  assert_int_equal(a.down.status, TOPO_EPROTOCOL);
  raw_destroy(raw);
}

/* A stream's number is below the bound. */
static void test_number_too_large(void **state)
{
  struct raw_client *raw = raw_up();
  (void)state;
  raw_send(raw, "\x04", 1, false);
  assert_violation(raw);
}

/* A number is used once. */
static void test_number_twice(void **state)
{
  struct raw_client *raw = raw_up();
  (void)state;
  raw_send(raw, "\x01", 1, false);
  raw_send(raw, "\x01", 1, false);
  assert_violation(raw);
}

/* A stream never ends before the connection does: not in order … */
static void test_stream_ends(void **state)
{
  struct raw_client *raw = raw_up();
  (void)state;
  raw_send(raw, "\x01", 1, true);
  assert_violation(raw);
}

static bool number_seen(void *arg)
{
  raw_step(arg);
  return a.received[1] > 0;
}

/* … and not by a reset. */
static void test_stream_reset(void **state)
{
  /* Byte 0 of the pattern of stream 1 follows the number. */
  const uint8_t data[] = {1, 101};
  struct raw_client *raw = raw_up();
  int64_t id = raw_send(raw, data, sizeof data, false);
  (void)state;
  assert_true(pair_run(both, 2, number_seen, raw));
  raw_reset(raw, id);
  assert_violation(raw);
}

/* The keys of a connection can change long after its handshake. */
static void test_key_update(void **state)
{
  const uint8_t data[] = {1, 101};
  struct raw_client *raw = raw_up();
  (void)state;
  pair_skew(1000000000);
  raw_update_key(raw);
  raw_send(raw, data, sizeof data, false);
  assert_true(pair_run(both, 2, number_seen, raw));
  assert_int_equal(a.downs, 0);
  raw_destroy(raw);
}

/* There are no more streams than the port has, and none that go both ways. */
static void test_stream_limit(void **state)
{
  struct raw_client *raw = raw_up();
  (void)state;
  for (int i = 0; i < TOPO_CONN_STREAMS_MAX; i++)
    assert_true(raw_send(raw, "\x00", 1, false) >= 0);
  assert_true(raw_send(raw, "\x00", 1, false) < 0);
  raw_destroy(raw);
}

/* --- noise --- */

static int noise_socket(void)
{
  struct topo_net_address to = endpoint_address(&a);
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  assert_true(fd >= 0);
  assert_int_equal(connect(fd, &to.sa, topo_net_address_len(&to)), 0);
  return fd;
}

static bool both_up(void *arg)
{
  (void)arg;
  return a.conn && b.conn;
}

/* Thousands of datagrams of noise, of every length and kind of first byte, are counted and change
 * nothing; a connection lives on, and another comes up in the middle of it. */
static void test_garbage(void **state)
{
  uint8_t junk[1500];
  struct topo_net_stats before, after;
  int fd = noise_socket();
  (void)state;
  endpoint_dial(&b, &a, of_b, SERVER, NAME);
  assert_true(pair_run(both, 2, both_up, NULL));
  before = stats_of(&a);
  for (uint32_t i = 0; i < 6000; i++) {
    size_t len = i % sizeof junk;
    randombytes_buf(junk, sizeof junk);
    if (i % 3 == 0)
      junk[0] |= 0xc0; /* a long header */
    if (i % 6 == 0)
      memcpy(junk + 1, "\0\0\0\1", 4); /* of version 1 */
    if (send(fd, junk, len, 0) >= 0 && i % 50 == 0)
      pair_step(both, 2);
  }
  pair_step(both, 2);
  after = stats_of(&a);
  assert_true(after.ignored - before.ignored > 3000);
  assert_int_equal(after.live, 1);
  assert_int_equal(a.downs + b.downs, 0);
  a.conn = b.conn = NULL;
  endpoint_dial(&b, &a, of_b, SERVER, NAME);
  assert_true(pair_run(both, 2, both_up, NULL));
  close(fd);
}

static bool noise_answered(void *arg)
{
  uint8_t packet[2048];
  return recv(*(int *)arg, packet, sizeof packet, 0) > 0;
}

/* A QUIC version from the future is answered with the ones we speak, in fewer bytes than it took to
 * ask; a short packet of that kind is not answered. */
static void test_version_negotiation(void **state)
{
  uint8_t packet[1200] = {0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0};
  int fd = noise_socket();
  (void)state;
  assert_int_equal(send(fd, packet, 600, 0), 600);
  assert_int_equal(send(fd, packet, sizeof packet, 0), sizeof packet);
  assert_true(pair_run(both, 2, noise_answered, &fd));
  assert_int_equal(stats_of(&a).versions, 1);
  assert_int_equal(stats_of(&a).live, 0);
  close(fd);
}

/* However many strangers knock, those that do not finish their handshake are bounded, and
 * forgotten. */
static void test_half_open_limit(void **state)
{
  enum { STRANGERS = TOPO_NET_HALF_OPEN_MAX + 10 };
  static struct raw_client *raw[STRANGERS];
  (void)state;
  for (int i = 0; i < STRANGERS; i++)
    raw[i] = raw_dial("topo/1", NAME, RAW_KEY_RAW);
  for (int i = 0; i < STRANGERS; i++) {
    raw_step(raw[i]); /* Initial */
    pair_step(both, 2);
    raw_step(raw[i]); /* the same with the token of the Retry, and silence */
    pair_step(both, 2);
  }
  assert_true(stats_of(&a).retries >= STRANGERS);
  assert_int_equal(stats_of(&a).half_open, TOPO_NET_HALF_OPEN_MAX);
  assert_true(stats_of(&a).refused >= 10);
  for (int i = 0; i < STRANGERS; i++)
    raw_destroy(raw[i]);
  pair_skew(11000000000u);
  for (int i = 0; i < 10; i++)
    pair_step(both, 2);
  assert_int_equal(stats_of(&a).half_open, 0);
  assert_int_equal(stats_of(&a).failed_timeout, TOPO_NET_HALF_OPEN_MAX);
  assert_int_equal(a.ups + a.downs, 0);
}

/* --- a network in between: rebinds, loses, delivers to a server that forgot --- */

static struct {
  int inner, outer; /* towards the client, towards the server */
  struct topo_net_address server, client, here;
  bool lose_to_client;
} nat;

static int nat_socket(void)
{
  struct topo_net_address loopback;
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  assert_true(fd >= 0);
  assert_int_equal(topo_net_address_parse(&loopback, "127.0.0.1", 0), 0);
  assert_int_equal(bind(fd, &loopback.sa, topo_net_address_len(&loopback)), 0);
  return fd;
}

static void nat_open(void)
{
  struct sockaddr_in6 name;
  socklen_t len = sizeof name;
  memset(&nat, 0, sizeof nat);
  nat.inner = nat_socket();
  nat.outer = nat_socket();
  nat.server = endpoint_address(&a);
  nat.client = endpoint_address(&b);
  assert_int_equal(getsockname(nat.inner, (struct sockaddr *)&name, &len), 0);
  assert_int_equal(topo_net_address_set(&nat.here, (struct sockaddr *)&name, len), 0);
}

static void nat_close(void)
{
  close(nat.inner);
  close(nat.outer);
}

static void carry(int from, int to, const struct topo_net_address *whither, bool lose)
{
  uint8_t packet[65536];
  ssize_t n;
  while ((n = recv(from, packet, sizeof packet, 0)) >= 0)
    if (!lose)
      (void)!sendto(to, packet, (size_t)n, 0, &whither->sa, topo_net_address_len(whither));
}

static void nat_step(void)
{
  carry(nat.inner, nat.outer, &nat.server, false);
  carry(nat.outer, nat.inner, &nat.client, nat.lose_to_client);
}

static bool nat_up(void *arg)
{
  nat_step();
  return both_up(arg);
}

static void nat_dial(void)
{
  struct topo_net_dial dial = {
      .remote = nat.here, .identity = of_b, .pin = pair_key(SERVER), .sni = NAME};
  struct topo_net_conn *conn;
  assert_int_equal(topo_net_dial(b.net, &conn, &dial, pair_now()), 0);
  assert_true(pair_run(both, 2, nat_up, NULL));
}

static bool nat_moved(void *arg)
{
  (void)arg;
  nat_step();
  return a.moves > 0 && a.received[1] >= b.to_send[1];
}

/* A NAT that forgets its binding does not cost the connection: the server learns the new address.
 */
static void test_address_moves(void **state)
{
  (void)state;
  nat_open();
  nat_dial();
  close(nat.outer);
  nat.outer = nat_socket();
  b.to_send[1] = 100000;
  endpoint_send(&b);
  assert_true(pair_run(both, 2, nat_moved, NULL));
  assert_false(topo_net_address_equal(&a.moved_to, &a.peer.address));
  assert_int_equal(a.downs + b.downs, 0);
  nat_close();
}

static bool nat_b_down(void *arg)
{
  (void)arg;
  nat_step();
  return b.downs > 0;
}

/* A server that lost its memory says so at the first packet, by the secret it kept: the client need
 * not wait for the timeout. */
static void test_stateless_reset(void **state)
{
  struct topo_net_address at = endpoint_address(&a);
  (void)state;
  nat_open();
  nat_dial();
  nat.lose_to_client = true; /* the goodbye is lost, as in a crash */
  endpoint_close(&a);
  nat_step();
  nat.lose_to_client = false;
  endpoint_open_at(&a, &at, 7);
  b.to_send[1] = 10000;
  endpoint_send(&b);
  assert_true(pair_run(both, 2, nat_b_down, NULL));
  assert_int_equal(b.down.status, TOPO_ECLOSED);
  assert_true(b.down.was_up && b.down.by_peer && !b.down.application);
  assert_true(stats_of(&a).resets > 0);
  nat_close();
}

static bool nat_transferred(void *arg)
{
  static unsigned n;
  (void)arg;
  nat.lose_to_client = ++n % 7 == 0;
  nat_step();
  return a.received[1] >= b.to_send[1] && b.received[1] >= a.to_send[1];
}

/* Loss costs time and nothing else. */
static void test_lossy(void **state)
{
  (void)state;
  nat_open();
  nat_dial();
  a.to_send[1] = b.to_send[1] = 1 << 20;
  endpoint_send(&a);
  endpoint_send(&b);
  assert_true(pair_run(both, 2, nat_transferred, NULL));
  assert_int_equal(a.downs + b.downs, 0);
  nat_close();
}

/* --- a long path: what the relay receives leaves it later --- */

enum { HELD = 4096, HELD_PACKET = 1500 };
#define DELAY_NS 8000000u

static struct held {
  uint64_t due_ns;
  bool to_client;
  size_t len;
  uint8_t packet[HELD_PACKET];
} held[HELD];
static size_t held_first, held_end;

static void hold_from(int fd, bool to_client)
{
  while (held_end - held_first < HELD) {
    struct held *h = &held[held_end % HELD];
    ssize_t n = recv(fd, h->packet, sizeof h->packet, 0);
    if (n < 0)
      return;
    h->due_ns = pair_now() + DELAY_NS;
    h->to_client = to_client;
    h->len = (size_t)n;
    held_end++;
  }
}

static void long_path_step(void)
{
  hold_from(nat.inner, false);
  hold_from(nat.outer, true);
  for (; held_first < held_end && held[held_first % HELD].due_ns <= pair_now(); held_first++) {
    struct held *h = &held[held_first % HELD];
    const struct topo_net_address *to = h->to_client ? &nat.client : &nat.server;
    (void)!sendto(h->to_client ? nat.inner : nat.outer, h->packet, h->len, 0, &to->sa,
                  topo_net_address_len(to));
  }
}

static bool long_path_up(void *arg)
{
  long_path_step();
  return both_up(arg);
}

static bool long_path_transferred(void *arg)
{
  (void)arg;
  long_path_step();
  return a.received[1] >= b.to_send[1] && b.received[2] >= a.to_send[2];
}

/* Over sixteen milliseconds of round trip, where the sender is paced, transfers keep flowing. */
static void test_long_path(void **state)
{
  struct topo_net_dial dial = {.identity = of_b, .pin = pair_key(SERVER), .sni = NAME};
  struct topo_net_conn *conn;
  (void)state;
  held_first = held_end = 0;
  nat_open();
  dial.remote = nat.here;
  assert_int_equal(topo_net_dial(b.net, &conn, &dial, pair_now()), 0);
  assert_true(pair_run(both, 2, long_path_up, NULL));
  a.to_send[2] = b.to_send[1] = 4 << 20;
  endpoint_send(&a);
  endpoint_send(&b);
  assert_true(pair_run(both, 2, long_path_transferred, NULL));
  assert_int_equal(a.downs + b.downs, 0);
  nat_close();
}

int main(void)
{
#define LIVE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
  const struct CMUnitTest tests[] = {
      LIVE(test_proper_client),    LIVE(test_no_key),
      LIVE(test_x509_client),      LIVE(test_other_version),
      LIVE(test_no_alpn),          LIVE(test_no_name),
      LIVE(test_number_too_large), LIVE(test_number_twice),
      LIVE(test_stream_ends),      LIVE(test_stream_reset),
      LIVE(test_key_update),       LIVE(test_stream_limit),
      LIVE(test_garbage),          LIVE(test_version_negotiation),
      LIVE(test_half_open_limit),  LIVE(test_address_moves),
      LIVE(test_stateless_reset),  LIVE(test_lossy),
      LIVE(test_long_path),
  };
  return cmocka_run_group_tests_name("net against strangers", tests, NULL, NULL);
}
