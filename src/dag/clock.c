/* clock.c - the hybrid logical clock: 48 bits of Unix milliseconds ‖ 16 bits of counter. */
#include "dag/clock.h"

#include "base/assert.h"

static const unsigned COUNTER_BITS = 16;

uint64_t topo_clock_latest(const struct topo_dag *dag)
{
  return ((dag->clock.now_ms + TOPO_CLOCK_AHEAD_MS + 1) << COUNTER_BITS) - 1;
}

bool topo_clock_is_ahead(const struct topo_dag *dag, uint64_t hlc)
{
  return hlc > topo_clock_latest(dag);
}

static uint64_t corrected(const struct topo_dag *dag, uint64_t now_ms)
{
  int64_t offset_ms = dag->clock.offset_ms;
  uint64_t by = offset_ms < 0 ? 0 - (uint64_t)offset_ms : (uint64_t)offset_ms;
  if (now_ms > TOPO_CLOCK_WALL_MAX_MS)
    now_ms = TOPO_CLOCK_WALL_MAX_MS;
  if (offset_ms < 0)
    return by < now_ms ? now_ms - by : 0;
  return by < TOPO_CLOCK_WALL_MAX_MS - now_ms ? now_ms + by : TOPO_CLOCK_WALL_MAX_MS;
}

bool topo_clock_set_wall(struct topo_dag *dag, uint64_t now_ms)
{
  dag->clock.now_ms = corrected(dag, now_ms);
  if (!topo_clock_is_ahead(dag, dag->clock.hlc))
    return false;
  dag->clock.hlc = 0; /* it starts again from the wall */
  return true;
}

void topo_clock_merge(struct topo_dag *dag, uint64_t hlc)
{
  topo_assert(hlc >> 63 == 0); /* decoding refuses others */
  if (!topo_clock_is_ahead(dag, hlc) && hlc > dag->clock.hlc)
    dag->clock.hlc = hlc;
}

uint64_t topo_clock_next(const struct topo_dag *dag)
{
  uint64_t wall = dag->clock.now_ms << COUNTER_BITS, before = dag->clock.hlc;
  return wall > before ? wall : before + 1;
}

uint64_t topo_clock_tick(struct topo_dag *dag)
{
  uint64_t before = dag->clock.hlc;
  dag->clock.hlc = topo_clock_next(dag);
  topo_assert(dag->clock.hlc > before || before == 0);
  return dag->clock.hlc;
}

int topo_clock_save(struct topo_dag *dag)
{
  if (dag->clock.hlc == dag->clock.saved_hlc)
    return 0;
  struct topo_stmt *s =
      topo_stmt(dag->db, "INSERT OR REPLACE INTO local_value(name,value) VALUES('hlc',?1)");
  topo_bind_i64(s, 1, (int64_t)dag->clock.hlc);
  dag->clock.saved_hlc = dag->clock.hlc;
  return topo_execute(s);
}

int topo_clock_load(struct topo_dag *dag)
{
  struct topo_stmt *s = topo_stmt(dag->db, "SELECT value FROM local_value WHERE name='hlc'");
  int status = topo_fetch(s);
  if (status == 1)
    dag->clock.hlc = dag->clock.saved_hlc = (uint64_t)topo_column_i64(s, 0);
  topo_reset(s);
  return status < 0 ? status : 0;
}
