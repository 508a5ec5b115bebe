/*
 * address_table.h - what a space's file keeps of addresses: where each device was reached, and
 * which address was given by hand. Not where it says itself that it is: that is in its record
 * (records.h).
 */
#ifndef TOPO_NODE_ADDRESS_TABLE_H
#define TOPO_NODE_ADDRESS_TABLE_H

#include "node/env.h"
#include "store/db.h"

/* In the order in which releases brought them. */
extern const struct topo_migration topo_address_table_seen, topo_address_table_given;

struct topo_address_row {
  struct topo_id device;
  struct topo_address address;
  uint64_t seen_ms; /* Unix time; 0: it was given */
  bool given;
};

/* Calls each(arg, row) for what was given and then for what was seen, the latest last; what is
 * damaged is passed over. 0 or a storage status. */
int topo_address_table_read(struct topo_env *env,
                            void (*each)(void *arg, const struct topo_address_row *row), void *arg);

/* These write in the caller's transaction. 0 or a status of storage. */

/* The device was reached there just now: that is the latest. Keeps TOPO_NODE_ADDRESSES_MAX of it.
 */
int topo_address_table_see(struct topo_env *env, const struct topo_id *device,
                           const struct topo_address *address);
/* It was given by hand, and counts as seen just now. How many there may be is the caller's to
 * know. */
int topo_address_table_give(struct topo_env *env, const struct topo_id *device,
                            const struct topo_address *address);
/* It is neither seen nor given any more. */
int topo_address_table_forget(struct topo_env *env, const struct topo_id *device,
                              const struct topo_address *address);

#endif
