/* wall.c - the wall clock of a space, corrected; see wall.h. */
#include "node/wall.h"

#include "base/assert.h"
#include "node/skew.h"

enum { SET_MS = 1000 /* a clock that has moved so far against the monotonic one was set */ };

void topo_wall_init(struct topo_wall *wall, const struct topo_conns *conns)
{
  *wall = (struct topo_wall){.env = conns->env, .conns = conns};
}

static int64_t bounded_difference(int64_t a, int64_t b)
{
  int64_t out;
  if (!__builtin_sub_overflow(a, b, &out))
    return out;
  return a < b ? INT64_MIN : INT64_MAX;
}

static int64_t bounded(uint64_t ms)
{
  return ms < INT64_MAX ? (int64_t)ms : INT64_MAX;
}

static bool votes(const struct topo_node_conn *conn)
{
  return conn->state == TOPO_NODE_CONN_UP && conn->role == TOPO_SESSION_MEMBER && conn->useful;
}

/* How far the peer's clock is ahead of ours now: both have run on since the greeting. */
static int64_t offset_of(const struct topo_node_conn *conn, int64_t lead_ms)
{
  return bounded_difference(conn->wall_offset_ms, bounded_difference(lead_ms, conn->lead_ms));
}

static int64_t find_correction(const struct topo_wall *wall, int64_t lead_ms)
{
  const struct topo_authority *a = topo_dag_authority(wall->env->dag);
  const struct topo_authority_node *own = topo_env_credential(wall->env);
  struct topo_skew_vote list[TOPO_NODE_CONNS_MAX];
  size_t n = 0;
  for (size_t i = 0; i < wall->conns->n; i++) {
    const struct topo_node_conn *conn = wall->conns->conns[i];
    const struct topo_authority_node *credential =
        votes(conn) ? topo_authority_credential_of(a, &conn->peer) : NULL;
    if (credential)
      list[n++] = (struct topo_skew_vote){credential->credential.user, offset_of(conn, lead_ms)};
  }
  return own ? topo_skew_of(list, n, &own->credential.user) : 0;
}

void topo_wall_correct(struct topo_wall *wall)
{
  struct topo_env *env = wall->env;
  int64_t lead_ms = bounded_difference(bounded(env->now.wall_ms), bounded(env->now.mono_ms));
  int64_t moved_ms = bounded_difference(lead_ms, wall->lead_ms);
  topo_assert(env->dag);
  if (wall->heard || moved_ms > SET_MS || moved_ms < -SET_MS) {
    int64_t before = wall->correction_ms;
    wall->correction_ms = find_correction(wall, lead_ms);
    wall->lead_ms = lead_ms;
    wall->heard = false;
    char text[TOPO_SKEW_TEXT_SIZE];
    topo_skew_text(text, wall->correction_ms);
    if (before == 0 && wall->correction_ms != 0)
      topo_env_note(env, 0, "%s", text);
  }
  topo_dag_set_clock_offset(env->dag, wall->correction_ms);
}
