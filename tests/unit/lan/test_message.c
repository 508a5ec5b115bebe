/*
 * test_message.c - the datagrams of discovery: what is written is what is read, byte for byte as
 * docs/protocol.md §6.6 has it, and what others write is taken within its bounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/status.h"
#include "unit/lan/service.h"

#include <stdlib.h>
#include <string.h>

enum { ANSWER_V4 = 367 };

static struct topo_bytes view(const uint8_t *data, size_t len)
{
  return (struct topo_bytes){data, len};
}

/* Every datagram is read from memory of exactly its size, so that a sanitizer sees a step too far.
 */
static int read_copy(const uint8_t *data, size_t len, struct topo_lan_service *out, uint32_t *ttl_s)
{
  uint8_t *copy = malloc(len ? len : 1);
  assert_non_null(copy);
  memcpy(copy, data, len);
  int status = topo_lan_read_answer(view(copy, len), out, ttl_s);
  free(copy);
  return status;
}

static void an_answer_is_read_as_it_was_written(void **state)
{
  static const char *const ips[] = {"192.0.2.7", "2001:db8::7"};
  (void)state;
  for (size_t i = 0; i < 2; i++) {
    uint8_t out[TOPO_LAN_MESSAGE_MAX];
    struct topo_lan_service s = service_at(ips[i], 7443), got;
    uint32_t ttl_s = 0;
    size_t len = topo_lan_write_answer(out, &s, TOPO_LAN_TTL_S);
    assert_true(len <= TOPO_LAN_MESSAGE_MAX);
    assert_int_equal(read_copy(out, len, &got, &ttl_s), 0);
    assert_int_equal(ttl_s, TOPO_LAN_TTL_S);
    assert_memory_equal(&got.instance, &s.instance, sizeof got.instance);
    assert_memory_equal(&got.host, &s.host, sizeof got.host);
    assert_memory_equal(got.beacons, s.beacons, sizeof got.beacons);
    assert_true(topo_net_address_equal(&got.address, &s.address));
    assert_int_equal(topo_net_address_port(&got.address), 7443);
  }
}

static void a_goodbye_is_an_answer_that_lives_no_longer(void **state)
{
  uint8_t out[TOPO_LAN_MESSAGE_MAX];
  struct topo_lan_service s = service_at("192.0.2.7", 7443), got;
  uint32_t ttl_s = 1;
  (void)state;
  size_t len = topo_lan_write_answer(out, &s, 0);
  assert_int_equal(read_copy(out, len, &got, &ttl_s), 0);
  assert_int_equal(ttl_s, 0);
}

/* The layout, piece by piece: headers, names, and where pointers lead. */
static void an_answer_is_laid_out_as_the_document_says(void **state)
{
  static const uint8_t head[] = {0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 3};
  static const uint8_t ptr[] = "\5_topo\4_udp\5local\0\0\x0c\0\1\0\0\0\x78\0\x1b\x18";
  static const uint8_t srv[] = {0xc0, 0x28, 0, 33, 0x80, 1, 0,    0,    0,   0x78,
                                0,    33,   0, 0,  0,    0, 0x1d, 0x13, 0x18};
  static const uint8_t txt[] = {0xc0, 0x28, 0, 16, 0x80, 1, 0, 0, 0, 0x78, 0, 227, 226, 'b', '='};
  static const uint8_t a[] = {0xc0, 0x55, 0, 1, 0x80, 1, 0, 0, 0, 0x78, 0, 4, 192, 0, 2, 7};
  uint8_t out[TOPO_LAN_MESSAGE_MAX], *at = out;
  struct topo_lan_service s = service_at("192.0.2.7", 7443);
  (void)state;
  assert_int_equal(topo_lan_write_answer(out, &s, TOPO_LAN_TTL_S), ANSWER_V4);
  assert_memory_equal(at, head, sizeof head);
  at += sizeof head;
  assert_memory_equal(at, ptr, sizeof ptr - 1);
  at += sizeof ptr - 1;
  assert_memory_equal(at, &s.instance, sizeof s.instance);
  at += sizeof s.instance;
  assert_memory_equal(at, "\xc0\x0c", 2);
  at += 2;
  assert_memory_equal(at, srv, sizeof srv);
  at += sizeof srv;
  assert_memory_equal(at, &s.host, sizeof s.host);
  at += sizeof s.host;
  assert_memory_equal(at, "\xc0\x17", 2);
  at += 2;
  assert_memory_equal(at, txt, sizeof txt);
  at += sizeof txt;
  assert_memory_equal(at, s.beacons, sizeof s.beacons);
  at += sizeof s.beacons;
  assert_memory_equal(at, a, sizeof a);
  assert_ptr_equal(at + sizeof a, out + ANSWER_V4);
}

/* Cut anywhere, an answer is malformed; with one byte more, too. */
static void what_is_cut_is_malformed(void **state)
{
  uint8_t out[TOPO_LAN_MESSAGE_MAX] = {0};
  struct topo_lan_service s = service_at("2001:db8::7", 7443), got;
  uint32_t ttl_s;
  (void)state;
  size_t len = topo_lan_write_answer(out, &s, TOPO_LAN_TTL_S);
  for (size_t n = 0; n < len; n++)
    assert_int_equal(read_copy(out, n, &got, &ttl_s), TOPO_EMALFORMED);
  assert_int_equal(read_copy(out, len + 1, &got, &ttl_s), TOPO_EMALFORMED);
}

static bool asks(const uint8_t *query, size_t len, char instance)
{
  struct topo_lan_label i = label_of(instance), host = label_of('h');
  return topo_lan_is_asked(view(query, len), &i, &host);
}

/* Whoever is listed as known need not answer; a query has room for TOPO_LAN_KNOWN_MAX of them. */
static void a_query_asks_all_but_those_it_knows(void **state)
{
  uint8_t out[TOPO_LAN_MESSAGE_MAX];
  struct topo_lan_label known[TOPO_LAN_KNOWN_MAX];
  (void)state;
  size_t len = topo_lan_write_query(out, NULL, 0);
  assert_int_equal(len, 12 + 18 + 4);
  assert_true(asks(out, len, 'a'));
  for (size_t i = 0; i < TOPO_LAN_KNOWN_MAX; i++)
    known[i] = label_of((char)('a' + i));
  len = topo_lan_write_query(out, known, TOPO_LAN_KNOWN_MAX);
  assert_false(asks(out, len, 'a'));
  assert_false(asks(out, len, 'a' + TOPO_LAN_KNOWN_MAX - 1));
  assert_true(asks(out, len, 'a' + TOPO_LAN_KNOWN_MAX));
}

/* One that will be forgotten in less than half of its time is not known any more. */
static void a_known_instance_is_one_for_half_of_its_time(void **state)
{
  uint8_t out[TOPO_LAN_MESSAGE_MAX];
  struct topo_lan_label known = label_of('a');
  (void)state;
  size_t len = topo_lan_write_query(out, &known, 1);
  uint8_t *ttl = out + 12 + 18 + 4 + 2 + 4;
  topo_put_be32(ttl, TOPO_LAN_TTL_S / 2);
  assert_false(asks(out, len, 'a'));
  topo_put_be32(ttl, TOPO_LAN_TTL_S / 2 - 1);
  assert_true(asks(out, len, 'a'));
}

/* A question of one type by a name, which is not compressed, in any case of letters. */
static size_t write_question(uint8_t *out, const char *name, size_t name_size, unsigned type)
{
  memset(out, 0, 12);
  out[5] = 1;
  memcpy(out + 12, name, name_size);
  uint8_t tail[4] = {0, (uint8_t)type, 0x80, 1};
  memcpy(out + 12 + name_size, tail, sizeof tail);
  return 12 + name_size + sizeof tail;
}

static void an_instance_answers_to_its_names(void **state)
{
  static const char service[] = "\5_ToPo\4_uDp\5LOCAL", other[] = "\5_http\4_tcp\5local";
  static const char instance[] = "\30aaaaaaaaaaaaaaaaaaaaaaaa\5_topo\4_udp\5local";
  static const char host[] = "\30hhhhhhhhhhhhhhhhhhhhhhhh\5local";
  static const struct {
    const char *name;
    size_t size;
    unsigned type;
    bool asked;
  } cases[] = {{service, sizeof service, 12, true},    {service, sizeof service, 255, true},
               {service, sizeof service, 33, false},   {other, sizeof other, 12, false},
               {instance, sizeof instance, 33, true},  {instance, sizeof instance, 16, true},
               {instance, sizeof instance, 12, false}, {host, sizeof host, 1, true},
               {host, sizeof host, 28, true},          {host, sizeof host, 16, false}};
  uint8_t out[TOPO_LAN_MESSAGE_MAX];
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    size_t len = write_question(out, cases[i].name, cases[i].size, cases[i].type);
    assert_int_equal(asks(out, len, 'a'), cases[i].asked);
  }
  size_t len = write_question(out, instance, sizeof instance, 33);
  assert_false(asks(out, len, 'c'));
  out[2] = 0x80; /* an answer asks nothing */
  assert_false(asks(out, len, 'a'));
}

/* An answer with so many records before those that count. */
static size_t write_late_answer(uint8_t *out, unsigned before)
{
  static const uint8_t other[] = "\1x\0\0\1\0\1\0\0\0\1\0\4\1\2\3\4";
  uint8_t answer[TOPO_LAN_MESSAGE_MAX];
  struct topo_lan_service s = service_at("192.0.2.7", 7443);
  size_t n = topo_lan_write_answer(answer, &s, TOPO_LAN_TTL_S), len = n;
  memcpy(out, answer, n);
  /* Behind, because pointers lead to fixed places; the order means nothing. */
  for (unsigned i = 0; i < before; i++, len += sizeof other - 1)
    memcpy(out + len, other, sizeof other - 1);
  out[11] = (uint8_t)(3 + before);
  return len;
}

static void as_many_records_are_read_as_the_bound_says(void **state)
{
  uint8_t out[TOPO_LAN_DATAGRAM_MAX];
  struct topo_lan_service got;
  uint32_t ttl_s;
  (void)state;
  size_t len = write_late_answer(out, TOPO_LAN_RECORDS_MAX - 4);
  assert_int_equal(read_copy(out, len, &got, &ttl_s), 0);
  len = write_late_answer(out, TOPO_LAN_RECORDS_MAX - 3);
  assert_int_equal(read_copy(out, len, &got, &ttl_s), TOPO_EMALFORMED);
}

/* One record that fills the datagram up to TOPO_LAN_DATAGRAM_MAX is no matter; a byte more is. */
static void as_long_datagrams_are_read_as_the_bound_says(void **state)
{
  static uint8_t out[TOPO_LAN_DATAGRAM_MAX + 1];
  struct topo_lan_service got;
  uint32_t ttl_s;
  (void)state;
  for (size_t more = 0; more < 2; more++) {
    size_t len = write_late_answer(out, 1), fill = TOPO_LAN_DATAGRAM_MAX + more - len;
    memset(out + len, 7, fill);
    out[len - 6] = (uint8_t)((fill + 4) >> 8);
    out[len - 5] = (uint8_t)(fill + 4);
    assert_int_equal(read_copy(out, len + fill, &got, &ttl_s), more ? TOPO_EMALFORMED : 0);
  }
}

/* What others say on the network is neither ours nor malformed. */
static void what_others_say_is_nothing_to_us(void **state)
{
  static const size_t flips[] = {13, 40, 67 + 3, 112 + 13, ANSWER_V4 - 16 + 3};
  uint8_t out[TOPO_LAN_MESSAGE_MAX];
  struct topo_lan_service s = service_at("192.0.2.7", 7443), got;
  uint32_t ttl_s;
  (void)state;
  for (size_t i = 0; i < sizeof flips / sizeof *flips; i++) {
    size_t len = topo_lan_write_answer(out, &s, TOPO_LAN_TTL_S);
    out[flips[i]] ^= 2;
    int status = read_copy(out, len, &got, &ttl_s);
    assert_true(status == TOPO_ENOTFOUND || status == TOPO_EMALFORMED);
  }
  s.address.in.sin_port = 0;
  size_t len = topo_lan_write_answer(out, &s, TOPO_LAN_TTL_S);
  assert_int_equal(read_copy(out, len, &got, &ttl_s), TOPO_ENOTFOUND);
  len = topo_lan_write_query(out, NULL, 0);
  assert_int_equal(read_copy(out, len, &got, &ttl_s), TOPO_ENOTFOUND);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_answer_is_read_as_it_was_written),
      cmocka_unit_test(a_goodbye_is_an_answer_that_lives_no_longer),
      cmocka_unit_test(an_answer_is_laid_out_as_the_document_says),
      cmocka_unit_test(what_is_cut_is_malformed),
      cmocka_unit_test(a_query_asks_all_but_those_it_knows),
      cmocka_unit_test(a_known_instance_is_one_for_half_of_its_time),
      cmocka_unit_test(an_instance_answers_to_its_names),
      cmocka_unit_test(as_many_records_are_read_as_the_bound_says),
      cmocka_unit_test(as_long_datagrams_are_read_as_the_bound_says),
      cmocka_unit_test(what_others_say_is_nothing_to_us),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
