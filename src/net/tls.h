/*
 * tls.h - the TLS sessions of connections.
 */
#ifndef TOPO_NET_TLS_H
#define TOPO_NET_TLS_H

#include "net/conn.h"

int topo_net_tls_init(struct topo_net *net); /* 0 or TOPO_ENOMEM */
void topo_net_tls_finish(struct topo_net *net);
/* Makes the session of a new connection, which owns it. 0 or TOPO_ENOMEM. */
int topo_net_tls_session(struct topo_net_conn *conn);
/* What a TLS alert of the peer means, as a status. */
int topo_net_tls_alert_status(unsigned alert);

#endif
