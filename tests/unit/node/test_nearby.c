/*
 * test_nearby.c - beacons on the local network: whom they name, whom they do not, and what one who
 * sends many of them gets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hex.h"
#include "node/invite.h"
#include "node/parts.h"
#include "unit/node/solo.h"

struct fixture {
  struct solo solo;
  struct topo_node *node;
  uint8_t key[32];
  size_t dials;
  struct topo_dial last;
};

static struct fixture *fixture;

static void count_dial(void *ctx, const struct topo_dial *dial)
{
  (void)ctx;
  fixture->dials++;
  fixture->last = *dial;
}

static void set_up(struct fixture *f)
{
  *f = (struct fixture){.dials = 0};
  fixture = f;
  solo_init(&f->solo, 1);
  assert_int_equal(solo_create(&f->solo), 0);
  f->solo.ports.dial = count_dial;
  f->node = f->solo.node;
  topo_beacon_key(f->key, &f->node->env.self.workspace);
}

static void tear_down(struct fixture *f)
{
  solo_finish(&f->solo);
}

static struct topo_address address_of(uint8_t n)
{
  return (struct topo_address){{4, 10, 0, 0, n, 0, 9}, 7};
}

static struct topo_beacon beacon_of(const struct fixture *f, uint32_t nonce,
                                    const struct topo_id *device,
                                    const struct topo_address *address)
{
  uint8_t bytes[TOPO_BEACON_NONCE_SIZE] = {0};
  topo_put_be32(bytes, nonce);
  return topo_beacon_make(f->key, bytes, device, address);
}

static void hear(struct fixture *f, const struct topo_beacon *beacon,
                 const struct topo_address *address)
{
  struct topo_input in = {.kind = TOPO_IN_BEACON};
  in.beacon.beacon = *beacon;
  in.beacon.address = *address;
  topo_node_step(f->node, f->solo.now, &in, 1);
}

static void pass(struct fixture *f, uint64_t ms)
{
  f->solo.now.mono_ms += ms;
  f->solo.now.wall_ms += ms;
}

/* Computed by another implementation of BLAKE2b. */
static void a_beacon_is_what_the_document_says(void **state)
{
  struct topo_id workspace = {{1, 2, 3}}, device = {{4, 5, 6}};
  const struct topo_address address = {{4, 192, 0, 2, 1, 0x1d, 0x13}, 7};
  const uint8_t nonce[TOPO_BEACON_NONCE_SIZE] = {7, 8, 9};
  uint8_t key[32], expected[TOPO_BEACON_SIZE];
  (void)state;
  topo_beacon_key(key, &workspace);
  struct topo_beacon beacon = topo_beacon_make(key, nonce, &device, &address);
  assert_int_equal(test_unhex(expected, sizeof expected,
                              "070809000000000000000000ddf0be1b40a57402f915734b2aea7e94bea00818"),
                   TOPO_BEACON_SIZE);
  assert_memory_equal(beacon.bytes, expected, sizeof expected);
}

/* Any other workspace, device, address or nonce makes another beacon, and no byte of it is idle. */
static void a_beacon_names_one_device_at_one_address(void **state)
{
  struct topo_id workspace = {{1}}, other_workspace = {{2}}, device = {{3}}, other_device = {{4}};
  const struct topo_address address = address_of(1), other_address = address_of(2);
  const uint8_t nonce[TOPO_BEACON_NONCE_SIZE] = {5};
  uint8_t key[32], other_key[32];
  (void)state;
  topo_beacon_key(key, &workspace);
  topo_beacon_key(other_key, &other_workspace);
  struct topo_beacon beacon = topo_beacon_make(key, nonce, &device, &address);
  assert_true(topo_beacon_is_of(&beacon, key));
  assert_true(topo_beacon_names(&beacon, key, &device, &address));
  assert_false(topo_beacon_is_of(&beacon, other_key));
  assert_false(topo_beacon_names(&beacon, other_key, &device, &address));
  assert_false(topo_beacon_names(&beacon, key, &other_device, &address));
  assert_false(topo_beacon_names(&beacon, key, &device, &other_address));
  for (size_t i = 0; i < TOPO_BEACON_SIZE; i++) {
    struct topo_beacon changed = beacon;
    changed.bytes[i] ^= 1;
    assert_false(topo_beacon_is_of(&changed, key) &&
                 topo_beacon_names(&changed, key, &device, &address));
  }
}

/* Also one of whom no address is known, and at once. */
static void a_member_that_is_heard_is_dialled_where_it_is(void **state)
{
  const struct topo_address address = address_of(7);
  struct fixture f;
  (void)state;
  set_up(&f);
  struct topo_id device = solo_add_device(&f.solo, 1).public_key;
  topo_node_step(f.node, f.solo.now, NULL, 0);
  assert_int_equal(f.dials, 0);
  struct topo_beacon beacon = beacon_of(&f, 1, &device, &address);
  hear(&f, &beacon, &address);
  assert_int_equal(f.dials, 1);
  assert_true(topo_id_equal(&f.last.pin, &device));
  assert_int_equal(f.last.address.len, address.len);
  assert_memory_equal(f.last.address.bytes, address.bytes, address.len);
  tear_down(&f);
}

/* Where it was reached before is tried after where it is heard, however long the next dial of it
 * would have waited. */
static void what_is_heard_is_tried_first(void **state)
{
  const struct topo_address old = address_of(1), here = address_of(7);
  struct fixture f;
  (void)state;
  set_up(&f);
  struct topo_id device = solo_add_device(&f.solo, 1).public_key;
  topo_peers_told(&f.node->peers, &device, &old, 1, 0, true);
  topo_node_step(f.node, f.solo.now, NULL, 0);
  assert_int_equal(f.dials, 1);
  struct topo_input failed = {.kind = TOPO_IN_DIAL_FAILED, .number = f.last.number};
  failed.status = -1;
  topo_node_step(f.node, f.solo.now, &failed, 1);
  assert_int_equal(f.dials, 1);
  struct topo_beacon beacon = beacon_of(&f, 1, &device, &here);
  hear(&f, &beacon, &here);
  assert_int_equal(f.dials, 2);
  assert_memory_equal(f.last.address.bytes, here.bytes, here.len);
  /* The file does not keep it before somebody answers there. */
  struct topo_stmt *s = topo_stmt(f.node->env.db, "SELECT 1 FROM local_address WHERE address=?1");
  topo_bind_blob(s, 1, here.bytes, here.len);
  assert_int_equal(topo_fetch(s), 0);
  tear_down(&f);
}

static void strangers_and_ourselves_are_not_dialled(void **state)
{
  const struct topo_address address = address_of(7), elsewhere = address_of(8);
  struct topo_id stranger = {{9}};
  struct fixture f;
  (void)state;
  set_up(&f);
  struct topo_id device = solo_add_device(&f.solo, 1).public_key;
  struct topo_beacon of_stranger = beacon_of(&f, 1, &stranger, &address),
                     of_us = beacon_of(&f, 2, &f.node->env.self.device.public_key, &address),
                     moved = beacon_of(&f, 3, &device, &address), noise = {{1, 2, 3}};
  hear(&f, &of_stranger, &address);
  hear(&f, &of_us, &address);
  hear(&f, &moved, &elsewhere);
  hear(&f, &noise, &address);
  assert_int_equal(f.dials, 0);
  assert_int_equal(f.node->peers.n, 0);
  tear_down(&f);
}

/* Whoever joins finds the inviter where it is now, not only where the link says that it was. */
static void one_who_joins_hears_the_inviter(void **state)
{
  const struct topo_address address = address_of(7);
  struct fixture f;
  struct solo joiner;
  char *answer = NULL;
  (void)state;
  set_up(&f);
  assert_int_equal(solo_call(&f.solo, "createInvite", NULL, NULL, "{}", &answer), 0);
  char *invite_link = strstr(answer, "topo://");
  assert_non_null(invite_link);
  *strchr(invite_link, '"') = '\0';
  struct topo_invite_link parsed;
  assert_int_equal(topo_invite_parse(&parsed, invite_link), 0);
  solo_init(&joiner, 2);
  joiner.ports.dial = count_dial;
  const struct topo_node_options o = {.path = "space.db",
                                      .disk = &joiner.port,
                                      .rng = sim_rng_port(&joiner.rng),
                                      .ports = &joiner.ports};
  const struct topo_node_join join = {
      .invite_link = &parsed, .user_name = "bob", .now = joiner.now};
  assert_int_equal(topo_node_join_workspace(&joiner.node, &o, &join), 0);
  topo_node_step(joiner.node, joiner.now, NULL, 0);
  assert_int_equal(f.dials, 0);
  struct topo_input in = {.kind = TOPO_IN_BEACON};
  in.beacon.beacon = beacon_of(&f, 1, &f.node->env.self.device.public_key, &address);
  in.beacon.address = address;
  topo_node_step(joiner.node, joiner.now, &in, 1);
  assert_int_equal(f.dials, 1);
  assert_memory_equal(f.last.address.bytes, address.bytes, address.len);
  assert_true(f.last.with_invite);
  solo_finish(&joiner);
  free(answer);
  tear_down(&f);
}

/* The dial failed: the same beacon begins no other within TOPO_NEARBY_HEARD_MS, and then it does.
 */
static void what_was_heard_is_not_looked_at_again_for_a_while(void **state)
{
  const struct topo_address address = address_of(7);
  struct fixture f;
  (void)state;
  set_up(&f);
  struct topo_id device = solo_add_device(&f.solo, 1).public_key;
  struct topo_beacon beacon = beacon_of(&f, 1, &device, &address);
  hear(&f, &beacon, &address);
  assert_int_equal(f.node->nearby.looks, 1);
  pass(&f, TOPO_NEARBY_HEARD_MS - 1);
  hear(&f, &beacon, &address);
  assert_int_equal(f.node->nearby.looks, 1);
  assert_true(f.node->nearby.since_ms < f.solo.now.mono_ms - 1000);
  pass(&f, 1);
  hear(&f, &beacon, &address);
  assert_int_equal(f.node->nearby.since_ms, f.solo.now.mono_ms);
  tear_down(&f);
}

/* TOPO_NEARBY_LOOKS_MAX in a second; one more is not looked at, but a second later it is. */
static void as_many_are_looked_at_as_the_bound_says(void **state)
{
  const struct topo_address address = address_of(7);
  struct topo_id stranger = {{9}};
  struct fixture f;
  (void)state;
  set_up(&f);
  struct topo_id device = solo_add_device(&f.solo, 1).public_key;
  for (uint32_t i = 0; i < TOPO_NEARBY_LOOKS_MAX; i++) {
    struct topo_beacon beacon = beacon_of(&f, i, &stranger, &address);
    hear(&f, &beacon, &address);
  }
  struct topo_beacon last = beacon_of(&f, TOPO_NEARBY_LOOKS_MAX, &device, &address);
  hear(&f, &last, &address);
  assert_int_equal(f.dials, 0);
  pass(&f, 1000);
  hear(&f, &last, &address);
  assert_int_equal(f.dials, 1);
  tear_down(&f);
}

/* TOPO_NEARBY_HEARD_MAX are remembered; one more puts the first of them out of mind. */
static void as_many_are_remembered_as_the_bound_says(void **state)
{
  const struct topo_address address = address_of(7);
  struct topo_id stranger = {{9}};
  struct fixture f;
  (void)state;
  set_up(&f);
  for (uint32_t i = 0; i <= TOPO_NEARBY_HEARD_MAX; i++) {
    struct topo_beacon beacon = beacon_of(&f, i, &stranger, &address);
    hear(&f, &beacon, &address);
    pass(&f, 100); /* fewer in a second than are looked at */
  }
  unsigned looks = f.node->nearby.looks;
  struct topo_beacon first = beacon_of(&f, 0, &stranger, &address),
                     third = beacon_of(&f, 2, &stranger, &address);
  hear(&f, &third, &address);
  assert_int_equal(f.node->nearby.looks, looks);
  hear(&f, &first, &address);
  assert_int_not_equal(f.node->nearby.looks, looks);
  tear_down(&f);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_beacon_is_what_the_document_says),
      cmocka_unit_test(a_beacon_names_one_device_at_one_address),
      cmocka_unit_test(a_member_that_is_heard_is_dialled_where_it_is),
      cmocka_unit_test(what_is_heard_is_tried_first),
      cmocka_unit_test(strangers_and_ourselves_are_not_dialled),
      cmocka_unit_test(one_who_joins_hears_the_inviter),
      cmocka_unit_test(what_was_heard_is_not_looked_at_again_for_a_while),
      cmocka_unit_test(as_many_are_looked_at_as_the_bound_says),
      cmocka_unit_test(as_many_are_remembered_as_the_bound_says),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
