/*
 * host.h - the spaces of this daemon: the registry in DIR/node.db and the files in DIR/spaces.
 *
 * A space's file is made under a temporary name ("new-…"), renamed to DEVICE.db when everything is
 * in it, and then registered. What a crash left under a temporary name is removed at the next
 * start, and a whole file that is not registered yet is registered then: no crash loses one that
 * was finished, and nothing that may hold somebody's messages is ever removed.
 *
 * Safe for threads, but open and stop.
 */
#ifndef TOPO_DAEMON_HOST_H
#define TOPO_DAEMON_HOST_H

#include "daemon/registry.h"
#include "daemon/space.h"

struct topo_host;

/* One space, or what is left of it. */
struct topo_host_entry {
  struct topo_registry_row row;
  struct topo_space *space; /* NULL: it could not be opened */
  int status;               /* why */
};

/* Opens the registry and reads or makes the secret of the port, DIR/spaces included. `disk` and
 * `rng` outlive the host. 0 or a storage status. */
int topo_host_open(struct topo_host **out, const char *dir, const struct topo_disk *disk,
                   const struct topo_rng *rng);
/* 32 bytes, kept in node.db, for topo_network_options. */
const uint8_t *topo_host_secret(const struct topo_host *host);
/* Of node.db; good as long as the host. */
struct topo_registry *topo_host_registry(struct topo_host *host);
/* Opens every space. One that fails is kept as an entry with its status. 0, or a status of the
 * registry. `env` outlives the host. */
int topo_host_start(struct topo_host *host, const struct topo_space_env *env);
/* Stops every space; none is made any more. */
void topo_host_stop(struct topo_host *host);
/* After the network is gone. NULL is fine. */
void topo_host_close(struct topo_host *host);

/* Where clients follow the spaces. Good as long as the host. */
struct topo_feed_source topo_host_feeds(struct topo_host *host);

size_t topo_host_count(struct topo_host *host);
/* The entry at a place; places are stable and entries live as long as the host. */
const struct topo_host_entry *topo_host_at(struct topo_host *host, size_t place);
/* NULL when there is no such space. */
const struct topo_host_entry *topo_host_find(struct topo_host *host, const struct topo_id *device);

/* A space to be made: in a new workspace, when that has a name, or else one that joins by a link.
 */
struct topo_host_wish {
  const char *workspace_name, *link, *user_name;
  const char *key;        /* the client's idempotency key; NULL or empty: none */
  struct topo_id request; /* when there is a key: a hash of all that is asked */
};

/* Makes it. 0 and *out; TOPO_EINVAL, TOPO_EVERSION (the link), TOPO_EMISMATCH (the key came with
 * another request), TOPO_ELIMIT, TOPO_ECLOSED, or a storage status. When the key has made a space
 * before, also one that a crash kept from being answered for, that one is the answer and *replayed
 * is set. */
int topo_host_make(struct topo_host *host, const struct topo_host_wish *wish,
                   const struct topo_host_entry **out, bool *replayed);

#endif
