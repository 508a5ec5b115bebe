/*
 * test_search.c - an address that was given without saying whose it is: one device after the other
 * is asked for there; and dialling now. Each bound is met, and then passed by one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "api/base64url.h"
#include "base/status.h"
#include "node/parts.h"
#include "unit/node/given.h"

/* ---- of nobody in particular ----------------------------------------------------------------- */

enum { DEVICES = 2 * TOPO_SEARCH_DIALS_MAX + 2 };

static void set_up_search(struct given *f, struct topo_id devices[static DEVICES])
{
  given_set_up(f);
  for (uint32_t i = 0; i < DEVICES; i++)
    devices[i] = given_add_device(f, i);
}

static size_t index_of(const struct topo_id *devices, const struct topo_id *device)
{
  size_t i = 0;
  while (i < DEVICES && !topo_id_equal(&devices[i], device))
    i++;
  assert_in_range(i, 0, DEVICES - 1);
  return i;
}

/* Each device is asked for once, so many at a time; nobody is left who does not answer. */
static void each_is_asked_for_once_and_few_at_a_time(void **state)
{
  struct topo_id devices[DEVICES];
  bool asked[DEVICES] = {false};
  struct given f;
  int dialling;
  (void)state;
  set_up_search(&f, devices);
  given_come_up(&f, &devices[3], NULL);
  assert_int_equal(given_give(&f, NULL, 1, &dialling), 0);
  assert_int_equal(dialling, DEVICES - 1);
  assert_int_equal(f.n, TOPO_SEARCH_DIALS_MAX);
  assert_true(
      given_lists(&f, "\"search\":{\"address\":\"10.0.0.1:9\",\"left\":9,\"last_error\":\"\"}"));
  for (size_t i = 0; i < DEVICES - 1; i++) {
    assert_int_equal(f.dials[i].address.bytes[4], 1);
    asked[index_of(devices, &f.dials[i].pin)] = true;
    given_fail_dial(&f, i, TOPO_ENOTFOUND);
    size_t most = i + 1 + TOPO_SEARCH_DIALS_MAX;
    assert_int_equal(f.n, most < DEVICES - 1 ? most : DEVICES - 1);
  }
  for (size_t i = 0; i < DEVICES; i++)
    assert_int_equal(asked[i], i != 3);
  assert_true(given_lists(&f, "\"left\":0,\"last_error\":\"not-found\"}"));
  f.solo.now.mono_ms += HOUR_MS;
  topo_node_step(f.solo.node, f.solo.now, NULL, 0);
  assert_int_equal(f.n, DEVICES - 1); /* nobody has kept it */
  given_tear_down(&f);
}

static void who_answers_keeps_the_address(void **state)
{
  struct topo_id devices[DEVICES];
  struct given f;
  char found[TOPO_ID_TEXT_SIZE + 16], id[TOPO_ID_TEXT_SIZE];
  int dialling;
  (void)state;
  set_up_search(&f, devices);
  assert_int_equal(given_give(&f, NULL, 1, &dialling), 0);
  given_fail_dial(&f, 0, TOPO_ENOTFOUND);
  struct topo_id device = f.dials[2].pin;
  given_come_up(&f, &device, &f.dials[2]);
  size_t n = f.n;
  topo_id_format(id, &device);
  snprintf(found, sizeof found, "\"device\":\"%s\"", id);
  assert_true(given_lists(&f, found));
  assert_true(given_lists(&f, "\"left\":0"));
  given_fail_dial(&f, 1, TOPO_ENOTFOUND);
  given_fail_dial(&f, 3, TOPO_ETIMEOUT);
  f.solo.now.mono_ms += HOUR_MS;
  topo_node_step(f.solo.node, f.solo.now, NULL, 0);
  assert_int_equal(f.n, n); /* nobody else is asked for */
  given_reopen(&f);
  assert_true(given_lists(&f, "\"given\":[\"10.0.0.1:9\"]"));
  for (size_t i = 0; i < DEVICES; i++)
    assert_int_equal(given_is_candidate(&f, &devices[i], 1), topo_id_equal(&devices[i], &device));
  topo_node_step(f.solo.node, f.solo.now, NULL, 0);
  given_assert_dial(&f, n, &device, 1);
  given_tear_down(&f);
}

/* Where nobody is there, the others are not either; where somebody is, silence means little. */
static void where_nobody_is_there_the_search_is_over(void **state)
{
  struct topo_id devices[DEVICES];
  struct given f;
  int dialling;
  (void)state;
  set_up_search(&f, devices);
  assert_int_equal(given_give(&f, NULL, 1, &dialling), 0);
  given_fail_dial(&f, 0, TOPO_EUNREACHABLE);
  assert_int_equal(f.n, TOPO_SEARCH_DIALS_MAX);
  assert_true(given_lists(&f, "\"left\":0,\"last_error\":\"unreachable\"}"));
  assert_int_equal(given_give(&f, NULL, 2, &dialling), 0);
  assert_int_equal(f.n, 2 * TOPO_SEARCH_DIALS_MAX);
  given_fail_dial(&f, 1, TOPO_EUNREACHABLE); /* one of the search before says nothing of this one */
  assert_true(given_lists(&f, "\"left\":10,\"last_error\":\"\"}"));
  given_fail_dial(&f, TOPO_SEARCH_DIALS_MAX, TOPO_EUNTRUSTED);
  given_fail_dial(&f, TOPO_SEARCH_DIALS_MAX + 1, TOPO_ETIMEOUT);
  assert_true(given_lists(&f, "\"left\":8,\"last_error\":\"untrusted\"}"));
  assert_int_equal(f.n, 2 * TOPO_SEARCH_DIALS_MAX + 2);
  given_tear_down(&f);
}

/* A search does not take the place of the dials that there are anyway, nor they that of a search.
 */
static void a_search_and_other_dials_do_not_hinder_each_other(void **state)
{
  struct topo_id devices[DEVICES];
  struct given f;
  int dialling;
  (void)state;
  set_up_search(&f, devices);
  given_tell(&f, &devices[0], 1, 1);
  topo_node_step(f.solo.node, f.solo.now, NULL, 0);
  assert_int_equal(f.n, 1);
  assert_int_equal(given_give(&f, NULL, 9, &dialling), 0);
  assert_int_equal(dialling, DEVICES);
  assert_int_equal(f.n, 1 + TOPO_SEARCH_DIALS_MAX);
  struct topo_node_peer *peer = topo_peers_find(&f.solo.node->peers, &devices[0]);
  assert_int_equal(peer->dials, 1);
  given_fail_dial(&f, 0, TOPO_EUNREACHABLE);
  assert_int_equal(peer->dials, 0);
  assert_int_equal(peer->last_status, TOPO_EUNREACHABLE);
  for (size_t i = 1; i <= TOPO_SEARCH_DIALS_MAX; i++)
    given_fail_dial(&f, i, TOPO_ENOTFOUND);
  assert_int_equal(peer->last_status,
                   TOPO_EUNREACHABLE); /* that it is not there says nothing of it */
  assert_int_equal(f.solo.node->peers.dialling, TOPO_SEARCH_DIALS_MAX);
  assert_int_equal(peer->failures, 1);
  given_tear_down(&f);
}

/* A device that has as many as it may have been given keeps it as one that was seen. */
static void one_that_is_full_keeps_it_as_one_that_was_seen(void **state)
{
  struct given f;
  int dialling;
  (void)state;
  given_set_up(&f);
  struct topo_id device = given_add_device(&f, 1);
  for (unsigned i = 1; i <= TOPO_PEER_GIVEN_MAX; i++)
    assert_int_equal(given_give(&f, &device, i, &dialling), 0);
  while (f.n > 0)
    given_fail_dial(&f, --f.n, TOPO_EUNREACHABLE);
  f.n = 0;
  assert_int_equal(given_give(&f, NULL, 9, &dialling), 0);
  assert_int_equal(dialling, 1);
  given_assert_dial(&f, f.n - 1, &device, 9);
  given_come_up(&f, &device, &f.dials[f.n - 1]);
  assert_true(given_lists(&f, "\"10.0.0.4:9\"],"));
  assert_true(given_is_candidate(&f, &device, 9));
  given_tear_down(&f);
}

/* The disk is full just then: the space is read anew, and the search with it is gone. */
static void a_search_ends_when_the_space_is_read_anew(void **state)
{
  struct topo_id devices[DEVICES];
  struct given f;
  int dialling;
  (void)state;
  set_up_search(&f, devices);
  assert_int_equal(given_give(&f, NULL, 1, &dialling), 0);
  sim_disk_fail_from(f.solo.disk, SIM_DISK_WRITE, 1, SQLITE_FULL_CODE);
  given_come_up(&f, &f.dials[0].pin, &f.dials[0]);
  sim_disk_heal(f.solo.disk);
  for (size_t i = 0; i < TOPO_SEARCH_DIALS_MAX; i++)
    given_fail_dial(&f, i, TOPO_ENOTFOUND);
  assert_int_equal(f.n, TOPO_SEARCH_DIALS_MAX);
  assert_false(given_lists(&f, "\"search\""));
  given_tear_down(&f);
}

/* ---- dialling now ---------------------------------------------------------------------------- */

static void all_are_dialled_now_up_to_the_bound(void **state)
{
  struct given f;
  int dialling;
  (void)state;
  given_set_up(&f);
  assert_int_equal(given_ask(&f, "dialPeers", "{}", &dialling), 0);
  assert_int_equal(dialling, 0);
  for (uint32_t i = 0; i <= TOPO_NODE_DIALS_MAX; i++) {
    struct topo_id device = given_add_device(&f, i);
    given_tell(&f, &device, 1, 1);
    if (i + 1 < TOPO_NODE_DIALS_MAX)
      continue;
    f.n = 0;
    assert_int_equal(given_ask(&f, "dialPeers", NULL, &dialling), 0);
    assert_int_equal(dialling, TOPO_NODE_DIALS_MAX); /* of as many, and of one more */
    assert_int_equal(f.n, TOPO_NODE_DIALS_MAX);
    while (f.solo.node->peers.dialling > 0) {
      f.n--;
      given_fail_dial(&f, f.n, TOPO_EUNREACHABLE);
      f.n = f.n > GIVEN_DIALS / 2 ? GIVEN_DIALS / 2 : f.n;
    }
  }
  given_tear_down(&f);
}

static void one_is_dialled_now_whatever_failed_before(void **state)
{
  struct given f;
  char body[96], id[TOPO_ID_TEXT_SIZE];
  int dialling;
  (void)state;
  given_set_up(&f);
  struct topo_id device = given_add_device(&f, 1), other = given_add_device(&f, 2);
  topo_id_format(id, &device);
  snprintf(body, sizeof body, "{\"device\":\"%s\"}", id);
  assert_int_equal(given_ask(&f, "dialPeers", body, &dialling), TOPO_EUNREACHABLE); /* where? */
  given_tell(&f, &device, 1, 1);
  given_tell(&f, &other, 2, 1);
  topo_node_step(f.solo.node, f.solo.now, NULL, 0);
  assert_int_equal(f.n, 2);
  for (int i = 0; i < 8; i++) {
    given_fail_dial(&f, f.n - 1, TOPO_EUNREACHABLE);
    given_fail_dial(&f, f.n - 2, TOPO_EUNREACHABLE);
    size_t before = f.n;
    assert_int_equal(given_ask(&f, "dialPeers", body, &dialling), 0);
    assert_int_equal(dialling, 1);
    assert_int_equal(f.n, before + 1);
    given_assert_dial(&f, before, &device, 1);
    f.n++; /* the other one's place, for the next time */
    f.dials[f.n - 1].number = 0;
  }
  given_come_up(&f, &device, &f.dials[f.n - 2]);
  assert_int_equal(given_ask(&f, "dialPeers", body, &dialling), 0);
  assert_int_equal(dialling, 0);
  assert_int_equal(given_ask(&f, "dialPeers",
                             "{\"device\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
                             &dialling),
                   TOPO_ENOTFOUND);
  given_tear_down(&f);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_is_asked_for_once_and_few_at_a_time),
      cmocka_unit_test(who_answers_keeps_the_address),
      cmocka_unit_test(where_nobody_is_there_the_search_is_over),
      cmocka_unit_test(a_search_and_other_dials_do_not_hinder_each_other),
      cmocka_unit_test(one_that_is_full_keeps_it_as_one_that_was_seen),
      cmocka_unit_test(a_search_ends_when_the_space_is_read_anew),
      cmocka_unit_test(all_are_dialled_now_up_to_the_bound),
      cmocka_unit_test(one_is_dialled_now_whatever_failed_before),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
