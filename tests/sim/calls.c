/* calls.c - operations asked of a space, and what it acknowledged with status 0. */
#include "sim/sim.h"

#include "api/base64url.h"
#include "api/operations.gen.h"
#include "base/assert.h"
#include "base/status.h"
#include "node/parts.h"

#include <stdlib.h>
#include <string.h>

/* The text between `key` and `end` in the answer; false when it is not there. */
static bool answer(const struct sim_call *c, const char *key, char end, char *out, size_t size)
{
  struct topo_bytes text = topo_json_text(&c->call->out);
  const char *at = text.data ? memmem(text.data, text.len, key, strlen(key)) : NULL;
  if (!at)
    return false;
  at += strlen(key);
  const char *stop = memchr(at, end, text.len - (size_t)(at - (const char *)text.data));
  if (!stop || (size_t)(stop - at) >= size)
    return false;
  memcpy(out, at, (size_t)(stop - at));
  out[stop - at] = 0;
  return true;
}

/* However often its wall was wrong, a host's messages carry the time of the wall, as others correct
 * it, or one as far ahead as others may be; 1: the counter's carry. */
static void check_time(const struct sim_call *c)
{
  char ms[24];
  const struct sim_host *h = &c->world->hosts[c->host];
  int64_t correction_ms = h->node->wall.correction_ms;
  uint64_t most = sim_host_now(h).wall_ms + TOPO_CLOCK_AHEAD_MS + 1 +
                  (uint64_t)(correction_ms > 0 ? correction_ms : 0);
  if (!answer(c, "\"sent_at_ms\":", ',', ms, sizeof ms) || strtoull(ms, NULL, 10) > most)
    sim_fail(c->world, "host %u sent a message from the future", c->host);
}

static void acknowledged(struct sim_call *c)
{
  static const char *const keys[] = {[SIM_SAID_MESSAGE] = "\"message\":\"",
                                     [SIM_SAID_REACTION] = "\"reaction\":\"",
                                     [SIM_SAID_CHANNEL] = "\"channel\":\"",
                                     [SIM_SAID_INVITE] = "\"invite\":\""};
  char text[64], invite_link[1024];
  struct sim_ack ack = {.what = c->what, .host = c->host};
  if (!answer(c, keys[c->what], '"', text, sizeof text) ||
      topo_id_parse(&ack.id, text, strlen(text)) < 0) {
    sim_fail(c->world, "%s answers without an id", c->call->op->id);
    return;
  }
  topo_assert(topo_buf_put(&c->world->acks, &ack, sizeof ack) == 0);
  sim_say(c->world, "  event %02x%02x", ack.id.bytes[0], ack.id.bytes[1]);
  if (c->what == SIM_SAID_MESSAGE)
    check_time(c);
  struct sim_host *guest = &c->world->hosts[c->guest];
  if (c->what == SIM_SAID_INVITE && !guest->invite &&
      answer(c, "\"link\":\"", '"', invite_link, sizeof invite_link)) {
    guest->invite = strdup(invite_link);
    topo_assert(guest->invite);
  }
}

static void done(struct topo_op_call *call, void *arg)
{
  struct sim_call *c = arg;
  sim_trace(c->world, &call->status, sizeof call->status);
  sim_say(c->world, "host %u answers %s: %s %s", c->host, call->op->id,
          topo_status_name(call->status), call->detail);
  if (c->done)
    sim_fail(c->world, "%s was answered twice", call->op->id);
  c->done = true;
  if (call->status == 0)
    acknowledged(c);
}

static struct sim_call *new_call(struct sim_host *h, const struct topo_op *op, enum sim_said what)
{
  struct sim_call *c = calloc(1, sizeof *c);
  topo_assert(c);
  *c = (struct sim_call){topo_op_call_create(op), h->world, h->index, 0, what, false};
  topo_assert(c->call);
  c->call->done = done;
  c->call->done_arg = c;
  return c;
}

static void set(struct sim_call *c, enum topo_op_location place, const char *name, const char *text)
{
  bool unknown = false;
  topo_assert(topo_op_set(c->call, place, name, text, strlen(text), &unknown) == 0 && !unknown);
}

static void set_id(struct sim_call *c, const char *name, const struct topo_id *id)
{
  char text[TOPO_ID_TEXT_SIZE];
  topo_id_format(text, id);
  set(c, TOPO_OP_PATH, name, text);
}

static void start(struct sim_host *h, struct sim_call *c)
{
  struct sim_input in = {.conn = NULL};
  in.input.kind = TOPO_IN_CALL;
  in.input.call = c->call;
  topo_assert(topo_buf_put(&h->world->calls, &c, sizeof(struct sim_call *)) == 0);
  if (!sim_host_give(h, &in))
    c->done = true;
}

void sim_call_message(struct sim_host *h, const struct topo_id *channel, const char *text)
{
  struct sim_call *c = new_call(h, &topo_op_row_sendMessage, SIM_SAID_MESSAGE);
  set_id(c, "channel", channel);
  set(c, TOPO_OP_BODY, "text", text);
  start(h, c);
}

void sim_call_reaction(struct sim_host *h, const struct topo_id *message, const char *emoji)
{
  struct sim_call *c = new_call(h, &topo_op_row_addReaction, SIM_SAID_REACTION);
  set_id(c, "message", message);
  set(c, TOPO_OP_BODY, "emoji", emoji);
  start(h, c);
}

void sim_call_channel(struct sim_host *h, const char *name)
{
  struct sim_call *c = new_call(h, &topo_op_row_createChannel, SIM_SAID_CHANNEL);
  set(c, TOPO_OP_BODY, "name", name);
  start(h, c);
}

void sim_call_invite(struct sim_host *h, unsigned guest)
{
  struct sim_call *c = new_call(h, &topo_op_row_createInvite, SIM_SAID_INVITE);
  c->guest = guest;
  start(h, c);
}

void sim_calls_sweep(struct sim_world *w)
{
  struct sim_call **calls = (struct sim_call **)(void *)w->calls.data;
  size_t n = w->calls.len / sizeof(struct sim_call *), kept = 0;
  for (size_t i = 0; i < n; i++) {
    if (!calls[i]->done) {
      calls[kept++] = calls[i];
      continue;
    }
    topo_op_call_destroy(calls[i]->call);
    free(calls[i]);
  }
  w->calls.len = kept * sizeof(struct sim_call *);
}

bool sim_pick(struct sim_host *h, enum sim_said what, struct topo_id *out)
{
  if (!h->node || !topo_node_dag(h->node))
    return false;
  struct topo_db *db = topo_node_db(h->node);
  bool channel = what == SIM_SAID_CHANNEL;
  struct topo_stmt *s = channel ? topo_stmt(db, "SELECT count(*) FROM channel")
                                : topo_stmt(db, "SELECT count(*) FROM message");
  int64_t n = topo_fetch(s) == 1 ? topo_column_i64(s, 0) : 0;
  topo_reset(s);
  if (n == 0)
    return false;
  s = channel ? topo_stmt(db, "SELECT e.id FROM channel c JOIN event e ON e.no=c.no"
                              " ORDER BY e.id LIMIT 1 OFFSET ?1")
              : topo_stmt(db, "SELECT e.id FROM message m JOIN event e ON e.no=m.no"
                              " ORDER BY e.id LIMIT 1 OFFSET ?1");
  topo_bind_i64(s, 1, (int64_t)sim_rng_below(&h->world->rng, (uint64_t)n));
  bool found = topo_fetch(s) == 1;
  if (found)
    *out = topo_column_id(s, 0);
  topo_reset(s);
  return found;
}
