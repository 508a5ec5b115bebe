/*
 * gateway.h - the operations of a table over HTTP/1.1 on a Unix socket.
 *
 * The gateway knows rows, parameters and JSON texts; what an operation does and where it runs is
 * the runner's. A request waits, suspended, until the runner reports its call; no thread waits with
 * it. Callers are judged by their uid: the daemon's own, or root.
 */
#ifndef TOPO_GATEWAY_GATEWAY_H
#define TOPO_GATEWAY_GATEWAY_H

#include "api/feed.h"
#include "api/gate.h"
#include "gateway/asset.h"

struct topo_gateway;

struct topo_gateway_options {
  const char *socket_path;            /* its directory is made (0700) when it is missing */
  const char *host;                   /* an IP address to listen on; NULL: no TCP */
  uint16_t port;                      /* 0: the system picks one */
  const struct topo_op *const *table; /* ends with NULL; outlives the gateway */
  struct topo_op_runner runner;       /* outlives the gateway */
  struct topo_gate gate;              /* who tokens stand for; likewise */
  struct topo_feed_source feeds;      /* likewise */
  const struct topo_asset *assets;    /* the page; ends with a NULL path; NULL: none */
  unsigned connections_max;           /* 0: 512 */
  unsigned timeout_s;                 /* of a silent connection, and of one request's body; 0: 30 */
  unsigned threads;                   /* 0: 2 */
};

/* Listens and serves at once. NULL on failure, with *status (never NULL) one of: TOPO_EADDRINUSE
 * somebody answers on the socket; TOPO_EEXISTS the path is something else than a socket;
 * TOPO_EDENIED the directory belongs to somebody else or others may write it; TOPO_EINVAL the path
 * is too long for a socket address; TOPO_EIO; TOPO_ENOMEM. */
struct topo_gateway *topo_gateway_create(const struct topo_gateway_options *options, int *status);

/* From now on no new call starts: the socket is gone and requests on open connections get 503.
 * Calls under way go on. Call it before the runner stops waiting for others. Idempotent. */
void topo_gateway_quiesce(struct topo_gateway *gateway);

/* Quiesces, waits until the runner has reported every call (the caller sees to it that it will),
 * gives the answers two seconds to leave, and closes every connection. NULL is fine. */
void topo_gateway_destroy(struct topo_gateway *gateway);

#endif
