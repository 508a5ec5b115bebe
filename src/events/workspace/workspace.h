/* workspace.h - the type "workspace" (docs/protocol.md §3), for the list of types. */
#ifndef TOPO_EVENTS_WORKSPACE_H
#define TOPO_EVENTS_WORKSPACE_H

#include "dag/type.h"

enum { TOPO_TYPE_WORKSPACE = 0x0001 };
enum { TOPO_WORKSPACE_SEAL_KEY, TOPO_WORKSPACE_NONCE };
extern const struct topo_type topo_type_workspace;

#endif
