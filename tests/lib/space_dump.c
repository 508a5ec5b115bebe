/* space_dump.c - what a space shows, read from its tables by SQL of its own. */
#include "lib/space.h"

#include "base/assert.h"

#include <stdlib.h>
#include <string.h>

#define HEX(column)  "lower(hex(" column "))"
#define TEXT(column) "lower(hex(CAST(" column " AS BLOB)))"

/* UNION sorts the lines and makes them unique. ?1 is the workspace. */
static const char state_sql[] =
    "SELECT 'channel '||" HEX("e.id") "||' '||" HEX("u.id") "||' '||c.hlc||' '||" TEXT(
        "c.name") " FROM channel c JOIN event e ON e.no=c.no JOIN event u ON u.no=c.user"
                  " UNION SELECT 'link '||" HEX("e.id") "||' '||" HEX("l.device") "||' '||" HEX(
                      "u.id") "||' '||l.role FROM link l JOIN event e ON e.no=l.no JOIN event u ON "
                              "u.no=l.user"
                              " UNION SELECT 'member '||" HEX(
                                  "u.id") "||' '||min(l.role)||' '||count(*)"
                                          " FROM link l JOIN event u ON u.no=l.user GROUP BY l.user"
                                          " UNION SELECT 'message '||" HEX("e.id") "||' '||" HEX(
                                              "c"
                                              "."
                                              "i"
                                              "d") "||' '||" HEX("u.id") "||' '||m.hlc||' '||" TEXT("m.text") " FROM message m JOIN event e ON e.no=m.no "
                                                                                                              "JOIN event c ON c.no=m.channel"
                                                                                                              " JOIN event u ON u.no=m.user"
                                                                                                              " UNION SELECT CASE WHEN s.id=?1 THEN "
                                                                                                              "'workspace ' ELSE 'profile '||" HEX("s.id") "||' ' END||" TEXT(
                                                                                                                  "p.name") " FROM profile p JOIN event "
                                                                                                                            "s ON s.no=p.subject"
                                                                                                                            " UNION SELECT 'reaction "
                                                                                                                            "'||" HEX(
                                                                                                                                "m.id") "||' "
                                                                                                                                        "'||" HEX("u.id") "||' '||" TEXT(
                                                                                                                                            "r."
                                                                                                                                            "emoji") " FROM reaction r JOIN event m ON m.no=r.message JOIN event u ON u.no=r.user"
                                                                                                                                                     " ORDER BY 1";

void space_dump(struct space *space, struct topo_buf *out)
{
  struct topo_stmt *s = topo_stmt(space->db, state_sql);
  int status;
  topo_bind_id(s, 1, &space->self.workspace);
  while ((status = topo_step(s)) == 1) {
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
  topo_assert(topo_step(s) == 1);
  struct topo_id id = topo_column_id(s, 0);
  topo_reset(s);
  return id;
}
