/*
 * receive.h - what happens to a connection from outside: a datagram, or time.
 */
#ifndef TOPO_NET_RECEIVE_H
#define TOPO_NET_RECEIVE_H

#include "net/conn.h"

/* A datagram for this connection; one that has ended answers it with its farewell, if at all. */
void topo_net_receive(struct topo_net_conn *conn, const struct topo_datagram *d);
/* The connection's deadline has come. Frees it when it has lingered long enough. */
void topo_net_receive_expiry(struct topo_net_conn *conn);

#endif
