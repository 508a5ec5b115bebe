/* wrap.h - the type "wrap" (docs/protocol.md §3), for the list of types. */
#ifndef TOPO_EVENTS_WRAP_H
#define TOPO_EVENTS_WRAP_H

#include "dag/type.h"

enum { TOPO_TYPE_WRAP = 0x0011 };
enum { TOPO_WRAP_EPOCH, TOPO_WRAP_WRAPS };
enum { TOPO_WRAPS_MAX = 512 /* of one event */ };
extern const struct topo_type topo_type_wrap;

#endif
