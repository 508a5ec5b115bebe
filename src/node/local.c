/* local.c - values of this device alone; see local.h. */
#include "node/local.h"

#include "base/assert.h"
#include "base/status.h"

#include <string.h>

int topo_local_put(struct topo_db *db, const char *name, const void *data, size_t len)
{
  topo_assert(topo_db_in_transaction(db));
  struct topo_stmt *s =
      topo_stmt(db, "INSERT OR REPLACE INTO local_value(name,value) VALUES(?1,?2)");
  topo_bind_text(s, 1, name, strlen(name));
  topo_bind_blob(s, 2, data, len);
  return topo_execute(s);
}

int topo_local_get(struct topo_db *db, const char *name, struct topo_buf *out)
{
  struct topo_stmt *s = topo_stmt(db, "SELECT value FROM local_value WHERE name=?1");
  topo_bind_text(s, 1, name, strlen(name));
  int status = topo_fetch(s);
  if (status <= 0)
    return status < 0 ? status : TOPO_ENOTFOUND;
  struct topo_bytes value = topo_column_bytes(s, 0);
  status = topo_buf_put(out, value.data, value.len);
  topo_reset(s);
  return status;
}

int topo_local_get_32(struct topo_db *db, const char *name, uint8_t out[static 32])
{
  struct topo_buf value = {0};
  int status = topo_local_get(db, name, &value);
  if (status == 0 && value.len != 32)
    status = TOPO_ECORRUPT;
  if (status == 0)
    memcpy(out, value.data, 32);
  topo_buf_wipe(&value);
  return status;
}

int topo_local_remove(struct topo_db *db, const char *name)
{
  topo_assert(topo_db_in_transaction(db));
  struct topo_stmt *s = topo_stmt(db, "DELETE FROM local_value WHERE name=?1");
  topo_bind_text(s, 1, name, strlen(name));
  return topo_execute(s);
}
