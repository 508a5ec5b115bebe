/*
 * close.c - the end of a connection: from the queue when it is doomed, or after an error of ngtcp2.
 *
 * What ngtcp2 and GnuTLS keep is given up at once. The connection stays for three probe timeouts
 * more (RFC 9000, 10.2) with nothing but its ids and its CONNECTION_CLOSE, to answer late packets.
 */
#include "net/close.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/status.h"
#include "net/tls.h"

enum {
  FAREWELL_SIZE = 1200, /* bytes of a CONNECTION_CLOSE */
  LINGERING = 1024,     /* ended connections that still answer or swallow packets */
  ALERT_BASE = 0x100    /* the transport error of TLS alert 0 (RFC 9001, 4.8) */
};
#define LONGEST_PTO_NS (3 * NGTCP2_SECONDS)

/* How a connection ends: what the user is told, and what the peer is told. */
struct ending {
  struct topo_net_down why;
  bool say; /* send `error` */
  quic_error error;
};

static void count_failure(struct topo_net_conn *conn, int status)
{
  struct topo_net_stats *s = &conn->net->stats;
  if (conn->no_key)
    s->failed_no_key++;
  else if (status == TOPO_ENOTFOUND)
    s->failed_name++;
  else if (status == TOPO_EVERSION)
    s->failed_version++;
  else if (status == TOPO_EUNTRUSTED)
    s->failed_untrusted++;
  else if (status == TOPO_ETIMEOUT || status == TOPO_EUNREACHABLE)
    s->failed_timeout++;
  else
    s->failed_other++;
}

/* Writes CONNECTION_CLOSE, sends it, and keeps it for late packets. */
static void say_goodbye(struct topo_net_conn *conn, const quic_error *error)
{
  uint8_t packet[FAREWELL_SIZE];
  ngtcp2_path_storage path;
  ngtcp2_pkt_info info;
  ngtcp2_ssize n;
  struct topo_net_address local;
  ngtcp2_path_storage_zero(&path);
  n = ngtcp2_conn_write_connection_close(conn->quic, &path.path, &info, packet, sizeof packet,
                                         error, conn->net->now_ns);
  if (n <= 0 || topo_net_address_set(&local, path.path.local.addr, path.path.local.addrlen))
    return;
  topo_io_send_one(&conn->net->io, packet, (size_t)n, &local, &conn->remote);
  conn->farewell = malloc((size_t)n);
  if (conn->farewell) {
    memcpy(conn->farewell, packet, (size_t)n);
    conn->farewell_len = (size_t)n;
  }
}

static void end(struct topo_net_conn *conn, const struct ending *e)
{
  struct topo_net *net = conn->net;
  struct topo_net_down why = e->why;
  ngtcp2_duration pto = ngtcp2_conn_get_pto(conn->quic);
  if (e->say)
    say_goodbye(conn, &e->error);
  why.was_up = conn->was_up;
  if (!conn->was_up && !conn->silent)
    count_failure(conn, why.status);
  topo_net_conn_transition(conn, conn->farewell ? TOPO_NET_CLOSING : TOPO_NET_DRAINING);
  topo_net_conn_release(conn);
  conn->late_next = 1;
  if (pto > LONGEST_PTO_NS)
    pto = LONGEST_PTO_NS;
  if (net->stats.lingering > LINGERING)
    pto = 0;
  topo_deadlines_set(&net->deadlines, &conn->timer, net->now_ns + 3 * pto);
  if (!conn->silent && (conn->outgoing || conn->was_up))
    net->events->down(net->arg, conn, &why);
}

/* What the peer's CONNECTION_CLOSE or stateless reset says. */
static void read_goodbye(struct topo_net_conn *conn, struct ending *e)
{
  quic_error got;
  e->why.by_peer = true;
  e->why.status = TOPO_ECLOSED;
  if (conn->reset)
    return;
  quic_error_received(conn->quic, &got);
  e->why.code = got.error_code;
  e->why.application = got.type == QUIC_ERROR_APPLICATION;
  if (e->why.application)
    e->why.status = topo_close_status(got.error_code);
  else if (got.error_code >= ALERT_BASE && got.error_code < 2 * ALERT_BASE)
    e->why.status = topo_net_tls_alert_status((unsigned)(got.error_code - ALERT_BASE));
  else if (got.error_code == NGTCP2_CONNECTION_REFUSED)
    e->why.status = TOPO_EAGAIN;
  else if (got.error_code != NGTCP2_NO_ERROR && got.error_code != NGTCP2_APPLICATION_ERROR)
    e->why.status = TOPO_EPROTOCOL;
}

/* TLS failed on our side: the alert goes out, and our own reason counts more than it. */
static void read_alert(struct topo_net_conn *conn, struct ending *e)
{
  uint8_t alert = ngtcp2_conn_get_tls_alert(conn->quic);
  e->say = true;
  e->why.code = (uint64_t)ALERT_BASE + alert;
  e->why.status = conn->failure ? conn->failure : topo_net_tls_alert_status(alert);
  if (!conn->failure && alert == GNUTLS_A_CERTIFICATE_REQUIRED)
    conn->no_key = true;
  quic_error_set_alert(&e->error, alert, NULL, 0);
}

static void read_library_error(struct ending *e, int liberr)
{
  e->say = true;
  e->why.code = ngtcp2_err_infer_quic_transport_error_code(liberr);
  e->why.status = liberr == NGTCP2_ERR_NOMEM              ? TOPO_ENOMEM
                  : liberr == NGTCP2_ERR_CALLBACK_FAILURE ? TOPO_EINTERNAL
                                                          : TOPO_EPROTOCOL;
  quic_error_set_library(&e->error, liberr, NULL, 0);
}

void topo_net_close_failed(struct topo_net_conn *conn, int liberr)
{
  struct ending e = {0};
  if (conn->doomed) {
    topo_net_close_doomed(conn);
    return;
  }
  quic_error_default(&e.error);
  switch (liberr) {
  case NGTCP2_ERR_CLOSING:
  case NGTCP2_ERR_DRAINING: read_goodbye(conn, &e); break;
  case NGTCP2_ERR_IDLE_CLOSE:
  case NGTCP2_ERR_HANDSHAKE_TIMEOUT:
    e.why.status = conn->heard ? TOPO_ETIMEOUT : TOPO_EUNREACHABLE;
    break;
  case NGTCP2_ERR_DROP_CONN:
  case NGTCP2_ERR_RETRY: e.why.status = TOPO_ECLOSED; break;
  case NGTCP2_ERR_RECV_VERSION_NEGOTIATION: e.why.status = TOPO_EVERSION; break;
  case NGTCP2_ERR_CRYPTO: read_alert(conn, &e); break;
  default: read_library_error(&e, liberr); break;
  }
  end(conn, &e);
}

void topo_net_close_doomed(struct topo_net_conn *conn)
{
  struct ending e = {
      .why = {.status = conn->doom_status, .code = conn->doom_code, .application = true},
      .say = true};
  topo_assert(conn->doomed);
  quic_error_default(&e.error);
  quic_error_set_application(&e.error, conn->doom_code, NULL, 0);
  end(conn, &e);
}

void topo_net_close(struct topo_net_conn *conn, uint64_t code)
{
  conn->silent = true;
  topo_net_conn_doom(conn, TOPO_ECLOSED, code);
}
