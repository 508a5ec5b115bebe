/*
 * test_peers.c - how many a space deals with: dials at a time, connections, and devices that it
 * remembers. Each bound is met, and then passed by one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "base/status.h"
#include "events/device/device.h"
#include "node/dial.h"
#include "node/parts.h"
#include "port/close.h"
#include "unit/node/solo.h"

struct fixture {
  struct solo solo;
  struct topo_node *node;
  size_t dials;
  uint64_t last_dial;
  struct topo_id last_pin;
  size_t closed;
  uint64_t code;
};

static struct fixture *fixture;

static void count_dial(void *ctx, const struct topo_dial *dial)
{
  (void)ctx;
  fixture->dials++;
  fixture->last_dial = dial->number;
  fixture->last_pin = dial->pin;
}

static void set_up(struct fixture *f)
{
  *f = (struct fixture){.dials = 0};
  fixture = f;
  solo_init(&f->solo, 1);
  assert_int_equal(solo_create(&f->solo), 0);
  f->solo.ports.dial = count_dial;
  f->node = f->solo.node;
}

static void tear_down(struct fixture *f)
{
  solo_finish(&f->solo);
}

static struct topo_id id_of(uint32_t n)
{
  struct topo_id id = {{0xd0}};
  topo_put_be32(id.bytes + 1, n);
  return id;
}

/* Our user has another device, which was seen at an address. */
static void add_device(struct fixture *f, uint8_t n)
{
  static const struct topo_address address = {{4, 10, 0, 0, 1, 0, 9}, 7};
  struct topo_env *env = &f->node->env;
  const struct topo_authority_node *own = topo_env_credential(env);
  uint8_t seed[32] = {n}, sig[TOPO_SIG_SIZE];
  struct topo_sign_key key;
  struct topo_id id, seal_key = id_of(n);
  topo_sign_key_from_seed(&key, seed);
  topo_countersign(sig, &key, topo_dag_context(env->dag), &own->credential.user, &own->id,
                   &seal_key);
  struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
  v[TOPO_DEVICE_DEVICE] = topo_value_of_id(&key.public_key);
  v[TOPO_DEVICE_SEAL_KEY] = topo_value_of_id(&seal_key);
  v[TOPO_DEVICE_COUNTERSIGN] = (struct topo_value){0, {sig, sizeof sig}};
  assert_int_equal(topo_transaction_write(&f->node->transaction, true), 0);
  assert_int_equal(topo_dag_author(env->dag, &topo_type_device, v, env->now.wall_ms,
                                   topo_outcome_sink(&f->node->outcome), &id),
                   0);
  topo_peers_seen(&f->node->peers, &key.public_key, &address);
  assert_int_equal(topo_transaction_commit(&f->node->transaction), 0);
}

static void as_many_are_dialled_at_a_time_as_the_bound_says(void **state)
{
  struct fixture f;
  (void)state;
  set_up(&f);
  for (uint8_t i = 0; i < TOPO_NODE_DIALS_MAX; i++)
    add_device(&f, (uint8_t)(i + 1));
  topo_node_step(f.node, f.solo.now, NULL, 0);
  assert_int_equal(f.dials, TOPO_NODE_DIALS_MAX);
  add_device(&f, TOPO_NODE_DIALS_MAX + 1);
  topo_node_step(f.node, f.solo.now, NULL, 0);
  assert_int_equal(f.dials, TOPO_NODE_DIALS_MAX);
  struct topo_input failed = {.kind = TOPO_IN_DIAL_FAILED, .number = f.last_dial};
  failed.status = TOPO_EUNREACHABLE;
  topo_node_step(f.node, f.solo.now, &failed, 1);
  assert_int_equal(f.dials, TOPO_NODE_DIALS_MAX + 1); /* the next one's turn has come */
  tear_down(&f);
}

static size_t conn_send(void *ctx, unsigned stream, const uint8_t *data, size_t len)
{
  (void)ctx, (void)stream, (void)data;
  return len;
}

static void conn_consumed(void *ctx, unsigned stream, size_t len)
{
  (void)ctx, (void)stream, (void)len;
}

static void conn_close(void *ctx, uint64_t code)
{
  struct fixture *f = ctx;
  f->closed++;
  f->code = code;
}

/* Who has the link may connect: here again and again, for an invitee displaces nobody. */
static void come_up(struct fixture *f, const struct topo_id *invite_key, uint64_t number)
{
  static const struct topo_conn_ops ops = {conn_send, conn_consumed, conn_close};
  struct topo_input in = {.kind = TOPO_IN_CONN_UP, .number = number};
  in.up.conn = (struct topo_conn){&ops, f};
  in.up.peer = *invite_key;
  topo_node_step(f->node, f->solo.now, &in, 1);
}

static void keep_invite(void *arg, const struct topo_id *key, bool is_invite)
{
  if (is_invite)
    *(struct topo_id *)arg = *key;
}

static void as_many_connections_are_taken_as_the_bound_says(void **state)
{
  struct fixture f;
  struct topo_id key = topo_id_zero;
  (void)state;
  set_up(&f);
  assert_int_equal(solo_call(&f.solo, "createInvite", NULL, NULL, "{}", NULL), 0);
  topo_node_trust(f.node, keep_invite, &key);
  for (uint64_t i = 1; i <= TOPO_NODE_CONNS_MAX; i++)
    come_up(&f, &key, i);
  assert_int_equal(topo_node_status(f.node).conns, TOPO_NODE_CONNS_MAX);
  assert_int_equal(f.closed, 0);
  come_up(&f, &key, TOPO_NODE_CONNS_MAX + 1);
  assert_int_equal(topo_node_status(f.node).conns, TOPO_NODE_CONNS_MAX);
  assert_int_equal(f.closed, 1);
  assert_int_equal(f.code, TOPO_CLOSE_OVERLOADED);
  tear_down(&f);
}

/* Waits for the dial of that number, if it comes within the time; its connection comes up, and the
 * peer ends it. */
static bool meet_and_part(struct fixture *f, uint64_t end_ms, uint64_t number, int status)
{
  static const struct topo_conn_ops ops = {conn_send, conn_consumed, conn_close};
  while (f->dials < number) {
    uint64_t next_ms = topo_node_deadline(f->node);
    if (next_ms > end_ms)
      return false;
    f->solo.now.mono_ms = next_ms > f->solo.now.mono_ms ? next_ms : f->solo.now.mono_ms;
    topo_node_step(f->node, f->solo.now, NULL, 0);
  }
  struct topo_input in = {.kind = TOPO_IN_CONN_UP, .number = number};
  in.up.conn = (struct topo_conn){&ops, f};
  in.up.peer = f->last_pin;
  in.up.outgoing = true;
  in.up.dial = f->last_dial;
  topo_node_step(f->node, f->solo.now, &in, 1);
  in = (struct topo_input){.kind = TOPO_IN_CONN_DOWN, .number = number, .status = status};
  topo_node_step(f->node, f->solo.now, &in, 1);
  return true;
}

/* A release that does not understand ours, or a device that takes us for nobody, lets the handshake
 * end and then sends us away: that is no better than a dial that fails. */
static void a_member_that_sends_us_away_is_dialled_ever_less_often(void **state)
{
  enum { HOUR_MS = 3600 * 1000 };
  struct fixture f;
  (void)state;
  set_up(&f);
  add_device(&f, 1);
  uint64_t number = 1, end_ms = f.solo.now.mono_ms + HOUR_MS;
  topo_node_step(f.node, f.solo.now, NULL, 0);
  while (meet_and_part(&f, end_ms, number, TOPO_EVERSION))
    number++;
  assert_in_range(f.dials, 80, 130);
  tear_down(&f);
}

static void as_many_devices_are_remembered_as_the_bound_says(void **state)
{
  static const struct topo_address unknown = {.len = 0};
  struct fixture f;
  (void)state;
  set_up(&f);
  struct topo_peers *peers = &f.node->peers;
  for (uint32_t i = 0; i <= TOPO_PEERS_MAX; i++) {
    struct topo_id device = id_of(i);
    topo_peers_seen(peers, &device, &unknown);
  }
  struct topo_id last = id_of(TOPO_PEERS_MAX - 1), more = id_of(TOPO_PEERS_MAX);
  assert_int_equal(peers->n, TOPO_PEERS_MAX);
  assert_non_null(topo_peers_find(peers, &last));
  assert_null(topo_peers_find(peers, &more));
  tear_down(&f);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(as_many_are_dialled_at_a_time_as_the_bound_says),
      cmocka_unit_test(as_many_connections_are_taken_as_the_bound_says),
      cmocka_unit_test(a_member_that_sends_us_away_is_dialled_ever_less_often),
      cmocka_unit_test(as_many_devices_are_remembered_as_the_bound_says),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
