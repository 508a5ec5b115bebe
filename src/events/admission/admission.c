/* admission.c - a joiner becomes a device: one slot of an invite is filled. */
#include "events/admission/admission.h"

static const struct topo_field fields[] = {
    [TOPO_ADMISSION_INVITE] = {"invite", TOPO_FIELD_ID, 0, 0, 0},
    [TOPO_ADMISSION_SLOT] = {"slot", TOPO_FIELD_U16, 0, 0, 0},
    [TOPO_ADMISSION_DEVICE] = {"device", TOPO_FIELD_ID, 0, 0, 0},
    [TOPO_ADMISSION_SEAL_KEY] = {"seal_key", TOPO_FIELD_ID, 0, 0, 0},
    [TOPO_ADMISSION_COUNTERSIGN] = {"countersign", TOPO_FIELD_SIG, 0, 0, 0},
    [TOPO_ADMISSION_PROOF] = {"proof", TOPO_FIELD_SIG, 0, 0, 0},
    {0},
};

static int act(const struct topo_value *v, struct topo_act *out)
{
  out->kind = TOPO_ACT_ADMISSION;
  out->invite = topo_value_id(&v[TOPO_ADMISSION_INVITE]);
  out->slot = (uint16_t)v[TOPO_ADMISSION_SLOT].number;
  out->device = topo_value_id(&v[TOPO_ADMISSION_DEVICE]);
  out->seal_key = topo_value_id(&v[TOPO_ADMISSION_SEAL_KEY]);
  out->countersign = v[TOPO_ADMISSION_COUNTERSIGN].bytes.data;
  out->proof = v[TOPO_ADMISSION_PROOF].bytes.data;
  return 0;
}

const struct topo_type topo_type_admission = {.number = TOPO_TYPE_ADMISSION,
                                              .name = "admission",
                                              .fields = fields,
                                              .act = act,
                                              .act_right = TOPO_RIGHT_ADMIT};
