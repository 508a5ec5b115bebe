/*
 * close.h - how a connection ends: what the peer is told, and what the user hears.
 */
#ifndef TOPO_NET_CLOSE_H
#define TOPO_NET_CLOSE_H

#include "net/conn.h"

/* Ends a doomed connection (asserted) with its code, and reports `down` unless it is silent. */
void topo_net_close_doomed(struct topo_net_conn *conn);
/* Ends a connection after ngtcp2 returned the error `liberr`, likewise; one that is doomed, with
 * its code. */
void topo_net_close_failed(struct topo_net_conn *conn, int liberr);

#endif
