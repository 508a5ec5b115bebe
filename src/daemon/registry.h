/*
 * registry.h - DIR/node.db: which spaces there are, and the node's settings. One thread at a time.
 */
#ifndef TOPO_DAEMON_REGISTRY_H
#define TOPO_DAEMON_REGISTRY_H

#include "base/bytes.h"
#include "port/disk.h"

enum {
  TOPO_REGISTRY_FILE = 80, /* bytes of a file name with its NUL */
  TOPO_REGISTRY_NAME = 257 /* bytes of a user's name with its NUL */
};

struct topo_registry;

struct topo_registry_row {
  struct topo_id device, workspace;
  char file[TOPO_REGISTRY_FILE];      /* in DIR/spaces */
  char user_name[TOPO_REGISTRY_NAME]; /* as it was given; for a space that cannot tell yet */
  uint64_t created_ms;
};

/* Opens or creates the file. `disk` outlives the registry. 0; TOPO_ECORRUPT, TOPO_ESCHEMA, TOPO_EIO
 * and so on. */
int topo_registry_open(struct topo_registry **out, const char *path, const struct topo_disk *disk);
void topo_registry_close(struct topo_registry *registry); /* NULL is fine */

/* Calls `each` for every space, in the order of their creation, until it returns a status. */
int topo_registry_list(struct topo_registry *registry,
                       int (*each)(void *arg, const struct topo_registry_row *row), void *arg);
/* Durable on return. 0 or a storage status. */
int topo_registry_add(struct topo_registry *registry, const struct topo_registry_row *row);

/* The setting's 32 bytes; when there is none yet, `fresh` becomes it. 0 or a storage status. */
int topo_registry_secret(struct topo_registry *registry, const char *name,
                         const uint8_t fresh[static 32], uint8_t out[static 32]);

#endif
