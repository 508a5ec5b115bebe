/* authority_node.c - one control event by itself: what kind it is, and the order of credentials. */
#include "dag/authority_impl.h"

#include "base/assert.h"

#include <stdlib.h>

bool topo_node_is_credential(const struct topo_authority_node *n)
{
  return n->kind == TOPO_ACT_GENESIS || n->kind == TOPO_ACT_GRANT || n->kind == TOPO_ACT_DEVICE ||
         n->kind == TOPO_ACT_ADMISSION;
}

bool topo_node_is_epoch(const struct topo_authority_node *n)
{
  return n->kind == TOPO_ACT_EPOCH || n->kind == TOPO_ACT_WRAP;
}

const struct topo_credential *topo_node_credential(const struct topo_authority_node *n)
{
  topo_assert(topo_node_is_credential(n));
  return &n->credential;
}

void topo_node_finish(struct topo_authority_node *n)
{
  if (n->kind == TOPO_ACT_INVITE)
    free(n->invite.slots);
  else if (topo_node_is_epoch(n))
    free(n->epoch.listed);
}

/* KEY (docs/protocol.md §4); the smaller is the more senior. */
int topo_node_key_compare(const struct topo_authority_node *a, const struct topo_authority_node *b)
{
  const struct topo_node_key *x = &topo_node_credential(a)->key, *y = &topo_node_credential(b)->key;
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

size_t topo_node_references(const struct topo_authority_node *n, int32_t *out)
{
  size_t k = 0;
  for (unsigned i = 0; i < n->n_parents; i++)
    out[k++] = n->parents[i];
  if (n->auth != TOPO_NONE)
    out[k++] = n->auth;
  if (n->prev != TOPO_NONE)
    out[k++] = n->prev;
  if (n->kind == TOPO_ACT_ADMISSION)
    out[k++] = n->credential.invite;
  topo_assert(k <= TOPO_ANCESTORS_MAX);
  return k;
}
