/*
 * test_session_violations.c - what a member may send that it must not: each closes the connection
 * with the right code, is reported once, and costs bounded memory.
 */
#include "base/status.h"
#include "unit/sync/session_lone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void put_ids(struct topo_buf *out, unsigned kind, uint32_t from, uint16_t n)
{
  size_t start = topo_wire_begin(out, (enum topo_wire_kind)kind);
  topo_buf_put_u16(out, n);
  for (uint32_t i = 0; i < n; i++) {
    struct topo_id id = {{0}};
    topo_put_be32(id.bytes, from + i);
    topo_put_be32(id.bytes + 28, from + i);
    topo_buf_put_id(out, &id);
  }
  topo_wire_end(out, start);
}

static void lengths_out_of_bounds(void **state)
{
  (void)state;
  const uint32_t lengths[] = {0, TOPO_FRAME_MAX + 1, UINT32_MAX};
  for (unsigned stream = 0; stream < 3; stream++)
    for (unsigned i = 0; i < 3; i++) {
      struct lone l;
      lone_greet(&l, true, TOPO_SESSION_MEMBER);
      topo_buf_put_u32(&l.bytes, lengths[i]);
      lone_breaks(&l, stream, TOPO_EMALFORMED);
    }
}

static void lengths_out_of_bounds_byte_by_byte(void **state)
{
  (void)state;
  struct lone l;
  lone_greet(&l, true, TOPO_SESSION_MEMBER);
  for (unsigned i = 0; i < 3; i++) {
    topo_buf_put_u8(&l.bytes, 0xff);
    assert_int_equal(lone_inject(&l, BULK), 0);
  }
  topo_buf_put_u8(&l.bytes, 0xff);
  lone_breaks(&l, BULK, TOPO_EMALFORMED);
}

static void kinds_that_do_not_exist(void **state)
{
  (void)state;
  for (unsigned kind = 0; kind < TOPO_WIRE_SKIPPED; kind++) {
    bool control = (kind >= 0x01 && kind <= 0x04) || (kind >= 0x10 && kind <= 0x17);
    for (unsigned stream = 0; stream < 3; stream++) {
      if (stream == CONTROL ? control : kind == TOPO_WIRE_EVENTS)
        continue;
      struct lone l;
      lone_greet(&l, false, TOPO_SESSION_MEMBER);
      lone_frame(&l.bytes, kind, "", 0);
      lone_breaks(&l, stream, TOPO_EMALFORMED);
    }
  }
}

/* Kinds from 0x80 on: their bytes are consumed, and the frames around them are taken. */
static void kinds_that_may_come_later_are_passed_over(void **state)
{
  (void)state;
  static const uint8_t bytes[1000];
  for (unsigned role = TOPO_SESSION_MEMBER; role <= TOPO_SESSION_JOINER; role++)
    for (unsigned stream = 0; stream < (role == TOPO_SESSION_MEMBER ? 3 : 1); stream++) {
      struct lone l;
      lone_greet(&l, role == TOPO_SESSION_JOINER, (enum topo_session_role)role);
      for (unsigned kind = TOPO_WIRE_SKIPPED; kind < 256; kind++)
        lone_frame(&l.bytes, kind, bytes, kind % 2 ? 0 : sizeof bytes);
      assert_int_equal(lone_inject(&l, stream), 0);
      assert_int_equal(l.side->other->out.unconsumed_total, 0);
      if (stream != CONTROL) {
        lone_frame(&l.bytes, TOPO_WIRE_EVENTS, "\0\0\0\1x", 5);
        assert_int_equal(lone_inject(&l, stream), 0);
        assert_int_equal(topo_session_state(l.side->session).received_events, 1);
      }
      topo_buf_put_u32(&l.bytes, TOPO_FRAME_MAX + 1);
      topo_buf_put_u8(&l.bytes, 0xff);
      lone_breaks(&l, stream, TOPO_EMALFORMED);
    }
}

/* One that overtakes HELLO waits for it, as events do. */
static void what_is_passed_over_may_overtake_the_greeting(void **state)
{
  (void)state;
  struct lone l;
  lone_init(&l, false, TOPO_SESSION_MEMBER);
  lone_frame(&l.bytes, 0xff, "abc", 3);
  lone_frame(&l.bytes, TOPO_WIRE_EVENTS, "\0\0\0\1x", 5);
  assert_int_equal(lone_inject(&l, BULK), 0);
  assert_int_equal(topo_session_state(l.side->session).received_events, 0);
  struct topo_wire_hello hello = lone_hello(&l);
  topo_wire_put_hello(&l.bytes, &hello);
  assert_int_equal(lone_inject(&l, CONTROL), 0);
  assert_int_equal(topo_session_state(l.side->session).received_events, 1);
  assert_int_equal(l.side->other->out.unconsumed_total, 0);
  lone_finish(&l);
}

static void streams_that_do_not_exist(void **state)
{
  (void)state;
  struct lone l;
  lone_greet(&l, true, TOPO_SESSION_MEMBER);
  topo_buf_put_u32(&l.bytes, 1);
  lone_breaks(&l, 3, TOPO_EPROTOCOL);
}

/* One good frame of each kind that a responder takes. */
static void put_good(struct topo_buf *out, unsigned kind)
{
  struct topo_id set = {{0}};
  struct topo_bytes message = {(const uint8_t *)"\x61", 1};
  switch (kind) {
  case TOPO_WIRE_SETS: lone_put_sets(out, &(struct topo_session_set){set, 2, {{1}}}, true); break;
  case TOPO_WIRE_LIST: topo_wire_put_list(out, &(struct topo_prefix){3, {{0x12, 0x30}}}); break;
  case TOPO_WIRE_NEG_OPEN: topo_wire_put_neg_open(out, 7, &set, message); break;
  case TOPO_WIRE_NEG_MSG: topo_wire_put_neg_msg(out, 7, message); break;
  case TOPO_WIRE_NEG_CLOSE: topo_wire_put_neg_close(out, 7); break;
  case TOPO_WIRE_WANT:
  case TOPO_WIRE_MISSING: put_ids(out, kind, 1, 3); break;
  default: break;
  }
}

static const unsigned kinds[] = {TOPO_WIRE_SETS,      TOPO_WIRE_NEG_OPEN, TOPO_WIRE_NEG_MSG,
                                 TOPO_WIRE_NEG_CLOSE, TOPO_WIRE_WANT,     TOPO_WIRE_MISSING,
                                 TOPO_WIRE_LIST};
enum { KINDS = sizeof kinds / sizeof *kinds };

static void good_frames_are_taken_in_any_pieces(void **state)
{
  (void)state;
  struct lone l;
  struct topo_buf all = {0};
  for (unsigned i = 0; i < KINDS; i++)
    if (kinds[i] != TOPO_WIRE_NEG_MSG) /* which would have to wait for an answer */
      put_good(&all, kinds[i]);
  for (size_t piece = 1; piece < 80; piece++) {
    lone_greet(&l, false, TOPO_SESSION_MEMBER);
    for (size_t at = 0; at < all.len; at += piece) {
      topo_buf_put(&l.bytes, all.data + at, all.len - at < piece ? all.len - at : piece);
      assert_int_equal(lone_inject(&l, CONTROL), 0);
    }
    assert_false(l.side->conn_closed);
    assert_int_equal(topo_session_state(l.side->session).remote_items, 2);
    assert_int_equal(l.side->other->out.unconsumed_total, 0);
    lone_finish(&l);
  }
  topo_buf_finish(&all);
}

/* NEG frames carry a message of any length; their shortest is head only, and that too is malformed.
 */
static size_t shortest(unsigned kind)
{
  switch (kind) {
  case TOPO_WIRE_NEG_OPEN: return 4 + 32;
  case TOPO_WIRE_NEG_MSG: return 4;
  default: return SIZE_MAX;
  }
}

static void payloads_that_end_early_or_late(void **state)
{
  (void)state;
  for (unsigned i = 0; i < KINDS; i++) {
    struct topo_buf good = {0};
    put_good(&good, kinds[i]);
    size_t len = good.len - TOPO_WIRE_HEAD_SIZE;
    topo_buf_put_u8(&good, 0);
    for (size_t n = 0; n <= len + 1; n++) {
      if (n == len || (n > shortest(kinds[i])))
        continue;
      struct lone l;
      lone_greet(&l, false, TOPO_SESSION_MEMBER);
      lone_frame(&l.bytes, kinds[i], good.data + TOPO_WIRE_HEAD_SIZE, n);
      lone_breaks(&l, CONTROL, TOPO_EMALFORMED);
    }
    topo_buf_finish(&good);
  }
}

static void id_lists_are_bounded(void **state)
{
  (void)state;
  const unsigned lists[] = {TOPO_WIRE_WANT, TOPO_WIRE_MISSING};
  const uint16_t lengths[] = {0, 1025};
  for (unsigned i = 0; i < 4; i++) {
    struct lone l;
    lone_greet(&l, i % 2, TOPO_SESSION_MEMBER);
    put_ids(&l.bytes, lists[i / 2], 1, lengths[i % 2]);
    lone_breaks(&l, CONTROL, TOPO_EMALFORMED);
  }
}

static void batches_that_are_ill_formed(void **state)
{
  (void)state;
  static const struct {
    size_t len;
    uint8_t bytes[12];
  } bad[] = {{0, {0}},
             {3, {0, 0, 0}},
             {4, {0, 0, 0, 0}},                         /* an empty event */
             {4, {0, 0, 0, 1}},                         /* ends early */
             {7, {0, 0, 0, 4, 1, 2, 3}},                /* ends early */
             {6, {0, 0, 0, 1, 9, 0}},                   /* a second one that is no length */
             {9, {0, 0, 0, 1, 9, 0, 0, 0, 0}},          /* a second one that is empty */
             {8, {0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4}}, /* longer than anything */
             {8, {0xff, 0xff, 0xff, 0xfc, 1, 2, 3, 4}}};
  for (unsigned stream = BULK; stream <= LIVE; stream++)
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
      struct lone l;
      lone_greet(&l, true, TOPO_SESSION_MEMBER);
      lone_frame(&l.bytes, TOPO_WIRE_EVENTS, bad[i].bytes, bad[i].len);
      lone_breaks(&l, stream, TOPO_EMALFORMED);
    }
}

static void an_event_is_at_most_64_kib(void **state)
{
  (void)state;
  static const uint8_t zeros[65537];
  for (unsigned i = 0; i < 2; i++) {
    struct lone l;
    lone_greet(&l, true, TOPO_SESSION_MEMBER);
    size_t start = topo_wire_begin(&l.bytes, TOPO_WIRE_EVENTS);
    topo_buf_put_u32(&l.bytes, 65536 + i);
    topo_buf_put(&l.bytes, zeros, 65536 + i);
    topo_wire_end(&l.bytes, start);
    if (i == 1) {
      lone_breaks(&l, BULK, TOPO_EMALFORMED);
      break;
    }
    assert_int_equal(lone_inject(&l, BULK), 0);
    assert_int_equal(topo_session_state(l.side->session).received_events, 1);
    lone_finish(&l);
  }
}

static void events_may_overtake_the_greeting(void **state)
{
  (void)state;
  struct lone l;
  lone_init(&l, false, TOPO_SESSION_MEMBER);
  for (unsigned i = 0; i < 3; i++) {
    lone_frame(&l.bytes, TOPO_WIRE_EVENTS, "\0\0\0\1x\0\0\0\1y", 10);
    assert_int_equal(lone_inject(&l, i == 0 ? LIVE : BULK), 0);
  }
  topo_buf_put(&l.bytes, "\0\0", 2);
  assert_int_equal(lone_inject(&l, LIVE), 0);
  assert_int_equal(topo_session_state(l.side->session).received_events, 0);
  struct topo_wire_hello hello = lone_hello(&l);
  topo_wire_put_hello(&l.bytes, &hello);
  assert_int_equal(lone_inject(&l, CONTROL), 0);
  assert_int_equal(topo_session_state(l.side->session).received_events, 6);
  assert_int_equal(l.side->other->out.unconsumed_total, 2);
  lone_finish(&l);
}

static void what_overtakes_the_greeting_is_bounded(void **state)
{
  (void)state;
  static const uint8_t zeros[65536];
  struct lone l;
  lone_init(&l, false, TOPO_SESSION_MEMBER);
  for (;;) {
    size_t start = topo_wire_begin(&l.bytes, TOPO_WIRE_EVENTS);
    topo_buf_put_u32(&l.bytes, sizeof zeros);
    topo_buf_put(&l.bytes, zeros, sizeof zeros);
    topo_wire_end(&l.bytes, start);
    if (l.side->other->out.unconsumed_total + l.bytes.len > TOPO_CONN_WINDOW_MAX)
      break;
    assert_int_equal(lone_inject(&l, BULK), 0);
  }
  lone_breaks(&l, BULK, TOPO_EPROTOCOL);
}

static void reconciliation_is_the_diallers(void **state)
{
  (void)state;
  const unsigned out_of_place[] = {TOPO_WIRE_NEG_MSG, TOPO_WIRE_NEG_CLOSE, TOPO_WIRE_NEG_OPEN};
  for (unsigned i = 0; i < 3; i++) {
    struct lone l;
    lone_greet(&l, true, TOPO_SESSION_MEMBER);
    put_good(&l.bytes, out_of_place[i]);
    lone_breaks(&l, CONTROL, TOPO_EPROTOCOL);
    if (out_of_place[i] == TOPO_WIRE_NEG_OPEN)
      continue; /* in place at the responder */
    lone_greet(&l, false, TOPO_SESSION_MEMBER);
    put_good(&l.bytes, out_of_place[i]);
    lone_breaks(&l, CONTROL, TOPO_EPROTOCOL);
  }
}

static void four_sets_at_a_time_each_under_its_own_number(void **state)
{
  (void)state;
  struct topo_bytes message = {(const uint8_t *)"\x61", 1};
  for (unsigned same = 0; same < 2; same++) {
    struct lone l;
    lone_greet(&l, false, TOPO_SESSION_MEMBER);
    for (uint32_t i = 0; i < (same ? 1 : TOPO_SESSION_RECONCILING_MAX); i++) {
      topo_wire_put_neg_open(&l.bytes, i, &topo_id_zero, message);
      assert_int_equal(lone_inject(&l, CONTROL), 0);
    }
    topo_wire_put_neg_open(&l.bytes, same ? 0 : TOPO_SESSION_RECONCILING_MAX, &topo_id_zero,
                           message);
    lone_breaks(&l, CONTROL, TOPO_EPROTOCOL);
  }
}

static void turns_alternate(void **state)
{
  (void)state;
  struct lone l;
  lone_greet(&l, false, TOPO_SESSION_MEMBER);
  put_good(&l.bytes, TOPO_WIRE_NEG_OPEN);
  put_good(&l.bytes, TOPO_WIRE_NEG_MSG);
  lone_breaks(&l, CONTROL, TOPO_EPROTOCOL);
}

static void messages_that_are_no_negentropy(void **state)
{
  (void)state;
  struct lone l;
  lone_greet(&l, false, TOPO_SESSION_MEMBER);
  topo_wire_put_neg_open(&l.bytes, 1, &topo_id_zero, (struct topo_bytes){(const uint8_t *)"!", 1});
  lone_breaks(&l, CONTROL, TOPO_EMALFORMED);
  static const uint8_t zeros[TOPO_SESSION_RECONCILE_BYTES_MAX + 1] = {0x61};
  lone_greet(&l, false, TOPO_SESSION_MEMBER);
  topo_wire_put_neg_open(&l.bytes, 1, &topo_id_zero, (struct topo_bytes){zeros, sizeof zeros});
  lone_breaks(&l, CONTROL, TOPO_EMALFORMED);
}

/* The connection takes nothing more, so nothing that was asked for leaves. */
static void wanting_more_than_the_limit(void **state)
{
  (void)state;
  struct lone l;
  lone_greet(&l, false, TOPO_SESSION_MEMBER);
  uint32_t asked = 0;
  for (; asked < TOPO_SESSION_PEER_WANTS_MAX; asked += 1024)
    put_ids(&l.bytes, TOPO_WIRE_WANT, asked + 1, 1024);
  assert_int_equal(pair_inject(l.side, CONTROL, l.bytes.data, l.bytes.len), 0);
  topo_buf_clear(&l.bytes);
  put_ids(&l.bytes, TOPO_WIRE_WANT, asked + 1, 1);
  lone_breaks(&l, CONTROL, TOPO_ELIMIT);
}

/* Everything that makes a session answer, to one whose connection takes nothing: it keeps what its
 * bounds say. */
static void a_peer_that_reads_nothing_costs_bounded_memory(void **state)
{
  (void)state;
  struct lone l;
  lone_greet(&l, false, TOPO_SESSION_MEMBER);
  for (unsigned i = 0; i < 20000; i++)
    pair_add(l.side, 0, i, 8);
  /* A message that lists no ids is answered with as many as fit. */
  struct topo_bytes message = {(const uint8_t *)"\x61\0\0\2\0", 5};
  topo_wire_put_neg_open(&l.bytes, 1, &topo_id_zero, message);
  assert_int_equal(lone_inject(&l, CONTROL), 0);
  int status = 0;
  unsigned n = 0;
  for (; n < 100 && status == 0; n++) {
    lone_put_sets(&l.bytes, NULL, false);
    topo_wire_put_neg_msg(&l.bytes, 1, message);
    status = lone_inject(&l, CONTROL);
  }
  /* Answers fill the connection's buffer and the queue; from then on a further message is out of
   * turn. */
  assert_int_equal(status, TOPO_EPROTOCOL);
  assert_in_range(n, 2, 20);
  lone_finish(&l);
}

static void many_wants_of_nothing_are_all_answered(void **state)
{
  (void)state;
  struct lone l;
  lone_greet(&l, false, TOPO_SESSION_MEMBER);
  size_t before = l.side->out.streams[CONTROL].len;
  for (uint32_t i = 0; i < 3; i++)
    put_ids(&l.bytes, TOPO_WIRE_WANT, 1 + i * 1024, 1024);
  size_t asked = l.bytes.len;
  assert_int_equal(lone_inject(&l, CONTROL), 0);
  assert_int_equal(l.side->out.streams[CONTROL].len - before, asked);
  assert_int_equal(l.side->out.streams[BULK].len, 0);
  lone_finish(&l);
}

/* The pair that was exchanged was equal; what came in between came live. */
static void equal_sets_end_a_round_though_more_came_meanwhile(void **state)
{
  (void)state;
  struct lone l;
  lone_greet(&l, true, TOPO_SESSION_MEMBER);
  pair_add(l.side, 0, 1, 8);
  lone_put_sets(&l.bytes, NULL, false);
  assert_int_equal(lone_inject(&l, CONTROL), 0);
  assert_true(topo_session_state(l.side->session).synced);
  assert_int_equal(topo_session_state(l.side->session).rounds, 0);
  lone_finish(&l);
}

/* Before that its SETS would tell of differences that are none. */
static void sets_are_answered_once_what_came_is_applied(void **state)
{
  (void)state;
  struct lone l;
  lone_greet(&l, false, TOPO_SESSION_MEMBER);
  l.side->defer = true;
  lone_put_sets(&l.bytes, NULL, false);
  assert_int_equal(lone_inject(&l, CONTROL), 0);
  lone_frame(&l.bytes, TOPO_WIRE_EVENTS, "\0\0\0\1x", 5);
  assert_int_equal(lone_inject(&l, BULK), 0);
  size_t before = l.side->out.streams[CONTROL].len;
  lone_put_sets(&l.bytes, NULL, false);
  assert_int_equal(lone_inject(&l, CONTROL), 0);
  assert_int_equal(l.side->out.streams[CONTROL].len, before);
  assert_true(pair_apply(l.side));
  assert_int_equal(topo_session_flush(l.side->session, 0), 0);
  assert_true(l.side->out.streams[CONTROL].len > before);
  lone_finish(&l);
}

static void bootstraps_take_nothing_else(void **state)
{
  (void)state;
  const enum topo_session_role roles[] = {TOPO_SESSION_INVITER, TOPO_SESSION_JOINER};
  for (unsigned i = 0; i < 2; i++) {
    struct lone l;
    for (unsigned k = 0; k < KINDS; k++) {
      lone_greet(&l, roles[i] == TOPO_SESSION_JOINER, roles[i]);
      put_good(&l.bytes, kinds[k]);
      lone_breaks(&l, CONTROL, TOPO_EPROTOCOL);
    }
    for (unsigned stream = BULK; stream <= LIVE; stream++) {
      lone_greet(&l, roles[i] == TOPO_SESSION_JOINER, roles[i]);
      lone_frame(&l.bytes, TOPO_WIRE_EVENTS, "\0\0\0\1x", 5);
      lone_breaks(&l, stream, TOPO_EPROTOCOL);
    }
    lone_greet(&l, roles[i] == TOPO_SESSION_JOINER, roles[i]);
    topo_wire_put_welcome(&l.bytes, &topo_id_zero);
    lone_breaks(&l, CONTROL, TOPO_EPROTOCOL);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lengths_out_of_bounds),
      cmocka_unit_test(lengths_out_of_bounds_byte_by_byte),
      cmocka_unit_test(kinds_that_do_not_exist),
      cmocka_unit_test(kinds_that_may_come_later_are_passed_over),
      cmocka_unit_test(what_is_passed_over_may_overtake_the_greeting),
      cmocka_unit_test(streams_that_do_not_exist),
      cmocka_unit_test(good_frames_are_taken_in_any_pieces),
      cmocka_unit_test(payloads_that_end_early_or_late),
      cmocka_unit_test(id_lists_are_bounded),
      cmocka_unit_test(batches_that_are_ill_formed),
      cmocka_unit_test(an_event_is_at_most_64_kib),
      cmocka_unit_test(events_may_overtake_the_greeting),
      cmocka_unit_test(what_overtakes_the_greeting_is_bounded),
      cmocka_unit_test(reconciliation_is_the_diallers),
      cmocka_unit_test(four_sets_at_a_time_each_under_its_own_number),
      cmocka_unit_test(turns_alternate),
      cmocka_unit_test(messages_that_are_no_negentropy),
      cmocka_unit_test(wanting_more_than_the_limit),
      cmocka_unit_test(a_peer_that_reads_nothing_costs_bounded_memory),
      cmocka_unit_test(many_wants_of_nothing_are_all_answered),
      cmocka_unit_test(equal_sets_end_a_round_though_more_came_meanwhile),
      cmocka_unit_test(sets_are_answered_once_what_came_is_applied),
      cmocka_unit_test(bootstraps_take_nothing_else),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
