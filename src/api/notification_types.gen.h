/* notification_types.gen.h - what clients may be told.
 * Written by openapi/generate.mjs from openapi/openapi.yaml; make generate writes it anew. */
#ifndef TOPO_API_NOTIFICATION_TYPES_GEN_H
#define TOPO_API_NOTIFICATION_TYPES_GEN_H

#define TOPO_NOTIFICATION_TYPE_LIST(X) \
  X(TOPO_NOTIFY_MESSAGE, "message") \
  X(TOPO_NOTIFY_CHANNEL, "channel") \
  X(TOPO_NOTIFY_MEMBER, "member") \
  X(TOPO_NOTIFY_WORKSPACE, "workspace") \
  X(TOPO_NOTIFY_SPACE, "space") \
  X(TOPO_NOTIFY_SYNC, "sync") \
  X(TOPO_NOTIFY_PEERS, "peers")

#endif
