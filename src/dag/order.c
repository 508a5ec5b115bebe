/* order.c - items that get other places; see order.h. */
#include "dag/order.h"

#include "base/status.h"
#include "dag/clock.h"
#include "dag/facts.h"
#include "dag/place.h"
#include "dag/project.h"

/* An item is shown elsewhere; `told`: clients were told of it where it was. Only events that are
 * entities of their own are shown by their place. */
static int show_anew(struct topo_dag *dag, int64_t no, bool told)
{
  struct topo_row row;
  int status = topo_log_row(&dag->log, no, &row);
  if (status < 0 || row.state != TOPO_STATE_ACCEPTED)
    return status;
  const struct topo_type *type = topo_type_find(dag->types, row.type);
  if (!type || !type->project || type->entity)
    return 0;
  status = topo_project_mark(dag, type, no);
  if (status < 0 || !told)
    return status;
  dag->changes++;
  return topo_project_changed(dag, type->number, no);
}

/* This and the next are scans, without an index: walls are put back rarely. */
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

/* The own clock was dropped. What is here and stays where it is, it takes into account again. */
static int merge_places(struct topo_dag *dag)
{
  struct topo_stmt *s = topo_stmt(
      dag->db, "SELECT max(ifnull(p.place,e.hlc)) FROM event e LEFT JOIN local_place p ON p.no=e.no"
               " WHERE e.set_no<>0 AND e.state>=2 AND ifnull(p.place,e.hlc)<=?1");
  topo_bind_i64(s, 1, (int64_t)topo_clock_latest(dag));
  int status = topo_fetch(s);
  if (status == 1)
    topo_clock_merge(dag, (uint64_t)topo_column_i64(s, 0));
  topo_reset(s);
  return status < 0 ? status : 0;
}

static int place_again(struct topo_dag *dag, int64_t no)
{
  int status = topo_place_set(dag, no, topo_clock_tick(dag));
  return status == 0 ? show_anew(dag, no, true) : status;
}

int topo_order_set_wall(struct topo_dag *dag, uint64_t now_ms)
{
  struct topo_buf list = {0};
  if (!topo_clock_set_wall(dag, now_ms))
    return 0;
  int status = merge_places(dag);
  if (status == 0)
    status = find_ahead(dag, &list);
  for (size_t i = 0; i < topo_no_count(&list) && status == 0; i++)
    status = place_again(dag, topo_no_at(&list, i));
  topo_buf_finish(&list);
  if (status == 0)
    status = topo_clock_save(dag);
  return status == 0 ? topo_project_dirty(dag) : status;
}

/* Does the place of what is named say something of when the item was written? Where it is that of
 * an arrival, because the clock is ahead, it does so only to those who heard of both together. */
static bool counts(const struct topo_row *item, const struct topo_row *named, uint64_t there)
{
  static const uint64_t together = (uint64_t)TOPO_CLOCK_AHEAD_MS << 16;
  return there >= named->hlc || there <= item->hlc + together;
}

/* The place of `f`, whose row is `row`, given what it names. What is not here came later than what
 * says that it was read: the one that says so is shown where it arrived. */
static int place_after(struct topo_dag *dag, const struct topo_sequel *f,
                       const struct topo_row *row, uint64_t *place)
{
  struct topo_row named;
  uint64_t there = 0;
  int status = topo_facts_find(dag, &f->after, &named);
  if (status < 0)
    return status;
  if (!topo_is_item(named.state) || named.set_no == 0) {
    *place = topo_clock_next(dag);
    return 0;
  }
  status = topo_place_of(dag, &named, &there);
  if (status == 0 && there >= *place && counts(row, &named, there))
    *place = there + 1;
  return status;
}

static int order_sequel(struct topo_dag *dag, const struct topo_sequel *f)
{
  struct topo_row row;
  uint64_t before = 0, place;
  int status = topo_log_row(&dag->log, f->no, &row);
  if (status == 0)
    status = topo_place_of(dag, &row, &before);
  place = before;
  if (status == 0)
    status = place_after(dag, f, &row, &place);
  if (status < 0 || place == before)
    return status;
  status = topo_place_set(dag, f->no, place);
  return status == 0 ? show_anew(dag, f->no, false) : status;
}

int topo_order_sequels(struct topo_dag *dag)
{
  const struct topo_sequel *list =
      (const struct topo_sequel *)(const void *)dag->lists.sequels.data;
  size_t n = dag->lists.sequels.len / sizeof *list;
  int status = 0;
  for (size_t i = 0; i < n && status == 0; i++)
    status = order_sequel(dag, &list[i]);
  topo_buf_clear(&dag->lists.sequels);
  return status;
}
