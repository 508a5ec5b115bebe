/* exchange.c - runs the two engines against each other in memory. */
#include "unit/sync/exchange.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAX_ROUNDS = 100000 };

uint64_t draw(uint64_t *state)
{
  uint64_t z = *state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

uint64_t draw_below(uint64_t *state, uint64_t n)
{
  return draw(state) % n;
}

void draw_id(uint64_t *state, struct topo_id *id)
{
  for (size_t i = 0; i < sizeof id->bytes; i += 8)
    topo_put_be64(id->bytes + i, draw(state));
}

void ids_add(struct ids *list, const struct topo_id *id)
{
  if (list->n == list->cap) {
    list->cap = list->cap ? 2 * list->cap : 64;
    list->ids = realloc(list->ids, list->cap * sizeof *list->ids);
    assert_non_null(list->ids);
  }
  list->ids[list->n++] = *id;
}

static int compare_ids(const void *a, const void *b)
{
  return topo_id_compare(a, b);
}

void ids_sort(struct ids *list)
{
  if (list->n)
    qsort(list->ids, list->n, sizeof *list->ids, compare_ids);
}

void ids_finish(struct ids *list)
{
  free(list->ids);
  memset(list, 0, sizeof *list);
}

void exchange_init(struct exchange *x)
{
  memset(x, 0, sizeof *x);
  for (int side = 0; side < 2; side++) {
    x->sets[side] = topo_memset_create();
    assert_non_null(x->sets[side]);
    x->items[side] = topo_memset_itemset(x->sets[side]);
  }
}

void exchange_finish(struct exchange *x)
{
  for (int side = 0; side < 2; side++) {
    topo_memset_destroy(x->sets[side]);
    topo_negentropy_finish(&x->ne[side]);
  }
  ids_finish(&x->have);
  ids_finish(&x->need);
  ids_finish(&x->expected_have);
  ids_finish(&x->expected_need);
}

void exchange_add(struct exchange *x, const struct topo_item *item, bool left, bool right)
{
  if (left)
    assert_int_equal(topo_itemset_insert(&x->items[0], item), 0);
  if (right)
    assert_int_equal(topo_itemset_insert(&x->items[1], item), 0);
  if (left && !right)
    ids_add(&x->expected_have, &item->id);
  if (right && !left)
    ids_add(&x->expected_need, &item->id);
}

static int add_have(void *ctx, const struct topo_id *id)
{
  struct exchange *x = ctx;
  ids_add(&x->have, id);
  return 0;
}

static int add_need(void *ctx, const struct topo_id *id)
{
  struct exchange *x = ctx;
  ids_add(&x->need, id);
  return 0;
}

static int ignore(void *ctx, const struct topo_id *id)
{
  (void)ctx;
  (void)id;
  return 0;
}

const struct topo_negentropy_sink exchange_ignore = {ignore, ignore, NULL};

static void check_length(struct exchange *x, const struct exchange_options *options, int side,
                         const struct topo_buf *message)
{
  if (options->message_limit[side])
    assert_in_range(message->len, 0, options->message_limit[side]);
  if (message->len > x->longest)
    x->longest = message->len;
}

void exchange_run(struct exchange *x, const struct exchange_options *options)
{
  struct topo_negentropy_sink sink = {add_have, add_need, x};
  struct topo_buf ask = {0}, answer = {0};
  bool done = false;
  for (int side = 0; side < 2; side++)
    assert_int_equal(topo_negentropy_init(&x->ne[side], &x->items[side],
                                          options->message_limit[side], options->buckets[side]),
                     0);
  assert_int_equal(topo_negentropy_initiate(&x->ne[0], &ask), 0);
  while (!done) {
    check_length(x, options, 0, &ask);
    assert_in_range(++x->rounds, 1, MAX_ROUNDS);
    assert_int_equal(topo_negentropy_respond(&x->ne[1], topo_buf_view(&ask), &answer), 0);
    check_length(x, options, 1, &answer);
    assert_int_equal(
        topo_negentropy_reconcile(&x->ne[0], topo_buf_view(&answer), &sink, &ask, &done), 0);
  }
  assert_int_equal(ask.len, 0);
  topo_buf_finish(&ask);
  topo_buf_finish(&answer);
}

static void drop_repeated(struct ids *list)
{
  size_t n = 0;
  for (size_t i = 0; i < list->n; i++)
    if (n == 0 || !topo_id_equal(&list->ids[n - 1], &list->ids[i]))
      list->ids[n++] = list->ids[i];
  list->n = n;
}

static void check_list(struct ids *found, struct ids *expected, bool limited)
{
  ids_sort(found);
  ids_sort(expected);
  if (limited)
    drop_repeated(found);
  assert_int_equal(found->n, expected->n);
  for (size_t i = 0; i < found->n; i++)
    assert_memory_equal(&found->ids[i], &expected->ids[i], sizeof expected->ids[i]);
}

void exchange_check(struct exchange *x)
{
  bool limited = x->ne[0].message_limit || x->ne[1].message_limit;
  check_list(&x->have, &x->expected_have, limited);
  check_list(&x->need, &x->expected_need, limited);
}
