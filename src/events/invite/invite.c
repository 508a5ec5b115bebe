/* invite.c - an invite: a key that a credential carries, a role, and slots owned by devices that
 * may admit. */
#include "events/invite/invite.h"

static const struct topo_field fields[] = {
    [TOPO_INVITE_KEY] = {"invite_key", TOPO_FIELD_ID, 0, 0, 0},
    [TOPO_INVITE_ROLE] = {"role", TOPO_FIELD_U8, 0, TOPO_GUEST, 0},
    [TOPO_INVITE_EXPIRES] = {"expires_ms", TOPO_FIELD_U64, 0, 0, 0},
    [TOPO_INVITE_SLOTS] = {"slots", TOPO_FIELD_LIST, 1, TOPO_SLOTS_MAX, 32},
    {0},
};

static int act(const struct topo_value *v, struct topo_act *out)
{
  out->kind = TOPO_ACT_INVITE;
  out->invite = topo_value_id(&v[TOPO_INVITE_KEY]);
  out->role = (uint8_t)v[TOPO_INVITE_ROLE].number;
  out->expires_ms = v[TOPO_INVITE_EXPIRES].number;
  out->slots = v[TOPO_INVITE_SLOTS].bytes;
  return 0;
}

const struct topo_type topo_type_invite = {.number = TOPO_TYPE_INVITE,
                                           .name = "invite",
                                           .fields = fields,
                                           .act = act,
                                           .act_right = TOPO_RIGHT_INVITE};
