/* types.c - the one list of event types. */
#include "events/types.h"

#include "events/admission/admission.h"
#include "events/channel/channel.h"
#include "events/device/device.h"
#include "events/epoch/epoch.h"
#include "events/invite/invite.h"
#include "events/message/message.h"
#include "events/profile/profile.h"
#include "events/reaction/reaction.h"
#include "events/user/user.h"
#include "events/workspace/workspace.h"
#include "events/wrap/wrap.h"

#include <stddef.h>

const struct topo_type *const topo_types[] = {
    &topo_type_workspace, &topo_type_user,    &topo_type_device,   &topo_type_invite,
    &topo_type_admission, &topo_type_epoch,   &topo_type_wrap,     &topo_type_profile,
    &topo_type_channel,   &topo_type_message, &topo_type_reaction, NULL,
};
