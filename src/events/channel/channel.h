/* channel.h - the type "channel" (docs/protocol.md §3), for the list of types. */
#ifndef TOPO_EVENTS_CHANNEL_H
#define TOPO_EVENTS_CHANNEL_H

#include "dag/type.h"
#include "events/channel/channel_read.h"

enum { TOPO_CHANNEL_NAME };
extern const struct topo_type topo_type_channel;

#endif
