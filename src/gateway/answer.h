/*
 * answer.h - what goes back: problems, the answers of calls, files of the page, signs of life.
 */
#ifndef TOPO_GATEWAY_ANSWER_H
#define TOPO_GATEWAY_ANSWER_H

#include "gateway/request.h"

/* Each queues one answer and returns what libmicrohttpd's handler returns. */
enum MHD_Result topo_answer_problem(struct topo_request *r); /* r->problem */
enum MHD_Result topo_answer_call(struct topo_request *r);    /* r->call, which is done */
enum MHD_Result topo_answer_file(struct topo_request *r);    /* r->asset, or health */

/* Takes over the response, adds the headers that every answer has, and queues it. `csp` and `cache`
 * are header values. Memory that runs out ends the connection. */
enum MHD_Result topo_answer_send(struct topo_request *r, int http, struct MHD_Response *response,
                                 const char *type, const char *csp, const char *cache);

/* For an operation that reads: finds in If-None-Match the event cursor of the answer that the
 * client has, and puts it into call->known. */
void topo_answer_take_known(struct topo_request *r);

#endif
