/*
 * message_read.h - the table of messages, for the rooms that read it:
 *
 *   message(no, channel, user, hlc, rank, text)   index message_page(channel, hlc, rank)
 *
 * `no`, `channel` and `user` are rows of the log. Messages are shown by (hlc, id). `rank` is the
 * start of the id, so the index holds that order but for ids that share eight bytes, and a page
 * costs the same however many messages carry one clock value.
 */
#ifndef TOPO_EVENTS_MESSAGE_READ_H
#define TOPO_EVENTS_MESSAGE_READ_H

#include "base/bytes.h"

enum { TOPO_TYPE_MESSAGE = 0x1003 };

/* The first eight bytes of an id as the signed integer that sorts as the bytes do. */
int64_t topo_message_rank(const struct topo_id *id);

#endif
