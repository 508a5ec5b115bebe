/* cid_table.c - connection id → connection, chained, SipHash-keyed. */
#include "net/cid_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/hash.h"

enum { FIRST_SIZE = 64 };

struct topo_cid_entry {
  struct topo_cid_entry *chain; /* the next one in the bucket */
  struct topo_cid_entry *own;   /* the next one of the owner */
  void *owner;
  uint8_t len;
  uint8_t cid[TOPO_CID_MAX];
};

static size_t bucket_of(const struct topo_cid_table *t, const uint8_t *cid, size_t len)
{
  return (size_t)topo_hash_short(t->key, cid, len) & (t->size - 1);
}

static bool is(const struct topo_cid_entry *e, const uint8_t *cid, size_t len)
{
  return e->len == len && memcmp(e->cid, cid, len) == 0;
}

void topo_cid_table_init(struct topo_cid_table *table, const uint8_t key[static 16])
{
  memset(table, 0, sizeof *table);
  memcpy(table->key, key, sizeof table->key);
}

void topo_cid_table_finish(struct topo_cid_table *table)
{
  if (!table)
    return;
  topo_assert(table->used == 0);
  free(table->buckets);
  topo_wipe(table, sizeof *table);
}

static int grow(struct topo_cid_table *t)
{
  struct topo_cid_table bigger = *t;
  bigger.size = t->size ? 2 * t->size : FIRST_SIZE;
  bigger.buckets = calloc(bigger.size, sizeof(struct topo_cid_entry *));
  if (!bigger.buckets)
    return TOPO_ENOMEM;
  for (size_t i = 0; i < t->size; i++)
    for (struct topo_cid_entry *e = t->buckets[i], *next; e; e = next) {
      struct topo_cid_entry **head = &bigger.buckets[bucket_of(&bigger, e->cid, e->len)];
      next = e->chain;
      e->chain = *head;
      *head = e;
    }
  free(t->buckets);
  *t = bigger;
  return 0;
}

int topo_cid_table_put(struct topo_cid_table *table, const uint8_t *cid, size_t len, void *owner,
                       struct topo_cid_entry **list)
{
  struct topo_cid_entry *e, **head;
  topo_assert(len <= TOPO_CID_MAX);
  if (topo_cid_table_get(table, cid, len))
    return TOPO_EEXISTS;
  if (table->used >= table->size && grow(table))
    return TOPO_ENOMEM;
  e = calloc(1, sizeof *e);
  if (!e)
    return TOPO_ENOMEM;
  e->owner = owner;
  e->len = (uint8_t)len;
  memcpy(e->cid, cid, len);
  head = &table->buckets[bucket_of(table, cid, len)];
  e->chain = *head;
  *head = e;
  e->own = *list;
  *list = e;
  table->used++;
  return 0;
}

void *topo_cid_table_get(const struct topo_cid_table *table, const uint8_t *cid, size_t len)
{
  if (!table->size || len > TOPO_CID_MAX)
    return NULL;
  for (struct topo_cid_entry *e = table->buckets[bucket_of(table, cid, len)]; e; e = e->chain)
    if (is(e, cid, len))
      return e->owner;
  return NULL;
}

/* Takes the entry out of its bucket and frees it; the owner's list is the caller's business. */
static void drop(struct topo_cid_table *t, struct topo_cid_entry *e)
{
  struct topo_cid_entry **at = &t->buckets[bucket_of(t, e->cid, e->len)];
  while (*at != e)
    at = &(*at)->chain;
  *at = e->chain;
  t->used--;
  free(e);
}

void topo_cid_table_remove(struct topo_cid_table *table, const uint8_t *cid, size_t len,
                           struct topo_cid_entry **list)
{
  for (struct topo_cid_entry **at = list; *at; at = &(*at)->own)
    if (is(*at, cid, len)) {
      struct topo_cid_entry *e = *at;
      *at = e->own;
      drop(table, e);
      return;
    }
}

void topo_cid_table_remove_all(struct topo_cid_table *table, struct topo_cid_entry **list)
{
  while (*list) {
    struct topo_cid_entry *e = *list;
    *list = e->own;
    drop(table, e);
  }
}
