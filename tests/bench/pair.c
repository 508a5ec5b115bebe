/* pair.c - by hand what TLS, a network and threads do in the daemon. */
#include "bench/pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/operations.gen.h"
#include "base/status.h"
#include "events/types.h"
#include "node/invite.h"
#include "sys/clock.h"
#include "sys/disk.h"
#include "sys/rng.h"

enum { STREAMS = 3 };

struct pair_end { /* one end of a connection */
  struct pair_side *owner;
  struct pair_end *other;
  uint64_t number;
  struct topo_buf out[STREAMS]; /* taken from the sender */
  size_t unconsumed;            /* of what was delivered to the other end */
  bool full;                    /* the sender was told so */
  bool closed;
};

static uint64_t next_number = 1;

static struct topo_now now(void)
{
  return (struct topo_now){topo_clock_monotonic_ns() / 1000000, (uint64_t)topo_clock_wall_ms()};
}

static void step(struct pair_side *s, const struct topo_input *in)
{
  double start = bench_cpu_s();
  topo_node_step(s->node, now(), in, in ? 1 : 0);
  s->step_s += bench_cpu_s() - start;
}

static size_t end_send(void *ctx, unsigned stream, const uint8_t *data, size_t len)
{
  struct pair_end *e = ctx;
  size_t room = TOPO_CONN_SEND_BUFFER_MAX - e->out[stream].len;
  e->full |= len > room;
  len = len < room ? len : room;
  bench_check(topo_buf_put(&e->out[stream], data, len), "sending");
  return e->closed ? 0 : len;
}

static void end_consumed(void *ctx, unsigned stream, size_t len)
{
  struct pair_end *e = ctx;
  (void)stream;
  bench_require(len <= e->other->unconsumed, "more was consumed than came");
  e->other->unconsumed -= len;
}

static void end_close(void *ctx, uint64_t code)
{
  (void)code;
  ((struct pair_end *)ctx)->closed = true;
}

static const struct topo_conn_ops end_ops = {end_send, end_consumed, end_close};

static void port_check(void *ctx, struct topo_work *work)
{
  struct pair_side *s = ctx;
  double start = bench_cpu_s();
  topo_batch_check(work->batch);
  double spent = bench_cpu_s() - start;
  s->check_s += spent;
  s->step_s -= spent; /* it is called within a step, but a worker's in the daemon */
  bench_check(topo_buf_put(&s->work, &work, sizeof(struct topo_work *)), "work");
}

static void port_dial(void *ctx, const struct topo_dial *dial)
{
  struct pair_side *s = ctx;
  bench_check(topo_buf_put(&s->dials, dial, sizeof *dial), "dial");
}

static void port_trust(void *ctx)
{
  (void)ctx;
}

static void port_note(void *ctx, int status, const char *text)
{
  (void)ctx;
  fprintf(stderr, "topo-bench: %s (%s)\n", text, topo_status_name(status));
}

static struct topo_node_options options(struct pair_side *s)
{
  return (struct topo_node_options){.path = s->path,
                                    .disk = &s->disk,
                                    .rng = topo_rng_os(),
                                    .ports = &s->ports,
                                    .cache_kib = BENCH_CACHE_KIB};
}

void pair_init(struct pair *pair, const struct bench_options *o)
{
  static const char *const files[PAIR_SIDES] = {"side0.db", "side1.db"};
  *pair = (struct pair){.side = {{0}}};
  for (unsigned i = 0; i < PAIR_SIDES; i++) {
    struct pair_side *s = &pair->side[i];
    s->other = &pair->side[!i];
    s->disk = topo_disk_os();
    s->ports = (struct topo_node_ports){port_check, port_dial, port_trust, port_note, s};
    bench_discard(o, files[i]);
    bench_path(s->path, o, files[i]);
  }
}

void pair_finish(struct pair *pair)
{
  pair_cut(pair);
  for (unsigned i = 0; i < PAIR_SIDES; i++) {
    struct pair_side *s = &pair->side[i];
    topo_node_close(s->node);
    topo_buf_finish(&s->work);
    topo_buf_finish(&s->dials);
  }
}

static void set_address(struct pair_side *s)
{
  const struct topo_address address = {{4, 127, 0, 0, 1, 1, 1}, 7};
  const struct topo_input reached = {.kind = TOPO_IN_ADDRESSES, .addresses = {&address, 1}};
  topo_node_step(s->node, now(), &reached, 1);
}

void pair_create(struct pair *pair)
{
  struct pair_side *s = &pair->side[0];
  struct topo_node_options o = options(s);
  struct topo_node_create create = {.workspace_name = "Bench", .user_name = "alice", .now = now()};
  bench_check(topo_node_create_workspace(&s->node, &o, &create), "a new workspace");
  set_address(s);
}

static void done(struct topo_op_call *call, void *arg)
{
  (void)call;
  *(bool *)arg = true;
}

static const struct topo_op *operation(const char *id)
{
  for (const struct topo_op *const *o = topo_space_operations; *o; o++)
    if (strcmp((*o)->id, id) == 0)
      return *o;
  bench_require(false, "there is no such operation");
  return NULL;
}

/* Copies the link of a new invite out of the operation's answer. */
static char *make_invite(struct pair_side *s)
{
  bool finished = false, unknown;
  char space[44];
  struct topo_op_call *c = topo_op_call_create(operation("createInvite"));
  memset(space, 'A', sizeof space - 1);
  space[sizeof space - 1] = '\0';
  bench_check(topo_op_set(c, TOPO_OP_PATH, "space", space, sizeof space - 1, &unknown), "invite");
  bench_check(topo_op_set_body(c, "{}", 2), "invite");
  c->done = done;
  c->done_arg = &finished;
  struct topo_input in = {.kind = TOPO_IN_CALL};
  in.call = c;
  step(s, &in);
  bench_require(finished, "the invite was not made at once");
  bench_check(c->status, "invite");
  struct topo_bytes out = topo_json_text(&c->out);
  const uint8_t *start = memmem(out.data, out.len, "topo://", 7);
  bench_require(start, "there is no link in the invite");
  const uint8_t *end = memchr(start, '"', out.len - (size_t)(start - out.data));
  char *invite_link = strndup((const char *)start, (size_t)(end - start));
  topo_op_call_destroy(c);
  return invite_link;
}

void pair_join(struct pair *pair)
{
  struct pair_side *s = &pair->side[1];
  struct topo_node_options o = options(s);
  char *invite_link = make_invite(&pair->side[0]);
  struct topo_invite_link parsed;
  bench_check(topo_invite_parse(&parsed, invite_link), "the invite");
  struct topo_node_join join = {.invite_link = &parsed, .user_name = "bob", .now = now()};
  bench_check(topo_node_join_workspace(&s->node, &o, &join), "joining");
  free(invite_link);
}

void pair_reopen(struct pair *pair, unsigned side)
{
  struct pair_side *s = &pair->side[side];
  struct topo_node_options o = options(s);
  pair_cut(pair);
  topo_node_close(s->node);
  topo_buf_clear(&s->dials);
  bench_check(topo_node_open(&s->node, &o), "opening");
  set_address(s);
}

static void conn_up(struct pair_end *e, const struct topo_id *peer, uint64_t dial)
{
  struct topo_input in = {.kind = TOPO_IN_CONN_UP, .number = e->number};
  in.up.conn = (struct topo_conn){&end_ops, e};
  in.up.peer = *peer;
  in.up.outgoing = dial != 0;
  in.up.dial = dial;
  step(e->owner, &in);
}

struct find {
  struct topo_id key;
  bool found;
};

static void match(void *arg, const struct topo_id *key, bool is_invite)
{
  struct find *f = arg;
  (void)is_invite;
  f->found |= topo_id_equal(key, &f->key);
}

static void refuse_dial(struct pair_side *s, uint64_t number)
{
  struct topo_input in = {.kind = TOPO_IN_DIAL_FAILED, .number = number};
  in.status = TOPO_EUNTRUSTED;
  step(s, &in);
}

/* Takes up a side's last dial, if it is for the other side. */
static void take_dial(struct pair_side *s)
{
  struct topo_dial dial;
  memcpy(&dial, s->dials.data + s->dials.len - sizeof dial, sizeof dial);
  topo_buf_clear(&s->dials);
  struct find f = {topo_node_self(s->node)->device.public_key, false};
  if (dial.with_invite) {
    struct topo_sign_key key;
    topo_sign_key_from_seed(&key, dial.invite_seed);
    f.key = key.public_key;
  }
  topo_node_trust(s->other->node, match, &f);
  bool here = topo_id_equal(&dial.pin, &topo_node_self(s->other->node)->device.public_key);
  if (!f.found || !here || s->end) {
    refuse_dial(s, dial.number);
    return;
  }
  struct pair_end *a = calloc(1, sizeof *a), *b = calloc(1, sizeof *b);
  bench_require(a && b, "out of memory");
  *a = (struct pair_end){.owner = s, .other = b, .number = next_number++};
  *b = (struct pair_end){.owner = s->other, .other = a, .number = next_number++};
  s->end = a;
  s->other->end = b;
  conn_up(a, &dial.pin, dial.number);
  conn_up(b, &f.key, 0);
}

void pair_cut(struct pair *pair)
{
  for (unsigned i = 0; i < PAIR_SIDES; i++) {
    struct pair_end *e = pair->side[i].end;
    if (e && !e->closed) {
      struct topo_input in = {.kind = TOPO_IN_CONN_DOWN, .number = e->number};
      in.status = TOPO_ECLOSED;
      e->closed = true;
      step(e->owner, &in);
    }
  }
  for (unsigned i = 0; i < PAIR_SIDES; i++) {
    struct pair_side *s = &pair->side[i];
    for (unsigned k = 0; s->end && k < STREAMS; k++)
      topo_buf_finish(&s->end->out[k]);
    free(s->end);
    s->end = NULL;
  }
}

/* Moves what a side has sent, as far as the other side's window goes. */
static bool deliver(struct pair_side *s)
{
  struct pair_end *e = s->end;
  bool moved = false;
  for (unsigned k = 0; e && k < STREAMS && !e->other->closed; k++) {
    size_t window = TOPO_CONN_WINDOW_MAX - e->unconsumed;
    size_t len = e->out[k].len < window ? e->out[k].len : window;
    if (!len)
      continue;
    struct topo_input in = {.kind = TOPO_IN_CONN_DATA, .number = e->other->number};
    uint8_t *bytes = malloc(len);
    bench_require(bytes, "out of memory");
    memcpy(bytes, e->out[k].data, len);
    topo_buf_drop(&e->out[k], len);
    e->unconsumed += len;
    in.data.stream = k;
    in.data.data = bytes;
    in.data.len = len;
    step(s->other, &in);
    free(bytes);
    moved = true;
  }
  if (moved && e->full && !e->closed) {
    struct topo_input in = {.kind = TOPO_IN_CONN_WRITABLE, .number = e->number};
    e->full = false;
    step(s, &in);
  }
  return moved;
}

static bool return_work(struct pair_side *s)
{
  if (!s->work.len)
    return false;
  struct topo_input in = {.kind = TOPO_IN_CHECKED};
  memcpy(&in.work, s->work.data, sizeof(struct topo_work *));
  topo_buf_drop(&s->work, sizeof(struct topo_work *));
  step(s, &in);
  return true;
}

static bool move(struct pair *pair)
{
  bool moved = false;
  for (unsigned i = 0; i < PAIR_SIDES; i++) {
    struct pair_side *s = &pair->side[i];
    if (!s->node)
      continue;
    moved |= return_work(s);
    moved |= deliver(s);
    if (s->end && (s->end->closed || s->end->other->closed)) {
      pair_cut(pair);
      moved = true;
    }
    if (s->dials.len && s->other->node) {
      take_dial(s);
      moved = true;
    }
  }
  return moved;
}

bool pair_run(struct pair *pair)
{
  if (move(pair))
    return true;
  uint64_t next = UINT64_MAX, at = now().mono_ms;
  for (unsigned i = 0; i < PAIR_SIDES; i++)
    if (pair->side[i].node && topo_node_deadline(pair->side[i].node) < next)
      next = topo_node_deadline(pair->side[i].node);
  if (next > at) {
    struct timespec wait = {.tv_nsec = next - at < 10 ? (long)(next - at) * 1000000 : 10000000};
    nanosleep(&wait, NULL);
  }
  for (unsigned i = 0; i < PAIR_SIDES; i++)
    if (pair->side[i].node)
      step(&pair->side[i], NULL);
  return false;
}

void pair_run_until_quiet(struct pair *pair)
{
  enum { PATIENCE_S = 60 };
  double moved_s = bench_wall_s();
  for (;;) {
    if (pair_run(pair))
      moved_s = bench_wall_s();
    else if (topo_node_status(pair->side[0].node).synced &&
             topo_node_status(pair->side[1].node).synced)
      return;
    bench_require(bench_wall_s() < moved_s + PATIENCE_S, "the two never come to rest");
  }
}

void pair_require_equal(struct pair *pair)
{
  struct topo_id fingerprint[PAIR_SIDES];
  for (unsigned i = 0; i < PAIR_SIDES; i++)
    bench_check(topo_dag_fingerprint(topo_node_db(pair->side[i].node), topo_types, &fingerprint[i]),
                "fingerprint");
  bench_require(topo_id_equal(&fingerprint[0], &fingerprint[1]), "the two show different state");
}

int64_t pair_count(struct pair_side *side, const char *sql)
{
  struct topo_stmt *q = topo_stmt(topo_node_db(side->node), sql);
  bench_require(topo_fetch(q) == 1, sql);
  int64_t n = topo_column_i64(q, 0);
  topo_reset(q);
  return n;
}
