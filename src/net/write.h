/*
 * write.h - one connection's burst of packets.
 */
#ifndef TOPO_NET_WRITE_H
#define TOPO_NET_WRITE_H

#include "net/conn.h"

enum topo_net_burst {
  TOPO_NET_BURST_DONE, /* nothing more to write now */
  TOPO_NET_BURST_MORE, /* its turn is over, there is more */
  TOPO_NET_BURST_FULL  /* the socket takes no more */
};

/* Writes what the connection, which is alive, has and may send now. */
enum topo_net_burst topo_net_write(struct topo_net_conn *conn);

#endif
