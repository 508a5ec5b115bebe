/*
 * stand.c - STANDS: one pass over the links by ascending KEY; each decision looks only at links
 * already decided (docs/protocol.md §4).
 */
#include "dag/authority_impl.h"

#include "base/status.h"

#include <stdlib.h>

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
  if (x->link_depth != y->link_depth)
    return x->link_depth < y->link_depth ? -1 : 1;
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
  if (!a->nodes[n->auth].stands)
    return false;
  if (n->kind != TOPO_ACT_ADMISSION)
    return true;
  const struct topo_authority_node *invite = &a->nodes[n->invite];
  return a->nodes[invite->auth].stands && !(invite->taken >> n->slot & 1);
}

int topo_authority_settle(struct topo_authority *a)
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
    if (topo_node_is_link(&a->nodes[i]))
      order[n++] = &a->nodes[i];
  }
  qsort(order, n, sizeof(struct topo_authority_node *), by_key);
  int changed = 0;
  for (size_t i = 0; i < n; i++) {
    bool stands = decide(a, order[i]);
    if (stands && order[i]->kind == TOPO_ACT_ADMISSION)
      a->nodes[order[i]->invite].taken |= UINT64_C(1) << order[i]->slot;
    if (stands != order[i]->stands) {
      order[i]->stands = stands;
      order[i]->changed = !order[i]->changed;
      changed = 1;
    }
  }
  free(order);
  a->dirty = false;
  return changed;
}

void topo_authority_settled(struct topo_authority *a)
{
  for (int32_t i = 0; i < a->n; i++)
    a->nodes[i].changed = false;
}
