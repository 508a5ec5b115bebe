/*
 * conns.c - connections of the space: a session for each, events in, events out.
 *
 * Events that arrive are gathered into one batch at a time, checked elsewhere, and applied when
 * they come back; until then they count against the windows of the connections they came by, which
 * bounds memory.
 */
#include "node/node_impl.h"

#include "base/assert.h"
#include "base/status.h"
#include "port/close.h"

#include <stdlib.h>
#include <string.h>

enum { CROSSING_MS = 3000, BOOTSTRAP_MS = 10000, BATCHES_IN_FLIGHT = 2 };

struct topo_node_conn *topo_conns_find(struct topo_node *node, uint64_t number)
{
  for (size_t i = 0; i < node->n_conns; i++)
    if (node->conns[i]->number == number)
      return node->conns[i];
  return NULL;
}

/* Ends a connection of which the session did not; sweep frees it. */
void topo_conns_drop(struct topo_node *node, struct topo_node_conn *conn, int status)
{
  (void)node;
  if (conn->dead)
    return;
  conn->dead = true;
  conn->status = status;
  topo_conn_close(&conn->conn, (uint64_t)topo_close_code(status));
}

void topo_conns_close_all(struct topo_node *node, int status)
{
  for (size_t i = 0; i < node->n_conns; i++)
    topo_conns_drop(node, node->conns[i], status);
  topo_conns_sweep(node);
}

static void free_conn(struct topo_node_conn *conn)
{
  topo_session_destroy(conn->session);
  free(conn);
}

void topo_conns_sweep(struct topo_node *node)
{
  size_t kept = 0;
  for (size_t i = 0; i < node->n_conns; i++)
    if (node->conns[i]->dead) {
      node->trust_dirty |= node->conns[i]->role == TOPO_SESSION_INVITER;
      free_conn(node->conns[i]);
    } else {
      node->conns[kept++] = node->conns[i];
    }
  node->n_conns = kept;
}

/* What the peer is to us, by the key it showed and the key we did. 0 or why it may not be here. */
static int role_of(struct topo_node *node, const struct topo_input *in, enum topo_dialled dialled,
                   enum topo_session_role *role)
{
  const struct topo_authority *authority = topo_dag_authority(node->dag);
  int slot;
  if (in->up.outgoing && dialled == TOPO_DIALLED_UNKNOWN)
    return TOPO_ECLOSED; /* the peer may take us for somebody else; the next dial will tell */
  if (node->joining) {   /* we know nobody but the inviter yet, and the dial pinned it */
    *role = dialled == TOPO_DIALLED_AS_INVITEE ? TOPO_SESSION_JOINER : TOPO_SESSION_MEMBER;
    return in->up.outgoing ? 0 : TOPO_EUNTRUSTED;
  }
  *role = TOPO_SESSION_MEMBER;
  if (topo_authority_credential_of(authority, &in->up.peer))
    return 0;
  *role = TOPO_SESSION_INVITER;
  if (!in->up.outgoing &&
      topo_authority_open_invite(authority, &in->up.peer, &node->self.device.public_key, &slot))
    return 0;
  return TOPO_EUNTRUSTED;
}

/* Of two connections between the same devices that were dialled at about the same time, the one
 * dialled by the smaller key is kept. A peer that dials later than that has lost the older one
 * before we did: it was killed, or is at another address now. */
static int displace(struct topo_node *node, const struct topo_input *in)
{
  bool ours_is_smaller = topo_id_compare(&node->self.device.public_key, &in->up.peer) < 0;
  for (size_t i = 0; i < node->n_conns; i++) {
    struct topo_node_conn *other = node->conns[i];
    if (other->dead || other->role != TOPO_SESSION_MEMBER ||
        !topo_id_equal(&other->peer, &in->up.peer))
      continue;
    bool crossing = node->now.mono_ms - other->since_ms < CROSSING_MS;
    if (crossing && other->outgoing != in->up.outgoing && other->outgoing == ours_is_smaller)
      return TOPO_EEXISTS; /* the one we have wins */
    topo_conns_drop(node, other, TOPO_EEXISTS);
  }
  return 0;
}

static int open_session(struct topo_node *node, struct topo_node_conn *conn)
{
  const struct topo_authority_node *own =
      topo_authority_credential_of(topo_dag_authority(node->dag), &node->self.device.public_key);
  struct topo_session_options o = {.conn = conn->conn,
                                   .ops = &topo_node_session_callbacks,
                                   .ctx = conn,
                                   .role = conn->role,
                                   .initiator = conn->outgoing,
                                   .workspace = node->self.workspace,
                                   .scope = node->self.workspace,
                                   .now_ms = node->now.mono_ms};
  if (own)
    o.own_credential = own->id;
  int status = 0;
  conn->session = topo_session_create(&o, &status);
  return conn->session ? 0 : status;
}

void topo_conns_up(struct topo_node *node, const struct topo_input *in)
{
  enum topo_session_role role = TOPO_SESSION_MEMBER;
  enum topo_dialled dialled = topo_peers_up(node, &in->up.peer, in->up.outgoing ? in->up.dial : 0);
  int status = role_of(node, in, dialled, &role);
  if (status == 0 && node->n_conns == TOPO_NODE_CONNS_MAX)
    status = TOPO_ELIMIT;
  if (status == 0 && role == TOPO_SESSION_MEMBER)
    status = displace(node, in);
  struct topo_node_conn *conn = status == 0 ? calloc(1, sizeof *conn) : NULL;
  if (status == 0 && !conn)
    status = TOPO_ENOMEM;
  if (status == 0) {
    *conn = (struct topo_node_conn){.number = in->number,
                                    .node = node,
                                    .conn = in->up.conn,
                                    .peer = in->up.peer,
                                    .address = in->up.address,
                                    .since_ms = node->now.mono_ms,
                                    .role = role,
                                    .outgoing = in->up.outgoing};
    status = open_session(node, conn);
  }
  if (status < 0) {
    free(conn);
    topo_conn_close(&in->up.conn, (uint64_t)topo_close_code(status));
    return;
  }
  node->conns[node->n_conns++] = conn;
  if (role == TOPO_SESSION_MEMBER)
    topo_peers_seen(node, &conn->peer, &conn->address);
}

void topo_conns_data(struct topo_node *node, const struct topo_input *in)
{
  struct topo_node_conn *conn = topo_conns_find(node, in->number);
  if (conn && !conn->dead)
    topo_session_receive(conn->session, in->data.stream, in->data.data, in->data.len,
                         node->now.mono_ms);
}

void topo_conns_down(struct topo_node *node, const struct topo_input *in)
{
  struct topo_node_conn *conn = topo_conns_find(node, in->number);
  struct topo_node_peer *peer = topo_peers_find(node, &conn->peer);
  conn->dead = true;
  conn->status = in->status;
  if (peer)
    peer->last_status = in->status;
}

/* ---- the session's owner ----------------------------------------------------------------------
 */

static int on_sets(void *ctx, struct topo_session_set *out)
{
  return topo_sets_list(((struct topo_node_conn *)ctx)->node, out);
}

static const struct topo_itemset *on_items(void *ctx, const struct topo_id *set)
{
  return topo_sets_items(((struct topo_node_conn *)ctx)->node, set);
}

static bool on_known(void *ctx, const struct topo_id *id)
{
  return topo_dag_has(((struct topo_node_conn *)ctx)->node->dag, id);
}

static int on_read(void *ctx, const struct topo_id *id, struct topo_buf *out)
{
  return topo_dag_read(((struct topo_node_conn *)ctx)->node->dag, id, out);
}

static int gather(struct topo_node *node)
{
  if (node->gathering)
    return 0;
  struct topo_node_work *work = calloc(1, sizeof *work);
  if (!work)
    return TOPO_ENOMEM;
  work->work.batch = topo_batch_create(topo_dag_context(node->dag), topo_dag_keyring(node->dag));
  if (!work->work.batch) {
    free(work);
    return TOPO_ENOMEM;
  }
  node->gathering = work;
  return 0;
}

static int on_events(void *ctx, struct topo_session *s, enum topo_session_stream stream,
                     const uint8_t *data, size_t len)
{
  struct topo_node_conn *conn = ctx;
  (void)s;
  int status = gather(conn->node);
  if (status < 0)
    return status;
  struct topo_node_work *work = conn->node->gathering;
  struct topo_node_segment segment = {conn->number, stream, len, work->work.batch->n, 0};
  status = topo_batch_add(work->work.batch, data, len);
  segment.n = work->work.batch->n - segment.first;
  return status == 0 ? topo_buf_put(&work->segments, &segment, sizeof segment) : status;
}

static int on_greeted(void *ctx, struct topo_session *s, const struct topo_id *credential)
{
  (void)ctx, (void)s, (void)credential;
  return 0;
}

static int on_offer(void *ctx, struct topo_session *s, struct topo_id *invite, uint16_t *slot,
                    struct topo_id *auth)
{
  struct topo_node_conn *conn = ctx;
  (void)s;
  return topo_join_offer(conn->node, conn, invite, slot, auth);
}

static int on_offered(void *ctx, struct topo_session *s, const struct topo_id *invite,
                      uint16_t slot, const struct topo_id *auth, struct topo_session_join *join)
{
  struct topo_node_conn *conn = ctx;
  (void)s;
  return topo_join_offered(conn->node, invite, slot, auth, join);
}

static int on_join(void *ctx, struct topo_session *s, const struct topo_session_join *join)
{
  struct topo_node_conn *conn = ctx;
  (void)s;
  return topo_join_admit(conn->node, conn, join);
}

static void on_welcomed(void *ctx, struct topo_session *s, const struct topo_id *admission)
{
  struct topo_node_conn *conn = ctx;
  (void)s, (void)admission;
  conn->node->try_device = true; /* from now on we are somebody */
  struct topo_node_peer *peer = topo_peers_find(conn->node, &conn->peer);
  if (peer)
    peer->retry_ms = conn->node->now.mono_ms;
}

static void on_closed(void *ctx, struct topo_session *s, int status)
{
  struct topo_node_conn *conn = ctx;
  (void)s;
  conn->dead = true;
  conn->status = status;
  if (status < 0)
    topo_node_note(conn->node, status, "a peer was sent away: %s", topo_status_text(status));
}

const struct topo_session_callbacks topo_node_session_callbacks = {.sets = on_sets,
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

/* ---- batches out and back -------------------------------------------------------------------- */

void topo_conns_submit(struct topo_node *node)
{
  struct topo_node_work *work = node->gathering;
  if (!work || node->in_flight >= BATCHES_IN_FLIGHT)
    return;
  node->gathering = NULL;
  node->in_flight++;
  node->options.ports->check(node->options.ports->ctx, &work->work);
}

static void finish_work(struct topo_node_work *work)
{
  topo_batch_destroy(work->work.batch);
  topo_buf_finish(&work->segments);
  free(work);
}

/* The peers are told that their bytes are done with, whatever became of them. */
static void release_segments(struct topo_node *node, struct topo_node_work *work)
{
  const struct topo_batch *batch = work->work.batch;
  for (size_t at = 0; at < work->segments.len; at += sizeof(struct topo_node_segment)) {
    struct topo_node_segment segment;
    memcpy(&segment, work->segments.data + at, sizeof segment);
    struct topo_node_conn *conn = topo_conns_find(node, segment.conn);
    if (!conn || conn->dead)
      continue;
    for (size_t i = segment.first; batch->events && i < segment.first + segment.n; i++)
      if (batch->events[i].envelope.hlc) /* decoded: it has an id */
        topo_session_got(conn->session, &batch->events[i].envelope.id);
    topo_session_applied(conn->session, segment.stream, segment.bytes);
  }
}

/* Ids that are missing are asked of those who sent what refers to them. */
static void want_missing(struct topo_node *node, struct topo_node_work *work)
{
  uint64_t asked = 0;
  for (size_t at = 0; at < work->segments.len; at += sizeof(struct topo_node_segment)) {
    struct topo_node_segment segment;
    memcpy(&segment, work->segments.data + at, sizeof segment);
    struct topo_node_conn *conn = topo_conns_find(node, segment.conn);
    if (!conn || conn->dead || conn->number == asked || conn->role != TOPO_SESSION_MEMBER)
      continue;
    asked = conn->number;
    for (size_t i = 0; i < node->wants.len; i += sizeof(struct topo_id)) {
      struct topo_id id;
      memcpy(id.bytes, node->wants.data + i, sizeof id.bytes);
      if (!topo_dag_has(node->dag, &id))
        topo_session_want(conn->session, &id);
    }
  }
  topo_buf_clear(&node->wants);
}

/* Which connection brought which event: what it brought is not pushed back to it. */
struct origin {
  struct topo_id id;
  uint64_t conn;
};

static int by_id(const void *a, const void *b)
{
  return topo_id_compare(&((const struct origin *)a)->id, &((const struct origin *)b)->id);
}

static int note_origins(struct topo_node *node, const struct topo_node_work *work)
{
  topo_buf_clear(&node->origins);
  for (size_t at = 0; at < work->segments.len; at += sizeof(struct topo_node_segment)) {
    struct topo_node_segment segment;
    memcpy(&segment, work->segments.data + at, sizeof segment);
    topo_assert(segment.first + segment.n <= work->work.batch->n);
    for (size_t i = segment.first; i < segment.first + segment.n; i++) {
      struct origin o = {work->work.batch->events[i].envelope.id, segment.conn};
      if (topo_buf_put(&node->origins, &o, sizeof o) < 0)
        return TOPO_ENOMEM;
    }
  }
  qsort(node->origins.data, node->origins.len / sizeof(struct origin), sizeof(struct origin),
        by_id);
  return 0;
}

uint64_t topo_conns_origin(const struct topo_node *node, const struct topo_id *id)
{
  struct origin key = {*id, 0};
  if (!node->origins.len)
    return 0;
  const struct origin *found =
      bsearch(&key, node->origins.data, node->origins.len / sizeof key, sizeof key, by_id);
  return found ? found->conn : 0;
}

void topo_conns_checked(struct topo_node *node, struct topo_work *w)
{
  struct topo_node_work *work = (struct topo_node_work *)w;
  topo_assert(node->in_flight > 0);
  node->in_flight--;
  if (node->dag && topo_node_writing(node, false) == 0) {
    struct topo_sink sink;
    topo_node_sink(node, &sink);
    int status = work->work.batch->status;
    if (status == 0)
      status = note_origins(node, work);
    if (status == 0)
      status = topo_dag_apply(node->dag, work->work.batch, node->now.wall_ms, &sink);
    topo_buf_clear(&node->origins);
    if (status < 0 && node->failure == 0)
      node->failure = status;
    if (node->failure == 0) {
      want_missing(node, work);
      release_segments(node, work);
    }
  }
  finish_work(work);
}

void topo_conns_push(struct topo_node *node)
{
  struct topo_node_item item;
  for (size_t at = 0; at < node->items.len; at += sizeof item) {
    memcpy(&item, node->items.data + at, sizeof item);
    for (size_t i = 0; i < node->n_conns; i++) {
      struct topo_node_conn *conn = node->conns[i];
      if (!conn->dead && conn->role == TOPO_SESSION_MEMBER && conn->number != item.origin)
        topo_session_push(conn->session, &item.id);
    }
  }
  topo_buf_clear(&node->items);
  topo_buf_clear(&node->wants);
}

/* An invitee has one thing to do here; who lingers is shown out. */
static void limit_bootstrap(struct topo_node *node, struct topo_node_conn *conn)
{
  uint64_t end = conn->since_ms + BOOTSTRAP_MS;
  if (end <= node->now.mono_ms)
    topo_conns_drop(node, conn, TOPO_EUNTRUSTED);
  else
    topo_node_wake_at(node, end);
}

void topo_conns_flush(struct topo_node *node)
{
  for (size_t i = 0; i < node->n_conns; i++) {
    struct topo_node_conn *conn = node->conns[i];
    if (!conn->dead && conn->role == TOPO_SESSION_INVITER)
      limit_bootstrap(node, conn);
    if (conn->dead)
      continue;
    if (topo_session_deadline(conn->session) <= node->now.mono_ms)
      topo_session_tick(conn->session, node->now.mono_ms);
    if (!conn->dead)
      topo_session_flush(conn->session, node->now.mono_ms);
    if (!conn->dead)
      topo_node_wake_at(node, topo_session_deadline(conn->session));
  }
}
