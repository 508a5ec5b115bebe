/*
 * access.h - who may call over TCP: tokens, and the codes with which a browser gets one.
 *
 * A token is 32 random bytes as text. node.db keeps BLAKE2b-256 of that text, never the token; the
 * rows are in memory, too, so that checking one never touches the disk. The first start writes a
 * token of scope admin into DIR/admin-token (0600) for scripts of the same user. A file that has
 * another owner or a wider mode at a later start is made anew, and its token ends.
 *
 * A code is good once, for ten minutes, and lives in memory only.
 *
 * Safe for threads.
 */
#ifndef TOPO_DAEMON_ACCESS_H
#define TOPO_DAEMON_ACCESS_H

#include "api/gate.h"
#include "daemon/catalog.h"
#include "port/rng.h"

enum {
  TOPO_TOKEN_TEXT_SIZE = 49, /* "topo_", 43 characters of base64url, NUL */
  TOPO_CODE_TEXT_SIZE = 23,  /* 22 characters of base64url, NUL */
  TOPO_CODE_TTL_MS = 10 * 60 * 1000,
  TOPO_CODES_MAX = 16,  /* a new one then replaces the oldest */
  TOPO_TOKENS_MAX = 256 /* besides the file's; a new session then replaces the oldest session */
};

struct topo_access;

/* Loads the tokens and sees to DIR/admin-token. `catalog` and `rng` outlive it. 0 or a storage
 * status. */
int topo_access_open(struct topo_access **out, struct topo_catalog *catalog,
                     const struct topo_rng *rng, const char *dir);
void topo_access_close(struct topo_access *access); /* NULL is fine; wipes */

/* For the gateway; good as long as the access. */
struct topo_gate topo_access_gate(struct topo_access *access);

/* A new code. 0. Wipe the text after use. */
int topo_access_code_create(struct topo_access *access, char out[static TOPO_CODE_TEXT_SIZE],
                            uint64_t *expires_ms);
/* Uses up a code and makes a session's token. 0; TOPO_EUNAUTHENTICATED (unknown, used, too old), or
 * a storage status. Wipe the token after use. */
int topo_access_session_create(struct topo_access *access, const char *code, size_t len,
                               char token[static TOPO_TOKEN_TEXT_SIZE], uint64_t *expires_ms);
/* Makes a token as `wish` says (name, scope, space, expires_ms), and fills the rest of it. 0;
 * TOPO_ELIMIT when there are TOPO_TOKENS_MAX, or a storage status. Wipe the token after use. */
int topo_access_token_create(struct topo_access *access, struct topo_token_row *wish,
                             char token[static TOPO_TOKEN_TEXT_SIZE]);
/* Calls `each` for every token that is good now, oldest first, under the lock: it must be short. */
void topo_access_token_list(struct topo_access *access,
                            void (*each)(void *arg, const struct topo_token_row *row), void *arg);
/* Ends a token. 0, TOPO_ENOTFOUND, or a storage status. */
int topo_access_token_revoke(struct topo_access *access,
                             const uint8_t id[static TOPO_TOKEN_ID_SIZE]);

#endif
