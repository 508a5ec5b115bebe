/*
 * request.h - one HTTP request: what it asks for, and why it was refused if it was.
 *
 * Requests are served by serve.c and answered by answer.c or, with a stream of events, stream.c.
 */
#ifndef TOPO_GATEWAY_REQUEST_H
#define TOPO_GATEWAY_REQUEST_H

#include "gateway/gateway_impl.h"

enum { TOPO_REQUEST_ALLOW_SIZE = 64 };

struct topo_request {
  struct topo_gateway *gateway;
  struct MHD_Connection *connection;
  struct topo_http_conn *conn;
  struct topo_headers headers; /* borrowed of libmicrohttpd, until the request is completed */
  enum topo_resource resource;
  const struct topo_asset *asset; /* of a file of the page */
  struct topo_op_call *call;      /* of an operation; NULL when there was no route */
  struct topo_grant grant;
  struct topo_buf body;
  size_t received;
  bool refused;
  bool endless;                /* nobody can tell where its body ends */
  bool last;                   /* the connection closes behind the answer */
  struct topo_problem problem; /* when refused */
  char allow[TOPO_REQUEST_ALLOW_SIZE];
  char id[TOPO_REQUEST_ID_SIZE];
  bool running; /* the runner has had the call */
  bool done;    /* the runner has reported it; under the gateway's lock */
};

/* A request of this connection, counted by the gateway. NULL: out of memory. */
struct topo_request *topo_request_create(struct topo_gateway *gateway,
                                         struct MHD_Connection *connection);
/* When no call of it is running any more. Wipes the body. */
void topo_request_destroy(struct topo_request *r);

/* The connection goes to another state (http_conns.h), now. */
void topo_request_transition(struct topo_request *r, enum topo_http_conn_state to);

/* Refuses, unless that has happened already. */
void topo_request_refuse(struct topo_request *r, struct topo_problem problem);
/* Refuses with what the call says about itself. */
void topo_request_refuse_call(struct topo_request *r, int status);

/* Fills r->resource and what belongs to it. Returns what is wrong with method or path, to be told
 * to a caller who may know; without a code when nothing is. */
struct topo_problem topo_request_find(struct topo_request *r, const char *method, const char *url);

/* Calls take(arg, key, text, len) for every parameter of the query, with the percent escapes of its
 * value decoded, until the request is refused. A value that is too long or holds a broken escape
 * refuses it. */
void topo_request_query(struct topo_request *r,
                        void (*take)(void *arg, const char *key, const char *text, size_t len),
                        void *arg);

#endif
