/*
 * valid.c - VALID: one pass over the credentials by ascending KEY; each decision looks only at
 * credentials already decided (docs/protocol.md §4). And the numbers of epochs, which only grow
 * more certain.
 */
#include "dag/authority_impl.h"

#include "base/assert.h"
#include "base/status.h"

#include <stdlib.h>

enum { TYPE_EPOCH = 0x0010 }; /* an epoch is one, too, when its body cannot be read */

static int by_key(const void *a, const void *b)
{
  return topo_node_key_compare(*(struct topo_authority_node *const *)a,
                               *(struct topo_authority_node *const *)b);
}

static bool is_valid(const struct topo_authority *a, int32_t credential)
{
  return topo_node_credential(&a->nodes[credential])->valid;
}

/* VALID (docs/protocol.md §4). A slot is won by the smallest KEY, which is asked first. */
static bool decide(const struct topo_authority *a, const struct topo_authority_node *n)
{
  if (n->kind == TOPO_ACT_GENESIS)
    return true;
  if (!is_valid(a, n->auth))
    return false;
  if (n->kind != TOPO_ACT_ADMISSION)
    return true;
  const struct topo_authority_node *invite = &a->nodes[n->credential.invite];
  topo_assert(invite->kind == TOPO_ACT_INVITE && n->credential.slot < invite->invite.n_slots);
  return is_valid(a, invite->auth) && !(invite->invite.taken >> n->credential.slot & 1);
}

/* Can it be numbered now? Something listed that is no epoch, or counts wrongly, spoils it at once
 * (docs/protocol.md §4, "numbered"). */
static enum topo_numbering number(const struct topo_authority *a,
                                  const struct topo_authority_node *node)
{
  const struct topo_epoch_node *n = &node->epoch;
  uint64_t largest = 0;
  bool all = true;
  for (unsigned i = 0; i < n->n_listed; i++) {
    const struct topo_authority_node *e = topo_authority_find(a, &n->listed[i]);
    bool counts = e && e->kind == TOPO_ACT_EPOCH;
    if (e && (e->type != TYPE_EPOCH || (counts && e->epoch.numbering == TOPO_MISNUMBERED)))
      return TOPO_MISNUMBERED;
    all = all && counts && e->epoch.numbering == TOPO_NUMBERED;
    if (counts && e->epoch.generation > largest)
      largest = e->epoch.generation;
  }
  if (!all)
    return TOPO_UNNUMBERED;
  bool right = node->kind == TOPO_ACT_WRAP || n->generation == largest + 1;
  return right ? TOPO_NUMBERED : TOPO_MISNUMBERED;
}

/* Numbers what can be, until nothing more follows; 1 when something did. Any event may be the one
 * that is listed, and be no epoch. */
static int number_all(struct topo_authority *a)
{
  int changed = 0;
  for (bool again = a->grown; again && a->unnumbered > 0;) {
    again = false;
    for (int32_t i = 0; i < a->n; i++) {
      struct topo_authority_node *n = &a->nodes[i];
      if (!topo_node_is_epoch(n) || n->epoch.numbering != TOPO_UNNUMBERED)
        continue;
      n->epoch.numbering = number(a, n);
      if (n->epoch.numbering == TOPO_UNNUMBERED)
        continue;
      topo_assert(a->unnumbered > 0);
      a->unnumbered--;
      changed = 1;
      again |= n->kind == TOPO_ACT_EPOCH;
    }
  }
  a->grown = false;
  return changed;
}

/* All credentials by ascending KEY, and every slot open again. Returns how many. */
static size_t begin_pass(struct topo_authority *a, struct topo_authority_node **order)
{
  size_t n = 0;
  for (int32_t i = 0; i < a->n; i++) {
    if (a->nodes[i].kind == TOPO_ACT_INVITE)
      a->nodes[i].invite.taken = 0;
    if (topo_node_is_credential(&a->nodes[i]))
      order[n++] = &a->nodes[i];
  }
  qsort(order, n, sizeof(struct topo_authority_node *), by_key);
  return n;
}

/* Decides one credential; true when that is another answer than before. */
static bool decide_next(struct topo_authority *a, struct topo_authority_node *n)
{
  struct topo_credential *c = &n->credential;
  bool valid = decide(a, n);
  if (valid && n->kind == TOPO_ACT_ADMISSION)
    a->nodes[c->invite].invite.taken |= UINT64_C(1) << c->slot;
  if (valid == c->valid)
    return false;
  c->valid = valid;
  c->changed = !c->changed;
  return true;
}

static int decide_all(struct topo_authority *a)
{
  if (!a->dirty)
    return 0;
  struct topo_authority_node **order =
      malloc(((size_t)a->n + 1) * sizeof(struct topo_authority_node *));
  if (!order)
    return TOPO_ENOMEM;
  size_t n = begin_pass(a, order);
  int changed = 0;
  for (size_t i = 0; i < n; i++) {
    /* Each decision looks only at credentials of smaller KEY: that is what makes it well-founded.
     */
    topo_assert(i == 0 || topo_node_key_compare(order[i - 1], order[i]) < 0);
    changed |= decide_next(a, order[i]);
  }
  free(order);
  a->dirty = false;
  return changed;
}

int topo_authority_recompute(struct topo_authority *a)
{
  int numbers = number_all(a), changed = decide_all(a);
  topo_assert(changed < 0 || (!a->dirty && !a->grown));
  return changed < 0 ? changed : changed | numbers;
}

void topo_authority_recomputed(struct topo_authority *a)
{
  for (int32_t i = 0; i < a->n; i++)
    if (topo_node_is_credential(&a->nodes[i]))
      a->nodes[i].credential.changed = false;
}
