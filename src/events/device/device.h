/* device.h - the type "device" (docs/protocol.md §3), for the list of types. */
#ifndef TOPO_EVENTS_DEVICE_H
#define TOPO_EVENTS_DEVICE_H

#include "dag/type.h"

enum { TOPO_TYPE_DEVICE = 0x0003 };
enum { TOPO_DEVICE_DEVICE, TOPO_DEVICE_SEAL_KEY, TOPO_DEVICE_COUNTERSIGN };
extern const struct topo_type topo_type_device;

#endif
