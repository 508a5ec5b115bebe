/*
 * test_address.c - addresses as people write them: which texts are one, and that each is written as
 * it was read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "base/status.h"
#include "node/address.h"

/* What each is written as. */
static void a_number_and_a_port_is_an_address(void **state)
{
  static const char *const good[][2] = {
      {"192.0.2.7:7443", "192.0.2.7:7443"},
      {"127.0.0.1:1", "127.0.0.1:1"},
      {"223.255.255.255:65535", "223.255.255.255:65535"},
      {"[2001:db8::7]:7443", "[2001:db8::7]:7443"},
      {"[2001:0DB8:0:0:0:0:0:7]:07443", "[2001:db8::7]:7443"},
      {"[fe80::1]:9", "[fe80::1]:9"},
      {"[::1]:9", "[::1]:9"},
      {"[::ffff:192.0.2.7]:9", "192.0.2.7:9"},
      {"[2001:db8:1111:2222:3333:4444:5555:6666]:65535",
       "[2001:db8:1111:2222:3333:4444:5555:6666]:65535"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    struct topo_address address;
    char text[TOPO_ADDRESS_TEXT];
    assert_int_equal(topo_address_parse(&address, good[i][0]), 0);
    assert_string_equal(topo_address_format(&address, text), good[i][1]);
  }
}

static void what_is_no_address_of_a_node_is_refused(void **state)
{
  static const char *const bad[] = {
      "",
      ":",
      ":7443",
      "192.0.2.7",
      "192.0.2.7:",
      "192.0.2.7:0",
      "192.0.2.7:65536",
      "192.0.2.7:174430",
      "192.0.2.7:-1",
      "192.0.2.7:+1",
      "192.0.2.7: 1",
      "192.0.2.7:1 ",
      "192.0.2.7:0x1",
      " 192.0.2.7:1",
      "192.0.2:1",
      "192.0.2.256:1",
      "0.0.0.0:1",
      "224.0.0.1:1",
      "255.255.255.255:1",
      "2001:db8::7:7443",
      "[2001:db8::7]",
      "[2001:db8::7]7443",
      "[2001:db8::7:7443",
      "2001:db8::7]:7443",
      "[]:7443",
      "[",
      "[:1",
      "[192.0.2.7]:1",
      "[::]:1",
      "[ff02::1]:1",
      "[fe80::1%eth0]:1",
      "[::ffff:0.0.0.0]:1",
      "[::ffff:224.0.0.1]:1",
      "[1111:2222:3333:4444:5555:6666:7777:8888:9999:1111:2222]:1",
      "example.org:7443",
      "localhost:7443",
  };
  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct topo_address address;
    if (topo_address_parse(&address, bad[i]) != TOPO_EINVAL)
      fail_msg("taken: %s", bad[i]);
    assert_int_equal(address.len, 0);
  }
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_number_and_a_port_is_an_address),
      cmocka_unit_test(what_is_no_address_of_a_node_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
