/*
 * compat.h - one source for ngtcp2 0.12.1 (Debian 12) and 1.x (Debian 13).
 *
 * Release 1.0 renamed much and changed a few shapes. Everything in this room that differs goes
 * through the names below, which follow the newer release; nothing else tests the version.
 */
#ifndef TOPO_NET_COMPAT_H
#define TOPO_NET_COMPAT_H

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>
#include <string.h>

#if NGTCP2_VERSION_NUM < 0x010000

typedef ngtcp2_connection_close_error quic_error;
typedef int quic_cid_status;
typedef ngtcp2_crypto_level quic_level;
#define quic_error_default         ngtcp2_connection_close_error_default
#define quic_error_set_application ngtcp2_connection_close_error_set_application_error
#define quic_error_set_alert       ngtcp2_connection_close_error_set_transport_error_tls_alert
#define quic_error_set_library     ngtcp2_connection_close_error_set_transport_error_liberr
#define QUIC_ERROR_APPLICATION     NGTCP2_CONNECTION_CLOSE_ERROR_CODE_TYPE_APPLICATION
static inline void quic_error_received(ngtcp2_conn *conn, quic_error *out)
{
  ngtcp2_conn_get_connection_close_error(conn, out);
}

static inline int quic_reset_stream(ngtcp2_conn *conn, int64_t id, uint64_t code)
{
  return ngtcp2_conn_shutdown_stream_write(conn, id, code);
}

static inline ngtcp2_duration quic_smoothed_rtt(ngtcp2_conn *conn)
{
  ngtcp2_conn_stat stat;
  ngtcp2_conn_get_conn_stat(conn, &stat);
  return stat.smoothed_rtt;
}

static inline const uint8_t *quic_token(const ngtcp2_pkt_hd *hd, size_t *len)
{
  *len = hd->token.len;
  return hd->token.base;
}
enum { NGTCP2_TOKEN_TYPE_RETRY, NGTCP2_TOKEN_TYPE_NEW_TOKEN }; /* not told apart before 1.0 */
static inline void quic_settings_set_token(ngtcp2_settings *s, const uint8_t *token, size_t len,
                                           int type)
{
  (void)type;
  s->token.base = (uint8_t *)(uintptr_t)token;
  s->token.len = len;
}
static inline void quic_params_set_odcid(ngtcp2_transport_params *p, const ngtcp2_cid *odcid)
{
  p->original_dcid = *odcid;
}
/* The token's parameters of a recv_new_token callback, and what they hold. */
#define QUIC_NEW_TOKEN_PARAMS const ngtcp2_vec *vec
#define QUIC_NEW_TOKEN_BYTES  vec->base
#define QUIC_NEW_TOKEN_LEN    vec->len

#else

typedef ngtcp2_ccerr quic_error;
typedef ngtcp2_connection_id_status_type quic_cid_status;
typedef ngtcp2_encryption_level quic_level;
#define quic_error_default         ngtcp2_ccerr_default
#define quic_error_set_application ngtcp2_ccerr_set_application_error
#define quic_error_set_alert       ngtcp2_ccerr_set_tls_alert
#define quic_error_set_library     ngtcp2_ccerr_set_liberr
#define QUIC_ERROR_APPLICATION     NGTCP2_CCERR_TYPE_APPLICATION
static inline void quic_error_received(ngtcp2_conn *conn, quic_error *out)
{
  *out = *ngtcp2_conn_get_ccerr(conn);
}

static inline int quic_reset_stream(ngtcp2_conn *conn, int64_t id, uint64_t code)
{
  return ngtcp2_conn_shutdown_stream_write(conn, 0, id, code);
}

static inline ngtcp2_duration quic_smoothed_rtt(ngtcp2_conn *conn)
{
  ngtcp2_conn_info info;
  ngtcp2_conn_get_conn_info(conn, &info);
  return info.smoothed_rtt;
}

static inline const uint8_t *quic_token(const ngtcp2_pkt_hd *hd, size_t *len)
{
  *len = hd->tokenlen;
  return hd->token;
}
static inline void quic_settings_set_token(ngtcp2_settings *s, const uint8_t *token, size_t len,
                                           ngtcp2_token_type type)
{
  s->token = token;
  s->tokenlen = len;
  s->token_type = type;
}
static inline void quic_params_set_odcid(ngtcp2_transport_params *p, const ngtcp2_cid *odcid)
{
  p->original_dcid = *odcid;
  p->original_dcid_present = 1;
}
#define QUIC_NEW_TOKEN_PARAMS      const uint8_t *bytes, size_t bytes_len
#define QUIC_NEW_TOKEN_BYTES       bytes
#define QUIC_NEW_TOKEN_LEN         bytes_len

#endif
#endif
