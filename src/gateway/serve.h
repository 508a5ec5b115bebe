/*
 * serve.h - what libmicrohttpd calls for each request; `cls` is the gateway.
 */
#ifndef TOPO_GATEWAY_SERVE_H
#define TOPO_GATEWAY_SERVE_H

#include <microhttpd.h>

/* Called with the headers, with each piece of the body, at its end, and after the call is done. */
enum MHD_Result topo_serve(void *cls, struct MHD_Connection *connection, const char *url,
                           const char *method, const char *version, const char *data,
                           size_t *data_len, void **state);
/* Called once the answer has left, or the connection has ended. */
void topo_serve_completed(void *cls, struct MHD_Connection *connection, void **state,
                          enum MHD_RequestTerminationCode why);

#endif
