/* channel_read.h - what other types may know of channels. */
#ifndef TOPO_EVENTS_CHANNEL_READ_H
#define TOPO_EVENTS_CHANNEL_READ_H

enum { TOPO_TYPE_CHANNEL = 0x1002 };

#endif
