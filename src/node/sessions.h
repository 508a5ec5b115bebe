/*
 * sessions.h - how connections come about, and what their sessions ask of the space: the owner's
 * side of sync/session.h.
 */
#ifndef TOPO_NODE_SESSIONS_H
#define TOPO_NODE_SESSIONS_H

#include "node/input.h"
#include "node/parts.h"

/* CONN_UP: opens a session, or closes the connection when its peer may not be here. */
void topo_sessions_up(struct topo_node *node, const struct topo_input *in);
/* CONN_DATA: nothing when the connection has ended before. */
void topo_sessions_data(struct topo_node *node, const struct topo_input *in);
/* CONN_DOWN: likewise. */
void topo_sessions_down(struct topo_node *node, const struct topo_input *in);

#endif
