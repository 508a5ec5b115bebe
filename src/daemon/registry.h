/*
 * registry.h - the spaces of this daemon: the catalog in DIR/node.db and the files in DIR/spaces.
 *
 * A space's file is made under a temporary name ("new-…"), renamed to DEVICE.db when everything is
 * in it, and then registered. What a crash left under a temporary name is removed at the next
 * start, and a whole file that is not registered yet is registered then: no crash loses one that
 * was finished, and nothing that may hold somebody's messages is ever removed.
 *
 * Safe for threads, but open and stop.
 */
#ifndef TOPO_DAEMON_REGISTRY_H
#define TOPO_DAEMON_REGISTRY_H

#include "daemon/catalog.h"
#include "daemon/space.h"

struct topo_registry;

/* One space, or what is left of it. */
struct topo_registry_entry {
  struct topo_catalog_row row;
  struct topo_space *space; /* NULL: it could not be opened */
  int status;               /* why */
};

/* Opens the catalog and reads or makes the secret of the port, DIR/spaces included. `disk` and
 * `rng` outlive the registry. 0 or a storage status. */
int topo_registry_open(struct topo_registry **out, const char *dir, const struct topo_disk *disk,
                       const struct topo_rng *rng);
/* 32 bytes, kept in node.db, for topo_network_options. */
const uint8_t *topo_registry_secret(const struct topo_registry *registry);
/* Of node.db; good as long as the registry. */
struct topo_catalog *topo_registry_catalog(struct topo_registry *registry);
/* Opens every space. One that fails is kept as an entry with its status. 0, or a status of the
 * catalog. `env` outlives the registry. */
int topo_registry_start(struct topo_registry *registry, const struct topo_space_env *env);
/* Where others may reach the daemon from now on, best first, at most TOPO_NODE_ADDRESSES_MAX: told
 * to every space, and to each that comes later. */
void topo_registry_set_addresses(struct topo_registry *registry,
                                 const struct topo_address *addresses, size_t n);
/* What was told last. Returns how many. */
size_t topo_registry_addresses(struct topo_registry *registry,
                               struct topo_address out[static TOPO_NODE_ADDRESSES_MAX]);
/* Stops every space; none is made any more. */
void topo_registry_stop(struct topo_registry *registry);
/* After the network is gone. NULL is fine. */
void topo_registry_close(struct topo_registry *registry);

/* Where clients subscribe to spaces. Good as long as the registry. */
struct topo_subscription_source topo_registry_subscriptions(struct topo_registry *registry);

size_t topo_registry_count(struct topo_registry *registry);
/* The entry with this index. Indexes are stable, and entries live as long as the registry. */
const struct topo_registry_entry *topo_registry_at(struct topo_registry *registry, size_t index);
/* NULL when there is no such space. */
const struct topo_registry_entry *topo_registry_find(struct topo_registry *registry,
                                                     const struct topo_id *device);

/* A space to be made: in a new workspace, when that has a name, or else one that joins by an invite
 * link.
 */
struct topo_registry_wish {
  const char *workspace_name, *user_name;
  const struct topo_invite_link *invite_link;
  const char *key;        /* the client's idempotency key; NULL or empty: none */
  struct topo_id request; /* when there is a key: a hash of all that is asked */
};

/* How the answer to a wish came about. */
enum topo_registry_how {
  TOPO_REGISTRY_MADE,
  TOPO_REGISTRY_REPLAYED, /* its key has made a space before, be it one that a crash kept from being
                             answered for */
  TOPO_REGISTRY_EXISTED /* there is a space of the invite link's workspace, and it can be opened */
};

/* Makes it, or finds the one that is the answer. 0, *out and *how; TOPO_EMISMATCH (the key came
 * with another request), TOPO_ELIMIT, TOPO_ECLOSED, or a storage status. */
int topo_registry_make(struct topo_registry *registry, const struct topo_registry_wish *wish,
                       const struct topo_registry_entry **out, enum topo_registry_how *how);

#endif
