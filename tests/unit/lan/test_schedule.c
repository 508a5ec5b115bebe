/* test_schedule.c - when discovery says something, how much it listens to, and whom it remembers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lan/known.h"
#include "lan/schedule.h"
#include "lib/sim_rng.h"
#include "sys/clock.h"

#include <string.h>

static const uint64_t ms_ns = 1000000;

struct fixture {
  struct sim_rng chance;
  struct topo_rng rng;
  struct topo_lan_schedule schedule;
  uint64_t now_ns;
};

static void set_up(struct fixture *f)
{
  sim_rng_init(&f->chance, 1);
  f->rng = sim_rng_port(&f->chance);
  f->now_ns = 5000 * ms_ns;
  topo_lan_schedule_init(&f->schedule, &f->rng);
}

/* Time goes on until something is due: what, and after how long. */
static unsigned wait_for_next(struct fixture *f, uint64_t *waited_ms)
{
  uint64_t next_ns = topo_lan_schedule_next(&f->schedule);
  assert_true(next_ns != TOPO_NEVER && next_ns >= f->now_ns);
  *waited_ms = (next_ns - f->now_ns) / ms_ns;
  assert_int_equal(topo_lan_schedule_due(&f->schedule, next_ns - 1), 0);
  f->now_ns = next_ns;
  return topo_lan_schedule_due(&f->schedule, next_ns);
}

static void nothing_is_due_at_first(void **state)
{
  struct fixture f;
  (void)state;
  set_up(&f);
  assert_true(topo_lan_schedule_next(&f.schedule) == TOPO_NEVER);
  assert_int_equal(topo_lan_schedule_due(&f.schedule, UINT64_MAX - 1), 0);
}

/* Three times, after a short while, and then after one and two seconds (RFC 6762 §8.3); and the
 * name ends after about ten minutes. */
static void a_name_is_announced_and_ends(void **state)
{
  struct fixture f;
  uint64_t ms, began_ns;
  (void)state;
  set_up(&f);
  began_ns = f.now_ns;
  topo_lan_schedule_named(&f.schedule, f.now_ns);
  assert_int_equal(wait_for_next(&f, &ms), TOPO_LAN_ANSWER);
  assert_true(ms >= TOPO_LAN_DELAY_MIN_MS && ms <= TOPO_LAN_DELAY_MAX_MS);
  for (uint64_t i = 1; i < TOPO_LAN_ANNOUNCEMENTS; i++) {
    assert_int_equal(wait_for_next(&f, &ms), TOPO_LAN_ANSWER);
    assert_int_equal(ms, i * TOPO_LAN_INTERVAL_MS);
  }
  assert_int_equal(wait_for_next(&f, &ms), TOPO_LAN_RENAME);
  ms = (f.now_ns - began_ns) / ms_ns;
  assert_true(ms >= TOPO_LAN_NAME_MIN_MS && ms <= TOPO_LAN_NAME_MAX_MS);
  assert_true(topo_lan_schedule_next(&f.schedule) == TOPO_NEVER);
}

/* However often it is asked, an instance answers once a second; nobody makes it wait longer. */
static void answers_are_a_second_apart(void **state)
{
  struct fixture f;
  uint64_t ms;
  (void)state;
  set_up(&f);
  topo_lan_schedule_asked(&f.schedule, f.now_ns);
  assert_int_equal(wait_for_next(&f, &ms), TOPO_LAN_ANSWER);
  assert_true(ms <= TOPO_LAN_DELAY_MAX_MS);
  uint64_t answered_ns = f.now_ns;
  for (unsigned i = 0; i < 900; i++) {
    f.now_ns = answered_ns + i * ms_ns;
    topo_lan_schedule_asked(&f.schedule, f.now_ns);
    assert_int_equal(topo_lan_schedule_due(&f.schedule, f.now_ns), 0);
  }
  wait_for_next(&f, &ms);
  assert_true(f.now_ns == answered_ns + TOPO_LAN_INTERVAL_MS * ms_ns);
  f.now_ns += 60 * 1000 * ms_ns;
  topo_lan_schedule_asked(&f.schedule, f.now_ns);
  wait_for_next(&f, &ms);
  assert_true(ms >= TOPO_LAN_DELAY_MIN_MS && ms <= TOPO_LAN_DELAY_MAX_MS);
}

/* After one second, two, four, and in the end once an hour (RFC 6762 §5.2). */
static void others_are_asked_for_ever_more_seldom(void **state)
{
  struct fixture f;
  uint64_t ms, expected_ms = TOPO_LAN_INTERVAL_MS;
  (void)state;
  set_up(&f);
  topo_lan_schedule_ask(&f.schedule, f.now_ns);
  assert_int_equal(wait_for_next(&f, &ms), TOPO_LAN_QUERY);
  assert_true(ms >= TOPO_LAN_DELAY_MIN_MS && ms <= TOPO_LAN_DELAY_MAX_MS);
  for (unsigned i = 0; i < 16; i++) {
    assert_int_equal(wait_for_next(&f, &ms), TOPO_LAN_QUERY);
    assert_int_equal(ms, expected_ms);
    expected_ms = expected_ms * 2 < TOPO_LAN_QUERY_INTERVAL_MAX_MS ? expected_ms * 2
                                                                   : TOPO_LAN_QUERY_INTERVAL_MAX_MS;
  }
  assert_int_equal(ms, TOPO_LAN_QUERY_INTERVAL_MAX_MS);
}

static void as_many_packets_are_looked_at_as_the_bound_says(void **state)
{
  struct fixture f;
  (void)state;
  set_up(&f);
  for (unsigned second = 0; second < 2; second++) {
    for (unsigned i = 0; i < TOPO_LAN_PACKETS_MAX; i++)
      assert_true(topo_lan_schedule_admits(&f.schedule, f.now_ns));
    assert_false(topo_lan_schedule_admits(&f.schedule, f.now_ns + 1000 * ms_ns - 1));
    f.now_ns += 1000 * ms_ns;
  }
}

static void as_many_answers_are_passed_on_as_the_bound_says(void **state)
{
  struct fixture f;
  (void)state;
  set_up(&f);
  for (unsigned second = 0; second < 2; second++) {
    for (unsigned i = 0; i < TOPO_LAN_ANSWERS_MAX; i++)
      assert_true(topo_lan_schedule_passes(&f.schedule, f.now_ns));
    assert_false(topo_lan_schedule_passes(&f.schedule, f.now_ns + 1000 * ms_ns - 1));
    assert_true(topo_lan_schedule_admits(&f.schedule, f.now_ns)); /* that is counted apart */
    f.now_ns += 1000 * ms_ns;
  }
}

static struct topo_lan_label number(uint32_t n)
{
  struct topo_lan_label label = {{0}};
  topo_put_be32(label.bytes, n);
  return label;
}

/* Half of the time that it says, two minutes at most, or until it says goodbye. */
static void an_instance_is_known_for_half_of_its_time(void **state)
{
  struct topo_lan_label list[TOPO_LAN_KNOWN_MAX], one = number(1);
  struct topo_lan_known known = {.next = 0};
  const uint64_t half_ns = TOPO_LAN_TTL_S * 500 * ms_ns;
  (void)state;
  topo_lan_known_put(&known, &one, UINT32_MAX, 7);
  assert_int_equal(topo_lan_known_list(&known, 7 + half_ns - 1, list), 1);
  assert_memory_equal(&list[0], &one, sizeof one);
  assert_int_equal(topo_lan_known_list(&known, 7 + half_ns, list), 0);
  topo_lan_known_put(&known, &one, TOPO_LAN_TTL_S, 7 + half_ns);
  assert_int_equal(topo_lan_known_list(&known, 7 + half_ns, list), 1);
  topo_lan_known_put(&known, &one, 0, 7 + half_ns);
  assert_int_equal(topo_lan_known_list(&known, 7 + half_ns, list), 0);
}

static void as_many_are_known_as_the_bound_says(void **state)
{
  struct topo_lan_label list[TOPO_LAN_KNOWN_MAX];
  struct topo_lan_known known = {.next = 0};
  (void)state;
  for (uint32_t i = 0; i <= TOPO_LAN_KNOWN_MAX; i++) {
    struct topo_lan_label label = number(i);
    topo_lan_known_put(&known, &label, TOPO_LAN_TTL_S, 0);
    assert_int_equal(topo_lan_known_list(&known, 0, list),
                     i < TOPO_LAN_KNOWN_MAX ? i + 1 : TOPO_LAN_KNOWN_MAX);
  }
  struct topo_lan_label last = number(TOPO_LAN_KNOWN_MAX); /* in the place of the first */
  assert_memory_equal(&list[0], &last, sizeof last);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_is_due_at_first),
      cmocka_unit_test(a_name_is_announced_and_ends),
      cmocka_unit_test(answers_are_a_second_apart),
      cmocka_unit_test(others_are_asked_for_ever_more_seldom),
      cmocka_unit_test(as_many_packets_are_looked_at_as_the_bound_says),
      cmocka_unit_test(as_many_answers_are_passed_on_as_the_bound_says),
      cmocka_unit_test(an_instance_is_known_for_half_of_its_time),
      cmocka_unit_test(as_many_are_known_as_the_bound_says),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
