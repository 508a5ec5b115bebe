/*
 * gateway_impl.h - the gateway from inside: what its files share.
 */
#ifndef TOPO_GATEWAY_GATEWAY_IMPL_H
#define TOPO_GATEWAY_GATEWAY_IMPL_H

#include "gateway/bucket.h"
#include "gateway/gateway.h"
#include "gateway/http_conns.h"
#include "gateway/listener.h"
#include "gateway/unix_socket.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

enum { TOPO_GATEWAY_THREADS_MAX = 16 };

/* One daemon of libmicrohttpd, with its thread. */
struct topo_gateway_server {
  struct topo_gateway *gateway;
  struct MHD_Daemon *daemon;
  atomic_uint connections; /* handed to it and not closed yet, whether it has seen them or not */
};

struct topo_stream;
struct topo_ws;

struct topo_gateway {
  struct topo_gateway_options options; /* with its defaults filled in */
  struct topo_names names;
  struct topo_request_ids ids;

  struct topo_unix_socket socket;
  int tcp_fd; /* -1: none */
  struct topo_listener *listener;
  struct topo_ws *ws;
  struct topo_gateway_server servers[TOPO_GATEWAY_THREADS_MAX];
  struct topo_http_conns conns;
  /* Calls of callers that are known, calls that need no token, and failures to prove who one is. */
  struct topo_bucket known, open, failures;

  /* The lock guards what follows and the `done` of every request. It may be held while calling
   * libmicrohttpd's suspend and resume, and is never taken by code that holds one of its locks. */
  pthread_mutex_t lock;
  pthread_cond_t changed; /* calls or requests went down; on the monotonic clock */
  bool quiet;
  size_t calls;    /* started and not yet reported by the runner */
  size_t requests; /* begun and not yet completed */
  struct topo_stream *streams;
  size_t stream_count;
};

#endif
