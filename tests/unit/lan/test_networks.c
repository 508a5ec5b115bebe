/* test_networks.c - on which networks a node is to be found, and by which address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/assert.h"
#include "lan/networks.h"

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { USABLE = IFF_UP | IFF_RUNNING | IFF_MULTICAST, ROWS_MAX_HERE = TOPO_LAN_NETWORKS_MAX + 8 };

/* The interfaces of these tests are called "1", "2" and so on. */
unsigned __wrap_if_nametoindex(const char *name);
unsigned __wrap_if_nametoindex(const char *name)
{
  return (unsigned)atoi(name);
}

struct machine {
  struct ifaddrs list[ROWS_MAX_HERE];
  struct topo_net_address addresses[ROWS_MAX_HERE];
  char names[ROWS_MAX_HERE][8];
  size_t n;
};

static void add(struct machine *m, unsigned interface, unsigned flags, const char *ip)
{
  struct ifaddrs *i = &m->list[m->n];
  topo_assert(topo_net_address_parse(&m->addresses[m->n], ip, 0) == 0);
  snprintf(m->names[m->n], sizeof m->names[m->n], "%u", interface);
  *i = (struct ifaddrs){.ifa_name = m->names[m->n], .ifa_flags = flags};
  i->ifa_addr = &m->addresses[m->n].sa;
  if (m->n++)
    m->list[m->n - 2].ifa_next = i;
}

static size_t choose(struct topo_lan_network *out, const struct machine *m, const char *bound)
{
  struct topo_net_address b;
  topo_assert(topo_net_address_parse(&b, bound, 7443) == 0);
  return topo_lan_networks_choose(out, m->n ? m->list : NULL, &b);
}

static void expect(const struct topo_lan_network *network, unsigned interface, const char *address)
{
  char text[TOPO_NET_ADDRESS_TEXT];
  assert_int_equal(network->interface, interface);
  assert_string_equal(topo_net_address_format(&network->address, text), address);
}

static void only_interfaces_that_can_multicast_count(void **state)
{
  static struct machine m;
  struct topo_lan_network out[TOPO_LAN_NETWORKS_MAX];
  (void)state;
  assert_int_equal(choose(out, &m, "::"), 0);
  add(&m, 1, USABLE | IFF_LOOPBACK, "127.0.0.1");
  add(&m, 2, IFF_UP | IFF_RUNNING, "10.0.2.1");
  add(&m, 3, IFF_UP | IFF_MULTICAST, "10.0.3.1");
  add(&m, 4, USABLE | IFF_POINTOPOINT, "10.0.4.1");
  m.list[m.n - 1].ifa_next = &m.list[m.n]; /* one without an address */
  m.list[m.n++] = (struct ifaddrs){.ifa_name = m.names[0], .ifa_flags = USABLE};
  add(&m, 5, USABLE, "10.0.5.1");
  assert_int_equal(choose(out, &m, "::"), 1);
  expect(&out[0], 5, "10.0.5.1:7443");
}

/* One of each family; a link-local one only when there is nothing better. */
static void each_interface_has_one_address_of_a_family(void **state)
{
  static struct machine m;
  struct topo_lan_network out[TOPO_LAN_NETWORKS_MAX];
  (void)state;
  add(&m, 1, USABLE, "169.254.3.3");
  add(&m, 1, USABLE, "10.0.1.1");
  add(&m, 1, USABLE, "10.0.1.2");
  add(&m, 1, USABLE, "fe80::1");
  add(&m, 1, USABLE, "2001:db8::1");
  add(&m, 2, USABLE, "10.0.2.1");
  add(&m, 2, USABLE, "fe80::2");
  add(&m, 3, USABLE, "fe80::3");
  assert_int_equal(choose(out, &m, "::"), 4);
  expect(&out[0], 1, "10.0.1.1:7443");
  expect(&out[1], 1, "[2001:db8::1]:7443");
  expect(&out[2], 2, "10.0.2.1:7443");
  expect(&out[3], 3, "[fe80::3]:7443");
}

static void only_addresses_that_reach_the_socket_count(void **state)
{
  static struct machine m;
  struct topo_lan_network out[TOPO_LAN_NETWORKS_MAX];
  (void)state;
  add(&m, 1, USABLE, "10.0.1.1");
  add(&m, 1, USABLE, "10.0.1.2");
  add(&m, 1, USABLE, "2001:db8::1");
  assert_int_equal(choose(out, &m, "0.0.0.0"), 1);
  expect(&out[0], 1, "10.0.1.1:7443");
  assert_int_equal(choose(out, &m, "10.0.1.2"), 1);
  expect(&out[0], 1, "10.0.1.2:7443");
  assert_int_equal(choose(out, &m, "2001:db8::1"), 1);
  expect(&out[0], 1, "[2001:db8::1]:7443");
  assert_int_equal(choose(out, &m, "127.0.0.1"), 0);
}

static void as_many_networks_are_used_as_the_bound_says(void **state)
{
  static struct machine m;
  struct topo_lan_network out[TOPO_LAN_NETWORKS_MAX];
  (void)state;
  for (unsigned i = 1; i <= TOPO_LAN_NETWORKS_MAX + 1; i++)
    add(&m, i, USABLE, "10.0.1.1");
  assert_int_equal(choose(out, &m, "::"), TOPO_LAN_NETWORKS_MAX);
  expect(&out[TOPO_LAN_NETWORKS_MAX - 1], TOPO_LAN_NETWORKS_MAX, "10.0.1.1:7443");
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(only_interfaces_that_can_multicast_count),
      cmocka_unit_test(each_interface_has_one_address_of_a_family),
      cmocka_unit_test(only_addresses_that_reach_the_socket_count),
      cmocka_unit_test(as_many_networks_are_used_as_the_bound_says),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
