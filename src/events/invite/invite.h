/* invite.h - the type "invite" (docs/protocol.md §3), for the list of types. */
#ifndef TOPO_EVENTS_INVITE_H
#define TOPO_EVENTS_INVITE_H

#include "dag/type.h"

enum { TOPO_TYPE_INVITE = 0x0004 };
enum { TOPO_INVITE_KEY, TOPO_INVITE_ROLE, TOPO_INVITE_EXPIRES, TOPO_INVITE_SLOTS };
extern const struct topo_type topo_type_invite;

#endif
