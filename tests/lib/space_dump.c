/* space_dump.c - what a space shows, read from its tables by SQL of its own. */
#include "lib/space.h"

#include "base/assert.h"

#include <stdlib.h>
#include <string.h>

/* UNION sorts the lines and makes them unique. ?1 is the workspace. */
static const char state_sql[] =
    "SELECT 'channel '||lower(hex(e.id))||' '||lower(hex(u.id))||' '||c.hlc||' '||"
    " lower(hex(CAST(c.name AS BLOB)))"
    " FROM channel c JOIN event e ON e.no=c.no JOIN event u ON u.no=c.user"
    " UNION SELECT 'credential '||lower(hex(e.id))||' '||lower(hex(d.device))||' '||"
    " lower(hex(u.id))||' '||d.role"
    " FROM credential d JOIN event e ON e.no=d.no JOIN event u ON u.no=d.user"
    " UNION SELECT 'member '||lower(hex(u.id))||' '||min(d.role)||' '||count(*)"
    " FROM credential d JOIN event u ON u.no=d.user GROUP BY d.user"
    " UNION SELECT 'message '||lower(hex(e.id))||' '||lower(hex(c.id))||' '||lower(hex(u.id))||"
    " ' '||m.hlc||' '||lower(hex(CAST(m.text AS BLOB)))"
    " FROM message m JOIN event e ON e.no=m.no JOIN event c ON c.no=m.channel"
    " JOIN event u ON u.no=m.user"
    " UNION SELECT CASE WHEN s.id=?1 THEN 'workspace '"
    " ELSE 'profile '||lower(hex(s.id))||' ' END||lower(hex(CAST(p.name AS BLOB)))"
    " FROM profile p JOIN event s ON s.no=p.entity"
    " UNION SELECT 'reaction '||lower(hex(m.id))||' '||lower(hex(u.id))||' '||"
    " lower(hex(CAST(r.emoji AS BLOB)))"
    " FROM reaction r JOIN event m ON m.no=r.message JOIN event u ON u.no=r.user"
    " ORDER BY 1";

void space_dump(struct space *space, struct topo_buf *out)
{
  struct topo_stmt *s = topo_stmt(space->db, state_sql);
  int status;
  topo_bind_id(s, 1, &space->self.workspace);
  while ((status = topo_fetch(s)) == 1) {
    struct topo_bytes line = topo_column_bytes(s, 0);
    topo_buf_put(out, line.data, line.len);
    topo_buf_put_u8(out, '\n');
  }
  topo_assert(status == 0 && !out->failed);
}

enum topo_state space_state(struct space *space, const struct topo_id *id)
{
  struct topo_row row = {0};
  return topo_log_find(topo_dag_log(space->dag), id, &row) == 0 ? row.state : TOPO_STATE_NAMED;
}

struct topo_id space_fingerprint(struct space *space)
{
  struct topo_id out;
  topo_assert(topo_dag_fingerprint(space->db, space->types, &out) == 0);
  return out;
}

static void put_item(void *ctx, const struct topo_id *set, uint64_t hlc, const struct topo_id *id)
{
  struct space_item item = {*set, *id, hlc};
  topo_assert(topo_buf_put(ctx, &item, sizeof item) == 0);
}

static void no_id(void *ctx, const struct topo_id *id)
{
  (void)ctx, (void)id;
}

static void no_rejection(void *ctx, const struct topo_id *id, int status)
{
  (void)ctx, (void)id, (void)status;
}

static int by_id(const void *a, const void *b)
{
  return topo_id_compare(&((const struct space_item *)a)->id, &((const struct space_item *)b)->id);
}

struct topo_buf space_items(struct space *space)
{
  struct topo_buf items = {0};
  struct topo_sink sink = {put_item, no_id, no_rejection, &items};
  topo_assert(topo_dag_items(space->dag, &sink) == 0);
  if (items.len)
    qsort(items.data, items.len / sizeof(struct space_item), sizeof(struct space_item), by_id);
  return items;
}

struct topo_id space_general(struct space *space)
{
  static const char sql[] = "SELECT e.id FROM channel c JOIN event e ON e.no=c.no"
                            " WHERE c.name='general'";
  struct topo_stmt *s = topo_stmt(space->db, sql);
  topo_assert(topo_fetch(s) == 1);
  struct topo_id id = topo_column_id(s, 0);
  topo_reset(s);
  return id;
}
