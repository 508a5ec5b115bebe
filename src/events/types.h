/* types.h - the list of event types. Adding a type adds a folder beside this file and one line to
 * types.c. */
#ifndef TOPO_EVENTS_TYPES_H
#define TOPO_EVENTS_TYPES_H

#include "dag/type.h"

/* Ends with NULL. */
extern const struct topo_type *const topo_types[];

#endif
