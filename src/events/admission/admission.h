/* admission.h - the type "admission" (docs/protocol.md §3), for the list of types. */
#ifndef TOPO_EVENTS_ADMISSION_H
#define TOPO_EVENTS_ADMISSION_H

#include "dag/type.h"

enum { TOPO_TYPE_ADMISSION = 0x0005 };
enum {
  TOPO_ADMISSION_INVITE,
  TOPO_ADMISSION_SLOT,
  TOPO_ADMISSION_DEVICE,
  TOPO_ADMISSION_SEAL_KEY,
  TOPO_ADMISSION_COUNTERSIGN,
  TOPO_ADMISSION_PROOF
};
extern const struct topo_type topo_type_admission;

#endif
