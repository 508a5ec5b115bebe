/*
 * test_session_bounds.c - each bound of a session at its edge: what is as large as it may be goes
 * through, and one more does not. Where nothing of that is seen from outside, the session's own
 * queues are looked at.
 */
#include "base/status.h"
#include "lib/aborts.h"
#include "sync/range.h"
#include "sync/session_impl.h"
#include "unit/sync/session_lone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { MINUTE = 60 * 1000, IDS_FRAME = TOPO_WIRE_HEAD_SIZE + 2 + TOPO_WIRE_IDS_MAX * TOPO_ID_SIZE };

static struct topo_id made_up(uint32_t i)
{
  struct topo_id id = {{0}};
  topo_put_be32(id.bytes, i + 1);
  topo_put_be32(id.bytes + 28, i + 1);
  return id;
}

static void put_ids(struct topo_buf *out, enum topo_wire_kind kind, uint32_t from, uint16_t n)
{
  size_t start = topo_wire_begin(out, kind);
  topo_buf_put_u16(out, n);
  for (uint32_t i = 0; i < n; i++) {
    struct topo_id id = made_up(from + i);
    topo_buf_put_id(out, &id);
  }
  topo_wire_end(out, start);
}

/* An EVENTS frame of `n` events of zeros. */
static void put_events(struct topo_buf *out, const size_t *sizes, size_t n)
{
  static const uint8_t zeros[TOPO_WIRE_EVENT_MAX];
  size_t start = topo_wire_begin(out, TOPO_WIRE_EVENTS);
  for (size_t i = 0; i < n; i++) {
    topo_buf_put_u32(out, (uint32_t)sizes[i]);
    topo_buf_put(out, zeros, sizes[i]);
  }
  topo_wire_end(out, start);
}

/* How many frames of a kind the session has sent on a stream; *longest is its longest one. */
static size_t count_frames(const struct pair_side *side, unsigned stream, unsigned kind,
                           size_t *longest)
{
  const struct topo_buf *sent = &side->out.streams[stream];
  struct topo_wire_frame frame;
  size_t n = 0;
  *longest = 0;
  for (size_t at = 0; topo_wire_split(sent->data + at, sent->len - at, &frame) > 0;
       at += frame.size)
    if (frame.kind == kind) {
      n++;
      *longest = frame.size > *longest ? frame.size : *longest;
    }
  return n;
}

/* TOPO_FRAME_MAX, which test_session_violations.c goes beyond. */
static void a_frame_may_be_as_long_as_it_may(void **state)
{
  (void)state;
  const size_t whole = TOPO_WIRE_LENGTH_SIZE + TOPO_WIRE_EVENT_MAX;
  const size_t sizes[] = {TOPO_WIRE_EVENT_MAX, TOPO_WIRE_EVENT_MAX, TOPO_WIRE_EVENT_MAX,
                          TOPO_FRAME_MAX - 1 - 3 * whole - TOPO_WIRE_LENGTH_SIZE};
  struct lone l;
  lone_greet(&l, true, TOPO_SESSION_MEMBER);
  put_events(&l.bytes, sizes, 4);
  assert_int_equal(l.bytes.len, TOPO_WIRE_LENGTH_SIZE + TOPO_FRAME_MAX);
  assert_int_equal(lone_inject(&l, BULK), 0);
  assert_int_equal(topo_session_state(l.side->session).received_events, 4);
  lone_finish(&l);
}

/* TOPO_CONN_WINDOW_MAX, for what has to wait for the peer's HELLO. */
static void what_overtakes_the_greeting_may_fill_the_window(void **state)
{
  (void)state;
  const size_t whole = TOPO_WIRE_EVENT_MAX, frame = TOPO_WIRE_HEAD_SIZE + TOPO_WIRE_LENGTH_SIZE;
  struct lone l;
  lone_init(&l, false, TOPO_SESSION_MEMBER);
  size_t kept = 0;
  for (; TOPO_CONN_WINDOW_MAX - kept > frame + whole; kept += frame + whole)
    put_events(&l.bytes, &whole, 1);
  size_t rest = TOPO_CONN_WINDOW_MAX - kept - frame;
  put_events(&l.bytes, &rest, 1);
  assert_int_equal(l.bytes.len, TOPO_CONN_WINDOW_MAX);
  assert_int_equal(lone_inject(&l, BULK), 0);
  topo_buf_put_u8(&l.bytes, 0);
  lone_breaks(&l, BULK, TOPO_EPROTOCOL);
}

/* TOPO_WIRE_IDS_MAX, which test_session_violations.c goes beyond. */
static void lists_of_ids_may_be_as_long_as_they_may(void **state)
{
  (void)state;
  struct lone l;
  lone_greet(&l, false, TOPO_SESSION_MEMBER);
  put_ids(&l.bytes, TOPO_WIRE_WANT, 0, TOPO_WIRE_IDS_MAX);
  put_ids(&l.bytes, TOPO_WIRE_MISSING, 0, TOPO_WIRE_IDS_MAX);
  assert_int_equal(lone_inject(&l, CONTROL), 0);
  size_t longest;
  assert_int_equal(count_frames(l.side, CONTROL, TOPO_WIRE_MISSING, &longest), 1);
  assert_int_equal(longest, IDS_FRAME);
  put_ids(&l.bytes, TOPO_WIRE_WANT, 0, TOPO_WIRE_IDS_MAX);
  put_ids(&l.bytes, TOPO_WIRE_WANT, 0, 1);
  assert_int_equal(lone_inject(&l, CONTROL), 0);
  assert_int_equal(count_frames(l.side, CONTROL, TOPO_WIRE_MISSING, &longest), 3);
  assert_int_equal(longest, IDS_FRAME);
  lone_finish(&l);
}

/* A message as long as TOPO_SESSION_RECONCILE_BYTES_MAX allows, with as many ids as fit: a range to
 * skip that makes the length right, and a list up to infinity. Returns how many ids. */
static size_t longest_message(uint8_t message[static TOPO_SESSION_RECONCILE_BYTES_MAX])
{
  enum { FIRST = 26, HEAD = 5, IDS = 2047 };
  const uint8_t first[3] = {TOPO_NEGENTROPY_VERSION, 1, FIRST - 3};
  const uint8_t head[HEAD] = {0, 0, TOPO_RANGE_IDS, 0x80 | IDS >> 7, IDS & 0x7f};
  memset(message, 0, TOPO_SESSION_RECONCILE_BYTES_MAX);
  memcpy(message, first, sizeof first);
  memcpy(message + 1 + FIRST, head, sizeof head);
  for (uint32_t i = 0; i < IDS; i++) {
    struct topo_id id = made_up(1000000 + i);
    memcpy(message + 1 + FIRST + HEAD + i * TOPO_ID_SIZE, id.bytes, TOPO_ID_SIZE);
  }
  assert_int_equal(1 + FIRST + HEAD + IDS * TOPO_ID_SIZE, TOPO_SESSION_RECONCILE_BYTES_MAX);
  return IDS;
}

static void a_message_may_be_as_long_as_it_may(void **state)
{
  (void)state;
  static uint8_t message[TOPO_SESSION_RECONCILE_BYTES_MAX];
  size_t longest;
  longest_message(message);
  struct lone l;
  lone_greet(&l, false, TOPO_SESSION_MEMBER);
  topo_wire_put_neg_open(&l.bytes, 1, &topo_id_zero, (struct topo_bytes){message, sizeof message});
  assert_int_equal(lone_inject(&l, CONTROL), 0);
  assert_int_equal(count_frames(l.side, CONTROL, TOPO_WIRE_NEG_MSG, &longest), 1);
  lone_finish(&l);
}

/* SPILL_MAX: what one message names finds room beside wants that are full. */
static void one_message_fits_into_the_spill(void **state)
{
  (void)state;
  static uint8_t message[TOPO_SESSION_RECONCILE_BYTES_MAX];
  size_t named = longest_message(message);
  struct lone l;
  lone_greet(&l, true, TOPO_SESSION_MEMBER);
  struct topo_session *s = l.side->session;
  struct topo_session_set row = {topo_id_zero, 5, made_up(0)};
  lone_put_sets(&l.bytes, &row, false);
  assert_int_equal(lone_inject(&l, CONTROL), 0);
  for (uint32_t i = 0; i < TOPO_SESSION_WANTS_MAX; i++) {
    struct topo_id id = made_up(i);
    topo_session_want(s, &id);
  }
  topo_wire_put_neg_msg(&l.bytes, 0, (struct topo_bytes){message, sizeof message});
  assert_int_equal(lone_inject(&l, CONTROL), 0);
  assert_int_equal(topo_session_wanted(s) - s->spill.count, TOPO_SESSION_WANTS_MAX);
  assert_int_equal(s->spill.count, named);
  assert_in_range(s->spill.max, named, named + 1);
  lone_finish(&l);
}

/* ASK_MAX: ids that came before they were asked for leave the queue only when it is sent. */
static void ids_that_came_early_use_up_the_queue(void **state)
{
  (void)state;
  struct lone l;
  lone_greet(&l, false, TOPO_SESSION_MEMBER);
  struct topo_session *s = l.side->session;
  uint32_t i = 0;
  for (; i < 2 * TOPO_SESSION_WANTS_MAX; i++) {
    struct topo_id id = made_up(i);
    topo_session_want(s, &id);
    assert_int_equal(topo_session_state(s).wanted, 1);
    topo_session_got(s, &id);
  }
  struct topo_id last = made_up(i);
  topo_session_want(s, &last);
  assert_int_equal(topo_session_state(s).wanted, 0);
  assert_int_equal(topo_session_flush(s, 0), 0);
  topo_session_want(s, &last);
  assert_int_equal(topo_session_state(s).wanted, 1);
  lone_finish(&l);
}

/* TOPO_SESSION_RECONCILING_MAX, as the initiator keeps it. */
static void four_sets_are_opened_and_then_another_when_one_ends(void **state)
{
  (void)state;
  struct topo_session_set rows[6];
  struct topo_bytes equal = {(const uint8_t *)"\x61", 1};
  struct lone l;
  size_t longest;
  lone_greet(&l, true, TOPO_SESSION_MEMBER);
  for (unsigned i = 0; i < 6; i++) {
    rows[i] = (struct topo_session_set){pair_set_id(i + 1), 1, made_up(i)};
    pair_add(l.side, i + 1, 1, 8);
  }
  lone_tell_epochs(&l, rows, 6);
  assert_int_equal(count_frames(l.side, CONTROL, TOPO_WIRE_NEG_OPEN, &longest),
                   TOPO_SESSION_RECONCILING_MAX);
  topo_wire_put_neg_msg(&l.bytes, 2, equal);
  assert_int_equal(lone_inject(&l, CONTROL), 0);
  assert_int_equal(count_frames(l.side, CONTROL, TOPO_WIRE_NEG_CLOSE, &longest), 1);
  assert_int_equal(count_frames(l.side, CONTROL, TOPO_WIRE_NEG_OPEN, &longest),
                   TOPO_SESSION_RECONCILING_MAX + 1);
  lone_finish(&l);
}

/* Asks for three events, of which the last has `more` bytes more than fill one frame. */
static size_t frames_for(size_t more, size_t *longest)
{
  const size_t third = TOPO_SESSION_EVENTS_BYTES_MAX / 3,
               head = TOPO_WIRE_LENGTH_SIZE + PAIR_EVENT_HEAD;
  struct lone l;
  lone_greet(&l, false, TOPO_SESSION_MEMBER);
  size_t start = topo_wire_begin(&l.bytes, TOPO_WIRE_WANT);
  topo_buf_put_u16(&l.bytes, 3);
  for (unsigned i = 0; i < 3; i++) {
    struct topo_id id = pair_add(l.side, 1, i, third - head + (i == 2 ? more : 0));
    topo_buf_put_id(&l.bytes, &id);
  }
  topo_wire_end(&l.bytes, start);
  assert_int_equal(lone_inject(&l, CONTROL), 0);
  assert_int_equal(topo_session_state(l.side->session).sent_events, 3);
  size_t n = count_frames(l.side, BULK, TOPO_WIRE_EVENTS, longest);
  lone_finish(&l);
  return n;
}

/* TOPO_SESSION_EVENTS_BYTES_MAX. */
static void a_frame_of_events_is_filled_and_no_more(void **state)
{
  (void)state;
  size_t longest;
  assert_int_equal(frames_for(0, &longest), 1);
  assert_int_equal(longest, TOPO_WIRE_HEAD_SIZE + TOPO_SESSION_EVENTS_BYTES_MAX);
  assert_int_equal(frames_for(1, &longest), 2);
}

/* TOPO_WIRE_EVENT_MAX, of our own: only a damaged disk has such an event. */
static void an_event_too_long_to_be_sent_is_our_fault(void **state)
{
  (void)state;
  for (unsigned more = 0; more < 2; more++) {
    struct lone l;
    lone_greet(&l, false, TOPO_SESSION_MEMBER);
    struct topo_id id = pair_add(l.side, 1, 1, TOPO_WIRE_EVENT_MAX - PAIR_EVENT_HEAD + more);
    size_t start = topo_wire_begin(&l.bytes, TOPO_WIRE_WANT);
    topo_buf_put_u16(&l.bytes, 1);
    topo_buf_put_id(&l.bytes, &id);
    topo_wire_end(&l.bytes, start);
    if (more) {
      lone_breaks(&l, CONTROL, TOPO_EINTERNAL);
      break;
    }
    assert_int_equal(lone_inject(&l, CONTROL), 0);
    assert_int_equal(topo_session_state(l.side->session).sent_events, 1);
    lone_finish(&l);
  }
}

/* TOPO_SESSION_LIVE_MAX: the rounds that follow when so many are pushed at once. */
static uint64_t rounds_after_pushing(unsigned n)
{
  struct pair p;
  pair_init(&p, 41, TOPO_CONN_SEND_BUFFER_MAX, TOPO_CONN_WINDOW_MAX);
  p.in_order = true; /* or SETS may name what is still on its way */
  pair_start(&p.a);
  pair_start(&p.b);
  assert_true(pair_sync(&p, 0));
  for (unsigned i = 0; i < n; i++)
    pair_add_live(&p.a, 1, i);
  assert_true(pair_sync(&p, MINUTE));
  assert_true(pair_same(&p));
  uint64_t rounds = topo_session_state(p.a.session).rounds;
  assert_true(p.b.live_received >= TOPO_SESSION_LIVE_MAX);
  pair_finish(&p);
  return rounds;
}

static void as_many_are_pushed_and_one_more_takes_a_round(void **state)
{
  (void)state;
  assert_int_equal(rounds_after_pushing(TOPO_SESSION_LIVE_MAX), 0);
  assert_int_equal(rounds_after_pushing(TOPO_SESSION_LIVE_MAX + 1), 1);
}

/* SESSION_HAVES_MAX: how many of `n` events are sent when one message says that the peer has none
 * of them. The next round finds the others. */
static uint64_t sent_for_haves(unsigned n)
{
  struct lone l;
  struct topo_session_set row = {pair_set_id(1), 1, made_up(0)};
  struct topo_bytes none = {(const uint8_t *)"\x61\0\0\2\0", 5};
  lone_greet(&l, true, TOPO_SESSION_MEMBER);
  for (unsigned i = 0; i < n; i++)
    pair_add(l.side, 1, i, 8);
  lone_tell_epochs(&l, &row, 1);
  topo_wire_put_neg_msg(&l.bytes, 0, none);
  assert_int_equal(lone_inject(&l, CONTROL), 0);
  uint64_t sent = topo_session_state(l.side->session).sent_events;
  lone_finish(&l);
  return sent;
}

static void as_many_haves_are_sent_in_a_round_and_no_more(void **state)
{
  (void)state;
  assert_int_equal(sent_for_haves(SESSION_HAVES_MAX), SESSION_HAVES_MAX);
  assert_int_equal(sent_for_haves(SESSION_HAVES_MAX + 1), SESSION_HAVES_MAX);
}

/* SESSION_HAVES_SOFT_LIMIT: a set is read no faster than it leaves. */
static void reading_a_set_waits_for_the_connection(void **state)
{
  (void)state;
  struct pair p;
  pair_init(&p, 43, 100, TOPO_CONN_WINDOW_MAX);
  p.hold_bulk = true;
  for (unsigned i = 0; i < 30000; i++)
    pair_add(&p.a, 1, i, 8);
  pair_start(&p.a);
  pair_start(&p.b);
  pair_rest(&p);
  assert_in_range(p.a.session->haves.count, 1, SESSION_HAVES_SOFT_LIMIT + 64);
  assert_true(topo_session_state(p.a.session).sent_events + p.a.session->haves.count < 30000);
  pair_finish(&p);
}

/* SESSION_RECENT_MAX: how many are sent when the next round comes before anything has arrived. */
static uint64_t sent_in_two_rounds(unsigned n)
{
  struct pair p;
  pair_init(&p, 44, TOPO_CONN_SEND_BUFFER_MAX, TOPO_CONN_WINDOW_MAX);
  p.hold_bulk = true;
  for (unsigned i = 0; i < n; i++)
    pair_add(&p.a, 1, i, 8);
  pair_start(&p.a);
  pair_start(&p.b);
  pair_rest(&p);
  assert_int_equal(topo_session_state(p.a.session).sent_events, n);
  p.now_ms = topo_session_deadline(p.a.session);
  topo_session_tick(p.a.session, p.now_ms);
  pair_rest(&p);
  assert_int_equal(topo_session_state(p.a.session).rounds, 2);
  uint64_t sent = topo_session_state(p.a.session).sent_events;
  pair_finish(&p);
  return sent;
}

static void as_many_are_remembered_as_sent(void **state)
{
  (void)state;
  assert_int_equal(sent_in_two_rounds(SESSION_RECENT_MAX), SESSION_RECENT_MAX);
  assert_true(sent_in_two_rounds(SESSION_RECENT_MAX + 1) > SESSION_RECENT_MAX + 1);
}

/* SESSION_CONTROL_LIMIT: the frame that reaches it is the last until the connection takes some. */
static void control_frames_are_made_up_to_the_limit(void **state)
{
  (void)state;
  struct lone l;
  lone_greet(&l, false, TOPO_SESSION_MEMBER);
  struct topo_session *s = l.side->session;
  const struct session_out *out = &s->out[CONTROL];
  l.p.send_buffer = l.side->out.streams[CONTROL].len; /* it takes nothing more */
  for (uint32_t i = 0; i < 8; i++)
    put_ids(&l.bytes, TOPO_WIRE_WANT, i * TOPO_WIRE_IDS_MAX, TOPO_WIRE_IDS_MAX);
  assert_int_equal(lone_inject(&l, CONTROL), 0);
  size_t waiting = out->buf.len - out->sent;
  assert_in_range(waiting, SESSION_CONTROL_LIMIT, SESSION_CONTROL_LIMIT + IDS_FRAME - 1);
  assert_int_equal(waiting % IDS_FRAME, 0);
  assert_true(s->peer_wants.count > 0);
  lone_finish(&l);
}

/* SESSION_BACKOFF_MAX_MS: rounds that move nothing come ever more seldom, but come. */
static void pauses_double_up_to_the_longest(void **state)
{
  (void)state;
  struct pair p;
  pair_init(&p, 45, TOPO_CONN_SEND_BUFFER_MAX, TOPO_CONN_WINDOW_MAX);
  p.b.deaf = true;
  pair_add(&p.a, 1, 1, 8);
  pair_start(&p.a);
  pair_start(&p.b);
  uint64_t expected = SESSION_BACKOFF_MIN_MS;
  for (unsigned i = 0; i < 12; i++) {
    pair_rest(&p);
    assert_int_equal(topo_session_deadline(p.a.session) - p.now_ms, expected);
    expected = expected * 2 < SESSION_BACKOFF_MAX_MS ? expected * 2 : SESSION_BACKOFF_MAX_MS;
    p.now_ms = topo_session_deadline(p.a.session);
    topo_session_tick(p.a.session, p.now_ms);
  }
  assert_int_equal(expected, SESSION_BACKOFF_MAX_MS);
  pair_finish(&p);
}

static void apply_what_never_came(void)
{
  struct lone l;
  lone_greet(&l, true, TOPO_SESSION_MEMBER);
  topo_session_applied(l.side->session, TOPO_STREAM_BULK, 1);
}

static void welcome_without_a_join(void)
{
  struct lone l;
  lone_greet(&l, false, TOPO_SESSION_INVITER);
  topo_session_welcome(l.side->session, &topo_id_zero);
}

/* What an owner may not do stops the program where it is done. */
static void mistakes_of_the_owner_are_asserted(void **state)
{
  (void)state;
  assert_true(test_aborts(apply_what_never_came));
  assert_true(test_aborts(welcome_without_a_join));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_frame_may_be_as_long_as_it_may),
      cmocka_unit_test(what_overtakes_the_greeting_may_fill_the_window),
      cmocka_unit_test(lists_of_ids_may_be_as_long_as_they_may),
      cmocka_unit_test(a_message_may_be_as_long_as_it_may),
      cmocka_unit_test(one_message_fits_into_the_spill),
      cmocka_unit_test(ids_that_came_early_use_up_the_queue),
      cmocka_unit_test(four_sets_are_opened_and_then_another_when_one_ends),
      cmocka_unit_test(a_frame_of_events_is_filled_and_no_more),
      cmocka_unit_test(an_event_too_long_to_be_sent_is_our_fault),
      cmocka_unit_test(as_many_are_pushed_and_one_more_takes_a_round),
      cmocka_unit_test(as_many_haves_are_sent_in_a_round_and_no_more),
      cmocka_unit_test(reading_a_set_waits_for_the_connection),
      cmocka_unit_test(as_many_are_remembered_as_sent),
      cmocka_unit_test(control_frames_are_made_up_to_the_limit),
      cmocka_unit_test(pauses_double_up_to_the_longest),
      cmocka_unit_test(mistakes_of_the_owner_are_asserted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
