/*
 * message_read.h - the table of messages, for the rooms that read it:
 *
 *   message(no, channel, user, hlc, place, id, text)   index message_page(channel, place, id)
 *
 * `no`, `channel` and `user` are rows of the log. `place` is where it is shown here (dag/place.h),
 * mostly the hlc. The id is the one that the log has for `no`: it
 * is what messages of one place are shown by, so with it the index holds the very order of a
 * page, and a page need not look for fifty ids in the log, which was a fifth of its cost.
 */
#ifndef TOPO_EVENTS_MESSAGE_READ_H
#define TOPO_EVENTS_MESSAGE_READ_H

#include "views/resource.h"

enum { TOPO_TYPE_MESSAGE = 0x1003 };

/* A message with its reactions; its item is that of listMessages. */
extern const struct topo_resource topo_resource_message;

#endif
