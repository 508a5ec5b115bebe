/*
 * test_rules.c - what is made of events is made otherwise only by a build that says so.
 *
 * A build judges all again when its types, or the number RULES of src/dag/rebuild.c, are not those
 * of the build before. Types speak for themselves; a rule that is code does not. So the digest of
 * both, as a space keeps it, stands in tests/golden/rules.txt beside a digest of random sets of
 * events and one of what was made of these. When only the last is another, somebody has changed a
 * rule and not RULES, and those who upgrade would keep what the old rule made.
 *
 * `test_rules --write` at the top of the tree writes the file anew.
 */
#include "unit/dag/compare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/assert.h"
#include "crypto/hash.h"

enum { SETS = 150, EVENTS = 60, PATH = 512, LINE = 128 };

struct digests {
  struct topo_id build, events, results;
};

static void fold(struct topo_id *into, struct topo_bytes bytes)
{
  struct topo_bytes parts[] = {{into->bytes, sizeof into->bytes}, bytes};
  struct topo_id next;
  topo_hash(next.bytes, parts, 2);
  *into = next;
}

/* The digest that decides whether all is judged again: the first 32 bytes of what is kept. */
static struct topo_id digest_of_build(struct space *space)
{
  struct topo_stmt *s =
      topo_stmt(space->db, "SELECT substr(value,1,32) FROM local_value WHERE name='rebuild'");
  topo_assert(topo_fetch(s) == 1);
  struct topo_id build = topo_column_id(s, 0);
  topo_reset(s);
  topo_assert(!topo_id_is_zero(&build));
  return build;
}

/* The verdict on each event, and all rows of projections. */
static void fold_result(struct topo_id *results, struct space *space,
                        const struct oracle_result *oracle)
{
  struct topo_buf states = {0};
  struct topo_id fingerprint = space_fingerprint(space);
  for (size_t i = 0; i < oracle->n_events; i++)
    topo_buf_put_u8(&states, (uint8_t)space_state(space, &oracle->events[i].id));
  topo_buf_put_id(&states, &fingerprint);
  topo_assert(!states.failed);
  fold(results, topo_buf_view(&states));
  topo_buf_finish(&states);
}

static void fold_set(struct digests *d, uint64_t seed)
{
  struct gen_rng rng = {seed};
  struct gen_set *set = gen_create(seed, EVENTS);
  struct oracle_result *oracle = judge(&set->workspace, set->events, set->n_events,
                                       (const uint8_t(*)[32])set->secrets, set->n_secrets);
  struct space *space = stranger(&set->workspace);
  struct arrival a = {.events = set->events,
                      .n = set->n_events,
                      .secrets = (const uint8_t(*)[32])set->secrets,
                      .n_secrets = set->n_secrets,
                      .oracle = oracle,
                      .batch_max = 16};
  arrive(space, &a, &rng);
  for (size_t i = 0; i < set->n_events; i++)
    fold(&d->events, set->events[i]);
  fold_result(&d->results, space, oracle);
  d->build = digest_of_build(space);
  space_destroy(space);
  oracle_result_destroy(oracle);
  gen_destroy(set);
}

static struct digests compute(void)
{
  struct digests d = {.build = {{0}}};
  for (uint64_t seed = 1; seed <= SETS; seed++)
    fold_set(&d, seed);
  return d;
}

static FILE *open_golden(const char *mode)
{
  char path[PATH];
  const char *root = getenv("TOPO_SRCDIR");
  snprintf(path, sizeof path, "%s/tests/golden/rules.txt", root ? root : ".");
  return fopen(path, mode);
}

static void put_line(char line[static LINE], const char *name, const struct topo_id *digest)
{
  size_t n = (size_t)snprintf(line, LINE, "%s ", name);
  for (size_t i = 0; i < sizeof digest->bytes; i++)
    n += (size_t)snprintf(line + n, LINE - n, "%02x", digest->bytes[i]);
  snprintf(line + n, LINE - n, "\n");
}

static int write_golden(void)
{
  struct digests d = compute();
  char line[LINE];
  FILE *f = open_golden("w");
  topo_assert(f);
  put_line(line, "build", &d.build);
  fputs(line, f);
  put_line(line, "events", &d.events);
  fputs(line, f);
  put_line(line, "results", &d.results);
  fputs(line, f);
  return fclose(f) == 0 ? 0 : 1;
}

/* Is the next line of the file this one? */
static bool is_next(FILE *f, const char *name, const struct topo_id *digest)
{
  char want[LINE], got[LINE] = "";
  put_line(want, name, digest);
  return fgets(got, sizeof got, f) && strcmp(want, got) == 0;
}

static void a_rule_that_changes_is_another_build(void **state)
{
  (void)state;
  struct digests d = compute();
  FILE *f = open_golden("r");
  assert_non_null(f);
  bool build = is_next(f, "build", &d.build), events = is_next(f, "events", &d.events);
  bool results = is_next(f, "results", &d.results);
  fclose(f);
  if (build && events && !results)
    fail_msg("other verdicts or rows are made of the same events, and a space that is upgraded "
             "would keep the old ones: raise RULES in src/dag/rebuild.c, then --write");
  if (!build || !events)
    fail_msg("types, RULES or the random sets have changed: test_rules --write, and nothing else");
}

int main(int argc, char **argv)
{
  if (argc == 2 && strcmp(argv[1], "--write") == 0)
    return write_golden();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_rule_that_changes_is_another_build),
  };
  return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
