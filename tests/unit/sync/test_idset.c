/* test_idset.c - the bounded set and queue of ids, compared with plain arrays. */
#include "base/status.h"
#include "sync/idqueue.h"
#include "sync/idset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { NAMES = 300, MAX = 200 };

/* Names that collide in their first bytes, so that probing is exercised. */
static struct topo_id name(uint32_t i)
{
  struct topo_id id = {{0}};
  topo_put_be32(id.bytes, i % 7);
  topo_put_be32(id.bytes + 28, i + 1);
  return id;
}

static uint32_t next(uint32_t *seed)
{
  *seed = *seed * 1664525u + 1013904223u;
  return *seed >> 8;
}

static void a_set_holds_what_an_array_of_flags_does(void **state)
{
  (void)state;
  struct topo_idset set;
  bool in[NAMES] = {false};
  uint32_t count = 0, seed = 1;
  topo_idset_init(&set, MAX);
  for (unsigned step = 0; step < 40000; step++) {
    uint32_t i = next(&seed) % NAMES;
    struct topo_id id = name(i);
    /* Tides: long stretches of mostly adding and mostly removing. */
    if (next(&seed) % 10 < (step / 4000 % 2 ? 3u : 8u)) {
      int expected = in[i] ? TOPO_EEXISTS : count == MAX ? TOPO_ELIMIT : 0;
      assert_int_equal(topo_idset_add(&set, &id), expected);
      if (expected == 0)
        in[i] = true, count++;
    } else {
      assert_int_equal(topo_idset_remove(&set, &id), in[i]);
      count -= in[i];
      in[i] = false;
    }
    assert_int_equal(set.count, count);
    uint32_t probe = next(&seed) % NAMES;
    id = name(probe);
    assert_int_equal(topo_idset_has(&set, &id), in[probe]);
  }
  for (uint32_t i = 0; i < NAMES; i++) {
    struct topo_id id = name(i);
    assert_int_equal(topo_idset_has(&set, &id), in[i]);
  }
  topo_idset_finish(&set);
  assert_int_equal(set.count, 0);
}

static void the_zero_id_is_no_member(void **state)
{
  (void)state;
  struct topo_idset set;
  topo_idset_init(&set, MAX);
  assert_int_equal(topo_idset_add(&set, &topo_id_zero), TOPO_EINVAL);
  assert_false(topo_idset_has(&set, &topo_id_zero));
  assert_false(topo_idset_remove(&set, &topo_id_zero));
  topo_idset_finish(&set);
}

static void a_queue_gives_back_in_order_and_is_bounded(void **state)
{
  (void)state;
  struct topo_idqueue q;
  uint32_t in = 0, out = 0, seed = 2;
  topo_idqueue_init(&q, MAX);
  for (unsigned step = 0; step < 20000; step++) {
    if (next(&seed) % 10 < (step / 2000 % 2 ? 3u : 8u)) {
      struct topo_id id = name(in);
      int expected = in - out == MAX ? TOPO_ELIMIT : 0;
      assert_int_equal(topo_idqueue_push(&q, &id), expected);
      in += expected == 0;
    } else if (in == out) {
      assert_null(topo_idqueue_front(&q));
    } else {
      struct topo_id id = name(out++);
      assert_true(topo_id_equal(topo_idqueue_front(&q), &id));
      topo_idqueue_pop(&q);
    }
    assert_int_equal(q.count, in - out);
  }
  topo_idqueue_finish(&q);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_set_holds_what_an_array_of_flags_does),
      cmocka_unit_test(the_zero_id_is_no_member),
      cmocka_unit_test(a_queue_gives_back_in_order_and_is_bounded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
