/* user.h - the type "user" (docs/protocol.md §3), for the list of types. */
#ifndef TOPO_EVENTS_USER_H
#define TOPO_EVENTS_USER_H

#include "dag/type.h"
#include "events/user/user_read.h"

enum { TOPO_TYPE_USER = 0x0002 };
enum {
  TOPO_USER_USER,
  TOPO_USER_ROLE,
  TOPO_USER_DEVICE,
  TOPO_USER_SEAL_KEY,
  TOPO_USER_COUNTERSIGN
};
extern const struct topo_type topo_type_user;

#endif
