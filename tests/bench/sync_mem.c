/*
 * sync_mem.c - how fast messages of 20 users with 2 devices each get from one space to another, all
 * in one thread: sender, receiver and the receiver's worker take turns, and the network is memory.
 * What each of them needs of the processor is printed apart; in the daemon they overlap.
 *
 * The clock runs from the receiver's first step, joining included, until its projection answers all
 * messages. Then both sides must come to rest with equal fingerprints.
 */
#include "bench/bench.h"
#include "bench/crowd.h"
#include "bench/pair.h"

#include <stdio.h>
#include <stdlib.h>

#include "sys/clock.h"

static const char count_messages[] = "SELECT count(*) FROM message";

static void name_line(const char *workload, uint64_t n, const char *what, double value,
                      const char *unit)
{
  char name[96];
  snprintf(name, sizeof name, "%s_%llu%s%s", workload, (unsigned long long)n, *what ? "_" : "",
           what);
  bench_line(name, value, unit);
}

struct result {
  double wall_s, last_fifth_s;
};

/* Runs until both projections hold n messages. */
static struct result run(struct pair *pair, uint64_t n)
{
  struct result r = {0};
  double start = bench_wall_s(), fifth = 0;
  uint64_t base = topo_dag_changes(topo_node_dag(pair->side[1].node));
  uint64_t here = (uint64_t)pair_count(&pair->side[1], count_messages);
  for (unsigned i = 0; i < PAIR_SIDES; i++)
    pair->side[i].step_s = pair->side[i].check_s = 0;
  for (;;) {
    pair_run(pair);
    uint64_t changes = topo_dag_changes(topo_node_dag(pair->side[1].node)) - base + here;
    if (fifth == 0 && changes > n / 5 * 4)
      fifth = bench_wall_s();
    if (changes >= n && (uint64_t)pair_count(&pair->side[1], count_messages) == n &&
        (uint64_t)pair_count(&pair->side[0], count_messages) == n)
      break;
  }
  r.wall_s = bench_wall_s() - start;
  r.last_fifth_s = bench_wall_s() - fifth;
  return r;
}

static void report(const char *workload, struct pair *pair, uint64_t n, const struct result *r)
{
  static const char *const parts[PAIR_SIDES][2] = {{"sender_step", "sender_check"},
                                                   {"receiver_step", "receiver_check"}};
  double rate = (double)n / r->wall_s;
  char limit[48];
  name_line(workload, n, "", rate, "message/s");
  name_line(workload, n, "last_fifth", (double)n / 5 / r->last_fifth_s, "message/s");
  for (unsigned i = 0; i < PAIR_SIDES; i++) {
    name_line(workload, n, parts[i][0], 1e6 * pair->side[i].step_s / (double)n, "us/message");
    name_line(workload, n, parts[i][1], 1e6 * pair->side[i].check_s / (double)n, "us/message");
  }
  snprintf(limit, sizeof limit, "composite_%llu", (unsigned long long)n);
  double most = bench_value(limit);
  if (most == 0)
    return;
  name_line(workload, n, "ratio", rate / most, "of composite");
  snprintf(limit, sizeof limit, "composite_%llu_cpu", (unsigned long long)n);
  double receiver_s = pair->side[1].step_s + pair->side[1].check_s;
  name_line(workload, n, "receiver_cpu_ratio", (double)n / receiver_s / bench_value(limit),
            "of composite");
}

static uint64_t wall_before(uint64_t n)
{
  return (uint64_t)topo_clock_wall_ms() - n - 10000; /* nothing is said in the future */
}

void bench_sync_mem(const struct bench_options *o)
{
  struct pair pair;
  struct crowd *crowd = calloc(1, sizeof *crowd);
  bench_require(crowd, "out of memory");
  pair_init(&pair, o);
  pair_create(&pair);
  crowd_admit(crowd, pair.side[0].node, wall_before(o->n));
  crowd_say(crowd, pair.side[0].node, 0, CROWD_USERS, o->n);
  pair_reopen(&pair, 0);
  pair_join(&pair);
  struct result r = run(&pair, o->n);
  report("sync-mem", &pair, o->n, &r);
  pair_run_until_quiet(&pair);
  pair_require_equal(&pair);
  pair_finish(&pair);
  free(crowd);
}

void bench_sync_both_mem(const struct bench_options *o)
{
  struct pair pair;
  struct crowd *crowd = calloc(1, sizeof *crowd);
  uint64_t half = o->n / 2;
  bench_require(crowd, "out of memory");
  pair_init(&pair, o);
  pair_create(&pair);
  crowd_admit(crowd, pair.side[0].node, wall_before(o->n));
  pair_reopen(&pair, 0);
  pair_join(&pair);
  pair_run_until_quiet(&pair);
  pair_cut(&pair);
  crowd_say(crowd, pair.side[0].node, 0, CROWD_USERS / 2, half);
  crowd_say(crowd, pair.side[1].node, CROWD_USERS / 2, CROWD_USERS / 2, half);
  pair_reopen(&pair, 0);
  pair_reopen(&pair, 1);
  struct result r = run(&pair, 2 * half);
  report("sync-both-mem", &pair, o->n, &r);
  pair_run_until_quiet(&pair);
  pair_require_equal(&pair);
  pair_finish(&pair);
  free(crowd);
}
