/* epoch.c - an epoch: the commitment to a secret under which content is sealed. */
#include "events/epoch/epoch.h"

#include "base/status.h"

#include <string.h>

enum { POLICY_FULL = 1 };

static const struct topo_field fields[] = {
    [TOPO_EPOCH_GENERATION] = {"generation", TOPO_FIELD_U32, 1, 0, 0},
    [TOPO_EPOCH_POLICY] = {"policy", TOPO_FIELD_U8, POLICY_FULL, POLICY_FULL, 0},
    [TOPO_EPOCH_COMMITMENT] = {"commitment", TOPO_FIELD_ID, 0, 0, 0},
    [TOPO_EPOCH_EPOCHS] = {"epochs", TOPO_FIELD_LIST, 0, TOPO_EPOCHS_MAX, 32},
    {0},
};

static int act(const struct topo_value *v, struct topo_act *out)
{
  struct topo_bytes epochs = v[TOPO_EPOCH_EPOCHS].bytes;
  for (size_t i = 32; i < epochs.len; i += 32)
    if (memcmp(epochs.data + i - 32, epochs.data + i, 32) >= 0)
      return TOPO_EMALFORMED;
  out->kind = TOPO_ACT_EPOCH;
  out->generation = (uint32_t)v[TOPO_EPOCH_GENERATION].number;
  out->commitment = topo_value_id(&v[TOPO_EPOCH_COMMITMENT]);
  out->epochs = epochs;
  return 0;
}

const struct topo_type topo_type_epoch = {.number = TOPO_TYPE_EPOCH,
                                          .name = "epoch",
                                          .fields = fields,
                                          .act = act,
                                          .act_right = TOPO_RIGHT_KEYS};
