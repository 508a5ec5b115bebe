/* settree.c - a radix tree over the ids of sets, half a byte a level; see settree.h. */
#include "sync/settree.h"

#include "base/assert.h"
#include "base/status.h"
#include "crypto/hash.h"

#include <stdlib.h>
#include <string.h>

enum {
  LEAF_SIZE = 1 + TOPO_PAGE_ROWS_MAX * TOPO_PAGE_ROW_SIZE,
  INNER_SIZE = 1 + TOPO_PAGE_PARTS * TOPO_PAGE_PART_SIZE
};

struct entry {
  struct topo_id set;
  uint32_t ref;
};

/* A page that is kept: of rows while it has no more than TOPO_PAGE_ROWS_MAX of them, else of parts.
 */
struct topo_settree_node {
  bool inner;
  bool fresh; /* `digest` is that of the page as it is now */
  struct topo_id digest;
  size_t n;              /* of the entries of a page of rows */
  struct entry *entries; /* in ascending order */
  struct topo_settree_node
      *children[TOPO_PAGE_PARTS]; /* of a page of parts; NULL: no set begins so */
};

static unsigned half_byte(const struct topo_id *id, unsigned at)
{
  topo_assert(at < 2 * TOPO_ID_SIZE);
  unsigned byte = id->bytes[at / 2];
  return at % 2 ? byte & 15 : byte >> 4;
}

int topo_prefix_compare(const struct topo_id *id, const struct topo_prefix *prefix)
{
  for (unsigned i = 0; i < prefix->len; i++) {
    unsigned x = half_byte(id, i), y = half_byte(&prefix->id, i);
    if (x != y)
      return x < y ? -1 : 1;
  }
  return 0;
}

struct topo_prefix topo_prefix_extend(const struct topo_prefix *prefix, unsigned half_byte)
{
  struct topo_prefix longer = *prefix;
  topo_assert(prefix->len < TOPO_PREFIX_MAX && half_byte < TOPO_PAGE_PARTS);
  uint8_t *byte = &longer.id.bytes[prefix->len / 2];
  *byte |= (uint8_t)(prefix->len % 2 ? half_byte : half_byte << 4);
  longer.len++;
  return longer;
}

void topo_settree_init(struct topo_settree *tree, topo_settree_row_fn *row, void *ctx)
{
  *tree = (struct topo_settree){row, ctx, NULL};
}

static void destroy(struct topo_settree_node *node)
{
  if (!node)
    return;
  for (unsigned i = 0; node->inner && i < TOPO_PAGE_PARTS; i++)
    destroy(node->children[i]);
  free(node->entries);
  free(node);
}

void topo_settree_finish(struct topo_settree *tree)
{
  destroy(tree->root);
  *tree = (struct topo_settree){0};
}

/* The first entry of a page of rows that is not below the id. */
static size_t place_of(const struct topo_settree_node *leaf, const struct topo_id *set)
{
  size_t low = 0, high = leaf->n;
  topo_assert(!leaf->inner);
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (topo_id_compare(&leaf->entries[middle].set, set) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static int add(struct topo_settree_node *node, unsigned depth, const struct entry *entry);

static int add_to_child(struct topo_settree_node *node, unsigned depth, const struct entry *entry)
{
  struct topo_settree_node **child = &node->children[half_byte(&entry->set, depth)];
  if (!*child)
    *child = calloc(1, sizeof **child);
  return *child ? add(*child, depth + 1, entry) : TOPO_ENOMEM;
}

/* A page of rows that is full becomes one of parts. */
static int split(struct topo_settree_node *node, unsigned depth)
{
  struct entry *entries = node->entries;
  size_t n = node->n;
  int status = 0;
  topo_assert(!node->inner && n == TOPO_PAGE_ROWS_MAX);
  node->entries = NULL;
  node->n = 0;
  node->inner = true;
  for (size_t i = 0; i < n && status == 0; i++)
    status = add_to_child(node, depth, &entries[i]);
  free(entries);
  return status;
}

static int add(struct topo_settree_node *node, unsigned depth, const struct entry *entry)
{
  node->fresh = false;
  if (!node->inner && node->n == TOPO_PAGE_ROWS_MAX) {
    int status = split(node, depth);
    if (status < 0)
      return status;
  }
  if (node->inner)
    return add_to_child(node, depth, entry);
  size_t at = place_of(node, &entry->set);
  topo_assert(at == node->n || !topo_id_equal(&node->entries[at].set, &entry->set));
  struct entry *entries = realloc(node->entries, (node->n + 1) * sizeof *entries);
  if (!entries)
    return TOPO_ENOMEM;
  memmove(entries + at + 1, entries + at, (node->n - at) * sizeof *entries);
  entries[at] = *entry;
  node->entries = entries;
  node->n++;
  return 0;
}

int topo_settree_add(struct topo_settree *tree, const struct topo_id *set, uint32_t ref)
{
  topo_assert(tree->row);
  if (!tree->root)
    tree->root = calloc(1, sizeof *tree->root);
  return tree->root ? add(tree->root, 0, &(struct entry){*set, ref}) : TOPO_ENOMEM;
}

static const struct entry *find(const struct topo_settree *tree, const struct topo_id *set)
{
  const struct topo_settree_node *node = tree->root;
  for (unsigned depth = 0; node && node->inner; depth++)
    node = node->children[half_byte(set, depth)];
  if (!node)
    return NULL;
  size_t at = place_of(node, set);
  bool there = at < node->n && topo_id_equal(&node->entries[at].set, set);
  return there ? &node->entries[at] : NULL;
}

bool topo_settree_find(const struct topo_settree *tree, const struct topo_id *set, uint32_t *ref)
{
  const struct entry *entry = find(tree, set);
  if (entry)
    *ref = entry->ref;
  return entry != NULL;
}

void topo_settree_touch(struct topo_settree *tree, const struct topo_id *set)
{
  struct topo_settree_node *node = tree->root;
  for (unsigned depth = 0; node; depth++) {
    node->fresh = false;
    node = node->inner ? node->children[half_byte(set, depth)] : NULL;
  }
}

static int read_row(const struct topo_settree *tree, const struct entry *entry,
                    struct topo_session_set *out)
{
  int status = tree->row(tree->ctx, entry->ref, out);
  topo_assert(status < 0 || (topo_id_equal(&out->set, &entry->set) && out->count > 0));
  return status;
}

int topo_settree_row(const struct topo_settree *tree, const struct topo_id *set,
                     struct topo_session_set *out)
{
  const struct entry *entry = find(tree, set);
  *out = (struct topo_session_set){.set = *set};
  return entry ? read_row(tree, entry, out) : 0;
}

/* Writes the page of `n` rows. How long it is, or a status. */
static int write_rows(const struct topo_settree *tree, const struct entry *entries, size_t n,
                      uint8_t out[static LEAF_SIZE])
{
  topo_assert(n <= TOPO_PAGE_ROWS_MAX);
  size_t len = 0;
  out[len++] = TOPO_PAGE_OF_ROWS;
  for (size_t i = 0; i < n; i++) {
    struct topo_session_set row;
    int status = read_row(tree, &entries[i], &row);
    if (status < 0)
      return status;
    memcpy(out + len, row.set.bytes, TOPO_ID_SIZE);
    topo_put_be64(out + len + TOPO_ID_SIZE, row.count);
    memcpy(out + len + TOPO_ID_SIZE + 8, row.digest.bytes, TOPO_ID_SIZE);
    len += TOPO_PAGE_ROW_SIZE;
  }
  return (int)len;
}

static void hash_page(const uint8_t *page, size_t len, struct topo_id *out)
{
  static const char label[] = "topo/1 page";
  struct topo_bytes parts[] = {{(const uint8_t *)label, sizeof label - 1}, {page, len}};
  topo_hash(out->bytes, parts, 2);
}

static int refresh(const struct topo_settree *tree, struct topo_settree_node *node);

/* Writes the page of parts. How long it is, or a status. */
static int write_parts(const struct topo_settree *tree, const struct topo_settree_node *node,
                       uint8_t out[static INNER_SIZE])
{
  size_t len = 0;
  topo_assert(node->inner);
  out[len++] = TOPO_PAGE_OF_PARTS;
  for (uint8_t i = 0; i < TOPO_PAGE_PARTS; i++) {
    struct topo_settree_node *child = node->children[i];
    if (!child)
      continue;
    int status = refresh(tree, child);
    if (status < 0)
      return status;
    out[len] = i;
    memcpy(out + len + 1, child->digest.bytes, TOPO_ID_SIZE);
    len += TOPO_PAGE_PART_SIZE;
  }
  return (int)len;
}

static int refresh_leaf(const struct topo_settree *tree, struct topo_settree_node *node)
{
  uint8_t page[LEAF_SIZE];
  int len = write_rows(tree, node->entries, node->n, page);
  if (len > 0)
    hash_page(page, (size_t)len, &node->digest);
  return len < 0 ? len : 0;
}

static int refresh_inner(const struct topo_settree *tree, struct topo_settree_node *node)
{
  uint8_t page[INNER_SIZE];
  int len = write_parts(tree, node, page);
  if (len > 0)
    hash_page(page, (size_t)len, &node->digest);
  return len < 0 ? len : 0;
}

/* Makes the digest that of the page as it is now. As deep as ids share half bytes. */
static int refresh(const struct topo_settree *tree, struct topo_settree_node *node)
{
  if (node->fresh)
    return 0;
  int status = node->inner ? refresh_inner(tree, node) : refresh_leaf(tree, node);
  node->fresh = status == 0;
  return status;
}

/* Where the sets are that begin with a prefix: all of a node or, when its rows go beyond the
 * prefix, some of its rows. NULL: there are none. */
struct place {
  struct topo_settree_node *node;
  bool whole;
  const struct entry *entries; /* when it is a page of rows */
  size_t n;
};

static struct place place_of_prefix(const struct topo_settree *tree,
                                    const struct topo_prefix *prefix)
{
  struct topo_settree_node *node = tree->root;
  unsigned depth = 0;
  topo_assert(prefix->len <= TOPO_PREFIX_MAX);
  for (; node && node->inner && depth < prefix->len; depth++)
    node = node->children[half_byte(&prefix->id, depth)];
  if (!node || node->inner)
    return (struct place){node, true, NULL, 0};
  size_t first = 0, end;
  while (first < node->n && topo_prefix_compare(&node->entries[first].set, prefix) < 0)
    first++;
  for (end = first; end < node->n && topo_prefix_compare(&node->entries[end].set, prefix) == 0;)
    end++;
  return (struct place){node, depth == prefix->len, node->entries + first, end - first};
}

int topo_settree_page(struct topo_settree *tree, const struct topo_prefix *prefix,
                      struct topo_buf *out)
{
  uint8_t rows[LEAF_SIZE], parts[INNER_SIZE];
  struct place place = place_of_prefix(tree, prefix);
  bool inner = place.node && place.node->inner;
  int len =
      inner ? write_parts(tree, place.node, parts) : write_rows(tree, place.entries, place.n, rows);
  return len < 0 ? len : topo_buf_put(out, inner ? parts : rows, (size_t)len);
}

int topo_settree_digest(struct topo_settree *tree, const struct topo_prefix *prefix,
                        struct topo_id *out)
{
  struct place place = place_of_prefix(tree, prefix);
  if (place.node && place.whole) {
    int status = refresh(tree, place.node);
    *out = place.node->digest;
    return status;
  }
  uint8_t page[LEAF_SIZE];
  int len = write_rows(tree, place.entries, place.n, page);
  if (len > 0)
    hash_page(page, (size_t)len, out);
  return len < 0 ? len : 0;
}

struct listing {
  const struct topo_id *after; /* NULL: from the first one on */
  struct topo_id *out;
  size_t n, max;
};

static void list_entries(const struct entry *entries, size_t n, struct listing *l)
{
  for (size_t i = 0; i < n && l->n < l->max; i++)
    if (!l->after || topo_id_compare(&entries[i].set, l->after) > 0)
      l->out[l->n++] = entries[i].set;
}

/* `on_path`: ids below the node begin as `after` does, as far as the node is deep. */
static void list_node(const struct topo_settree_node *node, unsigned depth, bool on_path,
                      struct listing *l)
{
  if (!node || l->n == l->max)
    return;
  if (!node->inner) {
    list_entries(node->entries, node->n, l);
    return;
  }
  unsigned from = on_path ? half_byte(l->after, depth) : 0;
  for (unsigned i = from; i < TOPO_PAGE_PARTS; i++)
    list_node(node->children[i], depth + 1, on_path && i == from, l);
}

size_t topo_settree_ids(const struct topo_settree *tree, const struct topo_prefix *prefix,
                        const struct topo_id *after, struct topo_id *out, size_t max)
{
  struct listing l = {after, out, 0, max};
  struct place place = place_of_prefix(tree, prefix);
  topo_assert(!after || topo_prefix_compare(after, prefix) == 0);
  if (place.node && place.node->inner)
    list_node(place.node, prefix->len, after != NULL, &l);
  else
    list_entries(place.entries, place.n, &l);
  return l.n;
}
