/*
 * ws_options.h - what the WebSockets of a gateway are made with.
 */
#ifndef TOPO_GATEWAY_WS_OPTIONS_H
#define TOPO_GATEWAY_WS_OPTIONS_H

#include "api/gate.h"
#include "api/subscription.h"
#include "gateway/bucket.h"
#include "gateway/request_id.h"

/* What is pointed to outlives the sockets. */
struct topo_ws_options {
  struct topo_gate gate;
  struct topo_subscription_source broker;
  struct topo_bucket *failures; /* of callers to prove who they are */
  struct topo_request_ids *ids;
  uint64_t hello_ns, beat_ns; /* topo_gateway_times */
  uint16_t ping_s;
};

#endif
