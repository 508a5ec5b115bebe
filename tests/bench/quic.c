/*
 * quic.c - how many megabytes a second one connection carries over loopback: sender and receiver
 * are two threads, each with a topo_net of its own. By the receiver's clock.
 */
#include "bench/bench.h"

#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "crypto/sign.h"
#include "net/net.h"
#include "sys/clock.h"
#include "sys/rng.h"

#define NAME "bench"
enum { CHUNK = 64 * 1024 };

struct side {
  struct topo_net *net;
  struct topo_net_identity *identity;
  struct topo_net_conn *conn;
  uint64_t left; /* bytes to send or to receive */
  uint64_t first_ns, last_ns;
  bool done;
};

static uint8_t chunk[CHUNK];
static uint8_t seeds[2][32] = {{1}, {2}};
static struct topo_id keys[2];

static void pump(struct side *s)
{
  while (s->left) {
    size_t len = s->left < CHUNK ? (size_t)s->left : CHUNK;
    size_t taken = topo_net_send(s->conn, 1, chunk, len);
    s->left -= taken;
    if (taken < len)
      return;
  }
}

static int on_authorize(void *arg, void *identity, const struct topo_id *peer)
{
  (void)arg, (void)identity, (void)peer;
  return 0;
}

static void on_up(void *arg, struct topo_net_conn *conn, const struct topo_net_peer *peer)
{
  struct side *s = arg;
  s->conn = conn;
  if (peer->outgoing)
    pump(s);
}

static void on_data(void *arg, struct topo_net_conn *conn, unsigned stream, const uint8_t *data,
                    size_t len)
{
  struct side *s = arg;
  (void)data;
  if (!s->first_ns)
    s->first_ns = topo_clock_monotonic_ns();
  topo_net_consumed(conn, stream, len);
  s->left -= len;
  if (!s->left) {
    s->last_ns = topo_clock_monotonic_ns();
    topo_net_close(conn, TOPO_CLOSE_SHUTDOWN);
    s->done = true;
  }
}

static void on_writable(void *arg, struct topo_net_conn *conn, unsigned stream)
{
  (void)conn, (void)stream;
  pump(arg);
}

static void on_down(void *arg, struct topo_net_conn *conn, const struct topo_net_down *why)
{
  struct side *s = arg;
  (void)conn;
  if (why->status != TOPO_ECLOSED)
    fprintf(stderr, "down: %s, code %" PRIu64 "\n", topo_status_name(why->status), why->code);
  s->done = true;
}

static const struct topo_net_events events = {.authorize = on_authorize,
                                              .up = on_up,
                                              .data = on_data,
                                              .writable = on_writable,
                                              .down = on_down};

static void open_side(struct side *s, int n, uint64_t bytes)
{
  struct topo_net_address bind;
  struct topo_net_options options = {
      .bind = &bind, .rng = topo_rng_os(), .events = &events, .arg = s};
  memset(s, 0, sizeof *s);
  s->left = bytes;
  bench_check(topo_net_address_parse(&bind, "127.0.0.1", 0), "address");
  bench_check(topo_net_create(&s->net, &options), "a net");
  bench_check(topo_net_identity_add(s->net, &s->identity, seeds[n], n ? NULL : NAME, NULL),
              "identity");
  struct topo_sign_key key;
  topo_sign_key_from_seed(&key, seeds[n]);
  keys[n] = key.public_key;
}

static void *serve(void *arg)
{
  struct side *s = arg;
  while (!s->done) {
    uint64_t at = topo_net_deadline(s->net), t = topo_clock_monotonic_ns();
    struct pollfd fd = {.fd = topo_net_fd(s->net), .events = POLLIN};
    uint64_t wait = at <= t ? 0 : at - t < 100000000 ? at - t : 100000000;
    struct timespec timeout = {.tv_nsec = (long)wait};
    if (ppoll(&fd, 1, &timeout, NULL) > 0)
      topo_net_ready(s->net, topo_clock_monotonic_ns());
    t = topo_clock_monotonic_ns();
    if (topo_net_deadline(s->net) <= t)
      topo_net_expire(s->net, t);
  }
  topo_net_flush(s->net, topo_clock_monotonic_ns());
  return NULL;
}

static double processor_seconds(void)
{
  struct rusage r;
  getrusage(RUSAGE_SELF, &r);
  return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
         1e-6 * (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

static void report(const struct side *from, const struct side *to, uint64_t bytes, double cpu_s)
{
  double seconds = (double)(to->last_ns - to->first_ns) / 1e9;
  struct topo_net_stats out, in;
  topo_net_get_stats(from->net, &out);
  topo_net_get_stats(to->net, &in);
  bench_line("quic_bulk", (double)bytes / seconds / 1e6, "MB/s");
  bench_line("quic_bulk_processor", cpu_s / ((double)bytes / 1e9), "s/GB");
  bench_line("quic_bulk_datagrams_per_send", (double)out.datagrams_out / (double)out.syscalls_out,
             "datagram");
  bench_line("quic_bulk_datagrams_per_receive", (double)in.datagrams_in / (double)in.syscalls_in,
             "datagram");
}

void bench_quic(const struct bench_options *o)
{
  uint64_t bytes = o->n << 20;
  struct side to, from;
  struct topo_net_dial dial = {.sni = NAME};
  struct topo_net_conn *conn;
  pthread_t thread;
  double cpu_s = processor_seconds();
  open_side(&to, 0, bytes);
  open_side(&from, 1, bytes);
  topo_net_local_address(to.net, &dial.remote);
  dial.identity = from.identity;
  dial.pin = keys[0];
  bench_check(topo_net_dial(from.net, &conn, &dial, topo_clock_monotonic_ns()), "dialling");
  bench_require(pthread_create(&thread, NULL, serve, &to) == 0, "no thread");
  serve(&from);
  pthread_join(thread, NULL);
  bench_require(!to.left, "the connection ended early");
  report(&from, &to, bytes, processor_seconds() - cpu_s);
  topo_net_destroy(from.net);
  topo_net_destroy(to.net);
}
