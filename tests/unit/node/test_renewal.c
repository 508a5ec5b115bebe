/*
 * test_renewal.c - a space that is given an invite link of its own workspace: a member learns where
 * the others are and dials at once; one that joins goes on with that link.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "base/status.h"
#include "events/device/device.h"
#include "node/invite.h"
#include "node/parts.h"
#include "port/close.h"
#include "unit/node/solo.h"

enum { DIALS = 16, HOUR_MS = 3600 * 1000, SQLITE_FULL_CODE = 13 };

struct fixture {
  struct solo solo;
  size_t n;
  struct topo_dial dials[DIALS]; /* the first ones since they were counted anew */
  size_t closed;
  uint64_t next_number;
};

static void take_dial(void *ctx, const struct topo_dial *dial)
{
  struct solo *solo = ctx;
  struct fixture *f = (struct fixture *)(void *)solo; /* its first member */
  if (f->n < DIALS)
    f->dials[f->n] = *dial;
  f->n++;
}

static const struct topo_dial *last(const struct fixture *f)
{
  assert_in_range(f->n, 1, DIALS);
  return &f->dials[f->n - 1];
}

static void step(struct fixture *f, const struct topo_input *in)
{
  topo_node_step(f->solo.node, f->solo.now, in, in ? 1 : 0);
}

static void answer_no(struct fixture *f, const struct topo_dial *dial, int status)
{
  const struct topo_input in = {
      .kind = TOPO_IN_DIAL_FAILED, .number = dial->number, .status = status};
  step(f, &in);
}

static void fail_dial(struct fixture *f, int status)
{
  answer_no(f, last(f), status);
}

/* Time passes until the next dial. */
static void await_dial(struct fixture *f)
{
  size_t n = f->n;
  step(f, NULL);
  while (f->n == n) {
    uint64_t next_ms = topo_node_deadline(f->solo.node);
    assert_true(next_ms < f->solo.now.mono_ms + HOUR_MS);
    if (next_ms > f->solo.now.mono_ms)
      f->solo.now.mono_ms = next_ms;
    step(f, NULL);
  }
}

static int renew(struct fixture *f, const struct topo_invite_link *invite_link)
{
  struct topo_renewal renewal = {.invite_link = invite_link, .status = 1};
  const struct topo_input in = {.kind = TOPO_IN_INVITE, .renewal = &renewal};
  step(f, &in);
  assert_true(renewal.status <= 0);
  return renewal.status;
}

static struct topo_address address_of(uint8_t n)
{
  return (struct topo_address){{4, 10, 0, 0, n, 0, 9}, 7};
}

/* A link that names one device, at the addresses first, first + 1. */
static struct topo_invite_link invite_to(const struct topo_id *workspace,
                                         const struct topo_id *device, uint8_t seed, uint8_t first)
{
  struct topo_invite_link l = {
      .workspace = *workspace, .invite = {{3}}, .seed = {seed}, .n_devices = 1};
  l.devices[0].device = *device;
  l.devices[0].n_addresses = 2;
  l.devices[0].addresses[0] = address_of(first);
  l.devices[0].addresses[1] = address_of((uint8_t)(first + 1));
  return l;
}

static uint8_t dialled(const struct fixture *f)
{
  return last(f)->address.bytes[4];
}

static void init(struct fixture *f)
{
  *f = (struct fixture){.n = 0};
  solo_init(&f->solo, 1);
  f->solo.ports.dial = take_dial;
}

static void tear_down(struct fixture *f)
{
  solo_finish(&f->solo);
}

static void reopen(struct fixture *f)
{
  solo_close(&f->solo);
  assert_int_equal(solo_open(&f->solo), 0);
}

/* ---- a member -------------------------------------------------------------------------------- */

/* A workspace in which our user has another device, which was seen at address 1. */
static struct topo_id set_up_member(struct fixture *f)
{
  init(f);
  assert_int_equal(solo_create(&f->solo), 0);
  struct topo_node *node = f->solo.node;
  const struct topo_address seen = address_of(1);
  const struct topo_authority_node *own = topo_env_credential(&node->env);
  const uint8_t seed[32] = {1};
  uint8_t sig[TOPO_SIG_SIZE];
  struct topo_sign_key key;
  struct topo_id id, seal_key = {{9}};
  topo_sign_key_from_seed(&key, seed);
  topo_countersign(sig, &key, topo_dag_context(node->env.dag), &own->credential.user, &own->id,
                   &seal_key);
  struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
  v[TOPO_DEVICE_DEVICE] = topo_value_of_id(&key.public_key);
  v[TOPO_DEVICE_SEAL_KEY] = topo_value_of_id(&seal_key);
  v[TOPO_DEVICE_COUNTERSIGN] = (struct topo_value){0, {sig, sizeof sig}};
  assert_int_equal(topo_transaction_write(&node->transaction, true), 0);
  assert_int_equal(topo_dag_author(node->env.dag, &topo_type_device, v, node->env.now.wall_ms,
                                   topo_outcome_sink(&node->outcome), &id),
                   0);
  topo_peers_seen(&node->peers, &key.public_key, &seen);
  assert_int_equal(topo_transaction_commit(&node->transaction), 0);
  return key.public_key;
}

/* Whatever was waited for before; and after a restart, too. */
static void a_member_dials_the_addresses_of_the_invite_at_once(void **state)
{
  static const uint8_t order[] = {5, 6, 1, 5};
  struct fixture f;
  (void)state;
  struct topo_id device = set_up_member(&f);
  const struct topo_invite_link l =
      invite_to(&topo_node_self(f.solo.node)->workspace, &device, 4, 5);
  step(&f, NULL);
  for (int i = 0; i < 8; i++) { /* until it is waited for long */
    assert_int_equal(dialled(&f), 1);
    fail_dial(&f, TOPO_EUNREACHABLE);
    await_dial(&f);
  }
  fail_dial(&f, TOPO_EUNREACHABLE);
  f.n = 0;
  assert_int_equal(renew(&f, &l), 0);
  assert_int_equal(f.n, 1);
  for (size_t i = 0; i < sizeof order; i++) {
    assert_int_equal(dialled(&f), order[i]);
    assert_false(last(&f)->with_invite);
    fail_dial(&f, TOPO_EUNREACHABLE);
    await_dial(&f);
  }
  reopen(&f);
  f.n = 0;
  for (size_t i = 0; i < sizeof order; i++) {
    await_dial(&f);
    assert_int_equal(dialled(&f), order[i]);
    fail_dial(&f, TOPO_EUNREACHABLE);
  }
  tear_down(&f);
}

/* A dial under way to the old address holds up none of the new ones, and its answer changes
 * nothing. */
static void a_dial_under_way_is_followed_by_the_first_address(void **state)
{
  struct fixture f;
  (void)state;
  struct topo_id device = set_up_member(&f);
  const struct topo_invite_link l =
      invite_to(&topo_node_self(f.solo.node)->workspace, &device, 4, 5);
  step(&f, NULL);
  assert_int_equal(dialled(&f), 1);
  assert_int_equal(renew(&f, &l), 0);
  assert_int_equal(f.n, 2); /* within the same step */
  assert_int_equal(dialled(&f), 5);
  answer_no(&f, &f.dials[0], TOPO_EUNREACHABLE);
  assert_int_equal(f.n, 2);
  fail_dial(&f, TOPO_EUNREACHABLE);
  await_dial(&f);
  assert_int_equal(dialled(&f), 6);
  tear_down(&f);
}

/* The link of one's own invite teaches nothing, and one of elsewhere is refused. */
static void other_invites_change_nothing(void **state)
{
  struct fixture f;
  (void)state;
  struct topo_id device = set_up_member(&f);
  const struct topo_self *self = topo_node_self(f.solo.node);
  const struct topo_invite_link own = invite_to(&self->workspace, &self->device.public_key, 4, 5);
  const struct topo_invite_link other = invite_to(&(struct topo_id){{77}}, &device, 4, 5);
  assert_int_equal(renew(&f, &own), 0);
  assert_null(topo_peers_find(&f.solo.node->peers, &self->device.public_key));
  assert_int_equal(renew(&f, &other), TOPO_EWORKSPACE);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(dialled(&f), 1);
    fail_dial(&f, TOPO_EUNREACHABLE);
    await_dial(&f);
  }
  tear_down(&f);
}

/* What could not be written is not said to be taken, and is not used. */
static void an_invite_that_cannot_be_kept_is_not_taken(void **state)
{
  struct fixture f;
  (void)state;
  struct topo_id device = set_up_member(&f);
  const struct topo_invite_link l =
      invite_to(&topo_node_self(f.solo.node)->workspace, &device, 4, 5);
  sim_disk_fail_from(f.solo.disk, SIM_DISK_WRITE, 1, SQLITE_FULL_CODE);
  assert_true(renew(&f, &l) < 0);
  sim_disk_heal(f.solo.disk);
  await_dial(&f);
  assert_int_equal(dialled(&f), 1);
  tear_down(&f);
}

/* The clock was ahead once: what was learned then neither comes first for ever nor drives out what
 * is newer. */
static void the_newest_addresses_are_kept_whatever_the_clock_says(void **state)
{
  enum { DAY_MS = 24 * HOUR_MS };
  struct fixture f;
  (void)state;
  struct topo_id device = set_up_member(&f);
  f.solo.now.wall_ms += DAY_MS;
  for (uint8_t i = 0; i <= TOPO_NODE_ADDRESSES_MAX; i++) {
    const struct topo_invite_link l =
        invite_to(&topo_node_self(f.solo.node)->workspace, &device, 4, (uint8_t)(10 + i));
    assert_int_equal(renew(&f, &l), 0);
    if (i == 0)
      f.solo.now.wall_ms -= 2 * DAY_MS;
  }
  reopen(&f);
  const struct topo_node_peer *peer = topo_peers_find(&f.solo.node->peers, &device);
  assert_non_null(peer);
  assert_int_equal(peer->n_addresses, TOPO_NODE_ADDRESSES_MAX);
  assert_int_equal(peer->addresses[0].bytes[4], 10 + TOPO_NODE_ADDRESSES_MAX);
  for (size_t i = 0; i < peer->n_addresses; i++)
    assert_true(peer->addresses[i].bytes[4] > 10);
  tear_down(&f);
}

/* ---- one that joins -------------------------------------------------------------------------- */

static const struct topo_id workspace = {{1}}, alice = {{2}}, carol = {{7}};

static void set_up_joiner(struct fixture *f)
{
  init(f);
  const struct topo_invite_link l = invite_to(&workspace, &alice, 4, 1);
  struct topo_node_options o = {.path = "space.db",
                                .disk = &f->solo.port,
                                .rng = sim_rng_port(&f->solo.rng),
                                .ports = &f->solo.ports};
  struct topo_node_join join = {.invite_link = &l, .user_name = "bob", .now = f->solo.now};
  assert_int_equal(topo_node_join_workspace(&f->solo.node, &o, &join), 0);
  step(f, NULL);
}

static void assert_joins_by(const struct fixture *f, const struct topo_id *device, uint8_t seed,
                            uint8_t address)
{
  assert_true(topo_id_equal(&last(f)->pin, device));
  assert_int_equal(dialled(f), address);
  assert_true(last(f)->with_invite);
  assert_int_equal(last(f)->invite_seed[0], seed);
}

/* The older one is used up: the inviter has refused it. */
static void a_newer_invite_takes_the_place_of_the_older(void **state)
{
  const struct topo_invite_link l = invite_to(&workspace, &carol, 8, 5);
  struct fixture f;
  (void)state;
  set_up_joiner(&f);
  assert_joins_by(&f, &alice, 4, 1);
  fail_dial(&f, TOPO_EUNTRUSTED); /* the invite's key */
  await_dial(&f);
  fail_dial(&f, TOPO_EUNTRUSTED); /* the device's */
  assert_true(topo_node_status(f.solo.node).refused);
  f.n = 0;
  assert_int_equal(renew(&f, &l), 0);
  assert_false(topo_node_status(f.solo.node).refused);
  assert_int_equal(f.n, 1);
  assert_joins_by(&f, &carol, 8, 5);
  reopen(&f);
  await_dial(&f);
  assert_joins_by(&f, &carol, 8, 5);
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
  (void)code;
  ((struct fixture *)ctx)->closed++;
}

static void come_up_by(struct fixture *f, const struct topo_dial *dial)
{
  static const struct topo_conn_ops ops = {conn_send, conn_consumed, conn_close};
  struct topo_input in = {.kind = TOPO_IN_CONN_UP, .number = ++f->next_number};
  in.up.conn = (struct topo_conn){&ops, f};
  in.up.peer = dial->pin;
  in.up.outgoing = true;
  in.up.dial = dial->number;
  step(f, &in);
}

static void come_up(struct fixture *f)
{
  come_up_by(f, last(f));
}

/* What is under way with the older invite comes to nothing: a connection, or a dial. */
static void the_older_invite_is_given_up(void **state)
{
  const struct topo_invite_link newer = invite_to(&workspace, &alice, 8, 5),
                                newest = invite_to(&workspace, &alice, 9, 7);
  struct fixture f;
  (void)state;
  set_up_joiner(&f);
  come_up(&f);
  assert_int_equal(topo_node_status(f.solo.node).conns, 1);
  assert_int_equal(renew(&f, &newer), 0);
  assert_int_equal(f.closed, 1);
  assert_int_equal(topo_node_status(f.solo.node).conns, 0);
  assert_joins_by(&f, &alice, 8, 5);
  size_t n = f.n;
  assert_int_equal(renew(&f, &newest), 0);
  assert_int_equal(f.n, n + 1);
  come_up_by(&f, &f.dials[n - 1]); /* under the key of the newer one */
  assert_int_equal(f.closed, 2);
  assert_int_equal(f.n, n + 1);
  assert_joins_by(&f, &alice, 9, 7);
  come_up(&f);
  assert_int_equal(f.closed, 2);
  assert_int_equal(topo_node_status(f.solo.node).conns, 1);
  tear_down(&f);
}

/* The same link once more hurries, and disturbs nothing that goes well. */
static void the_same_invite_keeps_its_connection(void **state)
{
  const struct topo_invite_link same = invite_to(&workspace, &alice, 4, 1);
  struct fixture f;
  (void)state;
  set_up_joiner(&f);
  come_up(&f);
  assert_int_equal(renew(&f, &same), 0);
  assert_int_equal(f.closed, 0);
  assert_int_equal(topo_node_status(f.solo.node).conns, 1);
  tear_down(&f);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_member_dials_the_addresses_of_the_invite_at_once),
      cmocka_unit_test(a_dial_under_way_is_followed_by_the_first_address),
      cmocka_unit_test(other_invites_change_nothing),
      cmocka_unit_test(an_invite_that_cannot_be_kept_is_not_taken),
      cmocka_unit_test(the_newest_addresses_are_kept_whatever_the_clock_says),
      cmocka_unit_test(a_newer_invite_takes_the_place_of_the_older),
      cmocka_unit_test(the_older_invite_is_given_up),
      cmocka_unit_test(the_same_invite_keeps_its_connection),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
