/*
 * test_oracle.c - what the rules promise, asked of thousands of random sets of events.
 *
 * TOPO_MODEL_SETS and TOPO_MODEL_SEED choose how many sets and which; a failure names the seed of
 * its set.
 */
#include "base/assert.h"
#include "model/gen.h"
#include "model/oracle.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SETS = 2000, SMALL = 10 };

struct trial {
  uint64_t seed;
  struct gen_set *set;
  struct oracle_memo *memo;
  struct oracle_result *result;
};

static struct trial *trials;
static size_t n_trials;

#define holds(trial, condition)                                                                    \
  do {                                                                                             \
    if (!(condition))                                                                              \
      fail_msg("seed %" PRIu64 ": %s", (trial)->seed, #condition);                                 \
  } while (0)

#define for_each_trial(t) for (const struct trial *t = trials; t < trials + n_trials; t++)
#define for_each_event(e, result)                                                                  \
  for (const struct oracle_event *e = (result)->events; e < (result)->events + (result)->n_events; \
       e++)

static struct oracle_result *run(const struct trial *t, const struct topo_bytes *events, size_t n)
{
  struct oracle_input in = {.workspace = t->set->workspace,
                            .events = events,
                            .n_events = n,
                            .secrets = (const uint8_t(*)[32])t->set->secrets,
                            .n_secrets = t->set->n_secrets,
                            .memo = t->memo};
  return oracle_run(&in);
}

static size_t number_from(const char *variable, size_t otherwise)
{
  const char *text = getenv(variable);
  return text ? strtoul(text, NULL, 10) : otherwise;
}

static int make_trials(void **state)
{
  (void)state;
  uint64_t first = number_from("TOPO_MODEL_SEED", 1);
  n_trials = number_from("TOPO_MODEL_SETS", SETS);
  trials = calloc(n_trials, sizeof *trials);
  topo_assert(trials);
  for (size_t i = 0; i < n_trials; i++) {
    struct trial *t = &trials[i];
    struct gen_rng rng = {first + i};
    size_t a = gen_below(&rng, 75), b = gen_below(&rng, 75);
    t->seed = first + i;
    t->set = gen_create(t->seed, 6 + (a < b ? a : b));
    t->memo = oracle_memo_create();
    t->result = run(t, t->set->events, t->set->n_events);
  }
  return 0;
}

static int drop_trials(void **state)
{
  (void)state;
  for_each_trial(t)
  {
    oracle_result_destroy(t->result);
    oracle_memo_destroy(t->memo);
    gen_destroy(t->set);
  }
  free(trials);
  return 0;
}

static void put_everything(const struct oracle_result *result, const struct gen_set *set,
                           struct topo_buf *out)
{
  oracle_dump_judgement(result, out);
  oracle_dump(result, out);
  for (size_t i = 0; i < GEN_DEVICES; i++) {
    struct oracle_ids trust = oracle_trust(result, &set->devices[i]);
    topo_buf_put(out, trust.ids, trust.n * sizeof *trust.ids);
    oracle_ids_finish(&trust);
  }
  topo_assert(!out->failed);
}

static bool same_outcome(const struct trial *t, const struct oracle_result *other)
{
  struct topo_buf a = {0}, b = {0};
  put_everything(t->result, t->set, &a);
  put_everything(other, t->set, &b);
  bool same = a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
  topo_buf_finish(&a);
  topo_buf_finish(&b);
  return same;
}

/* Any order of arrival, with any event twice, gives the same outcome. */
static void order_and_duplicates_do_not_matter(void **state)
{
  (void)state;
  for_each_trial(t)
  {
    struct topo_bytes events[2 * GEN_EVENTS_MAX];
    struct gen_rng rng = {~t->seed};
    size_t n = 0;
    for (size_t i = 0; i < t->set->n_events; i++) {
      events[n++] = t->set->events[i];
      if (gen_chance(&rng, 20))
        events[n++] = t->set->events[i];
    }
    gen_shuffle(&rng, events, n);
    struct oracle_result *other = run(t, events, n);
    holds(t, same_outcome(t, other));
    oracle_result_destroy(other);
  }
}

static struct oracle_event *credentials_of(struct oracle_result *result,
                                           struct oracle_event **credentials, size_t max, size_t *n)
{
  *n = 0;
  for (size_t i = 0; i < result->n_events; i++) {
    if (!oracle_is_credential(&result->events[i]))
      continue;
    if (*n == max)
      return NULL;
    credentials[(*n)++] = &result->events[i];
  }
  return result->events;
}

static bool is_fixpoint(const struct oracle_result *result, struct oracle_event *const *credentials,
                        size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (oracle_valid_equation(result, credentials[i]) != credentials[i]->credential.valid)
      return false;
  return true;
}

/* Of all the ways to say of each credential whether it is valid, exactly one satisfies the
 * equations. */
static void valid_has_one_solution(void **state)
{
  (void)state;
  size_t asked = 0;
  for_each_trial(t)
  {
    struct oracle_event *credentials[SMALL];
    size_t n, found = 0;
    if (!credentials_of(t->result, credentials, SMALL, &n))
      continue;
    uint32_t decided = 0;
    for (size_t i = 0; i < n; i++)
      decided |= (uint32_t)credentials[i]->credential.valid << i;
    for (uint32_t guess = 0; guess < UINT32_C(1) << n; guess++) {
      for (size_t i = 0; i < n; i++)
        credentials[i]->credential.valid = guess >> i & 1;
      if (!is_fixpoint(t->result, credentials, n))
        continue;
      holds(t, guess == decided);
      found++;
    }
    holds(t, found == 1);
    for (size_t i = 0; i < n; i++)
      credentials[i]->credential.valid = decided >> i & 1;
    asked++;
  }
  assert_true(asked > n_trials / 4);
}

/* A slot of an invite has at most one valid admission. */
static void a_slot_admits_one(void **state)
{
  (void)state;
  for_each_trial(t)
  {
    for_each_event(a, t->result)
    {
      if (a->type != ORACLE_ADMISSION || !oracle_is_credential(a) || !a->credential.valid)
        continue;
      for_each_event(b, t->result)
          holds(t, a == b || b->type != ORACLE_ADMISSION || !oracle_is_credential(b) ||
                       !b->credential.valid || b->body.slot != a->body.slot ||
                       !topo_id_equal(&a->body.invite, &b->body.invite));
    }
  }
}

/* No credential has a role above that of the credential that issued it, nor above that of the one
 * that invited.
 */
static void no_credential_is_above_its_issuer(void **state)
{
  (void)state;
  for_each_trial(t)
  {
    for_each_event(l, t->result)
    {
      if (!oracle_is_credential(l) || l->type == ORACLE_WORKSPACE)
        continue;
      const struct oracle_event *auth = oracle_find(t->result, &l->auth);
      holds(t, l->credential.role >= auth->credential.role);
      holds(t, oracle_key_compare(auth, l) < 0);
      if (l->type != ORACLE_ADMISSION)
        continue;
      const struct oracle_event *invite = oracle_find(t->result, &l->body.invite);
      const struct oracle_event *inviter = oracle_find(t->result, &invite->auth);
      holds(t, l->credential.role >= inviter->credential.role);
      holds(t, oracle_key_compare(inviter, l) < 0);
    }
  }
}

/* Whether a device that had a credential of the user before made the first credential of `l`'s
 * device to the user. */
static bool was_brought_in(const struct oracle_result *result, const struct oracle_event *l)
{
  for_each_event(d, result)
  {
    if (oracle_is_credential(d) && d->type == ORACLE_DEVICE &&
        topo_id_equal(&d->credential.user, &l->credential.user) &&
        topo_id_equal(&d->credential.device, &l->credential.device) &&
        topo_id_equal(&oracle_find(result, &d->auth)->credential.user, &l->credential.user) &&
        topo_id_equal(&oracle_find(result, &d->auth)->credential.device, &d->device))
      return true;
  }
  return false;
}

/* A device is of a user that is named after it, or after being brought in by a device of that user.
 */
static void nobody_takes_a_user_name(void **state)
{
  (void)state;
  size_t shared = 0;
  for_each_trial(t)
  {
    for_each_event(l, t->result)
    {
      if (!oracle_is_credential(l))
        continue;
      bool own = false;
      for_each_event(r, t->result) own |=
          oracle_is_credential(r) && r->type != ORACLE_DEVICE &&
          topo_id_equal(&r->credential.user, &l->credential.user) &&
          topo_id_equal(&r->credential.device, &l->credential.device);
      holds(t, own || was_brought_in(t->result, l));
      if (l->type == ORACLE_USER && was_brought_in(t->result, l))
        shared++;
    }
  }
  assert_true(shared > 0);
}

/* What is authentic, admitted, refused or an item of a part of the set is so in the whole. */
static void judgement_by_ancestry_only_grows(void **state)
{
  (void)state;
  for_each_trial(t)
  {
    struct topo_bytes events[GEN_EVENTS_MAX];
    struct gen_rng rng = {t->seed ^ 0xabcdef};
    size_t n = 0;
    for (size_t i = 0; i < t->set->n_events; i++)
      if (gen_chance(&rng, 85))
        events[n++] = t->set->events[i];
    struct oracle_result *part = run(t, events, n);
    for_each_event(e, part)
    {
      const struct oracle_event *w = oracle_find(t->result, &e->id);
      holds(t, w && w->authentic >= e->authentic && w->admitted >= e->admitted &&
                   (e->verdict != ORACLE_REFUSED || w->verdict == ORACLE_REFUSED));
      holds(t, oracle_is_item(t->result, w) >= oracle_is_item(part, e));
    }
    oracle_result_destroy(part);
  }
}

/* A device that is given the items, and nothing else, comes to the same items and the same state.
 */
static void items_carry_everything(void **state)
{
  (void)state;
  for_each_trial(t)
  {
    struct topo_bytes events[GEN_EVENTS_MAX];
    struct topo_buf a = {0}, b = {0};
    size_t n = 0;
    for_each_event(e, t->result) if (oracle_is_item(t->result, e)) events[n++] = e->bytes;
    struct oracle_result *items = run(t, events, n);
    for_each_event(e, items) holds(t, oracle_is_item(items, e));
    oracle_dump(t->result, &a);
    oracle_dump(items, &b);
    holds(t, a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0));
    topo_buf_finish(&a);
    topo_buf_finish(&b);
    oracle_result_destroy(items);
  }
}

static bool is_trusted_for(const struct oracle_result *result, const struct topo_id *key,
                           const struct topo_id *device)
{
  for_each_event(e, result)
  {
    bool valid = oracle_is_credential(e)
                     ? e->credential.valid
                     : e->admitted && oracle_find(result, &e->auth)->credential.valid;
    if (!valid)
      continue;
    if (oracle_is_credential(e) && topo_id_equal(&e->credential.device, key))
      return true;
    for (size_t i = 0; e->type == ORACLE_INVITE && i < e->body.n_slots; i++)
      if (topo_id_equal(&e->body.invite_key, key) &&
          memcmp(e->body.slots + 32 * i, device->bytes, 32) == 0)
        return true;
  }
  return false;
}

/* Only devices of valid credentials, and keys of valid invites that are the device's to serve, may
 * connect. */
static void trust_is_of_what_is_valid(void **state)
{
  (void)state;
  for_each_trial(t)
  {
    for (size_t i = 0; i < GEN_DEVICES; i++) {
      struct oracle_ids trust = oracle_trust(t->result, &t->set->devices[i]);
      for (size_t k = 0; k < trust.n; k++)
        holds(t, is_trusted_for(t->result, &trust.ids[k], &t->set->devices[i]));
      oracle_ids_finish(&trust);
    }
  }
}

/* The sets are worth asking: every verdict, every accepted type and lost slots are among them. */
static void the_sets_reach_every_rule(void **state)
{
  (void)state;
  static const uint16_t types[] = {1, 2, 3, 4, 5, 0x10, 0x11, 0x1001, 0x1002, 0x1003, 0x1004};
  size_t verdicts[ORACLE_N_VERDICTS] = {0}, accepted[11] = {0}, lost = 0, by_successor = 0, n = 0;
  for_each_trial(t)
  {
    for_each_event(e, t->result)
    {
      n++;
      verdicts[e->verdict]++;
      for (size_t i = 0; i < 11; i++)
        accepted[i] += e->type == types[i] && e->verdict == ORACLE_ACCEPTED;
      lost += e->type == ORACLE_ADMISSION && e->admitted && !e->credential.valid;
      by_successor += e->authentic && !e->signature_valid;
    }
  }
  print_message("# %zu sets, %zu events:", n_trials, n);
  for (int v = 0; v < ORACLE_N_VERDICTS; v++)
    print_message(" %zu %s", verdicts[v], oracle_verdict_name((enum oracle_verdict)v));
  print_message("; %zu lost a slot, %zu authentic by their successor\n", lost, by_successor);
  for (size_t v = 0; v < ORACLE_N_VERDICTS; v++)
    assert_true(verdicts[v] > n_trials / 20);
  for (size_t i = 0; i < 11; i++)
    assert_true(accepted[i] > n_trials / 50);
  assert_true(lost > n_trials / 20);
  assert_true(by_successor > n_trials / 20);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_sets_reach_every_rule),
      cmocka_unit_test(order_and_duplicates_do_not_matter),
      cmocka_unit_test(valid_has_one_solution),
      cmocka_unit_test(a_slot_admits_one),
      cmocka_unit_test(no_credential_is_above_its_issuer),
      cmocka_unit_test(nobody_takes_a_user_name),
      cmocka_unit_test(judgement_by_ancestry_only_grows),
      cmocka_unit_test(items_carry_everything),
      cmocka_unit_test(trust_is_of_what_is_valid),
  };
  return cmocka_run_group_tests_name("oracle", tests, make_trials, drop_trials);
}
