/*
 * raw_client.h - a QUIC client that misbehaves: the least of ngtcp2 and GnuTLS, without src/net's
 * manners.
 */
#ifndef TOPO_SMOKE_RAW_CLIENT_H
#define TOPO_SMOKE_RAW_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/address.h"

enum raw_key {
  RAW_KEY_RAW,  /* a raw public key, as it should be */
  RAW_KEY_NONE, /* raw keys negotiated, none shown */
  RAW_KEY_X509  /* a client that knows certificates only */
};

struct raw_options {
  struct topo_net_address remote;
  const char *alpn; /* NULL: offers none */
  const char *sni;  /* NULL: sends none */
  enum raw_key key;
};

struct raw_client; /* opaque */

struct raw_outcome {
  bool completed; /* our side of the handshake */
  bool confirmed; /* the server's word */
  bool ended;
  bool application;
  uint64_t code;                /* the server's, when ended */
  unsigned alert;               /* our own TLS alert, when the failure was ours */
  uint64_t uni_left, bidi_left; /* streams that we may open */
};

struct raw_client *raw_create(const struct raw_options *options);
void raw_destroy(struct raw_client *raw);
/* Receives, sends, runs timers: call it often. */
void raw_step(struct raw_client *raw);
void raw_outcome(const struct raw_client *raw, struct raw_outcome *out);
/* Opens a unidirectional stream and sends bytes on it; with `fin` it ends. Returns its id, negative
 * when the server does not allow it. */
int64_t raw_send(struct raw_client *raw, const void *data, size_t len, bool fin);
/* RESET_STREAM. */
void raw_reset(struct raw_client *raw, int64_t stream);

/* Changes the keys of the connection (RFC 9001, 6). */
void raw_update_key(struct raw_client *raw);

#endif
