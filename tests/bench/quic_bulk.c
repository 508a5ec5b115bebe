/*
 * quic_bulk.c - how many megabytes a second one connection carries over loopback.
 *
 *     quic_bulk [MiB]        sender and receiver are two threads, each with a topo_net of its own
 *
 * Prints one line: megabytes per second of the receiver's clock, processor time of both threads,
 * datagrams per system call.
 */
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>

#include "base/assert.h"
#include "net/net.h"

#define NAME "bench"
enum { CHUNK = 64 * 1024, DEFAULT_MIB = 2048 };

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

static uint64_t now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void fill(void *ctx, void *out, size_t len)
{
  (void)ctx;
  topo_assert(getrandom(out, len, 0) == (ssize_t)len);
}
static const struct topo_rng_ops rng_ops = {fill};

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

static int on_judge(void *arg, void *identity, const struct topo_id *peer)
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
    s->first_ns = now();
  topo_net_consumed(conn, stream, len);
  s->left -= len;
  if (!s->left) {
    s->last_ns = now();
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

static const struct topo_net_events events = {
    .judge = on_judge, .up = on_up, .data = on_data, .writable = on_writable, .down = on_down};

static void open_side(struct side *s, int n, uint64_t bytes)
{
  struct topo_net_address bind;
  struct topo_net_options options = {
      .bind = &bind, .rng = {&rng_ops, NULL}, .events = &events, .arg = s};
  memset(s, 0, sizeof *s);
  s->left = bytes;
  topo_assert(topo_net_address_parse(&bind, "127.0.0.1", 0) == 0);
  topo_assert(topo_net_create(&s->net, &options) == 0);
  topo_assert(topo_net_identity_add(s->net, &s->identity, seeds[n], n ? NULL : NAME, NULL) == 0);
  topo_net_identity_key(s->identity, &keys[n]);
}

static void *serve(void *arg)
{
  struct side *s = arg;
  while (!s->done) {
    uint64_t at = topo_net_deadline(s->net), t = now();
    struct pollfd fd = {.fd = topo_net_fd(s->net), .events = POLLIN};
    uint64_t wait = at <= t ? 0 : at - t < 100000000 ? at - t : 100000000;
    struct timespec timeout = {.tv_nsec = (long)wait};
    if (ppoll(&fd, 1, &timeout, NULL) > 0)
      topo_net_ready(s->net, now());
    t = now();
    if (topo_net_deadline(s->net) <= t)
      topo_net_expire(s->net, t);
  }
  topo_net_flush(s->net, now());
  return NULL;
}

static double processor_seconds(void)
{
  struct rusage r;
  getrusage(RUSAGE_SELF, &r);
  return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
         1e-6 * (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

static void report(const struct side *from, const struct side *to, uint64_t bytes)
{
  double seconds = (double)(to->last_ns - to->first_ns) / 1e9;
  struct topo_net_stats out, in;
  topo_net_get_stats(from->net, &out);
  topo_net_get_stats(to->net, &in);
  printf("%.1f MB/s (%" PRIu64
         " MiB in %.3f s), processor %.3f s, datagrams per call out %.1f in %.1f\n",
         (double)bytes / seconds / 1e6, bytes >> 20, seconds, processor_seconds(),
         (double)out.datagrams_out / (double)out.syscalls_out,
         (double)in.datagrams_in / (double)in.syscalls_in);
}

int main(int argc, char **argv)
{
  uint64_t bytes = (argc > 1 ? strtoull(argv[1], NULL, 10) : DEFAULT_MIB) << 20;
  struct side to, from;
  struct topo_net_dial dial = {.sni = NAME};
  struct topo_net_conn *conn;
  pthread_t thread;
  open_side(&to, 0, bytes);
  open_side(&from, 1, bytes);
  topo_net_local_address(to.net, &dial.remote);
  dial.identity = from.identity;
  dial.pin = keys[0];
  topo_assert(topo_net_dial(from.net, &conn, &dial, now()) == 0);
  topo_assert(pthread_create(&thread, NULL, serve, &to) == 0);
  serve(&from);
  pthread_join(thread, NULL);
  if (!to.left)
    report(&from, &to, bytes);
  topo_net_destroy(from.net);
  topo_net_destroy(to.net);
  return to.left ? 1 : 0;
}
