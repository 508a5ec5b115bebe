/* address_table.c - the rows of addresses; see address_table.h. */
#include "node/address_table.h"

#include "base/assert.h"
#include "node/address.h"

const struct topo_migration topo_address_table_seen = {
    "CREATE TABLE local_address(device BLOB NOT NULL, address BLOB NOT NULL, seen_ms INTEGER NOT "
    "NULL,"
    " PRIMARY KEY(device, address));"};

const struct topo_migration topo_address_table_given = {
    "CREATE TABLE local_given(device BLOB NOT NULL, address BLOB NOT NULL,"
    " PRIMARY KEY(device, address));"};

static int read_rows(struct topo_stmt *s, bool given,
                     void (*each)(void *arg, const struct topo_address_row *row), void *arg)
{
  int status;
  while ((status = topo_fetch(s)) == 1) {
    struct topo_address_row row = {.device = topo_column_id(s, 0), .given = given};
    struct topo_bytes bytes = topo_column_bytes(s, 1);
    struct topo_reader r = topo_reader_init(bytes.data, bytes.len);
    topo_address_read(&r, &row.address);
    row.seen_ms = given ? 0 : (uint64_t)topo_column_i64(s, 2);
    if (!r.failed && topo_reader_left(&r) == 0)
      each(arg, &row);
  }
  return status;
}

int topo_address_table_read(struct topo_env *env,
                            void (*each)(void *arg, const struct topo_address_row *row), void *arg)
{
  int status = read_rows(
      topo_stmt(env->db, "SELECT device,address FROM local_given ORDER BY rowid"), true, each, arg);
  if (status < 0)
    return status;
  return read_rows(
      topo_stmt(env->db, "SELECT device,address,seen_ms FROM local_address ORDER BY rowid"), false,
      each, arg);
}

/* Runs a statement whose first parameters are the device and the address. */
static int run(struct topo_stmt *s, const struct topo_id *device,
               const struct topo_address *address)
{
  topo_assert(address->len > 0 && address->len <= sizeof address->bytes);
  topo_bind_id(s, 1, device);
  topo_bind_blob(s, 2, address->bytes, address->len);
  return topo_execute(s);
}

int topo_address_table_see(struct topo_env *env, const struct topo_id *device,
                           const struct topo_address *address)
{
  topo_assert(topo_db_in_transaction(env->db));
  /* A row that replaces another is numbered anew: the order of the numbers is that of the
   * sightings, whatever the clock said. */
  struct topo_stmt *s =
      topo_stmt(env->db, "INSERT OR REPLACE INTO local_address(device,address,seen_ms)"
                         " VALUES(?1,?2,?3)");
  topo_bind_i64(s, 3, (int64_t)env->now.wall_ms);
  int status = run(s, device, address);
  if (status < 0)
    return status;
  s = topo_stmt(env->db,
                "DELETE FROM local_address WHERE device=?1 AND address NOT IN (SELECT address"
                " FROM local_address WHERE device=?1 ORDER BY rowid DESC LIMIT ?2)");
  topo_bind_id(s, 1, device);
  topo_bind_i64(s, 2, TOPO_NODE_ADDRESSES_MAX);
  return topo_execute(s);
}

int topo_address_table_give(struct topo_env *env, const struct topo_id *device,
                            const struct topo_address *address)
{
  topo_assert(topo_db_in_transaction(env->db));
  int status =
      run(topo_stmt(env->db, "INSERT OR IGNORE INTO local_given(device,address) VALUES(?1,?2)"),
          device, address);
  return status < 0 ? status : topo_address_table_see(env, device, address);
}

int topo_address_table_forget(struct topo_env *env, const struct topo_id *device,
                              const struct topo_address *address)
{
  topo_assert(topo_db_in_transaction(env->db));
  int status = run(topo_stmt(env->db, "DELETE FROM local_given WHERE device=?1 AND address=?2"),
                   device, address);
  if (status < 0)
    return status;
  return run(topo_stmt(env->db, "DELETE FROM local_address WHERE device=?1 AND address=?2"), device,
             address);
}
