/*
 * test_copies.c - what comes live by several connections is checked once: a copy of what is here or
 * on its way is passed over, and the peer that sent it may send more all the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "base/status.h"
#include "node/parts.h"
#include "port/close.h"
#include "sync/wire.h"
#include "unit/node/solo.h"

enum { PEERS = 2, WORKS = 16 };

struct fixture {
  struct solo solo;
  struct topo_sign_key keys[PEERS];
  struct topo_work *works[WORKS];
  size_t n_works, checked; /* events in them */
  size_t consumed[PEERS];  /* bytes of live streams */
};

struct end {
  struct fixture *f;
  unsigned peer;
};

static struct end ends[PEERS];

static struct fixture *fixture;

static void keep_work(void *ctx, struct topo_work *work)
{
  (void)ctx;
  assert_true(fixture->n_works < WORKS);
  fixture->works[fixture->n_works++] = work;
  fixture->checked += work->batch->n;
}

static size_t conn_send(void *ctx, unsigned stream, const uint8_t *data, size_t len)
{
  (void)ctx, (void)stream, (void)data;
  return len;
}

static void conn_consumed(void *ctx, unsigned stream, size_t len)
{
  const struct end *end = ctx;
  if (stream == TOPO_STREAM_LIVE)
    end->f->consumed[end->peer] += len;
}

static void conn_close(void *ctx, uint64_t code)
{
  (void)ctx;
  assert_int_equal(code, TOPO_CLOSE_AWAY); /* in the end */
}

static void give(struct fixture *f, unsigned peer, enum topo_session_stream stream,
                 const struct topo_buf *bytes)
{
  struct topo_input in = {.kind = TOPO_IN_CONN_DATA, .number = peer + 1};
  in.data.stream = stream;
  in.data.data = bytes->data;
  in.data.len = bytes->len;
  topo_node_step(f->solo.node, f->solo.now, &in, 1);
}

static void greet(struct fixture *f, unsigned peer)
{
  static const struct topo_conn_ops ops = {conn_send, conn_consumed, conn_close};
  const struct topo_id *workspace = &topo_node_self(f->solo.node)->workspace;
  struct topo_buf hello = {0};
  struct topo_input in = {.kind = TOPO_IN_CONN_UP, .number = peer + 1};
  ends[peer] = (struct end){f, peer};
  in.up.conn = (struct topo_conn){&ops, &ends[peer]};
  in.up.peer = f->keys[peer].public_key;
  topo_node_step(f->solo.node, f->solo.now, &in, 1);
  topo_wire_put_hello(&hello, &(struct topo_wire_hello){.version = TOPO_WIRE_VERSION,
                                                        .workspace = *workspace,
                                                        .scope = *workspace,
                                                        .wall_ms = f->solo.now.wall_ms});
  give(f, peer, TOPO_STREAM_CONTROL, &hello);
  topo_buf_finish(&hello);
}

static void set_up(struct fixture *f)
{
  *f = (struct fixture){.n_works = 0};
  fixture = f;
  solo_init(&f->solo, 1);
  assert_int_equal(solo_create(&f->solo), 0);
  f->solo.ports.check = keep_work;
  for (unsigned i = 0; i < PEERS; i++)
    f->keys[i] = solo_add_device(&f->solo, i);
  for (unsigned i = 0; i < PEERS; i++)
    greet(f, i);
}

/* All that is being checked comes back. */
static void give_back(struct fixture *f)
{
  for (size_t i = 0; i < f->n_works; i++) {
    struct topo_input in = {.kind = TOPO_IN_CHECKED, .work = f->works[i]};
    topo_batch_check(in.work->batch);
    topo_node_step(f->solo.node, f->solo.now, &in, 1);
  }
  f->n_works = 0;
}

static void tear_down(struct fixture *f)
{
  give_back(f);
  solo_finish(&f->solo);
}

/* Appends the `n`-th record of a peer's device to an EVENTS frame. */
static void put_record(struct fixture *f, struct topo_buf *frame, unsigned peer, uint64_t n)
{
  const struct topo_context *context = topo_dag_context(f->solo.node->env.dag);
  struct topo_buf raw = {0};
  const struct topo_bytes nothing = {(const uint8_t *)"", 0};
  assert_int_equal(
      topo_envelope_write_record(&raw, f->solo.now.wall_ms + n, nothing, context, &f->keys[peer]),
      0);
  topo_buf_put_u32(frame, (uint32_t)raw.len);
  topo_buf_put(frame, raw.data, raw.len);
  topo_buf_finish(&raw);
}

/* A peer sends the records of both devices in one frame. Returns how many of them are checked. */
static size_t hear(struct fixture *f, unsigned from, enum topo_session_stream stream, uint64_t n)
{
  struct topo_buf frame = {0};
  size_t before = f->checked, start = topo_wire_begin(&frame, TOPO_WIRE_EVENTS);
  size_t consumed = f->consumed[from];
  for (unsigned i = 0; i < PEERS; i++)
    put_record(f, &frame, i, n);
  topo_wire_end(&frame, start);
  give(f, from, stream, &frame);
  if (f->checked == before) /* nothing is waited for */
    assert_int_equal(f->consumed[from] - consumed, frame.len);
  topo_buf_finish(&frame);
  return f->checked - before;
}

static void a_copy_of_what_is_on_its_way_is_passed_over(void **state)
{
  struct fixture f;
  (void)state;
  set_up(&f);
  assert_int_equal(hear(&f, 0, TOPO_STREAM_LIVE, 1), PEERS);
  assert_int_equal(hear(&f, 1, TOPO_STREAM_LIVE, 1), 0);
  tear_down(&f);
}

static void a_copy_of_what_is_here_is_passed_over(void **state)
{
  struct fixture f;
  (void)state;
  set_up(&f);
  assert_int_equal(hear(&f, 0, TOPO_STREAM_LIVE, 1), PEERS);
  give_back(&f);
  assert_int_equal(f.solo.node->batches.live.count, 0);
  assert_int_equal(hear(&f, 1, TOPO_STREAM_LIVE, 1), 0);
  assert_int_equal(hear(&f, 1, TOPO_STREAM_LIVE, 2), PEERS); /* these are others */
  tear_down(&f);
}

/* What was asked for comes on bulk, once, and is checked as it comes. */
static void bulk_is_checked_as_it_comes(void **state)
{
  struct fixture f;
  (void)state;
  set_up(&f);
  assert_int_equal(hear(&f, 0, TOPO_STREAM_BULK, 1), PEERS);
  assert_int_equal(hear(&f, 1, TOPO_STREAM_BULK, 1), PEERS);
  tear_down(&f);
}

/* When so much is on its way that no more is remembered, it is checked as often as it comes. */
static void more_than_is_remembered_is_checked_again(void **state)
{
  struct fixture f;
  (void)state;
  set_up(&f);
  struct topo_idset *live = &f.solo.node->batches.live;
  for (uint32_t i = 1; live->count < TOPO_BATCHES_LIVE_MAX - 1; i++) {
    struct topo_id id = {{0xe0}};
    topo_put_be32(id.bytes + 1, i);
    assert_int_equal(topo_idset_add(live, &id), 0);
  }
  assert_int_equal(hear(&f, 0, TOPO_STREAM_LIVE, 1), PEERS); /* the first is the last to fit in */
  assert_int_equal(hear(&f, 1, TOPO_STREAM_LIVE, 1), PEERS - 1);
  tear_down(&f);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_copy_of_what_is_on_its_way_is_passed_over),
      cmocka_unit_test(a_copy_of_what_is_here_is_passed_over),
      cmocka_unit_test(bulk_is_checked_as_it_comes),
      cmocka_unit_test(more_than_is_remembered_is_checked_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
