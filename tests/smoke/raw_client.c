/* raw_client.c - a QUIC client for what src/net would never do. */
#include "smoke/raw_client.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "net/compat.h"
#include "smoke/quic_pair.h"

enum { PACKET = 1452, WRITES = 8, KEY = 1 };

struct raw_write {
  int64_t id;
  uint8_t data[64];
  size_t len, sent;
  bool fin, fin_sent;
};

struct raw_client {
  int fd;
  struct topo_net_address local, remote;
  ngtcp2_conn *quic;
  gnutls_session_t tls;
  gnutls_certificate_credentials_t credentials;
  gnutls_privkey_t key;
  gnutls_pcert_st certificate;
  enum raw_key kind;
  ngtcp2_crypto_conn_ref ref;
  struct raw_outcome outcome;
  struct raw_write writes[WRITES];
  size_t n_writes;
};

#define MUST(call) topo_assert((call) == 0)

static void raw_random(uint8_t *out, size_t len, const ngtcp2_rand_ctx *ctx)
{
  (void)ctx;
  randombytes_buf(out, len);
}

static int raw_new_cid(ngtcp2_conn *quic, ngtcp2_cid *cid, uint8_t *token, size_t len, void *user)
{
  (void)quic, (void)user;
  randombytes_buf(cid->data, len);
  cid->datalen = len;
  randombytes_buf(token, NGTCP2_STATELESS_RESET_TOKENLEN);
  return 0;
}

static int raw_completed(ngtcp2_conn *quic, void *user)
{
  struct raw_client *raw = user;
  (void)quic;
  raw->outcome.completed = true;
  return 0;
}

static int raw_confirmed(ngtcp2_conn *quic, void *user)
{
  struct raw_client *raw = user;
  (void)quic;
  raw->outcome.confirmed = true;
  return 0;
}

static ngtcp2_conn *raw_conn(ngtcp2_crypto_conn_ref *ref)
{
  return ((struct raw_client *)ref->user_data)->quic;
}

static int raw_own_key(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
                       gnutls_pcert_st **certificates, unsigned *n, gnutls_ocsp_data_st **ocsp,
                       unsigned *n_ocsp, gnutls_privkey_t *key, unsigned *flags)
{
  struct raw_client *raw = ((ngtcp2_crypto_conn_ref *)gnutls_session_get_ptr(session))->user_data;
  (void)info;
  *ocsp = NULL;
  *n_ocsp = *flags = *n = 0;
  if (raw->kind == RAW_KEY_NONE)
    return 0;
  *certificates = &raw->certificate;
  *n = 1;
  *key = raw->key;
  return 0;
}

static int raw_trusts_all(gnutls_session_t session)
{
  (void)session;
  return 0;
}

static void make_certificate(struct raw_client *raw, gnutls_pubkey_t public)
{
  gnutls_x509_crt_t crt;
  uint8_t serial = 1;
  MUST(gnutls_x509_crt_init(&crt));
  MUST(gnutls_x509_crt_set_version(crt, 3));
  MUST(gnutls_x509_crt_set_serial(crt, &serial, 1));
  MUST(gnutls_x509_crt_set_activation_time(crt, 0));
  MUST(gnutls_x509_crt_set_expiration_time(crt, (time_t)253402300799));
  MUST(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, "n", 1));
  MUST(gnutls_x509_crt_set_pubkey(crt, public));
  MUST(gnutls_x509_crt_privkey_sign(crt, crt, raw->key, GNUTLS_DIG_SHA512, 0));
  MUST(gnutls_pcert_import_x509(&raw->certificate, crt, 0));
  gnutls_x509_crt_deinit(crt);
  gnutls_pubkey_deinit(public);
}

static void make_key(struct raw_client *raw)
{
  uint8_t seed[32];
  struct topo_id id = pair_key(KEY);
  gnutls_datum_t x = {id.bytes, 32}, k = {seed, 32};
  gnutls_pubkey_t public;
  pair_seed(seed, KEY);
  MUST(gnutls_privkey_init(&raw->key));
  MUST(gnutls_privkey_import_ecc_raw(raw->key, GNUTLS_ECC_CURVE_ED25519, &x, NULL, &k));
  MUST(gnutls_pubkey_init(&public));
  MUST(gnutls_pubkey_import_ecc_raw(public, GNUTLS_ECC_CURVE_ED25519, &x, NULL));
  if (raw->kind == RAW_KEY_X509)
    make_certificate(raw, public);
  else
    MUST(gnutls_pcert_import_rawpk(&raw->certificate, public, 0));
}

static void make_session(struct raw_client *raw, const struct raw_options *o)
{
  const char *priority = o->key == RAW_KEY_X509
                             ? "NONE:+VERS-TLS1.3:+AEAD:+AES-128-GCM:+GROUP-X25519:"
                               "+SIGN-EDDSA-ED25519:+CTYPE-X509"
                             : "NONE:+VERS-TLS1.3:+AEAD:+AES-128-GCM:+GROUP-X25519:"
                               "+SIGN-EDDSA-ED25519:+CTYPE-CLI-RAWPK:+CTYPE-SRV-RAWPK";
  make_key(raw);
  MUST(gnutls_certificate_allocate_credentials(&raw->credentials));
  gnutls_certificate_set_retrieve_function3(raw->credentials, raw_own_key);
  gnutls_certificate_set_verify_function(raw->credentials, raw_trusts_all);
  MUST(gnutls_init(&raw->tls, GNUTLS_CLIENT | GNUTLS_ENABLE_RAWPK | GNUTLS_NO_TICKETS));
  MUST(gnutls_priority_set_direct(raw->tls, priority, NULL));
  MUST(gnutls_credentials_set(raw->tls, GNUTLS_CRD_CERTIFICATE, raw->credentials));
  MUST(ngtcp2_crypto_gnutls_configure_client_session(raw->tls));
  raw->ref.get_conn = raw_conn;
  raw->ref.user_data = raw;
  gnutls_session_set_ptr(raw->tls, &raw->ref);
  if (o->alpn) {
    gnutls_datum_t alpn = {(unsigned char *)(uintptr_t)o->alpn, (unsigned)strlen(o->alpn)};
    MUST(gnutls_alpn_set_protocols(raw->tls, &alpn, 1, 0));
  }
  if (o->sni)
    MUST(gnutls_server_name_set(raw->tls, GNUTLS_NAME_DNS, o->sni, strlen(o->sni)));
}

static void make_conn(struct raw_client *raw)
{
  const ngtcp2_callbacks callbacks = {
      .client_initial = ngtcp2_crypto_client_initial_cb,
      .recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb,
      .handshake_completed = raw_completed,
      .handshake_confirmed = raw_confirmed,
      .encrypt = ngtcp2_crypto_encrypt_cb,
      .decrypt = ngtcp2_crypto_decrypt_cb,
      .hp_mask = ngtcp2_crypto_hp_mask_cb,
      .recv_retry = ngtcp2_crypto_recv_retry_cb,
      .rand = raw_random,
      .get_new_connection_id = raw_new_cid,
      .update_key = ngtcp2_crypto_update_key_cb,
      .delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb,
      .delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb,
      .get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb,
      .version_negotiation = ngtcp2_crypto_version_negotiation_cb,
  };
  ngtcp2_cid dcid = {.datalen = 16}, scid = {.datalen = 8};
  ngtcp2_path path = {.local = {&raw->local.sa, topo_net_address_len(&raw->local)},
                      .remote = {&raw->remote.sa, topo_net_address_len(&raw->remote)}};
  ngtcp2_transport_params params;
  ngtcp2_settings settings;
  randombytes_buf(dcid.data, dcid.datalen);
  randombytes_buf(scid.data, scid.datalen);
  ngtcp2_settings_default(&settings);
  settings.initial_ts = pair_now();
  ngtcp2_transport_params_default(&params);
  params.initial_max_data = params.initial_max_stream_data_uni = 1 << 20;
  params.initial_max_streams_uni = 4;
  MUST(ngtcp2_conn_client_new(&raw->quic, &dcid, &scid, &path, NGTCP2_PROTO_VER_V1, &callbacks,
                              &settings, &params, NULL, raw));
  ngtcp2_conn_set_tls_native_handle(raw->quic, raw->tls);
}

struct raw_client *raw_create(const struct raw_options *options)
{
  struct raw_client *raw = calloc(1, sizeof *raw);
  socklen_t len = sizeof raw->local.in;
  topo_assert(raw && options->remote.sa.sa_family == AF_INET);
  raw->remote = options->remote;
  raw->kind = options->key;
  raw->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  MUST(connect(raw->fd, &raw->remote.sa, topo_net_address_len(&raw->remote)));
  MUST(getsockname(raw->fd, &raw->local.sa, &len));
  make_session(raw, options);
  make_conn(raw);
  return raw;
}

void raw_destroy(struct raw_client *raw)
{
  if (!raw)
    return;
  ngtcp2_conn_del(raw->quic);
  gnutls_deinit(raw->tls);
  gnutls_certificate_free_credentials(raw->credentials);
  gnutls_pcert_deinit(&raw->certificate);
  gnutls_privkey_deinit(raw->key);
  close(raw->fd);
  free(raw);
}

static void finish(struct raw_client *raw, int rc)
{
  quic_error got, say;
  uint8_t packet[PACKET];
  ngtcp2_ssize n;
  raw->outcome.ended = true;
  if (rc == NGTCP2_ERR_DRAINING) {
    quic_error_received(raw->quic, &got);
    raw->outcome.code = got.error_code;
    raw->outcome.application = got.type == QUIC_ERROR_APPLICATION;
    return;
  }
  raw->outcome.alert = ngtcp2_conn_get_tls_alert(raw->quic);
  quic_error_default(&say);
  if (rc == NGTCP2_ERR_CRYPTO)
    quic_error_set_alert(&say, (uint8_t)raw->outcome.alert, NULL, 0);
  else
    quic_error_set_library(&say, rc, NULL, 0);
  n = ngtcp2_conn_write_connection_close(raw->quic, NULL, NULL, packet, sizeof packet, &say,
                                         pair_now());
  if (n > 0)
    topo_assert(send(raw->fd, packet, (size_t)n, 0) == n);
}

static void receive(struct raw_client *raw)
{
  uint8_t packet[65536];
  ssize_t n;
  while (!raw->outcome.ended && (n = recv(raw->fd, packet, sizeof packet, 0)) > 0) {
    ngtcp2_path path = *ngtcp2_conn_get_path(raw->quic);
    ngtcp2_pkt_info info = {0};
    int rc = ngtcp2_conn_read_pkt(raw->quic, &path, &info, packet, (size_t)n, pair_now());
    if (rc)
      finish(raw, rc);
  }
}

static struct raw_write *pending(struct raw_client *raw)
{
  for (size_t i = 0; i < raw->n_writes; i++) {
    struct raw_write *w = &raw->writes[i];
    if (w->sent < w->len || (w->fin && !w->fin_sent))
      return w;
  }
  return NULL;
}

static void transmit(struct raw_client *raw)
{
  while (!raw->outcome.ended) {
    struct raw_write *w = pending(raw);
    uint8_t packet[PACKET];
    ngtcp2_vec vec = {0};
    ngtcp2_ssize taken = -1, n;
    uint32_t flags = w && w->fin ? NGTCP2_WRITE_STREAM_FLAG_FIN : NGTCP2_WRITE_STREAM_FLAG_NONE;
    if (w)
      vec = (ngtcp2_vec){w->data + w->sent, w->len - w->sent};
    n = ngtcp2_conn_writev_stream(raw->quic, NULL, NULL, packet, sizeof packet, &taken, flags,
                                  w ? w->id : -1, &vec, w ? 1 : 0, pair_now());
    if (n < 0) {
      finish(raw, (int)n);
      return;
    }
    if (w && taken >= 0) {
      w->sent += (size_t)taken;
      w->fin_sent = w->fin;
    }
    if (n == 0)
      return;
    /* A lost or refused datagram is what QUIC repairs. */
    if (send(raw->fd, packet, (size_t)n, 0) < 0)
      return;
  }
}

void raw_step(struct raw_client *raw)
{
  int rc = 0;
  receive(raw);
  if (!raw->outcome.ended && ngtcp2_conn_get_expiry(raw->quic) <= pair_now())
    rc = ngtcp2_conn_handle_expiry(raw->quic, pair_now());
  if (rc)
    finish(raw, rc);
  transmit(raw);
}

void raw_outcome(const struct raw_client *raw, struct raw_outcome *out)
{
  *out = raw->outcome;
  if (!raw->outcome.ended) {
    out->uni_left = ngtcp2_conn_get_streams_uni_left(raw->quic);
    out->bidi_left = ngtcp2_conn_get_streams_bidi_left(raw->quic);
  }
}

int64_t raw_send(struct raw_client *raw, const void *data, size_t len, bool fin)
{
  struct raw_write *w = &raw->writes[raw->n_writes];
  topo_assert(raw->n_writes < WRITES && len <= sizeof w->data);
  if (ngtcp2_conn_open_uni_stream(raw->quic, &w->id, NULL))
    return -1;
  memcpy(w->data, data, len);
  w->len = len;
  w->fin = fin;
  raw->n_writes++;
  return w->id;
}

void raw_reset(struct raw_client *raw, int64_t stream)
{
  MUST(quic_reset_stream(raw->quic, stream, 0));
}

void raw_update_key(struct raw_client *raw)
{
  MUST(ngtcp2_conn_initiate_key_update(raw->quic, pair_now()));
}
