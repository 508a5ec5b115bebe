/*
 * test_permute.c - whatever the order, the batches, the duplicates and the moment of the keys, a
 * space shows what the oracle says of the set.
 *
 * TOPO_PERMUTE_SETS and TOPO_PERMUTE_SEED choose how many random sets and which; a failure names
 * the seed of its set.
 */
#include "base/assert.h"
#include "unit/dag/compare.h"
#include "unit/dag/story.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#if defined __SANITIZE_ADDRESS__
enum { SETS = 25, ORDERS = 2, MANY_ORDERS = 20, STRIDE = 7 };
#else
enum { SETS = 150, ORDERS = 3, MANY_ORDERS = 100, STRIDE = 1 };
#endif

static size_t number_from(const char *variable, size_t otherwise)
{
  const char *text = getenv(variable);
  return text ? strtoul(text, NULL, 10) : otherwise;
}

/* The set in a random order, some of it twice, into a new space. */
static struct space *play(const struct gen_set *set, const struct oracle_result *oracle,
                          struct gen_rng *rng)
{
  struct topo_bytes events[2 * GEN_EVENTS_MAX];
  size_t n = 0;
  for (size_t i = 0; i < set->n_events; i++) {
    events[n++] = set->events[i];
    if (gen_chance(rng, 15))
      events[n++] = set->events[i];
  }
  if (gen_chance(rng, 85))
    gen_shuffle(rng, events, n);
  else
    for (size_t i = 0; i < n / 2; i++) { /* every ancestor after its descendants */
      struct topo_bytes swap = events[i];
      events[i] = events[n - 1 - i];
      events[n - 1 - i] = swap;
    }
  static const unsigned sizes[] = {1, 2, 5, 16, 64};
  struct arrival a = {.events = events,
                      .n = n,
                      .secrets = (const uint8_t(*)[32])set->secrets,
                      .n_secrets = set->n_secrets,
                      .oracle = oracle,
                      .batch_max = sizes[gen_below(rng, 5)],
                      .late_keys = gen_chance(rng, 40),
                      .late_answers = gen_chance(rng, 50)};
  struct space *space = stranger(&set->workspace);
  arrive(space, &a, rng);
  return space;
}

static void try_set(uint64_t seed)
{
  struct gen_rng rng = {~seed};
  struct gen_set *set = gen_create(seed, 6 + gen_below(&rng, 74));
  struct oracle_result *oracle = judge(&set->workspace, set->events, set->n_events,
                                       (const uint8_t(*)[32])set->secrets, set->n_secrets);
  struct topo_id first = topo_id_zero;
  for (size_t i = 0; i < ORDERS; i++) {
    struct space *space = play(set, oracle, &rng);
    compare_with_oracle(space, oracle, seed, set->devices, GEN_DEVICES);
    struct topo_id print = space_fingerprint(space);
    if (i > 0 && !topo_id_equal(&first, &print))
      fail_msg("seed %" PRIu64 ": the fingerprint depends on the order", seed);
    first = print;
    space_destroy(space);
  }
  oracle_result_destroy(oracle);
  gen_destroy(set);
}

/* Random sets in random orders. */
static void random_sets(void **state)
{
  (void)state;
  uint64_t first = number_from("TOPO_PERMUTE_SEED", 1);
  size_t n = number_from("TOPO_PERMUTE_SETS", SETS);
  for (uint64_t seed = first; seed < first + n; seed++)
    try_set(seed);
}

/* The order number `k` of `n` things (Lehmer code). */
static void permute(struct topo_bytes *things, size_t n, size_t k)
{
  for (size_t i = 0; i + 1 < n; i++) {
    size_t j = i + k % (n - i);
    k /= n - i;
    struct topo_bytes moved = things[j];
    memmove(&things[i + 1], &things[i], (j - i) * sizeof *things);
    things[i] = moved;
  }
}

/* The last `n` events of the story in every order, after all others; each way of arriving. */
static void try_all_orders(const struct story *s, size_t n)
{
  struct topo_bytes events[STORY_EVENTS_MAX];
  struct topo_id people[STORY_PEOPLE], first = topo_id_zero;
  size_t orders = 1;
  for (size_t i = 2; i <= n; i++)
    orders *= i;
  for (size_t i = 0; i < STORY_PEOPLE; i++)
    people[i] = s->people[i].public_key;
  struct oracle_result *oracle =
      judge(&s->workspace, s->events, s->n, (const uint8_t(*)[32])s->secret, 1);
  size_t ways = orders > MANY_ORDERS ? 1 : 4; /* of arriving; few orders are tried in each */
  for (size_t k = 0; k<orders * ways; k += ways> 1 ? 1 : STRIDE) {
    size_t way = ways > 1 ? k % ways : k % 4;
    struct gen_rng rng = {k};
    memcpy(events, s->events, s->n * sizeof *events);
    permute(events + s->n - n, n, k / ways);
    struct arrival a = {.events = events,
                        .n = s->n,
                        .secrets = (const uint8_t(*)[32])s->secret,
                        .n_secrets = 1,
                        .oracle = oracle,
                        .batch_max = way % 2 ? 1 : 3,
                        .late_keys = way / 2,
                        .late_answers = true};
    struct space *space = stranger(&s->workspace);
    arrive(space, &a, &rng);
    compare_with_oracle(space, oracle, k, people, STORY_PEOPLE);
    struct topo_id print = space_fingerprint(space);
    assert_true(k == 0 || topo_id_equal(&first, &print));
    first = print;
    space_destroy(space);
  }
  oracle_result_destroy(oracle);
}

static int create_story(void **state)
{
  *state = story_create();
  return 0;
}

static int destroy_story(void **state)
{
  story_destroy(*state);
  return 0;
}

/* A chain whose middle is forged is accepted whole through its head, in every order of arrival; one
 * whose head is forged without its head. */
static void forged_middle_and_head(void **state)
{
  struct story *s = *state;
  struct topo_id a = story_channel(s, (struct saying){OWNER, .auth = s->owner}, "a");
  struct topo_id b =
      story_channel(s, (struct saying){OWNER, s->owner, a, 1, .bad_signature = true}, "b");
  struct topo_id c = story_message(s, (struct saying){OWNER, s->owner, b, .seq = 2}, b, "c");
  story_message(s, (struct saying){OWNER, s->owner, c, 3, .bad_signature = true}, b, "d");
  try_all_orders(s, 4);
}

/* A forged middle whose honest successor waits for its author's credential. */
static void forged_middle_of_a_newcomer(void **state)
{
  struct story *s = *state;
  struct saying how = {OWNER, .auth = s->owner};
  struct topo_id general = story_channel(s, how, "general");
  struct topo_id dora = story_grant(s, OWNER, s->owner, DORA, 3);
  struct topo_id first =
      story_message(s, (struct saying){DORA, .auth = dora, .bad_signature = true}, general, "1");
  struct topo_id second =
      story_message(s, (struct saying){DORA, dora, first, 1, .bad_signature = true}, general, "2");
  story_message(s, (struct saying){DORA, dora, second, .seq = 2}, general, "3");
  try_all_orders(s, 4);
}

/* Two admissions of one slot: the loser's credential, what it admitted and what it said fall, also
 * when the winner comes last; its messages take their reactions with them. */
static void competing_admissions(void **state)
{
  struct story *s = *state;
  struct saying how = {OWNER, .auth = s->owner};
  struct topo_id general = story_channel(s, how, "general");
  struct topo_id invite = story_invite(s, OWNER, s->owner, OWNER, 3);
  struct topo_id a = story_admit(s, OWNER, s->owner, invite, DORA, 1);
  struct topo_id b = story_admit(s, OWNER, s->owner, invite, EMIL, 2);
  struct topo_id by_dora = story_message(s, (struct saying){DORA, .auth = a}, general, "I am Dora");
  struct topo_id by_emil = story_message(s, (struct saying){EMIL, .auth = b}, general, "I am Emil");
  how.seq = 1, how.prev = general;
  story_reaction(s, how, by_dora, "!");
  how.seq = 1;
  story_reaction(s, how, by_emil, "?");
  try_all_orders(s, 6);
}

/* A tower of credentials, each by the one before: late ancestors admit everything above at once. */
static void tower_of_credentials(void **state)
{
  struct story *s = *state;
  struct topo_id dora = story_grant(s, OWNER, s->owner, DORA, 1);
  struct topo_id emil = story_grant(s, DORA, dora, EMIL, 1);
  struct topo_id invite = story_invite(s, EMIL, emil, EMIL, 3);
  struct topo_id fay = story_admit(s, EMIL, emil, invite, FAY, 1);
  story_channel(s, (struct saying){FAY, .auth = fay}, "by Fay");
  try_all_orders(s, 5);
}

/* Epochs that list each other, a wrap of one, and one that counts wrongly, in every order. */
static void epochs_in_every_order(void **state)
{
  struct story *s = *state;
  struct topo_buf body = {0};
  struct topo_id second = story_epoch(s, OWNER, s->owner, 2, &s->epoch);
  struct topo_id wrong = story_epoch(s, OWNER, s->owner, 4, &second);
  story_epoch(s, OWNER, s->owner, 3, &second);
  story_epoch(s, OWNER, s->owner, 5, &wrong);
  craft_wrap(&body, &second, &s->owner);
  story_act(s, OWNER, s->owner, 0x0011, &body, 1);
  try_all_orders(s, 5);
}

/* An epoch and a wrap of what is no epoch, which may come after them. */
static void epochs_of_something_else(void **state)
{
  struct story *s = *state;
  struct topo_buf body = {0};
  struct topo_id dora = story_grant(s, OWNER, s->owner, DORA, 3);
  struct topo_id spoilt = story_epoch(s, OWNER, s->owner, 1, &dora);
  story_epoch(s, OWNER, s->owner, 2, &spoilt);
  craft_wrap(&body, &dora, &s->owner);
  story_act(s, OWNER, s->owner, 0x0011, &body, 1);
  try_all_orders(s, 4);
}

/* A name out of reach does not count, until one comes between; a later version counts, whatever the
 * clocks say. */
static void versions_in_reach(void **state)
{
  struct story *s = *state;
  struct saying how = {OWNER, .auth = s->owner};
  static const uint64_t versions[] = {65537, 65537, 131074, 1, INT64_MAX};
  for (; how.seq < 5; how.seq++) {
    how.hlc = how.seq ? 7 : 8;
    char name[] = {(char)('a' + how.seq), 0};
    how.prev = story_rename(s, how, 1, versions[how.seq], name);
  }
  try_all_orders(s, 5);
}

/* The profile with the greatest time counts, and the next when it falls. */
static void profiles_fall_back(void **state)
{
  struct story *s = *state;
  struct topo_id invite = story_invite(s, OWNER, s->owner, OWNER, 1);
  struct topo_id a = story_admit(s, OWNER, s->owner, invite, DORA, 1);
  struct topo_id b = story_admit(s, OWNER, s->owner, invite, EMIL, 2);
  story_profile(s, (struct saying){DORA, .auth = a}, 1, "Dora's");
  story_profile(s, (struct saying){EMIL, .auth = b}, 1, "Emil's");
  story_profile(s, (struct saying){OWNER, .auth = s->owner}, 1, "ours");
  try_all_orders(s, 6);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(forged_middle_and_head, create_story, destroy_story),
      cmocka_unit_test_setup_teardown(forged_middle_of_a_newcomer, create_story, destroy_story),
      cmocka_unit_test_setup_teardown(competing_admissions, create_story, destroy_story),
      cmocka_unit_test_setup_teardown(tower_of_credentials, create_story, destroy_story),
      cmocka_unit_test_setup_teardown(epochs_in_every_order, create_story, destroy_story),
      cmocka_unit_test_setup_teardown(epochs_of_something_else, create_story, destroy_story),
      cmocka_unit_test_setup_teardown(versions_in_reach, create_story, destroy_story),
      cmocka_unit_test_setup_teardown(profiles_fall_back, create_story, destroy_story),
      cmocka_unit_test(random_sets),
  };
  return cmocka_run_group_tests_name("dag-permute", tests, NULL, NULL);
}
