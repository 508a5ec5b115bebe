/* conns.c - the connections of a space; see conns.h. */
#include "node/conns.h"

#include "base/assert.h"
#include "port/close.h"

#include <stdlib.h>

enum { BOOTSTRAP_MS = 10000 /* docs/protocol.md §6.1: an invitee is sent away after this */ };

static void move(struct topo_node_conn *conn, enum topo_node_conn_state to)
{
  static const bool allowed[3][3] = {
      [TOPO_NODE_CONN_NEW] = {[TOPO_NODE_CONN_UP] = true},
      [TOPO_NODE_CONN_UP] = {[TOPO_NODE_CONN_DEAD] = true},
  };
  topo_assert(allowed[conn->state][to]);
  conn->state = to;
}

static bool is_up(const struct topo_node_conn *conn)
{
  topo_assert(conn->state != TOPO_NODE_CONN_NEW);
  return conn->state == TOPO_NODE_CONN_UP;
}

void topo_conns_init(struct topo_conns *conns, struct topo_env *env, size_t max)
{
  topo_assert(max == 0 || (max >= TOPO_NODE_CONNS_MIN && max <= TOPO_NODE_CONNS_MAX));
  *conns = (struct topo_conns){.env = env, .max = max ? max : TOPO_NODE_CONNS_MAX};
}

static bool is_member(const struct topo_node_conn *conn)
{
  return is_up(conn) && conn->role == TOPO_SESSION_MEMBER;
}

size_t topo_conns_members(const struct topo_conns *conns)
{
  size_t n = 0;
  for (size_t i = 0; i < conns->n; i++)
    n += is_member(conns->conns[i]);
  return n;
}

size_t topo_conns_neighbours(const struct topo_conns *conns)
{
  size_t most = conns->max - 2; /* one more that comes and goes, and the place for invitees */
  return TOPO_NEIGHBOURS < most ? TOPO_NEIGHBOURS : most;
}

/* How many members are here longer than that one. */
static size_t seniors(const struct topo_conns *conns, const struct topo_node_conn *conn)
{
  size_t n = 0;
  for (size_t i = 0; i < conns->n; i++) {
    const struct topo_node_conn *other = conns->conns[i];
    n += is_member(other) && (other->since_ms < conn->since_ms ||
                              (other->since_ms == conn->since_ms && other->number < conn->number));
  }
  return n;
}

bool topo_conns_spare(struct topo_conns *conns)
{
  struct topo_node_conn *spare = NULL;
  for (size_t i = 0; i < conns->n; i++) {
    struct topo_node_conn *conn = conns->conns[i];
    if (is_member(conn) && seniors(conns, conn) >= topo_conns_neighbours(conns) &&
        topo_session_state(conn->session).synced && (!spare || conn->since_ms < spare->since_ms))
      spare = conn;
  }
  if (spare)
    topo_conns_drop(spare, TOPO_ELIMIT);
  return spare != NULL;
}

/* The invitee that is here longest gives way. */
static bool spare_invitee(struct topo_conns *conns)
{
  struct topo_node_conn *spare = NULL;
  for (size_t i = 0; i < conns->n; i++) {
    struct topo_node_conn *conn = conns->conns[i];
    if (is_up(conn) && conn->role == TOPO_SESSION_INVITER &&
        (!spare || conn->since_ms < spare->since_ms))
      spare = conn;
  }
  if (spare)
    topo_conns_drop(spare, TOPO_ELIMIT);
  return spare != NULL;
}

static size_t count_invitees(const struct topo_conns *conns)
{
  size_t n = 0;
  for (size_t i = 0; i < conns->n; i++)
    n += is_up(conns->conns[i]) && conns->conns[i]->role == TOPO_SESSION_INVITER;
  return n;
}

bool topo_conns_make_room(struct topo_conns *conns, enum topo_session_role role)
{
  topo_conns_sweep(conns);
  topo_assert(conns->n <= conns->max);
  if (role != TOPO_SESSION_MEMBER)
    return conns->n < conns->max;
  bool has_room = conns->n < conns->max;
  if (has_room && conns->n - count_invitees(conns) < conns->max - 1)
    return true;
  bool made = topo_conns_spare(conns) || (!has_room && spare_invitee(conns));
  topo_conns_sweep(conns);
  return made;
}

void topo_conns_add(struct topo_conns *conns, struct topo_node_conn *conn)
{
  topo_assert(conns->n < conns->max);
  topo_assert(conn->number != 0 && !topo_conns_find(conns, conn->number));
  topo_assert(conn->session);
  move(conn, TOPO_NODE_CONN_UP);
  conns->conns[conns->n++] = conn;
}

struct topo_node_conn *topo_conns_find(const struct topo_conns *conns, uint64_t number)
{
  topo_assert(conns->n <= TOPO_NODE_CONNS_MAX);
  for (size_t i = 0; i < conns->n; i++)
    if (conns->conns[i]->number == number && is_up(conns->conns[i]))
      return conns->conns[i];
  return NULL;
}

struct topo_node_conn *topo_conns_find_member(const struct topo_conns *conns,
                                              const struct topo_id *device)
{
  for (size_t i = 0; i < conns->n; i++) {
    struct topo_node_conn *conn = conns->conns[i];
    if (is_up(conn) && conn->role == TOPO_SESSION_MEMBER && topo_id_equal(&conn->peer, device))
      return conn;
  }
  return NULL;
}

bool topo_conns_has(const struct topo_conns *conns, const struct topo_id *key)
{
  for (size_t i = 0; i < conns->n; i++)
    if (is_up(conns->conns[i]) && topo_id_equal(&conns->conns[i]->peer, key))
      return true;
  return false;
}

void topo_conns_invitees(const struct topo_conns *conns,
                         void (*each)(void *arg, const struct topo_id *key, bool is_invite),
                         void *arg)
{
  for (size_t i = 0; i < conns->n; i++)
    if (is_up(conns->conns[i]) && conns->conns[i]->role == TOPO_SESSION_INVITER)
      each(arg, &conns->conns[i]->peer, true);
}

void topo_conns_drop(struct topo_node_conn *conn, int status)
{
  topo_assert(status < 0);
  if (!is_up(conn))
    return;
  move(conn, TOPO_NODE_CONN_DEAD);
  topo_conn_close(&conn->conn, (uint64_t)topo_close_code(status));
}

void topo_conns_ended(struct topo_node_conn *conn)
{
  move(conn, TOPO_NODE_CONN_DEAD);
}

void topo_conns_sweep(struct topo_conns *conns)
{
  size_t kept = 0;
  for (size_t i = 0; i < conns->n; i++) {
    struct topo_node_conn *conn = conns->conns[i];
    if (is_up(conn)) {
      conns->conns[kept++] = conn;
      continue;
    }
    /* Its key was trusted as long as it was connected (docs/protocol.md §6.1). */
    conns->env->trust_changed |= conn->role == TOPO_SESSION_INVITER;
    topo_session_destroy(conn->session);
    free(conn);
  }
  topo_assert(kept <= conns->n);
  conns->n = kept;
}

void topo_conns_close_all(struct topo_conns *conns, int status)
{
  for (size_t i = 0; i < conns->n; i++)
    topo_conns_drop(conns->conns[i], status);
  topo_conns_sweep(conns);
  topo_assert(conns->n == 0);
}

void topo_conns_push(const struct topo_conns *conns, const struct topo_id *id, uint64_t origin)
{
  for (size_t i = 0; i < conns->n; i++) {
    const struct topo_node_conn *conn = conns->conns[i];
    if (is_up(conn) && conn->role == TOPO_SESSION_MEMBER && conn->number != origin)
      topo_session_push(conn->session, id);
  }
}

/* An invitee has one thing to do here; who lingers is shown out (docs/protocol.md §6.1). */
static void limit_bootstrap(struct topo_conns *conns, struct topo_node_conn *conn)
{
  topo_assert(conn->role == TOPO_SESSION_INVITER);
  topo_assert(conn->since_ms <= conns->env->now.mono_ms);
  uint64_t end = conn->since_ms + BOOTSTRAP_MS;
  if (end <= conns->env->now.mono_ms)
    topo_conns_drop(conn, TOPO_EUNTRUSTED);
  else
    topo_env_wake_at(conns->env, end);
}

void topo_conns_flush(struct topo_conns *conns)
{
  uint64_t now_ms = conns->env->now.mono_ms;
  for (size_t i = 0; i < conns->n; i++) {
    struct topo_node_conn *conn = conns->conns[i];
    if (is_up(conn) && conn->role == TOPO_SESSION_INVITER)
      limit_bootstrap(conns, conn);
    if (!is_up(conn))
      continue;
    if (topo_session_deadline(conn->session) <= now_ms)
      topo_session_tick(conn->session, now_ms);
    if (is_up(conn))
      topo_session_flush(conn->session, now_ms);
    if (is_up(conn))
      topo_env_wake_at(conns->env, topo_session_deadline(conn->session));
  }
}
