/*
 * authority.c - the container: nodes in the order of admission, found by id; questions about them.
 */
#include "dag/authority_impl.h"

#include "base/assert.h"
#include "base/status.h"

#include <stdlib.h>
#include <string.h>

struct topo_authority *topo_authority_create(const struct topo_id *workspace)
{
  struct topo_authority *a = calloc(1, sizeof *a);
  if (a)
    a->workspace = *workspace;
  return a;
}

void topo_authority_destroy(struct topo_authority *a)
{
  if (!a)
    return;
  for (int32_t i = 0; i < a->n; i++)
    topo_node_finish(&a->nodes[i]);
  free(a->nodes);
  free(a->buckets);
  free(a->by_key);
  free(a);
}

/* What a credential or an invite is looked for by: the device, or the invite's key. */
static const struct topo_id *key_of(const struct topo_authority_node *n)
{
  if (topo_node_is_credential(n))
    return &n->credential.device;
  return n->kind == TOPO_ACT_INVITE ? &n->invite.key : NULL;
}

static uint32_t bucket_of(const struct topo_authority *a, const struct topo_id *id)
{
  return topo_get_be32(id->bytes) & (uint32_t)(a->n_buckets - 1);
}

int32_t topo_authority_index(const struct topo_authority *a, const struct topo_id *id)
{
  if (!a->n_buckets)
    return TOPO_NONE;
  for (uint32_t b = bucket_of(a, id);; b = (b + 1) & (uint32_t)(a->n_buckets - 1)) {
    int32_t i = a->buckets[b];
    if (i == TOPO_NONE || topo_id_equal(&a->nodes[i].id, id))
      return i;
  }
}

const struct topo_authority_node *topo_authority_find(const struct topo_authority *a,
                                                      const struct topo_id *id)
{
  int32_t i = topo_authority_index(a, id);
  return i == TOPO_NONE ? NULL : &a->nodes[i];
}

const struct topo_authority_node *topo_authority_at(const struct topo_authority *a, int32_t index)
{
  topo_assert(index >= 0 && index < a->n);
  return &a->nodes[index];
}

void topo_authority_set_state(struct topo_authority *a, int32_t index, uint8_t state)
{
  topo_assert(index >= 0 && index < a->n);
  a->nodes[index].state = state;
}

int32_t topo_authority_count(const struct topo_authority *a)
{
  return a->n;
}

static void put_bucket(struct topo_authority *a, int32_t i)
{
  uint32_t b = bucket_of(a, &a->nodes[i].id);
  while (a->buckets[b] != TOPO_NONE)
    b = (b + 1) & (uint32_t)(a->n_buckets - 1);
  a->buckets[b] = i;
  struct topo_authority_node *n = &a->nodes[i];
  n->next_by_key = TOPO_NONE;
  const struct topo_id *key = key_of(n);
  if (key) {
    b = bucket_of(a, key);
    n->next_by_key = a->by_key[b];
    a->by_key[b] = i;
  }
}

/* The newest node with that key from `i` on, which is one that is hashed alike, or TOPO_NONE. */
static int32_t with_key(const struct topo_authority *a, const struct topo_id *key, int32_t i)
{
  while (i != TOPO_NONE && !topo_id_equal(key_of(&a->nodes[i]), key))
    i = a->nodes[i].next_by_key;
  return i;
}

static int32_t first_with_key(const struct topo_authority *a, const struct topo_id *key)
{
  return with_key(a, key, a->n_buckets ? a->by_key[bucket_of(a, key)] : TOPO_NONE);
}

static int32_t next_with_key(const struct topo_authority *a, const struct topo_id *key, int32_t i)
{
  return with_key(a, key, a->nodes[i].next_by_key);
}

static void rehash(struct topo_authority *a)
{
  memset(a->buckets, 0xff, (size_t)a->n_buckets * sizeof *a->buckets); /* TOPO_NONE */
  memset(a->by_key, 0xff, (size_t)a->n_buckets * sizeof *a->by_key);
  for (int32_t i = 0; i < a->n; i++)
    put_bucket(a, i);
}

int topo_authority_push(struct topo_authority *a, const struct topo_authority_node *node)
{
  if (a->n == a->capacity) {
    int32_t capacity = a->capacity ? 2 * a->capacity : 64;
    struct topo_authority_node *nodes = realloc(a->nodes, (size_t)capacity * sizeof *nodes);
    if (!nodes)
      return TOPO_ENOMEM;
    a->nodes = nodes;
    int32_t *buckets = realloc(a->buckets, (size_t)capacity * 2 * sizeof *buckets);
    if (!buckets)
      return TOPO_ENOMEM;
    a->buckets = buckets;
    int32_t *by_key = realloc(a->by_key, (size_t)capacity * 2 * sizeof *by_key);
    if (!by_key)
      return TOPO_ENOMEM;
    a->by_key = by_key;
    a->capacity = capacity;
    a->n_buckets = 2 * capacity;
    rehash(a);
  }
  topo_assert(a->n < a->capacity && node->auth < a->n && node->prev < a->n);
  a->nodes[a->n++] = *node;
  put_bucket(a, a->n - 1);
  return 0;
}

int topo_authority_any_past(const struct topo_authority *a, const int32_t *direct, size_t n,
                            bool (*wanted)(const struct topo_authority_node *node, void *arg),
                            void *arg)
{
  uint8_t *seen = calloc(1, (size_t)a->n + 1);
  int32_t *stack = malloc(((size_t)a->n + 1) * sizeof *stack);
  int found = 0;
  size_t depth = 0;
  if (!seen || !stack) {
    found = TOPO_ENOMEM;
    goto out;
  }
  int32_t refs[TOPO_ANCESTORS_MAX];
  memcpy(refs, direct, n * sizeof *refs);
  for (;;) {
    for (size_t i = 0; i < n; i++)
      if (!seen[refs[i]]) {
        topo_assert(depth < (size_t)a->n);
        seen[refs[i]] = 1; /* each node enters the stack once: it cannot overflow */
        stack[depth++] = refs[i];
      }
    if (depth == 0 || found)
      break;
    const struct topo_authority_node *node = &a->nodes[stack[--depth]];
    found = wanted(node, arg);
    n = topo_node_references(node, refs);
  }
out:
  free(seen);
  free(stack);
  return found;
}

static bool is_authority(const struct topo_authority_node *n)
{
  return n->type <= TOPO_TYPE_AUTHORITY_MAX;
}

/* An authority event covers what it refers to; references pass through its author's other acts. */
static void cover(struct topo_authority *a, const struct topo_authority_node *n)
{
  int32_t refs[TOPO_ANCESTORS_MAX];
  size_t k = topo_node_references(n, refs);
  for (size_t i = 0; i < k; i++)
    a->nodes[refs[i]].covered = true;
  for (int32_t p = n->prev; p != TOPO_NONE && !is_authority(&a->nodes[p]); p = a->nodes[p].prev) {
    k = topo_node_references(&a->nodes[p], refs);
    for (size_t i = 0; i < k; i++)
      a->nodes[refs[i]].covered = true;
  }
}

void topo_authority_cover(struct topo_authority *a, int32_t index)
{
  const struct topo_authority_node *n = &a->nodes[index];
  if (is_authority(n))
    cover(a, n);
  else
    a->nodes[index].covered = true; /* never a parent itself */
  if (topo_node_is_credential(n))
    a->dirty = true;
  if (topo_node_is_epoch(n))
    a->unnumbered++;
  a->grown = true;
}

static int newest_first(const void *pa, const void *pb)
{
  const struct topo_authority_node *a = *(const struct topo_authority_node *const *)pa;
  const struct topo_authority_node *b = *(const struct topo_authority_node *const *)pb;
  if (a->hlc != b->hlc)
    return a->hlc > b->hlc ? -1 : 1;
  return topo_id_compare(&b->id, &a->id);
}

static int ascending(const void *a, const void *b)
{
  return memcmp(a, b, sizeof(struct topo_id));
}

unsigned topo_authority_frontier(const struct topo_authority *a,
                                 struct topo_id out[static TOPO_PARENTS_MAX])
{
  const struct topo_authority_node *best[TOPO_PARENTS_MAX + 1];
  size_t n = 0;
  for (int32_t i = 0; i < a->n; i++) {
    if (a->nodes[i].covered)
      continue;
    best[n++] = &a->nodes[i];
    if (n > TOPO_PARENTS_MAX) { /* keep the greatest sixteen */
      qsort(best, n, sizeof *best, newest_first);
      n = TOPO_PARENTS_MAX;
    }
  }
  topo_assert(n <= TOPO_PARENTS_MAX);
  for (size_t i = 0; i < n; i++)
    out[i] = best[i]->id;
  qsort(out, n, sizeof *out, ascending);
  return (unsigned)n;
}

bool topo_authority_act_valid(const struct topo_authority *a, const struct topo_authority_node *n)
{
  if (topo_node_is_credential(n))
    return n->credential.valid;
  return n->auth != TOPO_NONE && topo_node_credential(&a->nodes[n->auth])->valid;
}

bool topo_authority_knows(const struct topo_authority *a, const struct topo_id *device)
{
  int32_t i = first_with_key(a, device);
  while (i != TOPO_NONE && !topo_node_is_credential(&a->nodes[i]))
    i = next_with_key(a, device, i);
  return i != TOPO_NONE;
}

const struct topo_authority_node *topo_authority_credential_of(const struct topo_authority *a,
                                                               const struct topo_id *device)
{
  const struct topo_authority_node *best = NULL;
  for (int32_t i = first_with_key(a, device); i != TOPO_NONE; i = next_with_key(a, device, i)) {
    const struct topo_authority_node *n = &a->nodes[i];
    if (topo_node_is_credential(n) && n->credential.valid &&
        (!best || topo_node_key_compare(n, best) < 0))
      best = n;
  }
  return best;
}

static int open_slot(const struct topo_authority *a, int32_t invite, const struct topo_id *device)
{
  topo_assert(a->nodes[invite].kind == TOPO_ACT_INVITE);
  const struct topo_invite *n = &a->nodes[invite].invite;
  for (unsigned s = 0; s < n->n_slots; s++)
    if (topo_id_equal(&n->slots[s], device) && !(n->taken >> s & 1))
      return (int)s;
  return -1;
}

const struct topo_authority_node *topo_authority_open_invite(const struct topo_authority *a,
                                                             const struct topo_id *invite_key,
                                                             const struct topo_id *device,
                                                             int *slot)
{
  const struct topo_authority_node *oldest = NULL;
  *slot = -1;
  for (int32_t i = first_with_key(a, invite_key); i != TOPO_NONE;
       i = next_with_key(a, invite_key, i)) {
    const struct topo_authority_node *n = &a->nodes[i];
    int open =
        n->kind == TOPO_ACT_INVITE && topo_authority_act_valid(a, n) ? open_slot(a, i, device) : -1;
    if (open < 0)
      continue;
    *slot = open;
    oldest = n;
  }
  return oldest;
}

const struct topo_authority_node *topo_authority_admission(const struct topo_authority *a,
                                                           const struct topo_id *invite,
                                                           const struct topo_id *device)
{
  const struct topo_authority_node *oldest = NULL;
  int32_t of = topo_authority_index(a, invite);
  for (int32_t i = first_with_key(a, device); i != TOPO_NONE; i = next_with_key(a, device, i)) {
    const struct topo_authority_node *n = &a->nodes[i];
    if (n->kind == TOPO_ACT_ADMISSION && n->credential.invite == of && n->credential.valid)
      oldest = n;
  }
  return oldest;
}

void topo_authority_trust(const struct topo_authority *a, const struct topo_id *device,
                          void (*each)(void *arg, const struct topo_id *key, bool is_invite),
                          void *arg)
{
  for (int32_t i = 0; i < a->n; i++) {
    const struct topo_authority_node *n = &a->nodes[i];
    if (topo_node_is_credential(n) && n->credential.valid)
      each(arg, &n->credential.device, false);
    else if (n->kind == TOPO_ACT_INVITE && topo_authority_act_valid(a, n) &&
             open_slot(a, i, device) >= 0 && !topo_authority_credential_of(a, &n->invite.key))
      each(arg, &n->invite.key, true);
  }
}
