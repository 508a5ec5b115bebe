/* access.c - tokens and codes. */
#include "daemon/access.h"

#include "api/base64url.h"
#include "base/status.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "sys/clock.h"
#include "sys/mutex.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TOKEN_BYTES = 32, CODE_BYTES = 16, PATH_SIZE = 4096, ROWS = TOPO_TOKENS_MAX + 1 };

static const uint64_t SESSION_TTL_MS = UINT64_C(30) * 24 * 3600 * 1000;
static const char prefix[] = "topo_";

struct code {
  struct topo_id hash; /* of its text; zero: free */
  uint64_t expires_ms;
  uint64_t number; /* grows with each code; 0: free */
};

struct topo_access {
  struct topo_catalog *catalog;
  const struct topo_rng *rng;
  /* Tokens are made and ended one at a time: held while the disk is waited for, and taken before
   * `mutex`, under which the rows are changed. Whoever holds it may read them without. */
  pthread_mutex_t making;
  pthread_mutex_t mutex;
  struct topo_token_row *rows; /* ROWS of them: one more is for the file's */
  size_t n;
  struct code codes[TOPO_CODES_MAX];
  uint64_t last_code; /* its number */
};

static uint64_t now_ms(void)
{
  return (uint64_t)topo_clock_wall_ms();
}

static struct topo_id hash_of(const void *text, size_t len)
{
  struct topo_bytes part = {text, len};
  struct topo_id hash;
  topo_hash(hash.bytes, &part, 1);
  return hash;
}

static bool good(const struct topo_token_row *row, uint64_t now)
{
  return !row->expires_ms || row->expires_ms > now;
}

/* ---- the rows -------------------------------------------------------------------------------- */

/* All that changes them, but for the load: with `making`. */
static void forget_at(struct topo_access *access, size_t at)
{
  pthread_mutex_lock(&access->mutex);
  memmove(&access->rows[at], &access->rows[at + 1], (--access->n - at) * sizeof *access->rows);
  pthread_mutex_unlock(&access->mutex);
}

static void append(struct topo_access *access, const struct topo_token_row *row)
{
  pthread_mutex_lock(&access->mutex);
  access->rows[access->n++] = *row;
  pthread_mutex_unlock(&access->mutex);
}

static int remove_at(struct topo_access *access, size_t at)
{
  int status = topo_catalog_token_remove(access->catalog, access->rows[at].id);
  if (status == 0)
    forget_at(access, at);
  return status;
}

/* Drops what has expired; and, for a session, the oldest session when there are as many as there
 * may be. The file's token is not counted: without it the daemon would not start. */
static int make_room(struct topo_access *access, enum topo_token_kind kind)
{
  int status = 0;
  uint64_t now = now_ms();
  size_t others = 0;
  for (size_t i = access->n; i-- > 0 && status == 0;)
    if (!good(&access->rows[i], now))
      status = remove_at(access, i);
  for (size_t i = 0; i < access->n; i++)
    others += access->rows[i].kind != TOPO_TOKEN_FILE;
  if (status < 0 || kind == TOPO_TOKEN_FILE || others < TOPO_TOKENS_MAX)
    return status;
  for (size_t i = 0; i < access->n && kind == TOPO_TOKEN_SESSION; i++)
    if (access->rows[i].kind == TOPO_TOKEN_SESSION)
      return remove_at(access, i);
  return TOPO_ELIMIT;
}

/* Makes a token's text and its row. With `making`. */
static int add(struct topo_access *access, struct topo_token_row *row,
               char token[static TOPO_TOKEN_TEXT_SIZE])
{
  uint8_t bytes[TOKEN_BYTES];
  int status = make_room(access, row->kind);
  if (status < 0)
    return status;
  topo_rng_fill(access->rng, bytes, sizeof bytes);
  memcpy(token, prefix, sizeof prefix - 1);
  topo_base64url_encode(token + sizeof prefix - 1, bytes, sizeof bytes);
  topo_wipe(bytes, sizeof bytes);
  row->hash = hash_of(token, TOPO_TOKEN_TEXT_SIZE - 1);
  memcpy(row->id, row->hash.bytes, sizeof row->id);
  row->created_ms = now_ms();
  status = topo_catalog_token_add(access->catalog, row);
  if (status == 0)
    append(access, row);
  else
    topo_wipe(token, TOPO_TOKEN_TEXT_SIZE);
  return status;
}

int topo_access_token_create(struct topo_access *access, struct topo_token_row *wish,
                             char token[static TOPO_TOKEN_TEXT_SIZE])
{
  pthread_mutex_lock(&access->making);
  wish->kind = TOPO_TOKEN_NAMED;
  int status = add(access, wish, token);
  pthread_mutex_unlock(&access->making);
  return status;
}

void topo_access_token_list(struct topo_access *access,
                            void (*each)(void *arg, const struct topo_token_row *row), void *arg)
{
  uint64_t now = now_ms();
  pthread_mutex_lock(&access->mutex);
  for (size_t i = 0; i < access->n; i++)
    if (good(&access->rows[i], now))
      each(arg, &access->rows[i]);
  pthread_mutex_unlock(&access->mutex);
}

int topo_access_token_revoke(struct topo_access *access,
                             const uint8_t id[static TOPO_TOKEN_ID_SIZE])
{
  int status = TOPO_ENOTFOUND;
  pthread_mutex_lock(&access->making);
  for (size_t i = 0; i < access->n; i++)
    if (memcmp(access->rows[i].id, id, TOPO_TOKEN_ID_SIZE) == 0) {
      status = remove_at(access, i);
      break;
    }
  pthread_mutex_unlock(&access->making);
  return status;
}

/* Every row is compared, and each in constant time: how long it takes tells nothing. */
static int check(void *ctx, const char *token, size_t len, struct topo_grant *out)
{
  struct topo_access *access = ctx;
  struct topo_id hash = hash_of(token, len);
  uint64_t now = now_ms();
  int status = TOPO_EUNAUTHENTICATED;
  pthread_mutex_lock(&access->mutex);
  for (size_t i = 0; i < access->n; i++) {
    const struct topo_token_row *row = &access->rows[i];
    bool same = topo_equal_secret(hash.bytes, row->hash.bytes, sizeof hash.bytes);
    if (!same || !good(row, now))
      continue;
    *out = (struct topo_grant){.scope = row->scope,
                               .one_space = row->one_space,
                               .space = row->space,
                               .expires_ms = row->expires_ms};
    status = 0;
  }
  pthread_mutex_unlock(&access->mutex);
  return status;
}

struct topo_gate topo_access_gate(struct topo_access *access)
{
  return (struct topo_gate){check, access};
}

/* ---- codes ----------------------------------------------------------------------------------- */

int topo_access_code_create(struct topo_access *access, char out[static TOPO_CODE_TEXT_SIZE],
                            uint64_t *expires_ms)
{
  uint8_t bytes[CODE_BYTES];
  topo_rng_fill(access->rng, bytes, sizeof bytes);
  topo_base64url_encode(out, bytes, sizeof bytes);
  topo_wipe(bytes, sizeof bytes);
  *expires_ms = now_ms() + TOPO_CODE_TTL_MS;
  pthread_mutex_lock(&access->mutex);
  struct code *oldest = &access->codes[0];
  for (size_t i = 1; i < TOPO_CODES_MAX; i++)
    if (access->codes[i].number < oldest->number)
      oldest = &access->codes[i];
  *oldest = (struct code){hash_of(out, TOPO_CODE_TEXT_SIZE - 1), *expires_ms, ++access->last_code};
  pthread_mutex_unlock(&access->mutex);
  return 0;
}

/* Returns whether there is such a code, and forgets it: a code is good once, whatever happens after
 * this. */
static bool use_code(struct topo_access *access, const struct topo_id *hash)
{
  bool found = false;
  uint64_t now = now_ms();
  pthread_mutex_lock(&access->mutex);
  for (size_t i = 0; i < TOPO_CODES_MAX; i++) {
    struct code *code = &access->codes[i];
    if (!topo_equal_secret(code->hash.bytes, hash->bytes, sizeof hash->bytes))
      continue;
    found = code->expires_ms > now;
    *code = (struct code){.expires_ms = 0};
  }
  pthread_mutex_unlock(&access->mutex);
  return found;
}

int topo_access_session_create(struct topo_access *access, const char *code, size_t len,
                               char token[static TOPO_TOKEN_TEXT_SIZE], uint64_t *expires_ms)
{
  struct topo_id hash = hash_of(code, len);
  struct topo_token_row row = {.name = "browser",
                               .kind = TOPO_TOKEN_SESSION,
                               .scope = TOPO_SCOPE_ADMIN,
                               .expires_ms = now_ms() + SESSION_TTL_MS};
  int status = TOPO_EUNAUTHENTICATED;
  if (use_code(access, &hash)) {
    pthread_mutex_lock(&access->making);
    status = add(access, &row, token);
    pthread_mutex_unlock(&access->making);
  }
  *expires_ms = row.expires_ms;
  return status;
}

/* ---- DIR/admin-token ------------------------------------------------------------------------- */

/* A file of ours that nobody else could read or write. */
static bool is_private(int fd)
{
  struct stat info;
  return fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == geteuid() &&
         (info.st_mode & 077) == 0;
}

/* Reads the file's token into `out`. False when there is none that could be one, or others may have
 * seen it. What is there is not waited for: it may be a FIFO. */
static bool read_file(const char *path, char out[static TOPO_TOKEN_TEXT_SIZE])
{
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0)
    return false;
  ssize_t n = is_private(fd) ? read(fd, out, TOPO_TOKEN_TEXT_SIZE) : 0;
  close(fd);
  bool whole = n == TOPO_TOKEN_TEXT_SIZE && out[n - 1] == '\n';
  out[whole ? n - 1 : 0] = '\0';
  return whole;
}

static int write_file(const char *path, const char *token)
{
  char fresh[PATH_SIZE + 8];
  snprintf(fresh, sizeof fresh, "%s.new", path);
  unlink(fresh);
  int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0)
    return errno == ENOSPC ? TOPO_EDISKFULL : TOPO_EIO;
  char line[TOPO_TOKEN_TEXT_SIZE];
  memcpy(line, token, TOPO_TOKEN_TEXT_SIZE - 1);
  line[TOPO_TOKEN_TEXT_SIZE - 1] = '\n';
  bool written = write(fd, line, sizeof line) == (ssize_t)sizeof line && fsync(fd) == 0;
  topo_wipe(line, sizeof line);
  close(fd);
  if (written && rename(fresh, path) == 0)
    return 0;
  unlink(fresh);
  return TOPO_EIO;
}

static bool is_admins(const struct topo_access *access, const char *token)
{
  struct topo_grant grant;
  return check((void *)(uintptr_t)access, token, strlen(token), &grant) == 0 &&
         grant.scope == TOPO_SCOPE_ADMIN;
}

/* A file that is gone, could be seen by others, or names no good token, is made anew, and the old
 * token ends with it. */
static int see_to_admin_file(struct topo_access *access, const char *dir)
{
  char path[PATH_SIZE], token[TOPO_TOKEN_TEXT_SIZE];
  struct topo_token_row row = {
      .name = "admin-token", .kind = TOPO_TOKEN_FILE, .scope = TOPO_SCOPE_ADMIN};
  int n = snprintf(path, sizeof path, "%s/admin-token", dir);
  if (n < 0 || (size_t)n >= sizeof path)
    return TOPO_ELIMIT;
  bool have = read_file(path, token) && is_admins(access, token);
  int status = 0;
  if (!have) {
    for (size_t i = access->n; i-- > 0 && status == 0;)
      if (access->rows[i].kind == TOPO_TOKEN_FILE)
        status = remove_at(access, i);
    if (status == 0)
      status = add(access, &row, token);
    if (status == 0)
      status = write_file(path, token);
  }
  topo_wipe(token, sizeof token);
  return status;
}

/* ---- life ------------------------------------------------------------------------------------ */

static int load(void *arg, const struct topo_token_row *row)
{
  struct topo_access *access = arg;
  if (access->n < ROWS)
    access->rows[access->n++] = *row;
  return 0;
}

int topo_access_open(struct topo_access **out, struct topo_catalog *catalog,
                     const struct topo_rng *rng, const char *dir)
{
  *out = NULL;
  struct topo_access *access = calloc(1, sizeof *access);
  if (!access)
    return TOPO_ENOMEM;
  topo_mutex_init(&access->making);
  topo_mutex_init(&access->mutex);
  access->catalog = catalog;
  access->rng = rng;
  access->rows = calloc(ROWS, sizeof *access->rows);
  int status = access->rows ? topo_catalog_token_list(catalog, load, access) : TOPO_ENOMEM;
  if (status == 0)
    status = see_to_admin_file(access, dir);
  if (status < 0) {
    topo_access_close(access);
    return status;
  }
  *out = access;
  return 0;
}

void topo_access_close(struct topo_access *access)
{
  if (!access)
    return;
  pthread_mutex_destroy(&access->mutex);
  pthread_mutex_destroy(&access->making);
  free(access->rows);
  topo_wipe(access, sizeof *access);
  free(access);
}
