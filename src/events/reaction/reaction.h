/* reaction.h - the type "reaction" (docs/protocol.md §3), for the list of types. */
#ifndef TOPO_EVENTS_REACTION_H
#define TOPO_EVENTS_REACTION_H

#include "dag/type.h"
#include "events/reaction/reaction_read.h"

enum { TOPO_TYPE_REACTION = 0x1004 };
enum { TOPO_REACTION_MESSAGE, TOPO_REACTION_EMOJI };
extern const struct topo_type topo_type_reaction;

#endif
