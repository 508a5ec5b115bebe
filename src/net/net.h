/*
 * net.h - connections to peers over QUIC: one UDP port, many local identities, raw public keys.
 *
 * A topo_net belongs to one thread. It never blocks and has no clock: every call that does work
 * takes `now_ns`, monotonic nanoseconds, and a loop looks like this:
 *
 *     wait until topo_net_fd() is readable or topo_net_deadline() has come (nanoseconds matter: the
 *     sender is paced); then topo_net_ready() or topo_net_expire(); after other work that sent or
 *     consumed something, topo_net_flush().
 *
 * TLS 1.3, ALPN "topo/1", Ed25519 raw public keys (RFC 7250) of both sides, always. The SNI picks
 * the identity on the server; the client pins the key it expects; the server asks `authorize`.
 *
 * Streams are those of port/conn.h: unidirectional QUIC streams whose first byte is the number that
 * the sender chose. A number used twice, a stream that ends, and a bidirectional stream are
 * protocol violations and end the connection.
 *
 * A connection that the peer, the network, an identity's removal or topo_net_recheck ended is
 * reported by `down`, its last callback. Incoming connections are unknown to the user before `up`.
 * Callbacks may call everything here except topo_net_destroy.
 */
#ifndef TOPO_NET_NET_H
#define TOPO_NET_NET_H

#include <stdbool.h>

#include "base/bytes.h"
#include "net/address.h"
#include "net/stats.h"
#include "port/close.h"
#include "port/conn.h"
#include "port/rng.h"

struct topo_net;
struct topo_net_identity;
struct topo_net_conn;

enum {
  TOPO_NET_CONNECTIONS_MAX = 4096, /* live connections, both directions */
  TOPO_NET_HALF_OPEN_MAX = 256,    /* incoming ones whose handshake is not done */
  TOPO_NET_SNI_MAX = 63            /* a DNS label */
};

/* What is known of a peer whose connection is up. */
struct topo_net_peer {
  struct topo_id key;
  struct topo_net_address address;
  bool outgoing;       /* we dialled */
  void *identity_user; /* of the local identity */
  void *user;          /* given to topo_net_dial; NULL for an incoming connection */
};

/* Why a connection is no more. */
struct topo_net_down {
  int status; /* TOPO_ECLOSED, TOPO_EUNTRUSTED, TOPO_EUNREACHABLE, TOPO_ETIMEOUT, TOPO_EVERSION… */
  uint64_t
      code; /* application: enum topo_close; otherwise of the transport (RFC 9000, 20.1), or 0 */
  bool application;
  bool by_peer; /* the peer sent the code */
  bool was_up;  /* `up` was called for it */
};

struct topo_net_events {
  /* Whether `peer` may connect to, or stay connected with, this identity: 0 or negative. Must not
   * call back into the net. */
  int (*authorize)(void *arg, void *identity_user, const struct topo_id *peer);
  /* Both sides have accepted each other. The connection may be sent on. */
  void (*up)(void *arg, struct topo_net_conn *conn, const struct topo_net_peer *peer);
  /* Bytes of a stream, in order. They count against the peer's window until topo_net_consumed. */
  void (*data)(void *arg, struct topo_net_conn *conn, unsigned stream, const uint8_t *data,
               size_t len);
  /* There is room again on a stream where topo_net_send took less than offered. */
  void (*writable)(void *arg, struct topo_net_conn *conn, unsigned stream);
  /* The peer is at another address now (a NAT rebound, a laptop moved). May be NULL. */
  void (*moved)(void *arg, struct topo_net_conn *conn, const struct topo_net_address *address);
  /* The handle is invalid when this returns. */
  void (*down)(void *arg, struct topo_net_conn *conn, const struct topo_net_down *why);
};

struct topo_net_options {
  const struct topo_net_address *bind; /* NULL: [::]:0, or 0.0.0.0:0 where there is no IPv6 */
  struct topo_rng rng;
  uint8_t secret[32]; /* static: makes stateless resets and address tokens survive a restart */
  const struct topo_net_events *events; /* borrowed */
  void *arg;                            /* passed to every callback */
  bool plain_sockets;                   /* no GSO, no GRO: what an old kernel would offer */
};

struct topo_net_dial {
  struct topo_net_address remote;
  struct topo_net_identity *identity; /* who we are */
  struct topo_id pin;                 /* the key the peer must show */
  const char *sni;                    /* at most TOPO_NET_SNI_MAX bytes of a-z and 0-9 */
  void *user;
};

/* Opens the port. On success *out is the new net. TOPO_EADDRINUSE, TOPO_EDENIED (a privileged
 * port), TOPO_EINVAL (an address this machine does not have), TOPO_ENOMEM, TOPO_EIO. */
int topo_net_create(struct topo_net **out, const struct topo_net_options *options);
/* Tells every peer "going away" and frees everything, identities included. No callback is made. Not
 * from inside a callback. NULL is fine. */
void topo_net_destroy(struct topo_net *net);

/* The address that is bound, with the real port. */
void topo_net_local_address(const struct topo_net *net, struct topo_net_address *out);
/* Poll it for reading (an epoll descriptor); it stays the same. */
int topo_net_fd(const struct topo_net *net);
/* Receives, and sends what came of it. A bounded amount of work; call again while readable. */
void topo_net_ready(struct topo_net *net, uint64_t now_ns);
/* When to call topo_net_expire: in the past when there is work now, UINT64_MAX for never. */
uint64_t topo_net_deadline(const struct topo_net *net);
/* Runs the timers that are due, then sends. */
void topo_net_expire(struct topo_net *net, uint64_t now_ns);
/* Sends what was queued and executes what was asked, in bounded bursts. */
void topo_net_flush(struct topo_net *net, uint64_t now_ns);
void topo_net_get_stats(const struct topo_net *net, struct topo_net_stats *out);

/* Adds a local identity. `sni` is its name for those who dial it, at most TOPO_NET_SNI_MAX bytes of
 * a-z and 0-9; NULL makes it one that only dials. The seed is copied and wiped on removal. On
 * success *out is a handle valid until it is removed. TOPO_EINVAL, TOPO_EEXISTS (the name is in
 * use), TOPO_ELIMIT, TOPO_ENOMEM. */
int topo_net_identity_add(struct topo_net *net, struct topo_net_identity **out,
                          const uint8_t seed[static 32], const char *sni, void *user);
/* Its connections are closed as "going away" by the next flush; `authorize` is not asked for it any
 * more. NULL is fine. */
void topo_net_identity_remove(struct topo_net *net, struct topo_net_identity *identity);
/* Asks `authorize` again about every connection of the identity, incoming and outgoing. Those that
 * are out deliver nothing more from this call on; the next flush closes them as "untrusted" and
 * reports them. */
void topo_net_recheck(struct topo_net *net, struct topo_net_identity *identity);

/* Starts a connection; `up` or `down` will tell. On success *out is the handle. TOPO_EINVAL (the
 * sni, or a family the socket has not), TOPO_ELIMIT, TOPO_ENOMEM. */
int topo_net_dial(struct topo_net *net, struct topo_net_conn **out,
                  const struct topo_net_dial *options, uint64_t now_ns);
/* Takes up to len bytes and returns how many; 0 when the connection is not up. What is sent is
 * written by the next flush, ready or expire. When memory is exhausted the connection is ended. */
size_t topo_net_send(struct topo_net_conn *conn, unsigned stream, const uint8_t *data, size_t len);
/* Returns received bytes of a stream to the peer's window; at most as many as were delivered. */
void topo_net_consumed(struct topo_net_conn *conn, unsigned stream, size_t len);
/* Ends the connection with a code of enum topo_close; what was not written yet is dropped. The user
 * hears nothing more of it and must not use the handle again. */
void topo_net_close(struct topo_net_conn *conn, uint64_t code);
/* A pointer of the user's, for finding what belongs to the connection; dial's `user` at first. */
void topo_net_conn_set_user(struct topo_net_conn *conn, void *user);
void *topo_net_conn_user(const struct topo_net_conn *conn);

#endif
