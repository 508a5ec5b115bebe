/* order.c - items that get other places; see order.h. */
#include "dag/order.h"

#include "base/status.h"
#include "dag/clock.h"
#include "dag/place.h"
#include "dag/project.h"

/* An item is shown elsewhere. Only events that are entities of their own are shown by their place.
 */
static int show_anew(struct topo_dag *dag, int64_t no, bool *shown)
{
  struct topo_row row;
  int status = topo_log_row(&dag->log, no, &row);
  const struct topo_type *type = topo_type_find(dag->types, row.type);
  *shown =
      status == 0 && row.state == TOPO_STATE_ACCEPTED && type && type->project && !type->entity;
  return *shown ? topo_project_mark(dag, type, no) : status;
}

static int find_ahead(struct topo_dag *dag, struct topo_buf *out)
{
  struct topo_stmt *s = topo_stmt(
      dag->db, "SELECT e.no FROM event e LEFT JOIN local_place p ON p.no=e.no WHERE e.set_no<>0"
               " AND e.state>=2 AND ifnull(p.place,e.hlc)>?1 ORDER BY ifnull(p.place,e.hlc),e.id");
  topo_bind_i64(s, 1, (int64_t)topo_clock_latest(dag));
  int status;
  while ((status = topo_fetch(s)) == 1)
    if (topo_push_no(out, topo_column_i64(s, 0)) < 0) {
      topo_reset(s);
      return TOPO_ENOMEM;
    }
  return status;
}

static int place_again(struct topo_dag *dag, int64_t no)
{
  bool shown = false;
  struct topo_row row;
  int status = topo_place_set(dag, no, topo_clock_tick(dag));
  if (status == 0)
    status = show_anew(dag, no, &shown);
  if (status < 0 || !shown)
    return status;
  dag->changes++;
  status = topo_log_row(&dag->log, no, &row);
  return status == 0 ? topo_project_changed(dag, row.type, no) : status;
}

int topo_order_set_wall(struct topo_dag *dag, uint64_t now_ms)
{
  struct topo_buf list = {0};
  if (!topo_clock_set_wall(dag, now_ms))
    return 0;
  int status = find_ahead(dag, &list);
  for (size_t i = 0; i < topo_no_count(&list) && status == 0; i++)
    status = place_again(dag, topo_no_at(&list, i));
  topo_buf_finish(&list);
  return status == 0 ? topo_project_dirty(dag) : status;
}
