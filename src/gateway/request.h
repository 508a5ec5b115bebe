/*
 * request.h - one HTTP request from its headers to its answer; what request.c and answer.c share.
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
  bool endless;                /* nobody can tell where it ends */
  bool last;                   /* the connection closes behind the answer */
  struct topo_problem problem; /* when refused */
  char allow[TOPO_REQUEST_ALLOW_SIZE];
  char id[TOPO_REQUEST_ID_SIZE];
  bool running; /* the runner has had the call */
  bool done;    /* the runner has reported it; under the gateway's lock */
};

/* Refuses, unless that has happened already. */
void topo_request_refuse(struct topo_request *r, struct topo_problem problem);
/* Refuses with what the call says about itself. */
void topo_request_refuse_call(struct topo_request *r, int status);

/* The callbacks of libmicrohttpd; `cls` is the gateway. */
enum MHD_Result topo_request_handle(void *cls, struct MHD_Connection *connection, const char *url,
                                    const char *method, const char *version, const char *data,
                                    size_t *data_len, void **state);
void topo_request_completed(void *cls, struct MHD_Connection *connection, void **state,
                            enum MHD_RequestTerminationCode why);

#endif
