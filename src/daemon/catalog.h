/*
 * catalog.h - DIR/node.db: which spaces there are, the tokens of callers, and the node's settings.
 * Safe for threads, one after another.
 */
#ifndef TOPO_DAEMON_CATALOG_H
#define TOPO_DAEMON_CATALOG_H

#include "api/op.h"
#include "base/bytes.h"
#include "events/profile/profile_read.h"
#include "port/disk.h"

enum {
  TOPO_CATALOG_FILE = 80,                /* bytes of a file name with its NUL */
  TOPO_CATALOG_NAME = TOPO_NAME_MAX + 1, /* bytes of a user's name with its NUL */
  TOPO_TOKEN_ID_SIZE = 12,               /* the first bytes of its hash name a token */
  TOPO_TOKEN_NAME = 65                   /* bytes of a token's name with its NUL */
};

struct topo_catalog;

struct topo_catalog_row {
  struct topo_id device, workspace;
  char file[TOPO_CATALOG_FILE];      /* in DIR/spaces */
  char user_name[TOPO_CATALOG_NAME]; /* as it was given; for a space that cannot tell yet */
  uint64_t created_ms;
  char key[TOPO_OP_KEY_SIZE]; /* the idempotency key that made it, or empty */
  struct topo_id request;     /* and a hash of what was asked with it */
};

/* Opens or creates the file. `disk` outlives the catalog. 0; TOPO_ECORRUPT, TOPO_ESCHEMA, TOPO_EIO
 * and so on. */
int topo_catalog_open(struct topo_catalog **out, const char *path, const struct topo_disk *disk);
void topo_catalog_close(struct topo_catalog *catalog); /* NULL is fine */

/* Calls `each` for every space, in the order of their creation, until it returns a status. */
int topo_catalog_list(struct topo_catalog *catalog,
                      int (*each)(void *arg, const struct topo_catalog_row *row), void *arg);
/* Durable on return. 0 or a storage status. */
int topo_catalog_add(struct topo_catalog *catalog, const struct topo_catalog_row *row);

/* The setting's 32 bytes; when there is none yet, `fresh` becomes it. 0 or a storage status. */
int topo_catalog_secret(struct topo_catalog *catalog, const char *name,
                        const uint8_t fresh[static 32], uint8_t out[static 32]);

/* How a token came about. The numbers are stored. */
enum topo_token_kind {
  TOPO_TOKEN_NAMED = 0,   /* createToken */
  TOPO_TOKEN_SESSION = 1, /* createSession */
  TOPO_TOKEN_FILE = 2     /* DIR/admin-token */
};

struct topo_token_row {
  uint8_t id[TOPO_TOKEN_ID_SIZE];
  struct topo_id hash; /* of the token's text */
  char name[TOPO_TOKEN_NAME];
  enum topo_token_kind kind;
  enum topo_scope scope;
  bool one_space;
  struct topo_id space;
  uint64_t created_ms, expires_ms; /* 0: never */
};

/* In the order of their creation, until `each` returns a status. */
int topo_catalog_token_list(struct topo_catalog *catalog,
                            int (*each)(void *arg, const struct topo_token_row *row), void *arg);
/* Durable on return. 0 or a storage status. */
int topo_catalog_token_add(struct topo_catalog *catalog, const struct topo_token_row *row);
int topo_catalog_token_remove(struct topo_catalog *catalog,
                              const uint8_t id[static TOPO_TOKEN_ID_SIZE]);

#endif
