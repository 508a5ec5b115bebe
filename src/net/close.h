/*
 * close.h - how a connection ends: what the peer is told, and what the user hears.
 */
#ifndef TOPO_NET_CLOSE_H
#define TOPO_NET_CLOSE_H

#include "net/conn.h"

/* Ends a connection that is doomed (asserted), with the code it is doomed with, and reports `down`
 * to the user unless the end is silent. */
void topo_net_close_doomed(struct topo_net_conn *conn);
/* Ends a connection after ngtcp2 returned the error `liberr`, and reports `down` in the same way.
 * One that is doomed already ends with the code it is doomed with. */
void topo_net_close_failed(struct topo_net_conn *conn, int liberr);

#endif
