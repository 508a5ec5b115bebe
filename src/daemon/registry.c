/* registry.c - the tables of node.db. */
#include "daemon/registry.h"

#include "base/status.h"
#include "store/db.h"

#include <stdlib.h>
#include <string.h>

enum { APPLICATION_ID = 0x746f706e /* "topn" */, CACHE_KIB = 256 };

static const struct topo_migration migrations[] = {
    {"CREATE TABLE space(device BLOB PRIMARY KEY, workspace BLOB NOT NULL, file TEXT NOT NULL,"
     " user_name TEXT NOT NULL, created_ms INTEGER NOT NULL);"
     "CREATE TABLE setting(name TEXT PRIMARY KEY, value BLOB NOT NULL);"}};

struct topo_registry {
  struct topo_db *db;
};

int topo_registry_open(struct topo_registry **out, const char *path, const struct topo_disk *disk)
{
  struct topo_db_options o = {
      .path = path, .disk = disk, .application_id = APPLICATION_ID, .cache_kib = CACHE_KIB};
  struct topo_registry *registry = calloc(1, sizeof *registry);
  *out = NULL;
  if (!registry)
    return TOPO_ENOMEM;
  int status = topo_db_open(&registry->db, &o);
  if (status == 0)
    status = topo_db_migrate(registry->db, migrations, sizeof migrations / sizeof *migrations);
  if (status < 0) {
    topo_registry_close(registry);
    return status;
  }
  *out = registry;
  return 0;
}

void topo_registry_close(struct topo_registry *registry)
{
  if (!registry)
    return;
  topo_db_close(registry->db);
  free(registry);
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

int topo_registry_list(struct topo_registry *registry,
                       int (*each)(void *arg, const struct topo_registry_row *row), void *arg)
{
  struct topo_stmt *s = topo_stmt(registry->db, "SELECT device,workspace,file,user_name,created_ms"
                                                " FROM space ORDER BY created_ms,rowid");
  int status;
  while ((status = topo_step(s)) == 1) {
    struct topo_registry_row row = {.device = topo_column_id(s, 0),
                                    .workspace = topo_column_id(s, 1),
                                    .created_ms = (uint64_t)topo_column_i64(s, 4)};
    bool good = copy_text(row.file, sizeof row.file, topo_column_bytes(s, 2)) &&
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

static int commit_or_not(struct topo_db *db, int status)
{
  if (status == 0)
    return topo_db_commit(db);
  topo_db_rollback(db);
  return status;
}

int topo_registry_add(struct topo_registry *registry, const struct topo_registry_row *row)
{
  int status = topo_db_begin(registry->db, true);
  if (status < 0)
    return status;
  struct topo_stmt *s = topo_stmt(registry->db, "INSERT INTO space(device,workspace,file,user_name,"
                                                "created_ms) VALUES(?1,?2,?3,?4,?5)");
  topo_bind_id(s, 1, &row->device);
  topo_bind_id(s, 2, &row->workspace);
  topo_bind_text(s, 3, row->file, strlen(row->file));
  topo_bind_text(s, 4, row->user_name, strlen(row->user_name));
  topo_bind_i64(s, 5, (int64_t)row->created_ms);
  return commit_or_not(registry->db, topo_run(s));
}

static int read_secret(struct topo_db *db, const char *name, uint8_t out[static 32])
{
  struct topo_stmt *s = topo_stmt(db, "SELECT value FROM setting WHERE name=?1");
  topo_bind_text(s, 1, name, strlen(name));
  int status = topo_step(s);
  if (status <= 0)
    return status < 0 ? status : TOPO_ENOTFOUND;
  struct topo_bytes value = topo_column_bytes(s, 0);
  if (value.len == 32)
    memcpy(out, value.data, 32);
  status = value.len == 32 ? 0 : TOPO_ECORRUPT;
  topo_reset(s);
  return status;
}

int topo_registry_secret(struct topo_registry *registry, const char *name,
                         const uint8_t fresh[static 32], uint8_t out[static 32])
{
  int status = read_secret(registry->db, name, out);
  if (status != TOPO_ENOTFOUND)
    return status;
  status = topo_db_begin(registry->db, true);
  if (status < 0)
    return status;
  struct topo_stmt *s = topo_stmt(registry->db, "INSERT INTO setting(name,value) VALUES(?1,?2)");
  topo_bind_text(s, 1, name, strlen(name));
  topo_bind_blob(s, 2, fresh, 32);
  memcpy(out, fresh, 32);
  return commit_or_not(registry->db, topo_run(s));
}
