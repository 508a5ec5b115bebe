/* wrap.c - an epoch's secret, sealed to the devices of credentials. */
#include "events/wrap/wrap.h"

static const struct topo_field fields[] = {
    [TOPO_WRAP_EPOCH] = {"epoch", TOPO_FIELD_ID, 0, 0, 0},
    [TOPO_WRAP_WRAPS] = {"wraps", TOPO_FIELD_LIST, 1, TOPO_WRAPS_MAX, TOPO_WRAP_ENTRY_SIZE},
    {0},
};

static int act(const struct topo_value *v, struct topo_act *out)
{
  out->kind = TOPO_ACT_WRAP;
  out->epoch = topo_value_id(&v[TOPO_WRAP_EPOCH]);
  out->wraps = v[TOPO_WRAP_WRAPS].bytes;
  return 0;
}

const struct topo_type topo_type_wrap = {.number = TOPO_TYPE_WRAP,
                                         .name = "wrap",
                                         .fields = fields,
                                         .act = act,
                                         .act_right = TOPO_RIGHT_KEYS};
