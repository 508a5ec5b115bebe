/*
 * test_ring.c - the ring of notifications against a list that forgets nothing: it covers an
 * unbroken stretch up to the newest change, within its bounds, and finds the next notification of
 * any position in it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/ring.h"
#include "lib/sim_rng.h"

#include <stdlib.h>
#include <string.h>

enum { STEPS = 6000, SEQ_MAX = STEPS * 4 };

/* Every change there was, with the length of its notification. */
struct story {
  struct topo_ring ring;
  struct sim_rng rng;
  int64_t began, to;    /* after the last reset */
  bool framed[SEQ_MAX]; /* by seq */
  size_t len[SEQ_MAX];
};

static void put(struct story *s, int64_t seq, size_t len)
{
  uint8_t *json = calloc(1, len);
  memcpy(json, &seq, sizeof seq);
  struct topo_notification *notification = topo_notification_create((struct topo_bytes){json, len});
  assert_non_null(notification);
  notification->seq = seq;
  topo_ring_put(&s->ring, notification);
  s->framed[seq] = true;
  s->len[seq] = len;
  s->to = seq;
  free(json);
}

/* The first framed change after `seq`; 0: none. */
static int64_t next_framed(const struct story *s, int64_t seq)
{
  for (int64_t i = seq + 1; i <= s->to; i++)
    if (s->framed[i])
      return i;
  return 0;
}

/* The newest notifications that fit, counted from the end: what must be there at the least. */
static int64_t must_reach(const struct story *s)
{
  size_t n = 0, bytes = 0;
  int64_t reach = s->to;
  for (int64_t i = s->to; i > s->began; i--) {
    if (s->framed[i] &&
        (++n > TOPO_RING_NOTIFICATIONS_MAX || (bytes += s->len[i]) > TOPO_RING_BYTES_MAX))
      break;
    reach = i - 1;
  }
  return reach;
}

static void check(struct story *s)
{
  const struct topo_ring *ring = &s->ring;
  assert_int_equal(ring->to, s->to);
  assert_true(ring->from >= s->began && ring->from <= must_reach(s));
  assert_false(topo_ring_covers(ring, ring->from - 1));
  assert_false(topo_ring_covers(ring, ring->to + 1));
  assert_true(ring->n <= TOPO_RING_NOTIFICATIONS_MAX);
  assert_true(ring->bytes <= TOPO_RING_BYTES_MAX || ring->n == 1);
  for (int i = 0; i < 4; i++) {
    int64_t seq =
        ring->from + (int64_t)sim_rng_below(&s->rng, (uint64_t)(ring->to - ring->from) + 1);
    const struct topo_notification *notification = topo_ring_after(ring, seq);
    assert_true(topo_ring_covers(ring, seq));
    assert_int_equal(notification ? notification->seq : 0, next_framed(s, seq));
    assert_true(!notification ||
                (notification->len == s->len[notification->seq] &&
                 memcmp(notification->json, &notification->seq, sizeof notification->seq) == 0));
  }
}

/* Small notifications meet the bound of their number, large ones that of bytes. */
static void play(uint64_t seed, size_t largest)
{
  struct story *s = calloc(1, sizeof *s);
  sim_rng_init(&s->rng, seed);
  s->to = s->began = 1;
  topo_ring_reset(&s->ring, 1);
  for (int step = 0; step < STEPS && s->to < SEQ_MAX - 8; step++) {
    int64_t seq = s->to + 1 + (int64_t)sim_rng_below(&s->rng, 3);
    if (sim_rng_chance(&s->rng, 0.001)) {
      topo_ring_reset(&s->ring, seq);
      s->began = s->to = seq;
    } else if (sim_rng_chance(&s->rng, 0.1)) {
      topo_ring_advance(&s->ring, seq);
      topo_ring_advance(&s->ring, s->to); /* backwards is nowhere */
      s->to = seq;
    } else {
      put(s, seq, sizeof seq + (size_t)sim_rng_below(&s->rng, largest));
    }
    if (step % 16 == 0)
      check(s);
  }
  check(s);
  topo_ring_reset(&s->ring, 0);
  free(s);
}

static void many_small_notifications(void **state)
{
  (void)state;
  for (uint64_t seed = 1; seed <= 3; seed++)
    play(seed, 64);
}

static void large_notifications(void **state)
{
  (void)state;
  for (uint64_t seed = 1; seed <= 3; seed++)
    play(seed, 20000);
}

static void the_largest_notifications(void **state)
{
  (void)state;
  struct story *s = calloc(1, sizeof *s);
  sim_rng_init(&s->rng, 1);
  topo_ring_reset(&s->ring, 0);
  for (int64_t seq = 1; seq <= 9; seq++) {
    put(s, seq, TOPO_NOTIFICATION_MAX);
    check(s);
  }
  assert_int_equal(s->ring.n, 2);
  topo_ring_reset(&s->ring, 0);
  assert_int_equal(s->ring.bytes, 0);
  free(s);
}

static void an_empty_ring_covers_one_position(void **state)
{
  (void)state;
  struct story *s = calloc(1, sizeof *s);
  topo_ring_reset(&s->ring, 5);
  assert_true(topo_ring_covers(&s->ring, 5));
  assert_false(topo_ring_covers(&s->ring, 4));
  assert_false(topo_ring_covers(&s->ring, 6));
  assert_null(topo_ring_after(&s->ring, 5));
  topo_ring_advance(&s->ring, 9);
  assert_true(topo_ring_covers(&s->ring, 7));
  assert_null(topo_ring_after(&s->ring, 7));
  free(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_empty_ring_covers_one_position),
      cmocka_unit_test(many_small_notifications),
      cmocka_unit_test(large_notifications),
      cmocka_unit_test(the_largest_notifications),
  };
  return cmocka_run_group_tests_name("daemon/feed_ring", tests, NULL, NULL);
}
