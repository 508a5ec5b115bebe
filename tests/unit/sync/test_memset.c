/* test_memset.c - the set in memory agrees with a plain sorted array, whatever the order of
 * insertion. */
#include "base/status.h"
#include "unit/sync/exchange.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The oracle: items in an array, kept sorted. */
struct oracle {
  struct topo_item *items;
  size_t n;
};

static size_t oracle_rank(const struct oracle *o, const struct topo_item *item)
{
  size_t i = 0;
  while (i < o->n && topo_item_compare(&o->items[i], item) < 0)
    i++;
  return i;
}

static bool oracle_insert(struct oracle *o, const struct topo_item *item)
{
  size_t i = oracle_rank(o, item);
  if (i < o->n && topo_item_compare(&o->items[i], item) == 0)
    return false;
  memmove(o->items + i + 1, o->items + i, (o->n - i) * sizeof *o->items);
  o->items[i] = *item;
  o->n++;
  return true;
}

static void check_range(const struct oracle *o, const struct topo_itemset *set, size_t begin,
                        size_t end)
{
  struct topo_sum sum, expected = {{0}, 0};
  for (size_t i = begin; i < end; i++)
    topo_sum_add_id(&expected, &o->items[i].id);
  assert_int_equal(topo_itemset_sum(set, begin, end, &sum), 0);
  assert_int_equal(sum.count, end - begin);
  assert_memory_equal(sum.words, expected.words, sizeof sum.words);
}

static void check_bound(const struct oracle *o, const struct topo_itemset *set,
                        const struct topo_item *bound, size_t begin, size_t end)
{
  size_t rank = oracle_rank(o, bound);
  uint64_t expected = rank < begin ? begin : rank > end ? end : rank, index;
  assert_int_equal(topo_itemset_lower_bound(set, begin, end, bound, &index), 0);
  assert_int_equal(index, expected);
}

static void check_all(const struct oracle *o, const struct topo_itemset *set, uint64_t *rng)
{
  uint64_t size;
  assert_int_equal(topo_itemset_size(set, &size), 0);
  assert_int_equal(size, o->n);
  struct topo_item *copy = calloc(o->n + 1, sizeof *copy);
  assert_non_null(copy);
  assert_int_equal(topo_itemset_read(set, 0, copy, o->n), 0);
  for (size_t i = 0; i < o->n; i++)
    assert_int_equal(topo_item_compare(&copy[i], &o->items[i]), 0);
  for (int i = 0; i < 40; i++) {
    size_t begin = draw_below(rng, o->n + 1), end = begin + draw_below(rng, o->n + 1 - begin);
    check_range(o, set, begin, end);
    size_t part = draw_below(rng, 200) < end - begin ? 1 : end - begin;
    assert_int_equal(topo_itemset_read(set, begin, copy, part), 0);
    for (size_t k = 0; k < part; k++)
      assert_int_equal(topo_item_compare(&copy[k], &o->items[begin + k]), 0);
    struct topo_item bound = {draw_below(rng, 3000), {{0}}};
    draw_id(rng, &bound.id);
    if (o->n && i & 1)
      bound = o->items[draw_below(rng, o->n)];
    check_bound(o, set, &bound, begin, end);
  }
  free(copy);
}

enum order { ASCENDING, DESCENDING, RANDOM, EQUAL, INWARDS };

static struct topo_item make_item(enum order order, size_t i, size_t n, uint64_t *rng)
{
  struct topo_item item;
  draw_id(rng, &item.id);
  switch (order) {
  case ASCENDING: item.timestamp = i; break;
  case DESCENDING: item.timestamp = n - i; break;
  case RANDOM: item.timestamp = draw_below(rng, n); break;
  case EQUAL: item.timestamp = 5; break;
  case INWARDS: item.timestamp = i & 1 ? 2 * n - i : i; break;
  }
  return item;
}

static void check_order(enum order order, size_t n, uint64_t seed)
{
  uint64_t rng = seed;
  struct topo_memset *set = topo_memset_create();
  assert_non_null(set);
  struct topo_itemset items = topo_memset_itemset(set);
  struct oracle o = {calloc(n + 1, sizeof *o.items), 0};
  assert_non_null(o.items);
  check_all(&o, &items, &rng);
  for (size_t i = 0; i < n; i++) {
    struct topo_item item = make_item(order, i, n, &rng);
    assert_int_equal(topo_itemset_insert(&items, &item),
                     oracle_insert(&o, &item) ? 0 : TOPO_EEXISTS);
    if (i % (1 + n / 8) == 0 || i + 1 == n)
      check_all(&o, &items, &rng);
  }
  free(o.items);
  topo_memset_destroy(set);
}

/* Goal: items inserted in rising order are found, read and summed like in a sorted array. */
static void ascending_insertion_agrees_with_a_sorted_array(void **state)
{
  (void)state;
  check_order(ASCENDING, 12000, 1);
}

/* Goal: the same in falling order. */
static void descending_insertion_agrees_with_a_sorted_array(void **state)
{
  (void)state;
  check_order(DESCENDING, 12000, 2);
}

/* Goal: the same in random order, with many equal timestamps. */
static void random_insertion_agrees_with_a_sorted_array(void **state)
{
  (void)state;
  check_order(RANDOM, 6000, 3);
  check_order(EQUAL, 6000, 4);
  for (size_t n = 0; n < 300; n += 7)
    check_order(RANDOM, n, n);
}

/* Goal: growing alternately from both ends to the middle keeps the set right. */
static void insertion_from_both_ends_agrees_with_a_sorted_array(void **state)
{
  (void)state;
  check_order(INWARDS, 6000, 5);
}

/* Goal: an item is in the set once; refusing it again changes nothing, even where a node is full.
 */
static void duplicates_are_refused(void **state)
{
  (void)state;
  uint64_t rng = 9, n;
  struct topo_memset *set = topo_memset_create();
  assert_non_null(set);
  struct topo_itemset items = topo_memset_itemset(set);
  for (int i = 0; i < 2000; i++) {
    struct topo_item item = {draw_below(&rng, 50), {{0}}};
    draw_id(&rng, &item.id);
    struct topo_sum before, after;
    assert_int_equal(topo_itemset_insert(&items, &item), 0);
    assert_int_equal(topo_itemset_size(&items, &n), 0);
    assert_int_equal(topo_itemset_sum(&items, 0, n, &before), 0);
    assert_int_equal(topo_itemset_insert(&items, &item), TOPO_EEXISTS);
    assert_int_equal(topo_itemset_size(&items, &n), 0);
    assert_int_equal(n, i + 1);
    assert_int_equal(topo_itemset_sum(&items, 0, n, &after), 0);
    assert_memory_equal(&before, &after, sizeof before);
  }
  topo_memset_destroy(set);
}

/* Goal: the timestamp that stands for infinity is no item's. */
static void infinity_is_refused(void **state)
{
  (void)state;
  struct topo_memset *set = topo_memset_create();
  assert_non_null(set);
  struct topo_itemset items = topo_memset_itemset(set);
  struct topo_item item = {TOPO_ITEM_INFINITY, {{1}}};
  assert_int_equal(topo_itemset_insert(&items, &item), TOPO_EINVAL);
  item.timestamp--;
  assert_int_equal(topo_itemset_insert(&items, &item), 0);
  topo_memset_destroy(set);
}

/* Goal: destroying no set is fine. */
static void destroy_takes_null(void **state)
{
  (void)state;
  topo_memset_destroy(NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ascending_insertion_agrees_with_a_sorted_array),
      cmocka_unit_test(descending_insertion_agrees_with_a_sorted_array),
      cmocka_unit_test(random_insertion_agrees_with_a_sorted_array),
      cmocka_unit_test(insertion_from_both_ends_agrees_with_a_sorted_array),
      cmocka_unit_test(duplicates_are_refused),
      cmocka_unit_test(infinity_is_refused),
      cmocka_unit_test(destroy_takes_null),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
