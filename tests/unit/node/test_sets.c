/*
 * test_sets.c - the item sets of a space: however many there are, each is found and told, and an
 * event touches its own.
 */
#include "base/status.h"
#include "model/oracle_pages.h"
#include "node/sets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { HLC = 1000000 };

static struct topo_id id_of(uint32_t kind, uint32_t n)
{
  struct topo_id id;
  for (uint32_t i = 0; i < 8; i++)
    topo_put_be32(id.bytes + 4 * i, (kind * 31 + n * 0x9e3779b9u + 1) * (2 * i + 2654435761u));
  return id;
}

/* Control and `epochs` others, of which each has 1 + its number modulo 3 events. */
static void fill(struct topo_sets *sets, uint32_t epochs)
{
  for (uint32_t set = 0; set <= epochs; set++) {
    struct topo_id id = set ? id_of(1, set) : topo_id_zero;
    for (uint32_t i = 0; i <= set % 3; i++) {
      struct topo_id event = id_of(2 + i, set);
      assert_int_equal(topo_sets_add(sets, &id, HLC + i, &event), 0);
    }
  }
}

/* What SETS says is what a naive reader of the sets would say. */
static void compare(struct topo_sets *sets)
{
  struct topo_session_set *rows = calloc(sets->n + 1, sizeof *rows);
  struct topo_session_sets told;
  size_t n = 0;
  uint64_t items = 0;
  assert_non_null(rows);
  for (size_t i = 0; i < sets->n; i++) {
    struct topo_lthash hash = {{0}};
    uint64_t size;
    assert_int_equal(topo_itemset_size(&sets->sets[i].view, &size), 0);
    for (uint64_t at = 0; at < size; at++) {
      struct topo_item item;
      assert_int_equal(topo_itemset_read(&sets->sets[i].view, at, &item, 1), 0);
      topo_lthash_add(&hash, &item.id);
    }
    rows[n] = (struct topo_session_set){.set = sets->sets[i].id, .count = size};
    topo_lthash_digest(&hash, &rows[n].digest);
    if (topo_id_is_zero(&rows[n].set))
      continue;
    items += rows[n++].count;
  }
  struct topo_id digest = oracle_page_digest(rows, n, "");
  assert_int_equal(topo_sets_tell(sets, &told), 0);
  assert_true(topo_id_equal(&told.epochs, &digest));
  assert_int_equal(told.items, items);
  assert_int_equal(told.items + told.early[TOPO_SET_CONTROL].count, topo_sets_total(sets));
  free(rows);
}

static void any_number_of_sets_is_told(void **state)
{
  (void)state;
  const uint32_t sizes[] = {0, 1, 64, 65, 1023, 1024, 1025, 5000};
  for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    struct topo_sets sets = {.n = 0};
    fill(&sets, sizes[i]);
    assert_int_equal(sets.n, sizes[i] + 1);
    compare(&sets);
    topo_sets_finish(&sets);
  }
}

static void nothing_is_told_of_nothing(void **state)
{
  (void)state;
  struct topo_sets sets = {.n = 0};
  struct topo_session_sets told;
  struct topo_id digest = oracle_page_digest(NULL, 0, "");
  assert_int_equal(topo_sets_tell(&sets, &told), 0);
  assert_int_equal(told.early[TOPO_SET_CONTROL].count, 0);
  assert_int_equal(told.items, 0);
  assert_true(topo_id_equal(&told.epochs, &digest));
  assert_null(topo_sets_items(&sets, &topo_id_zero));
  topo_sets_finish(&sets);
}

/* Every set is found by its id, and an id that has none is not. */
static void sets_are_found(void **state)
{
  (void)state;
  struct topo_sets sets = {.n = 0};
  fill(&sets, 3000);
  for (uint32_t set = 0; set <= 3000; set++) {
    struct topo_id id = set ? id_of(1, set) : topo_id_zero, other = id_of(9, set);
    const struct topo_itemset *items = topo_sets_items(&sets, &id);
    uint64_t size;
    assert_non_null(items);
    assert_int_equal(topo_itemset_size(items, &size), 0);
    assert_int_equal(size, 1 + set % 3);
    assert_null(topo_sets_items(&sets, &other));
  }
  topo_sets_finish(&sets);
}

/* Digests of the others are neither made anew nor given up. */
static void an_event_touches_its_own_set_alone(void **state)
{
  (void)state;
  struct topo_sets sets = {.n = 0};
  struct topo_id set = id_of(1, 700), event = id_of(8, 700);
  fill(&sets, 2000);
  compare(&sets);
  assert_int_equal(topo_sets_add(&sets, &set, HLC, &event), 0);
  size_t stale = 0;
  for (size_t i = 0; i < sets.n; i++) {
    assert_true(sets.sets[i].hashed);
    stale += sets.sets[i].stale;
  }
  assert_int_equal(stale, 1);
  compare(&sets);
  assert_int_equal(topo_sets_add(&sets, &set, HLC, &event), TOPO_EEXISTS);
  compare(&sets);
  topo_sets_finish(&sets);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(any_number_of_sets_is_told),
      cmocka_unit_test(nothing_is_told_of_nothing),
      cmocka_unit_test(sets_are_found),
      cmocka_unit_test(an_event_touches_its_own_set_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
