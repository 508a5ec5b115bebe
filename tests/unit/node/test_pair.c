/*
 * test_pair.c - two spaces, joined by hand: a workspace is made, an invite is taken up, and what is
 * said on one side is there on the other. Time, connections and disks are the test's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/operations.gen.h"
#include "base/status.h"
#include "events/epoch/epoch.h"
#include "events/message/message_read.h"
#include "events/types.h"
#include "events/wrap/wrap.h"
#include "lib/sim_disk.h"
#include "node/invite.h"
#include "node/node.h"
#include "node/parts.h"
#include "views/view.h"

enum { SIDES = 2, STREAMS = 3, ROUNDS = 20000 };

struct side;

struct end { /* one end of a connection */
  struct side *owner;
  struct end *other;
  uint64_t number;
  struct topo_buf out[STREAMS];
  bool closed;
  uint64_t code;
};

struct side {
  struct topo_node *node;
  struct sim_disk *disk;
  struct topo_disk port;
  struct sim_rng rng;
  struct topo_node_ports ports;
  struct side *other;
  struct topo_buf work; /* struct topo_work * */
  struct topo_buf dials;
  struct end *conn;
};

static struct topo_now now = {1000, 1700000000000};
static uint64_t next_number = 1;

static size_t end_send(void *ctx, unsigned stream, const uint8_t *data, size_t len)
{
  struct end *e = ctx;
  size_t room = TOPO_CONN_SEND_BUFFER_MAX - e->out[stream].len;
  len = len < room ? len : room;
  assert_int_equal(topo_buf_put(&e->out[stream], data, len), 0);
  return e->closed ? 0 : len;
}

static void end_consumed(void *ctx, unsigned stream, size_t len)
{
  (void)ctx, (void)stream, (void)len;
}

static void end_close(void *ctx, uint64_t code)
{
  struct end *e = ctx;
  e->closed = true;
  e->code = code;
}

static const struct topo_conn_ops end_ops = {end_send, end_consumed, end_close};

static void port_check(void *ctx, struct topo_work *work)
{
  struct side *s = ctx;
  topo_batch_check(work->batch);
  topo_buf_put(&s->work, &work, sizeof(struct topo_work *));
}

static void port_dial(void *ctx, const struct topo_dial *dial)
{
  struct side *s = ctx;
  topo_buf_put(&s->dials, dial, sizeof *dial);
}

static void port_trust(void *ctx)
{
  (void)ctx;
}

static void port_note(void *ctx, int status, const char *text)
{
  (void)ctx;
  fprintf(stderr, "# %s (%s)\n", text, topo_status_name(status));
}

static struct topo_node_options options(struct side *s, uint64_t seed)
{
  s->disk = sim_disk_create(NULL);
  s->port = sim_disk_port(s->disk);
  sim_rng_init(&s->rng, seed);
  s->ports = (struct topo_node_ports){port_check, port_dial, port_trust, port_note, s};
  return (struct topo_node_options){
      .path = "space.db", .disk = &s->port, .rng = sim_rng_port(&s->rng), .ports = &s->ports};
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

/* Takes up the last dial of a side: what TLS would do, by hand. */
static void connect_dial(struct side *s)
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
  if (!f.found) {
    struct topo_input in = {.kind = TOPO_IN_DIAL_FAILED, .number = dial.number};
    in.status = TOPO_EUNTRUSTED;
    topo_node_step(s->node, now, &in, 1);
    return;
  }
  struct end *a = calloc(1, sizeof *a), *b = calloc(1, sizeof *b);
  *a = (struct end){.owner = s, .other = b, .number = next_number++};
  *b = (struct end){.owner = s->other, .other = a, .number = next_number++};
  s->conn = a;
  s->other->conn = b;
  struct topo_input in = {.kind = TOPO_IN_CONN_UP, .number = a->number};
  in.up.conn = (struct topo_conn){&end_ops, a};
  in.up.peer = dial.pin;
  in.up.outgoing = true;
  in.up.dial = dial.number;
  topo_node_step(s->node, now, &in, 1);
  in = (struct topo_input){.kind = TOPO_IN_CONN_UP, .number = b->number};
  in.up.conn = (struct topo_conn){&end_ops, b};
  in.up.peer = f.key;
  topo_node_step(s->other->node, now, &in, 1);
}

static void drop_conn(struct side *s)
{
  struct end *a = s->conn, *b = a->other;
  struct end *ends[] = {a, b};
  for (int i = 0; i < 2; i++) {
    if (!ends[i]->closed) {
      struct topo_input in = {.kind = TOPO_IN_CONN_DOWN, .number = ends[i]->number};
      in.status = TOPO_ECLOSED;
      topo_node_step(ends[i]->owner->node, now, &in, 1);
    }
    for (int k = 0; k < STREAMS; k++)
      topo_buf_finish(&ends[i]->out[k]);
    ends[i]->owner->conn = NULL;
  }
  free(a);
  free(b);
}

/* Moves what one side has sent; true when something moved. */
static bool deliver(struct side *s)
{
  struct end *e = s->conn;
  bool moved = false;
  for (unsigned k = 0; e && k < STREAMS; k++) {
    if (!e->out[k].len)
      continue;
    struct topo_buf bytes = e->out[k];
    e->out[k] = (struct topo_buf){0};
    struct topo_input in = {.kind = TOPO_IN_CONN_DATA, .number = e->other->number};
    in.data.stream = k;
    in.data.data = bytes.data;
    in.data.len = bytes.len;
    if (!e->other->closed)
      topo_node_step(s->other->node, now, &in, 1);
    topo_buf_finish(&bytes);
    moved = true;
  }
  return moved;
}

static bool return_work(struct side *s)
{
  if (!s->work.len)
    return false;
  struct topo_input in = {.kind = TOPO_IN_CHECKED};
  memcpy(&in.work, s->work.data, sizeof(struct topo_work *));
  topo_buf_drop(&s->work, sizeof(struct topo_work *));
  topo_node_step(s->node, now, &in, 1);
  return true;
}

/* Runs both sides until nothing moves and no deadline is near. */
static void run_until_quiet(struct side *sides)
{
  for (int round = 0; round < ROUNDS; round++) {
    bool moved = false;
    for (int i = 0; i < SIDES; i++) {
      struct side *s = &sides[i];
      if (!s->node)
        continue;
      moved |= return_work(s);
      moved |= deliver(s);
      if (s->conn && (s->conn->closed || s->conn->other->closed)) {
        drop_conn(s);
        moved = true;
      }
      if (s->dials.len && s->other->node) {
        connect_dial(s);
        moved = true;
      }
    }
    if (moved)
      continue;
    uint64_t next = UINT64_MAX;
    for (int i = 0; i < SIDES; i++)
      if (sides[i].node && topo_node_deadline(sides[i].node) < next)
        next = topo_node_deadline(sides[i].node);
    if (next > now.mono_ms + 5000)
      return;
    if (next > now.mono_ms) {
      now.wall_ms += next - now.mono_ms;
      now.mono_ms = next;
    }
    for (int i = 0; i < SIDES; i++)
      if (sides[i].node)
        topo_node_step(sides[i].node, now, NULL, 0);
  }
  fail_msg("the two never come to rest");
}

static void done(struct topo_op_call *call, void *arg)
{
  (void)call;
  *(bool *)arg = true;
}

static const struct topo_op *op(const char *id)
{
  for (const struct topo_op *const *o = topo_space_operations; *o; o++)
    if (strcmp((*o)->id, id) == 0)
      return *o;
  fail_msg("no operation %s", id);
  return NULL;
}

/* Runs one operation with an idempotency key (empty: none); returns its JSON, to be freed. */
static char *call_keyed(struct side *s, const char *id, const struct topo_id *path,
                        const char *path_name, const char *body, const char *key)
{
  bool finished = false, unknown;
  char space[44];
  struct topo_op_call *c = topo_op_call_create(op(id));
  assert_non_null(c);
  memset(space, 'A', 43);
  space[43] = '\0';
  assert_int_equal(topo_op_set(c, TOPO_OP_PATH, "space", space, 43, &unknown), 0);
  if (path) {
    struct topo_json text;
    topo_json_init(&text);
    topo_json_id(&text, path);
    struct topo_bytes t = topo_json_text(&text);
    assert_int_equal(
        topo_op_set(c, TOPO_OP_PATH, path_name, (const char *)t.data + 1, t.len - 2, &unknown), 0);
    topo_json_finish(&text);
  }
  assert_int_equal(topo_op_set_body(c, body, strlen(body)), 0);
  snprintf(c->idempotency_key, sizeof c->idempotency_key, "%s", key);
  c->done = done;
  c->done_arg = &finished;
  struct topo_input in = {.kind = TOPO_IN_CALL};
  in.call = c;
  topo_node_step(s->node, now, &in, 1);
  assert_true(finished);
  if (c->status < 0)
    fail_msg("%s: %s: %s", id, topo_status_name(c->status), c->detail);
  struct topo_bytes out = topo_json_text(&c->out);
  char *text = strndup((const char *)out.data, out.len);
  topo_op_call_destroy(c);
  return text;
}

static char *call(struct side *s, const char *id, const struct topo_id *path, const char *path_name,
                  const char *body)
{
  return call_keyed(s, id, path, path_name, body, "");
}

static struct topo_id only_channel(struct side *s)
{
  struct topo_stmt *q =
      topo_stmt(topo_node_db(s->node), "SELECT e.id FROM channel c JOIN event e ON e.no=c.no");
  assert_int_equal(topo_fetch(q), 1);
  struct topo_id id = topo_column_id(q, 0);
  topo_reset(q);
  return id;
}

static int64_t count(struct side *s, const char *sql)
{
  struct topo_stmt *q = topo_stmt(topo_node_db(s->node), sql);
  assert_int_equal(topo_fetch(q), 1);
  int64_t n = topo_column_i64(q, 0);
  topo_reset(q);
  return n;
}

/* Alice's workspace, her invite, and Bob's space that has taken the invite link and not yet
 * dialled.
 */
static void invite_and_take(struct side *s)
{
  s[0].other = &s[1];
  s[1].other = &s[0];
  struct topo_node_options o = options(&s[0], 1), p = options(&s[1], 2);
  struct topo_node_create create = {.workspace_name = "Mice", .user_name = "alice", .now = now};
  assert_int_equal(topo_node_create_workspace(&s[0].node, &o, &create), 0);
  struct topo_address address = {{4, 127, 0, 0, 1, 1, 1}, 7};
  const struct topo_input reached = {.kind = TOPO_IN_ADDRESSES, .addresses = {&address, 1}};
  topo_node_step(s[0].node, now, &reached, 1);
  run_until_quiet(s);
  char *invite = call(&s[0], "createInvite", NULL, NULL, "{}");
  char *invite_link = strstr(invite, "topo://");
  assert_non_null(invite_link);
  *strchr(invite_link, '"') = '\0';
  struct topo_invite_link parsed;
  assert_int_equal(topo_invite_parse(&parsed, invite_link), 0);
  struct topo_node_join join = {.invite_link = &parsed, .user_name = "bob", .now = now};
  assert_int_equal(topo_node_join_workspace(&s[1].node, &p, &join), 0);
  free(invite);
  topo_node_step(s[1].node, now, NULL, 0);
}

static void finish(struct side *s)
{
  if (s[0].conn)
    drop_conn(&s[0]);
  for (int i = 0; i < SIDES; i++) {
    topo_node_close(s[i].node);
    topo_buf_finish(&s[i].work);
    topo_buf_finish(&s[i].dials);
    sim_disk_destroy(s[i].disk);
  }
}

static void two_spaces_hold_a_conversation(void **state)
{
  (void)state;
  struct side s[SIDES] = {{0}};
  invite_and_take(s);
  run_until_quiet(s);
  assert_true(topo_node_status(s[1].node).member);
  struct topo_id channel = only_channel(&s[1]);
  free(call(&s[0], "sendMessage", &channel, "channel", "{\"text\":\"hello bob\"}"));
  free(call(&s[1], "sendMessage", &channel, "channel", "{\"text\":\"hello alice\"}"));
  run_until_quiet(s);
  for (int i = 0; i < SIDES; i++) {
    assert_int_equal(count(&s[i], "SELECT count(*) FROM message"), 2);
    assert_int_equal(count(&s[i], "SELECT count(*) FROM profile"), 3);
    assert_true(topo_node_status(s[i].node).synced);
    assert_int_equal(topo_node_status(s[i].node).held, 0);
  }
  struct topo_id a, b;
  assert_int_equal(topo_dag_fingerprint(topo_node_db(s[0].node), topo_types, &a), 0);
  assert_int_equal(topo_dag_fingerprint(topo_node_db(s[1].node), topo_types, &b), 0);
  assert_true(topo_id_equal(&a, &b));
  finish(s);
}

/* The admission takes the invite's slot, and with it the trust in its key; but the joiner must
 * still be able to read the WELCOME, or it would be refused and try again after a backoff.
 */
static void an_invite_key_is_trusted_until_its_connection_ends(void **state)
{
  (void)state;
  struct side s[SIDES] = {{0}};
  struct topo_sign_key key;
  struct topo_dial dial;
  int slot = 0;
  invite_and_take(s);
  memcpy(&dial, s[1].dials.data, sizeof dial);
  assert_true(dial.with_invite);
  topo_sign_key_from_seed(&key, dial.invite_seed);
  connect_dial(&s[1]);
  const struct topo_authority *a = topo_dag_authority(topo_node_dag(s[0].node));
  const struct topo_id *alice = &topo_node_self(s[0].node)->device.public_key;
  for (int i = 0; i < 100 && topo_authority_open_invite(a, &key.public_key, alice, &slot); i++)
    if (!deliver(&s[0]))
      deliver(&s[1]);
  assert_null(topo_authority_open_invite(a, &key.public_key, alice, &slot));
  struct find during = {key.public_key, false}, after = {key.public_key, false};
  topo_node_trust(s[0].node, match, &during);
  assert_true(during.found);
  run_until_quiet(s);
  assert_true(topo_node_status(s[1].node).member);
  topo_node_trust(s[0].node, match, &after);
  assert_false(after.found);
  finish(s);
}

/* Does the only message of a side show a key? */
static bool shows_key(struct side *s)
{
  const struct topo_self *self = topo_node_self(s->node);
  struct topo_view view = {topo_node_db(s->node), self->workspace, self->device.public_key};
  struct topo_stmt *q =
      topo_stmt(topo_node_db(s->node), "SELECT e.id FROM message m JOIN event e ON e.no=m.no");
  struct topo_json json;
  assert_int_equal(topo_fetch(q), 1);
  struct topo_id id = topo_column_id(q, 0);
  topo_reset(q);
  topo_json_init(&json);
  assert_int_equal(topo_resource_message.item(&view, &(struct topo_entity){0, id}, &json), 0);
  assert_int_equal(topo_buf_put_u8(&json.buf, 0), 0);
  bool shows = strstr((const char *)json.buf.data, "\"idempotency_key\":\"mine\"") != NULL;
  assert_int_equal(strstr((const char *)json.buf.data, "idempotency_key") != NULL, shows);
  topo_json_finish(&json);
  return shows;
}

/* A key is a word between a node and its clients: others never hear of it. */
static void a_key_stays_where_it_was_used(void **state)
{
  (void)state;
  struct side s[SIDES] = {{0}};
  invite_and_take(s);
  run_until_quiet(s);
  struct topo_id channel = only_channel(&s[1]);
  free(call_keyed(&s[1], "sendMessage", &channel, "channel", "{\"text\":\"hello\"}", "mine"));
  run_until_quiet(s);
  assert_true(shows_key(&s[1]));
  assert_false(shows_key(&s[0]));
  assert_int_equal(count(&s[0], "SELECT count(*) FROM local_answer WHERE key='mine'"), 0);
  finish(s);
}

/* Begins an epoch in a transaction of its own, and seals its key to nobody. */
static struct topo_id begin_epoch(struct side *s)
{
  static const uint8_t secret[32] = {9};
  struct topo_node *node = s->node;
  struct topo_id before, epoch, commitment = topo_epoch_commitment(secret);
  struct topo_stmt *q = topo_stmt(node->env.db, "SELECT epoch FROM local_epoch");
  assert_int_equal(topo_fetch(q), 1);
  before = topo_column_id(q, 0);
  topo_reset(q);
  struct topo_value v[TOPO_FIELDS_MAX] = {[TOPO_EPOCH_GENERATION] = {.number = 2},
                                          [TOPO_EPOCH_POLICY] = {.number = 1},
                                          [TOPO_EPOCH_COMMITMENT] = topo_value_of_id(&commitment),
                                          [TOPO_EPOCH_EPOCHS] = topo_value_of_id(&before)};
  topo_transaction_begin_step(&node->transaction, false);
  assert_int_equal(topo_transaction_write(&node->transaction, false), 0);
  const struct topo_sink *sink = topo_outcome_sink(&node->outcome);
  assert_int_equal(topo_dag_author(node->env.dag, &topo_type_epoch, v, now.wall_ms, sink, &epoch),
                   0);
  assert_int_equal(topo_dag_keep_secret(node->env.dag, &epoch, secret, now.wall_ms, sink), 0);
  assert_int_equal(topo_transaction_commit(&node->transaction), 0);
  topo_node_step(node, now, NULL, 0); /* which tells the other */
  return epoch;
}

static void wrap_for(struct side *s, struct side *whom)
{
  struct topo_node *node = s->node;
  const struct topo_self *self = topo_node_self(whom->node);
  const struct topo_authority_node *credential =
      topo_authority_credential_of(topo_dag_authority(node->env.dag), &self->device.public_key);
  assert_non_null(credential);
  topo_transaction_begin_step(&node->transaction, false);
  assert_int_equal(topo_transaction_write(&node->transaction, false), 0);
  assert_int_equal(topo_dag_wrap_all(node->env.dag, &topo_type_wrap, &credential->id,
                                     &self->seal_key, now.wall_ms,
                                     topo_outcome_sink(&node->outcome)),
                   0);
  assert_int_equal(topo_transaction_commit(&node->transaction), 0);
  topo_node_step(node, now, NULL, 0); /* which tells the other */
}

static void expect_state(struct side *s, const char *state)
{
  struct topo_json json;
  char expected[64];
  topo_json_init(&json);
  assert_int_equal(topo_node_write_sync(s->node, &json), 0);
  assert_int_equal(topo_buf_put_u8(&json.buf, 0), 0);
  snprintf(expected, sizeof expected, "\"state\":\"%s\"", state);
  if (!strstr((const char *)json.buf.data, expected))
    fail_msg("%s is not in %s", expected, (const char *)json.buf.data);
  topo_json_finish(&json);
}

static void expect_peer(struct side *s, bool synced)
{
  struct topo_json json;
  topo_json_init(&json);
  assert_int_equal(topo_node_write_peers(s->node, &json), 0);
  assert_int_equal(topo_buf_put_u8(&json.buf, 0), 0);
  const char *text = (const char *)json.buf.data;
  assert_int_equal(strstr(text, "\"synced\":true") != NULL, synced);
  assert_int_equal(strstr(text, "\"synced\":false") != NULL, !synced);
  topo_json_finish(&json);
}

/* Content that is here and cannot be opened: it is not said to be synced, and why is said, until
 * the key has come. */
static void content_without_a_key_is_told_of(void **state)
{
  (void)state;
  struct side s[SIDES] = {{0}};
  invite_and_take(s);
  run_until_quiet(s);
  expect_state(&s[0], "synced");
  expect_state(&s[1], "synced");
  begin_epoch(&s[0]);
  run_until_quiet(s);
  expect_state(&s[1], "synced"); /* nothing was said under it */
  struct topo_id channel = only_channel(&s[1]);
  free(call(&s[0], "sendMessage", &channel, "channel", "{\"text\":\"hello bob\"}"));
  run_until_quiet(s);
  assert_int_equal(topo_node_status(s[1].node).held, 1);
  expect_peer(&s[1], false);
  expect_state(&s[1], "waiting-for-key");
  free(call(&s[1], "sendMessage", &channel, "channel", "{\"text\":\"hello alice\"}"));
  run_until_quiet(s);
  assert_int_equal(count(&s[0], "SELECT count(*) FROM message"), 2);
  expect_state(&s[1], "waiting-for-key");
  wrap_for(&s[0], &s[1]);
  run_until_quiet(s);
  assert_int_equal(count(&s[1], "SELECT count(*) FROM message"), 2);
  assert_int_equal(topo_node_status(s[1].node).held, 0);
  expect_state(&s[0], "synced");
  expect_state(&s[1], "synced");
  expect_peer(&s[1], true);
  finish(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(two_spaces_hold_a_conversation),
      cmocka_unit_test(an_invite_key_is_trusted_until_its_connection_ends),
      cmocka_unit_test(a_key_stays_where_it_was_used),
      cmocka_unit_test(content_without_a_key_is_told_of)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
