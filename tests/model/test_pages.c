/*
 * test_pages.c - the tree that keeps the pages of item sets has just the pages that the rules say,
 * whatever the ids have in common and in whatever order sets come up and change.
 */
#include "base/assert.h"
#include "model/oracle_pages.h"
#include "sync/settree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 3000, ID_DIGITS = 64 };

struct world {
  struct topo_session_set rows[MOST];
  size_t n;
  struct topo_settree tree;
  uint64_t state;
};

static uint64_t draw(struct world *w)
{
  uint64_t z = w->state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

static int row_of(void *ctx, uint32_t ref, struct topo_session_set *out)
{
  const struct world *w = ctx;
  topo_assert(ref < w->n);
  *out = w->rows[ref];
  return 0;
}

static void set_up(struct world *w, uint64_t seed)
{
  *w = (struct world){.state = seed};
  topo_settree_init(&w->tree, row_of, w);
}

/* The first `shared` half bytes are those of one id. */
static struct topo_id draw_id(struct world *w, unsigned shared)
{
  struct topo_id id;
  for (size_t i = 0; i < sizeof id.bytes; i++) {
    uint8_t any = (uint8_t)draw(w), same = (uint8_t)(0x35 * i + 7);
    bool high = 2 * i < shared, low = 2 * i + 1 < shared;
    id.bytes[i] = (uint8_t)(((high ? same : any) & 0xf0) | ((low ? same : any) & 0x0f));
  }
  return id;
}

static void add(struct world *w, const struct topo_id *set)
{
  uint32_t ref;
  if (topo_settree_find(&w->tree, set, &ref))
    return;
  w->rows[w->n++] = (struct topo_session_set){*set, 1 + draw(w) % 100, draw_id(w, 0)};
  assert_int_equal(topo_settree_add(&w->tree, set, (uint32_t)w->n - 1), 0);
  assert_true(topo_settree_find(&w->tree, set, &ref));
  assert_int_equal(ref, w->n - 1);
}

static void change(struct world *w)
{
  struct topo_session_set *row = &w->rows[draw(w) % w->n];
  row->count++;
  row->digest = draw_id(w, 0);
  topo_settree_touch(&w->tree, &row->set);
}

static struct topo_prefix prefix_of(const char *text)
{
  struct topo_prefix prefix = {.len = 0};
  for (; *text; text++)
    prefix = topo_prefix_extend(&prefix, (unsigned)(*text <= '9' ? *text - '0' : *text - 'a' + 10));
  return prefix;
}

static void compare_page(struct world *w, const char *text)
{
  struct topo_prefix prefix = prefix_of(text);
  struct topo_buf rules = {0}, ours = {0};
  struct topo_id digest, expected = oracle_page_digest(w->rows, w->n, text);
  oracle_page(w->rows, w->n, text, &rules);
  assert_int_equal(topo_settree_page(&w->tree, &prefix, &ours), 0);
  assert_int_equal(topo_settree_digest(&w->tree, &prefix, &digest), 0);
  assert_int_equal(ours.len, rules.len);
  assert_memory_equal(ours.data, rules.data, rules.len);
  assert_true(topo_id_equal(&digest, &expected));
  topo_buf_finish(&rules);
  topo_buf_finish(&ours);
}

/* Prefixes of the ids that are there, and others. */
static void compare_pages(struct world *w, unsigned times)
{
  compare_page(w, "");
  for (unsigned i = 0; i < times; i++) {
    char text[ORACLE_ID_TEXT_SIZE];
    struct topo_id id = w->n && draw(w) % 4 ? w->rows[draw(w) % w->n].set : draw_id(w, 0);
    oracle_id_text(text, &id);
    text[draw(w) % 2 ? draw(w) % 5 : draw(w) % ID_DIGITS] = '\0';
    compare_page(w, text);
  }
}

static int by_set(const void *a, const void *b)
{
  return memcmp(a, b, TOPO_ID_SIZE);
}

/* The ids below a prefix, piece by piece. */
static void compare_ids(struct world *w, const char *text, size_t piece)
{
  struct topo_prefix prefix = prefix_of(text);
  struct topo_session_set *sorted = calloc(w->n + 1, sizeof *sorted);
  struct topo_id ids[100], last;
  const struct topo_id *after = NULL;
  size_t at = 0, got;
  assert_non_null(sorted);
  memcpy(sorted, w->rows, w->n * sizeof *sorted);
  qsort(sorted, w->n, sizeof *sorted, by_set);
  do {
    got = topo_settree_ids(&w->tree, &prefix, after, ids, piece);
    for (size_t i = 0; i < got; i++) {
      while (topo_prefix_compare(&sorted[at].set, &prefix) != 0)
        assert_true(++at < w->n);
      assert_true(topo_id_equal(&ids[i], &sorted[at++].set));
    }
    if (got > 0)
      last = ids[got - 1];
    after = &last;
  } while (got == piece);
  for (; at < w->n; at++)
    assert_true(topo_prefix_compare(&sorted[at].set, &prefix) != 0);
  free(sorted);
}

static const size_t sizes[] = {0, 1, 2, 63, 64, 65, 66, 127, 128, 129, 1024, 1025, MOST};

static void pages_are_those_of_the_rules(void **state)
{
  (void)state;
  static struct world w;
  for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    set_up(&w, i);
    while (w.n < sizes[i]) {
      struct topo_id id = draw_id(&w, 0);
      add(&w, &id);
    }
    compare_pages(&w, sizes[i] < 1000 ? 40 : 4);
    topo_settree_finish(&w.tree);
  }
}

/* Half of the ids share so many half bytes: pages are deep, up to the last but one. */
static void ids_may_have_much_in_common(void **state)
{
  (void)state;
  static struct world w;
  for (unsigned shared = 1; shared <= 62; shared++) {
    set_up(&w, shared);
    while (w.n < 150) {
      struct topo_id id = draw_id(&w, draw(&w) % 2 ? shared : 0);
      add(&w, &id);
    }
    compare_pages(&w, 6);
    char text[ORACLE_ID_TEXT_SIZE];
    struct topo_id id = draw_id(&w, shared);
    oracle_id_text(text, &id);
    for (unsigned len = shared > 2 ? shared - 2 : 0; len <= shared + 1 && len < ID_DIGITS; len++) {
      char cut[ORACLE_ID_TEXT_SIZE];
      memcpy(cut, text, sizeof cut);
      cut[len] = '\0';
      compare_page(&w, cut);
      compare_ids(&w, cut, 1 + draw(&w) % 100);
    }
    topo_settree_finish(&w.tree);
  }
}

/* What changes between two questions is in the second answer. */
static void pages_follow_every_change(void **state)
{
  (void)state;
  static struct world w;
  for (uint64_t seed = 1; seed <= 20; seed++) {
    set_up(&w, 1000 + seed);
    for (unsigned step = 0; step < 60; step++) {
      for (uint64_t n = draw(&w) % 8; n > 0; n--) {
        struct topo_id id = draw_id(&w, (unsigned)(draw(&w) % 3));
        add(&w, &id);
      }
      if (w.n > 0)
        change(&w);
      compare_pages(&w, 1);
    }
    compare_ids(&w, "", 1 + draw(&w) % 100);
    topo_settree_finish(&w.tree);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pages_are_those_of_the_rules),
      cmocka_unit_test(ids_may_have_much_in_common),
      cmocka_unit_test(pages_follow_every_change),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
