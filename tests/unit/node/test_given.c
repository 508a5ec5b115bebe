/*
 * test_given.c - addresses of a device that people give by hand: they are dialled at once, and kept
 * until they are taken back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "api/base64url.h"
#include "base/status.h"
#include "node/invite.h"
#include "node/parts.h"
#include "unit/node/given.h"

static void an_address_of_a_device_is_dialled_at_once_and_kept(void **state)
{
  struct given f;
  int dialling;
  (void)state;
  given_set_up(&f);
  struct topo_id device = given_add_device(&f, 1);
  assert_int_equal(given_give(&f, &device, 1, &dialling), 0);
  assert_int_equal(dialling, 1);
  assert_int_equal(f.n, 1);
  given_assert_dial(&f, 0, &device, 1);
  assert_true(given_lists(&f, "\"given\":[\"10.0.0.1:9\"]"));
  /* It stays, whatever the device says later, and however often it is seen elsewhere. */
  for (int again = 0; again < 2; again++) {
    given_tell(&f, &device, 100, TOPO_NODE_ADDRESSES_MAX);
    given_tell(&f, &device, 200, TOPO_NODE_ADDRESSES_MAX);
    assert_true(given_is_candidate(&f, &device, 1));
    assert_true(given_is_candidate(&f, &device, 200));
    for (uint8_t n = 0; n <= TOPO_NODE_ADDRESSES_MAX; n++) {
      struct topo_dial elsewhere = {.address = given_address_of((uint8_t)(50 + n))};
      given_come_up(&f, &device, &elsewhere);
    }
    assert_true(given_is_candidate(&f, &device, 1));
    given_reopen(&f);
    assert_true(given_is_candidate(&f, &device, 1));
    assert_true(given_is_candidate(&f, &device, 50 + TOPO_NODE_ADDRESSES_MAX));
    assert_true(given_lists(&f, "\"given\":[\"10.0.0.1:9\"]"));
  }
  given_tear_down(&f);
}

/* One that was given last comes first; what failed before does not hold it up. */
static void it_is_dialled_whatever_failed_before(void **state)
{
  struct given f;
  int dialling;
  (void)state;
  given_set_up(&f);
  struct topo_id device = given_add_device(&f, 1);
  for (unsigned i = 0; i < 3; i++) {
    assert_int_equal(given_give(&f, &device, 1, &dialling), 0);
    assert_int_equal(f.n, i + 1);
    given_fail_dial(&f, i, TOPO_EUNREACHABLE);
    assert_int_equal(f.n, i + 1); /* it waits now */
  }
  assert_int_equal(given_give(&f, &device, 2, &dialling), 0);
  assert_int_equal(f.n, 4);
  given_assert_dial(&f, 3, &device, 2);
  given_come_up(&f, &device, &f.dials[3]);
  assert_int_equal(given_give(&f, &device, 3, &dialling), 0);
  assert_int_equal(dialling, 0); /* it is connected: kept for later */
  assert_true(given_lists(&f, "\"10.0.0.3:9\""));
  given_tear_down(&f);
}

static void a_device_has_as_many_as_the_bound_says(void **state)
{
  struct given f;
  int dialling;
  (void)state;
  given_set_up(&f);
  struct topo_id device = given_add_device(&f, 1), other = given_add_device(&f, 2);
  for (unsigned i = 1; i <= TOPO_PEER_GIVEN_MAX; i++)
    assert_int_equal(given_give(&f, &device, i, &dialling), 0);
  assert_int_equal(given_give(&f, &device, TOPO_PEER_GIVEN_MAX + 1, &dialling), TOPO_ELIMIT);
  assert_false(given_is_candidate(&f, &device, TOPO_PEER_GIVEN_MAX + 1));
  assert_int_equal(given_give(&f, &device, 1, &dialling), 0); /* that one is given already */
  assert_int_equal(given_give(&f, &other, TOPO_PEER_GIVEN_MAX + 1, &dialling), 0);
  given_reopen(&f);
  for (uint8_t i = 1; i <= TOPO_PEER_GIVEN_MAX; i++)
    assert_true(given_is_candidate(&f, &device, i));
  assert_int_equal(given_give(&f, &device, TOPO_PEER_GIVEN_MAX + 1, &dialling), TOPO_ELIMIT);
  assert_int_equal(given_forget(&f, "10.0.0.2:9"), 0);
  assert_int_equal(given_give(&f, &device, TOPO_PEER_GIVEN_MAX + 1, &dialling), 0);
  given_tear_down(&f);
}

static void what_was_given_is_taken_back(void **state)
{
  struct given f;
  int dialling;
  (void)state;
  given_set_up(&f);
  struct topo_id device = given_add_device(&f, 1), other = given_add_device(&f, 2);
  struct topo_dial seen = {.address = given_address_of(1)};
  given_come_up(&f, &other, &seen); /* and is not given */
  assert_int_equal(given_give(&f, &device, 1, &dialling), 0);
  assert_int_equal(given_give(&f, &device, 2, &dialling), 0);
  assert_int_equal(given_forget(&f, "10.0.0.3:9"), TOPO_ENOTFOUND);
  assert_int_equal(given_forget(&f, "10.0.0.1"), TOPO_EINVAL);
  assert_int_equal(given_forget(&f, "10.0.0.1:9"), 0);
  assert_int_equal(given_forget(&f, "10.0.0.1:9"), TOPO_ENOTFOUND);
  for (int again = 0; again < 2; again++) {
    assert_false(given_is_candidate(&f, &device, 1));
    assert_true(given_is_candidate(&f, &device, 2));
    assert_true(given_is_candidate(&f, &other, 1));
    assert_true(given_lists(&f, "\"given\":[\"10.0.0.2:9\"]"));
    given_reopen(&f);
  }
  assert_int_equal(given_forget(&f, "10.0.0.2:9"), 0);
  assert_false(given_lists(&f, "10.0.0.2"));
  assert_int_equal(topo_peers_find(&f.solo.node->peers, &device)->n_addresses, 0);
  given_tear_down(&f);
}

/* A dial to an address that is forgotten meanwhile ends as any other. */
static void a_dial_outlives_its_address(void **state)
{
  struct given f;
  int dialling;
  (void)state;
  given_set_up(&f);
  struct topo_id device = given_add_device(&f, 1);
  assert_int_equal(given_give(&f, &device, 1, &dialling), 0);
  assert_int_equal(given_give(&f, &device, 2, &dialling), 0);
  assert_int_equal(f.n, 2);
  assert_int_equal(given_forget(&f, "10.0.0.1:9"), 0);
  assert_int_equal(given_forget(&f, "10.0.0.2:9"), 0);
  given_fail_dial(&f, 0, TOPO_EUNREACHABLE);
  given_come_up(&f, &device, &f.dials[1]);
  assert_true(given_is_candidate(&f, &device, 2)); /* as one that was seen */
  assert_true(given_lists(&f, "\"given\":[]"));
  given_tear_down(&f);
}

static void what_cannot_be_written_is_not_given(void **state)
{
  struct given f;
  int dialling;
  (void)state;
  given_set_up(&f);
  struct topo_id device = given_add_device(&f, 1);
  sim_disk_fail_from(f.solo.disk, SIM_DISK_WRITE, 1, SQLITE_FULL_CODE);
  assert_true(given_give(&f, &device, 1, &dialling) < 0);
  assert_int_equal(f.n, 0);
  sim_disk_heal(f.solo.disk);
  f.solo.now.mono_ms += HOUR_MS;
  topo_node_step(f.solo.node, f.solo.now, NULL, 0);
  assert_int_equal(f.n, 0);
  assert_true(given_lists(&f, "\"given\":[]"));
  given_tear_down(&f);
}

static void only_another_member_has_addresses(void **state)
{
  struct given f;
  int dialling;
  (void)state;
  given_set_up(&f);
  struct topo_id own = topo_node_self(f.solo.node)->device.public_key, nobody = {{7}};
  assert_int_equal(given_give(&f, &own, 1, &dialling), TOPO_ENOTFOUND);
  assert_int_equal(given_give(&f, &nobody, 1, &dialling), TOPO_ENOTFOUND);
  assert_int_equal(given_ask(&f, "addPeerAddress", "{\"address\":\"example.org:1\"}", &dialling),
                   TOPO_EINVAL);
  assert_int_equal(f.solo.node->peers.n, 0);
  given_tear_down(&f);
}

/* Who joins knows the inviter alone, so whose address it is need not be said. */
static void one_that_joins_is_told_where_the_inviter_is(void **state)
{
  static const struct topo_id alice = {{2}};
  struct topo_invite_link l = {.workspace = {{1}}, .invite = {{3}}, .seed = {4}, .n_devices = 1};
  struct given f = {.n = 0};
  int dialling;
  (void)state;
  l.devices[0].device = alice;
  l.devices[0].n_addresses = 1;
  l.devices[0].addresses[0] = given_address_of(1);
  solo_init(&f.solo, 1);
  f.solo.ports.dial = given_take_dial;
  f.solo.ports.ctx = &f;
  struct topo_node_options o = {.path = "space.db",
                                .disk = &f.solo.port,
                                .rng = sim_rng_port(&f.solo.rng),
                                .ports = &f.solo.ports};
  struct topo_node_join join = {.invite_link = &l, .user_name = "bob", .now = f.solo.now};
  assert_int_equal(topo_node_join_workspace(&f.solo.node, &o, &join), 0);
  topo_node_step(f.solo.node, f.solo.now, NULL, 0);
  assert_int_equal(f.n, 1);
  given_assert_dial(&f, 0, &alice, 1);
  given_fail_dial(&f, 0, TOPO_EUNREACHABLE);
  assert_int_equal(given_give(&f, NULL, 2, &dialling), 0);
  assert_int_equal(dialling, 1);
  assert_int_equal(f.n, 2);
  given_assert_dial(&f, 1, &alice, 2);
  assert_true(f.dials[1].with_invite);
  given_fail_dial(&f, 1, TOPO_EUNREACHABLE);
  assert_int_equal(given_ask(&f, "dialPeers", "{}", &dialling), 0);
  assert_int_equal(dialling, 1);
  assert_int_equal(f.n, 3);
  assert_int_equal(given_give(&f, &(struct topo_id){{7}}, 2, &dialling), TOPO_ENOTFOUND);
  given_reopen(&f);
  assert_true(given_lists(&f, "\"given\":[\"10.0.0.2:9\"]"));
  given_tear_down(&f);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_address_of_a_device_is_dialled_at_once_and_kept),
      cmocka_unit_test(it_is_dialled_whatever_failed_before),
      cmocka_unit_test(a_device_has_as_many_as_the_bound_says),
      cmocka_unit_test(what_was_given_is_taken_back),
      cmocka_unit_test(a_dial_outlives_its_address),
      cmocka_unit_test(what_cannot_be_written_is_not_given),
      cmocka_unit_test(only_another_member_has_addresses),
      cmocka_unit_test(one_that_joins_is_told_where_the_inviter_is),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
