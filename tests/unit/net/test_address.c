/* test_address.c - addresses are read, written, compared and mapped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "base/status.h"
#include "net/address.h"

static struct topo_net_address parsed(const char *text, uint16_t port)
{
  struct topo_net_address a;
  assert_int_equal(topo_net_address_parse(&a, text, port), 0);
  return a;
}

/* What is read is written the same, with its port. */
static void test_text(void **state)
{
  char text[TOPO_NET_ADDRESS_TEXT];
  struct topo_net_address v4 = parsed("192.0.2.7", 4433), v6 = parsed("2001:db8::1", 1);
  (void)state;
  assert_string_equal(topo_net_address_format(&v4, text), "192.0.2.7:4433");
  assert_string_equal(topo_net_address_format(&v6, text), "[2001:db8::1]:1");
  assert_int_equal(topo_net_address_port(&v4), 4433);
}

/* Names, ports inside the text and unknown interfaces are refused. */
static void test_refused(void **state)
{
  const char *const bad[] = {
      "",
      "localhost",
      "192.0.2.7:80",
      "192.0.2.300",
      "[::1]",
      "fe80::1%nosuchif",
      "192.0.2.7%lo",
      "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd:eeee"};
  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct topo_net_address a;
    assert_int_equal(topo_net_address_parse(&a, bad[i], 1), TOPO_EINVAL);
  }
}

/* An IPv4 address survives the way into a dual-stack socket and back; IPv6 is left alone. */
static void test_mapping(void **state)
{
  struct topo_net_address v4 = parsed("192.0.2.7", 9), there = v4, v6 = parsed("2001:db8::1", 9);
  struct topo_net_address same = v6;
  (void)state;
  topo_net_address_map(&there);
  assert_int_equal(there.sa.sa_family, AF_INET6);
  assert_true(topo_net_address_is_v4(&there));
  assert_false(topo_net_address_equal(&there, &v4));
  topo_net_address_unmap(&there);
  assert_true(topo_net_address_equal(&there, &v4));
  topo_net_address_map(&same);
  topo_net_address_unmap(&same);
  assert_true(topo_net_address_equal(&same, &v6));
  assert_false(topo_net_address_is_v4(&v6));
}

/* Address, port and family all count. */
static void test_equality(void **state)
{
  struct topo_net_address a = parsed("192.0.2.7", 9), port = parsed("192.0.2.7", 10),
                          host = parsed("192.0.2.8", 9), v6 = parsed("::ffff:192.0.2.7", 9);
  (void)state;
  assert_true(topo_net_address_equal(&a, &a));
  assert_false(topo_net_address_equal(&a, &port));
  assert_false(topo_net_address_equal(&a, &host));
  assert_false(topo_net_address_equal(&a, &v6));
  assert_true(topo_net_address_is_any(&(struct topo_net_address){.in6.sin6_family = AF_INET6}));
  assert_false(topo_net_address_is_any(&a));
}

/* Socket addresses of other families, or cut short, are refused. */
static void test_set(void **state)
{
  struct topo_net_address a = parsed("192.0.2.7", 9), out;
  struct sockaddr_storage other = {.ss_family = AF_UNIX};
  (void)state;
  assert_int_equal(topo_net_address_set(&out, &a.sa, sizeof a.in), 0);
  assert_true(topo_net_address_equal(&out, &a));
  assert_int_equal(topo_net_address_set(&out, &a.sa, sizeof a.in - 1), TOPO_EINVAL);
  assert_int_equal(topo_net_address_set(&out, (struct sockaddr *)&other, sizeof other),
                   TOPO_EINVAL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_text),    cmocka_unit_test(test_refused),
      cmocka_unit_test(test_mapping), cmocka_unit_test(test_equality),
      cmocka_unit_test(test_set),
  };
  return cmocka_run_group_tests_name("net/address", tests, NULL, NULL);
}
