/* profile.h - the type "profile" (docs/protocol.md §3), for the list of types. */
#ifndef TOPO_EVENTS_PROFILE_H
#define TOPO_EVENTS_PROFILE_H

#include "dag/type.h"

enum { TOPO_TYPE_PROFILE = 0x1001 };
enum { TOPO_PROFILE_OF, TOPO_PROFILE_VERSION, TOPO_PROFILE_NAME };
enum { TOPO_PROFILE_OF_USER, TOPO_PROFILE_OF_WORKSPACE }; /* as setName lists them */
enum { TOPO_PROFILE_STEP_MAX = 65536 /* between versions, or the higher one is out of reach */ };
extern const struct topo_type topo_type_profile;

#endif
