/*
 * sync_daemons.c - sync between two real daemons, processes of their own, over QUIC on loopback.
 *
 * What is said beforehand is written into the space's file by the code that takes in events of
 * peers (crowd.h), while the daemon is down. The clock stops when the receiver's projection, read
 * through a read-only handle of this process, has all messages. Then both must answer the same
 * fingerprint.
 *
 *     sync-one-way   all messages on one side; from the request to join until all are there
 *     sync-both      half on each side, members before; from both being started until all are there
 *
 * Beside the rate: the processor time of each daemon for each message.
 */
#include "bench/bench.h"
#include "bench/crowd.h"
#include "bench/daemon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sys/clock.h"

enum { SIDES = 2, POLL_NS = 2000000, PATIENCE_S = 600 };

struct daemons {
  struct node_process p[SIDES];
  struct topo_db *view[SIDES]; /* read-only */
  double cpu_s[SIDES];         /* at the start of the clock */
  struct crowd crowd;
};

static void say(struct daemons *d, unsigned side, unsigned first, unsigned users, uint64_t n)
{
  struct topo_node *node = bench_open_space(&d->p[side]);
  crowd_say(&d->crowd, node, first, users, n);
  topo_node_close(node);
}

/* A workspace of the first daemon, which is stopped again; and the crowd in it. */
static void prepare(struct daemons *d, const struct bench_options *o)
{
  static const char *const names[SIDES] = {"a", "b"};
  for (unsigned i = 0; i < SIDES; i++)
    node_process_init(&d->p[i], o->dir, names[i]);
  bench_start(&d->p[0]);
  bench_found(&d->p[0]);
  bench_stop(&d->p[0]);
  struct topo_node *node = bench_open_space(&d->p[0]);
  crowd_admit(&d->crowd, node, (uint64_t)topo_clock_wall_ms() - o->n - 10000);
  topo_node_close(node);
}

/* ---- watching -------------------------------------------------------------------------------- */

/* Counting costs the daemons time: it is only done when there are rows enough. */
static bool has_all(struct topo_db *db, uint64_t n)
{
  return bench_ask(db, "SELECT ifnull(max(no),0) FROM message") >= n &&
         bench_ask(db, "SELECT count(*) FROM message") >= n;
}

struct result {
  double wall_s, last_fifth_s;
};

static struct result wait_for_all(struct daemons *d, double start_s, uint64_t n)
{
  static const struct timespec pause = {0, POLL_NS};
  double fifth_s = 0;
  while (!has_all(d->view[1], n) || !has_all(d->view[0], n)) {
    if (fifth_s == 0 && bench_ask(d->view[1], "SELECT ifnull(max(no),0) FROM message") >= n / 5 * 4)
      fifth_s = bench_wall_s();
    bench_require(bench_wall_s() < start_s + PATIENCE_S, "not everything arrived");
    nanosleep(&pause, NULL);
  }
  double end_s = bench_wall_s();
  return (struct result){end_s - start_s, fifth_s > 0 ? end_s - fifth_s : 0};
}

static void line(const char *workload, uint64_t n, const char *what, double value, const char *unit)
{
  char name[96];
  snprintf(name, sizeof name, "%s_%llu%s", workload, (unsigned long long)n, what);
  bench_line(name, value, unit);
}

static void report(struct daemons *d, const char *workload, uint64_t n, struct result r)
{
  static const char *const cpu[SIDES] = {"_cpu_a", "_cpu_b"};
  char limit[48];
  double rate = (double)n / r.wall_s;
  line(workload, n, "", rate, "message/s");
  if (r.last_fifth_s > 0)
    line(workload, n, "_last_fifth", (double)n / 5 / r.last_fifth_s, "message/s");
  for (unsigned i = 0; i < SIDES; i++)
    line(workload, n, cpu[i], 1e6 * (bench_daemon_cpu_s(&d->p[i]) - d->cpu_s[i]) / (double)n,
         "us/message");
  snprintf(limit, sizeof limit, "composite_%llu", (unsigned long long)n);
  if (bench_value(limit) > 0)
    line(workload, n, "_ratio", rate / bench_value(limit), "of composite");
}

static void finish(struct daemons *d, const struct bench_options *o)
{
  for (unsigned i = 0; i < SIDES; i++) {
    topo_db_close(d->view[i]);
    bench_stop(&d->p[i]);
    bench_remove_tree(o, strrchr(d->p[i].dir, '/') + 1);
  }
  free(d);
}

static struct daemons *create(const struct bench_options *o)
{
  struct daemons *d = calloc(1, sizeof *d);
  bench_require(d, "out of memory");
  prepare(d, o);
  return d;
}

static void start_clock(struct daemons *d)
{
  for (unsigned i = 0; i < SIDES; i++)
    d->cpu_s[i] = bench_daemon_cpu_s(&d->p[i]);
}

void bench_sync_one_way(const struct bench_options *o)
{
  struct daemons *d = create(o);
  say(d, 0, 0, CROWD_USERS, o->n);
  for (unsigned i = 0; i < SIDES; i++)
    bench_start(&d->p[i]);
  start_clock(d);
  double start_s = bench_wall_s();
  bench_join(&d->p[0], &d->p[1]);
  for (unsigned i = 0; i < SIDES; i++)
    d->view[i] = bench_watch_space(&d->p[i]);
  report(d, "sync-one-way", o->n, wait_for_all(d, start_s, o->n));
  bench_require_equal(&d->p[0], &d->p[1]);
  finish(d, o);
}

void bench_sync_both(const struct bench_options *o)
{
  struct daemons *d = create(o);
  uint64_t half = o->n / 2;
  for (unsigned i = 0; i < SIDES; i++)
    bench_start(&d->p[i]);
  bench_join(&d->p[0], &d->p[1]);
  bench_require_equal(&d->p[0], &d->p[1]);
  for (unsigned i = 0; i < SIDES; i++)
    bench_stop(&d->p[i]);
  say(d, 0, 0, CROWD_USERS / 2, half);
  say(d, 1, CROWD_USERS / 2, CROWD_USERS / 2, half);
  for (unsigned i = 0; i < SIDES; i++) {
    bench_start(&d->p[i]);
    d->view[i] = bench_watch_space(&d->p[i]);
  }
  start_clock(d);
  double start_s = bench_wall_s();
  report(d, "sync-both", o->n, wait_for_all(d, start_s, 2 * half));
  bench_require_equal(&d->p[0], &d->p[1]);
  finish(d, o);
}
