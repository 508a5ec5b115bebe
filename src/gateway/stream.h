/*
 * stream.h - the events of one space as server-sent events (WHATWG HTML §9.2).
 *
 *   id: 5f3a9c1e00d4b7a2.1204
 *   event: message
 *   data: {"type":"message",…}
 *
 * A stream with nothing to say is suspended: it costs a connection and no thread, and the
 * subscription's `ready`, the next comment, the end of its token or the end of the gateway resumes
 * it.
 */
#ifndef TOPO_GATEWAY_STREAM_H
#define TOPO_GATEWAY_STREAM_H

#include "gateway/request.h"

enum { TOPO_STREAMS_MAX = 256 };

/* Opens the subscription that a request asks for and answers with it, or with a problem. */
enum MHD_Result topo_stream_start(struct topo_request *r);

/* Resumes streams that have something to say by now. Called about once a second. */
void topo_stream_tick(struct topo_gateway *gateway);
/* Ends every stream, once the gateway is quiet. */
void topo_stream_end_all(struct topo_gateway *gateway);

#endif
