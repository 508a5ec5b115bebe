/*
 * api_send.c - how many messages a second clients can send, each on disk before it is answered.
 *
 * For N seconds 32 connections over TCP post texts of BENCH_TEXT bytes, each the next one as soon
 * as the one before is answered. Afterwards the projection must hold one message for each answer.
 * The limits: how often this disk makes 4 KiB durable, one write after the other, and how many
 * signatures a core makes.
 */
#include "bench/bench.h"
#include "bench/daemon.h"
#include "bench/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECTIONS = 32 };
static const double WARM_S = 0.5;

struct sends {
  struct node_process p;
  struct load_address at;
  char path[256], body[BENCH_TEXT + 32];
};

static bool ask(void *arg, unsigned connection, struct topo_buf *out)
{
  struct sends *s = arg;
  (void)connection;
  load_put_request(out, &s->at, "POST", s->path, "", s->body);
  return true;
}

static struct load_result send_messages(struct sends *s, unsigned connections, double seconds)
{
  struct load load = {.at = &s->at,
                      .connections = connections,
                      .seconds = seconds,
                      .expect = 201,
                      .arg = s,
                      .ask = ask};
  return load_run(&load);
}

static void prepare(struct sends *s, const struct bench_options *o)
{
  char channels[128], channel[48], *body = NULL;
  node_process_init(&s->p, o->dir, "sends");
  s->p.http = true;
  bench_start(&s->p);
  bench_found(&s->p);
  bench_front(&s->p, &s->at);
  snprintf(channels, sizeof channels, "/v1/spaces/%s/channels", s->p.space);
  bench_require(node_process_call(&s->p, "GET", channels, NULL, &body) == 200 &&
                    node_process_member(body, "channel", channel, sizeof channel),
                "there is no channel");
  free(body);
  snprintf(s->path, sizeof s->path, "%s/%s/messages", channels, channel);
  snprintf(s->body, sizeof s->body, "{\"text\":\"%0*d\"}", BENCH_TEXT, 1);
}

void bench_api_send(const struct bench_options *o)
{
  struct sends s = {.path = ""};
  prepare(&s, o);
  uint64_t answers = send_messages(&s, CONNECTIONS, WARM_S).answers;
  double cpu_s = bench_daemon_cpu_s(&s.p);
  struct load_result r = send_messages(&s, CONNECTIONS, (double)o->n);
  cpu_s = bench_daemon_cpu_s(&s.p) - cpu_s;
  struct load_result alone = send_messages(&s, 1, WARM_S);
  struct topo_db *db = bench_watch_space(&s.p);
  bench_require(bench_ask(db, "SELECT count(*) FROM message") ==
                    answers + r.answers + alone.answers,
                "not as many messages are there as were answered");
  topo_db_close(db);
  load_report("api-send", &r);
  bench_line("api-send_cpu_daemon", 1e6 * cpu_s / (double)r.answers, "us/request");
  bench_line("api-send_one_p50", alone.p50_ms, "ms");
  bench_sync(o, "api-send_limit_sync");
  bench_line("api-send_limit_sign", bench_sign_rate(), "op/s");
  bench_stop(&s.p);
  bench_remove_tree(o, "sends");
}
