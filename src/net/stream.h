/*
 * stream.h - numbered streams over QUIC's unidirectional ones.
 */
#ifndef TOPO_NET_STREAM_H
#define TOPO_NET_STREAM_H

#include "net/conn.h"

/* Bytes of a stream of the peer's, in order: the user gets them. 0, or TOPO_EPROTOCOL. */
int topo_net_stream_receive(struct topo_net_conn *conn, int64_t id, const uint8_t *data,
                            size_t len);
/* What we sent before the offset has arrived. */
void topo_net_stream_acked(struct topo_net_conn *conn, int64_t id, uint64_t offset);
/* The stream to write next that is not in the set `blocked`; -1 when there is none. */
int topo_net_stream_next(struct topo_net_conn *conn, unsigned blocked);

#endif
