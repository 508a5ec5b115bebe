/* sessions.c - how connections come about, and what their sessions ask; see sessions.h. */
#include "node/sessions.h"

#include "base/assert.h"
#include "node/reach.h"
#include "port/close.h"

#include <stdlib.h>

/* docs/protocol.md §6.5: two connections that come up within this time cross each other. */
enum { CROSSING_MS = 3000 };

static struct topo_node *node_of(void *ctx)
{
  const struct topo_node_conn *conn = ctx;
  topo_assert(conn->state == TOPO_NODE_CONN_UP); /* the session of a dead connection is not used */
  topo_assert(conn->node->env.dag);              /* nor one of a space that cannot be read */
  return conn->node;
}

static int on_sets(void *ctx, struct topo_session_sets *out)
{
  return topo_sets_tell(&node_of(ctx)->sets, out);
}

static struct topo_settree *on_tree(void *ctx)
{
  return &node_of(ctx)->sets.epochs;
}

static uint32_t on_generation(void *ctx, const struct topo_id *set)
{
  const struct topo_authority *authority = topo_dag_authority(node_of(ctx)->env.dag);
  const struct topo_authority_node *epoch = topo_authority_find(authority, set);
  return epoch && epoch->kind == TOPO_ACT_EPOCH ? epoch->epoch.generation : 0;
}

static const struct topo_itemset *on_items(void *ctx, const struct topo_id *set)
{
  return topo_sets_items(&node_of(ctx)->sets, set);
}

static bool on_known(void *ctx, const struct topo_id *id)
{
  const struct topo_node *node = node_of(ctx);
  return topo_dag_has(node->env.dag, id) || topo_records_has(&node->records, id);
}

static int on_read(void *ctx, const struct topo_id *id, struct topo_buf *out)
{
  const struct topo_node *node = node_of(ctx);
  return topo_records_has(&node->records, id) ? topo_records_read(&node->records, id, out)
                                              : topo_dag_read(node->env.dag, id, out);
}

static int on_events(void *ctx, struct topo_session *s, enum topo_session_stream stream,
                     const uint8_t *data, size_t len)
{
  const struct topo_node_conn *conn = ctx;
  (void)s;
  return topo_batches_gather(&node_of(ctx)->batches, conn->number, stream, data, len);
}

/* How far the peer's clock is ahead of ours; what it says may be any number. */
static int64_t offset_of(uint64_t peer_ms, uint64_t own_ms)
{
  uint64_t distance = peer_ms > own_ms ? peer_ms - own_ms : own_ms - peer_ms;
  int64_t bounded = distance < INT64_MAX ? (int64_t)distance : INT64_MAX;
  return peer_ms > own_ms ? bounded : -bounded;
}

static int on_greeted(void *ctx, struct topo_session *s, const struct topo_id *credential,
                      uint64_t wall_ms)
{
  struct topo_node_conn *conn = ctx;
  struct topo_node *node = node_of(ctx);
  (void)s, (void)credential;
  conn->wall_offset_ms = offset_of(wall_ms, node->env.now.wall_ms);
  conn->lead_ms = offset_of(node->env.now.wall_ms, node->env.now.mono_ms);
  if (conn->role != TOPO_SESSION_MEMBER)
    return 0; /* a bootstrap is good for something once there is a WELCOME */
  conn->useful = true;
  node->wall.heard = true;
  topo_peers_greeted(&node->peers, &conn->peer);
  if (topo_joiner_is_joining(&node->joiner))
    topo_joiner_welcomed(&node->joiner);
  return 0;
}

static int on_offer(void *ctx, struct topo_session *s, struct topo_id *invite, uint16_t *slot,
                    struct topo_id *auth)
{
  const struct topo_node_conn *conn = ctx;
  (void)s;
  topo_assert(conn->role == TOPO_SESSION_INVITER);
  return topo_inviter_offer(&node_of(ctx)->inviter, &conn->peer, invite, slot, auth);
}

static int on_offered(void *ctx, struct topo_session *s, const struct topo_id *invite,
                      uint16_t slot, const struct topo_id *auth, struct topo_session_join *join)
{
  (void)s;
  topo_assert(((const struct topo_node_conn *)ctx)->role == TOPO_SESSION_JOINER);
  return topo_joiner_answer(&node_of(ctx)->joiner, invite, slot, auth, join);
}

static int on_join(void *ctx, struct topo_session *s, const struct topo_session_join *join)
{
  (void)s;
  return topo_inviter_admit(&node_of(ctx)->inviter, ctx, join);
}

static void on_welcomed(void *ctx, struct topo_session *s, const struct topo_id *admission)
{
  struct topo_node_conn *conn = ctx;
  struct topo_node *node = node_of(ctx);
  (void)s, (void)admission;
  conn->useful = true;
  topo_joiner_welcomed(&node->joiner); /* from now on we are somebody */
  topo_peers_hurry(&node->peers, &conn->peer);
}

static void end_conn(struct topo_node *node, struct topo_node_conn *conn, int status)
{
  topo_conns_ended(conn);
  if (conn->outgoing && !conn->useful)
    topo_peers_refused(&node->peers, &conn->peer, conn->role == TOPO_SESSION_JOINER, status);
  else
    topo_peers_lost(&node->peers, &conn->peer, conn->since_ms, status);
}

static void on_closed(void *ctx, struct topo_session *s, int status)
{
  struct topo_node *node = node_of(ctx);
  (void)s;
  end_conn(node, ctx, status);
  if (status < 0)
    topo_env_note(&node->env, status, "a peer was sent away: %s", topo_status_text(status));
}

static const struct topo_session_callbacks callbacks = {.sets = on_sets,
                                                        .tree = on_tree,
                                                        .generation = on_generation,
                                                        .items = on_items,
                                                        .known = on_known,
                                                        .read = on_read,
                                                        .events = on_events,
                                                        .greeted = on_greeted,
                                                        .offer = on_offer,
                                                        .offered = on_offered,
                                                        .join = on_join,
                                                        .welcomed = on_welcomed,
                                                        .closed = on_closed};

/* What the peer is to us, by the key it showed and the key we did (docs/protocol.md §4, Trust). 0
 * or why it may not be here. */
static int role_of(const struct topo_node *node, const struct topo_input *in,
                   enum topo_dialled dialled, enum topo_session_role *role)
{
  const struct topo_authority *authority = topo_dag_authority(node->env.dag);
  int slot;
  topo_assert(in->up.outgoing || dialled == TOPO_DIALLED_UNKNOWN);
  if (in->up.outgoing && dialled == TOPO_DIALLED_UNKNOWN)
    return TOPO_ECLOSED; /* the peer may take us for somebody else; the next dial will tell */
  /* Whoever joins knows nobody but the inviter yet, and the dial pinned its key. */
  if (topo_joiner_is_joining(&node->joiner)) {
    *role = dialled == TOPO_DIALLED_AS_INVITEE ? TOPO_SESSION_JOINER : TOPO_SESSION_MEMBER;
    return in->up.outgoing ? 0 : TOPO_EUNTRUSTED;
  }
  *role = TOPO_SESSION_MEMBER;
  if (topo_authority_credential_of(authority, &in->up.peer))
    return 0;
  *role = TOPO_SESSION_INVITER;
  if (!in->up.outgoing &&
      topo_authority_open_invite(authority, &in->up.peer, &node->env.self.device.public_key, &slot))
    return 0;
  return TOPO_EUNTRUSTED;
}

/* docs/protocol.md §6.5: of two connections between the same devices that cross, the one dialled by
 * the smaller key is kept. A peer that dials later than that has lost the older one before we did:
 * it was killed, or is at another address now. */
static int displace(struct topo_node *node, const struct topo_input *in)
{
  const struct topo_id *own = &node->env.self.device.public_key;
  bool ours_is_smaller = topo_id_compare(own, &in->up.peer) < 0;
  struct topo_node_conn *other = topo_conns_find_member(&node->conns, &in->up.peer);
  if (!other)
    return 0;
  bool crossing = node->env.now.mono_ms - other->since_ms < CROSSING_MS;
  if (crossing && other->outgoing != in->up.outgoing && other->outgoing == ours_is_smaller)
    return TOPO_EEXISTS; /* the one we have is kept */
  topo_conns_drop(other, TOPO_EEXISTS);
  topo_assert(!topo_conns_find_member(&node->conns, &in->up.peer)); /* there was only one */
  return 0;
}

static int open_session(struct topo_node *node, struct topo_node_conn *conn)
{
  const struct topo_authority_node *own = topo_env_credential(&node->env);
  struct topo_session_options o = {.conn = conn->conn,
                                   .ops = &callbacks,
                                   .ctx = conn,
                                   .role = conn->role,
                                   .initiator = conn->outgoing,
                                   .workspace = node->env.self.workspace,
                                   .scope = node->env.self.workspace,
                                   .now_ms = node->env.now.mono_ms,
                                   .wall_ms = node->env.now.wall_ms};
  if (own)
    o.own_credential = own->id;
  int status = 0;
  conn->session = topo_session_create(&o, &status);
  topo_assert(conn->session || status < 0);
  return status;
}

static int take_in(struct topo_node *node, const struct topo_input *in, enum topo_session_role role)
{
  struct topo_node_conn *conn = calloc(1, sizeof *conn);
  if (!conn)
    return TOPO_ENOMEM;
  *conn = (struct topo_node_conn){.number = in->number,
                                  .node = node,
                                  .conn = in->up.conn,
                                  .peer = in->up.peer,
                                  .address = in->up.address,
                                  .since_ms = node->env.now.mono_ms,
                                  .role = role,
                                  .state = TOPO_NODE_CONN_NEW,
                                  .outgoing = in->up.outgoing};
  int status = open_session(node, conn);
  if (status < 0) {
    free(conn);
    return status;
  }
  topo_conns_add(&node->conns, conn);
  return 0;
}

/* Somebody has come in: so we can be reached from there. */
static void note_reached(struct topo_env *env, const struct topo_address *from)
{
  enum topo_reached reached = topo_reach_from(from, env->own, env->n_own);
  if (reached > env->reached)
    env->reached = reached;
}

void topo_sessions_up(struct topo_node *node, const struct topo_input *in)
{
  enum topo_session_role role = TOPO_SESSION_MEMBER;
  enum topo_dialled dialled =
      topo_peers_up(&node->peers, &in->up.peer, in->up.outgoing ? in->up.dial : 0);
  int status = role_of(node, in, dialled, &role);
  if (status == 0 && role == TOPO_SESSION_MEMBER)
    status = displace(node, in);
  if (status == 0 && !topo_conns_make_room(&node->conns, role))
    status = TOPO_ELIMIT;
  if (status == 0)
    status = take_in(node, in, role);
  if (status == 0 && !in->up.outgoing)
    note_reached(&node->env, &in->up.address);
  if (status < 0)
    topo_conn_close(&in->up.conn, (uint64_t)topo_close_code(status));
  if (status < 0 && in->up.outgoing)
    topo_peers_refused(&node->peers, &in->up.peer, dialled == TOPO_DIALLED_AS_INVITEE, status);
  else if (status == 0 && role == TOPO_SESSION_MEMBER)
    topo_peers_seen(&node->peers, &in->up.peer, &in->up.address);
}

void topo_sessions_data(struct topo_node *node, const struct topo_input *in)
{
  const struct topo_node_conn *conn = topo_conns_find(&node->conns, in->number);
  if (conn)
    topo_session_receive(conn->session, in->data.stream, in->data.data, in->data.len,
                         node->env.now.mono_ms);
}

void topo_sessions_down(struct topo_node *node, const struct topo_input *in)
{
  struct topo_node_conn *conn = topo_conns_find(&node->conns, in->number);
  if (conn)
    end_conn(node, conn, in->status);
}
