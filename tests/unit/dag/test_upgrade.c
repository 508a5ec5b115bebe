/*
 * test_upgrade.c - builds that know different types: whatever build an event arrived under, a build
 * that knows all types comes to what the oracle says, and to the fingerprint of a fresh space.
 */
#include "base/assert.h"
#include "dag/changes.h"
#include "events/types.h"
#include "unit/dag/compare.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#if defined __SANITIZE_ADDRESS__
enum { SETS = 15 };
#else
enum { SETS = 100 };
#endif

enum { FIRST_CONTENT = 0x1000 };

/* A build: some of the types of content, and all of control, which no build lacks. */
struct build {
  const struct topo_type *types[TOPO_TYPES_MAX + 1];
};

static void choose_types(struct build *b, struct gen_rng *rng)
{
  size_t n = 0;
  for (const struct topo_type *const *t = topo_types; *t; t++)
    if ((*t)->number < FIRST_CONTENT || gen_chance(rng, 50))
      b->types[n++] = *t;
  b->types[n] = NULL;
}

static void run_build(struct space *space, const struct topo_type *const *types)
{
  space->types = types;
  assert_int_equal(space_reopen(space, false), 0);
}

static void give(struct space *space, const struct gen_set *set, const struct oracle_result *oracle,
                 size_t from, size_t to, struct gen_rng *rng)
{
  struct arrival a = {.events = set->events + from,
                      .n = to - from,
                      .secrets = (const uint8_t(*)[32])set->secrets,
                      .n_secrets = set->n_secrets,
                      .oracle = oracle,
                      .batch_max = 1 + (unsigned)gen_below(rng, 16),
                      .late_keys = gen_chance(rng, 40),
                      .late_answers = gen_chance(rng, 50)};
  arrive(space, &a, rng);
}

/* Part of the set arrives under each of three builds, in a random order. */
static struct space *live_through_upgrades(struct gen_set *set, const struct oracle_result *oracle,
                                           struct gen_rng *rng)
{
  struct build first, second;
  struct space *space = stranger(&set->workspace);
  gen_shuffle(rng, set->events, set->n_events);
  size_t third = gen_below(rng, set->n_events + 1), half = gen_below(rng, third + 1);
  choose_types(&first, rng);
  run_build(space, first.types);
  give(space, set, oracle, 0, half, rng);
  choose_types(&second, rng);
  run_build(space, second.types);
  give(space, set, oracle, half, third, rng);
  run_build(space, topo_types);
  give(space, set, oracle, third, set->n_events, rng);
  return space;
}

static void try_set(uint64_t seed)
{
  struct gen_rng rng = {~seed};
  struct gen_set *set = gen_create(seed, 6 + gen_below(&rng, 74));
  struct oracle_result *oracle = judge(&set->workspace, set->events, set->n_events,
                                       (const uint8_t(*)[32])set->secrets, set->n_secrets);
  struct space *upgraded = live_through_upgrades(set, oracle, &rng);
  compare_with_oracle(upgraded, oracle, seed, set->devices, GEN_DEVICES);
  struct space *fresh = stranger(&set->workspace);
  give(fresh, set, oracle, 0, set->n_events, &rng);
  struct topo_id mine = space_fingerprint(upgraded), theirs = space_fingerprint(fresh);
  if (!topo_id_equal(&mine, &theirs))
    fail_msg("seed %" PRIu64 ": an upgraded space has another fingerprint than a fresh one", seed);
  space_destroy(fresh);
  space_destroy(upgraded);
  oracle_result_destroy(oracle);
  gen_destroy(set);
}

static void upgraded_spaces_are_as_fresh_ones(void **state)
{
  (void)state;
  for (uint64_t seed = 1; seed <= SETS; seed++)
    try_set(seed);
}

/* The same build again judges nothing again. */
static void the_same_build_leaves_all_as_it_is(void **state)
{
  (void)state;
  struct space *space = space_found(1, 2);
  struct topo_change_cursor before, after;
  assert_int_equal(topo_changes_head(space->db, &before), 0);
  run_build(space, topo_types);
  assert_int_equal(topo_changes_head(space->db, &after), 0);
  assert_true(before.seq > 0);
  assert_int_equal(before.seq, after.seq); /* judging again forgets the change log */
  space_destroy(space);
}

/* A bound of a field is enough to make another build. */
static void other_bounds_are_another_build(void **state)
{
  (void)state;
  static struct topo_field fields[TOPO_FIELDS_MAX + 1];
  static struct topo_type shorter;
  static const struct topo_type *types[TOPO_TYPES_MAX + 1];
  struct space *space = space_found(1, 2);
  size_t n = 0;
  for (; topo_types[n]; n++)
    types[n] = topo_types[n];
  for (size_t i = 0; i < n; i++)
    if (strcmp(types[i]->name, "channel") == 0) {
      shorter = *types[i];
      memcpy(fields, shorter.fields, 2 * sizeof fields[0]);
      fields[0].max = 3; /* "general" is too long for it */
      shorter.fields = fields;
      types[i] = &shorter;
    }
  struct topo_id general = space_general(space);
  assert_int_equal(space_state(space, &general), TOPO_STATE_ACCEPTED);
  run_build(space, types);
  assert_int_equal(space_state(space, &general), TOPO_STATE_UNREADABLE);
  run_build(space, topo_types);
  assert_int_equal(space_state(space, &general), TOPO_STATE_ACCEPTED);
  space_destroy(space);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(upgraded_spaces_are_as_fresh_ones),
      cmocka_unit_test(the_same_build_leaves_all_as_it_is),
      cmocka_unit_test(other_bounds_are_another_build),
  };
  return cmocka_run_group_tests_name("upgrade", tests, NULL, NULL);
}
