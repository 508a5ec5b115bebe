/* open.c - the settings and transport parameters of a connection, and the objects it is made of. */
#include "net/open.h"

#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "net/callbacks.h"
#include "net/identity.h"
#include "net/tls.h"
#include "net/token.h"

#define IDLE_NS       (30 * NGTCP2_SECONDS)
#define KEEP_ALIVE_NS (10 * NGTCP2_SECONDS)
#define HANDSHAKE_NS  (10 * NGTCP2_SECONDS)

static void set_settings(const struct topo_net *net, ngtcp2_settings *settings)
{
  ngtcp2_settings_default(settings);
  settings->initial_ts = net->now_ns;
  settings->handshake_timeout = HANDSHAKE_NS;
  settings->max_tx_udp_payload_size = TOPO_IO_PACKET_MAX;
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
  params->max_idle_timeout = IDLE_NS;
  params->active_connection_id_limit = 4;
}

static int create_client(struct topo_net_conn *conn, ngtcp2_path *path)
{
  uint8_t token[TOPO_NET_TOKEN_MAX];
  ngtcp2_settings settings;
  ngtcp2_transport_params params;
  ngtcp2_cid scid, dcid = {.datalen = NGTCP2_MIN_INITIAL_DCIDLEN + TOPO_NET_CID_LEN};
  size_t token_len = topo_net_token_take(conn->net, &conn->remote, token);
  if (topo_net_conn_take_cid(conn, &scid))
    return TOPO_ENOMEM;
  set_settings(conn->net, &settings);
  set_params(&params);
  if (token_len)
    quic_settings_set_token(&settings, token, token_len, NGTCP2_TOKEN_TYPE_NEW_TOKEN);
  topo_rng_fill(&conn->net->rng, dcid.data, dcid.datalen);
  return ngtcp2_conn_client_new(&conn->quic, &dcid, &scid, path, NGTCP2_PROTO_VER_V1,
                                &topo_net_callbacks_client, &settings, &params, NULL, conn)
             ? TOPO_ENOMEM
             : 0;
}

static int create_server(struct topo_net_conn *conn, ngtcp2_path *path,
                         const struct topo_net_initial *initial)
{
  const ngtcp2_pkt_hd *hd = initial->header;
  ngtcp2_settings settings;
  ngtcp2_transport_params params;
  ngtcp2_cid scid;
  const uint8_t *token;
  size_t token_len;
  if (topo_net_conn_take_cid(conn, &scid) ||
      topo_cid_table_put(&conn->net->cids, hd->dcid.data, hd->dcid.datalen, conn, &conn->cids))
    return TOPO_ENOMEM;
  set_settings(conn->net, &settings);
  set_params(&params);
  token = quic_token(hd, &token_len);
  quic_settings_set_token(&settings, token, token_len,
                          initial->original ? NGTCP2_TOKEN_TYPE_RETRY
                                            : NGTCP2_TOKEN_TYPE_NEW_TOKEN);
  quic_params_set_odcid(&params, initial->original ? initial->original : &hd->dcid);
  if (initial->original) {
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

static struct topo_net_conn *create(struct topo_net *net, bool outgoing,
                                    const struct topo_net_address *remote)
{
  struct topo_net_conn *conn = calloc(1, sizeof *conn);
  if (!conn)
    return NULL;
  conn->net = net;
  conn->outgoing = outgoing;
  conn->remote = *remote;
  topo_net_conn_init(conn);
  return conn;
}

/* The last step of both ways: it is set going, or freed when a step before it failed. */
static int finish(struct topo_net_conn *conn, int rc, struct topo_net_conn **out)
{
  if (rc) {
    topo_net_conn_free(conn);
    return rc;
  }
  ngtcp2_conn_set_tls_native_handle(conn->quic, conn->tls);
  ngtcp2_conn_set_keep_alive_timeout(conn->quic, KEEP_ALIVE_NS);
  topo_net_conn_queue(conn);
  *out = conn;
  return 0;
}

int topo_net_open_client(struct topo_net *net, struct topo_net_conn **out,
                         const struct topo_net_address *remote, const struct topo_net_dial *dial)
{
  struct topo_net_address from = net->io.bound;
  struct topo_net_conn *conn = create(net, true, remote);
  if (!conn)
    return TOPO_ENOMEM;
  conn->identity = dial->identity;
  topo_net_identity_ref(dial->identity);
  conn->pin = dial->pin;
  conn->user = dial->user;
  strcpy(conn->sni, dial->sni);
  ngtcp2_path path = topo_net_path(&from, &conn->remote);
  int rc = topo_deadlines_add(&net->deadlines, &conn->timer, conn);
  if (!rc)
    rc = topo_net_tls_session(conn);
  if (!rc)
    rc = create_client(conn, &path);
  return finish(conn, rc, out);
}

int topo_net_open_server(struct topo_net *net, struct topo_net_conn **out,
                         const struct topo_datagram *d, const struct topo_net_initial *initial)
{
  struct topo_net_address from = d->local;
  struct topo_net_conn *conn = create(net, false, &d->remote);
  if (!conn)
    return TOPO_ENOMEM;
  ngtcp2_path path = topo_net_path(&from, &conn->remote);
  int rc = topo_deadlines_add(&net->deadlines, &conn->timer, conn);
  if (!rc)
    rc = topo_net_tls_session(conn);
  if (!rc)
    rc = create_server(conn, &path, initial);
  return finish(conn, rc, out);
}
