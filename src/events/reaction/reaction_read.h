/*
 * reaction_read.h - the table of reactions, for those who show messages:
 *
 *   reaction(no, message, user, hlc, emoji)   index reaction_message(message, emoji, user)
 *
 * `no`, `message` and `user` are rows of the log. There is a row for each event, so one user may
 * have the same emoji on a message several times; it is to be counted once.
 */
#ifndef TOPO_EVENTS_REACTION_READ_H
#define TOPO_EVENTS_REACTION_READ_H

enum { TOPO_EMOJI_MAX = 64 /* bytes */ };

#endif
