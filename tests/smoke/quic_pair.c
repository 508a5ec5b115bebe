/* quic_pair.c - endpoints over loopback for tests. */
#include "smoke/quic_pair.h"

#include <poll.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/assert.h"

#define LIMIT_NS 10000000000ull

static uint64_t skew_ns;

static uint64_t real_now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t pair_now(void)
{
  return real_now() + skew_ns;
}
void pair_skew(uint64_t ns)
{
  skew_ns += ns;
}

static void fill(void *ctx, void *out, size_t len)
{
  (void)ctx;
  randombytes_buf(out, len);
}
static const struct topo_rng_ops rng_ops = {fill};

void pair_seed(uint8_t seed[static 32], unsigned n)
{
  memset(seed, (int)n + 1, 32);
}

struct topo_id pair_key(unsigned n)
{
  uint8_t seed[32], secret[crypto_sign_SECRETKEYBYTES];
  struct topo_id key;
  pair_seed(seed, n);
  crypto_sign_seed_keypair(key.bytes, secret, seed);
  return key;
}

/* Byte number `at` of a stream. */
static uint8_t pattern(unsigned stream, uint64_t at)
{
  return (uint8_t)(at * 31 + (at >> 8) * 7 + (at >> 16) + stream * 101);
}

static int on_authorize(void *arg, void *identity_user, const struct topo_id *peer)
{
  struct endpoint *e = arg;
  (void)identity_user, (void)peer;
  e->authorized++;
  return e->verdict;
}

static void on_up(void *arg, struct topo_net_conn *conn, const struct topo_net_peer *peer)
{
  struct endpoint *e = arg;
  e->ups++;
  e->conn = conn;
  e->peer = *peer;
  if (e->on_up)
    e->on_up(e, conn);
}

static void on_data(void *arg, struct topo_net_conn *conn, unsigned stream, const uint8_t *data,
                    size_t len)
{
  struct endpoint *e = arg;
  for (size_t i = 0; i < len; i++)
    topo_assert(data[i] == pattern(stream, e->received[stream] + i));
  e->received[stream] += len;
  e->held[stream] += len;
  e->held_total += len;
  if (e->held_total > e->most_held)
    e->most_held = e->held_total;
  if (!e->hold) {
    e->held[stream] -= len;
    e->held_total -= len;
    topo_net_consumed(conn, stream, len);
  }
  if (e->on_data)
    e->on_data(e, conn);
}

static void on_writable(void *arg, struct topo_net_conn *conn, unsigned stream)
{
  struct endpoint *e = arg;
  (void)conn, (void)stream;
  e->writables++;
  endpoint_send(e);
}

static void on_moved(void *arg, struct topo_net_conn *conn, const struct topo_net_address *address)
{
  struct endpoint *e = arg;
  (void)conn;
  e->moves++;
  e->moved_to = *address;
}

static void on_down(void *arg, struct topo_net_conn *conn, const struct topo_net_down *why)
{
  struct endpoint *e = arg;
  e->downs++;
  e->down = *why;
  if (e->conn == conn)
    e->conn = NULL;
}

static const struct topo_net_events events = {on_authorize, on_up,    on_data,
                                              on_writable,  on_moved, on_down};

static int open_with(struct endpoint *e, const struct topo_net_address *bind, bool plain,
                     uint8_t secret)
{
  struct topo_net_options options = {
      .bind = bind, .rng = {&rng_ops, NULL}, .events = &events, .arg = e, .plain_sockets = plain};
  memset(options.secret, secret, sizeof options.secret);
  memset(e, 0, sizeof *e);
  return topo_net_create(&e->net, &options);
}

static struct topo_net_address loopback(uint16_t port)
{
  struct topo_net_address address;
  int rc = topo_net_address_parse(&address, "127.0.0.1", port);
  topo_assert(rc == 0);
  return address;
}

void endpoint_open_at(struct endpoint *e, const struct topo_net_address *bind, uint8_t secret)
{
  int rc = open_with(e, bind, false, secret);
  topo_assert(rc == 0);
}

void endpoint_open(struct endpoint *e, bool plain_sockets)
{
  struct topo_net_address bind = loopback(0);
  int rc = open_with(e, &bind, plain_sockets, 7);
  topo_assert(rc == 0);
}

int endpoint_try_open(struct endpoint *e)
{
  struct topo_net_address bind = loopback(0);
  return open_with(e, &bind, false, 7);
}

void endpoint_close(struct endpoint *e)
{
  topo_net_destroy(e->net);
  e->net = NULL;
  e->conn = NULL;
}

struct topo_net_identity *endpoint_identity(struct endpoint *e, unsigned n, const char *sni)
{
  struct topo_net_identity *identity;
  uint8_t seed[32];
  int rc;
  pair_seed(seed, n);
  rc = topo_net_identity_add(e->net, &identity, seed, sni, (void *)(uintptr_t)(100 + n));
  topo_assert(rc == 0);
  return identity;
}

struct topo_net_address endpoint_address(const struct endpoint *e)
{
  struct topo_net_address address;
  topo_net_local_address(e->net, &address);
  return topo_net_address_is_any(&address) ? loopback(topo_net_address_port(&address)) : address;
}

struct topo_net_conn *endpoint_dial(struct endpoint *e, const struct endpoint *to,
                                    struct topo_net_identity *as, unsigned pin, const char *sni)
{
  struct topo_net_dial dial = {
      .remote = endpoint_address(to), .identity = as, .pin = pair_key(pin), .sni = sni, .user = e};
  struct topo_net_conn *conn;
  int rc = topo_net_dial(e->net, &conn, &dial, pair_now());
  topo_assert(rc == 0);
  return conn;
}

void endpoint_send(struct endpoint *e)
{
  static uint8_t chunk[65536];
  for (unsigned s = 0; s < TOPO_CONN_STREAMS_MAX && e->conn; s++)
    while (e->sent[s] < e->to_send[s]) {
      uint64_t left = e->to_send[s] - e->sent[s];
      size_t len = left < sizeof chunk ? (size_t)left : sizeof chunk, taken;
      for (size_t i = 0; i < len; i++)
        chunk[i] = pattern(s, e->sent[s] + i);
      taken = topo_net_send(e->conn, s, chunk, len);
      e->sent[s] += taken;
      if (taken < len)
        break;
    }
}

void endpoint_consume(struct endpoint *e, unsigned stream, uint64_t n)
{
  topo_assert(n <= e->held[stream] && e->conn);
  e->held[stream] -= n;
  e->held_total -= n;
  topo_net_consumed(e->conn, stream, (size_t)n);
}

static void serve(struct endpoint *e, bool readable)
{
  uint64_t now = pair_now();
  if (readable)
    topo_net_ready(e->net, now);
  if (topo_net_deadline(e->net) <= now)
    topo_net_expire(e->net, now);
}

void pair_step(struct endpoint *const *ends, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (ends[i] && ends[i]->net)
      serve(ends[i], true);
}

bool pair_run(struct endpoint *const *ends, size_t n, bool (*done)(void *arg), void *arg)
{
  uint64_t limit = real_now() + LIMIT_NS;
  topo_assert(n <= PAIR_ENDPOINTS);
  while (!done(arg)) {
    struct pollfd fds[PAIR_ENDPOINTS];
    uint64_t now = pair_now(), wait = 20000000;
    struct timespec timeout = {0};
    if (real_now() > limit)
      return false;
    for (size_t i = 0; i < n; i++) {
      bool on = ends[i] && ends[i]->net;
      uint64_t at = on ? topo_net_deadline(ends[i]->net) : UINT64_MAX;
      fds[i] = (struct pollfd){.fd = on ? topo_net_fd(ends[i]->net) : -1, .events = POLLIN};
      if (at <= now)
        wait = 0;
      else if (at - now < wait)
        wait = at - now;
    }
    timeout.tv_nsec = (long)wait;
    ppoll(fds, (nfds_t)n, &timeout, NULL);
    for (size_t i = 0; i < n; i++)
      if (ends[i] && ends[i]->net)
        serve(ends[i], fds[i].revents != 0);
  }
  return true;
}
