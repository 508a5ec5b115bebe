/*
 * request.h - one HTTP request from its headers to its answer; what gateway.c and request.c share.
 */
#ifndef TOPO_GATEWAY_REQUEST_H
#define TOPO_GATEWAY_REQUEST_H

#include "gateway/gateway.h"
#include "gateway/unix_socket.h"

#include <microhttpd.h>
#include <pthread.h>

struct topo_gateway {
  const struct topo_op *const *table;
  struct topo_op_runner runner;
  int64_t body_timeout_ms;
  uint64_t id_base; /* request ids are this number and a counter: unlike those of another run */
  struct MHD_Daemon *daemon;
  struct topo_unix_socket socket;

  /* The lock guards what follows and the `done` of every request. It may be held while calling
   * libmicrohttpd's resume, and is never taken by code that holds one of its locks. */
  pthread_mutex_t lock;
  pthread_cond_t changed; /* calls or requests went down; on the monotonic clock */
  bool quiet;
  size_t calls;    /* started and not yet reported by the runner */
  size_t requests; /* begun and not yet completed */
  uint64_t id_count;
};

/* The callbacks of libmicrohttpd; `cls` is the gateway. */
enum MHD_Result topo_request_handle(void *cls, struct MHD_Connection *connection, const char *url,
                                    const char *method, const char *version, const char *data,
                                    size_t *data_len, void **state);
void topo_request_completed(void *cls, struct MHD_Connection *connection, void **state,
                            enum MHD_RequestTerminationCode why);

#endif
