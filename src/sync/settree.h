/*
 * settree.h - the epochs' item sets of an owner in pages, so that two owners find out by few bytes
 * which of their sets differ, however many they have (docs/protocol.md §6.2).
 *
 *   prefix  the first 0 to 63 half bytes of ids of sets
 *   row     what SETS would say of one set: id ‖ u64 count ‖ digest
 *   page    of a prefix: the rows of the sets whose ids begin with it or, where those are more than
 *           TOPO_PAGE_ROWS_MAX, the digests of the pages of the prefixes that are half a byte
 * longer
 *
 *     page   := u8 0 ‖ row…  in ascending order   |   u8 1 ‖ { u8 half byte ‖ id digest }…
 * ascending digest := H("topo/1 page" ‖ page)
 *
 * Digests are kept until a set below them changes, and made when somebody asks. So an event costs a
 * walk down to its set, and an exchange the pages above the sets that have changed since the last.
 * A set is never taken out.
 */
#ifndef TOPO_SYNC_SETTREE_H
#define TOPO_SYNC_SETTREE_H

#include "sync/session_fields.h"

/* Negative, zero or positive as the beginning of the id is less than the prefix, the same, or
 * greater. */
int topo_prefix_compare(const struct topo_id *id, const struct topo_prefix *prefix);
/* The prefix that is one half byte longer. The given one is shorter than TOPO_PREFIX_MAX. */
struct topo_prefix topo_prefix_extend(const struct topo_prefix *prefix, unsigned half_byte);

/* Writes the row of the set that was added under the number `ref`. 0, or a status that the asking
 * function passes on. The set has an item. */
typedef int topo_settree_row_fn(void *ctx, uint32_t ref, struct topo_session_set *out);

/* Embedded by its user; the members belong to settree.c. Zeros are an empty tree, to which
 * nothing can be added. */
struct topo_settree {
  topo_settree_row_fn *row;
  void *ctx;
  struct topo_settree_node *root; /* NULL: no sets */
};

/* Makes an empty tree that asks row(ctx, …) for rows. */
void topo_settree_init(struct topo_settree *tree, topo_settree_row_fn *row, void *ctx);
/* Releases the memory; the tree is zeros afterwards. */
void topo_settree_finish(struct topo_settree *tree);

/* Adds a set that is not there yet. 0; or TOPO_ENOMEM, after which the tree is fit for nothing but
 * to be finished. */
int topo_settree_add(struct topo_settree *tree, const struct topo_id *set, uint32_t ref);
/* Returns whether the set is there, and if so its number. */
bool topo_settree_find(const struct topo_settree *tree, const struct topo_id *set, uint32_t *ref);
/* The row of the set has changed. The set is there. */
void topo_settree_touch(struct topo_settree *tree, const struct topo_id *set);

/* Writes the row of a set; one with count 0 when it is not there. 0, or a status of the rows. */
int topo_settree_row(const struct topo_settree *tree, const struct topo_id *set,
                     struct topo_session_set *out);
/* Appends the page of a prefix to `out`. 0, TOPO_ENOMEM, or a status of the rows. */
int topo_settree_page(struct topo_settree *tree, const struct topo_prefix *prefix,
                      struct topo_buf *out);
/* The digest of that page. 0, or a status of the rows. */
int topo_settree_digest(struct topo_settree *tree, const struct topo_prefix *prefix,
                        struct topo_id *out);
/* Writes the ids of up to `max` sets that begin with the prefix, in ascending order, beginning
 * behind `after`, or with the first when that is NULL. How many. */
size_t topo_settree_ids(const struct topo_settree *tree, const struct topo_prefix *prefix,
                        const struct topo_id *after, struct topo_id *out, size_t max);

#endif
