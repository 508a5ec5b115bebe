/* user.c - a grant: a role for a user, and the device that first holds it. */
#include "events/user/user.h"

static const struct topo_field fields[] = {
    [TOPO_USER_USER] = {"user", TOPO_FIELD_ID, 0, 0, 0},
    [TOPO_USER_ROLE] = {"role", TOPO_FIELD_U8, 0, TOPO_GUEST, 0},
    [TOPO_USER_DEVICE] = {"device", TOPO_FIELD_ID, 0, 0, 0},
    [TOPO_USER_SEAL_KEY] = {"seal_key", TOPO_FIELD_ID, 0, 0, 0},
    [TOPO_USER_COUNTERSIGN] = {"countersign", TOPO_FIELD_SIG, 0, 0, 0},
    {0},
};

static int act(const struct topo_value *v, struct topo_act *out)
{
  out->kind = TOPO_ACT_GRANT;
  out->user = topo_value_id(&v[TOPO_USER_USER]);
  out->role = (uint8_t)v[TOPO_USER_ROLE].number;
  out->device = topo_value_id(&v[TOPO_USER_DEVICE]);
  out->seal_key = topo_value_id(&v[TOPO_USER_SEAL_KEY]);
  out->countersign = v[TOPO_USER_COUNTERSIGN].bytes.data;
  return 0;
}

const struct topo_type topo_type_user = {.number = TOPO_TYPE_USER,
                                         .name = "user",
                                         .fields = fields,
                                         .act = act,
                                         .act_right = TOPO_RIGHT_GRANT,
                                         .resource = &topo_resource_member};
