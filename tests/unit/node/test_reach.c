/*
 * test_reach.c - whether others can reach this device, as far as it can know: who has come in from
 * how far away, and what is said of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "node/address.h"
#include "node/parts.h"
#include "node/reach.h"
#include "unit/node/solo.h"

static struct topo_address address(const char *text)
{
  struct topo_address a = {.len = 0};
  if (*text)
    assert_int_equal(topo_address_parse(&a, text), 0);
  return a;
}

/* ---- from how far away ----------------------------------------------------------------------- */

static void an_address_tells_how_far_away_somebody_is(void **state)
{
  static const struct {
    const char *from;
    enum topo_reached reached;
  } rows[] = {
      {"", TOPO_REACHED_NOBODY},
      {"127.0.0.1:9", TOPO_REACHED_NOBODY},
      {"127.255.0.1:9", TOPO_REACHED_NOBODY},
      {"[::1]:9", TOPO_REACHED_NOBODY},
      {"192.168.1.5:9", TOPO_REACHED_NOBODY}, /* ours, at another port */
      {"[2001:db8::5]:9", TOPO_REACHED_NOBODY},
      {"192.168.1.6:7443", TOPO_REACHED_NETWORK},
      {"192.168.255.1:9", TOPO_REACHED_NETWORK},
      {"10.0.0.1:9", TOPO_REACHED_NETWORK},
      {"10.255.0.1:9", TOPO_REACHED_NETWORK},
      {"172.16.0.1:9", TOPO_REACHED_NETWORK},
      {"172.31.255.1:9", TOPO_REACHED_NETWORK},
      {"169.254.1.1:9", TOPO_REACHED_NETWORK},
      {"100.64.0.1:9", TOPO_REACHED_NETWORK},
      {"100.127.255.1:9", TOPO_REACHED_NETWORK},
      {"[fe80::1]:9", TOPO_REACHED_NETWORK},
      {"[febf::1]:9", TOPO_REACHED_NETWORK},
      {"[fc00::1]:9", TOPO_REACHED_NETWORK},
      {"[fdff::1]:9", TOPO_REACHED_NETWORK},
      {"9.255.0.1:9", TOPO_REACHED_OUTSIDE},
      {"11.0.0.1:9", TOPO_REACHED_OUTSIDE},
      {"172.15.0.1:9", TOPO_REACHED_OUTSIDE},
      {"172.32.0.1:9", TOPO_REACHED_OUTSIDE},
      {"192.167.0.1:9", TOPO_REACHED_OUTSIDE},
      {"192.169.0.1:9", TOPO_REACHED_OUTSIDE},
      {"169.253.0.1:9", TOPO_REACHED_OUTSIDE},
      {"100.63.255.1:9", TOPO_REACHED_OUTSIDE},
      {"100.128.0.1:9", TOPO_REACHED_OUTSIDE},
      {"[2001:db8::6]:7443", TOPO_REACHED_OUTSIDE},
      {"[fbff::1]:9", TOPO_REACHED_OUTSIDE},
      {"[fe00::1]:9", TOPO_REACHED_OUTSIDE},
      {"[fec0::1]:9", TOPO_REACHED_OUTSIDE},
      {"[a00::1]:9", TOPO_REACHED_OUTSIDE}, /* 0x0a begins no private network of IPv6 */
      {"[7f00::1]:9", TOPO_REACHED_OUTSIDE},
  };
  const struct topo_address own[] = {address("192.168.1.5:7443"), address("[2001:db8::5]:7443")};
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct topo_address from = address(rows[i].from);
    if (topo_reach_from(&from, own, 2) != rows[i].reached)
      fail_msg("%s: %s", rows[i].from, topo_reach_name(topo_reach_from(&from, own, 2)));
  }
}

/* ---- what is said of it ---------------------------------------------------------------------- */

#define NOWHERE "this node has no address at which others could reach it"
#define UNHEARD "others outside this network hear of no address"

static void what_keeps_others_away_is_said_when_it_is_known(void **state)
{
  enum { SILENT = TOPO_REACH_SILENCE_MS };
  static const struct {
    const char *own[2];
    enum topo_reached reached;
    uint64_t up_ms;
    const char *text; /* how it begins; empty: nothing is said */
  } rows[] = {
      {{NULL}, TOPO_REACHED_NOBODY, 0, NOWHERE},
      {{NULL}, TOPO_REACHED_OUTSIDE, SILENT, NOWHERE},
      {{"192.168.1.5:7443"}, TOPO_REACHED_NOBODY, 0, ""},
      {{"192.168.1.5:7443"}, TOPO_REACHED_NOBODY, SILENT - 1, ""},
      {{"192.168.1.5:7443"}, TOPO_REACHED_NOBODY, SILENT, UNHEARD},
      {{"192.168.1.5:7443"}, TOPO_REACHED_NETWORK, SILENT, UNHEARD},
      {{"192.168.1.5:7443"}, TOPO_REACHED_OUTSIDE, SILENT, ""}, /* a port is forwarded */
      {{"100.64.0.1:1", "[fe80::1]:1"}, TOPO_REACHED_NOBODY, SILENT, UNHEARD},
      {{"[fd00::1]:1"}, TOPO_REACHED_NOBODY, SILENT, UNHEARD},
      {{"192.168.1.5:1", "[2001:db8::5]:1"}, TOPO_REACHED_NOBODY, SILENT, ""},
      {{"192.0.2.5:1"}, TOPO_REACHED_NOBODY, SILENT, ""},
      {{"127.0.0.1:1"}, TOPO_REACHED_NOBODY, SILENT, ""},
      {{"[::1]:1"}, TOPO_REACHED_NOBODY, SILENT, ""},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct topo_address own[2];
    struct topo_reach reach = {.own = own, .reached = rows[i].reached, .up_ms = rows[i].up_ms};
    char text[TOPO_REACH_TEXT_SIZE];
    for (; reach.n < 2 && rows[i].own[reach.n]; reach.n++)
      own[reach.n] = address(rows[i].own[reach.n]);
    topo_reach_text(text, &reach);
    if (strncmp(text, rows[i].text, strlen(rows[i].text)) != 0 || !*text != !*rows[i].text)
      fail_msg("row %zu: %s", i, text);
  }
}

/* The greatest port is in it, and its last word. */
static void the_sentence_is_whole(void **state)
{
  struct topo_address own = address("192.168.1.5:65535");
  struct topo_reach reach = {.own = &own, .n = 1, .up_ms = TOPO_REACH_SILENCE_MS};
  char text[TOPO_REACH_TEXT_SIZE];
  (void)state;
  topo_reach_text(text, &reach);
  assert_non_null(
      strstr(text, "forward UDP port 65535 to it, and say with --advertise where that is"));
  reach.n = 0;
  topo_reach_text(text, &reach);
  assert_string_equal(text, topo_reach_nowhere);
}

/* ---- a space that somebody connects to ------------------------------------------------------- */

static size_t conn_send(void *ctx, unsigned stream, const uint8_t *data, size_t len)
{
  (void)ctx, (void)stream, (void)data;
  return len;
}
static void conn_consumed(void *ctx, unsigned stream, size_t len)
{
  (void)ctx, (void)stream, (void)len;
}
static void conn_close(void *ctx, uint64_t code)
{
  (void)ctx, (void)code;
}

static enum topo_reached come_in(struct solo *s, const struct topo_id *key, const char *from)
{
  static const struct topo_conn_ops ops = {conn_send, conn_consumed, conn_close};
  static uint64_t number;
  struct topo_input in = {.kind = TOPO_IN_CONN_UP, .number = ++number};
  in.up.conn = (struct topo_conn){&ops, NULL};
  in.up.peer = *key;
  in.up.address = address(from);
  topo_node_step(s->node, s->now, &in, 1);
  return topo_node_status(s->node).reached;
}

static void who_has_come_in_from_farthest_counts(void **state)
{
  struct solo s;
  const struct topo_address own = address("192.168.1.5:7443");
  const struct topo_input told = {.kind = TOPO_IN_ADDRESSES, .addresses = {&own, 1}};
  const struct topo_id stranger = {{7}};
  (void)state;
  solo_init(&s, 1);
  assert_int_equal(solo_create(&s), 0);
  topo_node_step(s.node, s.now, &told, 1);
  struct topo_id device = solo_add_device(&s, 1).public_key;
  assert_int_equal(topo_node_status(s.node).reached, TOPO_REACHED_NOBODY);
  assert_int_equal(come_in(&s, &device, "192.168.1.5:9"), TOPO_REACHED_NOBODY);
  assert_int_equal(come_in(&s, &stranger, "192.0.2.7:9"), TOPO_REACHED_NOBODY); /* sent away */
  assert_int_equal(come_in(&s, &device, "192.168.1.6:9"), TOPO_REACHED_NETWORK);
  assert_int_equal(come_in(&s, &device, "192.0.2.7:9"), TOPO_REACHED_OUTSIDE);
  assert_int_equal(come_in(&s, &device, "192.168.1.6:9"), TOPO_REACHED_OUTSIDE);
  solo_finish(&s);
}

/* Whom we have dialled tells nothing of whether we can be. */
static void whom_we_dial_does_not_count(void **state)
{
  static const struct topo_conn_ops ops = {conn_send, conn_consumed, conn_close};
  struct solo s;
  const struct topo_address there = address("192.0.2.7:9");
  (void)state;
  solo_init(&s, 1);
  assert_int_equal(solo_create(&s), 0);
  struct topo_id device = solo_add_device(&s, 1).public_key;
  topo_peers_told(&s.node->peers, &device, &there, 1, 0, true);
  topo_node_step(s.node, s.now, NULL, 0);
  struct topo_input in = {.kind = TOPO_IN_CONN_UP, .number = 1};
  in.up.conn = (struct topo_conn){&ops, NULL};
  in.up.peer = device;
  in.up.address = there;
  in.up.outgoing = true;
  in.up.dial = s.node->peers.dials[0].number;
  assert_true(in.up.dial > 0);
  topo_node_step(s.node, s.now, &in, 1);
  assert_non_null(topo_conns_find_member(&s.node->conns, &device));
  assert_int_equal(topo_node_status(s.node).reached, TOPO_REACHED_NOBODY);
  solo_finish(&s);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_address_tells_how_far_away_somebody_is),
      cmocka_unit_test(what_keeps_others_away_is_said_when_it_is_known),
      cmocka_unit_test(the_sentence_is_whole),
      cmocka_unit_test(who_has_come_in_from_farthest_counts),
      cmocka_unit_test(whom_we_dial_does_not_count),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
