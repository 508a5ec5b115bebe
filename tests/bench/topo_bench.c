/*
 * topo_bench.c - measures what Topo is measured by.
 *
 *     topo-bench WORKLOAD... [N] [--runs R] [--dir DIR] [--json]
 *
 *     crypto            primitives of one core
 *     sqlite [rows]     inserts and reads in the shape of the log
 *     quic [MiB]        one connection over loopback, through src/net
 *     limits            the three of them
 *     composite [N]     an idealised writer of N messages (composite.c says what it does)
 *     sync-mem [N]      N messages from one space to an empty one, in one process and thread
 *     sync-both-mem [N] the same, half of the messages made on each side
 *     sync-one-way [N]  N messages from one daemon to an empty one, over QUIC on loopback
 *     sync-both [N]     the same, half of the messages made on each side
 *     api-page [N]      pages of 50 among N messages, from 32 connections
 *     api-send [S]      durable messages from 32 connections, for S seconds
 *     live-latency [N]  N messages posted to one daemon, heard of at another
 *     ws-fanout [S]     50 WebSockets hear of all that is posted, for S seconds
 *     idle [N]          N messages, ten members connected, and nothing to do
 *     upgrade [N]       N messages that a build with another schema wrote, and a start
 *     short, full       what `make bench` and `make bench-full` run
 *
 * Prints `name value unit` lines, or one JSON object with --json; with --runs, the medians of R
 * runs of the whole list. An absolute figure is noise between machines: the sync workloads are
 * printed with their ratio to the composite writer whenever one ran for as many messages in the
 * same run, and `short` and `full` see to that.
 *
 * Databases are made in a directory of the run's own under DIR (default: TMPDIR, or /tmp), which is
 * removed afterwards.
 */
#include "bench/bench.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/status.h"
#include "crypto/init.h"
#include "store/db.h"
#include "sys/disk.h"

enum { FIGURES = 256, NAME = 48, RUNS = 9 };

static struct figure {
  char name[NAME];
  double values[RUNS]; /* one of each run */
  unsigned n;
  const char *unit;
} figures[FIGURES];
static size_t n_figures;
static unsigned runs = 1;
static bool json;

static double seconds(clockid_t clock)
{
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double bench_wall_s(void)
{
  return seconds(CLOCK_MONOTONIC);
}

double bench_cpu_s(void)
{
  return seconds(CLOCK_THREAD_CPUTIME_ID);
}

void bench_require(bool condition, const char *what)
{
  if (condition)
    return;
  fprintf(stderr, "topo-bench: %s\n", what);
  exit(1);
}

void bench_check(int status, const char *what)
{
  if (status >= 0)
    return;
  fprintf(stderr, "topo-bench: %s: %s\n", what, topo_status_name(status));
  exit(1);
}

static struct figure *figure(const char *name)
{
  for (size_t i = 0; i < n_figures; i++)
    if (strcmp(figures[i].name, name) == 0)
      return &figures[i];
  return NULL;
}

static void print(const char *name, double value, const char *unit)
{
  printf("%-40s %14.3f %s\n", name, value, unit);
  fflush(stdout);
}

void bench_line(const char *name, double value, const char *unit)
{
  struct figure *f = figure(name);
  if (!f) {
    bench_require(n_figures < FIGURES, "more figures than there is room for");
    f = &figures[n_figures++];
    snprintf(f->name, sizeof f->name, "%s", name);
    f->unit = unit;
  }
  bench_require(f->n < runs, "a figure was printed twice in one run");
  f->values[f->n++] = value;
  if (runs == 1 && !json)
    print(name, value, unit);
}

double bench_value(const char *name)
{
  const struct figure *f = figure(name);
  return f ? f->values[f->n - 1] : 0;
}

static int compare_values(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static double median(struct figure *f)
{
  qsort(f->values, f->n, sizeof f->values[0], compare_values);
  return f->values[f->n / 2];
}

void bench_path(char out[static BENCH_PATH], const struct bench_options *o, const char *name)
{
  int n = snprintf(out, BENCH_PATH, "%s/%s", o->dir, name);
  bench_require(n > 0 && n < BENCH_PATH, "the directory's name is too long");
}

void bench_discard(const struct bench_options *o, const char *name)
{
  static const char *const tails[] = {"", "-wal", "-shm"};
  struct topo_disk disk = topo_disk_os();
  for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
    char file[64], path[BENCH_PATH];
    snprintf(file, sizeof file, "%s%s", name, tails[i]);
    bench_path(path, o, file);
    bench_check(disk.ops->remove(disk.ctx, path), path);
  }
}

static int remove_found(const char *path, const struct stat *st, int type, struct FTW *at)
{
  (void)st, (void)type, (void)at;
  return remove(path);
}

void bench_remove_tree(const struct bench_options *o, const char *name)
{
  enum { OPEN_DIRECTORIES = 8 };
  char path[BENCH_PATH];
  bench_path(path, o, name);
  bench_require(nftw(path, remove_found, OPEN_DIRECTORIES, FTW_DEPTH | FTW_PHYS) == 0, path);
}

/* Names and values are ours: nothing in them needs escaping. */
static void print_json(void)
{
  printf("{");
  for (size_t i = 0; i < n_figures; i++)
    printf("%s\n  \"%s\": {\"value\": %.3f, \"unit\": \"%s\"}", i ? "," : "", figures[i].name,
           median(&figures[i]), figures[i].unit);
  printf("\n}\n");
}

static void print_medians(void)
{
  for (size_t i = 0; i < n_figures; i++)
    print(figures[i].name, median(&figures[i]), figures[i].unit);
}

static void run_limits(const struct bench_options *o)
{
  struct bench_options quic = {.n = 1024, .dir = o->dir};
  bench_crypto(o);
  bench_sqlite(o);
  bench_quic(&quic);
}

/* A workload beside the writer's limit for as many messages. */
static void beside_limit(const struct bench_options *o, uint64_t n)
{
  struct bench_options sized = {.n = n, .dir = o->dir};
  bench_composite(&sized);
  bench_sync_mem(&sized);
  bench_sync_both_mem(&sized);
  bench_sync_one_way(&sized);
  bench_sync_both(&sized);
}

/* What clients of a daemon see; seconds of the workloads that are bounded by time. */
static void run_api(const struct bench_options *o, uint64_t messages, uint64_t seconds)
{
  struct bench_options pages = {.n = messages, .dir = o->dir};
  struct bench_options timed = {.n = seconds, .dir = o->dir};
  struct bench_options posts = {.n = 100 * seconds, .dir = o->dir};
  bench_api_page(&pages);
  bench_api_send(&timed);
  bench_live_latency(&posts);
  bench_ws_fanout(&timed);
}

static void run_short(const struct bench_options *o)
{
  struct bench_options rows = {.n = 100000, .dir = o->dir}, idle = {.n = 5000, .dir = o->dir};
  run_limits(&rows);
  beside_limit(o, 10000);
  run_api(o, 20000, 3);
  bench_idle(&idle);
  struct bench_options upgrade = {.n = 10000, .dir = o->dir};
  bench_upgrade(&upgrade);
}

static void run_full(const struct bench_options *o)
{
  struct bench_options rows = {.n = 1000000, .dir = o->dir};
  run_limits(&rows);
  beside_limit(o, 10000);
  beside_limit(o, 50000);
  beside_limit(o, 500000);
  struct bench_options pages = {.n = 1000000, .dir = o->dir};
  struct bench_options few = {.n = 10000, .dir = o->dir}, many = {.n = 100000, .dir = o->dir};
  run_api(o, 100000, 30);
  bench_api_page(&pages);
  bench_idle(&few);
  bench_idle(&many);
  struct bench_options upgrade = {.n = 300000, .dir = o->dir};
  bench_composite(&upgrade);
  bench_upgrade(&upgrade);
}

static const struct workload {
  const char *name;
  void (*run)(const struct bench_options *o);
  uint64_t n; /* unless another is given */
} workloads[] = {{"crypto", bench_crypto, 1},
                 {"sqlite", bench_sqlite, 100000},
                 {"quic", bench_quic, 1024},
                 {"limits", run_limits, 1000000},
                 {"composite", bench_composite, 50000},
                 {"sync-mem", bench_sync_mem, 50000},
                 {"sync-both-mem", bench_sync_both_mem, 10000},
                 {"sync-one-way", bench_sync_one_way, 50000},
                 {"sync-both", bench_sync_both, 10000},
                 {"api-page", bench_api_page, 100000},
                 {"api-send", bench_api_send, 5},
                 {"live-latency", bench_live_latency, 500},
                 {"ws-fanout", bench_ws_fanout, 5},
                 {"idle", bench_idle, 10000},
                 {"upgrade", bench_upgrade, 300000},
                 {"short", run_short, 1},
                 {"full", run_full, 1},
                 {NULL, NULL, 0}};

static const struct workload *find(const char *name)
{
  for (const struct workload *w = workloads; w->name; w++)
    if (strcmp(w->name, name) == 0)
      return w;
  return NULL;
}

static int remove_entry(void *arg, const char *name)
{
  char path[BENCH_PATH];
  bench_path(path, arg, name);
  return unlink(path) == 0 ? 0 : TOPO_EIO;
}

static void usage(void)
{
  fprintf(stderr, "usage: topo-bench WORKLOAD... [N] [--runs R] [--dir DIR] [--json]\nworkloads:");
  for (const struct workload *w = workloads; w->name; w++)
    fprintf(stderr, " %s", w->name);
  fprintf(stderr, "\n");
  exit(2);
}

struct arguments {
  const struct workload *list[16];
  size_t n_list;
  uint64_t n;
  uint64_t runs;
  const char *base;
};

static uint64_t number(const char *text)
{
  char *end;
  uint64_t n = strtoull(text, &end, 10);
  if (n == 0 || *end)
    usage();
  return n;
}

static void parse(struct arguments *a, int argc, char **argv)
{
  for (int i = 1; i < argc; i++) {
    const struct workload *w = find(argv[i]);
    if (w && a->n_list < sizeof a->list / sizeof *a->list)
      a->list[a->n_list++] = w;
    else if (strcmp(argv[i], "--json") == 0)
      json = true;
    else if (strcmp(argv[i], "--dir") == 0 && i + 1 < argc)
      a->base = argv[++i];
    else if (strcmp(argv[i], "--runs") == 0 && i + 1 < argc)
      a->runs = number(argv[++i]);
    else
      a->n = number(argv[i]);
  }
  if (!a->n_list || a->runs > RUNS)
    usage();
}

int main(int argc, char **argv)
{
  struct arguments a = {.base = getenv("TMPDIR"), .runs = 1};
  parse(&a, argc, argv);
  runs = (unsigned)a.runs;
  char dir[BENCH_PATH / 2];
  int len = snprintf(dir, sizeof dir, "%s/topo-bench-XXXXXX", a.base ? a.base : "/tmp");
  bench_check(topo_crypto_init(), "the crypto library");
  bench_check(topo_db_init(), "the database");
  bench_require(len < (int)sizeof dir && mkdtemp(dir), "the directory cannot be made");
  struct topo_disk disk = topo_disk_os();
  for (size_t i = 0; i < a.runs * a.n_list; i++) {
    const struct workload *w = a.list[i % a.n_list];
    struct bench_options o = {.n = a.n ? a.n : w->n, .dir = dir};
    w->run(&o);
    bench_check(disk.ops->list(disk.ctx, dir, remove_entry, &o), "clearing the directory");
  }
  bench_require(rmdir(dir) == 0, "the directory cannot be removed");
  if (json)
    print_json();
  else if (runs > 1)
    print_medians();
  return 0;
}
