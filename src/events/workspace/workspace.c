/* workspace.c - genesis: the event whose id is the workspace's name, and the credential of its
 * first device. */
#include "events/workspace/workspace.h"

static const struct topo_field fields[] = {
    [TOPO_WORKSPACE_SEAL_KEY] = {"seal_key", TOPO_FIELD_ID, 0, 0, 0},
    [TOPO_WORKSPACE_NONCE] = {"nonce", TOPO_FIELD_ID, 0, 0, 0},
    {0},
};

static int act(const struct topo_value *v, struct topo_act *out)
{
  out->kind = TOPO_ACT_GENESIS;
  out->seal_key = topo_value_id(&v[TOPO_WORKSPACE_SEAL_KEY]);
  return 0;
}

const struct topo_type topo_type_workspace = {
    .number = TOPO_TYPE_WORKSPACE, .name = "workspace", .fields = fields, .act = act};
