/* test_quic.c - the transport over real sockets: two endpoints in one process, over loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "smoke/quic_pair.h"

#define NAME                                                                                       \
  "mfrggzdfmztwq2lknnwg23tpobyxe43uov3ho6dzpiydcmrtgq2q" /* 52 characters, as base32 gives */

enum { SERVER, CLIENT };

static struct endpoint a, b;
static struct endpoint *const both[] = {&a, &b};
static struct topo_net_identity *of_a, *of_b;

static bool run(bool (*done)(void *arg))
{
  return pair_run(both, 2, done, NULL);
}

static bool both_up(void *arg)
{
  (void)arg;
  return a.conn && b.conn;
}

static bool b_down(void *arg)
{
  (void)arg;
  return b.downs > 0;
}

static bool both_down(void *arg)
{
  (void)arg;
  return a.downs > 0 && b.downs > 0;
}

static int setup(void **state)
{
  (void)state;
  endpoint_open(&a, false);
  endpoint_open(&b, false);
  of_a = endpoint_identity(&a, SERVER, NAME);
  of_b = endpoint_identity(&b, CLIENT, NULL);
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  endpoint_close(&a);
  endpoint_close(&b);
  return 0;
}

static void connect_pair(void)
{
  endpoint_dial(&b, &a, of_b, SERVER, NAME);
  assert_true(run(both_up));
}

/* Both sides learn each other's key, address and their own identity. */
static void test_comes_up(void **state)
{
  struct topo_id server = pair_key(SERVER), client = pair_key(CLIENT);
  struct topo_net_address at_a = endpoint_address(&a), at_b = endpoint_address(&b);
  (void)state;
  connect_pair();
  assert_true(topo_id_equal(&a.peer.key, &client));
  assert_true(topo_id_equal(&b.peer.key, &server));
  assert_true(topo_net_address_equal(&a.peer.address, &at_b));
  assert_true(topo_net_address_equal(&b.peer.address, &at_a));
  assert_false(a.peer.outgoing);
  assert_true(b.peer.outgoing);
  assert_ptr_equal(a.peer.identity_user, (void *)(uintptr_t)(100 + SERVER));
  assert_ptr_equal(b.peer.identity_user, (void *)(uintptr_t)(100 + CLIENT));
  assert_ptr_equal(b.peer.user, &b);
  assert_int_equal(a.judged, 1);
}

static bool all_received(void *arg)
{
  (void)arg;
  for (unsigned s = 0; s < TOPO_LINK_STREAMS; s++)
    if (a.received[s] < b.to_send[s] || b.received[s] < a.to_send[s])
      return false;
  return true;
}

/* 20 MiB travel each way at once, over all streams, every byte in its place. */
static void test_bulk_both_ways(void **state)
{
  (void)state;
  connect_pair();
  for (unsigned s = 0; s < TOPO_LINK_STREAMS; s++)
    a.to_send[s] = b.to_send[s] = 5 << 20;
  endpoint_send(&a);
  endpoint_send(&b);
  assert_true(run(all_received));
  assert_true(a.writables > 0 && b.writables > 0);
}

int main(void)
{
#define LIVE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
  const struct CMUnitTest tests[] = {
      LIVE(test_comes_up),
      LIVE(test_bulk_both_ways),
  };
  (void)both_down;
  (void)b_down;
  return cmocka_run_group_tests_name("net over loopback", tests, NULL, NULL);
}
