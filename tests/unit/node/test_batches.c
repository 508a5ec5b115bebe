/*
 * test_batches.c - what peers send is gathered into batches within their bounds: at the bound one
 * batch, one more and the next begins; nothing is dropped, and the order is kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "base/status.h"
#include "node/parts.h"
#include "unit/node/solo.h"

enum { CONN = 7, WORKS = 8, TINY = 5 /* bytes of the shortest event with its length */ };

struct fixture {
  struct solo solo;
  struct topo_node_conn conn;
  struct topo_work *works[WORKS]; /* in the order in which they were handed out */
  size_t n_works, n_back;
  struct topo_buf sent;
};

static struct fixture *fixture;

static void keep_work(void *ctx, struct topo_work *work)
{
  (void)ctx;
  assert_true(fixture->n_works < WORKS);
  fixture->works[fixture->n_works++] = work;
}

static void set_up(struct fixture *f)
{
  *f = (struct fixture){.conn = {.number = CONN, .state = TOPO_NODE_CONN_UP}};
  fixture = f;
  solo_init(&f->solo, 1);
  assert_int_equal(solo_create(&f->solo), 0);
  f->solo.ports.check = keep_work;
}

/* Nobody hears what became of the events: the connection has no session. */
static void bring(struct fixture *f, const uint8_t *data, size_t len)
{
  struct topo_node *node = f->solo.node;
  node->conns.conns[0] = &f->conn;
  node->conns.n = 1;
  assert_int_equal(topo_batches_gather(&node->batches, CONN, TOPO_STREAM_BULK, data, len), 0);
  node->conns.n = 0;
  assert_int_equal(topo_buf_put(&f->sent, data, len), 0);
}

/* Appends an event of `len` bytes that begins with a number, as far as it has room. */
static void put_event(struct topo_buf *out, uint32_t len, uint32_t number)
{
  static const uint8_t zeros[1 << 16];
  uint8_t bytes[4];
  topo_put_be32(bytes, number);
  topo_buf_put_u32(out, len);
  topo_buf_put(out, bytes + (len < 4 ? 4 - len : 0), len < 4 ? len : 4);
  topo_buf_put(out, zeros, len < 4 ? 0 : len - 4);
}

static void bring_tiny(struct fixture *f, uint32_t n)
{
  struct topo_buf events = {0};
  for (uint32_t i = 0; i < n; i++)
    put_event(&events, 1, i);
  bring(f, events.data, events.len);
  topo_buf_finish(&events);
}

static void submit(struct fixture *f)
{
  topo_node_step(f->solo.node, f->solo.now, NULL, 0);
}

/* The oldest batch comes back, checked. */
static void give_back(struct fixture *f)
{
  struct topo_input in = {.kind = TOPO_IN_CHECKED, .work = f->works[f->n_back++]};
  const struct topo_buf *raw = &in.work->batch->raw;
  assert_true(raw->len <= f->sent.len);
  assert_memory_equal(raw->data, f->sent.data, raw->len); /* the order is kept */
  topo_buf_drop(&f->sent, raw->len);
  topo_batch_check(in.work->batch);
  topo_node_step(f->solo.node, f->solo.now, &in, 1);
}

/* All come back; what was brought was in them, and each event was looked at. */
static void tear_down(struct fixture *f, uint64_t events)
{
  while (f->n_back < f->n_works)
    give_back(f);
  assert_int_equal(f->sent.len, 0);
  assert_true(topo_batches_idle(&f->solo.node->batches));
  assert_int_equal(topo_node_status(f->solo.node).rejected, events); /* they are none */
  topo_buf_finish(&f->sent);
  solo_finish(&f->solo);
}

static void a_batch_holds_as_many_events_as_its_bound(void **state)
{
  struct fixture f;
  (void)state;
  set_up(&f);
  bring_tiny(&f, TOPO_BATCH_EVENTS_MAX - 1);
  bring_tiny(&f, 1);
  submit(&f);
  assert_int_equal(f.n_works, 1);
  assert_int_equal(f.works[0]->batch->n, TOPO_BATCH_EVENTS_MAX);
  tear_down(&f, TOPO_BATCH_EVENTS_MAX);
}

static void one_event_more_begins_the_next(void **state)
{
  struct fixture f;
  (void)state;
  set_up(&f);
  bring_tiny(&f, TOPO_BATCH_EVENTS_MAX);
  bring_tiny(&f, 1);
  submit(&f);
  assert_int_equal(f.n_works, 2);
  assert_int_equal(f.works[0]->batch->n, TOPO_BATCH_EVENTS_MAX);
  assert_int_equal(f.works[1]->batch->n, 1);
  tear_down(&f, TOPO_BATCH_EVENTS_MAX + 1);
}

/* 64 events, each 64 KiB with its length; the last one is `more` bytes longer. */
static void bring_full(struct fixture *f, uint32_t more)
{
  enum { EVENT = 1 << 16, N = TOPO_BATCH_BYTES_MAX / EVENT };
  struct topo_buf events = {0};
  for (uint32_t i = 0; i < N; i++)
    put_event(&events, EVENT - 4 + (i == N - 1 ? more : 0), i);
  assert_int_equal(events.len, TOPO_BATCH_BYTES_MAX + more);
  bring(f, events.data, events.len);
  topo_buf_finish(&events);
}

static void a_batch_holds_as_many_bytes_as_its_bound(void **state)
{
  struct fixture f;
  (void)state;
  set_up(&f);
  bring_full(&f, 0);
  submit(&f);
  assert_int_equal(f.n_works, 1);
  assert_int_equal(f.works[0]->batch->raw.len, TOPO_BATCH_BYTES_MAX);
  tear_down(&f, TOPO_BATCH_BYTES_MAX >> 16);
}

static void one_byte_more_begins_the_next_with_its_whole_event(void **state)
{
  struct fixture f;
  (void)state;
  set_up(&f);
  bring_full(&f, 1);
  submit(&f);
  assert_int_equal(f.n_works, 2);
  assert_int_equal(f.works[0]->batch->raw.len, TOPO_BATCH_BYTES_MAX - (1 << 16));
  assert_int_equal(f.works[1]->batch->raw.len, (1 << 16) + 1);
  tear_down(&f, TOPO_BATCH_BYTES_MAX >> 16);
}

static void full_batches_wait_until_others_are_back(void **state)
{
  enum { FULL = TOPO_BATCHES_IN_FLIGHT_MAX + 1 };
  struct fixture f;
  (void)state;
  set_up(&f);
  bring_tiny(&f, FULL * TOPO_BATCH_EVENTS_MAX + 1); /* one frame goes into many */
  submit(&f);
  assert_int_equal(f.n_works, TOPO_BATCHES_IN_FLIGHT_MAX);
  assert_int_equal(topo_node_in_flight(f.solo.node), TOPO_BATCHES_IN_FLIGHT_MAX);
  give_back(&f);
  assert_int_equal(f.n_works, TOPO_BATCHES_IN_FLIGHT_MAX + 1);
  give_back(&f);
  assert_int_equal(f.n_works, FULL + 1);
  assert_int_equal(f.works[FULL]->batch->n, 1);
  tear_down(&f, FULL * TOPO_BATCH_EVENTS_MAX + 1);
}

static void what_is_no_sequence_of_events_is_malformed(void **state)
{
  struct fixture f;
  (void)state;
  set_up(&f);
  static const uint8_t cut_short[TINY - 1] = {0, 0, 0, 1};
  struct topo_node *node = f.solo.node;
  node->conns.conns[0] = &f.conn;
  node->conns.n = 1;
  assert_int_equal(
      topo_batches_gather(&node->batches, CONN, TOPO_STREAM_BULK, cut_short, sizeof cut_short),
      TOPO_EMALFORMED);
  node->conns.n = 0;
  submit(&f);
  tear_down(&f, 0);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_batch_holds_as_many_events_as_its_bound),
      cmocka_unit_test(one_event_more_begins_the_next),
      cmocka_unit_test(a_batch_holds_as_many_bytes_as_its_bound),
      cmocka_unit_test(one_byte_more_begins_the_next_with_its_whole_event),
      cmocka_unit_test(full_batches_wait_until_others_are_back),
      cmocka_unit_test(what_is_no_sequence_of_events_is_malformed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
