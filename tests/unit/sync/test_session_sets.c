/*
 * test_session_sets.c - however many sets there are, each is compared: in few bytes when most are
 * equal, and "synced" is said when all are. What a peer says of its sets costs a bounded amount.
 */
#include "base/status.h"
#include "sync/session_impl.h"
#include "unit/sync/session_lone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum {
  MINUTE = 60 * 1000,
  HELLO_FRAME = TOPO_WIRE_HEAD_SIZE + 109,
  SETS_FRAME = TOPO_WIRE_HEAD_SIZE + 120,
  PARTS_FRAME = TOPO_WIRE_HEAD_SIZE + 1 + TOPO_PAGE_PARTS * TOPO_PAGE_PART_SIZE,
  ROWS_FRAME = TOPO_WIRE_HEAD_SIZE + 1 + TOPO_PAGE_ROWS_MAX * TOPO_PAGE_ROW_SIZE
};

static void start(struct pair *p)
{
  pair_start(&p->a);
  pair_start(&p->b);
}

static void init(struct pair *p, uint64_t seed)
{
  pair_init(p, seed, TOPO_CONN_SEND_BUFFER_MAX, TOPO_CONN_WINDOW_MAX);
}

/* As pair_sync, and nobody says "synced" before it is true. */
static void sync_truly(struct pair *p)
{
  for (;;) {
    while (pair_step(p))
      if (topo_session_state(p->a.session).synced || topo_session_state(p->b.session).synced)
        assert_true(pair_same(p));
    if (topo_session_state(p->a.session).synced && topo_session_state(p->b.session).synced)
      break;
    p->now_ms = topo_session_deadline(p->a.session);
    assert_in_range(p->now_ms, 0, MINUTE);
    topo_session_tick(p->a.session, p->now_ms);
  }
  assert_true(pair_same(p));
}

/* Both have `epochs` sets, and of the newest one side has an event more. */
static void one_differs(unsigned epochs, bool here)
{
  struct pair p;
  init(&p, epochs);
  for (unsigned set = 1; set <= epochs; set++)
    pair_add_both(&p, set, 1, 8);
  struct pair_side *from = here ? &p.a : &p.b;
  struct topo_id id = pair_add(from, epochs, 2, 8);
  start(&p);
  sync_truly(&p);
  assert_non_null(pair_find(from->other, &id));
  assert_int_equal(topo_session_state(p.a.session).rounds, 1);
  assert_int_equal(topo_session_state(p.a.session).sent_events, here);
  assert_int_equal(topo_session_state(p.b.session).sent_events, !here);
  /* Up to three exchanges, one page of rows, at most three of parts above it, and one short
   * negentropy. */
  assert_in_range(p.b.control_bytes, HELLO_FRAME + 2 * SETS_FRAME,
                  HELLO_FRAME + 3 * SETS_FRAME + ROWS_FRAME + 3 * PARTS_FRAME + 200);
  assert_in_range(p.a.control_bytes, HELLO_FRAME + 2 * SETS_FRAME,
                  HELLO_FRAME + 3 * SETS_FRAME + 400);
  pair_finish(&p);
}

/* Around the sizes at which pages are split, and where there used to be an end. */
static void the_newest_epoch_is_found_among_any_number(void **state)
{
  (void)state;
  const unsigned sizes[] = {1, 2, 63, TOPO_PAGE_ROWS_MAX, 65, 66, 1023, 1024, 1025, 1026, 8000};
  for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    one_differs(sizes[i], false);
    one_differs(sizes[i], true);
  }
}

static void equal_sets_take_one_short_frame_each(void **state)
{
  (void)state;
  const unsigned sizes[] = {0, 1, 64, 65, 5000};
  for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    struct pair p;
    init(&p, 100 + i);
    for (unsigned set = 0; set <= sizes[i]; set++)
      pair_add_both(&p, set, 1, 8);
    start(&p);
    sync_truly(&p);
    assert_int_equal(topo_session_state(p.a.session).rounds, 0);
    assert_int_equal(p.a.control_bytes, HELLO_FRAME + SETS_FRAME);
    assert_int_equal(p.b.control_bytes, HELLO_FRAME + SETS_FRAME);
    assert_int_equal(topo_session_state(p.b.session).remote_items, sizes[i] + 1);
    pair_finish(&p);
  }
}

/* Each epoch is here, there, or on both sides, with or without a difference. */
static void any_differences_are_found(void **state)
{
  (void)state;
  for (uint64_t seed = 1; seed <= 30; seed++) {
    struct pair p;
    pair_init(&p, seed, seed % 3 ? TOPO_CONN_SEND_BUFFER_MAX : 700, TOPO_CONN_WINDOW_MAX);
    unsigned epochs = 1 + (unsigned)(pair_random(&p) % 400);
    for (unsigned set = 0; set <= epochs; set++) {
      uint64_t what = pair_random(&p) % 8;
      if (what < 5)
        pair_add_both(&p, set, 1, 8);
      if (what == 4 || what == 5)
        pair_add(&p.a, set, 2, 8);
      if (what == 4 || what == 6)
        pair_add(&p.b, set, 3, 8);
    }
    start(&p);
    sync_truly(&p);
    pair_finish(&p);
  }
}

/* Where one side has no set, the other has whole parts. */
static void parts_of_one_side_are_found(void **state)
{
  (void)state;
  for (unsigned here = 0; here < 2; here++) {
    struct pair p;
    init(&p, 300 + here);
    for (unsigned set = 1; set < 1000; set++)
      if (set % 256 < 128)
        pair_add_both(&p, set, 1, 8);
      else if (set % 256 < 160)
        pair_add(here ? &p.a : &p.b, set, 1, 8);
    start(&p);
    sync_truly(&p);
    assert_int_equal(topo_session_state(p.a.session).rounds, 1);
    pair_finish(&p);
  }
}

static uint64_t rounds_for(unsigned epochs, bool dials)
{
  struct pair p;
  init(&p, 200 + epochs);
  p.in_order = true; /* or SETS may name what is still on its way */
  for (unsigned set = 1; set <= epochs; set++)
    pair_add(dials ? &p.b : &p.a, set, set, 8);
  start(&p);
  sync_truly(&p);
  uint64_t rounds = topo_session_state(p.a.session).rounds;
  assert_int_equal(dials ? p.a.received : p.b.received, epochs);
  pair_finish(&p);
  return rounds;
}

/* SESSION_PLAN_MAX. */
static void a_newcomer_gets_every_epoch(void **state)
{
  (void)state;
  for (unsigned dials = 0; dials < 2; dials++) {
    assert_int_equal(rounds_for(1025, dials), 1);
    assert_int_equal(rounds_for(SESSION_PLAN_MAX, dials), 1);
    assert_int_equal(rounds_for(SESSION_PLAN_MAX + 1, dials), 2);
  }
}

/* What comes live while sets are listed and reconciled changes pages that are under way. */
static void sets_may_change_while_they_are_compared(void **state)
{
  (void)state;
  for (uint64_t seed = 1; seed <= 20; seed++) {
    struct pair p;
    pair_init(&p, seed, 700, TOPO_CONN_WINDOW_MAX);
    for (unsigned set = 1; set <= 300; set++) {
      pair_add_both(&p, set, 1, 8);
      if (pair_random(&p) % 3 == 0)
        pair_add(pair_random(&p) % 2 ? &p.a : &p.b, set, 2, 8);
    }
    start(&p);
    for (unsigned i = 0; i < 200; i++) {
      pair_step(&p);
      pair_add_live(pair_random(&p) % 2 ? &p.a : &p.b, 1 + (unsigned)(pair_random(&p) % 600), 3);
    }
    assert_true(pair_sync(&p, MINUTE)); /* both say so */
    assert_true(pair_same(&p));
    pair_finish(&p);
  }
}

/* Finds the n-th frame of a kind among what a lone session has sent. */
static struct topo_wire_frame nth_frame(const struct lone *l, unsigned kind, unsigned n)
{
  const struct topo_buf *out = &l->side->out.streams[CONTROL];
  struct topo_wire_frame frame;
  for (size_t at = 0; topo_wire_split(out->data + at, out->len - at, &frame) == 1; at += frame.size)
    if (frame.kind == kind && n-- == 0)
      return frame;
  fail_msg("there is no such frame");
  return frame;
}

static unsigned count_kind(const struct lone *l, unsigned kind)
{
  const struct topo_buf *out = &l->side->out.streams[CONTROL];
  struct topo_wire_frame frame;
  unsigned n = 0;
  for (size_t at = 0; topo_wire_split(out->data + at, out->len - at, &frame) == 1; at += frame.size)
    n += frame.kind == kind;
  return n;
}

/* Control before all epochs; of them those first that are newest. */
static void control_comes_first_and_then_the_newest(void **state)
{
  (void)state;
  enum { EPOCHS = 20 };
  struct topo_session_set control = {topo_id_zero, 1, {{1}}}, rows[EPOCHS];
  struct topo_bytes equal = {(const uint8_t *)"\x61", 1};
  struct lone l;
  lone_greet(&l, true, TOPO_SESSION_MEMBER);
  for (unsigned i = 0; i < EPOCHS; i++)
    rows[i] = (struct topo_session_set){pair_set_id(i + 1), 1, {{1}}};
  lone_put_sets(&l.bytes, &control, true);
  assert_int_equal(lone_inject(&l, CONTROL), 0);
  assert_int_equal(count_kind(&l, TOPO_WIRE_LIST), 0);
  for (uint32_t i = 0; i <= EPOCHS; i++) {
    struct topo_wire_frame frame = nth_frame(&l, TOPO_WIRE_NEG_OPEN, i);
    uint32_t number;
    struct topo_id set, expected = i ? pair_set_id(EPOCHS + 1 - i) : topo_id_zero;
    struct topo_bytes message;
    assert_int_equal(topo_wire_get_neg(frame.payload, &number, &set, &message), 0);
    assert_true(topo_id_equal(&set, &expected));
    topo_wire_put_neg_msg(&l.bytes, number, equal);
    assert_int_equal(lone_inject(&l, CONTROL), 0);
    if (i > 0)
      continue;
    assert_int_equal(count_kind(&l, TOPO_WIRE_LIST), 1);
    lone_put_page(&l.bytes, rows, EPOCHS);
    assert_int_equal(lone_inject(&l, CONTROL), 0);
  }
  lone_finish(&l);
}

/* The fifth waits for one of the four before it to end. */
static void an_epoch_that_has_become_equal_is_not_reconciled(void **state)
{
  (void)state;
  for (unsigned equal = 0; equal < 2; equal++) {
    struct topo_session_set rows[TOPO_SESSION_RECONCILING_MAX + 1];
    struct topo_bytes done = {(const uint8_t *)"\x61", 1};
    struct lone l;
    lone_greet(&l, true, TOPO_SESSION_MEMBER);
    for (unsigned i = 0; i <= TOPO_SESSION_RECONCILING_MAX; i++)
      rows[i] = (struct topo_session_set){pair_set_id(i + 1), 1, {{1}}};
    struct topo_id id = rows[0].digest = pair_add(l.side->other, 1, 1, 8);
    lone_tell_epochs(&l, rows, TOPO_SESSION_RECONCILING_MAX + 1);
    assert_int_equal(count_kind(&l, TOPO_WIRE_NEG_OPEN), TOPO_SESSION_RECONCILING_MAX);
    if (equal)
      pair_bring(l.side, &id);
    topo_wire_put_neg_msg(&l.bytes, 0, done);
    assert_int_equal(lone_inject(&l, CONTROL), 0);
    assert_int_equal(count_kind(&l, TOPO_WIRE_NEG_OPEN), TOPO_SESSION_RECONCILING_MAX + !equal);
    lone_finish(&l);
  }
}

static void put_parts(struct topo_buf *out, unsigned from, unsigned to)
{
  size_t start = topo_wire_begin(out, TOPO_WIRE_PAGE);
  topo_buf_put_u8(out, TOPO_PAGE_OF_PARTS);
  for (unsigned i = from; i < to; i++) {
    struct topo_id digest = {{(uint8_t)(i + 1)}};
    topo_buf_put_u8(out, (uint8_t)i);
    topo_buf_put_id(out, &digest);
  }
  topo_wire_end(out, start);
}

/* TOPO_SESSION_LISTS_MAX and SESSION_PAGES_MAX: a peer whose pages have no end is asked for so many
 * in a round. */
static void pages_without_an_end_end_the_round(void **state)
{
  (void)state;
  struct lone l;
  unsigned answered = 0;
  lone_greet(&l, true, TOPO_SESSION_MEMBER);
  lone_put_sets(&l.bytes, NULL, true);
  assert_int_equal(lone_inject(&l, CONTROL), 0);
  while (l.side->session->asked.count > 0) {
    const struct session_prefixes *asked = &l.side->session->asked;
    assert_in_range(asked->count, 1, TOPO_SESSION_LISTS_MAX);
    assert_in_range(l.side->session->pending.len / sizeof(struct topo_prefix), 0,
                    SESSION_PAGES_MAX + TOPO_PAGE_PARTS);
    if (asked->at[asked->head].len == TOPO_PREFIX_MAX)
      lone_put_page(&l.bytes, NULL, 0);
    else
      put_parts(&l.bytes, 0, TOPO_PAGE_PARTS);
    answered++;
    assert_int_equal(lone_inject(&l, CONTROL), 0);
    topo_buf_clear(&l.side->out.streams[CONTROL]);
  }
  assert_int_equal(answered, SESSION_PAGES_MAX);
  assert_false(topo_session_state(l.side->session).synced);
  assert_int_equal(l.side->session->round, ROUND_EXCHANGE);
  lone_finish(&l);
}

static void pages_are_asked_for_up_to_the_limit_at_a_time(void **state)
{
  (void)state;
  struct lone l;
  lone_greet(&l, true, TOPO_SESSION_MEMBER);
  lone_put_sets(&l.bytes, NULL, true);
  assert_int_equal(lone_inject(&l, CONTROL), 0);
  assert_int_equal(count_kind(&l, TOPO_WIRE_LIST), 1);
  put_parts(&l.bytes, 0, TOPO_PAGE_PARTS);
  assert_int_equal(lone_inject(&l, CONTROL), 0);
  put_parts(&l.bytes, 0, TOPO_PAGE_PARTS);
  assert_int_equal(lone_inject(&l, CONTROL), 0);
  assert_int_equal(l.side->session->asked.count, TOPO_SESSION_LISTS_MAX);
  assert_int_equal(count_kind(&l, TOPO_WIRE_LIST), 1 + TOPO_SESSION_LISTS_MAX + 1);
  lone_finish(&l);
}

/* As many questions wait while the connection takes nothing, and one more is a violation. */
static void lists_are_answered_in_order_and_bounded(void **state)
{
  (void)state;
  for (unsigned more = 0; more < 2; more++) {
    struct lone l;
    lone_greet(&l, false, TOPO_SESSION_MEMBER);
    for (unsigned set = 1; set <= 100; set++)
      pair_add(l.side, set, 1, 8);
    for (unsigned i = 0; i < TOPO_SESSION_LISTS_MAX + more; i++) {
      struct topo_prefix prefix = {1, {{(uint8_t)(i << 4)}}};
      topo_wire_put_list(&l.bytes, i < 16 ? &prefix : &(struct topo_prefix){.len = 0});
    }
    if (more) {
      lone_breaks(&l, CONTROL, TOPO_EPROTOCOL);
      break;
    }
    assert_int_equal(lone_inject(&l, CONTROL), 0);
    assert_int_equal(count_kind(&l, TOPO_WIRE_PAGE), TOPO_SESSION_LISTS_MAX);
    size_t rows = 0;
    for (unsigned i = 0; i < TOPO_SESSION_LISTS_MAX; i++) {
      struct topo_wire_frame frame = nth_frame(&l, TOPO_WIRE_PAGE, i);
      struct topo_prefix prefix = {1, {{(uint8_t)(i << 4)}}};
      struct topo_wire_page page;
      assert_int_equal(topo_wire_get_page(frame.payload, &prefix, &page), 0);
      rows += page.n_rows;
    }
    assert_int_equal(rows, 100);
    lone_finish(&l);
  }
}

static void pages_and_lists_are_not_for_everybody(void **state)
{
  (void)state;
  struct lone l;
  for (unsigned initiator = 0; initiator < 2; initiator++) {
    lone_greet(&l, initiator, TOPO_SESSION_MEMBER);
    lone_put_page(&l.bytes, NULL, 0); /* nobody asked */
    lone_breaks(&l, CONTROL, TOPO_EPROTOCOL);
  }
  lone_greet(&l, true, TOPO_SESSION_MEMBER);
  topo_wire_put_list(&l.bytes, &(struct topo_prefix){.len = 0});
  lone_breaks(&l, CONTROL, TOPO_EPROTOCOL);
}

/* An initiator that has asked for the page of all. */
static void ask_for_all(struct lone *l)
{
  lone_greet(l, true, TOPO_SESSION_MEMBER);
  lone_put_sets(&l->bytes, NULL, true);
  assert_int_equal(lone_inject(l, CONTROL), 0);
  assert_int_equal(l->side->session->asked.count, 1);
}

static void rows_that_are_none(void **state)
{
  (void)state;
  static struct topo_session_set rows[TOPO_PAGE_ROWS_MAX + 1];
  for (unsigned i = 0; i <= TOPO_PAGE_ROWS_MAX; i++)
    rows[i] = (struct topo_session_set){{{1, (uint8_t)i}}, 1, {{1}}};
  struct topo_session_set bad[][2] = {
      {rows[1], rows[0]},                 /* descending */
      {rows[1], rows[1]},                 /* twice */
      {rows[0], {rows[1].set, 0, {{1}}}}, /* an empty set */
  };
  struct lone l;
  for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    ask_for_all(&l);
    lone_put_page(&l.bytes, bad[i], 2);
    lone_breaks(&l, CONTROL, TOPO_EMALFORMED);
  }
  ask_for_all(&l);
  lone_put_page(&l.bytes, rows, TOPO_PAGE_ROWS_MAX);
  assert_int_equal(lone_inject(&l, CONTROL), 0);
  lone_finish(&l);
  ask_for_all(&l);
  lone_put_page(&l.bytes, rows, TOPO_PAGE_ROWS_MAX + 1);
  lone_breaks(&l, CONTROL, TOPO_EMALFORMED);
}

static void rows_of_another_page(void **state)
{
  (void)state;
  struct topo_session_set row = {{{0x3f}}, 1, {{1}}};
  for (unsigned part = 3; part < 5; part++) {
    struct lone l;
    ask_for_all(&l);
    put_parts(&l.bytes, part, part + 1);
    assert_int_equal(lone_inject(&l, CONTROL), 0);
    lone_put_page(&l.bytes, &row, 1);
    if (part == 4) {
      lone_breaks(&l, CONTROL, TOPO_EMALFORMED);
      break;
    }
    assert_int_equal(lone_inject(&l, CONTROL), 0);
    lone_finish(&l);
  }
}

static void parts_that_are_none(void **state)
{
  (void)state;
  static const uint8_t bad[][1 + 2 * TOPO_PAGE_PART_SIZE] = {
      {TOPO_PAGE_OF_PARTS, 5, [1 + TOPO_PAGE_PART_SIZE] = 5},  /* twice */
      {TOPO_PAGE_OF_PARTS, 5, [1 + TOPO_PAGE_PART_SIZE] = 4},  /* descending */
      {TOPO_PAGE_OF_PARTS, 5, [1 + TOPO_PAGE_PART_SIZE] = 16}, /* more than half a byte */
      {2, 5, [1 + TOPO_PAGE_PART_SIZE] = 6},                   /* of a kind that does not exist */
  };
  struct lone l;
  for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    ask_for_all(&l);
    lone_frame(&l.bytes, TOPO_WIRE_PAGE, bad[i], sizeof bad[i]);
    lone_breaks(&l, CONTROL, TOPO_EMALFORMED);
  }
  for (size_t len = 0; len <= sizeof bad[0]; len++) {
    if (len == 1 + TOPO_PAGE_PART_SIZE)
      continue;
    ask_for_all(&l);
    lone_frame(&l.bytes, TOPO_WIRE_PAGE, bad[0], len);
    lone_breaks(&l, CONTROL, TOPO_EMALFORMED);
  }
}

/* TOPO_PREFIX_MAX: one half byte more would be a set. */
static void the_longest_prefix_has_no_parts(void **state)
{
  (void)state;
  struct lone l;
  ask_for_all(&l);
  while (l.side->session->asked.at[l.side->session->asked.head].len < TOPO_PREFIX_MAX) {
    put_parts(&l.bytes, 7, 8);
    assert_int_equal(lone_inject(&l, CONTROL), 0);
  }
  put_parts(&l.bytes, 7, 8);
  lone_breaks(&l, CONTROL, TOPO_EMALFORMED);
}

static void prefixes_that_are_none(void **state)
{
  (void)state;
  static const uint8_t good[] = {TOPO_PREFIX_MAX, [32] = 0x10};
  static const struct {
    size_t len;
    uint8_t bytes[34];
  } bad[] = {
      {0, {0}},                       /* nothing */
      {2, {0, 0}},                    /* more than it says */
      {1, {1}},                       /* less than it says */
      {2, {1, 0x11}},                 /* half a byte more */
      {33, {TOPO_PREFIX_MAX + 1, 1}}, /* a whole id */
  };
  struct lone l;
  lone_greet(&l, false, TOPO_SESSION_MEMBER);
  lone_frame(&l.bytes, TOPO_WIRE_LIST, good, sizeof good);
  assert_int_equal(lone_inject(&l, CONTROL), 0);
  assert_int_equal(count_kind(&l, TOPO_WIRE_PAGE), 1);
  lone_finish(&l);
  for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    lone_greet(&l, false, TOPO_SESSION_MEMBER);
    lone_frame(&l.bytes, TOPO_WIRE_LIST, bad[i].bytes, bad[i].len);
    lone_breaks(&l, CONTROL, TOPO_EMALFORMED);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_newest_epoch_is_found_among_any_number),
      cmocka_unit_test(equal_sets_take_one_short_frame_each),
      cmocka_unit_test(any_differences_are_found),
      cmocka_unit_test(parts_of_one_side_are_found),
      cmocka_unit_test(a_newcomer_gets_every_epoch),
      cmocka_unit_test(sets_may_change_while_they_are_compared),
      cmocka_unit_test(control_comes_first_and_then_the_newest),
      cmocka_unit_test(an_epoch_that_has_become_equal_is_not_reconciled),
      cmocka_unit_test(pages_without_an_end_end_the_round),
      cmocka_unit_test(pages_are_asked_for_up_to_the_limit_at_a_time),
      cmocka_unit_test(lists_are_answered_in_order_and_bounded),
      cmocka_unit_test(pages_and_lists_are_not_for_everybody),
      cmocka_unit_test(rows_that_are_none),
      cmocka_unit_test(rows_of_another_page),
      cmocka_unit_test(parts_that_are_none),
      cmocka_unit_test(the_longest_prefix_has_no_parts),
      cmocka_unit_test(prefixes_that_are_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
