/*
 * gateway.h - the operations of a table over HTTP/1.1, and the events of spaces over WebSocket and
 * server-sent events; on a Unix socket and on one TCP port.
 *
 * The gateway knows rows, parameters and JSON texts; what an operation does and where it runs is
 * the runner's. A request waits, suspended, until the runner reports its call; no thread waits with
 * it. Callers are authorized (gateway/authorize.h): on the Unix socket by their uid, the daemon's
 * own or root's; over TCP by what they call the node, where they come from, and their token.
 */
#ifndef TOPO_GATEWAY_GATEWAY_H
#define TOPO_GATEWAY_GATEWAY_H

#include "api/gate.h"
#include "api/subscription.h"
#include "gateway/asset.h"

struct topo_gateway;

/* How long a client may take; each 0 for its default. */
struct topo_gateway_times {
  unsigned head_ms;   /* from the connection to the end of its first header; 10 s */
  unsigned wait_ms;   /* between two requests, until the end of the next header; 75 s */
  unsigned body_ms;   /* from a header to the end of its body; 30 s */
  unsigned answer_ms; /* to take an answer that is no stream; 120 s */
  unsigned hello_ms;  /* until the first message on a WebSocket, and to end one begun; 10 s */
  unsigned ping_s;    /* between signs of life on a WebSocket; 30 s */
  unsigned beat_ms;   /* between comments on a stream of events; 15 s */
};

struct topo_gateway_options {
  const char *socket_path;                /* its directory is made (0700) when it is missing */
  const char *listen_host;                /* an IP address to listen on; NULL: no TCP */
  uint16_t port;                          /* 0: the system picks one */
  const struct topo_op *const *table;     /* ends with NULL; outlives the gateway */
  struct topo_op_runner runner;           /* outlives the gateway */
  struct topo_gate gate;                  /* what tokens are good for; likewise */
  struct topo_subscription_source broker; /* likewise */
  const struct topo_asset *assets;        /* the page; ends with a NULL path; NULL: none */
  const char *version;                    /* part of every ETag of an answer; NULL: "0"; outlives */
  unsigned connections_max;               /* served by HTTP at a time; 0: 512 */
  unsigned pending_max; /* that have not asked yet; 0: 1024 or what the system allows */
  unsigned timeout_s;   /* not 0: an upper bound for all of `times` */
  struct topo_gateway_times times;
  unsigned threads; /* at least, of HTTP; 0: 2; there are more for more than 220 connections */
  bool *tcp_failed; /* when not NULL: set when creating failed because of listen_host and port */
  /* When not NULL: called once, before anybody is served, with the TCP port; 0: none. */
  void (*listening)(void *arg, uint16_t port);
  void *arg;
};

/* Listens and serves at once. NULL on failure, with *status (never NULL) one of: TOPO_EADDRINUSE
 * somebody answers on the socket, or the port is in use; TOPO_EEXISTS the path is something else
 * than a socket; TOPO_EDENIED the directory belongs to somebody else or others may write it, or
 * the port needs a privilege; TOPO_EINVAL the path is too long for a socket address, or this
 * machine has no such address; TOPO_ENOTFOUND the directory has no parent; TOPO_ELIMIT
 * descriptors or threads have run out; TOPO_EIO; TOPO_ENOMEM. */
struct topo_gateway *topo_gateway_create(const struct topo_gateway_options *options, int *status);

/* The TCP port that it listens on; 0: none. */
uint16_t topo_gateway_port(const struct topo_gateway *gateway);

/* From now on no new call starts: the sockets are gone, requests on open connections get 503,
 * streams of events end, WebSockets are closed with 1001. Calls under way go on. Call it before the
 * runner stops waiting for others. Idempotent. */
void topo_gateway_quiesce(struct topo_gateway *gateway);

/* Quiesces, waits until the runner has reported every call (the caller sees to it that it will),
 * gives the answers two seconds to leave, and closes every connection. The gate and the
 * subscriptions are not used any more once it returns. NULL is fine. */
void topo_gateway_destroy(struct topo_gateway *gateway);

#endif
