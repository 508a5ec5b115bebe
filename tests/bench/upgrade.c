/*
 * upgrade.c - a daemon starts with N messages that a build with another schema wrote.
 *
 * The space is first judged again to the end under types of which one has a table more, while the
 * daemon is down. Then the daemon is started, whose types are another build's: timed until it is
 * ready, until it has answered with the channels, and until it says that nothing is left to judge.
 * Meanwhile a message is posted every 50 ms, and timed until it is answered. In the end a daemon
 * that knew nothing joins, syncs, and must come to the same fingerprint, or there is no figure.
 */
#include "bench/bench.h"
#include "bench/daemon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "events/message/message.h"
#include "events/types.h"
#include "sys/clock.h"

enum { PAUSE_NS = 50000000, PATH = 160, ID = 64 };
static const double PATIENCE_S = 600;

static void line(uint64_t n, const char *what, double value, const char *unit)
{
  char name[48];
  snprintf(name, sizeof name, "upgrade_%llu%s", (unsigned long long)n, what);
  bench_line(name, value, unit);
}

/* All types, one of them with a table more. */
static const struct topo_type *const *other_build(void)
{
  static struct topo_type message;
  static const struct topo_type *types[TOPO_TYPES_MAX + 1];
  static char schema[1024];
  message = topo_type_message;
  int n = snprintf(schema, sizeof schema, "%s CREATE TABLE message_more(x INTEGER);",
                   topo_type_message.schema);
  bench_require(n > 0 && (size_t)n < sizeof schema, "the schema is too long");
  message.schema = schema;
  for (size_t i = 0; topo_types[i]; i++)
    types[i] = topo_types[i] == &topo_type_message ? &message : topo_types[i];
  return types;
}

static struct topo_now now(void)
{
  return (struct topo_now){topo_clock_monotonic_ns() / 1000000, (uint64_t)topo_clock_wall_ms()};
}

static void live_under_another_build(const struct node_process *p)
{
  struct topo_node *node = bench_open_space_as(p, other_build());
  bench_require(topo_node_status(node).rebuild.rebuilding, "the build is no other one");
  while (topo_node_status(node).rebuild.rebuilding)
    topo_node_step(node, now(), NULL, 0);
  topo_node_close(node);
}

static bool rebuilding(const struct node_process *p)
{
  char path[PATH], state[32], *body = NULL;
  snprintf(path, sizeof path, "/v1/spaces/%s/sync", p->space);
  bench_require(node_process_call(p, "GET", path, NULL, &body) == 200 &&
                    node_process_member(body, "state", state, sizeof state),
                "the state is not told");
  free(body);
  return strcmp(state, "rebuilding") == 0;
}

/* The first channel that it names. */
static void first_channel(const struct node_process *p, char channel[static ID])
{
  char path[PATH], *body = NULL;
  snprintf(path, sizeof path, "/v1/spaces/%s/channels", p->space);
  bench_require(node_process_call(p, "GET", path, NULL, &body) == 200 &&
                    node_process_member(body, "channel", channel, ID),
                "there is no channel");
  free(body);
}

/* Posts until nothing is left to judge. */
static void post_meanwhile(const struct node_process *p, const char *channel,
                           struct load_times *times)
{
  static const struct timespec pause = {0, PAUSE_NS};
  char path[PATH];
  double start_s = bench_wall_s();
  snprintf(path, sizeof path, "/v1/spaces/%s/channels/%s/messages", p->space, channel);
  while (rebuilding(p)) {
    double asked_s = bench_wall_s();
    bench_require(node_process_call(p, "POST", path, "{\"text\":\"hello\"}", NULL) == 201,
                  "a message was not taken");
    load_times_add(times, bench_wall_s() - asked_s);
    bench_require(bench_wall_s() < start_s + PATIENCE_S, "it comes to no end");
    nanosleep(&pause, NULL);
  }
}

static void compare_with_fresh(const struct bench_options *o, struct node_process *p)
{
  struct node_process fresh;
  node_process_init(&fresh, o->dir, "fresh");
  bench_start(&fresh);
  bench_join(p, &fresh);
  bench_require_equal(p, &fresh);
  bench_stop(&fresh);
  bench_remove_tree(o, "fresh");
}

static void report(uint64_t n, double events, double wall_s, double cpu_s)
{
  char limit[48];
  snprintf(limit, sizeof limit, "composite_%llu", (unsigned long long)n);
  line(n, "_events", events, "event");
  line(n, "_total", wall_s, "s");
  line(n, "_rate", events / wall_s, "event/s");
  line(n, "_cpu", 1e6 * cpu_s / events, "us/event");
  if (bench_value(limit) > 0)
    line(n, "_ratio", events / wall_s / bench_value(limit), "of composite");
}

void bench_upgrade(const struct bench_options *o)
{
  struct node_process p;
  struct load_times times = {{0}};
  char channel[ID];
  node_process_init(&p, o->dir, "upgrade");
  bench_found_busy(&p, o->n);
  live_under_another_build(&p);
  struct topo_db *db = bench_watch_space(&p);
  double events = (double)bench_ask(db, "SELECT count(*) FROM event WHERE state>=2 AND set_no<>0");
  topo_db_close(db);
  double start_s = bench_wall_s();
  bench_start(&p);
  line(o->n, "_ready", 1e3 * (bench_wall_s() - start_s), "ms");
  first_channel(&p, channel);
  line(o->n, "_first_answer", 1e3 * (bench_wall_s() - start_s), "ms");
  bench_require(rebuilding(&p), "nothing is judged again");
  post_meanwhile(&p, channel, &times);
  report(o->n, events, bench_wall_s() - start_s, bench_daemon_cpu_s(&p));
  line(o->n, "_post_p50", load_times_rank(&times, 0.5), "ms");
  line(o->n, "_post_p99", load_times_rank(&times, 0.99), "ms");
  line(o->n, "_post_max", load_times_rank(&times, 1), "ms");
  load_times_finish(&times);
  compare_with_fresh(o, &p);
  bench_stop(&p);
  bench_remove_tree(o, "upgrade");
}
