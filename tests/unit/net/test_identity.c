/* test_identity.c - local identities: their keys, names and removal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <poll.h>
#include <sodium.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/identity.h"
#include "net/token.h"

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

/* A name has at most TOPO_NET_SNI_MAX letters, when it is added and when it is dialled. */
static void test_long_names(void **state)
{
  char name[TOPO_NET_SNI_MAX + 2] = {0};
  struct topo_net_dial dial = {.sni = name};
  struct topo_net_conn *conn;
  topo_net_local_address(*state, &dial.remote);
  memset(name, 'a', TOPO_NET_SNI_MAX);
  assert_int_equal(topo_net_identity_add(*state, &dial.identity, seed, name, NULL), 0);
  assert_int_equal(topo_net_dial(*state, &conn, &dial, 1), 0);
  name[TOPO_NET_SNI_MAX] = 'a';
  struct topo_net_identity *longer;
  assert_int_equal(topo_net_identity_add(*state, &longer, seed, name, NULL), TOPO_EINVAL);
  assert_int_equal(topo_net_dial(*state, &conn, &dial, 1), TOPO_EINVAL);
}

/* A token of an address has at most TOPO_NET_TOKEN_MAX bytes; a longer one is not kept. */
static void test_long_tokens(void **state)
{
  static const uint8_t token[TOPO_NET_TOKEN_MAX + 1] = {1};
  uint8_t out[TOPO_NET_TOKEN_MAX];
  struct topo_net_address remote;
  topo_net_local_address(*state, &remote);
  topo_net_token_keep(*state, &remote, token, TOPO_NET_TOKEN_MAX);
  assert_int_equal(topo_net_token_take(*state, &remote, out), TOPO_NET_TOKEN_MAX);
  assert_memory_equal(out, token, TOPO_NET_TOKEN_MAX);
  topo_net_token_keep(*state, &remote, token, TOPO_NET_TOKEN_MAX + 1);
  assert_int_equal(topo_net_token_take(*state, &remote, out), 0);
}

/* Sends so many bytes that look like a packet of a connection that is not known; returns how many
 * bytes the answer has, 0 for none. */
static size_t answer_to(struct topo_net *net, int fd, size_t len)
{
  uint8_t packet[1200] = {0x40}, reply[1500];
  struct pollfd in = {.fd = topo_net_fd(net), .events = POLLIN};
  struct topo_net_stats before, after;
  topo_net_get_stats(net, &before);
  assert_int_equal(send(fd, packet, len, 0), (ssize_t)len);
  assert_int_equal(poll(&in, 1, 10000), 1);
  topo_net_ready(net, 1);
  topo_net_get_stats(net, &after);
  assert_int_equal(after.ignored, before.ignored + 1);
  if (after.resets == before.resets)
    return 0;
  return (size_t)recv(fd, reply, sizeof reply, 0);
}

/* A stateless reset is shorter than what it answers, and has at most 60 bytes (RESET_MAX). */
static void test_resets(void **state)
{
  static const size_t sizes[][2] = {{42, 0}, {43, 42}, {60, 59}, {61, 60}, {62, 60}, {1200, 60}};
  struct topo_net_address bind;
  struct topo_net_options options = {.bind = &bind, .rng = {&rng_ops, NULL}, .events = &no_events};
  struct topo_net *net;
  (void)state;
  assert_int_equal(topo_net_address_parse(&bind, "127.0.0.1", 0), 0);
  assert_int_equal(topo_net_create(&net, &options), 0);
  topo_net_local_address(net, &bind);
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  assert_int_equal(connect(fd, &bind.sa, topo_net_address_len(&bind)), 0);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    assert_int_equal(answer_to(net, fd, sizes[i][0]), sizes[i][1]);
  close(fd);
  topo_net_destroy(net);
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
      WITH_NET(test_names),          WITH_NET(test_bad_names),
      WITH_NET(test_long_names),     WITH_NET(test_long_tokens),
      WITH_NET(test_too_many),       WITH_NET(test_too_many_connections),
      WITH_NET(test_port_in_use),    cmocka_unit_test(test_foreign_address),
      cmocka_unit_test(test_resets),
  };
  if (sodium_init() < 0)
    return 1;
  return cmocka_run_group_tests_name("net identities", tests, NULL, NULL);
}
