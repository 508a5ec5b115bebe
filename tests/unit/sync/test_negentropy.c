/* test_negentropy.c - a reconciliation reports just the difference of two sets. */
#include "base/status.h"
#include "unit/sync/exchange.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum spread { SPREAD_EQUAL, SPREAD_FEW, SPREAD_WIDE, SPREAD_END };

struct shape {
  size_t common, left, right;
  enum spread spread;
  size_t shared; /* leading bytes that all ids have in common */
};

static struct topo_item make_item(const struct shape *shape, uint64_t *rng, size_t i)
{
  struct topo_item item = {0};
  switch (shape->spread) {
  case SPREAD_EQUAL: item.timestamp = 1700000000; break;
  case SPREAD_FEW: item.timestamp = draw_below(rng, 5); break;
  case SPREAD_WIDE: item.timestamp = draw_below(rng, 1u << 31); break;
  case SPREAD_END: item.timestamp = TOPO_ITEM_INFINITY - 1 - draw_below(rng, 100); break;
  }
  draw_id(rng, &item.id);
  memset(item.id.bytes, 0xcd, shape->shared);
  topo_put_be32(item.id.bytes + 28, (uint32_t)i); /* no two alike */
  return item;
}

static void fill(struct exchange *x, const struct shape *shape, uint64_t seed)
{
  uint64_t rng = seed;
  size_t n = shape->common + shape->left + shape->right;
  for (size_t i = 0; i < n; i++) {
    struct topo_item item = make_item(shape, &rng, i);
    exchange_add(x, &item, i < shape->common + shape->left,
                 i < shape->common || i >= shape->common + shape->left);
  }
}

static void check_shape(const struct shape *shape, const struct exchange_options *options,
                        uint64_t seed)
{
  struct exchange x;
  exchange_init(&x);
  fill(&x, shape, seed);
  exchange_run(&x, options);
  exchange_check(&x);
  exchange_finish(&x);
}

static const struct exchange_options unlimited = {{0, 0}, {16, 16}};

/* Goal: for every small size of either set, whatever they share, the report is exact. */
static void small_sets_are_exact(void **state)
{
  (void)state;
  for (size_t common = 0; common < 70; common += common < 4 ? 1 : 11)
    for (size_t left = 0; left < 70; left += left < 3 ? 1 : 13)
      for (size_t right = 0; right < 70; right += right < 3 ? 1 : 13)
        check_shape(&(struct shape){common, left, right, SPREAD_WIDE, 0}, &unlimited,
                    common + 100 * left + 10000 * right);
}

/* Goal: sets of up to 5000 items of any spread of timestamps and ids are exact. */
static void large_sets_are_exact(void **state)
{
  (void)state;
  uint64_t rng = 42;
  for (int i = 0; i < 40; i++) {
    size_t n = draw_below(&rng, 5001), left = n ? draw_below(&rng, n) : 0;
    size_t right = left ? draw_below(&rng, left) : 0;
    if (i % 3)
      left = left % 10, right = right % 10;
    struct shape shape = {n, left, right, (enum spread)(i % 4), i % 5 == 4 ? 28 : (size_t)(i % 5)};
    check_shape(&shape, &unlimited, (uint64_t)i);
  }
}

/* Goal: with frame limits no message is longer and the report stays exact; roles and limits may
 * differ. */
static void message_limits_hold(void **state)
{
  (void)state;
  static const size_t limits[] = {4096, 4097, 5000, 20000, 0};
  uint64_t rng = 43;
  for (int i = 0; i < 30; i++) {
    struct exchange_options options = {{limits[i % 5], limits[i / 5 % 5]}, {12, 12}};
    struct shape shape = {draw_below(&rng, 3000), draw_below(&rng, 700), draw_below(&rng, 700),
                          (enum spread)(i % 4), i % 2 ? 0 : 26};
    check_shape(&shape, &options, (uint64_t)i);
  }
}

/* Goal: the numbers of buckets are each side's own choice. */
static void bucket_counts_may_differ(void **state)
{
  (void)state;
  for (unsigned left = TOPO_NEGENTROPY_BUCKETS_MIN; left <= TOPO_NEGENTROPY_BUCKETS_MAX;
       left += 5) {
    unsigned right = TOPO_NEGENTROPY_BUCKETS_MAX + TOPO_NEGENTROPY_BUCKETS_MIN - left;
    struct exchange_options options = {{4096, left & 1 ? 0 : 4096}, {left, right}};
    check_shape(&(struct shape){1500, 90, 80, SPREAD_FEW, 0}, &options, left);
    check_shape(&(struct shape){0, 600, 500, SPREAD_EQUAL, 28}, &options, left);
  }
}

/* Goal: equal sets need one round, whatever their size, and report nothing. */
static void equal_sets_need_one_round(void **state)
{
  (void)state;
  for (size_t n = 0; n < 2000; n = 2 * n + 1) {
    struct exchange x;
    exchange_init(&x);
    fill(&x, &(struct shape){n, 0, 0, SPREAD_WIDE, 0}, n);
    exchange_run(&x, &unlimited);
    exchange_check(&x);
    assert_int_equal(x.rounds, 1);
    exchange_finish(&x);
  }
}

/* Goal: one missing item in 5000 costs a few short messages, not the set. */
static void a_small_difference_is_cheap(void **state)
{
  (void)state;
  struct exchange x;
  exchange_init(&x);
  fill(&x, &(struct shape){5000, 1, 0, SPREAD_WIDE, 0}, 7);
  exchange_run(&x, &unlimited);
  exchange_check(&x);
  assert_in_range(x.rounds, 1, 3);
  assert_in_range(x.longest, 1, 1200);
  exchange_finish(&x);
}

/* Goal: limits and bucket counts out of bounds are refused. */
static void bad_options_are_refused(void **state)
{
  (void)state;
  struct topo_memset *set = topo_memset_create();
  assert_non_null(set);
  struct topo_itemset items = topo_memset_itemset(set);
  struct topo_negentropy n;
  assert_int_equal(topo_negentropy_init(&n, &items, 4095, 16), TOPO_EINVAL);
  assert_int_equal(topo_negentropy_init(&n, &items, 1, 16), TOPO_EINVAL);
  assert_int_equal(topo_negentropy_init(&n, &items, 0, 1), TOPO_EINVAL);
  assert_int_equal(topo_negentropy_init(&n, &items, 0, 49), TOPO_EINVAL);
  assert_int_equal(topo_negentropy_init(&n, &items, 4096, 48), 0);
  topo_negentropy_finish(&n);
  topo_negentropy_finish(NULL);
  topo_memset_destroy(set);
}

static int stop_with_io(void *ctx, const struct topo_id *id)
{
  (void)ctx;
  (void)id;
  return TOPO_EIO;
}

/* Goal: what the sink returns ends the reconciliation. */
static void the_sink_may_stop(void **state)
{
  (void)state;
  for (int side = 0; side < 2; side++) {
    struct exchange x;
    struct topo_buf ask = {0}, answer = {0};
    struct topo_negentropy_sink sink = {stop_with_io, stop_with_io, NULL};
    bool done = true;
    exchange_init(&x);
    fill(&x, &(struct shape){5, side == 0, side == 1, SPREAD_WIDE, 0}, 1);
    for (int i = 0; i < 2; i++)
      assert_int_equal(topo_negentropy_init(&x.ne[i], &x.items[i], 0, 16), 0);
    assert_int_equal(topo_negentropy_initiate(&x.ne[0], &ask), 0);
    assert_int_equal(topo_negentropy_respond(&x.ne[1], topo_buf_view(&ask), &answer), 0);
    assert_int_equal(
        topo_negentropy_reconcile(&x.ne[0], topo_buf_view(&answer), &sink, &ask, &done), TOPO_EIO);
    assert_false(done);
    assert_int_equal(ask.len, 0);
    topo_buf_finish(&ask);
    topo_buf_finish(&answer);
    exchange_finish(&x);
  }
}

/* A set on a disk that fails at the nth access. */
struct flaky {
  struct topo_itemset below;
  unsigned long left;
};

static int flake(struct flaky *f)
{
  return f->left-- == 0 ? TOPO_EIO : 0;
}

static int flaky_size(void *ctx, uint64_t *size)
{
  struct flaky *f = ctx;
  int status = flake(f);
  return status < 0 ? status : topo_itemset_size(&f->below, size);
}

static int flaky_read(void *ctx, uint64_t begin, struct topo_item *items, size_t n)
{
  struct flaky *f = ctx;
  int status = flake(f);
  return status < 0 ? status : topo_itemset_read(&f->below, begin, items, n);
}

static int flaky_bound(void *ctx, uint64_t begin, uint64_t end, const struct topo_item *bound,
                       uint64_t *index)
{
  struct flaky *f = ctx;
  int status = flake(f);
  return status < 0 ? status : topo_itemset_lower_bound(&f->below, begin, end, bound, index);
}

static int flaky_sum(void *ctx, uint64_t begin, uint64_t end, struct topo_sum *sum)
{
  struct flaky *f = ctx;
  int status = flake(f);
  return status < 0 ? status : topo_itemset_sum(&f->below, begin, end, sum);
}

static const struct topo_itemset_ops flaky_ops = {
    .size = flaky_size, .read = flaky_read, .lower_bound = flaky_bound, .sum = flaky_sum};

/* One exchange over failing sets: 0, or the first failure, after which no message may be left. */
static int run_flaky(struct exchange *x, struct flaky flaky[2])
{
  struct topo_buf ask = {0}, answer = {0};
  bool done = false;
  int status = 0;
  for (int side = 0; side < 2; side++) {
    struct topo_itemset set = {&flaky_ops, &flaky[side]};
    assert_int_equal(topo_negentropy_init(&x->ne[side], &set, 4096, 12), 0);
  }
  status = topo_negentropy_initiate(&x->ne[0], &ask);
  assert_true(status == 0 || ask.len == 0);
  while (status == 0 && !done) {
    status = topo_negentropy_respond(&x->ne[1], topo_buf_view(&ask), &answer);
    assert_true(status == 0 || answer.len == 0);
    if (status == 0)
      status = topo_negentropy_reconcile(&x->ne[0], topo_buf_view(&answer), &exchange_ignore, &ask,
                                         &done);
    assert_true(status == 0 || !done);
  }
  topo_buf_finish(&ask);
  topo_buf_finish(&answer);
  return status;
}

static void check_failures(const struct shape *shape, int side)
{
  struct exchange x;
  exchange_init(&x);
  fill(&x, shape, 3);
  for (unsigned long n = 0;; n++) {
    struct flaky flaky[2] = {{x.items[0], ULONG_MAX}, {x.items[1], ULONG_MAX}};
    flaky[side].left = n;
    int status = run_flaky(&x, flaky);
    if (status == 0) {
      assert_in_range(n, 4, 100000);
      break;
    }
    assert_int_equal(status, TOPO_EIO);
  }
  exchange_finish(&x);
}

/* Goal: whichever access to a set fails, on either side, its status comes out and no half message.
 */
static void failures_of_the_set_come_out(void **state)
{
  (void)state;
  for (int side = 0; side < 2; side++) {
    check_failures(&(struct shape){300, 150, 150, SPREAD_FEW, 0}, side);
    check_failures(&(struct shape){0, 20, 300, SPREAD_FEW, 0}, side);
  }
}

enum {
  WIDTH = 48,     /* items of a range */
  STEP_BYTES = 19 /* of a fingerprint whose bound is a few timestamps on */
};

/* A message to a responder that holds the timestamps 0, 1, 2 …: `n` ranges with a wrong
 * fingerprint, then one up to infinity of which the sender claims to hold nothing. */
static void put_wrong_ranges(struct topo_buf *message, unsigned n)
{
  static const uint8_t wrong[TOPO_FINGERPRINT_SIZE] = {1};
  static const struct topo_sum nothing;
  uint8_t empty[TOPO_FINGERPRINT_SIZE];
  topo_sum_fingerprint(&nothing, empty);
  topo_buf_put_u8(message, TOPO_NEGENTROPY_VERSION);
  for (unsigned i = 0; i < n; i++) {
    topo_buf_put(message, (uint8_t[]){WIDTH + 1, 0, 1}, 3);
    topo_buf_put(message, wrong, sizeof wrong);
  }
  topo_buf_put(message, (uint8_t[]){0, 0, 1}, 3);
  topo_buf_put(message, empty, sizeof empty);
}

static void check_closing(unsigned buckets, bool reference)
{
  /* As many ranges as fit in the smallest frame, so that the last one does not. */
  unsigned n = (TOPO_NEGENTROPY_MESSAGE_MIN - 200 - 1) / (buckets * STEP_BYTES);
  struct exchange x;
  struct topo_buf message = {0}, out = {0};
  uint64_t rng = 1;
  exchange_init(&x);
  for (uint64_t i = 0; i < WIDTH * n + 500; i++) {
    struct topo_item item = {i, {{0}}};
    draw_id(&rng, &item.id);
    exchange_add(&x, &item, false, true);
  }
  put_wrong_ranges(&message, n);
  assert_int_equal(
      topo_negentropy_init(&x.ne[1], &x.items[1], TOPO_NEGENTROPY_MESSAGE_MIN, buckets), 0);
  assert_int_equal(topo_negentropy_respond(&x.ne[1], topo_buf_view(&message), &out), 0);
  assert_int_equal(out.len, 1 + (n * buckets + 1) * STEP_BYTES);
  struct topo_sum rest = {{0}, 0};
  if (!reference)
    assert_int_equal(topo_itemset_sum(&x.items[1], WIDTH * n, WIDTH * n + 500, &rest), 0);
  uint8_t expected[3 + TOPO_FINGERPRINT_SIZE] = {0, 0, 1};
  topo_sum_fingerprint(&rest, expected + 3);
  assert_memory_equal(out.data + out.len - sizeof expected, expected, sizeof expected);
  topo_buf_finish(&message);
  topo_buf_finish(&out);
  exchange_finish(&x);
}

/* Goal: when the last range does not fit, the closing fingerprint covers its items, so that a peer
 * without any there sees a difference; only the reference's bucket count leaves them out, as the
 * reference does. */
static void a_range_that_does_not_fit_is_not_forgotten(void **state)
{
  (void)state;
  check_closing(12, false);
  check_closing(24, false);
  check_closing(TOPO_NEGENTROPY_REFERENCE_BUCKETS, true);
}

/* Goal: what is lacking is reported in the order of the peer's items, so that it is asked for, and
 * sent, in stretches of neighbours. */
static void lacking_ids_come_in_the_order_of_items(void **state)
{
  (void)state;
  const struct exchange_options options = {.message_limit = {4096, 4096}, .buckets = {12, 12}};
  struct exchange x;
  uint64_t rng = 1;
  exchange_init(&x);
  for (uint64_t i = 0; i < 1000; i++) {
    struct topo_item item = {i, {{0}}};
    draw_id(&rng, &item.id);
    exchange_add(&x, &item, i % 100 == 0, true);
  }
  exchange_run(&x, &options);
  assert_int_equal(x.need.n, x.expected_need.n);
  assert_memory_equal(x.need.ids, x.expected_need.ids, x.need.n * sizeof *x.need.ids);
  exchange_finish(&x);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(small_sets_are_exact),
      cmocka_unit_test(lacking_ids_come_in_the_order_of_items),
      cmocka_unit_test(large_sets_are_exact),
      cmocka_unit_test(message_limits_hold),
      cmocka_unit_test(bucket_counts_may_differ),
      cmocka_unit_test(equal_sets_need_one_round),
      cmocka_unit_test(a_small_difference_is_cheap),
      cmocka_unit_test(bad_options_are_refused),
      cmocka_unit_test(the_sink_may_stop),
      cmocka_unit_test(failures_of_the_set_come_out),
      cmocka_unit_test(a_range_that_does_not_fit_is_not_forgotten),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
