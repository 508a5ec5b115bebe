/*
 * tls.c - TLS sessions: raw Ed25519 keys both ways. A client pins the key of the server; a server
 * asks the user whether the client's is authorized.
 *
 * A SubjectPublicKeyInfo of Ed25519 is 44 bytes: a fixed prefix of 12 (RFC 8410) and the key. A
 * peer that does not speak RFC 7250 would silently negotiate X.509, so the certificate types are
 * checked in both directions before anything is compared.
 */
#include "net/tls.h"

#include <gnutls/crypto.h>
#include <string.h>

#include "base/status.h"
#include "net/identity.h"

#define ALPN "topo/1"
/* AES first: without it GnuTLS picks its ten times slower ChaCha20 where the peer prefers that. */
#define PRIORITY                                                                                   \
  "NONE:+VERS-TLS1.3:+AEAD:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:+GROUP-X25519:"            \
  "+SIGN-EDDSA-ED25519:+CTYPE-CLI-RAWPK:+CTYPE-SRV-RAWPK:%DISABLE_TLS13_COMPAT_MODE:"              \
  "%SERVER_PRECEDENCE"

enum { SPKI_PREFIX = 12, SPKI_SIZE = SPKI_PREFIX + TOPO_KEY_SIZE };
static const uint8_t spki_prefix[SPKI_PREFIX] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                                 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

static struct topo_net_conn *conn_of(gnutls_session_t session)
{
  ngtcp2_crypto_conn_ref *ref = gnutls_session_get_ptr(session);
  return ref->user_data;
}

/* --- what GnuTLS asks --- */

static int refuse(struct topo_net_conn *conn, int status, int gnutls_error)
{
  if (!conn->failure)
    conn->failure = status;
  return gnutls_error;
}

/* Server: the SNI is known; it picks the identity. */
static int on_client_hello(gnutls_session_t session)
{
  struct topo_net_conn *conn = conn_of(session);
  size_t len = sizeof conn->sni;
  unsigned type;
  struct topo_net_identity *found;
  if (conn->identity)
    return 0;
  if (gnutls_server_name_get(session, conn->sni, &len, &type, 0) || type != GNUTLS_NAME_DNS)
    return refuse(conn, TOPO_ENOTFOUND, GNUTLS_E_UNRECOGNIZED_NAME);
  found = topo_net_identity_find(conn->net, conn->sni);
  if (!found)
    return refuse(conn, TOPO_ENOTFOUND, GNUTLS_E_UNRECOGNIZED_NAME);
  topo_net_identity_ref(found);
  conn->identity = found;
  return 0;
}

static int on_own_key(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
                      gnutls_pcert_st **certificates, unsigned *n, gnutls_ocsp_data_st **ocsp,
                      unsigned *n_ocsp, gnutls_privkey_t *key, unsigned *flags)
{
  struct topo_net_conn *conn = conn_of(session);
  (void)info;
  if (gnutls_certificate_type_get2(session, GNUTLS_CTYPE_OURS) != GNUTLS_CRT_RAWPK) {
    conn->no_key = true;
    return refuse(conn, TOPO_EUNTRUSTED, GNUTLS_E_UNSUPPORTED_CERTIFICATE_TYPE);
  }
  if (!conn->identity)
    return refuse(conn, TOPO_ENOTFOUND, GNUTLS_E_UNRECOGNIZED_NAME);
  *certificates = &conn->identity->certificate;
  *n = 1;
  *ocsp = NULL;
  *n_ocsp = 0;
  *key = conn->identity->private_key;
  *flags = 0;
  return 0;
}

/* Reads the peer's raw key. 0 or TOPO_EUNTRUSTED. */
static int peer_key(gnutls_session_t session, struct topo_id *out)
{
  unsigned n = 0;
  const gnutls_datum_t *c = gnutls_certificate_get_peers(session, &n);
  if (gnutls_certificate_type_get2(session, GNUTLS_CTYPE_PEERS) != GNUTLS_CRT_RAWPK ||
      gnutls_certificate_type_get2(session, GNUTLS_CTYPE_OURS) != GNUTLS_CRT_RAWPK)
    return TOPO_EUNTRUSTED;
  if (!c || n != 1 || c->size != SPKI_SIZE || memcmp(c->data, spki_prefix, SPKI_PREFIX) != 0)
    return TOPO_EUNTRUSTED;
  memcpy(out->bytes, c->data + SPKI_PREFIX, TOPO_KEY_SIZE);
  return 0;
}

/* GnuTLS tolerates a peer that offers no ALPN at all; Topo does not. */
static bool alpn_agreed(gnutls_session_t session)
{
  gnutls_datum_t got;
  return gnutls_alpn_get_selected_protocol(session, &got) == 0 && got.size == strlen(ALPN) &&
         memcmp(got.data, ALPN, got.size) == 0;
}

static int on_peer_key(gnutls_session_t session)
{
  struct topo_net_conn *conn = conn_of(session);
  struct topo_net *net = conn->net;
  if (!alpn_agreed(session))
    return refuse(conn, TOPO_EVERSION, GNUTLS_E_NO_APPLICATION_PROTOCOL);
  if (peer_key(session, &conn->peer)) {
    conn->no_key = true;
    return refuse(conn, TOPO_EUNTRUSTED, GNUTLS_E_CERTIFICATE_ERROR);
  }
  if (conn->outgoing) {
    if (gnutls_memcmp(conn->pin.bytes, conn->peer.bytes, TOPO_KEY_SIZE) != 0)
      return refuse(conn, TOPO_EUNTRUSTED, GNUTLS_E_CERTIFICATE_ERROR);
  } else if (!conn->identity || conn->identity->removed ||
             net->events->authorize(net->arg, conn->identity->user, &conn->peer) < 0) {
    return refuse(conn, TOPO_EUNTRUSTED, GNUTLS_E_CERTIFICATE_ERROR);
  }
  conn->has_peer = true;
  return 0;
}

int topo_net_tls_alert_status(unsigned alert)
{
  switch (alert) {
  case GNUTLS_A_NO_APPLICATION_PROTOCOL:
  case GNUTLS_A_PROTOCOL_VERSION: return TOPO_EVERSION;
  case GNUTLS_A_UNRECOGNIZED_NAME: return TOPO_ENOTFOUND;
  case GNUTLS_A_BAD_CERTIFICATE:
  case GNUTLS_A_UNSUPPORTED_CERTIFICATE:
  case GNUTLS_A_CERTIFICATE_UNKNOWN:
  case GNUTLS_A_CERTIFICATE_REQUIRED:
  case GNUTLS_A_ACCESS_DENIED:
  case GNUTLS_A_UNKNOWN_CA: return TOPO_EUNTRUSTED;
  default: return TOPO_EPROTOCOL;
  }
}

/* --- sessions --- */

static ngtcp2_conn *quic_of(ngtcp2_crypto_conn_ref *ref)
{
  struct topo_net_conn *conn = ref->user_data;
  return conn->quic;
}

static int configure(struct topo_net_conn *conn)
{
  const gnutls_datum_t alpn = {(unsigned char *)(uintptr_t)ALPN, sizeof ALPN - 1};
  gnutls_session_t s = conn->tls;
  conn->ref.get_conn = quic_of;
  conn->ref.user_data = conn;
  gnutls_session_set_ptr(s, &conn->ref);
  if (gnutls_priority_set(s, conn->net->priority) ||
      gnutls_credentials_set(s, GNUTLS_CRD_CERTIFICATE, conn->net->credentials) ||
      gnutls_alpn_set_protocols(s, &alpn, 1, GNUTLS_ALPN_MANDATORY))
    return TOPO_ENOMEM;
  if (conn->outgoing)
    return ngtcp2_crypto_gnutls_configure_client_session(s) ||
                   gnutls_server_name_set(s, GNUTLS_NAME_DNS, conn->sni, strlen(conn->sni))
               ? TOPO_ENOMEM
               : 0;
  gnutls_handshake_set_post_client_hello_function(s, on_client_hello);
  gnutls_certificate_server_set_request(s, GNUTLS_CERT_REQUIRE);
  return ngtcp2_crypto_gnutls_configure_server_session(s) ? TOPO_ENOMEM : 0;
}

int topo_net_tls_session(struct topo_net_conn *conn)
{
  unsigned role = conn->outgoing ? GNUTLS_CLIENT : GNUTLS_SERVER;
  int rc;
  if (gnutls_init(&conn->tls, role | GNUTLS_NO_TICKETS | GNUTLS_ENABLE_RAWPK)) {
    conn->tls = NULL;
    return TOPO_ENOMEM;
  }
  rc = configure(conn);
  if (rc) {
    gnutls_deinit(conn->tls);
    conn->tls = NULL;
  }
  return rc;
}

int topo_net_tls_init(struct topo_net *net)
{
  if (gnutls_priority_init(&net->priority, PRIORITY, NULL))
    return TOPO_ENOMEM;
  if (gnutls_certificate_allocate_credentials(&net->credentials)) {
    gnutls_priority_deinit(net->priority);
    net->priority = NULL;
    return TOPO_ENOMEM;
  }
  gnutls_certificate_set_retrieve_function3(net->credentials, on_own_key);
  gnutls_certificate_set_verify_function(net->credentials, on_peer_key);
  return 0;
}

void topo_net_tls_finish(struct topo_net *net)
{
  if (net->credentials)
    gnutls_certificate_free_credentials(net->credentials);
  if (net->priority)
    gnutls_priority_deinit(net->priority);
}
