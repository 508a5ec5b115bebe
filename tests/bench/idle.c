/*
 * idle.c - what a daemon costs that has N messages, ten members connected, and nothing to do.
 *
 * Ten daemons of their own join and sync. Then the first is started anew, so that nothing of the
 * sync is left in its memory but what it needs; when all ten are connected and in step again, its
 * memory is read (resident, and its share of what it has in common with others) and its processor
 * time taken over a window. Starting is timed until the daemon says that it is ready, with the page
 * cache warm. Apart: what a set of as many items costs by itself (sync/memset.h), in this process.
 */
#include "bench/bench.h"
#include "bench/daemon.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sync/memset.h"
#include "sys/rng.h"

enum { PEERS = 10, POLL_NS = 100000000, STARTS = 5 };
static const double PATIENCE_S = 600, WINDOW_S = 10;

struct idle {
  struct node_process p, peers[PEERS];
};

static void wait_a_little(double start_s, const char *what)
{
  static const struct timespec pause = {0, POLL_NS};
  bench_require(bench_wall_s() < start_s + PATIENCE_S, what);
  nanosleep(&pause, NULL);
}

static void sync_peer(struct idle *s, struct node_process *peer, uint64_t messages)
{
  double start_s = bench_wall_s();
  bench_start(peer);
  bench_join(&s->p, peer);
  struct topo_db *db = bench_watch_space(peer);
  while (bench_ask(db, "SELECT count(*) FROM message") < messages)
    wait_a_little(start_s, "a peer did not get everything");
  topo_db_close(db);
}

static unsigned count(const char *text, const char *what)
{
  unsigned n = 0;
  for (const char *at = strstr(text, what); at; at = strstr(at + 1, what))
    n++;
  return n;
}

static bool all_in_step(const struct node_process *p)
{
  char path[128], *body = NULL;
  snprintf(path, sizeof path, "/v1/spaces/%s/peers", p->space);
  bench_require(node_process_call(p, "GET", path, NULL, &body) == 200, "the peers are not told");
  bool all = count(body, "\"connected\":true") >= PEERS && count(body, "\"synced\":true") >= PEERS;
  free(body);
  return all;
}

static void wait_for_peers(struct idle *s)
{
  double start_s = bench_wall_s();
  while (!all_in_step(&s->p))
    wait_a_little(start_s, "a peer is not in step");
}

static void line(uint64_t n, const char *what, double value, const char *unit)
{
  char name[48];
  snprintf(name, sizeof name, "idle_%llu%s", (unsigned long long)n, what);
  bench_line(name, value, unit);
}

/* The median of several starts, with all peers away: they would be served meanwhile. */
static double start_ms(struct idle *s)
{
  double times[STARTS];
  for (unsigned i = 0; i < STARTS; i++) {
    double start_s = bench_wall_s();
    bench_start(&s->p);
    times[i] = 1e3 * (bench_wall_s() - start_s);
    bench_stop(&s->p);
    for (unsigned k = i; k > 0 && times[k] < times[k - 1]; k--) {
      double t = times[k];
      times[k] = times[k - 1];
      times[k - 1] = t;
    }
  }
  return times[STARTS / 2];
}

/* Bytes of the heap for each item, inserted in order as the log gives them. */
static double item_bytes(uint64_t n)
{
  struct topo_rng rng = topo_rng_os();
  size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
  struct topo_memset *set = topo_memset_create();
  bench_require(set, "out of memory");
  struct topo_itemset items = topo_memset_itemset(set);
  for (uint64_t i = 0; i < n; i++) {
    struct topo_item item = {.timestamp = i};
    topo_rng_fill(&rng, item.id.bytes, sizeof item.id.bytes);
    bench_check(topo_itemset_insert(&items, &item), "an item");
  }
  size_t after = mallinfo2().uordblks + mallinfo2().hblkhd;
  topo_memset_destroy(set);
  return (double)(after - before) / (double)n;
}

static void report(struct idle *s, uint64_t n, double ready_ms)
{
  static const struct timespec window = {(time_t)WINDOW_S, 0};
  struct topo_db *db = bench_watch_space(&s->p);
  double events = (double)bench_ask(db, "SELECT count(*) FROM event");
  topo_db_close(db);
  double wall_s = bench_wall_s(), cpu_s = bench_daemon_cpu_s(&s->p);
  nanosleep(&window, NULL);
  cpu_s = bench_daemon_cpu_s(&s->p) - cpu_s;
  wall_s = bench_wall_s() - wall_s;
  bench_require(all_in_step(&s->p), "a peer was lost");
  line(n, "_events", events, "event");
  line(n, "_rss", bench_daemon_memory_mib(&s->p, "Rss:"), "MiB");
  line(n, "_pss", bench_daemon_memory_mib(&s->p, "Pss:"), "MiB");
  line(n, "_own", bench_daemon_memory_mib(&s->p, "Anonymous:"), "MiB");
  line(n, "_cpu", 100 * cpu_s / wall_s, "%");
  line(n, "_ready", ready_ms, "ms");
  line(n, "_item", item_bytes((uint64_t)events), "byte");
}

void bench_idle(const struct bench_options *o)
{
  struct idle *s = calloc(1, sizeof *s);
  bench_require(s, "out of memory");
  node_process_init(&s->p, o->dir, "idle");
  bench_found_busy(&s->p, o->n);
  double ready_ms = start_ms(s);
  bench_start(&s->p);
  for (unsigned i = 0; i < PEERS; i++) {
    char name[16];
    snprintf(name, sizeof name, "peer%u", i);
    node_process_init(&s->peers[i], o->dir, name);
    sync_peer(s, &s->peers[i], o->n);
  }
  wait_for_peers(s);
  line(o->n, "_rss_after_sync", bench_daemon_memory_mib(&s->p, "Rss:"), "MiB");
  for (unsigned i = 0; i < PEERS; i++)
    bench_require_equal(&s->p, &s->peers[i]);
  bench_stop(&s->p);
  bench_start(&s->p);
  wait_for_peers(s);
  report(s, o->n, ready_ms);
  for (unsigned i = 0; i < PEERS; i++) {
    bench_stop(&s->peers[i]);
    bench_remove_tree(o, strrchr(s->peers[i].dir, '/') + 1);
  }
  bench_stop(&s->p);
  bench_remove_tree(o, "idle");
  free(s);
}
