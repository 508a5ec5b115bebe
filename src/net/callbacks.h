/*
 * callbacks.h - the two tables of functions by which ngtcp2 reports what happens to a connection.
 */
#ifndef TOPO_NET_CALLBACKS_H
#define TOPO_NET_CALLBACKS_H

#include "net/compat.h"

/* For ngtcp2_conn_client_new and _server_new, whose user data is the struct topo_net_conn. */
extern const ngtcp2_callbacks topo_net_callbacks_client, topo_net_callbacks_server;

#endif
