/*
 * channel_read.h - what other types may know of channels. The table:
 *
 *   channel(no, user, hlc, name)
 *
 * `no` and `user` are rows of the log.
 */
#ifndef TOPO_EVENTS_CHANNEL_READ_H
#define TOPO_EVENTS_CHANNEL_READ_H

#include "views/resource.h"

enum { TOPO_TYPE_CHANNEL = 0x1002 };

/* Its item is that of listChannels. */
extern const struct topo_resource topo_resource_channel;

#endif
