/* receive.c - a connection meets a datagram or its deadline. */
#include "net/receive.h"

#include "net/close.h"

/* A late packet is answered when their number reaches the next power of two. */
static void answer_late(struct topo_net_conn *conn, const struct topo_datagram *d)
{
  if (!conn->farewell || ++conn->late < conn->late_next)
    return;
  conn->late_next *= 2;
  topo_io_send_one(&conn->net->io, conn->farewell, conn->farewell_len, &d->local, &d->remote);
}

static void notice_move(struct topo_net_conn *conn)
{
  const ngtcp2_path *path = ngtcp2_conn_get_path(conn->quic);
  struct topo_net *net = conn->net;
  struct topo_net_address at;
  if (topo_net_address_set(&at, path->remote.addr, path->remote.addrlen) ||
      topo_net_address_equal(&at, &conn->remote))
    return;
  conn->remote = at;
  topo_net_address_unmap(&at);
  if (conn->state == TOPO_NET_UP && net->events->moved)
    net->events->moved(net->arg, conn, &at);
}

/* A third of what an idle connection takes is the TLS session, which is of no use after the
 * handshake. */
static void drop_tls(struct topo_net_conn *conn)
{
  if (conn->state != TOPO_NET_UP || !conn->tls)
    return;
  ngtcp2_conn_set_tls_native_handle(conn->quic, NULL);
  gnutls_deinit(conn->tls);
  conn->tls = NULL;
}

void topo_net_receive(struct topo_net_conn *conn, const struct topo_datagram *d)
{
  struct topo_net *net = conn->net;
  /* We dial from the wildcard, so that the kernel may change the source when the machine moves. */
  struct topo_net_address local = conn->outgoing ? net->io.bound : d->local, remote = d->remote;
  ngtcp2_path path = topo_net_path(&local, &remote);
  ngtcp2_pkt_info info = {.ecn = d->ecn};
  int rc;
  if (!topo_net_conn_alive(conn)) {
    answer_late(conn, d);
    return;
  }
  rc = ngtcp2_conn_read_pkt(conn->quic, &path, &info, d->data, d->len, net->now_ns);
  if (rc) {
    topo_net_close_failed(conn, rc);
    return;
  }
  conn->heard = true;
  if (conn->doomed) {
    topo_net_close_doomed(conn);
    return;
  }
  drop_tls(conn);
  notice_move(conn);
  topo_net_conn_queue(conn);
}

void topo_net_receive_expiry(struct topo_net_conn *conn)
{
  int rc;
  if (!topo_net_conn_alive(conn)) {
    if (!conn->queued)
      topo_net_conn_free(conn);
    return;
  }
  /* The write that follows asks for the next deadline; before it the old one would still be due. */
  topo_deadlines_set(&conn->net->deadlines, &conn->timer, UINT64_MAX);
  rc = ngtcp2_conn_handle_expiry(conn->quic, conn->net->now_ns);
  if (rc)
    topo_net_close_failed(conn, rc);
  else
    topo_net_conn_queue(conn);
}
