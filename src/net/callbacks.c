/*
 * callbacks.c - what ngtcp2 reports of a connection.
 *
 * Every function here is called by ngtcp2, from within one of our calls into it (a packet was read,
 * a timer ran, a packet was written), with the connection as `user`. None may end the connection:
 * it is doomed, and the queue ends it when ngtcp2 has returned.
 */
#include "net/callbacks.h"

#include "base/assert.h"
#include "base/status.h"
#include "net/conn.h"
#include "net/stream.h"
#include "net/token.h"

static void on_random(uint8_t *out, size_t len, const ngtcp2_rand_ctx *ctx)
{
  const struct topo_net *net = ctx->native_handle;
  topo_rng_fill(&net->rng, out, len);
}

static int on_new_cid(ngtcp2_conn *quic, ngtcp2_cid *cid, uint8_t *token, size_t len, void *user)
{
  struct topo_net_conn *conn = user;
  const struct topo_net *net = conn->net;
  (void)quic;
  topo_assert(len == TOPO_NET_CID_LEN); /* the length of the first id, which was ours to choose */
  if (topo_net_conn_take_cid(conn, cid) ||
      ngtcp2_crypto_generate_stateless_reset_token(token, net->secret, sizeof net->secret, cid))
    return NGTCP2_ERR_CALLBACK_FAILURE;
  return 0;
}

static int on_remove_cid(ngtcp2_conn *quic, const ngtcp2_cid *cid, void *user)
{
  struct topo_net_conn *conn = user;
  (void)quic;
  topo_cid_table_remove(&conn->net->cids, cid->data, cid->datalen, &conn->cids);
  return 0;
}

/* The ids of the peer that are in use change, and with them the tokens of its stateless resets. */
static int on_peer_cid(ngtcp2_conn *quic, quic_cid_status what, uint64_t seq, const ngtcp2_cid *cid,
                       const uint8_t *token, void *user)
{
  struct topo_net_conn *conn = user;
  struct topo_cid_table *tokens = &conn->net->reset_tokens;
  (void)quic, (void)seq, (void)cid;
  if (!token)
    return 0;
  /* A token that cannot be kept costs the wait for the idle timeout, nothing else. */
  if (what == NGTCP2_CONNECTION_ID_STATUS_TYPE_ACTIVATE)
    (void)topo_cid_table_put(tokens, token, NGTCP2_STATELESS_RESET_TOKENLEN, conn,
                             &conn->reset_tokens);
  else
    topo_cid_table_remove(tokens, token, NGTCP2_STATELESS_RESET_TOKENLEN, &conn->reset_tokens);
  return 0;
}

static int violation(struct topo_net_conn *conn)
{
  topo_net_conn_doom(conn, TOPO_EPROTOCOL, TOPO_CLOSE_PROTOCOL);
  return 0;
}

/* After the handshake the session is gone (receive.c). A peer may still send tickets; nobody wants
 * them. */
static int on_crypto(ngtcp2_conn *quic, quic_level level, uint64_t offset, const uint8_t *data,
                     size_t len, void *user)
{
  struct topo_net_conn *conn = user;
  return conn->tls ? ngtcp2_crypto_recv_crypto_data_cb(quic, level, offset, data, len, user) : 0;
}

/* The last proof that the certificate hook ran: without a verified key there is no connection. */
static bool proven(struct topo_net_conn *conn)
{
  if (!conn->has_peer)
    topo_net_conn_doom(conn, TOPO_EUNTRUSTED, TOPO_CLOSE_UNTRUSTED);
  return conn->has_peer;
}

static int on_client_completed(ngtcp2_conn *quic, void *user)
{
  (void)quic;
  if (proven(user))
    topo_net_conn_transition(user, TOPO_NET_VERDICT);
  return 0;
}

static int on_server_completed(ngtcp2_conn *quic, void *user)
{
  struct topo_net_conn *conn = user;
  if (!proven(conn) || conn->doomed)
    return 0;
  topo_net_token_offer(conn->net, quic, &conn->remote);
  topo_net_conn_up(conn);
  return 0;
}

/* The server has accepted our key: HANDSHAKE_DONE, or data, which it sends only then. */
static void accepted_by_server(struct topo_net_conn *conn)
{
  if (conn->state == TOPO_NET_VERDICT && !conn->doomed)
    topo_net_conn_up(conn);
}

static int on_client_confirmed(ngtcp2_conn *quic, void *user)
{
  (void)quic;
  accepted_by_server(user);
  return 0;
}

static int on_stream_open(ngtcp2_conn *quic, int64_t id, void *user)
{
  (void)quic;
  return ngtcp2_is_bidi_stream(id) ? violation(user) : 0;
}

static int on_stream_data(ngtcp2_conn *quic, uint32_t flags, int64_t id, uint64_t offset,
                          const uint8_t *data, size_t len, void *user, void *stream_user)
{
  struct topo_net_conn *conn = user;
  (void)quic, (void)offset, (void)stream_user;
  accepted_by_server(conn);
  if (conn->doomed || conn->state != TOPO_NET_UP)
    return 0;
  if (topo_net_stream_receive(conn, id, data, len) || flags & NGTCP2_STREAM_DATA_FLAG_FIN)
    return violation(conn);
  return 0;
}

static int on_stream_reset(ngtcp2_conn *quic, int64_t id, uint64_t size, uint64_t code, void *user,
                           void *stream_user)
{
  (void)quic, (void)id, (void)size, (void)code, (void)stream_user;
  return violation(user);
}

static int on_stop_sending(ngtcp2_conn *quic, int64_t id, uint64_t code, void *user,
                           void *stream_user)
{
  (void)quic, (void)id, (void)code, (void)stream_user;
  return violation(user);
}

static int on_acked(ngtcp2_conn *quic, int64_t id, uint64_t offset, uint64_t len, void *user,
                    void *stream_user)
{
  (void)quic, (void)stream_user;
  topo_net_stream_acked(user, id, offset + len);
  return 0;
}

static int on_stateless_reset(ngtcp2_conn *quic, const ngtcp2_pkt_stateless_reset *reset,
                              void *user)
{
  struct topo_net_conn *conn = user;
  (void)quic, (void)reset;
  conn->reset = true;
  return 0;
}

static int on_new_token(ngtcp2_conn *quic, QUIC_NEW_TOKEN_PARAMS, void *user)
{
  struct topo_net_conn *conn = user;
  (void)quic;
  topo_net_token_keep(conn->net, &conn->remote, QUIC_NEW_TOKEN_BYTES, QUIC_NEW_TOKEN_LEN);
  return 0;
}

#define BOTH_SIDES                                                                                 \
  .recv_crypto_data = on_crypto, .encrypt = ngtcp2_crypto_encrypt_cb,                              \
  .decrypt = ngtcp2_crypto_decrypt_cb, .hp_mask = ngtcp2_crypto_hp_mask_cb,                        \
  .update_key = ngtcp2_crypto_update_key_cb,                                                       \
  .delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb,                               \
  .delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb,                           \
  .get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb,                             \
  .version_negotiation = ngtcp2_crypto_version_negotiation_cb, .rand = on_random,                  \
  .get_new_connection_id = on_new_cid, .remove_connection_id = on_remove_cid,                      \
  .dcid_status = on_peer_cid, .stream_open = on_stream_open, .recv_stream_data = on_stream_data,   \
  .stream_reset = on_stream_reset, .stream_stop_sending = on_stop_sending,                         \
  .acked_stream_data_offset = on_acked, .recv_stateless_reset = on_stateless_reset

const ngtcp2_callbacks topo_net_callbacks_client = {
    BOTH_SIDES,
    .client_initial = ngtcp2_crypto_client_initial_cb,
    .recv_retry = ngtcp2_crypto_recv_retry_cb,
    .handshake_completed = on_client_completed,
    .handshake_confirmed = on_client_confirmed,
    .recv_new_token = on_new_token,
};

const ngtcp2_callbacks topo_net_callbacks_server = {
    BOTH_SIDES,
    .recv_client_initial = ngtcp2_crypto_recv_client_initial_cb,
    .handshake_completed = on_server_completed,
};
