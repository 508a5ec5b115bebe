/*
 * test_hostile_join.c - a JOIN that no admission can be made of costs whoever sent it the
 * connection, and the inviter nothing: no write, no reading anew, and nobody else's connection.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/hpke.h"
#include "node/invite.h"
#include "node/parts.h"
#include "port/close.h"
#include "sync/wire.h"
#include "unit/node/solo.h"

struct fixture;

struct joiner {
  struct fixture *f;
  uint64_t number; /* of its connection */
  struct topo_buf heard;
  size_t closed;
  uint64_t code;
};

struct fixture {
  struct solo solo;
  struct topo_invite_link invite_link;
  struct topo_sign_key invite_key;
  size_t anew; /* how often the space was read anew */
  struct joiner eve, bob;
};

static void count_note(void *ctx, int status, const char *text)
{
  struct solo *solo = ctx;
  struct fixture *f = (struct fixture *)(void *)solo; /* its first member */
  (void)status;
  f->anew += strstr(text, "read anew") != NULL;
}

static void set_up(struct fixture *f)
{
  char *json = NULL;
  *f = (struct fixture){.anew = 0};
  solo_init(&f->solo, 1);
  f->solo.ports.note = count_note;
  assert_int_equal(solo_create(&f->solo), 0);
  assert_int_equal(solo_call(&f->solo, "createInvite", NULL, NULL, "{}", &json), 0);
  char *text = strstr(json, "topo://");
  assert_non_null(text);
  *strchr(text, '"') = '\0';
  assert_int_equal(topo_invite_parse(&f->invite_link, text), 0);
  free(json);
  topo_sign_key_from_seed(&f->invite_key, f->invite_link.seed);
}

static void tear_down(struct fixture *f)
{
  solo_finish(&f->solo);
  topo_buf_finish(&f->bob.heard);
  topo_buf_finish(&f->eve.heard);
}

static size_t conn_send(void *ctx, unsigned stream, const uint8_t *data, size_t len)
{
  struct joiner *j = ctx;
  assert_int_equal(stream, TOPO_STREAM_CONTROL); /* a bootstrap has no other */
  assert_int_equal(topo_buf_put(&j->heard, data, len), 0);
  return len;
}

static void conn_consumed(void *ctx, unsigned stream, size_t len)
{
  (void)ctx, (void)stream, (void)len;
}

static void conn_close(void *ctx, uint64_t code)
{
  struct joiner *j = ctx;
  j->closed++;
  j->code = code;
}

static void say(struct joiner *j, struct topo_buf *bytes)
{
  struct topo_input in = {.kind = TOPO_IN_CONN_DATA, .number = j->number};
  in.data.stream = TOPO_STREAM_CONTROL;
  in.data.data = bytes->data;
  in.data.len = bytes->len;
  topo_node_step(j->f->solo.node, j->f->solo.now, &in, 1);
  topo_buf_finish(bytes);
}

/* Finds the first frame of that kind among what was heard. */
static bool heard(const struct joiner *j, uint8_t kind, struct topo_wire_frame *frame)
{
  for (size_t at = 0; at < j->heard.len; at += frame->size) {
    assert_int_equal(topo_wire_split(j->heard.data + at, j->heard.len - at, frame), 1);
    if (frame->kind == kind)
      return true;
  }
  return false;
}

/* Connects under the invite's key, and greets; its wall clock shows that time. */
static void come_up_at(struct fixture *f, struct joiner *j, uint64_t number, uint64_t wall_ms)
{
  static const struct topo_conn_ops ops = {conn_send, conn_consumed, conn_close};
  struct topo_input in = {.kind = TOPO_IN_CONN_UP, .number = number};
  struct topo_buf bytes = {0};
  *j = (struct joiner){.f = f, .number = number};
  in.up.conn = (struct topo_conn){&ops, j};
  in.up.peer = f->invite_key.public_key;
  topo_node_step(f->solo.node, f->solo.now, &in, 1);
  topo_wire_put_hello(&bytes, &(struct topo_wire_hello){.version = TOPO_WIRE_VERSION,
                                                        .workspace = f->invite_link.workspace,
                                                        .scope = f->invite_link.workspace,
                                                        .wall_ms = wall_ms});
  say(j, &bytes);
}

static void come_up(struct fixture *f, struct joiner *j, uint64_t number)
{
  come_up_at(f, j, number, f->solo.now.wall_ms);
}

/* The JOIN that an honest device answers the OFFER with, but for its seal_key. */
static struct topo_session_join answer(struct joiner *j, const struct topo_id *seal_key)
{
  const struct topo_context *context = topo_dag_context(topo_node_dag(j->f->solo.node));
  struct topo_wire_frame frame;
  struct topo_wire_offer offer;
  struct topo_sign_key device;
  uint8_t seed[32] = {(uint8_t)j->number};
  assert_true(heard(j, TOPO_WIRE_OFFER, &frame));
  assert_int_equal(topo_wire_get_offer(frame.payload, &offer), 0);
  topo_sign_key_from_seed(&device, seed);
  struct topo_id user = topo_user_of(&j->f->invite_link.workspace, &device.public_key);
  struct topo_session_join join = {.invite = offer.invite,
                                   .slot = offer.slot,
                                   .device = device.public_key,
                                   .seal_key = *seal_key};
  topo_countersign(join.countersign, &device, context, &user, &offer.auth, seal_key);
  topo_prove_invite(join.proof, &j->f->invite_key, context, &offer.invite, offer.slot, &user,
                    &join.device, seal_key);
  return join;
}

static struct topo_id good_key(void)
{
  static const uint8_t secret[32] = {7};
  struct topo_id key;
  topo_x25519_public(key.bytes, secret);
  return key;
}

static void say_join(struct joiner *j, const struct topo_session_join *join)
{
  struct topo_buf bytes = {0};
  topo_wire_put_join(&bytes, join);
  say(j, &bytes);
}

/* The JOIN ends its own connection with code 3, and an honest joiner that is half way is welcome
 * afterwards. */
static void expect_alone(struct fixture *f, const struct topo_session_join *hostile)
{
  struct topo_id key = good_key();
  struct topo_wire_frame frame;
  come_up(f, &f->bob, 2);
  uint64_t changes = sim_disk_changes(f->solo.disk);
  say_join(&f->eve, hostile);
  assert_int_equal(f->eve.closed, 1);
  assert_int_equal(f->eve.code, TOPO_CLOSE_PROTOCOL);
  assert_false(heard(&f->eve, TOPO_WIRE_WELCOME, &frame));
  assert_int_equal(sim_disk_changes(f->solo.disk), changes);
  assert_int_equal(f->anew, 0);
  assert_int_equal(f->bob.closed, 0);
  struct topo_session_join honest = answer(&f->bob, &key);
  say_join(&f->bob, &honest);
  assert_true(heard(&f->bob, TOPO_WIRE_WELCOME, &frame));
  assert_int_equal(f->bob.closed, 0);
  assert_true(sim_disk_changes(f->solo.disk) > changes);
}

static void a_key_that_nothing_can_be_sealed_to_fails_alone(void **state)
{
  static const struct topo_id keys[] = {
      {{0}},
      {{1}},
      {{0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
        0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
        0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0}},
  };
  (void)state;
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
    struct fixture f;
    set_up(&f);
    come_up(&f, &f.eve, 1);
    struct topo_session_join join = answer(&f.eve, &keys[i]);
    expect_alone(&f, &join);
    tear_down(&f);
  }
}

static void a_wrong_countersign_fails_alone(void **state)
{
  struct fixture f;
  struct topo_id key = good_key();
  (void)state;
  set_up(&f);
  come_up(&f, &f.eve, 1);
  struct topo_session_join join = answer(&f.eve, &key);
  join.countersign[40] ^= 1;
  expect_alone(&f, &join);
  tear_down(&f);
}

static void a_wrong_proof_fails_alone(void **state)
{
  struct fixture f;
  struct topo_id key = good_key();
  (void)state;
  set_up(&f);
  come_up(&f, &f.eve, 1);
  struct topo_session_join join = answer(&f.eve, &key);
  join.proof[40] ^= 1;
  expect_alone(&f, &join);
  tear_down(&f);
}

/* A clock may show anything: how far it is from ours is kept, as far as a number can say. */
static void any_clock_is_compared_with_ours(void **state)
{
  struct fixture f;
  (void)state;
  set_up(&f);
  uint64_t ours = f.solo.now.wall_ms;
  const struct {
    uint64_t wall_ms;
    int64_t offset_ms;
  } clocks[] = {{ours, 0},
                {ours + 5, 5},
                {ours - 7, -7},
                {0, -(int64_t)ours},
                {ours + INT64_MAX, INT64_MAX},
                {UINT64_MAX, INT64_MAX}};
  for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
    come_up_at(&f, &f.eve, i + 1, clocks[i].wall_ms);
    const struct topo_node_conn *conn = topo_conns_find(&f.solo.node->conns, i + 1);
    assert_non_null(conn);
    assert_true(conn->wall_offset_ms == clocks[i].offset_ms);
    topo_buf_finish(&f.eve.heard);
  }
  tear_down(&f);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_key_that_nothing_can_be_sealed_to_fails_alone),
      cmocka_unit_test(a_wrong_countersign_fails_alone),
      cmocka_unit_test(a_wrong_proof_fails_alone),
      cmocka_unit_test(any_clock_is_compared_with_ours),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
