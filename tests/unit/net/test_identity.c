/* test_identity.c - local identities: their keys, names and removal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <sodium.h>
#include <string.h>

#include "net/identity.h"

static void fill(void *ctx, void *out, size_t len)
{
  (void)ctx;
  randombytes_buf(out, len);
}
static const struct topo_rng_ops rng_ops = {fill};
static const struct topo_net_events no_events = {0};

static int setup(void **state)
{
  struct topo_net_options options = {.rng = {&rng_ops, NULL}, .events = &no_events};
  struct topo_net *net;
  assert_int_equal(topo_net_create(&net, &options), 0);
  *state = net;
  return 0;
}

static int teardown(void **state)
{
  topo_net_destroy(*state);
  return 0;
}

static const uint8_t seed[32] = {0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a,
                                 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32,
                                 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60};

/* A name belongs to one identity at a time and is free again when that is removed; dialling needs
 * none. */
static void test_names(void **state)
{
  struct topo_net_identity *one, *two, *dials;
  assert_int_equal(topo_net_identity_add(*state, &one, seed, "abc234", NULL), 0);
  assert_int_equal(topo_net_identity_add(*state, &two, seed, "abc234", NULL), TOPO_EEXISTS);
  assert_int_equal(topo_net_identity_add(*state, &dials, seed, NULL, NULL), 0);
  assert_int_equal(topo_net_identity_add(*state, &dials, seed, NULL, NULL), 0);
  topo_net_identity_remove(*state, one);
  assert_int_equal(topo_net_identity_add(*state, &two, seed, "abc234", NULL), 0);
  topo_net_identity_remove(*state, NULL);
}

/* Only what survives as a DNS label without change of case is a name. */
static void test_bad_names(void **state)
{
  const char *const bad[] = {
      "",    "ABC", "a.b",
      "a-b", "a b", "0123456789012345678901234567890123456789012345678901234567890123"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct topo_net_identity *identity;
    assert_int_equal(topo_net_identity_add(*state, &identity, seed, bad[i], NULL), TOPO_EINVAL);
  }
}

/* There are TOPO_NET_IDENTITIES_MAX at a time; one that is removed makes room. */
static void test_too_many(void **state)
{
  struct topo_net_identity *first, *more;
  assert_int_equal(topo_net_identity_add(*state, &first, seed, NULL, NULL), 0);
  for (unsigned i = 1; i < TOPO_NET_IDENTITIES_MAX; i++)
    assert_int_equal(topo_net_identity_add(*state, &more, seed, NULL, NULL), 0);
  assert_int_equal(topo_net_identity_add(*state, &more, seed, NULL, NULL), TOPO_ELIMIT);
  topo_net_identity_remove(*state, first);
  assert_int_equal(topo_net_identity_add(*state, &more, seed, NULL, NULL), 0);
}

/* A net that has TOPO_NET_CONNECTIONS_MAX connections does not dial. */
static void test_too_many_connections(void **state)
{
  struct topo_net *net = *state;
  struct topo_net_dial dial = {.sni = "a"};
  struct topo_net_conn *conn;
  assert_int_equal(topo_net_identity_add(net, &dial.identity, seed, NULL, NULL), 0);
  topo_net_local_address(net, &dial.remote);
  net->stats.live += TOPO_NET_CONNECTIONS_MAX;
  assert_int_equal(topo_net_dial(net, &conn, &dial, 1), TOPO_ELIMIT);
  net->stats.live--;
  assert_int_equal(topo_net_dial(net, &conn, &dial, 1), 0);
  net->stats.live -= TOPO_NET_CONNECTIONS_MAX - 1;
}

/* A second net on the same port is told that the address is in use. */
static void test_port_in_use(void **state)
{
  struct topo_net_address bound;
  struct topo_net_options options = {.bind = &bound, .rng = {&rng_ops, NULL}, .events = &no_events};
  struct topo_net *second = NULL;
  topo_net_local_address(*state, &bound);
  assert_true(topo_net_address_port(&bound) != 0);
  assert_int_equal(topo_net_create(&second, &options), TOPO_EADDRINUSE);
  assert_null(second);
}

/* An address that this machine does not have cannot be bound. */
static void test_foreign_address(void **state)
{
  struct topo_net_address bind;
  struct topo_net_options options = {.bind = &bind, .rng = {&rng_ops, NULL}, .events = &no_events};
  struct topo_net *net = NULL;
  (void)state;
  assert_int_equal(topo_net_address_parse(&bind, "192.0.2.1", 0), 0);
  assert_int_equal(topo_net_create(&net, &options), TOPO_EINVAL);
  assert_null(net);
}

int main(void)
{
#define WITH_NET(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
  const struct CMUnitTest tests[] = {
      WITH_NET(test_names),       WITH_NET(test_bad_names),
      WITH_NET(test_too_many),    WITH_NET(test_too_many_connections),
      WITH_NET(test_port_in_use), cmocka_unit_test(test_foreign_address),
  };
  if (sodium_init() < 0)
    return 1;
  return cmocka_run_group_tests_name("net identities", tests, NULL, NULL);
}
