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

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "api/base64url.h"
#include "smoke/node_process.h"
#include "sys/clock.h"
#include "sys/disk.h"
#include "sys/rng.h"

enum { SIDES = 2, POLL_NS = 2000000, PATIENCE_S = 600, LINK = 1024, FINGERPRINT = 64 };

struct daemons {
  struct node_process p[SIDES];
  struct topo_db *view[SIDES]; /* read-only */
  double cpu_s[SIDES];         /* at the start of the clock */
  struct crowd crowd;
};

/* The file bears the space's name in hexadecimal. */
static void space_path(char out[static BENCH_PATH], const struct node_process *p)
{
  struct topo_id id;
  size_t len = 0;
  char hex[2 * TOPO_ID_SIZE + 1];
  int status = topo_base64url_decode(id.bytes, sizeof id.bytes, &len, p->space, strlen(p->space));
  bench_require(status == 0 && len == sizeof id.bytes, "the space's name is none");
  for (size_t i = 0; i < sizeof id.bytes; i++)
    snprintf(hex + 2 * i, 3, "%02x", id.bytes[i]);
  int n = snprintf(out, BENCH_PATH, "%s/spaces/%s.db", p->dir, hex);
  bench_require(n > 0 && n < BENCH_PATH, "the directory's name is too long");
}

/* ---- a space's file, while its daemon is down ------------------------------------------------ */

static void no_check(void *ctx, struct topo_work *work)
{
  (void)ctx, (void)work;
}
static void no_dial(void *ctx, const struct topo_dial *dial)
{
  (void)ctx, (void)dial;
}
static void no_trust(void *ctx)
{
  (void)ctx;
}
static void no_note(void *ctx, int status, const char *text)
{
  (void)ctx, (void)status, (void)text;
}

static struct topo_node *open_space(const struct node_process *p)
{
  static const struct topo_node_ports ports = {no_check, no_dial, no_trust, no_note, NULL};
  static struct topo_disk disk;
  char path[BENCH_PATH];
  struct topo_node *node;
  space_path(path, p);
  disk = topo_disk_os();
  struct topo_node_options o = {.path = path,
                                .disk = &disk,
                                .rng = topo_rng_os(),
                                .ports = &ports,
                                .cache_kib = BENCH_CACHE_KIB};
  bench_check(topo_node_open(&node, &o), path);
  return node;
}

static void say(struct daemons *d, unsigned side, unsigned first, unsigned users, uint64_t n)
{
  struct topo_node *node = open_space(&d->p[side]);
  crowd_say(&d->crowd, node, first, users, n);
  topo_node_close(node);
}

/* ---- the daemons ----------------------------------------------------------------------------- */

static void start(struct node_process *p)
{
  bench_require(node_process_start(p), "a daemon did not start: is topod built?");
}

static void stop(struct node_process *p)
{
  bench_require(node_process_stop(p), "a daemon did not stop");
}

/* A workspace of the first daemon, which is stopped again; and the crowd in it. */
static void prepare(struct daemons *d, const struct bench_options *o)
{
  static const char *const names[SIDES] = {"a", "b"};
  char *body = NULL;
  for (unsigned i = 0; i < SIDES; i++)
    node_process_init(&d->p[i], o->dir, names[i]);
  start(&d->p[0]);
  int status = node_process_call(&d->p[0], "POST", "/v1/workspaces",
                                 "{\"name\":\"Bench\",\"user_name\":\"alice\"}", &body);
  bench_require(status == 201 &&
                    node_process_member(body, "space", d->p[0].space, sizeof d->p[0].space),
                "no workspace was made");
  free(body);
  stop(&d->p[0]);
  struct topo_node *node = open_space(&d->p[0]);
  crowd_admit(&d->crowd, node, (uint64_t)topo_clock_wall_ms() - o->n - 10000);
  topo_node_close(node);
}

static void join(struct daemons *d)
{
  char *body = NULL, link[LINK], path[160], request[LINK + 128];
  snprintf(path, sizeof path, "/v1/spaces/%s/invites", d->p[0].space);
  int status = node_process_call(&d->p[0], "POST", path, "{}", &body);
  bench_require(status == 201 && node_process_member(body, "link", link, sizeof link),
                "no invite was made");
  free(body);
  snprintf(request, sizeof request, "{\"link\":\"%s\",\"user_name\":\"bob\"}", link);
  status = node_process_call(&d->p[1], "POST", "/v1/joins", request, &body);
  bench_require((status == 201 || status == 202) &&
                    node_process_member(body, "space", d->p[1].space, sizeof d->p[1].space),
                "joining failed");
  free(body);
}

static double cpu_of(const struct node_process *p)
{
  char path[64];
  unsigned long user = 0, kernel = 0;
  snprintf(path, sizeof path, "/proc/%ld/stat", (long)p->pid);
  FILE *f = fopen(path, "r");
  bench_require(f && fscanf(f, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                            &kernel) == 2,
                "the system does not tell a daemon's processor time");
  fclose(f);
  return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

/* ---- watching -------------------------------------------------------------------------------- */

static void watch(struct daemons *d, unsigned side)
{
  char path[BENCH_PATH];
  struct topo_disk disk = topo_disk_os();
  space_path(path, &d->p[side]);
  struct topo_db_options o = {.path = path,
                              .disk = &disk,
                              .read_only = true,
                              .application_id = TOPO_NODE_APPLICATION_ID,
                              .cache_kib = 512};
  bench_check(topo_db_open(&d->view[side], &o), path);
}

static uint64_t ask(struct topo_db *db, const char *sql)
{
  struct topo_stmt *q = topo_stmt(db, sql);
  bench_require(topo_step(q) == 1, sql);
  uint64_t n = (uint64_t)topo_column_i64(q, 0);
  topo_reset(q);
  return n;
}

/* Counting costs the daemons time: it is only done when there are rows enough. */
static bool has_all(struct topo_db *db, uint64_t n)
{
  return ask(db, "SELECT ifnull(max(no),0) FROM message") >= n &&
         ask(db, "SELECT count(*) FROM message") >= n;
}

struct result {
  double wall_s, last_fifth_s;
};

static struct result wait_for_all(struct daemons *d, double start_s, uint64_t n)
{
  static const struct timespec pause = {0, POLL_NS};
  double fifth_s = 0;
  while (!has_all(d->view[1], n) || !has_all(d->view[0], n)) {
    if (fifth_s == 0 && ask(d->view[1], "SELECT ifnull(max(no),0) FROM message") >= n / 5 * 4)
      fifth_s = bench_wall_s();
    bench_require(bench_wall_s() < start_s + PATIENCE_S, "not everything arrived");
    nanosleep(&pause, NULL);
  }
  double end_s = bench_wall_s();
  return (struct result){end_s - start_s, fifth_s ? end_s - fifth_s : 0};
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
    line(workload, n, cpu[i], 1e6 * (cpu_of(&d->p[i]) - d->cpu_s[i]) / (double)n, "us/message");
  snprintf(limit, sizeof limit, "composite_%llu", (unsigned long long)n);
  if (bench_value(limit) > 0)
    line(workload, n, "_ratio", rate / bench_value(limit), "of composite");
}

static void fingerprint(const struct node_process *p, char out[static FINGERPRINT])
{
  char path[128], *body = NULL;
  snprintf(path, sizeof path, "/v1/spaces/%s/fingerprint", p->space);
  bench_require(node_process_call(p, "GET", path, NULL, &body) == 200 &&
                    node_process_member(body, "fingerprint", out, FINGERPRINT),
                "no fingerprint");
  free(body);
}

/* The joiner's own profile may still be on its way. */
static void require_equal(struct daemons *d)
{
  static const struct timespec pause = {0, 50000000};
  char a[FINGERPRINT] = "", b[FINGERPRINT] = "";
  double start_s = bench_wall_s();
  for (;;) {
    fingerprint(&d->p[0], a);
    fingerprint(&d->p[1], b);
    if (strcmp(a, b) == 0)
      return;
    bench_require(bench_wall_s() < start_s + 60, "the two show different state");
    nanosleep(&pause, NULL);
  }
}

static void finish(struct daemons *d, const struct bench_options *o)
{
  for (unsigned i = 0; i < SIDES; i++) {
    topo_db_close(d->view[i]);
    stop(&d->p[i]);
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
    d->cpu_s[i] = cpu_of(&d->p[i]);
}

void bench_sync_one_way(const struct bench_options *o)
{
  struct daemons *d = create(o);
  say(d, 0, 0, CROWD_USERS, o->n);
  for (unsigned i = 0; i < SIDES; i++)
    start(&d->p[i]);
  start_clock(d);
  double start_s = bench_wall_s();
  join(d);
  for (unsigned i = 0; i < SIDES; i++)
    watch(d, i);
  report(d, "sync-one-way", o->n, wait_for_all(d, start_s, o->n));
  require_equal(d);
  finish(d, o);
}

void bench_sync_both(const struct bench_options *o)
{
  struct daemons *d = create(o);
  uint64_t half = o->n / 2;
  for (unsigned i = 0; i < SIDES; i++)
    start(&d->p[i]);
  join(d);
  require_equal(d);
  for (unsigned i = 0; i < SIDES; i++)
    stop(&d->p[i]);
  say(d, 0, 0, CROWD_USERS / 2, half);
  say(d, 1, CROWD_USERS / 2, CROWD_USERS / 2, half);
  for (unsigned i = 0; i < SIDES; i++) {
    start(&d->p[i]);
    watch(d, i);
  }
  start_clock(d);
  double start_s = bench_wall_s();
  report(d, "sync-both", o->n, wait_for_all(d, start_s, 2 * half));
  require_equal(d);
  finish(d, o);
}
