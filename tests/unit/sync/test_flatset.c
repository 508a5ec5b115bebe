/* test_flatset.c - a flat set agrees with a memset made anew of the items that are in it, whatever
 * was put in and taken out before. */
#include "base/status.h"
#include "sync/flatset.h"
#include "unit/sync/exchange.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ITEMS = 300, MOVES = 4000, LOOK_EVERY = 97 };

struct fixture {
  struct topo_flatset *flat;
  struct topo_itemset set;
  struct topo_item items[ITEMS]; /* all that may be in it */
  bool in[ITEMS];
};

static void compare(struct fixture *f, uint64_t *rng)
{
  struct topo_memset *anew = topo_memset_create();
  struct topo_itemset expected = topo_memset_itemset(anew);
  uint64_t n = 0, size, a, b;
  for (size_t i = 0; i < ITEMS; i++)
    if (f->in[i]) {
      assert_int_equal(topo_itemset_insert(&expected, &f->items[i]), 0);
      n++;
    }
  assert_int_equal(topo_itemset_size(&f->set, &size), 0);
  assert_int_equal(size, n);
  for (uint64_t i = 0; i < n; i++) {
    struct topo_item x, y;
    assert_int_equal(topo_itemset_read(&f->set, i, &x, 1), 0);
    assert_int_equal(topo_itemset_read(&expected, i, &y, 1), 0);
    assert_int_equal(topo_item_compare(&x, &y), 0);
  }
  for (int k = 0; k < 20; k++) {
    uint64_t end = draw_below(rng, n + 1), begin = draw_below(rng, end + 1);
    const struct topo_item *bound = &f->items[draw_below(rng, ITEMS)];
    struct topo_sum x, y;
    assert_int_equal(topo_itemset_sum(&f->set, begin, end, &x), 0);
    assert_int_equal(topo_itemset_sum(&expected, begin, end, &y), 0);
    assert_memory_equal(&x, &y, sizeof x);
    assert_int_equal(topo_itemset_lower_bound(&f->set, begin, end, bound, &a), 0);
    assert_int_equal(topo_itemset_lower_bound(&expected, begin, end, bound, &b), 0);
    assert_int_equal(a, b);
  }
  topo_memset_destroy(anew);
}

static void it_agrees_with_a_set_made_anew(void **state)
{
  struct fixture f = {.flat = topo_flatset_create()};
  uint64_t rng = 7;
  (void)state;
  f.set = topo_flatset_itemset(f.flat);
  for (size_t i = 0; i < ITEMS; i++) {
    f.items[i].timestamp = draw_below(&rng, 40);
    draw_id(&rng, &f.items[i].id);
  }
  for (int k = 0; k < MOVES; k++) {
    size_t i = draw_below(&rng, ITEMS);
    bool insert = draw_below(&rng, 5) < 3;
    int status = insert ? topo_itemset_insert(&f.set, &f.items[i])
                        : topo_flatset_remove(f.flat, &f.items[i]);
    int expected = insert ? (f.in[i] ? TOPO_EEXISTS : 0) : (f.in[i] ? 0 : TOPO_ENOTFOUND);
    assert_int_equal(status, expected);
    f.in[i] = insert;
    if (k % LOOK_EVERY == 0)
      compare(&f, &rng);
  }
  for (size_t i = 0; i < ITEMS; i++) {
    topo_flatset_remove(f.flat, &f.items[i]);
    f.in[i] = false;
  }
  compare(&f, &rng);
  topo_flatset_destroy(f.flat);
}

static void infinity_is_no_time(void **state)
{
  struct topo_flatset *flat = topo_flatset_create();
  struct topo_itemset set = topo_flatset_itemset(flat);
  struct topo_item item = {.timestamp = TOPO_ITEM_INFINITY};
  (void)state;
  assert_int_equal(topo_itemset_insert(&set, &item), TOPO_EINVAL);
  topo_flatset_destroy(flat);
  topo_flatset_destroy(NULL);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_agrees_with_a_set_made_anew),
      cmocka_unit_test(infinity_is_no_time),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
