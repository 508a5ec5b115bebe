/* conn.c - the states of a connection, its memory, and the queue of connections with work. */
#include "net/conn.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/status.h"
#include "net/identity.h"

#define BIT(state) (1u << (state))
#define ENDED      (BIT(TOPO_NET_CLOSING) | BIT(TOPO_NET_DRAINING))

static const unsigned transitions[TOPO_NET_STATES] = {
    [TOPO_NET_HANDSHAKE] = BIT(TOPO_NET_VERDICT) | BIT(TOPO_NET_UP) | ENDED,
    [TOPO_NET_VERDICT] = BIT(TOPO_NET_UP) | ENDED,
    [TOPO_NET_UP] = ENDED,
    [TOPO_NET_CLOSING] = 0,
    [TOPO_NET_DRAINING] = 0,
};

bool topo_net_conn_alive(const struct topo_net_conn *conn)
{
  return !(BIT(conn->state) & ENDED);
}

static bool half_open(const struct topo_net_conn *conn)
{
  return !conn->outgoing && conn->state == TOPO_NET_HANDSHAKE;
}

void topo_net_conn_transition(struct topo_net_conn *conn, enum topo_net_state to)
{
  struct topo_net_stats *stats = &conn->net->stats;
  topo_assert(transitions[conn->state] & BIT(to));
  stats->half_open -= half_open(conn);
  conn->state = to;
  if (!topo_net_conn_alive(conn)) {
    stats->live--;
    stats->lingering++;
  }
}

void topo_net_conn_up(struct topo_net_conn *conn)
{
  struct topo_net *net = conn->net;
  topo_assert(conn->has_peer && conn->identity && !conn->doomed);
  struct topo_net_peer peer = {.key = conn->peer,
                               .address = conn->remote,
                               .outgoing = conn->outgoing,
                               .identity_user = conn->identity->user,
                               .user = conn->user};
  topo_net_conn_transition(conn, TOPO_NET_UP);
  conn->was_up = true;
  net->stats.up++;
  topo_net_address_unmap(&peer.address);
  net->events->up(net->arg, conn, &peer);
}

void topo_net_conn_doom(struct topo_net_conn *conn, int status, uint64_t code)
{
  if (!topo_net_conn_alive(conn) || conn->doomed)
    return;
  conn->doomed = true;
  conn->doom_status = status;
  conn->doom_code = code;
  topo_net_conn_queue(conn);
}

/* --- the queue --- */

void topo_net_conn_queue(struct topo_net_conn *conn)
{
  struct topo_net *net = conn->net;
  if (conn->queued)
    return;
  conn->queued = true;
  conn->queue_next = NULL;
  *net->queue_end = conn;
  net->queue_end = &conn->queue_next;
}

struct topo_net_conn *topo_net_conn_dequeue(struct topo_net *net)
{
  struct topo_net_conn *c = net->queue;
  topo_assert(c && c->queued);
  net->queue = c->queue_next;
  if (!net->queue)
    net->queue_end = &net->queue;
  c->queued = false;
  c->queue_next = NULL;
  return c;
}

/* --- memory --- */

void topo_net_conn_init(struct topo_net_conn *conn)
{
  struct topo_net *net = conn->net;
  conn->state = TOPO_NET_HANDSHAKE;
  for (size_t i = 0; i < TOPO_CONN_STREAMS_MAX; i++) {
    conn->out[i].id = -1;
    conn->in[i].number = -1;
  }
  net->stats.live++;
  net->stats.half_open += half_open(conn);
  conn->next = net->all;
  if (net->all)
    net->all->prev = conn;
  net->all = conn;
}

int topo_net_conn_take_cid(struct topo_net_conn *conn, ngtcp2_cid *cid)
{
  int rc;
  cid->datalen = TOPO_NET_CID_LEN;
  do {
    topo_rng_fill(&conn->net->rng, cid->data, cid->datalen);
    rc = topo_cid_table_put(&conn->net->cids, cid->data, cid->datalen, conn, &conn->cids);
  } while (rc == TOPO_EEXISTS);
  return rc;
}

void topo_net_conn_release(struct topo_net_conn *conn)
{
  if (conn->quic)
    ngtcp2_conn_del(conn->quic);
  if (conn->tls)
    gnutls_deinit(conn->tls);
  conn->quic = NULL;
  conn->tls = NULL;
  topo_cid_table_remove_all(&conn->net->reset_tokens, &conn->reset_tokens);
  for (size_t i = 0; i < TOPO_CONN_STREAMS_MAX; i++)
    topo_sendbuf_finish(&conn->out[i].buf);
  topo_net_identity_unref(conn->identity);
  conn->identity = NULL;
}

void topo_net_conn_free(struct topo_net_conn *conn)
{
  struct topo_net *net = conn->net;
  topo_assert(!conn->queued);
  if (topo_net_conn_alive(conn)) {
    net->stats.half_open -= half_open(conn);
    net->stats.live--;
  } else {
    net->stats.lingering--;
  }
  topo_net_conn_release(conn);
  topo_cid_table_remove_all(&net->cids, &conn->cids);
  topo_deadlines_remove(&net->deadlines, &conn->timer);
  if (conn->prev)
    conn->prev->next = conn->next;
  else
    net->all = conn->next;
  if (conn->next)
    conn->next->prev = conn->prev;
  free(conn->farewell);
  free(conn);
}

/* --- time and the user --- */

void topo_net_conn_retime(struct topo_net_conn *conn)
{
  topo_deadlines_set(&conn->net->deadlines, &conn->timer, ngtcp2_conn_get_expiry(conn->quic));
}

void topo_net_conn_set_user(struct topo_net_conn *conn, void *user)
{
  conn->user = user;
}

void *topo_net_conn_user(const struct topo_net_conn *conn)
{
  return conn->user;
}
