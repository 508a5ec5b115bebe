/*
 * api_page.c - how many pages a second a daemon serves.
 *
 * A workspace of N messages by 20 users in 8 channels; every fifth message has reactions, by up to
 * three users with up to three emojis. The places where pages begin are collected beforehand, by
 * walking through all channels. Then 32 connections over TCP ask for 50 messages each, at random
 * places; nothing between here and the tables keeps an answer. Apart: the same over the Unix
 * socket, and with If-None-Match, which is answered by 304 since nothing changes.
 *
 * The limit: the same operation over the same places in this process, on as many threads and
 * handles, with as large a cache, as the daemon has readers.
 */
#include "bench/bench.h"
#include "bench/daemon.h"
#include "bench/load.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/operations.gen.h"
#include "base/status.h"
#include "daemon/readers.h"
#include "views/view.h"

enum { CONNECTIONS = 32, CHANNELS_MAX = 16, PLACE_SIZE = 160, PATH_SIZE = 256, ETAG_SIZE = 96 };
static const double WARM_S = 0.5, MEASURE_S = 4, LIMIT_S = 2, APART_S = 1, KNOWN_S = 0.5;

/* Where a page begins: its channel and the cursor it is older than. */
struct place {
  char channel[48], before[PLACE_SIZE]; /* empty: the newest page */
};

struct pages {
  struct node_process p;
  struct load_address tcp, local;
  const struct load_address *at; /* the one that is asked now */
  size_t n_channels;
  struct place walk[CHANNELS_MAX]; /* of each channel, the next place to be seen */
  bool ended[CHANNELS_MAX];
  char etag[ETAG_SIZE]; /* of every page: it names the state of the space */
  struct topo_buf places;
  uint64_t dice;

  bool knows; /* ask only for what has changed */
};

static size_t n_places(const struct pages *s)
{
  return s->places.len / sizeof(struct place);
}

static const struct place *place_at(const struct pages *s, size_t i)
{
  return (const struct place *)(void *)s->places.data + i;
}

/* xorshift64: cheap, and the same every time. */
static size_t roll(uint64_t *dice, size_t n)
{
  *dice ^= *dice << 13;
  *dice ^= *dice >> 7;
  *dice ^= *dice << 17;
  return (size_t)(*dice % n);
}

static void page_path(char out[static PATH_SIZE], const struct pages *s, const struct place *at)
{
  int n = snprintf(out, PATH_SIZE, "/v1/spaces/%s/channels/%s/messages%s%s", s->p.space,
                   at->channel, at->before[0] ? "?before=" : "", at->before);
  bench_require(n > 0 && n < PATH_SIZE, "a path is too long");
}

/* ---- the places ------------------------------------------------------------------------------ */

/* The text after the last `key` of a JSON text; false when it is not followed by a string. */
static bool last_member(struct topo_bytes json, const char *key, char *out, size_t size)
{
  size_t len = strlen(key);
  for (size_t at = json.len - len; at-- > 0;)
    if (memcmp(json.data + at, key, len) == 0) {
      const char *from = (const char *)json.data + at + len;
      const char *end = memchr(from, '"', json.len - at - len);
      bench_require(end && (size_t)(end - from) < size, "a page has no places");
      memcpy(out, from, (size_t)(end - from));
      out[end - from] = '\0';
      return true;
    }
  return false;
}

static bool ask_older(void *arg, unsigned connection, struct topo_buf *out)
{
  struct pages *s = arg;
  char path[PATH_SIZE];
  if (s->ended[connection])
    return false;
  page_path(path, s, &s->walk[connection]);
  load_put_request(out, s->at, "GET", path, "", NULL);
  return true;
}

static void keep_etag(struct pages *s, struct topo_bytes head)
{
  static const char name[] = "\r\nETag: ";
  const char *at = memmem(head.data, head.len, name, sizeof name - 1);
  bench_require(at, "a page has no ETag");
  at += sizeof name - 1;
  size_t len = strcspn(at, "\r");
  bench_require(len < sizeof s->etag, "an ETag is too long");
  memcpy(s->etag, at, len);
}

static void keep_position(void *arg, unsigned connection, const struct load_answer *answer)
{
  struct pages *s = arg;
  struct place *at = &s->walk[connection];
  keep_etag(s, answer->head);
  bench_check(topo_buf_put(&s->places, at, sizeof *at), "places");
  s->ended[connection] = !last_member(answer->body, "\"before\":\"", at->before, sizeof at->before);
}

static void find_channels(struct pages *s)
{
  char path[128], *body = NULL;
  snprintf(path, sizeof path, "/v1/spaces/%s/channels", s->p.space);
  bench_require(node_process_call(&s->p, "GET", path, NULL, &body) == 200, "no channels");
  for (const char *at = strstr(body, "\"channel\":\""); at; at = strstr(at + 1, "\"channel\":\"")) {
    bench_require(s->n_channels < CHANNELS_MAX, "too many channels");
    bench_require(node_process_member(at, "channel", s->walk[s->n_channels++].channel,
                                      sizeof s->walk[0].channel),
                  "a channel has no name");
  }
  free(body);
}

static void find_places(struct pages *s, uint64_t n)
{
  find_channels(s);
  s->at = &s->local;
  struct load walk = {.at = s->at,
                      .connections = (unsigned)s->n_channels,
                      .expect = 200,
                      .arg = s,
                      .ask = ask_older,
                      .answered = keep_position};
  load_run(&walk);
  bench_require(n_places(s) > n / 50, "the walk did not see every page");
}

/* ---- over HTTP ------------------------------------------------------------------------------- */

static bool ask_page(void *arg, unsigned connection, struct topo_buf *out)
{
  struct pages *s = arg;
  char path[PATH_SIZE], known[ETAG_SIZE + 32] = "";
  (void)connection;
  page_path(path, s, place_at(s, roll(&s->dice, n_places(s))));
  if (s->knows)
    snprintf(known, sizeof known, "If-None-Match: %s\r\n", s->etag);
  load_put_request(out, s->at, "GET", path, known, NULL);
  return true;
}

static struct load_result load_pages(struct pages *s, const struct load_address *at, double seconds)
{
  s->at = at;
  struct load load = {.at = at,
                      .connections = CONNECTIONS,
                      .seconds = seconds,
                      .expect = s->knows ? 304 : 200,
                      .arg = s,
                      .ask = ask_page};
  return load_run(&load);
}

/* ---- the limit ------------------------------------------------------------------------------- */

struct reader {
  const struct pages *s;
  struct topo_view view;
  uint64_t dice, pages;
  double cpu_s;
  pthread_t thread;
};

static void read_page(struct reader *r, struct topo_json *out)
{
  const struct place *at = place_at(r->s, roll(&r->dice, n_places(r->s)));
  char path[PATH_SIZE];
  struct topo_op_call *call;
  struct place newest = *at;
  bool unknown;
  newest.before[0] = '\0';
  page_path(path, r->s, &newest);
  bench_check(topo_op_route(topo_space_operations, "GET", path, &call), path);
  if (at->before[0])
    bench_check(
        topo_op_set(call, TOPO_OP_QUERY, "before", at->before, strlen(at->before), &unknown),
        at->before);
  call->out = *out;
  topo_json_reset(&call->out);
  bench_check(topo_db_hold(r->view.db), "a snapshot");
  bench_check(call->op->run(call, &r->view), path);
  topo_db_release(r->view.db);
  *out = call->out;
  topo_json_init(&call->out);
  topo_op_call_destroy(call);
  r->pages++;
}

static void *read_pages(void *arg)
{
  struct reader *r = arg;
  struct topo_json out;
  topo_json_init(&out);
  double end_s = bench_wall_s() + LIMIT_S;
  while (bench_wall_s() < end_s)
    read_page(r, &out);
  topo_json_finish(&out);
  r->cpu_s = bench_cpu_s();
  return NULL;
}

static void line(uint64_t n, const char *what, double value, const char *unit)
{
  char name[48];
  snprintf(name, sizeof name, "api-page_%llu%s", (unsigned long long)n, what);
  bench_line(name, value, unit);
}

static void report(uint64_t n, const char *what, const struct load_result *r)
{
  char name[40];
  snprintf(name, sizeof name, "api-page_%llu%s", (unsigned long long)n, what);
  load_report(name, r);
}

/* Prints the limit, and how much of it `r` is: by the clock, and by the processor's time, which
 * others on the machine harm less. */
static void report_limit(const struct pages *s, uint64_t n, const struct load_result *r,
                         double cpu_each)
{
  struct reader readers[TOPO_READERS_HANDLES];
  uint64_t pages = 0;
  double cpu_s = 0;
  double start_s = bench_wall_s();
  for (unsigned i = 0; i < TOPO_READERS_HANDLES; i++) {
    readers[i] = (struct reader){.s = s, .view.db = bench_watch_space(&s->p), .dice = 77 + i};
    bench_require(pthread_create(&readers[i].thread, NULL, read_pages, &readers[i]) == 0,
                  "no thread");
  }
  for (unsigned i = 0; i < TOPO_READERS_HANDLES; i++) {
    pthread_join(readers[i].thread, NULL);
    topo_db_close(readers[i].view.db);
    pages += readers[i].pages;
    cpu_s += readers[i].cpu_s;
  }
  double rate = (double)pages / (bench_wall_s() - start_s);
  line(n, "_limit", rate, "page/s");
  line(n, "_limit_cpu", 1e6 * cpu_s / (double)pages, "us/page");
  line(n, "_ratio", (double)r->answers / r->wall_s / rate, "of the limit");
  line(n, "_ratio_cpu", cpu_s / (double)pages / cpu_each, "of the limit");
}

/* ---- the workload ---------------------------------------------------------------------------- */

static struct pages *create(const struct bench_options *o)
{
  struct pages *s = calloc(1, sizeof *s);
  bench_require(s, "out of memory");
  s->dice = 1;
  node_process_init(&s->p, o->dir, "pages");
  bench_found_busy(&s->p, o->n);
  s->p.http = true;
  bench_start(&s->p);
  bench_front(&s->p, &s->tcp);
  memcpy(s->local.socket_path, s->p.socket, sizeof s->local.socket_path);
  find_places(s, o->n);
  return s;
}

static void destroy(struct pages *s, const struct bench_options *o)
{
  bench_stop(&s->p);
  bench_remove_tree(o, "pages");
  topo_buf_finish(&s->places);
  free(s);
}

void bench_api_page(const struct bench_options *o)
{
  struct pages *s = create(o);
  load_pages(s, &s->tcp, WARM_S);
  double cpu_s = bench_daemon_cpu_s(&s->p);
  struct load_result r = load_pages(s, &s->tcp, MEASURE_S);
  cpu_s = bench_daemon_cpu_s(&s->p) - cpu_s;
  report(o->n, "", &r);
  line(o->n, "_cpu_daemon", 1e6 * cpu_s / (double)r.answers, "us/request");
  line(o->n, "_bytes", (double)r.bytes / (double)r.answers, "byte/request");
  report_limit(s, o->n, &r, cpu_s / (double)r.answers);
  r = load_pages(s, &s->local, APART_S);
  report(o->n, "_local", &r);
  s->knows = true;
  r = load_pages(s, &s->tcp, KNOWN_S); /* short: the gateway's rate has a bound */
  report(o->n, "_304", &r);
  destroy(s, o);
}
