/* types.c - the table of event types. */
#include "events/types.h"

#include <stddef.h>

#define TOPO_TYPE_ENTRY(name) &topo_type_##name,
const struct topo_type *const topo_types[] = {TOPO_TYPE_LIST(TOPO_TYPE_ENTRY) NULL};
#undef TOPO_TYPE_ENTRY
