/*
 * test_session_wants.c - what is asked for and not answered: a peer that withholds an event holds
 * up neither those who have it from others, nor its own rounds for ever; and SETS that come
 * meanwhile are answered.
 */
#include "base/status.h"
#include "sync/session_impl.h"
#include "unit/sync/session_lone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { MINUTE = 60 * 1000 };

static unsigned count_kind(const struct lone *l, unsigned kind)
{
  const struct topo_buf *out = &l->side->out.streams[CONTROL];
  struct topo_wire_frame frame;
  unsigned n = 0;
  for (size_t at = 0; topo_wire_split(out->data + at, out->len - at, &frame) == 1; at += frame.size)
    n += frame.kind == kind;
  return n;
}

static struct topo_id wanted_id(uint8_t n)
{
  return (struct topo_id){{0x77, n}};
}

/* Lets time pass; the session does what is due. */
static void pass(struct lone *l, uint64_t ms)
{
  l->p.now_ms += ms;
  assert_int_equal(topo_session_tick(l->side->session, l->p.now_ms), 0);
}

static uint32_t wanted(const struct lone *l)
{
  return topo_session_state(l->side->session).wanted;
}

static void want(struct lone *l, uint8_t n)
{
  struct topo_id id = wanted_id(n);
  topo_session_want(l->side->session, &id);
  assert_int_equal(topo_session_flush(l->side->session, l->p.now_ms), 0);
}

/* The peer says that it has not got it. */
static void answer(struct lone *l, uint8_t n)
{
  struct topo_id id = wanted_id(n);
  size_t start = topo_wire_begin(&l->bytes, TOPO_WIRE_MISSING);
  topo_buf_put_u16(&l->bytes, 1);
  topo_buf_put_id(&l->bytes, &id);
  topo_wire_end(&l->bytes, start);
  assert_int_equal(pair_inject(l->side, CONTROL, l->bytes.data, l->bytes.len), 0);
  topo_buf_clear(&l->bytes);
  assert_int_equal(topo_session_flush(l->side->session, l->p.now_ms), 0);
}

/* An initiator whose peer names one event of control, and does not send it. `id` is an event that
 * the other side of the pair has. */
static struct topo_id withhold(struct lone *l)
{
  lone_greet(l, true, TOPO_SESSION_MEMBER);
  struct topo_id id = pair_add(l->side->other, 0, 1, 8);
  struct topo_session_set control = {topo_id_zero, 1, id};
  uint8_t message[5 + TOPO_ID_SIZE] = {0x61, 0, 0, 2, 1};
  for (size_t i = 0; i < TOPO_ID_SIZE; i++)
    message[5 + i] = id.bytes[i];
  lone_put_sets(&l->bytes, &control, false);
  assert_int_equal(lone_inject(l, CONTROL), 0);
  topo_wire_put_neg_msg(&l->bytes, 0, (struct topo_bytes){message, sizeof message});
  assert_int_equal(pair_inject(l->side, CONTROL, l->bytes.data, l->bytes.len), 0);
  topo_buf_clear(&l->bytes);
  assert_int_equal(topo_session_flush(l->side->session, l->p.now_ms), 0);
  assert_int_equal(count_kind(l, TOPO_WIRE_WANT), 1);
  assert_int_equal(wanted(l), 1);
  assert_int_equal(count_kind(l, TOPO_WIRE_SETS), 1);
  return id;
}

/* Two peers have it, and one of them withholds it: the other brings it. */
static void what_another_peer_brought_is_not_wanted_any_more(void **state)
{
  (void)state;
  struct lone l;
  struct topo_id id = withhold(&l);
  pair_bring(l.side, &id);
  assert_int_equal(topo_session_flush(l.side->session, l.p.now_ms), 0);
  assert_int_equal(wanted(&l), 0);
  assert_int_equal(count_kind(&l, TOPO_WIRE_SETS), 2); /* the round goes on */
  struct topo_session_set control = {topo_id_zero, 1, id};
  lone_put_sets(&l.bytes, &control, false);
  assert_int_equal(lone_inject(&l, CONTROL), 0);
  assert_true(topo_session_state(l.side->session).synced);
  lone_finish(&l);
}

/* SESSION_WANT_MS. Rounds go on, and the event is asked for again; "synced" is not said. */
static void what_is_never_answered_counts_as_missing(void **state)
{
  (void)state;
  struct lone l;
  struct topo_id id = withhold(&l);
  struct topo_session_set control = {topo_id_zero, 1, id};
  assert_int_equal(topo_session_deadline(l.side->session), l.p.now_ms + SESSION_WANT_MS);
  pass(&l, SESSION_WANT_MS - 1);
  assert_int_equal(wanted(&l), 1);
  assert_int_equal(count_kind(&l, TOPO_WIRE_SETS), 1);
  pass(&l, 1);
  assert_int_equal(wanted(&l), 0);
  assert_int_equal(count_kind(&l, TOPO_WIRE_SETS), 2);
  lone_put_sets(&l.bytes, &control, false);
  assert_int_equal(lone_inject(&l, CONTROL), 0);
  assert_false(topo_session_state(l.side->session).synced);
  pass(&l, SESSION_BACKOFF_MAX_MS);
  lone_put_sets(&l.bytes, &control, false);
  assert_int_equal(lone_inject(&l, CONTROL), 0);
  assert_int_equal(count_kind(&l, TOPO_WIRE_NEG_OPEN), 2);
  lone_finish(&l);
}

/* The responder has skipped live events, say, while the initiator waits for what never comes. */
static void sets_that_come_meanwhile_are_answered(void **state)
{
  (void)state;
  struct lone l;
  struct topo_id id = withhold(&l);
  struct topo_session_set control = {topo_id_zero, 2, id};
  lone_put_sets(&l.bytes, &control, false);
  assert_int_equal(lone_inject(&l, CONTROL), 0);
  assert_int_equal(count_kind(&l, TOPO_WIRE_SETS), 1);
  pass(&l, SESSION_WANT_MS);
  assert_int_equal(count_kind(&l, TOPO_WIRE_SETS), 2);
  lone_finish(&l);
}

/* Answers to what was asked for later do not help it. */
static void what_is_withheld_among_answers_counts_as_missing(void **state)
{
  (void)state;
  struct lone l;
  lone_greet(&l, false, TOPO_SESSION_MEMBER);
  want(&l, 0);
  for (uint8_t n = 1; n < 10; n++) {
    want(&l, n);
    pass(&l, SESSION_WANT_MS / 8);
    answer(&l, n);
    assert_int_equal(wanted(&l), n < 8);
  }
  lone_finish(&l);
}

/* Each answer to one of them gives the others as long again, and what was asked for since is next.
 */
static void a_peer_that_is_slow_has_all_the_time_it_needs(void **state)
{
  (void)state;
  struct lone l;
  lone_greet(&l, false, TOPO_SESSION_MEMBER);
  for (uint8_t n = 0; n < 20; n++)
    want(&l, n);
  pass(&l, SESSION_WANT_MS - 1);
  answer(&l, 0);
  for (uint8_t n = 20; n < 30; n++)
    want(&l, n);
  for (uint8_t n = 1; n < 30; n++) {
    pass(&l, SESSION_WANT_MS - 1);
    assert_int_equal(wanted(&l), 30u - n);
    answer(&l, n);
  }
  assert_int_equal(wanted(&l), 0);
  assert_true(topo_session_deadline(l.side->session) == UINT64_MAX);
  lone_finish(&l);
}

static void both_ages_count_as_missing_one_after_the_other(void **state)
{
  (void)state;
  struct lone l;
  lone_greet(&l, false, TOPO_SESSION_MEMBER);
  want(&l, 0);
  pass(&l, SESSION_WANT_MS / 2);
  want(&l, 1);
  pass(&l, SESSION_WANT_MS / 2);
  assert_int_equal(wanted(&l), 1);
  pass(&l, SESSION_WANT_MS);
  assert_int_equal(wanted(&l), 0);
  want(&l, 0); /* and may be asked for again */
  assert_int_equal(wanted(&l), 1);
  lone_finish(&l);
}

/* What came and was not applied yet may be the answer. */
static void nothing_counts_as_missing_while_the_owner_is_at_work(void **state)
{
  (void)state;
  struct lone l;
  lone_greet(&l, false, TOPO_SESSION_MEMBER);
  l.side->defer = true;
  want(&l, 0);
  lone_frame(&l.bytes, TOPO_WIRE_EVENTS, "\0\0\0\1x", 5);
  assert_int_equal(pair_inject(l.side, BULK, l.bytes.data, l.bytes.len), 0);
  topo_buf_clear(&l.bytes);
  for (unsigned i = 0; i < 5; i++) {
    pass(&l, SESSION_WANT_MS);
    assert_int_equal(wanted(&l), 1);
  }
  assert_true(pair_apply(l.side));
  pass(&l, SESSION_WANT_MS);
  assert_int_equal(wanted(&l), 0);
  lone_finish(&l);
}

/* TOPO_SESSION_WANTS_MAX holds for both ages together. */
static void the_limit_is_of_all_that_is_asked_for(void **state)
{
  (void)state;
  struct lone l;
  lone_greet(&l, false, TOPO_SESSION_MEMBER);
  for (uint32_t i = 0; i < TOPO_SESSION_WANTS_MAX + 10; i++) {
    struct topo_id id = {{1}};
    topo_put_be32(id.bytes + 4, i);
    topo_session_want(l.side->session, &id);
    if (i == TOPO_SESSION_WANTS_MAX / 2)
      assert_int_equal(topo_session_flush(l.side->session, l.p.now_ms), 0);
  }
  assert_int_equal(wanted(&l), TOPO_SESSION_WANTS_MAX);
  assert_true(l.side->session->wanted[0].count > 0 && l.side->session->wanted[1].count > 0);
  lone_finish(&l);
}

/* A responder that has skipped live events cannot say "synced" before its SETS are answered, though
 * the initiator, which has the events from others, finds them equal. */
static void sets_that_are_equal_are_answered_too(void **state)
{
  (void)state;
  struct pair p;
  pair_init(&p, 61, 20000, TOPO_CONN_WINDOW_MAX);
  pair_start(&p.a);
  pair_start(&p.b);
  assert_true(pair_sync(&p, 0));
  for (unsigned i = 0; i < TOPO_SESSION_LIVE_MAX + 100; i++) {
    struct topo_id id = pair_add(&p.b, 1, i, 8);
    topo_session_push(p.b.session, &id);
    pair_bring(&p.a, &id);
  }
  assert_false(topo_session_state(p.b.session).synced);
  assert_true(pair_sync(&p, MINUTE));
  assert_true(pair_same(&p));
  pair_finish(&p);
}

/* The pause is the shortest, and the answer is one: it is not answered in turn. */
static void equal_sets_that_nobody_asked_for_are_answered_once(void **state)
{
  (void)state;
  struct lone l;
  lone_greet(&l, true, TOPO_SESSION_MEMBER);
  for (unsigned i = 1; i <= 3; i++) {
    lone_put_sets(&l.bytes, NULL, false);
    assert_int_equal(pair_inject(l.side, CONTROL, l.bytes.data, l.bytes.len), 0);
    topo_buf_clear(&l.bytes);
    assert_int_equal(topo_session_flush(l.side->session, l.p.now_ms), 0);
    bool asked = i % 2; /* it was an answer */
    uint64_t pause = asked ? SESSION_ROUND_MS : SESSION_BACKOFF_MIN_MS;
    assert_int_equal(topo_session_deadline(l.side->session), l.p.now_ms + pause);
    assert_true(topo_session_state(l.side->session).synced);
    assert_int_equal(count_kind(&l, TOPO_WIRE_SETS), (i + 1) / 2);
    if (!asked)
      pass(&l, SESSION_BACKOFF_MIN_MS);
  }
  lone_finish(&l);
}

/* SESSION_OWED_MS. What a round waits for: the peer's SETS, a PAGE, or its turn. */
static void an_answer_that_is_owed_too_long_ends_the_session(void **state)
{
  (void)state;
  struct topo_session_set row = {pair_set_id(1), 1, {{1}}};
  for (unsigned what = 0; what < 3; what++) {
    struct lone l;
    lone_greet(&l, true, TOPO_SESSION_MEMBER);
    if (what > 0) {
      lone_put_sets(&l.bytes, NULL, true);
      assert_int_equal(lone_inject(&l, CONTROL), 0);
    }
    if (what > 1) {
      lone_put_page(&l.bytes, &row, 1);
      assert_int_equal(lone_inject(&l, CONTROL), 0);
      assert_int_equal(count_kind(&l, TOPO_WIRE_NEG_OPEN), 1);
    }
    uint64_t end = topo_session_deadline(l.side->session);
    assert_in_range(end, SESSION_OWED_MS, l.p.now_ms + SESSION_OWED_MS);
    l.p.now_ms = end - 1;
    pass(&l, 0);
    assert_int_equal(topo_session_tick(l.side->session, end), TOPO_EPROTOCOL);
    assert_true(l.side->conn_closed && l.side->heard_closed);
    lone_finish(&l);
  }
}

static void a_page_begins_the_wait_anew(void **state)
{
  (void)state;
  static const uint8_t parts[1 + 2 * TOPO_PAGE_PART_SIZE] = {TOPO_PAGE_OF_PARTS, 0,
                                                             [1 + TOPO_PAGE_PART_SIZE] = 9};
  struct lone l;
  lone_greet(&l, true, TOPO_SESSION_MEMBER);
  lone_put_sets(&l.bytes, NULL, true);
  assert_int_equal(lone_inject(&l, CONTROL), 0);
  lone_frame(&l.bytes, TOPO_WIRE_PAGE, parts, sizeof parts);
  assert_int_equal(lone_inject(&l, CONTROL), 0);
  assert_int_equal(count_kind(&l, TOPO_WIRE_LIST), 3);
  pass(&l, SESSION_OWED_MS - 2 * MINUTE);
  lone_put_page(&l.bytes, NULL, 0);
  assert_int_equal(pair_inject(l.side, CONTROL, l.bytes.data, l.bytes.len), 0);
  topo_buf_clear(&l.bytes);
  pass(&l, 0);
  assert_int_equal(topo_session_deadline(l.side->session), l.p.now_ms + SESSION_OWED_MS);
  lone_finish(&l);
}

/* Each answer is waited for as long, and SETS that nobody asked for are none. */
static void an_answer_begins_the_wait_anew(void **state)
{
  (void)state;
  struct topo_session_set rows[2] = {{pair_set_id(1), 1, {{1}}}, {pair_set_id(2), 1, {{1}}}};
  struct topo_bytes done = {(const uint8_t *)"\x61", 1};
  struct lone l;
  lone_greet(&l, true, TOPO_SESSION_MEMBER);
  lone_tell_epochs(&l, rows, 2);
  pass(&l, SESSION_OWED_MS - 2 * MINUTE);
  topo_wire_put_neg_msg(&l.bytes, 0, done);
  assert_int_equal(pair_inject(l.side, CONTROL, l.bytes.data, l.bytes.len), 0);
  topo_buf_clear(&l.bytes);
  pass(&l, 0);
  assert_int_equal(topo_session_deadline(l.side->session), l.p.now_ms + SESSION_OWED_MS);
  pass(&l, SESSION_OWED_MS - MINUTE);
  lone_put_sets(&l.bytes, NULL, true);
  assert_int_equal(pair_inject(l.side, CONTROL, l.bytes.data, l.bytes.len), 0);
  topo_buf_clear(&l.bytes);
  pass(&l, 0);
  assert_int_equal(topo_session_deadline(l.side->session), l.p.now_ms + MINUTE);
  l.p.now_ms += MINUTE;
  assert_int_equal(topo_session_tick(l.side->session, l.p.now_ms), TOPO_EPROTOCOL);
  lone_finish(&l);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_another_peer_brought_is_not_wanted_any_more),
      cmocka_unit_test(what_is_never_answered_counts_as_missing),
      cmocka_unit_test(sets_that_come_meanwhile_are_answered),
      cmocka_unit_test(what_is_withheld_among_answers_counts_as_missing),
      cmocka_unit_test(a_peer_that_is_slow_has_all_the_time_it_needs),
      cmocka_unit_test(both_ages_count_as_missing_one_after_the_other),
      cmocka_unit_test(nothing_counts_as_missing_while_the_owner_is_at_work),
      cmocka_unit_test(the_limit_is_of_all_that_is_asked_for),
      cmocka_unit_test(sets_that_are_equal_are_answered_too),
      cmocka_unit_test(equal_sets_that_nobody_asked_for_are_answered_once),
      cmocka_unit_test(an_answer_that_is_owed_too_long_ends_the_session),
      cmocka_unit_test(a_page_begins_the_wait_anew),
      cmocka_unit_test(an_answer_begins_the_wait_anew),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
