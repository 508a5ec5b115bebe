/*
 * tls.c - local identities and TLS sessions: raw Ed25519 keys both ways, pinned or judged.
 *
 * A SubjectPublicKeyInfo of Ed25519 is 44 bytes: a fixed prefix of 12 (RFC 8410) and the key. A
 * peer that does not speak RFC 7250 would silently negotiate X.509, so the certificate types are
 * checked in both directions before anything is compared.
 */
#include <gnutls/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/sign.h"
#include "net/internal.h"

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

static struct topo_net_identity *find_name(const struct topo_net *net, const char *sni)
{
  if (!*sni)
    return NULL;
  for (struct topo_net_identity *i = net->identities; i; i = i->next)
    if (!i->removed && strcmp(i->sni, sni) == 0)
      return i;
  return NULL;
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
  found = find_name(conn->net, conn->sni);
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
             net->events->judge(net->arg, conn->identity->user, &conn->peer) < 0) {
    return refuse(conn, TOPO_EUNTRUSTED, GNUTLS_E_CERTIFICATE_ERROR);
  }
  conn->has_peer = true;
  return 0;
}

int topo_net_alert_status(unsigned alert)
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
  while (net->identities) {
    struct topo_net_identity *i = net->identities;
    net->identities = i->next;
    topo_assert(i->refs == 1);
    topo_net_identity_unref(i);
  }
  if (net->credentials)
    gnutls_certificate_free_credentials(net->credentials);
  if (net->priority)
    gnutls_priority_deinit(net->priority);
}

/* --- identities --- */

static bool sni_valid(const char *sni)
{
  size_t len = strlen(sni);
  return len > 0 && len <= TOPO_NET_SNI_MAX &&
         strspn(sni, "abcdefghijklmnopqrstuvwxyz0123456789") == len;
}

/* The private key from its 32-byte seed, and its public half into *public_key. 0 or TOPO_ENOMEM. */
static int import_seed(struct topo_net_identity *identity, const uint8_t seed[static 32])
{
  struct topo_sign_key pair;
  gnutls_datum_t x = {pair.public_key.bytes, TOPO_KEY_SIZE}, k = {pair.seed, sizeof pair.seed};
  int rc = gnutls_privkey_init(&identity->private_key);
  topo_sign_key_from_seed(&pair, seed);
  identity->key = pair.public_key;
  if (!rc)
    rc = gnutls_privkey_import_ecc_raw(identity->private_key, GNUTLS_ECC_CURVE_ED25519, &x, NULL,
                                       &k);
  topo_wipe(&pair, sizeof pair);
  return rc ? TOPO_ENOMEM : 0;
}

static int import_public(struct topo_net_identity *identity)
{
  gnutls_datum_t x = {identity->key.bytes, TOPO_KEY_SIZE};
  gnutls_pubkey_t key;
  if (gnutls_pubkey_init(&key))
    return TOPO_ENOMEM;
  if (gnutls_pubkey_import_ecc_raw(key, GNUTLS_ECC_CURVE_ED25519, &x, NULL) ||
      gnutls_pcert_import_rawpk(&identity->certificate, key, 0)) {
    gnutls_pubkey_deinit(key); /* on success the certificate owns it */
    return TOPO_ENOMEM;
  }
  return 0;
}

int topo_net_identity_add(struct topo_net *net, struct topo_net_identity **out,
                          const uint8_t seed[static 32], const char *sni, void *user)
{
  struct topo_net_identity *identity;
  if (sni && !sni_valid(sni))
    return TOPO_EINVAL;
  if (sni && find_name(net, sni))
    return TOPO_EEXISTS;
  if (net->n_identities == TOPO_NET_IDENTITIES)
    return TOPO_ELIMIT;
  identity = calloc(1, sizeof *identity);
  if (!identity)
    return TOPO_ENOMEM;
  identity->refs = 1;
  identity->user = user;
  if (sni)
    strcpy(identity->sni, sni);
  if (import_seed(identity, seed) || import_public(identity)) {
    topo_net_identity_unref(identity);
    return TOPO_ENOMEM;
  }
  identity->next = net->identities;
  net->identities = identity;
  net->n_identities++;
  *out = identity;
  return 0;
}

void topo_net_identity_key(const struct topo_net_identity *identity, struct topo_id *out)
{
  *out = identity->key;
}

void topo_net_identity_ref(struct topo_net_identity *identity)
{
  identity->refs++;
}

void topo_net_identity_unref(struct topo_net_identity *identity)
{
  if (!identity || --identity->refs > 0)
    return;
  if (identity->certificate.pubkey)
    gnutls_pcert_deinit(&identity->certificate);
  if (identity->private_key)
    gnutls_privkey_deinit(identity->private_key); /* GnuTLS wipes the key */
  topo_wipe(identity, sizeof *identity);
  free(identity);
}

void topo_net_identity_remove(struct topo_net *net, struct topo_net_identity *identity)
{
  struct topo_net_identity **at = &net->identities;
  if (!identity)
    return;
  while (*at && *at != identity)
    at = &(*at)->next;
  topo_assert(*at);
  *at = identity->next;
  net->n_identities--;
  identity->removed = true;
  for (struct topo_net_conn *c = net->all; c; c = c->next)
    if (c->identity == identity && topo_net_conn_alive(c))
      topo_net_conn_doom(c, TOPO_ECLOSED, TOPO_CLOSE_AWAY);
  topo_net_identity_unref(identity);
}

void topo_net_recheck(struct topo_net *net, struct topo_net_identity *identity)
{
  topo_assert(!identity->removed);
  for (struct topo_net_conn *c = net->all; c; c = c->next)
    if (c->identity == identity && c->has_peer && topo_net_conn_alive(c) && !c->doomed &&
        net->events->judge(net->arg, identity->user, &c->peer) < 0)
      topo_net_conn_doom(c, TOPO_EUNTRUSTED, TOPO_CLOSE_UNTRUSTED);
}
