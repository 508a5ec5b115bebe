/* device.c - a device credential: one more device under the grant of the device that signs. */
#include "events/device/device.h"

static const struct topo_field fields[] = {
    [TOPO_DEVICE_DEVICE] = {"device", TOPO_FIELD_ID, 0, 0, 0},
    [TOPO_DEVICE_SEAL_KEY] = {"seal_key", TOPO_FIELD_ID, 0, 0, 0},
    [TOPO_DEVICE_COUNTERSIGN] = {"countersign", TOPO_FIELD_SIG, 0, 0, 0},
    {0},
};

static int act(const struct topo_value *v, struct topo_act *out)
{
  out->kind = TOPO_ACT_DEVICE;
  out->device = topo_value_id(&v[TOPO_DEVICE_DEVICE]);
  out->seal_key = topo_value_id(&v[TOPO_DEVICE_SEAL_KEY]);
  out->countersign = v[TOPO_DEVICE_COUNTERSIGN].bytes.data;
  return 0;
}

const struct topo_type topo_type_device = {.number = TOPO_TYPE_DEVICE,
                                           .name = "device",
                                           .fields = fields,
                                           .act = act,
                                           .act_right = TOPO_RIGHT_DEVICE};
