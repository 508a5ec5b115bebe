/*
 * test_peers.c - whom a space dials and how many it deals with: dials at a time, connections, and
 * devices that it remembers. Each bound is met, and then passed by one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "base/status.h"
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
  uint8_t last_address;
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
  fixture->last_address = dial->address.bytes[4];
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

static struct topo_address address_of(uint8_t n)
{
  return (struct topo_address){{4, 10, 0, 0, n, 0, 9}, 7};
}

/* Our user has another device, which can be reached at addresses 1 … n_addresses. */
static struct topo_id add_device(struct fixture *f, uint32_t n, uint8_t n_addresses)
{
  struct topo_sign_key key = solo_add_device(&f->solo, n);
  struct topo_address addresses[TOPO_NODE_ADDRESSES_MAX];
  for (uint8_t i = 0; i < n_addresses; i++)
    addresses[i] = address_of((uint8_t)(i + 1));
  topo_peers_told(&f->node->peers, &key.public_key, addresses, n_addresses, 0, true);
  return key.public_key;
}

static void pass(struct fixture *f, uint64_t ms)
{
  f->solo.now.mono_ms += ms;
  f->solo.now.wall_ms += ms;
  topo_node_step(f->node, f->solo.now, NULL, 0);
}

static void fail_dial(struct fixture *f, uint64_t number)
{
  struct topo_input failed = {.kind = TOPO_IN_DIAL_FAILED, .number = number};
  failed.status = TOPO_EUNREACHABLE;
  topo_node_step(f->node, f->solo.now, &failed, 1);
}

/* What does not answer does not hold up the next address, but no more than so many at a time are
 * under way, of a device and in all. */
static void as_many_are_dialled_at_a_time_as_the_bounds_say(void **state)
{
  enum { STAGGER_MS = 1500 };
  struct fixture f;
  (void)state;
  set_up(&f);
  add_device(&f, 1, TOPO_PEER_DIALS_MAX + 1);
  pass(&f, 0);
  for (size_t i = 1; i <= TOPO_PEER_DIALS_MAX; i++) {
    assert_int_equal(f.dials, i);
    assert_int_equal(f.last_address, i);
    pass(&f, STAGGER_MS - 1);
    assert_int_equal(f.dials, i);
    pass(&f, 1);
  }
  assert_int_equal(f.dials, TOPO_PEER_DIALS_MAX);
  pass(&f, 60 * 1000);
  assert_int_equal(f.dials, TOPO_PEER_DIALS_MAX);
  fail_dial(&f, 1);
  pass(&f, 1000);
  assert_int_equal(f.dials, TOPO_PEER_DIALS_MAX + 1);
  for (uint32_t i = 2; i <= TOPO_NEIGHBOURS; i++)
    add_device(&f, i, TOPO_PEER_DIALS_MAX + 1);
  for (size_t i = 0; i < TOPO_PEER_DIALS_MAX; i++)
    pass(&f, STAGGER_MS);
  assert_int_equal(f.node->peers.dialling, TOPO_NODE_DIALS_MAX);
  size_t before = f.dials;
  pass(&f, STAGGER_MS);
  assert_int_equal(f.dials, before);
  fail_dial(&f, f.last_dial);
  assert_int_equal(f.dials, before + 1); /* the next one's turn has come */
  tear_down(&f);
}

/* A device with several addresses is dialled at all of them in turn, and then not for a while. */
static void a_round_tries_every_address(void **state)
{
  struct fixture f;
  (void)state;
  set_up(&f);
  add_device(&f, 1, 5);
  pass(&f, 0);
  for (uint8_t i = 1; i <= 5; i++) {
    assert_int_equal(f.dials, i);
    assert_int_equal(f.last_address, i);
    fail_dial(&f, f.last_dial);
    if (i < 5)
      pass(&f, 300); /* 200 ms, and by chance up to half as long again */
  }
  pass(&f, 199);
  assert_int_equal(f.dials, 5);
  pass(&f, 101);
  assert_int_equal(f.dials, 6);
  assert_int_equal(f.last_address, 1);
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

static void come_up(struct fixture *f, const struct topo_id *key, uint64_t number)
{
  static const struct topo_conn_ops ops = {conn_send, conn_consumed, conn_close};
  struct topo_input in = {.kind = TOPO_IN_CONN_UP, .number = number};
  in.up.conn = (struct topo_conn){&ops, f};
  in.up.peer = *key;
  topo_node_step(f->node, f->solo.now, &in, 1);
}

static void keep_invite(void *arg, const struct topo_id *key, bool is_invite)
{
  if (is_invite)
    *(struct topo_id *)arg = *key;
}

/* Who has the link may connect: here again and again, for an invitee displaces nobody. */
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
  add_device(&f, 1, 1);
  uint64_t number = 1, end_ms = f.solo.now.mono_ms + HOUR_MS;
  topo_node_step(f.node, f.solo.now, NULL, 0);
  while (meet_and_part(&f, end_ms, number, TOPO_EVERSION))
    number++;
  assert_in_range(f.dials, 80, 130);
  tear_down(&f);
}

/* Of many members as many are dialled as are neighbours; others when a dial has failed. */
static void neighbours_are_chosen_by_chance(void **state)
{
  enum { DEVICES = 40, SEEDS = 30 };
  bool dialled[DEVICES] = {false};
  (void)state;
  for (uint64_t seed = 1; seed <= SEEDS; seed++) {
    struct fixture f = {.dials = 0};
    struct topo_id devices[DEVICES];
    fixture = &f;
    solo_init(&f.solo, seed);
    f.solo.ports.dial = count_dial;
    assert_int_equal(solo_create(&f.solo), 0);
    f.node = f.solo.node;
    for (uint32_t i = 0; i < DEVICES; i++)
      devices[i] = add_device(&f, i, 1);
    pass(&f, 0);
    assert_int_equal(f.dials, TOPO_NEIGHBOURS);
    for (uint32_t i = 0; i < DEVICES; i++)
      dialled[i] |= topo_peers_find(&f.node->peers, &devices[i])->dials > 0;
    fail_dial(&f, 1);
    assert_int_equal(f.dials, TOPO_NEIGHBOURS + 1);
    tear_down(&f);
  }
  for (uint32_t i = 0; i < DEVICES; i++) /* 0.8 to the 30th: one in 800 is passed over by chance */
    assert_true(dialled[i]);
}

/* Everybody who is told to be in a hurry is dialled, whoever else is connected. */
static void who_is_in_a_hurry_is_dialled_beyond_the_neighbours(void **state)
{
  struct fixture f;
  (void)state;
  set_up(&f);
  struct topo_id hurried = {{0}};
  for (uint32_t i = 0; i <= TOPO_NEIGHBOURS; i++) {
    hurried = add_device(&f, i, 1);
    if (i < TOPO_NEIGHBOURS)
      come_up(&f, &hurried, i + 1);
  }
  pass(&f, 0);
  assert_int_equal(f.dials, 0);
  topo_peers_hurry(&f.node->peers, &hurried);
  pass(&f, 0);
  assert_int_equal(f.dials, 1);
  assert_true(topo_id_equal(&f.last_pin, &hurried));
  fail_dial(&f, 1);
  pass(&f, 60 * 1000);
  assert_int_equal(f.dials, 1);
  tear_down(&f);
}

/* Those who have neighbours enough meet somebody else now and then. */
static void neighbours_are_rotated(void **state)
{
  enum { HOUR_MS = 3600 * 1000 };
  struct fixture f;
  (void)state;
  set_up(&f);
  for (uint32_t i = 0; i <= TOPO_NEIGHBOURS; i++) {
    struct topo_id device = add_device(&f, i, 1);
    if (i < TOPO_NEIGHBOURS)
      come_up(&f, &device, i + 1);
  }
  uint64_t end_ms = f.solo.now.mono_ms + HOUR_MS;
  while (f.solo.now.mono_ms < end_ms) {
    if (f.node->peers.dialling)
      fail_dial(&f, f.last_dial);
    uint64_t next_ms = topo_node_deadline(f.node);
    pass(&f, next_ms > f.solo.now.mono_ms ? next_ms - f.solo.now.mono_ms : 0);
  }
  assert_in_range(f.dials, 4, 6); /* every 10 to 15 minutes */
  tear_down(&f);
}

/* With a bound of n connections there is room for n − 1 members, and one invitee or none. None of
 * these members is in step, so nobody gives way to the next one. */
static void one_place_is_kept_for_invitees(void **state)
{
  struct fixture f;
  struct topo_id key = topo_id_zero;
  (void)state;
  set_up(&f);
  f.node->conns.max = TOPO_NODE_CONNS_MIN;
  assert_int_equal(solo_call(&f.solo, "createInvite", NULL, NULL, "{}", NULL), 0);
  topo_node_trust(f.node, keep_invite, &key);
  for (uint32_t i = 1; i < TOPO_NODE_CONNS_MIN; i++) {
    struct topo_id device = add_device(&f, i, 1);
    come_up(&f, &device, i);
  }
  assert_int_equal(topo_node_status(f.node).conns, TOPO_NODE_CONNS_MIN - 1);
  struct topo_id device = add_device(&f, TOPO_NODE_CONNS_MIN, 1);
  come_up(&f, &device, 100);
  assert_int_equal(f.closed, 1);
  assert_int_equal(f.code, TOPO_CLOSE_OVERLOADED);
  come_up(&f, &key, 101);
  assert_int_equal(topo_node_status(f.node).conns, TOPO_NODE_CONNS_MIN);
  come_up(&f, &key, 102);
  assert_int_equal(f.closed, 2);
  tear_down(&f);
}

/* Whoever has the link and connects all the time does not keep members out. */
static void a_member_displaces_an_invitee(void **state)
{
  struct fixture f;
  struct topo_id key = topo_id_zero;
  (void)state;
  set_up(&f);
  assert_int_equal(solo_call(&f.solo, "createInvite", NULL, NULL, "{}", NULL), 0);
  topo_node_trust(f.node, keep_invite, &key);
  for (uint64_t i = 1; i <= TOPO_NODE_CONNS_MAX; i++)
    come_up(&f, &key, i);
  struct topo_id device = add_device(&f, 1, 1);
  come_up(&f, &device, 1000);
  assert_int_equal(f.closed, 1);
  assert_int_equal(topo_node_status(f.node).conns, TOPO_NODE_CONNS_MAX);
  assert_non_null(topo_conns_find_member(&f.node->conns, &device));
  assert_null(topo_conns_find(&f.node->conns, 1)); /* the first one had its time */
  tear_down(&f);
}

/* A member connects, stays for a while, and takes another connection for ours. Returns how long we
 * then wait before we dial it. */
static uint64_t be_displaced(struct fixture *f, const struct topo_id *device, uint64_t lasts_ms)
{
  uint64_t number = 1000 + f->dials;
  come_up(f, device, number);
  if (f->node->peers.dialling)
    fail_dial(f, f->last_dial);
  pass(f, lasts_ms);
  struct topo_input in = {.kind = TOPO_IN_CONN_DOWN, .number = number, .status = TOPO_EEXISTS};
  topo_node_step(f->node, f->solo.now, &in, 1);
  uint64_t since_ms = f->solo.now.mono_ms;
  for (size_t before = f->dials; f->dials == before;) {
    assert_true(topo_node_deadline(f->node) >= f->solo.now.mono_ms);
    pass(f, topo_node_deadline(f->node) - f->solo.now.mono_ms);
  }
  return f->solo.now.mono_ms - since_ms;
}

/* Two copies of a device end each other's connections. We come back ever later, and say what is the
 * matter. */
static void a_copy_of_this_device_is_noticed(void **state)
{
  enum { SECOND_MS = 1000, MINUTE_MS = 60 * SECOND_MS, MOST_MS = 5 * MINUTE_MS };
  struct fixture f;
  (void)state;
  set_up(&f);
  struct topo_id device = add_device(&f, 1, 1);
  uint64_t least_ms = SECOND_MS;
  for (int i = 1; i <= 12; i++) {
    uint64_t waited_ms = be_displaced(&f, &device, 3 * SECOND_MS);
    assert_in_range(waited_ms, least_ms, least_ms / 2 * 3);
    assert_int_equal(topo_node_status(f.node).twice, i >= 2);
    least_ms = 2 * least_ms < MOST_MS ? 2 * least_ms : MOST_MS;
  }
  /* The copy is gone: our connections last again. */
  assert_in_range(be_displaced(&f, &device, 10 * MINUTE_MS), SECOND_MS, 2 * SECOND_MS);
  pass(&f, 10 * MINUTE_MS + 1);
  assert_false(topo_node_status(f.node).twice);
  tear_down(&f);
}

/* Two that dial each other at once have one connection too many, and that says nothing. */
static void connections_that_cross_are_no_sign_of_a_copy(void **state)
{
  struct fixture f;
  (void)state;
  set_up(&f);
  struct topo_id device = add_device(&f, 1, 1);
  for (int i = 0; i < 5; i++)
    be_displaced(&f, &device, 2999);
  assert_false(topo_node_status(f.node).twice);
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
      cmocka_unit_test(as_many_are_dialled_at_a_time_as_the_bounds_say),
      cmocka_unit_test(a_round_tries_every_address),
      cmocka_unit_test(neighbours_are_chosen_by_chance),
      cmocka_unit_test(who_is_in_a_hurry_is_dialled_beyond_the_neighbours),
      cmocka_unit_test(neighbours_are_rotated),
      cmocka_unit_test(one_place_is_kept_for_invitees),
      cmocka_unit_test(a_member_displaces_an_invitee),
      cmocka_unit_test(a_copy_of_this_device_is_noticed),
      cmocka_unit_test(connections_that_cross_are_no_sign_of_a_copy),
      cmocka_unit_test(as_many_connections_are_taken_as_the_bound_says),
      cmocka_unit_test(a_member_that_sends_us_away_is_dialled_ever_less_often),
      cmocka_unit_test(as_many_devices_are_remembered_as_the_bound_says),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
