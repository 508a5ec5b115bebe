/*
 * conn.c - the life of a connection.
 *
 *     HANDSHAKE ──► VERDICT ──► UP          a client's way: its own handshake is done before the
 *         │            │         │          server has judged its key
 *         ├────────────┼───► ────┤          a server goes from HANDSHAKE to UP
 *         ▼            ▼         ▼
 *     CLOSING or DRAINING, for three probe timeouts, then it is freed
 *
 * ngtcp2's and GnuTLS's state is given up at the end already: to linger takes the ids and one
 * packet.
 */
#include "net/internal.h"

#include <stdlib.h>
#include <string.h>

#define BIT(state) (1u << (state))
#define ENDED      (BIT(TOPO_NET_CLOSING) | BIT(TOPO_NET_DRAINING))

static const unsigned moves[TOPO_NET_STATES] = {
    [TOPO_NET_HANDSHAKE] = BIT(TOPO_NET_VERDICT) | BIT(TOPO_NET_UP) | ENDED,
    [TOPO_NET_VERDICT] = BIT(TOPO_NET_UP) | ENDED,
    [TOPO_NET_UP] = ENDED,
    [TOPO_NET_CLOSING] = 0,
    [TOPO_NET_DRAINING] = 0,
};

enum { FAREWELL_MAX = 1200, ALERT_BASE = 0x100 };
#define LONGEST_PTO_NS (3 * NGTCP2_SECONDS)

/* How a connection ends: what the user hears, and what the peer. */
struct ending {
  struct topo_net_down why;
  bool say; /* send `error` */
  quic_error error;
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
  topo_assert(moves[conn->state] & BIT(to));
  stats->half_open -= half_open(conn);
  conn->state = to;
  if (!topo_net_conn_alive(conn)) {
    stats->live--;
    stats->lingering++;
  }
}

void topo_net_conn_retime(struct topo_net_conn *conn)
{
  topo_deadlines_set(&conn->net->deadlines, &conn->timer, ngtcp2_conn_get_expiry(conn->quic));
}

/* --- creation --- */

static void set_settings(const struct topo_net *net, ngtcp2_settings *settings)
{
  ngtcp2_settings_default(settings);
  settings->initial_ts = net->now_ns;
  settings->handshake_timeout = TOPO_NET_HANDSHAKE_NS;
  settings->max_tx_udp_payload_size = TOPO_IO_PACKET;
  settings->cc_algo = NGTCP2_CC_ALGO_CUBIC;
  settings->rand_ctx.native_handle = (void *)(uintptr_t)net;
}

static void set_params(ngtcp2_transport_params *params)
{
  ngtcp2_transport_params_default(params);
  params->initial_max_data = TOPO_CONN_WINDOW_MAX;
  params->initial_max_stream_data_uni = TOPO_CONN_WINDOW_MAX;
  params->initial_max_streams_uni = TOPO_CONN_STREAMS_MAX;
  params->initial_max_streams_bidi = 0;
  params->max_idle_timeout = TOPO_NET_IDLE_NS;
  params->active_connection_id_limit = 4;
}

static ngtcp2_path path_of(struct topo_net_address *local, struct topo_net_address *remote)
{
  ngtcp2_path path = {.local = {&local->sa, topo_net_address_len(local)},
                      .remote = {&remote->sa, topo_net_address_len(remote)}};
  return path;
}

/* A fresh id of ours that leads to this connection. 0 or TOPO_ENOMEM. */
static int take_cid(struct topo_net_conn *conn, ngtcp2_cid *cid)
{
  int rc;
  do {
    cid->datalen = TOPO_NET_CID_LEN;
    topo_net_fill(conn->net, cid->data, cid->datalen);
    rc = topo_cid_table_put(&conn->net->cids, cid->data, cid->datalen, conn, &conn->cids);
  } while (rc == TOPO_EEXISTS);
  return rc;
}

static int create_client(struct topo_net_conn *conn, ngtcp2_path *path)
{
  uint8_t token[TOPO_NET_TOKEN_MAX];
  ngtcp2_settings settings;
  ngtcp2_transport_params params;
  ngtcp2_cid scid, dcid = {.datalen = NGTCP2_MIN_INITIAL_DCIDLEN + TOPO_NET_CID_LEN};
  size_t token_len = topo_net_token_take(conn->net, &conn->remote, token);
  if (take_cid(conn, &scid))
    return TOPO_ENOMEM;
  set_settings(conn->net, &settings);
  set_params(&params);
  if (token_len)
    quic_settings_set_token(&settings, token, token_len, NGTCP2_TOKEN_TYPE_NEW_TOKEN);
  topo_net_fill(conn->net, dcid.data, dcid.datalen);
  return ngtcp2_conn_client_new(&conn->quic, &dcid, &scid, path, NGTCP2_PROTO_VER_V1,
                                &topo_net_callbacks_client, &settings, &params, NULL, conn)
             ? TOPO_ENOMEM
             : 0;
}

static int create_server(struct topo_net_conn *conn, ngtcp2_path *path,
                         const struct topo_net_accepted *accepted)
{
  const ngtcp2_pkt_hd *hd = accepted->header;
  ngtcp2_settings settings;
  ngtcp2_transport_params params;
  ngtcp2_cid scid;
  const uint8_t *token;
  size_t token_len;
  if (take_cid(conn, &scid) ||
      topo_cid_table_put(&conn->net->cids, hd->dcid.data, hd->dcid.datalen, conn, &conn->cids))
    return TOPO_ENOMEM;
  set_settings(conn->net, &settings);
  set_params(&params);
  token = quic_token(hd, &token_len);
  quic_settings_set_token(&settings, token, token_len,
                          accepted->original ? NGTCP2_TOKEN_TYPE_RETRY
                                             : NGTCP2_TOKEN_TYPE_NEW_TOKEN);
  quic_params_set_odcid(&params, accepted->original ? accepted->original : &hd->dcid);
  if (accepted->original) {
    params.retry_scid = hd->dcid;
    params.retry_scid_present = 1;
  }
  if (ngtcp2_crypto_generate_stateless_reset_token(params.stateless_reset_token, conn->net->secret,
                                                   sizeof conn->net->secret, &scid))
    return TOPO_ENOMEM;
  params.stateless_reset_token_present = 1;
  return ngtcp2_conn_server_new(&conn->quic, &hd->scid, &scid, path, hd->version,
                                &topo_net_callbacks_server, &settings, &params, NULL, conn)
             ? TOPO_ENOMEM
             : 0;
}

static void set_initial(struct topo_net_conn *conn, struct topo_net *net,
                        const struct topo_net_dial *dial)
{
  conn->net = net;
  conn->state = TOPO_NET_HANDSHAKE;
  for (size_t i = 0; i < TOPO_CONN_STREAMS_MAX; i++) {
    conn->out[i].id = -1;
    conn->in[i].number = -1;
  }
  net->stats.live++;
  if (dial) {
    conn->outgoing = true;
    conn->identity = dial->identity;
    topo_net_identity_ref(dial->identity);
    conn->pin = dial->pin;
    conn->user = dial->user;
    strcpy(conn->sni, dial->sni);
  }
  net->stats.half_open += half_open(conn);
  conn->next = net->all;
  if (net->all)
    net->all->prev = conn;
  net->all = conn;
}

int topo_net_conn_create(struct topo_net *net, struct topo_net_conn **out,
                         const struct topo_net_address *local,
                         const struct topo_net_address *remote,
                         const struct topo_net_accepted *accepted, const struct topo_net_dial *dial)
{
  struct topo_net_address from = *local;
  struct topo_net_conn *conn = calloc(1, sizeof *conn);
  ngtcp2_path path;
  int rc;
  if (!conn)
    return TOPO_ENOMEM;
  set_initial(conn, net, dial);
  conn->remote = *remote;
  path = path_of(&from, &conn->remote);
  rc = topo_deadlines_add(&net->deadlines, &conn->timer, conn);
  if (!rc)
    rc = topo_net_tls_session(conn);
  if (!rc)
    rc = accepted ? create_server(conn, &path, accepted) : create_client(conn, &path);
  if (rc) {
    topo_net_conn_free(conn);
    return rc;
  }
  ngtcp2_conn_set_tls_native_handle(conn->quic, conn->tls);
  ngtcp2_conn_set_keep_alive_timeout(conn->quic, TOPO_NET_KEEP_ALIVE_NS);
  topo_net_queue(conn);
  *out = conn;
  return 0;
}

/* What only a living connection needs. */
static void give_up_state(struct topo_net_conn *conn)
{
  if (conn->quic)
    ngtcp2_conn_del(conn->quic);
  if (conn->tls)
    gnutls_deinit(conn->tls);
  conn->quic = NULL;
  conn->tls = NULL;
  topo_cid_table_remove_all(&conn->net->reset_tokens, &conn->reset_tokens);
  topo_net_stream_finish(conn);
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
  give_up_state(conn);
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

/* --- the end --- */

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
  uint8_t packet[FAREWELL_MAX];
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
  give_up_state(conn);
  conn->late_next = 1;
  if (pto > LONGEST_PTO_NS)
    pto = LONGEST_PTO_NS;
  if (net->stats.lingering > TOPO_NET_LINGERING)
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
    e->why.status = topo_net_alert_status((unsigned)(got.error_code - ALERT_BASE));
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
  e->why.status = conn->failure ? conn->failure : topo_net_alert_status(alert);
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

void topo_net_conn_fail(struct topo_net_conn *conn, int liberr)
{
  struct ending e = {0};
  if (conn->doomed) {
    topo_net_conn_execute(conn);
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

void topo_net_conn_doom(struct topo_net_conn *conn, int status, uint64_t code)
{
  if (!topo_net_conn_alive(conn) || conn->doomed)
    return;
  conn->doomed = true;
  conn->doom_status = status;
  conn->doom_code = code;
  topo_net_queue(conn);
}

void topo_net_conn_execute(struct topo_net_conn *conn)
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

/* --- what happens to it --- */

void topo_net_conn_up(struct topo_net_conn *conn)
{
  struct topo_net *net = conn->net;
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

void topo_net_conn_receive(struct topo_net_conn *conn, const struct topo_datagram *d)
{
  struct topo_net *net = conn->net;
  /* We dial from the wildcard, so that the kernel may change the source when the machine moves. */
  struct topo_net_address local = conn->outgoing ? net->io.bound : d->local, remote = d->remote;
  ngtcp2_path path = path_of(&local, &remote);
  ngtcp2_pkt_info info = {.ecn = d->ecn};
  int rc;
  if (!topo_net_conn_alive(conn)) {
    answer_late(conn, d);
    return;
  }
  rc = ngtcp2_conn_read_pkt(conn->quic, &path, &info, d->data, d->len, net->now_ns);
  if (rc) {
    topo_net_conn_fail(conn, rc);
    return;
  }
  conn->heard = true;
  if (conn->doomed) {
    topo_net_conn_execute(conn);
    return;
  }
  drop_tls(conn);
  notice_move(conn);
  topo_net_queue(conn);
}

void topo_net_conn_expire(struct topo_net_conn *conn)
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
    topo_net_conn_fail(conn, rc);
  else
    topo_net_queue(conn);
}

void topo_net_conn_set_user(struct topo_net_conn *conn, void *user)
{
  conn->user = user;
}

void *topo_net_conn_user(const struct topo_net_conn *conn)
{
  return conn->user;
}
