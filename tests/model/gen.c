/*
 * gen.c - the simulated devices behind gen.h.
 *
 * An act is made in three steps: choose a credential (that is, an author), write a body, emit it on
 * the author's chain. At each step a small chance breaks something. `sound` is the generator's
 * guess that nothing is broken so far: it only steers what later events build on, the oracle
 * judges.
 */
#include "model/gen_impl.h"

#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t gen_next(struct gen_rng *rng)
{
  uint64_t z = rng->state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

size_t gen_below(struct gen_rng *rng, size_t n)
{
  return (size_t)(gen_next(rng) % n);
}

bool gen_chance(struct gen_rng *rng, unsigned percent)
{
  return gen_below(rng, 100) < percent;
}

void gen_shuffle(struct gen_rng *rng, struct topo_bytes *things, size_t n)
{
  for (size_t i = n; i > 1; i--) {
    size_t j = gen_below(rng, i);
    struct topo_bytes swap = things[i - 1];
    things[i - 1] = things[j];
    things[j] = swap;
  }
}

bool gen_maybe(struct gen *g, unsigned percent)
{
  return gen_chance(&g->rng, percent);
}

static void random_bytes(struct gen *g, uint8_t *out, size_t len)
{
  for (size_t i = 0; i < len; i++)
    out[i] = (uint8_t)gen_next(&g->rng);
}

struct topo_id gen_random_id(struct gen *g)
{
  struct topo_id id;
  random_bytes(g, id.bytes, sizeof id.bytes);
  return id;
}

bool gen_is_credential(const struct act *a)
{
  return a->type == 1 || a->type == 2 || a->type == 3 || a->type == 5;
}

static bool is_authority(const struct act *a)
{
  return a->type >= 1 && a->type <= 0x0f;
}

/* A random act that `fits`, nearly always a sound one; NULL when there is none. */
struct act *gen_choose(struct gen *g, bool (*fits)(const struct act *))
{
  bool any = gen_maybe(g, 6);
  struct act *chosen = NULL;
  size_t seen = 0;
  for (size_t i = 0; i < g->n; i++) {
    struct act *a = &g->acts[i];
    if (fits(a) && (any || a->sound) && gen_below(&g->rng, ++seen) == 0)
      chosen = a;
  }
  return chosen;
}

static bool is_invite(const struct act *a)
{
  return a->type == 4;
}
bool gen_is_epoch(const struct act *a)
{
  return a->type == 0x10;
}
bool gen_is_anything(const struct act *a)
{
  return a->type != 0;
}

/* The act that the author's next one follows: the last, or an earlier one, which forks the chain.
 */
const struct act *gen_follow(struct gen *g, const struct act *next, bool fork)
{
  const struct act *last = NULL;
  for (size_t i = 0; i < g->n; i++) {
    const struct act *a = &g->acts[i];
    bool content = a->type >= 0x1000;
    if (a->author != next->author || content != (next->type >= 0x1000) || !a->sound ||
        (content && !topo_id_equal(&a->epoch, &next->epoch)))
      continue;
    last = a;
    if (fork && gen_maybe(g, 30))
      break;
  }
  return fork && gen_maybe(g, 20) ? NULL : last;
}

uint64_t gen_tick(struct gen *g)
{
  if (gen_maybe(g, 1))
    return UINT64_MAX;
  g->hlc += gen_below(&g->rng, 3);
  return gen_maybe(g, 5) ? g->hlc + 1000 : g->hlc;
}

struct act *gen_record(struct gen *g, const struct act *meta, struct topo_buf *bytes,
                       const struct craft_place *place)
{
  struct gen_set *set = g->set;
  struct act *a = &g->acts[g->n++];
  *a = *meta;
  a->id = craft_id(place, topo_buf_view(bytes));
  if (gen_maybe(g, 96))
    set->events[set->n_events++] = topo_buf_view(bytes);
  else
    topo_buf_finish(bytes);
  return a;
}

static int compare_ids(const void *a, const void *b)
{
  return topo_id_compare(a, b);
}

/* The newest authority events, or any: what an author holds is its own affair. */
static uint8_t choose_parents(struct gen *g, struct topo_id out[static 4], bool *sound)
{
  uint8_t n = 0, unique = 0;
  size_t want = gen_below(&g->rng, 4);
  for (size_t i = 0; i < want; i++) {
    const struct act *p = gen_choose(g, gen_maybe(g, 2) ? gen_is_anything : is_authority);
    if (!p)
      continue;
    *sound &= p->sound && is_authority(p);
    out[n++] = p->id;
  }
  if (gen_maybe(g, 2)) {
    out[n++] = gen_random_id(g);
    *sound = false;
  }
  qsort(out, n, sizeof *out, compare_ids);
  for (size_t i = 0; i < n; i++)
    if (i == 0 || !topo_id_equal(&out[unique - 1], &out[i]))
      out[unique++] = out[i];
  return unique;
}

static struct act *emit_control(struct gen *g, const struct act *auth, struct act *meta,
                                struct topo_buf *body)
{
  struct topo_id parents[4];
  struct topo_buf bytes = {0};
  meta->author = gen_maybe(g, 2) ? gen_below(&g->rng, GEN_DEVICES) : auth->device;
  meta->sound &= meta->author == auth->device && auth->sound;
  if (gen_maybe(g, 2)) {
    topo_buf_put_u8(body, 0);
    meta->sound = false;
  }
  const struct act *prev = gen_follow(g, meta, gen_maybe(g, 15));
  meta->seq = prev ? prev->seq + 1 : 0;
  struct craft_control c = {.place = {g->set->workspace},
                            .type = meta->type,
                            .hlc = gen_tick(g),
                            .signer = &g->devices[meta->author],
                            .auth = auth->id,
                            .prev = prev ? prev->id : topo_id_zero,
                            .seq = meta->seq,
                            .parents = parents,
                            .body = topo_buf_view(body),
                            .bad_signature = gen_maybe(g, 6)};
  c.n_parents = choose_parents(g, parents, &meta->sound);
  meta->sound &= c.hlc != UINT64_MAX && !c.bad_signature;
  craft_control(&bytes, &c);
  topo_buf_finish(body);
  return gen_record(g, meta, &bytes, &c.place);
}

static struct craft_newcomer newcomer(struct gen *g, size_t device, const struct topo_id *user,
                                      const struct act *auth, struct act *meta)
{
  struct craft_newcomer who = {.place = {g->set->workspace},
                               .device = &g->devices[device],
                               .seal_key = g->devices[device].public_key,
                               .user = *user,
                               .auth = auth->id,
                               .bad_countersign = gen_maybe(g, 4)};
  if (gen_maybe(g, 2))
    who.auth = gen_random_id(g);
  meta->device = device;
  meta->user = *user;
  meta->sound &= !who.bad_countersign && topo_id_equal(&who.auth, &auth->id);
  return who;
}

/* Mostly a role that `auth` may give. */
static uint8_t choose_role(struct gen *g, const struct act *auth, struct act *meta)
{
  uint8_t role = auth->role;
  role = (uint8_t)(role + gen_below(&g->rng, gen_maybe(g, 50) ? 2 : 5));
  if (role > 4)
    role = 4;
  if (gen_maybe(g, 5))
    role = (uint8_t)gen_below(&g->rng, 6);
  meta->role = role;
  meta->sound &= role >= auth->role && role <= 4;
  return role;
}

/* A grant: to a device's own user, to another user of the same device, or, wrongly, to somebody
 * else's. */
static void grant(struct gen *g)
{
  struct act meta = {.type = 2, .sound = true};
  struct topo_buf body = {0};
  const struct act *auth = gen_choose(g, gen_is_credential),
                   *bound = gen_choose(g, gen_is_credential);
  size_t device = gen_below(&g->rng, GEN_DEVICES);
  if (!auth || !bound || (auth->role > 1 && !gen_maybe(g, 10)))
    return;
  struct topo_id user = craft_user(&g->set->workspace, &g->devices[device].public_key);
  if (gen_maybe(g, 25)) {
    device = bound->device;
    user = bound->user;
  } else if (gen_maybe(g, 10)) {
    user = bound->user;
    meta.sound = bound->device == device;
  }
  struct craft_newcomer who = newcomer(g, device, &user, auth, &meta);
  meta.sound &= auth->role <= 1;
  craft_user_body(&body, &who, choose_role(g, auth, &meta));
  emit_control(g, auth, &meta, &body);
}

static void credential_device(struct gen *g)
{
  struct act meta = {.type = 3, .sound = true};
  struct topo_buf body = {0};
  const struct act *auth = gen_choose(g, gen_is_credential);
  if (!auth)
    return;
  meta.role = auth->role;
  struct craft_newcomer who =
      newcomer(g, gen_below(&g->rng, GEN_DEVICES), &auth->user, auth, &meta);
  craft_device_body(&body, &who);
  emit_control(g, auth, &meta, &body);
}

static void invite(struct gen *g)
{
  struct act meta = {.type = 4, .sound = true, .n_slots = 1 + gen_below(&g->rng, SLOTS_MAX)};
  struct topo_buf body = {0};
  struct topo_id slots[SLOTS_MAX];
  const struct act *auth = gen_choose(g, gen_is_credential);
  if (!auth)
    return;
  meta.invite_key = gen_below(&g->rng, INVITE_KEYS);
  for (size_t i = 0; i < meta.n_slots; i++) {
    const struct act *owner = gen_choose(g, gen_is_credential);
    meta.slots[i] = owner && gen_maybe(g, 70) ? owner->device : auth->device;
    slots[i] = g->devices[meta.slots[i]].public_key;
  }
  meta.sound &= auth->role <= 2;
  uint8_t role = choose_role(g, auth, &meta);
  craft_invite(&body, &g->invite_keys[meta.invite_key].public_key, role, 0, slots,
               gen_maybe(g, 2) ? 0 : (uint16_t)meta.n_slots);
  emit_control(g, auth, &meta, &body);
}

/* A credential of the device; NULL when there is none. */
static const struct act *credential_of(struct gen *g, size_t device)
{
  for (int tries = 0; tries < 12; tries++) {
    const struct act *l = gen_choose(g, gen_is_credential);
    if (l && l->device == device)
      return l;
  }
  return NULL;
}

static void admit(struct gen *g)
{
  struct act meta = {.type = 5, .sound = true};
  struct topo_buf body = {0};
  const struct act *i = gen_choose(g, is_invite);
  if (!i)
    return;
  size_t slot = gen_maybe(g, 60) ? 0 : gen_below(&g->rng, i->n_slots + gen_maybe(g, 5));
  bool outside = slot >= i->n_slots;
  const struct act *auth = credential_of(g, i->slots[outside ? 0 : slot]);
  if (!auth || gen_maybe(g, 3))
    auth = gen_choose(g, gen_is_credential);
  if (!auth)
    return;
  size_t device = gen_below(&g->rng, GEN_DEVICES), key = i->invite_key;
  struct topo_id user = craft_user(&g->set->workspace, &g->devices[device].public_key);
  struct craft_newcomer who = newcomer(g, device, &user, auth, &meta);
  bool bad_proof = gen_maybe(g, 3);
  if (gen_maybe(g, 3))
    key = (key + 1) % INVITE_KEYS;
  meta.role = i->role;
  meta.sound &= i->sound && !outside && !bad_proof && key == i->invite_key && auth->role <= 2 &&
                i->role >= auth->role && i->slots[outside ? 0 : slot] == auth->device;
  craft_admission(&body, &who, &g->invite_keys[key], &i->id, (uint16_t)slot, bad_proof);
  emit_control(g, auth, &meta, &body);
}

static void epoch(struct gen *g)
{
  struct act meta = {.type = 0x10, .sound = true, .generation = 1};
  struct topo_buf body = {0};
  struct topo_id listed[2];
  uint16_t n = 0;
  const struct act *auth = gen_choose(g, gen_is_credential), *before = gen_choose(g, gen_is_epoch);
  if (!auth)
    return;
  if (before && gen_maybe(g, 80)) {
    listed[n++] = before->id;
    meta.generation = before->generation + 1;
    meta.sound &= before->sound;
  } else if (gen_maybe(g, 10)) {
    listed[n++] = g->acts[gen_below(&g->rng, g->n)].id;
    meta.sound = false;
  }
  uint32_t wrong = gen_maybe(g, 4);
  uint8_t policy = gen_maybe(g, 3) ? 2 : 1;
  random_bytes(g, meta.secret, sizeof meta.secret);
  meta.sound &= auth->role <= 3 && !wrong && policy == 1;
  struct topo_id commitment = craft_commitment(meta.secret);
  craft_epoch(&body, meta.generation + wrong, policy, &commitment, listed, n);
  const struct act *made = emit_control(g, auth, &meta, &body);
  if (gen_maybe(g, 90))
    memcpy(g->set->secrets[g->set->n_secrets++], made->secret, 32);
}

static void wrap(struct gen *g)
{
  struct act meta = {.type = 0x11, .sound = true};
  struct topo_buf body = {0};
  const struct act *auth = gen_choose(g, gen_is_credential), *to = gen_choose(g, gen_is_credential);
  const struct act *of = gen_choose(g, gen_maybe(g, 95) ? gen_is_epoch : gen_is_anything);
  if (!auth || !to || !of)
    return;
  meta.sound &= auth->role <= 3 && gen_is_epoch(of) && of->sound;
  craft_wrap(&body, &of->id, &to->id);
  emit_control(g, auth, &meta, &body);
}

static void unknown_control(struct gen *g)
{
  static const uint16_t types[] = {0x0006, 0x0012, 0x0200, 0x0fff, 0xf001, 0x1003};
  struct act meta = {.type = types[gen_below(&g->rng, 6)]};
  struct topo_buf body = {0};
  const struct act *auth = gen_choose(g, gen_is_credential);
  if (!auth)
    return;
  meta.sound = meta.type <= 0x0fff;
  topo_buf_put_u32(&body, 7);
  emit_control(g, auth, &meta, &body);
}

/* Bytes nobody signed: a known event cut short or changed in one place, or noise. */
static void garbage(struct gen *g)
{
  struct gen_set *set = g->set;
  struct topo_buf bytes = {0};
  struct topo_bytes from = {NULL, 0};
  if (set->n_events)
    from = set->events[gen_below(&g->rng, set->n_events)];
  if (!from.len)
    return;
  topo_buf_put(&bytes, from.data, from.len);
  topo_assert(!bytes.failed);
  if (gen_maybe(g, 50))
    bytes.len = gen_below(&g->rng, bytes.len);
  else if (gen_maybe(g, 80))
    bytes.data[gen_below(&g->rng, bytes.len)] ^= (uint8_t)(1u << gen_below(&g->rng, 8));
  else
    random_bytes(g, bytes.data, bytes.len);
  set->events[set->n_events++] = topo_buf_view(&bytes);
}

/* A genesis: the workspace's own, or one of another workspace, with an act of its device there. */
static void create(struct gen *g, bool foreign)
{
  struct act meta = {.type = 1, .sound = !foreign};
  struct topo_buf body = {0}, bytes = {0};
  struct topo_id nonce = gen_random_id(g);
  struct craft_place nowhere = {topo_id_zero};
  craft_workspace(&body, &g->devices[0].public_key, &nonce);
  struct craft_control c = {
      .type = 1, .hlc = ++g->hlc, .signer = &g->devices[0], .body = topo_buf_view(&body)};
  craft_control(&bytes, &c);
  topo_buf_finish(&body);
  struct topo_id id = craft_id(&nowhere, topo_buf_view(&bytes));
  meta.user = craft_user(&id, &g->devices[0].public_key);
  if (!foreign)
    g->set->workspace = id;
  gen_record(g, &meta, &bytes, &nowhere);
}

static void visit(struct gen *g)
{
  struct topo_id home = g->set->workspace;
  create(g, true);
  g->set->workspace = g->acts[g->n - 1].id;
  credential_device(g);
  g->set->workspace = home;
  g->acts[g->n - 1].sound = false;
}

static void act(struct gen *g)
{
  size_t dice = gen_below(&g->rng, 100);
  if (dice < 9)
    grant(g);
  else if (dice < 15)
    credential_device(g);
  else if (dice < 24)
    invite(g);
  else if (dice < 42)
    admit(g);
  else if (dice < 47)
    epoch(g);
  else if (dice < 50)
    wrap(g);
  else if (dice < 53)
    unknown_control(g);
  else if (dice < 56)
    garbage(g);
  else if (dice < 57)
    visit(g);
  else
    gen_say_something(g);
}

/* What creating a workspace makes, unless chance breaks it. */
static void begin(struct gen *g)
{
  struct act meta = {.type = 3, .sound = true};
  struct topo_buf body = {0};
  create(g, false);
  struct craft_newcomer who = newcomer(g, 1, &g->acts[0].user, &g->acts[0], &meta);
  craft_device_body(&body, &who);
  emit_control(g, &g->acts[0], &meta, &body);
  epoch(g);
  gen_say(g, 0x1002);
}

struct gen_set *gen_create(uint64_t seed, size_t n)
{
  struct gen *g = calloc(1, sizeof *g);
  struct gen_set *set = calloc(1, sizeof *set);
  topo_assert(g && set && n <= 80);
  g->set = set;
  g->rng.state = seed;
  for (size_t i = 0; i < GEN_DEVICES + INVITE_KEYS; i++) {
    uint8_t key_seed[32] = {(uint8_t)(i + 1)};
    topo_sign_key_from_seed(i < GEN_DEVICES ? &g->devices[i] : &g->invite_keys[i - GEN_DEVICES],
                            key_seed);
  }
  for (size_t i = 0; i < GEN_DEVICES; i++)
    set->devices[i] = g->devices[i].public_key;
  begin(g);
  while (g->n < n && set->n_events < n)
    act(g);
  free(g);
  return set;
}

void gen_destroy(struct gen_set *set)
{
  if (!set)
    return;
  for (size_t i = 0; i < set->n_events; i++)
    free((void *)(uintptr_t)set->events[i].data);
  free(set);
}
