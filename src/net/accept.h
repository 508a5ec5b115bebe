/*
 * accept.h - packets of no known connection.
 */
#ifndef TOPO_NET_ACCEPT_H
#define TOPO_NET_ACCEPT_H

#include "net/net_impl.h"

/* The connection that a stateless reset ends, or NULL when the datagram is none. */
struct topo_net_conn *topo_net_accept_reset(const struct topo_net *net,
                                            const struct topo_datagram *d);
/* A datagram for no known connection: a new client, something to answer without state, or noise.
 * `other_version`: of QUIC, which we do not speak. */
void topo_net_accept(struct topo_net *net, const struct topo_datagram *d,
                     const ngtcp2_version_cid *header, bool other_version);

#endif
