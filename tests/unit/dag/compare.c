/* compare.c - the oracle's answers beside the database's. */
#include "unit/dag/compare.h"

#include "base/assert.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { STRANGER = 200, ROUNDS_MAX = 200 };

static void hex(char out[static 17], const struct topo_id *id)
{
  snprintf(out, 17, "%016" PRIx64, topo_get_be64(id->bytes));
}

static enum topo_state expected_state(const struct oracle_event *e)
{
  switch (e->verdict) {
  case ORACLE_PENDING: return TOPO_STATE_PENDING;
  case ORACLE_UNAUTHORISED: return TOPO_STATE_UNAUTHORISED;
  case ORACLE_UNREADABLE: return TOPO_STATE_UNREADABLE;
  case ORACLE_BLOCKED: return TOPO_STATE_BLOCKED;
  case ORACLE_ACCEPTED: return TOPO_STATE_ACCEPTED;
  default: return TOPO_STATE_NAMED; /* not kept */
  }
}

static bool waits_in_vain(const struct oracle_result *oracle, const struct oracle_event *e);

/* It will never be admitted. */
static bool hopeless(const struct oracle_result *oracle, const struct topo_id *id)
{
  const struct oracle_event *e = oracle_find(oracle, id);
  return e && (e->kind == 2 || waits_in_vain(oracle, e));
}

/* What names a refused event, or content, as an ancestor may be held or not kept; and so on. */
static bool waits_in_vain(const struct oracle_result *oracle, const struct oracle_event *e)
{
  if (e->verdict == ORACLE_REFUSED)
    return true;
  if (e->verdict != ORACLE_PENDING)
    return false;
  bool vain = hopeless(oracle, &e->auth);
  if (e->kind == 2)
    return vain;
  vain |= hopeless(oracle, &e->prev) || (e->readable && hopeless(oracle, &e->body.invite));
  for (size_t i = 0; i < e->n_parents; i++)
    vain |= hopeless(oracle, &e->parents[i]);
  return vain;
}

static void compare_verdict(struct space *space, const struct oracle_result *oracle,
                            const struct oracle_event *e, uint64_t seed)
{
  char id[17];
  enum topo_state want = expected_state(e), got = space_state(space, &e->id);
  hex(id, &e->id);
  if (got == want || (waits_in_vain(oracle, e) && got <= TOPO_STATE_PENDING))
    return;
  fail_msg("seed %" PRIu64 ": event %s of kind %d type %x is %s, but its state is %d", seed, id,
           e->kind, e->type, oracle_verdict_name(e->verdict), got);
}

static void compare_credential(struct space *space, const struct oracle_event *e, uint64_t seed)
{
  const struct topo_authority_node *n = topo_authority_find(topo_dag_authority(space->dag), &e->id);
  const struct oracle_credential *l = &e->credential;
  const struct topo_credential *c = n ? topo_node_credential(n) : NULL;
  bool same = c && c->valid == l->valid && c->key.role == l->role && c->key.depth == l->depth &&
              c->key.credential_depth == l->credential_depth &&
              topo_id_equal(&c->key.grant, &l->grant) && topo_id_equal(&c->user, &l->user) &&
              topo_id_equal(&c->device, &l->device);
  char id[17];
  hex(id, &e->id);
  if (!same)
    fail_msg("seed %" PRIu64 ": credential %s differs", seed, id);
}

static void compare_items(struct space *space, const struct oracle_result *oracle, uint64_t seed)
{
  struct topo_buf items = space_items(space);
  const struct space_item *item = (const struct space_item *)(const void *)items.data;
  size_t n = items.len / sizeof *item, k = 0;
  for (size_t i = 0; i < oracle->n_events; i++) {
    const struct oracle_event *e = &oracle->events[i];
    if (!oracle_is_item(oracle, e))
      continue;
    bool there = k < n && topo_id_equal(&item[k].id, &e->id) && item[k].hlc == e->hlc &&
                 topo_id_equal(&item[k].set, &e->epoch);
    if (!there)
      fail_msg("seed %" PRIu64 ": the item sets differ at the item %zu of %zu", seed, k, n);
    k++;
  }
  if (k != n)
    fail_msg("seed %" PRIu64 ": there are %zu items instead of %zu", seed, n, k);
  topo_buf_finish(&items);
}

static void note_key(void *arg, const struct topo_id *key, bool is_invite)
{
  (void)is_invite;
  topo_assert(topo_buf_put_id(arg, key) == 0);
}

static int by_bytes(const void *a, const void *b)
{
  return memcmp(a, b, sizeof(struct topo_id));
}

/* Sorts ids and drops repetitions; how many are left. */
static size_t sort_unique(struct topo_buf *ids)
{
  struct topo_id *id = (struct topo_id *)(void *)ids->data;
  size_t n = ids->len / sizeof *id, kept = 0;
  if (n)
    qsort(id, n, sizeof *id, by_bytes);
  for (size_t i = 0; i < n; i++)
    if (i == 0 || !topo_id_equal(&id[kept - 1], &id[i]))
      id[kept++] = id[i];
  ids->len = kept * sizeof *id;
  return kept;
}

static void compare_trust(struct space *space, const struct oracle_result *oracle, uint64_t seed,
                          const struct topo_id *device)
{
  struct topo_buf keys = {0};
  struct oracle_ids want = oracle_trust(oracle, device);
  topo_authority_trust(topo_dag_authority(space->dag), device, note_key, &keys);
  size_t n = sort_unique(&keys);
  if (n != want.n || (n && memcmp(keys.data, want.ids, keys.len) != 0))
    fail_msg("seed %" PRIu64 ": trust differs", seed);
  oracle_ids_finish(&want);
  topo_buf_finish(&keys);
}

static void compare_projection(struct space *space, const struct oracle_result *oracle,
                               uint64_t seed)
{
  struct topo_buf want = {0}, got = {0};
  oracle_dump(oracle, &want);
  space_dump(space, &got);
  topo_buf_put_u8(&want, 0);
  topo_buf_put_u8(&got, 0);
  if (want.len != got.len || memcmp(want.data, got.data, want.len) != 0)
    fail_msg("seed %" PRIu64 ": the state should be\n%sand is\n%s", seed, (char *)want.data,
             (char *)got.data);
  topo_buf_finish(&want);
  topo_buf_finish(&got);
}

void compare_with_oracle(struct space *space, const struct oracle_result *oracle, uint64_t seed,
                         const struct topo_id *devices, size_t n)
{
  for (size_t i = 0; i < oracle->n_events; i++) {
    compare_verdict(space, oracle, &oracle->events[i], seed);
    if (oracle_is_credential(&oracle->events[i]))
      compare_credential(space, &oracle->events[i], seed);
  }
  compare_items(space, oracle, seed);
  compare_projection(space, oracle, seed);
  for (size_t i = 0; i < n; i++)
    compare_trust(space, oracle, seed, &devices[i]);
}

/* Gives what is wanted, is there, and is not stored; false when there is nothing such. */
static bool answer(struct space *space, const struct arrival *a)
{
  struct topo_buf wanted = space->wanted, events = {0};
  space->wanted = (struct topo_buf){0};
  size_t n = sort_unique(&wanted), found = 0;
  for (size_t i = 0; i < n; i++) {
    const struct topo_id *id = &((const struct topo_id *)(const void *)wanted.data)[i];
    const struct oracle_event *e = oracle_find(a->oracle, id);
    if (!e || topo_dag_has(space->dag, id))
      continue;
    topo_assert(topo_buf_put(&events, &e->bytes, sizeof e->bytes) == 0);
    found++;
  }
  if (found)
    assert_int_equal(space_give(space, (const struct topo_bytes *)(const void *)events.data, found),
                     0);
  topo_buf_finish(&wanted);
  topo_buf_finish(&events);
  return found > 0;
}

void arrive(struct space *space, const struct arrival *a, struct gen_rng *rng)
{
  for (size_t at = 0; at < a->n;) {
    size_t n = 1 + gen_below(rng, a->batch_max);
    if (n > a->n - at)
      n = a->n - at;
    assert_int_equal(space_give(space, a->events + at, n), 0);
    at += n;
    if (!a->late_keys)
      space_keep_known(space, a->secrets, a->n_secrets);
    if (!a->late_answers && gen_chance(rng, 50))
      answer(space, a);
  }
  unsigned rounds = 0;
  bool moved;
  do {
    moved = space_keep_known(space, a->secrets, a->n_secrets) > 0;
    moved |= answer(space, a);
    assert_true(++rounds < ROUNDS_MAX); /* nobody wants for ever what it then refuses */
  } while (moved);
}

struct oracle_result *judge(const struct topo_id *workspace, const struct topo_bytes *events,
                            size_t n, const uint8_t (*secrets)[32], size_t n_secrets)
{
  struct oracle_input in = {.workspace = *workspace,
                            .events = events,
                            .n_events = n,
                            .secrets = secrets,
                            .n_secrets = n_secrets};
  return oracle_run(&in);
}

struct space *stranger(const struct topo_id *workspace)
{
  struct topo_self self;
  space_identity(&self, STRANGER);
  return space_create(&self, workspace);
}
