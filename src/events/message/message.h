/* message.h - the type "message" (docs/protocol.md §3), for the list of types. */
#ifndef TOPO_EVENTS_MESSAGE_H
#define TOPO_EVENTS_MESSAGE_H

#include "dag/type.h"
#include "events/message/message_read.h"

enum { TOPO_MESSAGE_CHANNEL, TOPO_MESSAGE_AFTER, TOPO_MESSAGE_TEXT };
enum {
  TOPO_MESSAGE_TEXT_MAX = 32768,
  TOPO_MESSAGE_READ_MAX = 32 /* the last ones of a channel, whose clocks an author looks at */
};
extern const struct topo_type topo_type_message;

#endif
