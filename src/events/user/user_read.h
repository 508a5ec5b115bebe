/* user_read.h - what other types may know of users: how a member is shown. */
#ifndef TOPO_EVENTS_USER_READ_H
#define TOPO_EVENTS_USER_READ_H

#include "views/resource.h"

/* A user with a valid credential; its item is that of listMembers. */
extern const struct topo_resource topo_resource_member;

#endif
