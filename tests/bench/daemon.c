/* daemon.c - see daemon.h. */
#include "bench/daemon.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/base64url.h"
#include "bench/crowd.h"
#include "daemon/readers.h"
#include "sys/clock.h"
#include "sys/disk.h"
#include "sys/rng.h"

enum { INVITE_SIZE = 1024, FINGERPRINT = 64, EQUAL_S = 120, POLL_NS = 50000000 };

void bench_start(struct node_process *p)
{
  bench_require(node_process_start(p), "a daemon did not start: is topod built?");
}

void bench_stop(struct node_process *p)
{
  bench_require(node_process_stop(p), "a daemon did not stop");
}

/* ---- workspaces ------------------------------------------------------------------------------ */

void bench_found(struct node_process *p)
{
  char *body = NULL;
  int status = node_process_call(p, "POST", "/v1/workspaces",
                                 "{\"name\":\"Bench\",\"user_name\":\"alice\"}", &body);
  bench_require(status == 201 && node_process_member(body, "space", p->space, sizeof p->space),
                "no workspace was made");
  free(body);
}

void bench_join(const struct node_process *host, struct node_process *guest)
{
  char *body = NULL, invite_link[INVITE_SIZE], path[160], request[INVITE_SIZE + 128];
  snprintf(path, sizeof path, "/v1/spaces/%s/invites", host->space);
  int status = node_process_call(host, "POST", path, "{}", &body);
  bench_require(status == 201 && node_process_member(body, "link", invite_link, sizeof invite_link),
                "no invite was made");
  free(body);
  snprintf(request, sizeof request, "{\"link\":\"%s\",\"user_name\":\"bob\"}", invite_link);
  status = node_process_call(guest, "POST", "/v1/joins", request, &body);
  bench_require((status == 201 || status == 202) &&
                    node_process_member(body, "space", guest->space, sizeof guest->space),
                "joining failed");
  free(body);
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

void bench_require_equal(const struct node_process *a, const struct node_process *b)
{
  static const struct timespec pause = {0, POLL_NS};
  char of_a[FINGERPRINT] = "", of_b[FINGERPRINT] = "";
  double start_s = bench_wall_s();
  for (;;) {
    fingerprint(a, of_a);
    fingerprint(b, of_b);
    if (strcmp(of_a, of_b) == 0)
      return;
    bench_require(bench_wall_s() < start_s + EQUAL_S, "the two show different state");
    nanosleep(&pause, NULL);
  }
}

void bench_front(const struct node_process *p, struct load_address *at)
{
  char path[BENCH_PATH], address[80], *body = NULL;
  *at = (struct load_address){.port = 0};
  bench_require(node_process_call(p, "GET", "/v1/status", NULL, &body) == 200 &&
                    node_process_member(body, "http_address", address, sizeof address) &&
                    strrchr(address, ':'),
                "the daemon does not listen on TCP");
  free(body);
  at->port = (unsigned)strtoul(strrchr(address, ':') + 1, NULL, 10);
  snprintf(path, sizeof path, "%s/admin-token", p->dir);
  FILE *f = fopen(path, "r");
  bench_require(f && fgets(at->token, sizeof at->token, f), path);
  fclose(f);
  at->token[strcspn(at->token, "\r\n")] = '\0';
}

/* ---- the space's file ------------------------------------------------------------------------ */

void bench_space_path(char out[static BENCH_PATH], const struct node_process *p)
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

struct topo_node *bench_open_space(const struct node_process *p)
{
  return bench_open_space_as(p, NULL);
}

struct topo_node *bench_open_space_as(const struct node_process *p,
                                      const struct topo_type *const *types)
{
  static const struct topo_node_ports ports = {no_check, no_dial, no_trust, no_note, NULL};
  static struct topo_disk disk;
  char path[BENCH_PATH];
  struct topo_node *node;
  bench_space_path(path, p);
  disk = topo_disk_os();
  struct topo_node_options o = {.path = path,
                                .disk = &disk,
                                .rng = topo_rng_os(),
                                .ports = &ports,
                                .types = types,
                                .cache_kib = BENCH_CACHE_KIB};
  bench_check(topo_node_open(&node, &o), path);
  return node;
}

struct topo_db *bench_watch_space(const struct node_process *p)
{
  char path[BENCH_PATH];
  struct topo_disk disk = topo_disk_os();
  struct topo_db *db;
  bench_space_path(path, p);
  struct topo_db_options o = {.path = path,
                              .disk = &disk,
                              .read_only = true,
                              .application_id = TOPO_NODE_APPLICATION_ID,
                              .cache_kib = TOPO_READERS_CACHE_KIB};
  bench_check(topo_db_open(&db, &o), path);
  return db;
}

uint64_t bench_ask(struct topo_db *db, const char *sql)
{
  struct topo_stmt *q = topo_stmt(db, sql);
  bench_require(topo_fetch(q) == 1, sql);
  uint64_t n = (uint64_t)topo_column_i64(q, 0);
  topo_reset(q);
  return n;
}

void bench_found_busy(struct node_process *p, uint64_t n)
{
  enum { SLACK_MS = 10000 }; /* nothing is said in the future */
  struct crowd *crowd = calloc(1, sizeof *crowd);
  bench_require(crowd, "out of memory");
  bench_start(p);
  bench_found(p);
  bench_stop(p);
  struct topo_node *node = bench_open_space(p);
  crowd_admit(crowd, node, (uint64_t)topo_clock_wall_ms() - 3 * n - SLACK_MS);
  crowd_open_channels(crowd, node);
  crowd->reacts = true;
  crowd_say(crowd, node, 0, CROWD_USERS, n);
  topo_node_close(node);
  free(crowd);
}

/* ---- what it costs --------------------------------------------------------------------------- */

/* The first number of schedstat is nanoseconds on a processor; a thread may end meanwhile. */
static double thread_cpu_s(const char *tasks, const char *thread)
{
  char path[BENCH_PATH];
  unsigned long long ns = 0;
  snprintf(path, sizeof path, "%s/%s/schedstat", tasks, thread);
  FILE *f = fopen(path, "r");
  if (!f)
    return 0;
  int n = fscanf(f, "%llu", &ns);
  fclose(f);
  return n == 1 ? 1e-9 * (double)ns : 0;
}

double bench_daemon_cpu_s(const struct node_process *p)
{
  char tasks[64];
  double cpu_s = 0;
  snprintf(tasks, sizeof tasks, "/proc/%ld/task", (long)p->pid);
  DIR *d = opendir(tasks);
  bench_require(d, "the system does not tell a daemon's processor time");
  for (struct dirent *e; (e = readdir(d)) != NULL;)
    if (e->d_name[0] != '.')
      cpu_s += thread_cpu_s(tasks, e->d_name);
  closedir(d);
  return cpu_s;
}

double bench_daemon_memory_mib(const struct node_process *p, const char *line)
{
  char path[64], text[256];
  double kib = -1;
  snprintf(path, sizeof path, "/proc/%ld/smaps_rollup", (long)p->pid);
  FILE *f = fopen(path, "r");
  bench_require(f, "the system does not tell a daemon's memory");
  while (kib < 0 && fgets(text, sizeof text, f))
    if (strncmp(text, line, strlen(line)) == 0)
      kib = strtod(text + strlen(line), NULL);
  fclose(f);
  bench_require(kib >= 0, line);
  return kib / 1024;
}
