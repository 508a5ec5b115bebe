/* place.c - the places of items; see place.h. */
#include "dag/place.h"

#include "base/assert.h"
#include "dag/clock.h"

int topo_place_of(struct topo_dag *dag, const struct topo_row *row, uint64_t *place)
{
  struct topo_stmt *s = topo_stmt(dag->db, "SELECT place FROM local_place WHERE no=?1");
  topo_bind_i64(s, 1, row->no);
  int status = topo_fetch(s);
  *place = status == 1 ? (uint64_t)topo_column_i64(s, 0) : row->hlc;
  topo_reset(s);
  return status < 0 ? status : 0;
}

int topo_place_set(struct topo_dag *dag, int64_t no, uint64_t place)
{
  struct topo_stmt *s =
      topo_stmt(dag->db, "INSERT OR REPLACE INTO local_place(no,place) VALUES(?1,?2)");
  topo_assert(no > 0 && place <= INT64_MAX);
  topo_bind_i64(s, 1, no);
  topo_bind_i64(s, 2, (int64_t)place);
  topo_clock_merge(dag, place);
  return topo_execute(s);
}

int topo_place_enter(struct topo_dag *dag, const struct topo_row *row)
{
  topo_assert(row->no > 0 && row->set_no > 0);
  if (topo_clock_is_ahead(dag, row->hlc))
    return topo_place_set(dag, row->no, topo_clock_tick(dag));
  topo_clock_merge(dag, row->hlc); /* it may have been ahead when it was stored */
  return 0;
}
