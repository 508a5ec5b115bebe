/*
 * types.h - the list of event types. A type is a folder beside this file and one line of the list
 * (docs/architecture.md, "To add a type of event").
 *
 * The order is that in which the tables are made, so a change of it has every space rebuild its
 * projections, as a new type does.
 */
#ifndef TOPO_EVENTS_TYPES_H
#define TOPO_EVENTS_TYPES_H

#include "dag/type.h"

#define TOPO_TYPE_LIST(X)                                                                          \
  X(workspace)                                                                                     \
  X(user)                                                                                          \
  X(device)                                                                                        \
  X(invite)                                                                                        \
  X(admission)                                                                                     \
  X(epoch)                                                                                         \
  X(wrap)                                                                                          \
  X(profile)                                                                                       \
  X(channel)                                                                                       \
  X(message)                                                                                       \
  X(reaction)                                                                                      \
  /* the next one above this line */

#define TOPO_TYPE_DECLARATION(name) extern const struct topo_type topo_type_##name;
TOPO_TYPE_LIST(TOPO_TYPE_DECLARATION)
#undef TOPO_TYPE_DECLARATION

/* All of the list, in its order; ends with NULL. */
extern const struct topo_type *const topo_types[];

#endif
