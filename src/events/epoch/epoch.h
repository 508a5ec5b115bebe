/* epoch.h - the type "epoch" (docs/protocol.md §3), for the list of types. */
#ifndef TOPO_EVENTS_EPOCH_H
#define TOPO_EVENTS_EPOCH_H

#include "dag/type.h"

enum { TOPO_TYPE_EPOCH = 0x0010 };
enum { TOPO_EPOCH_GENERATION, TOPO_EPOCH_POLICY, TOPO_EPOCH_COMMITMENT, TOPO_EPOCH_EPOCHS };
extern const struct topo_type topo_type_epoch;

#endif
