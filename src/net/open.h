/*
 * open.h - how a connection begins: dialled by us, or by a client whose address is proved.
 */
#ifndef TOPO_NET_OPEN_H
#define TOPO_NET_OPEN_H

#include "net/conn.h"

/* What a validated Initial says. */
struct topo_net_initial {
  const ngtcp2_pkt_hd *header;
  const ngtcp2_cid *original; /* the id before our Retry; NULL without one */
};

/* Each makes a connection in state HANDSHAKE that is in the tables and in the queue. 0 and *out, or
 * TOPO_ENOMEM. */
int topo_net_open_client(struct topo_net *net, struct topo_net_conn **out,
                         const struct topo_net_address *remote, const struct topo_net_dial *dial);
int topo_net_open_server(struct topo_net *net, struct topo_net_conn **out,
                         const struct topo_datagram *d, const struct topo_net_initial *initial);

#endif
