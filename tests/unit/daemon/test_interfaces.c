/*
 * test_interfaces.c - which addresses of this machine are told, and in which order: from messages
 * as the kernel writes them, and from the kernel itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/status.h"
#include "daemon/addresses.h"
#include "daemon/interfaces.h"
#include "node/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UP = IFF_UP | IFF_RUNNING | IFF_MULTICAST, UPLINK = 7, CABLE = 8, BRIDGE = 9 };

/* ---- messages -------------------------------------------------------------------------------- */

static void put(struct topo_buf *out, const void *data, size_t len)
{
  static const uint8_t zeros[4];
  assert_int_equal(topo_buf_put(out, data, len), 0);
  assert_int_equal(topo_buf_put(out, zeros, (4 - len % 4) % 4), 0);
}

static size_t begin(struct topo_buf *out, uint16_t type, const void *body, size_t len)
{
  const struct nlmsghdr head = {.nlmsg_type = type};
  size_t at = out->len;
  put(out, &head, sizeof head);
  put(out, body, len);
  return at;
}

static void end(struct topo_buf *out, size_t at)
{
  uint32_t len = (uint32_t)(out->len - at);
  memcpy(out->data + at, &len, sizeof len);
}

static void put_attribute(struct topo_buf *out, uint16_t type, const void *data, size_t len)
{
  const struct rtattr head = {.rta_len = (uint16_t)(sizeof head + len), .rta_type = type};
  put(out, &head, sizeof head);
  put(out, data, len);
}

static void put_interface(struct topo_buf *out, int index, unsigned flags, const char *name,
                          const char *kind)
{
  const struct ifinfomsg body = {.ifi_index = index, .ifi_flags = flags};
  size_t at = begin(out, RTM_NEWLINK, &body, sizeof body);
  put_attribute(out, IFLA_IFNAME, name, strlen(name) + 1);
  struct topo_buf info = {0};
  if (kind) {
    put_attribute(&info, IFLA_INFO_KIND, kind, strlen(kind) + 1);
    put_attribute(out, IFLA_LINKINFO, info.data, info.len);
  }
  topo_buf_finish(&info);
  end(out, at);
}

static void put_address(struct topo_buf *out, unsigned index, const char *text, uint32_t flags)
{
  uint8_t bytes[16];
  bool v6 = strchr(text, ':') != NULL;
  assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, text, bytes), 1);
  const struct ifaddrmsg body = {.ifa_family = v6 ? AF_INET6 : AF_INET, .ifa_index = index};
  size_t at = begin(out, RTM_NEWADDR, &body, sizeof body);
  put_attribute(out, IFA_ADDRESS, bytes, v6 ? 16 : 4);
  put_attribute(out, IFA_FLAGS, &flags, sizeof flags);
  end(out, at);
}

static void put_route(struct topo_buf *out, uint8_t family, uint32_t index)
{
  const struct rtmsg body = {.rtm_family = family};
  size_t at = begin(out, RTM_NEWROUTE, &body, sizeof body);
  put_attribute(out, RTA_OIF, &index, sizeof index);
  end(out, at);
}

/* Reads the messages from memory of their exact size. */
static int take(struct topo_interfaces *in, struct topo_buf *messages)
{
  uint8_t *exact = malloc(messages->len);
  assert_non_null(exact);
  memcpy(exact, messages->data, messages->len);
  int status = topo_interfaces_take(in, (struct topo_bytes){exact, messages->len});
  free(exact);
  topo_buf_clear(messages);
  return status;
}

/* The addresses as text, a space after each. */
static const char *told(const struct topo_interfaces *in)
{
  static char text[TOPO_NODE_ADDRESSES_MAX * (TOPO_ADDRESS_TEXT + 1) + 1];
  struct topo_net_address any;
  struct topo_address out[TOPO_NODE_ADDRESSES_MAX];
  char one[TOPO_ADDRESS_TEXT];
  assert_int_equal(topo_net_address_parse(&any, "::", 7), 0);
  size_t n = topo_addresses_reachable(out, &any, in);
  text[0] = '\0';
  for (size_t i = 0; i < n; i++)
    strcat(strcat(text, topo_address_format(&out[i], one)), " ");
  return text;
}

/* A route by one interface, another one that is ordinary, and a bridge. */
static void put_machine(struct topo_interfaces *in, struct topo_buf *m)
{
  put_route(m, AF_INET, UPLINK);
  assert_int_equal(take(in, m), 1); /* the answer is one message */
  put_interface(m, 1, IFF_UP | IFF_LOOPBACK, "lo", NULL);
  put_interface(m, BRIDGE, UP, "br-0a1b", "bridge");
  put_interface(m, CABLE, UP, "eth1", NULL);
  put_interface(m, UPLINK, UP, "wlan0", NULL);
  assert_int_equal(take(in, m), 0);
}

/* ---- goals ----------------------------------------------------------------------------------- */

/* In whichever order the kernel tells them. */
static void the_way_out_comes_first_and_bridges_last(void **state)
{
  static const struct {
    unsigned index;
    const char *text;
    uint32_t flags;
  } addresses[] = {{1, "127.0.0.1", 0},
                   {1, "::1", 0},
                   {BRIDGE, "fe80::9", 0},
                   {BRIDGE, "172.17.0.1", 0},
                   {CABLE, "2001:db8::8", 0},
                   {CABLE, "10.0.0.8", 0},
                   {UPLINK, "fe80::7", 0},
                   {UPLINK, "2001:db8::70", IFA_F_TEMPORARY},
                   {UPLINK, "2001:db8::71", IFA_F_DEPRECATED},
                   {UPLINK, "2001:db8::7", 0},
                   {UPLINK, "192.0.2.7", 0}};
  enum { N = sizeof addresses / sizeof *addresses };
  (void)state;
  for (size_t first = 0; first < N; first++) {
    struct topo_interfaces in = {.n_interfaces = 0};
    struct topo_buf m = {0};
    put_machine(&in, &m);
    for (size_t i = 0; i < N; i++) {
      size_t at = (first + i) % N;
      put_address(&m, addresses[at].index, addresses[at].text, addresses[at].flags);
    }
    assert_int_equal(take(&in, &m), 0);
    assert_string_equal(told(&in), "192.0.2.7:7 [2001:db8::7]:7 [2001:db8::70]:7 [2001:db8::71]:7 "
                                   "10.0.0.8:7 [2001:db8::8]:7 172.17.0.1:7 [fe80::7]:7 "
                                   "[fe80::9]:7 ");
    topo_buf_finish(&m);
  }
}

/* The way out by IPv6 counts as one, too. */
static void each_family_has_a_way_out(void **state)
{
  struct topo_interfaces in = {.n_interfaces = 0};
  struct topo_buf m = {0};
  (void)state;
  put_route(&m, AF_INET6, BRIDGE);
  assert_int_equal(take(&in, &m), 1);
  put_machine(&in, &m);
  put_address(&m, CABLE, "10.0.0.8", 0);
  put_address(&m, BRIDGE, "172.17.0.1", 0);
  put_address(&m, UPLINK, "192.0.2.7", 0);
  assert_int_equal(take(&in, &m), 0);
  assert_string_equal(told(&in), "172.17.0.1:7 192.0.2.7:7 10.0.0.8:7 ");
  topo_buf_finish(&m);
}

static void what_helps_nobody_is_not_told(void **state)
{
  struct topo_interfaces in = {.n_interfaces = 0};
  struct topo_buf m = {0};
  (void)state;
  put_machine(&in, &m);
  put_interface(&m, 20, IFF_MULTICAST, "eth2", NULL); /* down */
  put_address(&m, 20, "192.0.2.20", 0);
  put_address(&m, 21, "192.0.2.21", 0); /* of an interface that nobody told of */
  put_address(&m, UPLINK, "169.254.1.2", 0);
  put_address(&m, UPLINK, "2001:db8::1", IFA_F_TENTATIVE);
  put_address(&m, UPLINK, "2001:db8::2", IFA_F_DADFAILED);
  put_address(&m, UPLINK, "2001:db8::3", IFA_F_TENTATIVE | IFA_F_OPTIMISTIC);
  assert_int_equal(take(&in, &m), 0);
  assert_string_equal(told(&in), "[2001:db8::3]:7 ");
  topo_buf_finish(&m);
}

/* Bridges have the same link-local address, each in its own zone. */
static void an_address_is_told_once(void **state)
{
  struct topo_interfaces in = {.n_interfaces = 0};
  struct topo_buf m = {0};
  (void)state;
  put_machine(&in, &m);
  put_address(&m, BRIDGE, "fe80::1", 0);
  put_address(&m, CABLE, "fe80::2", 0);
  put_address(&m, UPLINK, "fe80::1", 0);
  put_address(&m, BRIDGE, "fe80::1", 0);
  assert_int_equal(take(&in, &m), 0);
  assert_string_equal(told(&in), "[fe80::1]:7 [fe80::2]:7 ");
  topo_buf_finish(&m);
}

/* TOPO_NODE_ADDRESSES_MAX of them are told, and the best one, which comes last, is among them. */
static void the_best_addresses_are_kept(void **state)
{
  struct topo_interfaces in = {.n_interfaces = 0};
  struct topo_buf m = {0};
  char text[32];
  (void)state;
  put_machine(&in, &m);
  for (unsigned i = 1; i <= TOPO_NODE_ADDRESSES_MAX; i++) {
    snprintf(text, sizeof text, "172.17.%u.1", i);
    put_address(&m, BRIDGE, text, 0);
  }
  assert_int_equal(take(&in, &m), 0);
  assert_int_equal(in.n_addresses, TOPO_NODE_ADDRESSES_MAX);
  assert_non_null(strstr(told(&in), "172.17.16.1:7 "));
  put_address(&m, UPLINK, "192.0.2.7", 0);
  assert_int_equal(take(&in, &m), 0);
  assert_int_equal(in.n_addresses, TOPO_NODE_ADDRESSES_MAX);
  assert_ptr_equal(strstr(told(&in), "192.0.2.7:7 "), told(&in));
  assert_null(strstr(told(&in), "172.17.16.1:7 "));
  topo_buf_finish(&m);
}

/* TOPO_INTERFACES_MAX interfaces are remembered; one more has no addresses. */
static void more_interfaces_than_that_are_left_out(void **state)
{
  (void)state;
  for (int more = 0; more < 2; more++) {
    struct topo_interfaces in = {.n_interfaces = 0};
    struct topo_buf m = {0};
    for (int i = 1; i <= TOPO_INTERFACES_MAX + more; i++)
      put_interface(&m, i, UP, "eth", NULL);
    put_address(&m, (unsigned)(TOPO_INTERFACES_MAX + more), "192.0.2.1", 0);
    assert_int_equal(take(&in, &m), 0);
    assert_int_equal(in.n_interfaces, TOPO_INTERFACES_MAX);
    assert_string_equal(told(&in), more ? "" : "192.0.2.1:7 ");
    topo_buf_finish(&m);
  }
}

/* A link-local address is tried at TOPO_INTERFACE_ZONES_MAX interfaces, the way out before bridges,
 * and only where there are neighbours. */
static void zones_are_interfaces_with_neighbours(void **state)
{
  struct topo_interfaces in = {.n_interfaces = 0};
  struct topo_buf m = {0};
  uint32_t zones[TOPO_INTERFACE_ZONES_MAX];
  (void)state;
  put_machine(&in, &m);
  put_interface(&m, 30, IFF_UP | IFF_RUNNING, "tun0", "tun");  /* nobody can be asked for there */
  put_interface(&m, 31, IFF_UP | IFF_MULTICAST, "eth2", NULL); /* the cable is out */
  put_interface(&m, 32, IFF_RUNNING | IFF_MULTICAST, "eth3", NULL);
  assert_int_equal(take(&in, &m), 0);
  assert_int_equal(topo_interfaces_zones(&in, zones), 3);
  assert_int_equal(zones[0], UPLINK);
  assert_int_equal(zones[1], CABLE);
  assert_int_equal(zones[2], BRIDGE);
  for (int i = 0; i < TOPO_INTERFACE_ZONES_MAX - 2; i++)
    put_interface(&m, 40 + i, UP, "eth", NULL);
  assert_int_equal(take(&in, &m), 0);
  assert_int_equal(topo_interfaces_zones(&in, zones), TOPO_INTERFACE_ZONES_MAX);
  assert_int_equal(zones[0], UPLINK);
  for (size_t i = 0; i < TOPO_INTERFACE_ZONES_MAX; i++)
    assert_int_not_equal(zones[i], BRIDGE);
  topo_buf_finish(&m);
}

/* An answer has an end, and may say that it is none. */
static void the_end_of_an_answer_is_seen(void **state)
{
  struct topo_interfaces in = {.n_interfaces = 0};
  struct topo_buf m = {0};
  const int refused = -EPERM, accepted = 0;
  uint16_t interrupted = NLM_F_DUMP_INTR;
  (void)state;
  end(&m, begin(&m, NLMSG_DONE, &accepted, sizeof accepted));
  assert_int_equal(take(&in, &m), 1);
  end(&m, begin(&m, NLMSG_ERROR, &refused, sizeof refused));
  assert_int_equal(take(&in, &m), TOPO_EDENIED);
  end(&m, begin(&m, NLMSG_DONE, &accepted, sizeof accepted));
  memcpy(m.data + offsetof(struct nlmsghdr, nlmsg_flags), &interrupted, sizeof interrupted);
  assert_int_equal(take(&in, &m), TOPO_EAGAIN);
  topo_buf_finish(&m);
}

/* A datagram that is cut off anywhere, or has any byte changed, is read as far as it is sound. */
static void damaged_messages_do_no_harm(void **state)
{
  struct topo_buf whole = {0}, m = {0};
  (void)state;
  put_interface(&whole, UPLINK, UP, "wlan0", "veth");
  put_address(&whole, UPLINK, "192.0.2.7", 0);
  put_address(&whole, UPLINK, "2001:db8::7", 0);
  put_route(&whole, AF_INET, UPLINK);
  for (size_t len = 1; len < whole.len; len++) {
    struct topo_interfaces in = {.n_interfaces = 0};
    assert_int_equal(topo_buf_put(&m, whole.data, len), 0);
    assert_int_equal(take(&in, &m), 0);
    assert_true(in.n_interfaces <= 1 && in.n_addresses <= 2);
  }
  for (size_t at = 0; at < whole.len; at++)
    for (unsigned bit = 0; bit < 8; bit++) {
      struct topo_interfaces in = {.n_interfaces = 0};
      assert_int_equal(topo_buf_put(&m, whole.data, whole.len), 0);
      m.data[at] ^= (uint8_t)(1u << bit);
      take(&in, &m); /* an address may look like a link now */
      assert_true(in.n_interfaces <= 3 && in.n_addresses <= 3);
    }
  topo_buf_finish(&m);
  topo_buf_finish(&whole);
}

static void a_socket_of_one_family_tells_of_that_alone(void **state)
{
  struct topo_interfaces in = {.v4_only = true};
  struct topo_buf m = {0};
  (void)state;
  put_machine(&in, &m);
  put_address(&m, UPLINK, "2001:db8::7", 0);
  put_address(&m, UPLINK, "192.0.2.7", 0);
  assert_int_equal(take(&in, &m), 0);
  assert_string_equal(told(&in), "192.0.2.7:7 ");
  topo_buf_finish(&m);
}

/* Whoever binds an address, be it that of the loopback, is reached there and nowhere else. */
static void what_is_bound_is_told(void **state)
{
  struct topo_interfaces in = {.n_interfaces = 0};
  struct topo_buf m = {0};
  struct topo_net_address bound;
  struct topo_address out[TOPO_NODE_ADDRESSES_MAX];
  char text[TOPO_ADDRESS_TEXT];
  (void)state;
  put_machine(&in, &m);
  put_address(&m, UPLINK, "192.0.2.7", 0);
  assert_int_equal(take(&in, &m), 0);
  assert_int_equal(topo_net_address_parse(&bound, "127.0.0.1", 7), 0);
  assert_int_equal(topo_addresses_reachable(out, &bound, &in), 1);
  assert_string_equal(topo_address_format(&out[0], text), "127.0.0.1:7");
  topo_buf_finish(&m);
}

/* Every machine has a loopback, which is no zone and has no address to tell. */
static void the_kernel_is_understood(void **state)
{
  struct topo_interfaces in;
  (void)state;
  assert_int_equal(topo_interfaces_read(&in, false), 0);
  assert_true(in.n_interfaces > 0);
  bool found = false;
  for (size_t i = 0; i < in.n_interfaces; i++)
    if (in.interfaces[i].index == if_nametoindex("lo")) {
      found = true;
      assert_false(in.interfaces[i].usable);
    }
  assert_true(found);
  assert_null(strstr(told(&in), "127."));
  assert_null(strstr(told(&in), "[::1]"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_way_out_comes_first_and_bridges_last),
      cmocka_unit_test(each_family_has_a_way_out),
      cmocka_unit_test(what_helps_nobody_is_not_told),
      cmocka_unit_test(an_address_is_told_once),
      cmocka_unit_test(the_best_addresses_are_kept),
      cmocka_unit_test(more_interfaces_than_that_are_left_out),
      cmocka_unit_test(zones_are_interfaces_with_neighbours),
      cmocka_unit_test(the_end_of_an_answer_is_seen),
      cmocka_unit_test(damaged_messages_do_no_harm),
      cmocka_unit_test(a_socket_of_one_family_tells_of_that_alone),
      cmocka_unit_test(what_is_bound_is_told),
      cmocka_unit_test(the_kernel_is_understood),
  };
  return cmocka_run_group_tests_name("daemon/interfaces", tests, NULL, NULL);
}
