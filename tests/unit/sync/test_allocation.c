/* test_allocation.c - every allocation may fail: the status says so and what was there stays.
 * Linked with
 * --wrap for malloc, calloc and realloc. */
#include "base/status.h"
#include "unit/sync/exchange.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

static bool armed;         /* allocations are counted */
static unsigned long left; /* until the one that fails */
static size_t taken;       /* bytes, by malloc */

static bool fails(void)
{
  return armed && left-- == 0;
}

void *__wrap_malloc(size_t size)
{
  taken += size;
  return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
  return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
  return fails() ? NULL : __real_realloc(p, size);
}

static void insert(const struct topo_itemset *items, uint64_t *rng, uint64_t timestamp)
{
  struct topo_item item = {.timestamp = timestamp};
  draw_id(rng, &item.id);
  assert_int_equal(topo_itemset_insert(items, &item), 0);
}

/* Goal: the log of a space, read in its order, costs a set little, also beneath an item whose clock
 * was ahead of all others. */
static void an_item_from_the_future_costs_no_memory(void **state)
{
  enum { ITEMS = 100000, EACH = 44 };
  (void)state;
  uint64_t rng = 7;
  for (int falling = 0; falling < 2; falling++) {
    struct topo_memset *set = topo_memset_create();
    assert_non_null(set);
    struct topo_itemset items = topo_memset_itemset(set);
    taken = 0;
    insert(&items, &rng, falling ? 0 : ITEMS + 1);
    for (uint64_t i = 0; i < ITEMS; i++)
      insert(&items, &rng, falling ? ITEMS - i : i);
    assert_in_range(taken, ITEMS * 40, ITEMS * EACH);
    topo_memset_destroy(set);
  }
}

/* Goal: whoever picks the items cannot make a set cost much more than 80 bytes for each, with
 * rising and falling runs of any length, each beginning somewhere within what is there. */
static void no_order_costs_much_memory(void **state)
{
  enum { ITEMS = 60000, EACH = 90 };
  (void)state;
  uint64_t rng = 8;
  for (int length = -199; length < 200; length += 9) {
    struct topo_memset *set = topo_memset_create();
    assert_non_null(set);
    struct topo_itemset items = topo_memset_itemset(set);
    taken = 0;
    insert(&items, &rng, UINT64_MAX - 1);
    insert(&items, &rng, 0);
    for (unsigned i = 0; i < ITEMS; i += (unsigned)abs(length)) {
      uint64_t at = 1000 + draw_below(&rng, UINT64_MAX / 2);
      for (int k = 0; k != length; k += length < 0 ? -1 : 1)
        insert(&items, &rng, at + (uint64_t)(int64_t)k);
    }
    assert_in_range(taken, ITEMS * 40, ITEMS * EACH);
    topo_memset_destroy(set);
  }
}

/* Goal: a set that cannot grow refuses the item and is as it was. */
static void insertion_without_memory_changes_nothing(void **state)
{
  (void)state;
  uint64_t rng = 6;
  struct topo_memset *set = topo_memset_create();
  assert_non_null(set);
  struct topo_itemset items = topo_memset_itemset(set);
  unsigned refused = 0;
  for (uint64_t i = 0; i < 20000; i++) {
    struct topo_item item = {i % 3 ? i : draw_below(&rng, 20000), {{0}}};
    draw_id(&rng, &item.id);
    struct topo_sum before, after;
    assert_int_equal(topo_itemset_sum(&items, 0, i, &before), 0);
    for (unsigned long n = 0;; n++) {
      armed = true;
      left = n;
      int status = topo_itemset_insert(&items, &item);
      armed = false;
      if (status == 0)
        break;
      assert_int_equal(status, TOPO_ENOMEM);
      uint64_t size;
      uint64_t at;
      assert_int_equal(topo_itemset_size(&items, &size), 0);
      assert_int_equal(size, i);
      assert_int_equal(topo_itemset_sum(&items, 0, i, &after), 0);
      assert_memory_equal(&before, &after, sizeof before);
      struct topo_item there;
      assert_int_equal(topo_itemset_lower_bound(&items, 0, i, &item, &at), 0);
      if (at < i) {
        assert_int_equal(topo_itemset_read(&items, at, &there, 1), 0);
        assert_int_not_equal(topo_item_compare(&there, &item), 0);
      }
      refused++;
    }
  }
  assert_in_range(refused, 100, 20000);
  topo_memset_destroy(set);
}

/* Goal: creating a set without memory is NULL and leaks nothing. */
static void creation_without_memory_is_null(void **state)
{
  (void)state;
  for (left = 0;; left++) {
    unsigned long n = left;
    armed = true;
    struct topo_memset *set = topo_memset_create();
    armed = false;
    left = n;
    if (set) {
      topo_memset_destroy(set);
      break;
    }
  }
  assert_int_equal(left, 2);
}

static int run(struct exchange *x, unsigned long n)
{
  struct topo_buf ask = {0}, answer = {0};
  bool done = false;
  for (int side = 0; side < 2; side++)
    assert_int_equal(topo_negentropy_init(&x->ne[side], &x->items[side], 0, 16), 0);
  left = n;
  armed = true;
  int status = topo_negentropy_initiate(&x->ne[0], &ask);
  while (status == 0 && !done) {
    status = topo_negentropy_respond(&x->ne[1], topo_buf_view(&ask), &answer);
    if (status == 0)
      status = topo_negentropy_reconcile(&x->ne[0], topo_buf_view(&answer), &exchange_ignore, &ask,
                                         &done);
  }
  armed = false;
  topo_buf_finish(&ask);
  topo_buf_finish(&answer);
  return status;
}

/* Goal: whichever allocation of a reconciliation fails, the status is TOPO_ENOMEM and nothing
 * leaks. */
static void reconciliation_reports_every_failed_allocation(void **state)
{
  (void)state;
  uint64_t rng = 8;
  struct exchange x;
  exchange_init(&x);
  for (size_t i = 0; i < 800; i++) {
    struct topo_item item = {draw_below(&rng, 100), {{0}}};
    draw_id(&rng, &item.id);
    exchange_add(&x, &item, i % 50 != 0, i % 41 != 0);
  }
  for (unsigned long n = 0;; n++) {
    int status = run(&x, n);
    if (status == 0) {
      assert_in_range(n, 10, 10000);
      break;
    }
    assert_int_equal(status, TOPO_ENOMEM);
  }
  exchange_finish(&x);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(insertion_without_memory_changes_nothing),
      cmocka_unit_test(an_item_from_the_future_costs_no_memory),
      cmocka_unit_test(no_order_costs_much_memory),
      cmocka_unit_test(creation_without_memory_is_null),
      cmocka_unit_test(reconciliation_reports_every_failed_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
