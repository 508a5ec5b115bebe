/*
 * ws.h - the events of spaces over WebSockets: libwebsockets in a thread of its own.
 *
 * Only sockets with a good handshake get here (listener.h): libwebsockets listens nowhere.
 */
#ifndef TOPO_GATEWAY_WS_H
#define TOPO_GATEWAY_WS_H

#include "gateway/head.h"
#include "gateway/ws_options.h"

enum { TOPO_WS_MAX = 256 /* sockets at a time */ };

struct topo_ws;

/* 0, or TOPO_ENOMEM, TOPO_ELIMIT (threads), TOPO_EIO. */
int topo_ws_create(struct topo_ws **out, const struct topo_ws_options *options);

/* Has the request what RFC 6455 §4.2.1 asks for beside the Upgrade? */
bool topo_ws_handshake_good(const struct topo_headers *headers);

/* Takes over a connection whose handshake request, with this head, has arrived, is good and was
 * authorized, and is still in the socket. False when there are too many, and the descriptor stays
 * the caller's. Any thread. */
bool topo_ws_adopt(struct topo_ws *ws, int fd, const struct topo_head *head);

/* Takes no more sockets and closes all with 1001. Returns at once. */
void topo_ws_quiesce(struct topo_ws *ws);

/* Quiesces, gives clients two seconds to say goodbye, and ends the thread. No gate or subscription
 * is used any more. NULL is fine. */
void topo_ws_destroy(struct topo_ws *ws);

#endif
