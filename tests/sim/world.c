/* world.c - time: what is due next, and everything that crosses between hosts. */
#include "sim/sim.h"

#include "base/assert.h"
#include "base/status.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STUCK_STEPS = 20000, DIAL_MS = 40, CHECK_MS = 15, CONN_DELAY_MS = 60 };

#define LIST(type, buf)  ((type *)(void *)(buf).data)
#define COUNT(type, buf) ((buf).len / sizeof(type))

void sim_fail(struct sim_world *w, const char *format, ...)
{
  char text[sizeof w->failure];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  sim_say(w, "FAILED: %s", text);
  if (!w->failure[0])
    memcpy(w->failure, text, sizeof text);
}

void sim_say(struct sim_world *w, const char *format, ...)
{
  va_list args;
  if (!w->verbose)
    return;
  fprintf(stderr, "# %8" PRIu64 " ", w->now_ms);
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fputc('\n', stderr);
}

void sim_trace(struct sim_world *w, const void *data, size_t len)
{
  const uint8_t *at = data;
  for (size_t i = 0; i < len; i++)
    w->trace = (w->trace ^ at[i]) * UINT64_C(0x100000001b3);
}

void sim_world_init(struct sim_world *w, const struct sim_profile *profile, uint64_t seed,
                    enum sim_plant plant, bool verbose)
{
  *w = (struct sim_world){.profile = *profile,
                          .plant = plant,
                          .seed = seed,
                          .now_ms = 1000,
                          .next_number = 1,
                          .trace = UINT64_C(0xcbf29ce484222325),
                          .verbose = verbose,
                          .n_hosts = profile->nodes};
  topo_assert(profile->nodes <= SIM_NODES);
  sim_rng_init(&w->rng, seed);
  sim_disk_seed_sqlite(seed);
  for (unsigned i = 0; i < w->n_hosts; i++)
    sim_host_init(w, i);
}

void sim_world_finish(struct sim_world *w)
{
  for (unsigned i = 0; i < w->n_hosts; i++)
    sim_host_finish(&w->hosts[i]);
  sim_calls_sweep(w);
  for (size_t i = 0; i < COUNT(struct sim_wire, w->conns); i++)
    sim_conn_destroy(LIST(struct sim_wire, w->conns)[i].conn);
  topo_buf_finish(&w->conns);
  topo_buf_finish(&w->dials);
  topo_buf_finish(&w->works);
  topo_buf_finish(&w->calls);
  topo_buf_finish(&w->acks);
}

/* Takes element i out; the order of the others stays. */
static void take_out(struct topo_buf *list, size_t i, size_t size)
{
  memmove(list->data + i * size, list->data + (i + 1) * size, list->len - (i + 1) * size);
  list->len -= size;
}

/* ---- dials */

void sim_world_dial(struct sim_host *h, const struct topo_dial *dial)
{
  struct sim_world *w = h->world;
  struct sim_dial d = {w->now_ms + 1 + sim_rng_below(&w->rng, DIAL_MS), h->index, h->life, *dial};
  topo_assert(topo_buf_put(&w->dials, &d, sizeof d) == 0);
}

bool sim_world_reaches(const struct sim_world *w, unsigned a, unsigned b)
{
  if (a == b)
    return false;
  return !w->profile.line || a == b + 1 || b == a + 1;
}

/* Why the dial fails, or 0: what UDP, TLS and trust would say. */
static int dial_status(struct sim_world *w, const struct sim_dial *d, struct topo_id *key,
                       unsigned *to)
{
  const struct sim_host *from = &w->hosts[d->host];
  unsigned at = d->dial.address.bytes[4];
  *key = from->device;
  if (d->dial.with_invite) {
    struct topo_sign_key invite;
    topo_sign_key_from_seed(&invite, d->dial.invite_seed);
    *key = invite.public_key;
  }
  if (at >= w->n_hosts || !sim_world_reaches(w, d->host, at) || !w->hosts[at].node)
    return TOPO_EUNREACHABLE;
  if (!w->healing && sim_rng_chance(&w->rng, 0.05))
    return TOPO_EUNREACHABLE;
  if (!topo_id_equal(&w->hosts[at].device, &d->dial.pin))
    return TOPO_EUNTRUSTED;
  *to = at;
  return sim_host_trusts(&w->hosts[at], key) ? 0 : TOPO_EUNTRUSTED;
}

static void conn_up(struct sim_world *w, const struct sim_wire *c, unsigned end,
                    const struct sim_dial *d)
{
  struct sim_host *h = &w->hosts[c->host[end]];
  struct sim_input in = {.conn = c->conn, .end = end};
  in.input.kind = TOPO_IN_CONN_UP;
  in.input.number = c->number[end];
  in.input.up.conn = sim_conn_end(c->conn, end);
  in.input.up.peer = end == 0 ? d->dial.pin : c->key;
  in.input.up.address = sim_host_address(c->host[!end]);
  in.input.up.outgoing = end == 0;
  in.input.up.dial = end == 0 ? d->dial.number : 0;
  topo_assert(sim_host_give(h, &in));
}

static void connect_hosts(struct sim_world *w, const struct sim_dial *d, unsigned to,
                          const struct topo_id *key)
{
  struct sim_conn_options o = {.seed = sim_rng_u64(&w->rng),
                               .now_ms = &w->now_ms,
                               .window = TOPO_CONN_WINDOW_MAX,
                               .delay_ms = 1 + sim_rng_below(&w->rng, CONN_DELAY_MS),
                               .fault = sim_plant_conn(w)};
  size_t spread = TOPO_CONN_SEND_BUFFER_MAX - w->profile.send_buffer;
  o.send_buffer = w->profile.send_buffer;
  if (sim_rng_chance(&w->rng, 0.5))
    o.send_buffer += (size_t)sim_rng_below(&w->rng, spread + 1);
  struct sim_wire c = {.conn = sim_conn_create(&o),
                       .host = {d->host, to},
                       .life = {w->hosts[d->host].life, w->hosts[to].life},
                       .number = {w->next_number, w->next_number + 1},
                       .key = *key,
                       .with_invite = d->dial.with_invite};
  w->next_number += 2;
  topo_assert(topo_buf_put(&w->conns, &c, sizeof c) == 0);
  sim_say(w, "host %u connects to host %u%s", c.host[0], to, c.with_invite ? " as a guest" : "");
  conn_up(w, &c, 1, d);
  conn_up(w, &c, 0, d);
}

static bool has_place(const struct sim_host *h)
{
  return h->n_inbox < SIM_INBOX;
}

static void end_dial(struct sim_world *w, const struct sim_dial *d)
{
  struct topo_id key;
  unsigned to = 0;
  int status = dial_status(w, d, &key, &to);
  if (status == 0) {
    connect_hosts(w, d, to, &key);
    return;
  }
  struct sim_input in = {.conn = NULL};
  in.input.kind = TOPO_IN_DIAL_FAILED;
  in.input.number = d->dial.number;
  in.input.status = status;
  sim_host_give(&w->hosts[d->host], &in);
}

static void run_dials(struct sim_world *w)
{
  for (size_t i = 0; i < COUNT(struct sim_dial, w->dials);) {
    struct sim_dial d = LIST(struct sim_dial, w->dials)[i];
    unsigned to = d.dial.address.bytes[4] % w->n_hosts;
    if (d.due_ms > w->now_ms || !has_place(&w->hosts[d.host]) || !has_place(&w->hosts[to])) {
      i++;
      continue;
    }
    take_out(&w->dials, i, sizeof d);
    end_dial(w, &d);
  }
}

/* ---- work */

/* Some event that a host has had for a while. */
static void old_event(struct sim_host *from, struct topo_buf *out)
{
  struct topo_stmt *s =
      topo_stmt(topo_node_db(from->node), "SELECT b.bytes FROM body b JOIN event e ON e.no=b.no"
                                          " WHERE e.state>=2 AND b.no>=?1 LIMIT 1");
  topo_bind_i64(s, 1, (int64_t)sim_rng_below(&from->world->rng, 600));
  if (topo_fetch(s) == 1) {
    struct topo_bytes raw = topo_column_bytes(s, 0);
    topo_buf_put_u32(out, (uint32_t)raw.len);
    topo_buf_put(out, raw.data, raw.len);
  }
  topo_reset(s);
}

/* Events come twice, and from whom one does not expect: what some host has is added to a batch. */
static void bring_again(struct sim_host *h, struct topo_work *work)
{
  struct sim_world *w = h->world;
  struct sim_host *from = &w->hosts[sim_rng_below(&w->rng, w->n_hosts)];
  struct topo_buf raw = {0};
  if (w->healing || !sim_rng_chance(&w->rng, 0.2) || !from->node || from->sick ||
      !topo_node_dag(from->node) || !topo_node_status(from->node).member)
    return;
  for (uint64_t n = 1 + sim_rng_below(&w->rng, 20); n > 0; n--)
    old_event(from, &raw);
  topo_assert(topo_batch_add(work->batch, raw.data, raw.len) == 0);
  topo_buf_finish(&raw);
}

void sim_world_work(struct sim_host *h, struct topo_work *work)
{
  struct sim_world *w = h->world;
  struct sim_work job = {w->now_ms + sim_rng_below(&w->rng, CHECK_MS), h->index, h->life, work};
  bring_again(h, work);
  topo_batch_check(work->batch);
  sim_plant_work(h, work);
  topo_assert(topo_buf_put(&w->works, &job, sizeof job) == 0);
}

struct topo_work *sim_world_take_work(struct sim_host *h)
{
  struct sim_world *w = h->world;
  for (size_t i = 0; i < COUNT(struct sim_work, w->works); i++) {
    struct sim_work job = LIST(struct sim_work, w->works)[i];
    if (job.host != h->index)
      continue;
    take_out(&w->works, i, sizeof job);
    return job.work;
  }
  return NULL;
}

static void run_works(struct sim_world *w)
{
  for (size_t i = 0; i < COUNT(struct sim_work, w->works);) {
    struct sim_work job = LIST(struct sim_work, w->works)[i];
    struct sim_input in = {.conn = NULL};
    in.input.kind = TOPO_IN_CHECKED;
    in.input.work = job.work;
    if (job.due_ms > w->now_ms || !sim_host_give(&w->hosts[job.host], &in)) {
      i++;
      continue;
    }
    take_out(&w->works, i, sizeof job);
  }
}

/* ---- connections */

static void hand_over(struct sim_world *w, const struct sim_wire *c, const struct sim_conn_event *e)
{
  struct sim_input in = {.conn = c->conn, .end = e->end};
  in.input.number = c->number[e->end];
  if (e->kind == SIM_CONN_DATA) {
    in.data = malloc(e->len);
    topo_assert(in.data);
    memcpy(in.data, e->data, e->len);
    in.input.kind = TOPO_IN_CONN_DATA;
    in.input.data.stream = e->stream;
    in.input.data.data = in.data;
    in.input.data.len = e->len;
  } else if (e->kind == SIM_CONN_WRITABLE) {
    in.input.kind = TOPO_IN_CONN_WRITABLE;
  } else {
    in.input.kind = TOPO_IN_CONN_DOWN;
    in.input.status = e->status;
    sim_say(w, "host %u loses a link: %s", c->host[e->end], topo_status_name(e->status));
  }
  topo_assert(sim_host_give(&w->hosts[c->host[e->end]], &in));
}

/* True when something happened. */
static bool run_conn(struct sim_world *w, const struct sim_wire *c)
{
  struct sim_conn_event e;
  if (sim_conn_due(c->conn) > w->now_ms || !has_place(&w->hosts[c->host[0]]) ||
      !has_place(&w->hosts[c->host[1]]) || !sim_conn_next(c->conn, &e))
    return false;
  hand_over(w, c, &e);
  return true;
}

static bool in_use(const struct sim_world *w, const struct sim_conn *conn)
{
  for (unsigned h = 0; h < w->n_hosts; h++)
    for (size_t i = 0; i < w->hosts[h].n_inbox; i++)
      if (w->hosts[h].inbox[i].conn == conn)
        return true;
  return false;
}

static void run_conns(struct sim_world *w)
{
  for (size_t i = 0; i < COUNT(struct sim_wire, w->conns);) {
    struct sim_wire c = LIST(struct sim_wire, w->conns)[i];
    const char *violation = sim_conn_violation(c.conn);
    if (violation)
      sim_fail(w, "link between hosts %u and %u: %s", c.host[0], c.host[1], violation);
    while (run_conn(w, &c))
      ;
    if (!sim_conn_over(c.conn) || in_use(w, c.conn)) {
      i++;
      continue;
    }
    sim_conn_destroy(c.conn);
    take_out(&w->conns, i, sizeof c);
  }
}

void sim_world_forget(struct sim_host *h)
{
  struct sim_world *w = h->world;
  for (size_t i = 0; i < COUNT(struct sim_dial, w->dials);)
    if (LIST(struct sim_dial, w->dials)[i].host == h->index)
      take_out(&w->dials, i, sizeof(struct sim_dial));
    else
      i++;
  for (size_t i = 0; i < COUNT(struct sim_wire, w->conns); i++) {
    struct sim_wire *c = &LIST(struct sim_wire, w->conns)[i];
    /* The others hear of it soon, or only when they have waited long for an answer. */
    uint64_t delay = sim_rng_chance(&w->rng, 0.5) ? 50 : 30000;
    for (unsigned e = 0; e < 2; e++)
      if (c->host[e] == h->index)
        sim_conn_vanish(c->conn, e, delay);
  }
}

void sim_world_cut_untrusted(struct sim_host *h)
{
  struct sim_world *w = h->world;
  for (size_t i = 0; i < COUNT(struct sim_wire, w->conns); i++) {
    struct sim_wire *c = &LIST(struct sim_wire, w->conns)[i];
    if (c->host[1] != h->index || sim_conn_over(c->conn) || sim_host_trusts(h, &c->key))
      continue;
    /* A guest whose slot is taken is on its way out; it may still hear WELCOME, or not. */
    if (!c->with_invite || sim_rng_chance(&w->rng, 0.3))
      sim_conn_break(c->conn, TOPO_EUNTRUSTED, 20);
  }
}

/* ---- the loop */

static uint64_t min_u64(uint64_t a, uint64_t b)
{
  return a < b ? a : b;
}

static uint64_t next_due(const struct sim_world *w)
{
  uint64_t due = UINT64_MAX;
  for (size_t i = 0; i < COUNT(struct sim_dial, w->dials); i++)
    due = min_u64(due, LIST(struct sim_dial, w->dials)[i].due_ms);
  for (size_t i = 0; i < COUNT(struct sim_work, w->works); i++)
    due = min_u64(due, LIST(struct sim_work, w->works)[i].due_ms);
  for (size_t i = 0; i < COUNT(struct sim_wire, w->conns); i++)
    due = min_u64(due, sim_conn_due(LIST(struct sim_wire, w->conns)[i].conn));
  for (unsigned i = 0; i < w->n_hosts; i++)
    due = min_u64(due, sim_host_due(&w->hosts[i]));
  return due;
}

bool sim_world_busy(const struct sim_world *w)
{
  if (w->dials.len || w->works.len)
    return true;
  for (size_t i = 0; i < COUNT(struct sim_wire, w->conns); i++) {
    const struct sim_conn *conn = LIST(struct sim_wire, w->conns)[i].conn;
    if (sim_conn_in_flight(conn) || sim_conn_ending(conn))
      return true;
  }
  for (unsigned i = 0; i < w->n_hosts; i++)
    if (w->hosts[i].n_inbox || (w->hosts[i].exists && !w->hosts[i].node))
      return true;
  return false;
}

static void run_hosts(struct sim_world *w)
{
  unsigned first = (unsigned)sim_rng_below(&w->rng, w->n_hosts);
  for (unsigned i = 0; i < w->n_hosts && !w->failure[0]; i++) {
    struct sim_host *h = &w->hosts[(first + i) % w->n_hosts];
    if (sim_host_due(h) <= w->now_ms)
      sim_host_step(h);
  }
}

void sim_world_run_until(struct sim_world *w, uint64_t at_ms)
{
  while (!w->failure[0]) {
    uint64_t due = next_due(w);
    if (due > at_ms)
      break;
    if (due > w->now_ms) {
      w->now_ms = due;
      w->stuck = 0;
    } else if (++w->stuck > STUCK_STEPS) {
      sim_fail(w, "time stands still: %d rounds in one millisecond", STUCK_STEPS);
    }
    run_dials(w);
    run_works(w);
    run_conns(w);
    run_hosts(w);
    sim_calls_sweep(w);
  }
  if (w->now_ms < at_ms)
    w->now_ms = at_ms;
}
