/* authority_impl.h - shared by authority.c, admit.c and valid.c only. */
#ifndef TOPO_DAG_AUTHORITY_IMPL_H
#define TOPO_DAG_AUTHORITY_IMPL_H

#include "dag/authority.h"

struct topo_authority {
  struct topo_id workspace;
  struct topo_authority_node *nodes;
  int32_t n, capacity;
  int32_t *buckets;   /* open addressing by id; TOPO_NONE is empty */
  int32_t *by_key;    /* the newest node whose key falls there; the others by next_by_key */
  int32_t n_buckets;  /* of either */
  bool dirty;         /* credentials were added since the last recompute */
  bool grown;         /* anything was */
  int32_t unnumbered; /* epochs and wraps that wait for what they list */
};

int32_t topo_authority_index(const struct topo_authority *a, const struct topo_id *id);
/* Is `wanted(node)` true for some ancestor of the event whose direct references are given? */
int topo_authority_any_past(const struct topo_authority *a, const int32_t *direct, size_t n,
                            bool (*wanted)(const struct topo_authority_node *node, void *arg),
                            void *arg);
/* Adds a node, whose references are nodes already, and takes over what it owns. 0 or TOPO_ENOMEM.
 */
int topo_authority_push(struct topo_authority *a, const struct topo_authority_node *node);
/* Marks what the node at `index` refers to as no longer maximal. */
void topo_authority_cover(struct topo_authority *a, int32_t index);
/* All direct references of a node; room for TOPO_ANCESTORS_MAX. */
size_t topo_node_references(const struct topo_authority_node *n, int32_t *out);
int topo_node_key_compare(const struct topo_authority_node *a, const struct topo_authority_node *b);
int topo_check_countersign(const struct topo_act *act, const struct topo_context *context,
                           const struct topo_id *user, const struct topo_id *auth);
int topo_check_proof(const struct topo_act *act, const struct topo_context *context,
                     const struct topo_id *invite_key, const struct topo_id *user);

#endif
