/* pair.c - see pair.h. What TLS would do is done by hand: keys are shown and asked for. */
#include "vectors/pair.h"

#include "api/operations.gen.h"
#include "base/status.h"
#include "node/invite.h"
#include "vectors/out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TURNS_MAX = 10000, REST_MS = 5000, LENGTH_SIZE = 4, NUMBER_BASE = 1 };

/* One end of the connection. */
struct pair_end {
  struct pair_side *side;
  struct pair_end *other;
  unsigned connection;
  bool dialler, closed;
  struct topo_buf out[PAIR_STREAMS];     /* under way */
  struct topo_buf partial[PAIR_STREAMS]; /* the beginning of a frame */
};

static void remember(struct pair_end *e, struct pair_sent sent)
{
  sent.connection = e->connection;
  sent.from = e->side->number;
  sent.dialler = e->dialler;
  must(topo_buf_put(&e->side->pair->sent, &sent, sizeof sent) == 0);
}

/* Notes the frames that are whole now. */
static void note_frames(struct pair_end *e, unsigned stream)
{
  struct topo_buf *partial = &e->partial[stream];
  while (partial->len >= LENGTH_SIZE) {
    size_t size = LENGTH_SIZE + topo_get_be32(partial->data);
    struct pair_sent sent = {.stream = stream};
    if (partial->len < size)
      return;
    must(topo_buf_put(&sent.frame, partial->data, size) == 0);
    topo_buf_drop(partial, size);
    remember(e, sent);
  }
}

static size_t end_send(void *ctx, unsigned stream, const uint8_t *data, size_t len)
{
  struct pair_end *e = ctx;
  if (e->closed)
    return 0;
  must(stream < PAIR_STREAMS && topo_buf_put(&e->out[stream], data, len) == 0);
  must(topo_buf_put(&e->partial[stream], data, len) == 0);
  note_frames(e, stream);
  return len;
}

static void end_consumed(void *ctx, unsigned stream, size_t len)
{
  (void)ctx, (void)stream, (void)len;
}

static void end_close(void *ctx, uint64_t code)
{
  struct pair_end *e = ctx;
  e->closed = true;
  remember(e, (struct pair_sent){.end = true, .code = code});
}

static const struct topo_conn_ops end_ops = {end_send, end_consumed, end_close};

static void port_check(void *ctx, struct topo_work *work)
{
  struct pair_side *s = ctx;
  topo_batch_check(work->batch);
  must(topo_buf_put(&s->work, &work, sizeof(struct topo_work *)) == 0);
}

static void port_dial(void *ctx, const struct topo_dial *dial)
{
  struct pair_side *s = ctx;
  must(topo_buf_put(&s->dials, dial, sizeof *dial) == 0);
}

static void port_trust(void *ctx)
{
  (void)ctx;
}

static void port_note(void *ctx, int status, const char *text)
{
  (void)ctx;
  fprintf(stderr, "%s (%s)\n", text, topo_status_name(status));
}

static void draw(void *ctx, void *out, size_t len)
{
  struct pair_side *s = ctx;
  sim_rng_fill(&s->rng, out, len);
  if (len == 32)
    must(topo_buf_put(&s->chance, out, len) == 0);
}

static const struct topo_rng_ops chance_ops = {.fill = draw};

static struct topo_node_options options(struct pair_side *s)
{
  s->disk = sim_disk_create(NULL);
  s->port = sim_disk_port(s->disk);
  sim_rng_init(&s->rng, s->number + 1);
  s->ports = (struct topo_node_ports){port_check, port_dial, port_trust, port_note, s};
  return (struct topo_node_options){
      .path = "space.db", .disk = &s->port, .rng = {&chance_ops, s}, .ports = &s->ports};
}

static void step(struct pair_side *s, const struct topo_input *in)
{
  topo_node_step(s->node, s->pair->now, in, in ? 1 : 0);
}

struct question {
  struct topo_id key;
  bool trusted;
};

static void compare(void *arg, const struct topo_id *key, bool is_invite)
{
  struct question *q = arg;
  (void)is_invite;
  q->trusted |= topo_id_equal(key, &q->key);
}

static struct pair_end *make_end(struct pair_side *s, bool dialler)
{
  struct pair_end *e = calloc(1, sizeof *e);
  must(e && !s->end);
  *e = (struct pair_end){.side = s, .connection = s->pair->connections, .dialler = dialler};
  s->end = e;
  return e;
}

static void tell_up(struct pair_end *e, const struct topo_id *peer, uint64_t dial)
{
  struct topo_input in = {.kind = TOPO_IN_CONN_UP, .number = NUMBER_BASE + e->connection};
  in.up.conn = (struct topo_conn){&end_ops, e};
  in.up.peer = *peer;
  in.up.outgoing = e->dialler;
  in.up.dial = dial;
  step(e->side, &in);
}

/* Takes up the last dial of a side. */
static void connect_dial(struct pair_side *s)
{
  struct pair_side *server = &s->pair->sides[1 - s->number];
  struct topo_dial dial;
  memcpy(&dial, s->dials.data + s->dials.len - sizeof dial, sizeof dial);
  topo_buf_clear(&s->dials);
  struct question q = {topo_node_self(s->node)->device.public_key, false};
  if (dial.with_invite) {
    struct topo_sign_key key;
    topo_sign_key_from_seed(&key, dial.invite_seed);
    q.key = key.public_key;
  }
  topo_node_trust(server->node, compare, &q);
  if (!q.trusted) {
    struct topo_input in = {.kind = TOPO_IN_DIAL_FAILED, .number = dial.number};
    in.status = TOPO_EUNTRUSTED;
    step(s, &in);
    return;
  }
  must(topo_buf_put_id(&s->pair->shown, &q.key) == 0);
  struct pair_end *a = make_end(s, true), *b = make_end(server, false);
  a->other = b;
  b->other = a;
  s->pair->connections++;
  tell_up(a, &dial.pin, dial.number);
  tell_up(b, &q.key, 0);
}

static void drop_end(struct pair_end *e)
{
  if (!e->closed) {
    struct topo_input in = {.kind = TOPO_IN_CONN_DOWN, .number = NUMBER_BASE + e->connection};
    in.status = TOPO_ECLOSED;
    e->closed = true;
    step(e->side, &in);
  }
  for (unsigned i = 0; i < PAIR_STREAMS; i++) {
    topo_buf_finish(&e->out[i]);
    topo_buf_finish(&e->partial[i]);
  }
  e->side->end = NULL;
  free(e);
}

/* Moves what a side has sent; true when something moved. */
static bool deliver(struct pair_side *s)
{
  struct pair_end *e = s->end;
  bool moved = false;
  for (unsigned i = 0; e && i < PAIR_STREAMS; i++) {
    struct topo_buf bytes = e->out[i];
    if (!bytes.len)
      continue;
    e->out[i] = (struct topo_buf){0};
    struct topo_input in = {.kind = TOPO_IN_CONN_DATA, .number = NUMBER_BASE + e->connection};
    in.data.stream = i;
    in.data.data = bytes.data;
    in.data.len = bytes.len;
    if (!e->other->closed)
      step(e->other->side, &in);
    topo_buf_finish(&bytes);
    moved = true;
  }
  return moved;
}

static bool return_work(struct pair_side *s)
{
  struct topo_input in = {.kind = TOPO_IN_CHECKED};
  if (!s->work.len)
    return false;
  memcpy(&in.work, s->work.data, sizeof(struct topo_work *));
  topo_buf_drop(&s->work, sizeof(struct topo_work *));
  step(s, &in);
  return true;
}

static bool turn(struct pair_side *s)
{
  bool moved = return_work(s);
  moved |= deliver(s);
  if (s->end && (s->end->closed || s->end->other->closed)) {
    struct pair_end *other = s->end->other;
    drop_end(s->end);
    drop_end(other);
    return true;
  }
  if (s->dials.len && !s->end) {
    connect_dial(s);
    return true;
  }
  return moved;
}

/* Lets time pass until something is due; false when nothing is for a while. */
static bool pass_time(struct pair *pair)
{
  uint64_t due = UINT64_MAX;
  for (unsigned i = 0; i < PAIR_SIDES; i++)
    if (pair->sides[i].node && topo_node_deadline(pair->sides[i].node) < due)
      due = topo_node_deadline(pair->sides[i].node);
  if (due > pair->now.mono_ms + REST_MS)
    return false;
  if (due > pair->now.mono_ms) {
    pair->now.wall_ms += due - pair->now.mono_ms;
    pair->now.mono_ms = due;
  }
  for (unsigned i = 0; i < PAIR_SIDES; i++)
    if (pair->sides[i].node)
      step(&pair->sides[i], NULL);
  return true;
}

void pair_run_until_quiet(struct pair *pair)
{
  for (unsigned n = 0; n < TURNS_MAX; n++) {
    bool moved = false;
    for (unsigned i = 0; i < PAIR_SIDES; i++)
      moved |= pair->sides[i].node && turn(&pair->sides[i]);
    if (!moved && !pass_time(pair))
      return;
  }
  must(false); /* the two never come to rest */
}

void pair_create(struct pair *pair, const char *workspace, const char *founder)
{
  *pair = (struct pair){.now = {1000, 1700000000000}};
  for (unsigned i = 0; i < PAIR_SIDES; i++)
    pair->sides[i] = (struct pair_side){.pair = pair, .number = i};
  struct pair_side *s = &pair->sides[PAIR_FOUNDER];
  struct topo_node_options o = options(s);
  struct topo_node_create create = {
      .workspace_name = workspace, .user_name = founder, .now = pair->now};
  must(topo_node_create_workspace(&s->node, &o, &create) == 0);
  const struct topo_address address = {{4, 192, 0, 2, 1, 0x1d, 0x14}, 7};
  const struct topo_input reached = {.kind = TOPO_IN_ADDRESSES, .addresses = {&address, 1}};
  topo_node_step(s->node, pair->now, &reached, 1);
  pair_run_until_quiet(pair);
}

void pair_join(struct pair *pair, const char *invite_link, const char *joiner)
{
  struct pair_side *s = &pair->sides[PAIR_JOINER];
  struct topo_node_options o = options(s);
  struct topo_invite_link parsed;
  must(topo_invite_parse(&parsed, invite_link) == 0);
  struct topo_node_join join = {.invite_link = &parsed, .user_name = joiner, .now = pair->now};
  must(topo_node_join_workspace(&s->node, &o, &join) == 0);
  step(s, NULL);
  pair_run_until_quiet(pair);
}

static const struct topo_op *operation_of(const char *id)
{
  for (const struct topo_op *const *o = topo_space_operations; *o; o++)
    if (strcmp((*o)->id, id) == 0)
      return *o;
  must(false); /* there is no such operation */
  return NULL;
}

static void done(struct topo_op_call *call, void *arg)
{
  (void)call;
  *(bool *)arg = true;
}

char *pair_call(struct pair *pair, unsigned side, const char *operation, const char *name,
                const char *value, const char *body)
{
  static const char space[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  bool finished = false, unknown;
  struct topo_op_call *call = topo_op_call_create(operation_of(operation));
  must(call);
  must(topo_op_set(call, TOPO_OP_PATH, "space", space, sizeof space - 1, &unknown) == 0);
  if (name)
    must(topo_op_set(call, TOPO_OP_PATH, name, value, strlen(value), &unknown) == 0);
  must(topo_op_set_body(call, body, strlen(body)) == 0);
  call->done = done;
  call->done_arg = &finished;
  pair->now.mono_ms++;
  pair->now.wall_ms++;
  struct topo_input in = {.kind = TOPO_IN_CALL};
  in.call = call;
  step(&pair->sides[side], &in);
  must(finished && call->status == 0);
  struct topo_bytes out = topo_json_text(&call->out);
  char *text = strndup((const char *)out.data, out.len);
  must(text);
  topo_op_call_destroy(call);
  return text;
}

void pair_destroy(struct pair *pair)
{
  struct pair_end *e = pair->sides[PAIR_FOUNDER].end;
  if (e) {
    struct pair_end *other = e->other;
    drop_end(e);
    drop_end(other);
  }
  for (unsigned i = 0; i < PAIR_SIDES; i++) {
    struct pair_side *s = &pair->sides[i];
    topo_node_close(s->node);
    sim_disk_destroy(s->disk);
    topo_buf_finish(&s->work);
    topo_buf_finish(&s->dials);
    topo_buf_wipe(&s->chance);
  }
  for (size_t at = 0; at < pair->sent.len; at += sizeof(struct pair_sent))
    topo_buf_finish(&((struct pair_sent *)(void *)(pair->sent.data + at))->frame);
  topo_buf_finish(&pair->sent);
  topo_buf_finish(&pair->shown);
}
