/*
 * test_skew.c - whose clock is wrong: that of a computer which more than half of all users
 * contradict, and nobody else's.
 */
#include "node/skew.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MINUTE_MS = 60 * 1000, VOTES_MAX = 8 };

static const struct topo_id me = {{1}};

/* The correction by these votes, each written as a user's first letter and an offset in minutes; of
 * the user 'm', who is we, too. Every order of the votes must say the same. */
struct said {
  char user;
  int64_t offset_ms;
};

static int64_t correction(const struct said *said, size_t n)
{
  int64_t found = 0;
  for (size_t turn = 0; turn == 0 || turn < n; turn++) {
    struct topo_skew_vote votes[VOTES_MAX];
    for (size_t i = 0; i < n; i++) {
      const struct said *one = &said[(i + turn) % n];
      struct topo_id user = {{(uint8_t)one->user}};
      votes[i] = (struct topo_skew_vote){one->user == 'm' ? me : user, one->offset_ms};
    }
    int64_t now = topo_skew_of(votes, n, &me);
    assert_true(turn == 0 || now == found);
    found = now;
  }
  return found;
}

#define CORRECTION(...)                                                                            \
  correction((const struct said[]){__VA_ARGS__},                                                   \
             sizeof(const struct said[]){__VA_ARGS__} / sizeof(struct said))

static void nobody_and_one_other_decide_nothing(void **state)
{
  (void)state;
  struct topo_skew_vote none;
  assert_int_equal(topo_skew_of(&none, 0, &me), 0);
  assert_int_equal(CORRECTION({'a', 6 * MINUTE_MS}), 0);
  assert_int_equal(CORRECTION({'a', -6 * MINUTE_MS}), 0);
}

static void two_who_agree_correct_a_third(void **state)
{
  (void)state;
  assert_int_equal(CORRECTION({'a', 6 * MINUTE_MS}, {'b', 7 * MINUTE_MS}), 6 * MINUTE_MS);
  assert_int_equal(CORRECTION({'a', -7 * MINUTE_MS}, {'b', -6 * MINUTE_MS}), -6 * MINUTE_MS);
  assert_int_equal(CORRECTION({'a', 6 * MINUTE_MS}, {'b', -6 * MINUTE_MS}), 0);
  assert_int_equal(CORRECTION({'a', 0}, {'b', 6 * MINUTE_MS}), 0);
}

/* Two of four are no majority: this clock and another are right as likely. */
static void half_of_all_correct_nobody(void **state)
{
  (void)state;
  assert_int_equal(CORRECTION({'a', 6 * MINUTE_MS}, {'b', 6 * MINUTE_MS}, {'c', 5}), 0);
  assert_int_equal(
      CORRECTION({'a', 6 * MINUTE_MS}, {'b', 7 * MINUTE_MS}, {'c', 8 * MINUTE_MS}, {'d', 0}),
      6 * MINUTE_MS);
}

static void a_user_of_many_devices_has_one_vote(void **state)
{
  (void)state;
  assert_int_equal(CORRECTION({'a', 6 * MINUTE_MS}, {'a', 7 * MINUTE_MS}, {'a', 8 * MINUTE_MS}), 0);
  assert_int_equal(CORRECTION({'a', 6 * MINUTE_MS}, {'a', 7 * MINUTE_MS}, {'a', 8 * MINUTE_MS},
                              {'b', 9 * MINUTE_MS}),
                   7 * MINUTE_MS);
  assert_int_equal(CORRECTION({'m', 6 * MINUTE_MS}, {'m', 6 * MINUTE_MS}, {'m', 6 * MINUTE_MS},
                              {'a', 6 * MINUTE_MS}),
                   0);
}

static void a_minute_is_tolerated(void **state)
{
  (void)state;
  int64_t most = TOPO_SKEW_TOLERATED_MS;
  assert_int_equal(CORRECTION({'a', most}, {'b', most}), 0);
  assert_int_equal(CORRECTION({'a', most + 1}, {'b', most + 1}), most + 1);
  assert_int_equal(CORRECTION({'a', -most}, {'b', -most}), 0);
  assert_int_equal(CORRECTION({'a', -most - 1}, {'b', -most - 1}), -most - 1);
}

/* A liar says anything, and moves the median by one place. */
static void liars_say_anything(void **state)
{
  (void)state;
  assert_int_equal(CORRECTION({'a', INT64_MIN}, {'b', INT64_MAX}), 0);
  assert_int_equal(CORRECTION({'a', INT64_MIN}, {'b', 1}, {'c', 2}, {'d', INT64_MIN}), 0);
  assert_true(CORRECTION({'a', INT64_MIN}, {'b', INT64_MIN}) == INT64_MIN);
}

static void assert_says(int64_t correction_ms, const char *sentence)
{
  char text[TOPO_SKEW_TEXT_SIZE];
  memset(text, 'x', sizeof text);
  topo_skew_text(text, correction_ms);
  assert_string_equal(text, sentence);
}

static void a_sentence_says_so(void **state)
{
  (void)state;
  assert_says(0, "");
  assert_says(MINUTE_MS + 1, "this computer's clock is 1 minute slow");
  assert_says(-6 * MINUTE_MS - 30000, "this computer's clock is 7 minutes fast");
  assert_says(119 * MINUTE_MS, "this computer's clock is 119 minutes slow");
  assert_says(120 * MINUTE_MS, "this computer's clock is 2 hours slow");
  assert_says(-48 * 60 * MINUTE_MS, "this computer's clock is 2 days fast");
  assert_says(INT64_MIN, "this computer's clock is 106751991167 days fast");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nobody_and_one_other_decide_nothing),
      cmocka_unit_test(two_who_agree_correct_a_third),
      cmocka_unit_test(half_of_all_correct_nobody),
      cmocka_unit_test(a_user_of_many_devices_has_one_vote),
      cmocka_unit_test(a_minute_is_tolerated),
      cmocka_unit_test(liars_say_anything),
      cmocka_unit_test(a_sentence_says_so),
  };
  return cmocka_run_group_tests_name("skew", tests, NULL, NULL);
}
