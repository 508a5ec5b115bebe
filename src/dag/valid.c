/*
 * valid.c - VALID: one pass over the credentials by ascending KEY; each decision looks only at
 * credentials already decided (docs/protocol.md §4). And the numbers of epochs, which only grow
 * more certain.
 */
#include "dag/authority_impl.h"

#include "base/status.h"

#include <stdlib.h>

enum { TYPE_EPOCH = 0x0010 }; /* an epoch is one, too, when its body cannot be read */

int topo_node_key_compare(const struct topo_authority_node *a, const struct topo_authority_node *b)
{
  const struct topo_node_key *x = &a->key, *y = &b->key;
  if (x->role != y->role)
    return x->role < y->role ? -1 : 1;
  if (x->depth != y->depth)
    return x->depth < y->depth ? -1 : 1;
  int order = topo_id_compare(&x->grant, &y->grant);
  if (order)
    return order;
  if (x->credential_depth != y->credential_depth)
    return x->credential_depth < y->credential_depth ? -1 : 1;
  return topo_id_compare(&a->id, &b->id);
}

static int by_key(const void *a, const void *b)
{
  return topo_node_key_compare(*(struct topo_authority_node *const *)a,
                               *(struct topo_authority_node *const *)b);
}

/* Slots are won by the smallest KEY, which is asked first. */
static bool decide(const struct topo_authority *a, const struct topo_authority_node *n)
{
  if (n->kind == TOPO_ACT_GENESIS)
    return true;
  if (!a->nodes[n->auth].valid)
    return false;
  if (n->kind != TOPO_ACT_ADMISSION)
    return true;
  const struct topo_authority_node *invite = &a->nodes[n->invite];
  return a->nodes[invite->auth].valid && !(invite->taken >> n->slot & 1);
}

/* Can it be numbered now? Something listed that is no epoch, or counts wrongly, spoils it at once.
 */
static enum topo_numbering number(const struct topo_authority *a,
                                  const struct topo_authority_node *n)
{
  uint64_t largest = 0;
  bool all = true;
  for (unsigned i = 0; i < n->n_epochs; i++) {
    const struct topo_authority_node *e = topo_authority_find(a, &n->epochs[i]);
    if (e && (e->type != TYPE_EPOCH || e->numbering == TOPO_MISNUMBERED))
      return TOPO_MISNUMBERED;
    all = all && e && e->numbering == TOPO_NUMBERED;
    if (e && e->generation > largest)
      largest = e->generation;
  }
  if (!all)
    return TOPO_UNNUMBERED;
  bool right = n->kind == TOPO_ACT_WRAP || n->generation == largest + 1;
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
      if ((n->kind != TOPO_ACT_EPOCH && n->kind != TOPO_ACT_WRAP) ||
          n->numbering != TOPO_UNNUMBERED)
        continue;
      n->numbering = number(a, n);
      if (n->numbering == TOPO_UNNUMBERED)
        continue;
      a->unnumbered--;
      changed = 1;
      again |= n->kind == TOPO_ACT_EPOCH;
    }
  }
  a->grown = false;
  return changed;
}

static int decide_all(struct topo_authority *a)
{
  if (!a->dirty)
    return 0;
  struct topo_authority_node **order =
      malloc(((size_t)a->n + 1) * sizeof(struct topo_authority_node *));
  if (!order)
    return TOPO_ENOMEM;
  size_t n = 0;
  for (int32_t i = 0; i < a->n; i++) {
    a->nodes[i].taken = 0;
    if (topo_node_is_credential(&a->nodes[i]))
      order[n++] = &a->nodes[i];
  }
  qsort(order, n, sizeof(struct topo_authority_node *), by_key);
  int changed = 0;
  for (size_t i = 0; i < n; i++) {
    bool valid = decide(a, order[i]);
    if (valid && order[i]->kind == TOPO_ACT_ADMISSION)
      a->nodes[order[i]->invite].taken |= UINT64_C(1) << order[i]->slot;
    if (valid != order[i]->valid) {
      order[i]->valid = valid;
      order[i]->changed = !order[i]->changed;
      changed = 1;
    }
  }
  free(order);
  a->dirty = false;
  return changed;
}

int topo_authority_recompute(struct topo_authority *a)
{
  int numbers = number_all(a), changed = decide_all(a);
  return changed < 0 ? changed : changed | numbers;
}

void topo_authority_recomputed(struct topo_authority *a)
{
  for (int32_t i = 0; i < a->n; i++)
    a->nodes[i].changed = false;
}
