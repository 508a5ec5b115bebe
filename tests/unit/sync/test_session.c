/* test_session.c - two sessions make two owners hold the same. */
#include "base/status.h"
#include "port/close.h"
#include "unit/sync/session_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { SMALL = 700, WINDOW = 600 * 1024, MINUTE = 60 * 1000 };

static void start(struct pair *p)
{
  pair_start(&p->a);
  pair_start(&p->b);
}

/* Random sets in several epochs: some shared, some of one side. */
static void fill(struct pair *p)
{
  unsigned sets = 1 + (unsigned)(pair_random(p) % PAIR_FEW);
  for (unsigned set = 0; set < sets; set++) {
    uint64_t n[3];
    for (unsigned i = 0; i < 3; i++)
      n[i] = pair_random(p) % 4 == 0 ? 0 : pair_random(p) % 120;
    for (uint64_t i = 0; i < n[0]; i++)
      pair_add_both(p, set, pair_random(p) % 500, 8 + pair_random(p) % 100);
    for (uint64_t i = 0; i < n[1]; i++)
      pair_add(&p->a, set, pair_random(p) % 500, 8 + pair_random(p) % 100);
    for (uint64_t i = 0; i < n[2]; i++)
      pair_add(&p->b, set, pair_random(p) % 500, 8 + pair_random(p) % 100);
  }
}

static void converges_for_many_seeds(void **state)
{
  (void)state;
  for (uint64_t seed = 1; seed <= 150; seed++) {
    struct pair p;
    size_t buffer = seed % 3 == 0 ? SMALL : seed % 3 == 1 ? 5000 : TOPO_CONN_SEND_BUFFER_MAX;
    pair_init(&p, seed, buffer, WINDOW);
    p.a.defer = seed % 2;
    p.b.defer = seed % 5 < 2;
    fill(&p);
    start(&p);
    if (!pair_sync(&p, MINUTE) || !pair_same(&p))
      fail_msg("seed %llu does not converge", (unsigned long long)seed);
    assert_int_equal(topo_session_state(p.a.session).wanted, 0);
    pair_finish(&p);
  }
}

static void empty_owners_are_synced_at_once(void **state)
{
  (void)state;
  struct pair p;
  pair_init(&p, 7, SMALL, WINDOW);
  start(&p);
  assert_true(pair_sync(&p, 0));
  assert_int_equal(topo_session_state(p.a.session).rounds, 0);
  assert_true(topo_id_equal(&p.a.greeted_credential, &p.b.options.own_credential));
  assert_true(topo_id_equal(&p.b.greeted_credential, &p.a.options.own_credential));
  assert_int_equal(p.a.greeted_wall_ms, PAIR_WALL_B);
  assert_int_equal(p.b.greeted_wall_ms, PAIR_WALL_A);
  pair_finish(&p);
}

static void many(struct pair_side *side, unsigned set, size_t n, size_t body)
{
  for (size_t i = 0; i < n; i++)
    pair_add(side, set, i, body);
}

/* More than all queues hold, towards the initiator: wants spill and wait. */
static void a_newcomer_that_dials_gets_everything(void **state)
{
  (void)state;
  struct pair p;
  pair_init(&p, 11, TOPO_CONN_SEND_BUFFER_MAX, TOPO_CONN_WINDOW_MAX);
  p.a.defer = true;
  many(&p.b, 0, 300, 100);
  many(&p.b, 1, 30000, 40);
  start(&p);
  assert_true(pair_sync(&p, MINUTE));
  assert_true(pair_same(&p));
  assert_int_equal(p.a.received, 30300);
  assert_int_equal(p.a.duplicates, 0);
  pair_finish(&p);
}

/* The same, towards the responder: a set of which it has nothing is streamed. */
static void a_newcomer_that_is_dialled_gets_everything(void **state)
{
  (void)state;
  struct pair p;
  pair_init(&p, 12, TOPO_CONN_SEND_BUFFER_MAX, TOPO_CONN_WINDOW_MAX);
  p.b.defer = true;
  many(&p.a, 0, 300, 100);
  many(&p.a, 1, 40000, 40);
  start(&p);
  assert_true(pair_sync(&p, MINUTE));
  assert_true(pair_same(&p));
  assert_int_equal(p.b.received, 40300);
  pair_finish(&p);
}

/* One item that both have keeps the set from being streamed; the ids found in one message overflow
 * the queue. */
static void more_haves_than_fit_take_more_rounds(void **state)
{
  (void)state;
  struct pair p;
  pair_init(&p, 13, TOPO_CONN_SEND_BUFFER_MAX, TOPO_CONN_WINDOW_MAX);
  pair_add_both(&p, 1, 5, 8);
  many(&p.a, 1, 40000, 16);
  start(&p);
  assert_true(pair_sync(&p, MINUTE));
  assert_true(pair_same(&p));
  assert_true(topo_session_state(p.a.session).rounds >= 2);
  pair_finish(&p);
}

static void large_events_fit_into_frames(void **state)
{
  (void)state;
  struct pair p;
  pair_init(&p, 14, 100000, TOPO_CONN_WINDOW_MAX);
  for (unsigned i = 0; i < 12; i++) {
    pair_add(&p.a, 1, i, 65536 - PAIR_EVENT_HEAD);
    pair_add(&p.b, 1, i, 65536 - PAIR_EVENT_HEAD);
  }
  start(&p);
  assert_true(pair_sync(&p, MINUTE));
  assert_true(pair_same(&p));
  pair_finish(&p);
}

static void what_is_new_is_pushed_live_both_ways(void **state)
{
  (void)state;
  struct pair p;
  pair_init(&p, 15, SMALL, WINDOW);
  start(&p);
  assert_true(pair_sync(&p, 0));
  for (unsigned i = 0; i < 50; i++) {
    pair_add_live(&p.a, 1, i);
    pair_add_live(&p.b, 2, i);
    pair_rest(&p);
  }
  assert_true(pair_same(&p));
  assert_int_equal(p.a.live_received, 50);
  assert_int_equal(p.b.live_received, 50);
  assert_true(topo_session_state(p.a.session).synced);
  assert_int_equal(topo_session_state(p.a.session).rounds, 0);
  pair_finish(&p);
}

static void skipped(struct pair *p, struct pair_side *from)
{
  start(p);
  assert_true(pair_sync(p, 0));
  for (unsigned i = 0; i < TOPO_SESSION_LIVE_MAX + 100; i++)
    pair_add_live(from, 1, i);
  assert_false(topo_session_state(from->session).synced);
  assert_true(pair_sync(p, MINUTE));
  assert_true(pair_same(p));
  assert_true(from->other->live_received >= TOPO_SESSION_LIVE_MAX);
  assert_true(topo_session_state(p->a.session).rounds >= 1);
  pair_finish(p);
}

static void live_events_that_were_skipped_are_found_by_a_round(void **state)
{
  (void)state;
  struct pair p;
  pair_init(&p, 16, 20000, WINDOW);
  skipped(&p, &p.a);
  pair_init(&p, 17, 20000, WINDOW);
  skipped(&p, &p.b);
}

static void a_round_is_started_every_ten_minutes(void **state)
{
  (void)state;
  struct pair p;
  pair_init(&p, 18, SMALL, WINDOW);
  start(&p);
  assert_true(pair_sync(&p, 0));
  assert_int_equal(topo_session_deadline(p.a.session), p.now_ms + 10 * MINUTE);
  assert_true(topo_session_deadline(p.b.session) == UINT64_MAX);
  pair_add(&p.b, 1, 1, 8); /* nobody pushes it */
  p.now_ms += 10 * MINUTE - 1;
  topo_session_tick(p.a.session, p.now_ms);
  pair_rest(&p);
  assert_false(pair_same(&p));
  p.now_ms++;
  topo_session_tick(p.a.session, p.now_ms);
  pair_rest(&p);
  assert_true(pair_same(&p));
  pair_finish(&p);
}

static void resync_starts_a_round_from_either_side(void **state)
{
  (void)state;
  struct pair p;
  pair_init(&p, 19, SMALL, WINDOW);
  start(&p);
  assert_true(pair_sync(&p, 0));
  pair_add(&p.b, 1, 1, 8);
  topo_session_resync(p.a.session, p.now_ms);
  pair_rest(&p);
  assert_true(pair_same(&p));
  pair_add(&p.a, 1, 2, 8);
  topo_session_resync(p.b.session, p.now_ms);
  assert_true(pair_sync(&p, MINUTE));
  p.now_ms += 1000;
  assert_true(pair_sync(&p, MINUTE));
  assert_true(pair_same(&p));
  pair_finish(&p);
}

/* A peer that can make nothing of what it is sent: rounds go on, ever more seldom. */
static void rounds_that_move_nothing_back_off(void **state)
{
  (void)state;
  struct pair p;
  pair_init(&p, 20, SMALL, WINDOW);
  p.b.deaf = true;
  many(&p.a, 1, 10, 8);
  start(&p);
  assert_false(pair_sync(&p, 10 * MINUTE));
  struct topo_session_state a = topo_session_state(p.a.session);
  assert_false(a.synced);
  assert_in_range(a.rounds, 20, 40);
  assert_in_range(a.sent_events, 20, 400);
  assert_in_range(topo_session_deadline(p.a.session) - p.now_ms, 1, 30000);
  pair_finish(&p);
}

static void the_owner_may_want_an_event(void **state)
{
  (void)state;
  struct pair p;
  pair_init(&p, 21, SMALL, WINDOW);
  p.b.deaf = true; /* it has the event, but in no set */
  struct topo_id id = pair_add(&p.b, 1, 1, 8);
  start(&p);
  assert_true(pair_sync(&p, 0));
  topo_session_want(p.a.session, &id);
  topo_session_want(p.a.session, &id);
  assert_int_equal(topo_session_state(p.a.session).wanted, 1);
  assert_false(topo_session_state(p.a.session).synced);
  pair_rest(&p);
  assert_non_null(pair_find(&p.a, &id));
  assert_int_equal(topo_session_state(p.a.session).wanted, 0);
  assert_int_equal(topo_session_state(p.b.session).sent_events, 1);
  topo_session_want(p.a.session, &id); /* known by now */
  assert_int_equal(topo_session_state(p.a.session).wanted, 0);
  pair_finish(&p);
}

static void what_the_peer_does_not_have_is_missing(void **state)
{
  (void)state;
  struct pair p;
  pair_init(&p, 22, SMALL, WINDOW);
  start(&p);
  assert_true(pair_sync(&p, 0));
  for (unsigned i = 1; i <= 3000; i++) {
    struct topo_id id = {{0}};
    topo_put_be32(id.bytes + 4, i);
    topo_session_want(p.a.session, &id);
  }
  topo_session_want(p.a.session, &topo_id_zero);
  assert_int_equal(topo_session_state(p.a.session).wanted, 3000);
  pair_rest(&p);
  assert_int_equal(topo_session_state(p.a.session).wanted, 0);
  assert_true(topo_session_state(p.a.session).synced);
  assert_false(p.a.conn_closed || p.b.conn_closed);
  pair_finish(&p);
}

static void what_came_before_it_was_asked_for_is_not_asked_for(void **state)
{
  (void)state;
  struct pair p;
  pair_init(&p, 23, SMALL, WINDOW);
  start(&p);
  assert_true(pair_sync(&p, 0));
  struct topo_id id = {{9}};
  topo_session_want(p.a.session, &id);
  topo_session_got(p.a.session, &id);
  assert_int_equal(topo_session_flush(p.a.session, p.now_ms), 0);
  assert_int_equal(topo_session_state(p.a.session).wanted, 0);
  assert_int_equal(p.a.out.streams[TOPO_STREAM_CONTROL].len, 0);
  pair_finish(&p);
}

static void wants_beyond_the_limit_are_ignored(void **state)
{
  (void)state;
  struct pair p;
  pair_init(&p, 24, SMALL, WINDOW);
  start(&p);
  assert_true(pair_sync(&p, 0));
  for (unsigned i = 1; i <= TOPO_SESSION_WANTS_MAX + 10; i++) {
    struct topo_id id = {{0}};
    topo_put_be32(id.bytes, i);
    topo_session_want(p.a.session, &id);
  }
  assert_int_equal(topo_session_state(p.a.session).wanted, TOPO_SESSION_WANTS_MAX);
  pair_rest(&p);
  assert_int_equal(topo_session_state(p.a.session).wanted, 0);
  pair_finish(&p);
}

/* Applied late, counted against the window: the sender stops, nothing is lost. */
static void an_owner_that_never_applies_stops_the_sender(void **state)
{
  (void)state;
  struct pair p;
  pair_init(&p, 25, TOPO_CONN_SEND_BUFFER_MAX, TOPO_CONN_WINDOW_MAX);
  p.b.hoard = true;
  many(&p.a, 1, 8000, 1000);
  start(&p);
  pair_rest(&p);
  assert_true(p.a.out.unconsumed_total <= TOPO_CONN_WINDOW_MAX);
  assert_true(topo_session_state(p.a.session).sent_events < 2500);
  assert_false(topo_session_state(p.a.session).synced);
  p.b.hoard = false;
  assert_true(pair_sync(&p, MINUTE));
  assert_true(pair_same(&p));
  pair_finish(&p);
}

static void epochs_wait_for_what_control_asked_for(void **state)
{
  (void)state;
  struct pair p;
  pair_init(&p, 30, TOPO_CONN_SEND_BUFFER_MAX, WINDOW);
  many(&p.b, 0, 40, 8);
  many(&p.b, 1, 50, 8);
  p.hold_bulk = true;
  start(&p);
  pair_rest(&p);
  assert_int_equal(topo_session_state(p.a.session).wanted, 40);
  p.hold_bulk = false;
  assert_true(pair_sync(&p, 0));
  assert_int_equal(topo_session_state(p.a.session).rounds, 1);
  pair_finish(&p);
}

static void reconciliation_waits_for_wants(void **state)
{
  (void)state;
  struct pair p;
  pair_init(&p, 31, TOPO_CONN_SEND_BUFFER_MAX, WINDOW);
  many(&p.b, 1, 30000, 8);
  p.hold_bulk = true;
  start(&p);
  pair_rest(&p);
  assert_in_range(topo_session_state(p.a.session).wanted, TOPO_SESSION_WANTS_MAX,
                  TOPO_SESSION_WANTS_MAX + TOPO_SESSION_RECONCILE_BYTES_MAX / TOPO_ID_SIZE);
  p.hold_bulk = false;
  assert_true(pair_sync(&p, 0));
  assert_true(pair_same(&p));
  pair_finish(&p);
}

/* Of what is still under way the responder cannot know: the next round does not send it again, a
 * later one does. */
static void what_is_under_way_is_not_sent_again_at_once(void **state)
{
  (void)state;
  struct pair p;
  pair_init(&p, 33, TOPO_CONN_SEND_BUFFER_MAX, WINDOW);
  pair_add_both(&p, 1, 1, 8);
  many(&p.a, 1, 100, 8);
  p.hold_bulk = true;
  start(&p);
  for (uint64_t round = 1; round <= 3; round++) {
    pair_rest(&p);
    struct topo_session_state a = topo_session_state(p.a.session);
    assert_int_equal(a.rounds, round);
    assert_int_equal(a.sent_events, round < 3 ? 100 : 200);
    uint64_t pause = (uint64_t)100 << (round - 1);
    assert_int_equal(topo_session_deadline(p.a.session), p.now_ms + pause);
    p.now_ms += pause;
    if (round < 3)
      topo_session_tick(p.a.session, p.now_ms);
  }
  p.hold_bulk = false;
  assert_true(pair_sync(&p, MINUTE));
  assert_true(pair_same(&p));
  pair_finish(&p);
}

static void a_failing_owner_closes_the_connection(void **state)
{
  (void)state;
  struct pair p;
  pair_init(&p, 26, SMALL, WINDOW);
  p.a.sets_status = TOPO_EIO;
  start(&p);
  pair_rest(&p);
  assert_true(p.a.conn_closed && p.a.heard_closed);
  assert_int_equal(p.a.close_code, TOPO_CLOSE_INTERNAL);
  assert_int_equal(p.a.closed_status, TOPO_EIO);
  pair_finish(&p);
}

static void bootstrap(struct pair *p, uint64_t seed)
{
  pair_init(p, seed, SMALL, WINDOW);
  p->a.options.role = TOPO_SESSION_JOINER;
  p->a.options.own_credential = topo_id_zero;
  p->b.options.role = TOPO_SESSION_INVITER;
  start(p);
}

static void a_newcomer_is_offered_joins_and_is_welcomed(void **state)
{
  (void)state;
  struct pair p;
  bootstrap(&p, 27);
  pair_rest(&p);
  assert_int_equal(p.a.offered, 1);
  assert_int_equal(p.a.offered_auth.bytes[31], 0x22);
  assert_int_equal(p.b.joined, 1);
  assert_int_equal(p.a.welcomed, 1);
  assert_int_equal(p.b.join.slot, 0x0102);
  assert_int_equal(p.b.join.invite.bytes[31], 0x11);
  assert_int_equal(p.b.join.device.bytes[31], 0x33);
  assert_int_equal(p.b.join.seal_key.bytes[31], 0x44);
  assert_int_equal(p.b.join.countersign[63], 0x55);
  assert_int_equal(p.b.join.proof[63], 0x66);
  assert_int_equal(p.a.welcome.bytes[0], 0x77);
  assert_true(topo_id_is_zero(&p.b.greeted_credential));
  assert_true(p.a.conn_closed && p.a.heard_closed);
  assert_int_equal(p.a.closed_status, 0);
  assert_int_equal(p.a.close_code, TOPO_CLOSE_INVITE_DONE);
  assert_false(p.b.conn_closed);
  pair_finish(&p);
}

static void a_welcome_may_come_later(void **state)
{
  (void)state;
  struct pair p;
  bootstrap(&p, 28);
  p.b.defer_join = true;
  pair_rest(&p);
  assert_int_equal(p.b.joined, 1);
  assert_int_equal(p.a.welcomed, 0);
  struct topo_id admission = {{0x78}};
  topo_session_welcome(p.b.session, &admission);
  pair_rest(&p);
  assert_int_equal(p.a.welcome.bytes[0], 0x78);
  pair_finish(&p);
}

static void an_inviter_may_refuse(void **state)
{
  (void)state;
  struct pair p;
  bootstrap(&p, 29);
  p.b.join_status = TOPO_EUNTRUSTED;
  pair_rest(&p);
  assert_true(p.b.heard_closed);
  assert_int_equal(p.b.close_code, TOPO_CLOSE_UNTRUSTED);
  assert_int_equal(p.a.welcomed, 0);
  pair_finish(&p);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(converges_for_many_seeds),
      cmocka_unit_test(empty_owners_are_synced_at_once),
      cmocka_unit_test(a_newcomer_that_dials_gets_everything),
      cmocka_unit_test(a_newcomer_that_is_dialled_gets_everything),
      cmocka_unit_test(more_haves_than_fit_take_more_rounds),
      cmocka_unit_test(large_events_fit_into_frames),
      cmocka_unit_test(what_is_new_is_pushed_live_both_ways),
      cmocka_unit_test(live_events_that_were_skipped_are_found_by_a_round),
      cmocka_unit_test(a_round_is_started_every_ten_minutes),
      cmocka_unit_test(resync_starts_a_round_from_either_side),
      cmocka_unit_test(rounds_that_move_nothing_back_off),
      cmocka_unit_test(the_owner_may_want_an_event),
      cmocka_unit_test(what_the_peer_does_not_have_is_missing),
      cmocka_unit_test(what_came_before_it_was_asked_for_is_not_asked_for),
      cmocka_unit_test(wants_beyond_the_limit_are_ignored),
      cmocka_unit_test(an_owner_that_never_applies_stops_the_sender),
      cmocka_unit_test(epochs_wait_for_what_control_asked_for),
      cmocka_unit_test(reconciliation_waits_for_wants),
      cmocka_unit_test(what_is_under_way_is_not_sent_again_at_once),
      cmocka_unit_test(a_failing_owner_closes_the_connection),
      cmocka_unit_test(a_newcomer_is_offered_joins_and_is_welcomed),
      cmocka_unit_test(a_welcome_may_come_later),
      cmocka_unit_test(an_inviter_may_refuse),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
