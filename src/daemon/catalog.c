/* catalog.c - the tables of node.db. */
#include "daemon/catalog.h"

#include "base/status.h"
#include "store/db.h"
#include "sys/mutex.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { APPLICATION_ID = 0x746f706e /* "topn" */, CACHE_KIB = 256 };

static const struct topo_migration migrations[] = {
    {"CREATE TABLE space(device BLOB PRIMARY KEY, workspace BLOB NOT NULL, file TEXT NOT NULL,"
     " user_name TEXT NOT NULL, created_ms INTEGER NOT NULL);"
     "CREATE TABLE setting(name TEXT PRIMARY KEY, value BLOB NOT NULL);"},
    {"CREATE TABLE token(id BLOB PRIMARY KEY, hash BLOB NOT NULL, name TEXT NOT NULL,"
     " kind INTEGER NOT NULL, scope INTEGER NOT NULL, space BLOB, created_ms INTEGER NOT NULL,"
     " expires_ms INTEGER NOT NULL);"},
    {"ALTER TABLE space ADD COLUMN key TEXT NOT NULL DEFAULT '';"
     "ALTER TABLE space ADD COLUMN request BLOB;"}};

struct topo_catalog {
  pthread_mutex_t mutex;
  struct topo_db *db;
};

int topo_catalog_open(struct topo_catalog **out, const char *path, const struct topo_disk *disk)
{
  struct topo_db_options o = {
      .path = path, .disk = disk, .application_id = APPLICATION_ID, .cache_kib = CACHE_KIB};
  struct topo_catalog *catalog = calloc(1, sizeof *catalog);
  *out = NULL;
  if (!catalog)
    return TOPO_ENOMEM;
  topo_mutex_init(&catalog->mutex);
  int status = topo_db_open(&catalog->db, &o);
  if (status == 0)
    status = topo_db_migrate(catalog->db, migrations, sizeof migrations / sizeof *migrations);
  if (status < 0) {
    topo_catalog_close(catalog);
    return status;
  }
  *out = catalog;
  return 0;
}

void topo_catalog_close(struct topo_catalog *catalog)
{
  if (!catalog)
    return;
  topo_db_close(catalog->db);
  pthread_mutex_destroy(&catalog->mutex);
  free(catalog);
}

/* Copies a text column; one that does not fit was not written by us. */
static bool copy_text(char *out, size_t size, struct topo_bytes text)
{
  if (text.len >= size || (text.len && memchr(text.data, '\0', text.len)) ||
      !topo_utf8_valid(text.data, text.len))
    return false;
  memcpy(out, text.len ? (const char *)text.data : "", text.len);
  out[text.len] = '\0';
  return true;
}

static int each_space(struct topo_db *db,
                      int (*each)(void *arg, const struct topo_catalog_row *row), void *arg)
{
  struct topo_stmt *s = topo_stmt(db, "SELECT device,workspace,file,user_name,created_ms,key,"
                                      "request FROM space ORDER BY created_ms,rowid");
  int status;
  while ((status = topo_fetch(s)) == 1) {
    struct topo_catalog_row row = {.device = topo_column_id(s, 0),
                                   .workspace = topo_column_id(s, 1),
                                   .created_ms = (uint64_t)topo_column_i64(s, 4),
                                   .request = topo_column_id(s, 6)};
    bool good = copy_text(row.key, sizeof row.key, topo_column_bytes(s, 5)) &&
                copy_text(row.file, sizeof row.file, topo_column_bytes(s, 2)) &&
                copy_text(row.user_name, sizeof row.user_name, topo_column_bytes(s, 3)) &&
                !strchr(row.file, '/');
    status = good ? each(arg, &row) : TOPO_ECORRUPT;
    if (status < 0) {
      topo_reset(s);
      return status;
    }
  }
  return status;
}

int topo_catalog_list(struct topo_catalog *catalog,
                      int (*each)(void *arg, const struct topo_catalog_row *row), void *arg)
{
  pthread_mutex_lock(&catalog->mutex);
  int status = each_space(catalog->db, each, arg);
  pthread_mutex_unlock(&catalog->mutex);
  return status;
}

static int commit_or_not(struct topo_db *db, int status)
{
  if (status == 0)
    return topo_db_commit(db);
  topo_db_rollback(db);
  return status;
}

static int add_space(struct topo_db *db, const struct topo_catalog_row *row)
{
  struct topo_stmt *s = topo_stmt(db, "INSERT INTO space(device,workspace,file,user_name,"
                                      "created_ms,key,request) VALUES(?1,?2,?3,?4,?5,?6,?7)");
  topo_bind_text(s, 6, row->key, strlen(row->key));
  topo_bind_id(s, 7, &row->request);
  topo_bind_id(s, 1, &row->device);
  topo_bind_id(s, 2, &row->workspace);
  topo_bind_text(s, 3, row->file, strlen(row->file));
  topo_bind_text(s, 4, row->user_name, strlen(row->user_name));
  topo_bind_i64(s, 5, (int64_t)row->created_ms);
  return topo_execute(s);
}

int topo_catalog_add(struct topo_catalog *catalog, const struct topo_catalog_row *row)
{
  pthread_mutex_lock(&catalog->mutex);
  int status = topo_db_begin(catalog->db, true);
  if (status == 0)
    status = commit_or_not(catalog->db, add_space(catalog->db, row));
  pthread_mutex_unlock(&catalog->mutex);
  return status;
}

/* ---- settings -------------------------------------------------------------------------------- */

static int read_secret(struct topo_db *db, const char *name, uint8_t out[static 32])
{
  struct topo_stmt *s = topo_stmt(db, "SELECT value FROM setting WHERE name=?1");
  topo_bind_text(s, 1, name, strlen(name));
  int status = topo_fetch(s);
  if (status <= 0)
    return status < 0 ? status : TOPO_ENOTFOUND;
  struct topo_bytes value = topo_column_bytes(s, 0);
  if (value.len == 32)
    memcpy(out, value.data, 32);
  status = value.len == 32 ? 0 : TOPO_ECORRUPT;
  topo_reset(s);
  return status;
}

static int write_secret(struct topo_db *db, const char *name, const uint8_t value[static 32])
{
  int status = topo_db_begin(db, true);
  if (status < 0)
    return status;
  struct topo_stmt *s = topo_stmt(db, "INSERT INTO setting(name,value) VALUES(?1,?2)");
  topo_bind_text(s, 1, name, strlen(name));
  topo_bind_blob(s, 2, value, 32);
  return commit_or_not(db, topo_execute(s));
}

int topo_catalog_secret(struct topo_catalog *catalog, const char *name,
                        const uint8_t fresh[static 32], uint8_t out[static 32])
{
  pthread_mutex_lock(&catalog->mutex);
  int status = read_secret(catalog->db, name, out);
  if (status == TOPO_ENOTFOUND) {
    memcpy(out, fresh, 32);
    status = write_secret(catalog->db, name, fresh);
  }
  pthread_mutex_unlock(&catalog->mutex);
  return status;
}

/* ---- tokens ---------------------------------------------------------------------------------- */

static int read_token(struct topo_stmt *s, struct topo_token_row *row)
{
  struct topo_bytes id = topo_column_bytes(s, 0);
  int64_t kind = topo_column_i64(s, 3), scope = topo_column_i64(s, 4);
  *row = (struct topo_token_row){.hash = topo_column_id(s, 1),
                                 .kind = (enum topo_token_kind)kind,
                                 .scope = (enum topo_scope)scope,
                                 .one_space = !topo_column_is_null(s, 5),
                                 .space = topo_column_id(s, 5),
                                 .created_ms = (uint64_t)topo_column_i64(s, 6),
                                 .expires_ms = (uint64_t)topo_column_i64(s, 7)};
  bool sound = id.len == sizeof row->id && kind >= 0 && kind <= TOPO_TOKEN_FILE &&
               scope >= TOPO_SCOPE_READ && scope <= TOPO_SCOPE_ADMIN &&
               copy_text(row->name, sizeof row->name, topo_column_bytes(s, 2));
  if (!sound)
    return TOPO_ECORRUPT;
  memcpy(row->id, id.data, sizeof row->id);
  return 0;
}

int topo_catalog_token_list(struct topo_catalog *catalog,
                            int (*each)(void *arg, const struct topo_token_row *row), void *arg)
{
  pthread_mutex_lock(&catalog->mutex);
  struct topo_stmt *s =
      topo_stmt(catalog->db, "SELECT id,hash,name,kind,scope,space,created_ms,expires_ms"
                             " FROM token ORDER BY created_ms,rowid");
  int status;
  while ((status = topo_fetch(s)) == 1) {
    struct topo_token_row row;
    status = read_token(s, &row);
    if (status == 0)
      status = each(arg, &row);
    if (status < 0) {
      topo_reset(s);
      break;
    }
  }
  pthread_mutex_unlock(&catalog->mutex);
  return status;
}

static int add_token(struct topo_db *db, const struct topo_token_row *row)
{
  struct topo_stmt *s =
      topo_stmt(db, "INSERT INTO token(id,hash,name,kind,scope,space,created_ms,expires_ms)"
                    " VALUES(?1,?2,?3,?4,?5,?6,?7,?8)");
  topo_bind_blob(s, 1, row->id, sizeof row->id);
  topo_bind_id(s, 2, &row->hash);
  topo_bind_text(s, 3, row->name, strlen(row->name));
  topo_bind_i64(s, 4, row->kind);
  topo_bind_i64(s, 5, row->scope);
  if (row->one_space)
    topo_bind_id(s, 6, &row->space);
  else
    topo_bind_null(s, 6);
  topo_bind_i64(s, 7, (int64_t)row->created_ms);
  topo_bind_i64(s, 8, (int64_t)row->expires_ms);
  return topo_execute(s);
}

int topo_catalog_token_add(struct topo_catalog *catalog, const struct topo_token_row *row)
{
  pthread_mutex_lock(&catalog->mutex);
  int status = topo_db_begin(catalog->db, true);
  if (status == 0)
    status = commit_or_not(catalog->db, add_token(catalog->db, row));
  pthread_mutex_unlock(&catalog->mutex);
  return status;
}

int topo_catalog_token_remove(struct topo_catalog *catalog,
                              const uint8_t id[static TOPO_TOKEN_ID_SIZE])
{
  pthread_mutex_lock(&catalog->mutex);
  int status = topo_db_begin(catalog->db, true);
  if (status == 0) {
    struct topo_stmt *s = topo_stmt(catalog->db, "DELETE FROM token WHERE id=?1");
    topo_bind_blob(s, 1, id, TOPO_TOKEN_ID_SIZE);
    status = commit_or_not(catalog->db, topo_execute(s));
  }
  pthread_mutex_unlock(&catalog->mutex);
  return status;
}
