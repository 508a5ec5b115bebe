/*
 * live.c - how soon those who listen hear of a message.
 *
 *     live-latency N   two daemons, members of one workspace, on loopback. N messages are posted to
 *                      the one, fifty a second, and a WebSocket at the other hears of them. The
 *                      time runs from sending the request to having the event: the sender's disk,
 *                      QUIC, and the receiver's projection are on the way.
 *
 *     ws-fanout N      fifty WebSockets at one daemon, to which 32 connections post as fast as they
 *                      can, but no more than 10,000 a second, for N seconds. Every client must see
 *                      every message once. The time runs from sending the request to each arrival;
 *                      beside it, from its answer to the last arrival.
 *
 * All over TCP, with the admin token.
 */
#include "bench/bench.h"
#include "bench/daemon.h"
#include "bench/load.h"
#include "bench/ws.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LISTENERS = 50, POSTERS = 64, PACE = 10000, LIVE_PACE = 50 };

struct live {
  struct load_address at;
  char path[256];
  struct ws_listeners *listeners;
  uint64_t next, most;
  uint64_t asked[LOAD_CONNECTIONS_MAX]; /* the number that each connection has sent */
};

static bool ask(void *arg, unsigned connection, struct topo_buf *out)
{
  struct live *s = arg;
  char body[64];
  if (s->next == s->most)
    return false;
  snprintf(body, sizeof body, "{\"text\":\"#%llu tea\"}", (unsigned long long)s->next);
  load_put_request(out, &s->at, "POST", s->path, "", body);
  s->asked[connection] = s->next;
  ws_note_asked(s->listeners, s->next++);
  return true;
}

static void answered(void *arg, unsigned connection, const struct load_answer *answer)
{
  struct live *s = arg;
  (void)answer;
  ws_note_answered(s->listeners, s->asked[connection]);
}

static void find_channel(struct live *s, const struct node_process *p)
{
  char channels[128], channel[48], *body = NULL;
  snprintf(channels, sizeof channels, "/v1/spaces/%s/channels", p->space);
  bench_require(node_process_call(p, "GET", channels, NULL, &body) == 200 &&
                    node_process_member(body, "channel", channel, sizeof channel),
                "there is no channel");
  free(body);
  snprintf(s->path, sizeof s->path, "%s/%s/messages", channels, channel);
}

static void report(const char *name, const struct ws_result *r, const struct load_result *sent)
{
  const struct {
    const char *what;
    double value;
    const char *unit;
  } lines[] = {{"_p50", r->p50_ms, "ms"},
               {"_p99", r->p99_ms, "ms"},
               {"_max", r->max_ms, "ms"},
               {"_behind_p50", r->behind_p50_ms, "ms"},
               {"_behind_p99", r->behind_p99_ms, "ms"},
               {"_answer_p50", sent->p50_ms, "ms"},
               {"_answer_p99", sent->p99_ms, "ms"}};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    char text[48];
    snprintf(text, sizeof text, "%s%s", name, lines[i].what);
    bench_line(text, lines[i].value, lines[i].unit);
  }
}

static void begin(struct node_process *p, const struct bench_options *o, const char *name)
{
  node_process_init(p, o->dir, name);
  p->http = true;
  bench_start(p);
}

static void end(struct node_process *p, const struct bench_options *o)
{
  bench_stop(p);
  bench_remove_tree(o, strrchr(p->dir, '/') + 1);
}

void bench_live_latency(const struct bench_options *o)
{
  struct node_process a, b;
  struct load_address at_b;
  struct live s = {.most = o->n};
  begin(&a, o, "a");
  begin(&b, o, "b");
  bench_found(&a);
  bench_join(&a, &b);
  bench_require_equal(&a, &b);
  bench_front(&a, &s.at);
  bench_front(&b, &at_b);
  find_channel(&s, &a);
  struct ws_options wo = {.at = &at_b, .space = b.space, .listeners = 1, .messages_max = s.most};
  s.listeners = ws_listen(&wo);
  struct load load = {.at = &s.at,
                      .connections = 1,
                      .pace = LIVE_PACE,
                      .expect = 201,
                      .arg = &s,
                      .ask = ask,
                      .answered = answered};
  struct load_result sent = load_run(&load);
  struct ws_result heard = ws_finish(s.listeners, s.next);
  bench_require_equal(&a, &b);
  report("live-latency", &heard, &sent);
  bench_sync(o, "live-latency_limit_sync");
  end(&a, o);
  end(&b, o);
}

void bench_ws_fanout(const struct bench_options *o)
{
  struct node_process p;
  struct live s = {.most = (o->n + 1) * PACE};
  begin(&p, o, "fanout");
  bench_found(&p);
  bench_front(&p, &s.at);
  find_channel(&s, &p);
  struct ws_options wo = {
      .at = &s.at, .space = p.space, .listeners = LISTENERS, .messages_max = s.most};
  s.listeners = ws_listen(&wo);
  struct load load = {.at = &s.at,
                      .connections = POSTERS,
                      .seconds = (double)o->n,
                      .pace = PACE,
                      .expect = 201,
                      .arg = &s,
                      .ask = ask,
                      .answered = answered};
  double start_s = bench_wall_s(), cpu_s = bench_daemon_cpu_s(&p);
  struct load_result sent = load_run(&load);
  struct ws_result heard = ws_finish(s.listeners, s.next);
  cpu_s = bench_daemon_cpu_s(&p) - cpu_s;
  bench_line("ws-fanout", (double)s.next / (heard.last_s - start_s), "message/s");
  bench_line("ws-fanout_deliveries", (double)heard.deliveries / (heard.last_s - start_s),
             "event/s");
  report("ws-fanout", &heard, &sent);
  bench_line("ws-fanout_cpu_daemon", 1e6 * cpu_s / (double)s.next, "us/message");
  bench_line("ws-fanout_cpu_clients", 1e6 * (heard.cpu_s + sent.cpu_s) / (double)s.next,
             "us/message");
  end(&p, o);
}
