/*
 * cid_table.h - connection id → connection.
 *
 * A chained hash table keyed with SipHash, because the first id of a connection is chosen by a
 * client nobody has authenticated yet. Every owner keeps the head of a list of its entries, so that
 * it can leave the table without knowing its ids.
 */
#ifndef TOPO_NET_CID_TABLE_H
#define TOPO_NET_CID_TABLE_H

#include <stddef.h>
#include <stdint.h>

enum { TOPO_CID_MAX = 20 }; /* RFC 9000, 17.2 */

struct topo_cid_entry;
struct topo_cid_table {
  struct topo_cid_entry **buckets;
  size_t size; /* a power of two, or 0 before the first entry */
  size_t used;
  uint8_t key[16];
};

void topo_cid_table_init(struct topo_cid_table *table, const uint8_t key[static 16]);
/* Frees the memory of a table that every owner has left. NULL is fine. */
void topo_cid_table_finish(struct topo_cid_table *table);
/* Adds an id of at most TOPO_CID_MAX bytes and puts it into the owner's list (*list is NULL at
 * first). 0, TOPO_EEXISTS when the id is taken (by whomever), TOPO_ENOMEM. */
int topo_cid_table_put(struct topo_cid_table *table, const uint8_t *cid, size_t len, void *owner,
                       struct topo_cid_entry **list);
/* The owner, or NULL. Any length may be asked for. */
void *topo_cid_table_get(const struct topo_cid_table *table, const uint8_t *cid, size_t len);
/* Takes one id of that list out; nothing happens when it is not there. */
void topo_cid_table_remove(struct topo_cid_table *table, const uint8_t *cid, size_t len,
                           struct topo_cid_entry **list);
/* Takes all ids of the list out; *list is NULL afterwards. */
void topo_cid_table_remove_all(struct topo_cid_table *table, struct topo_cid_entry **list);

#endif
