/*
 * socket.h - a socket for the multicast DNS of one network.
 *
 * It is bound to the group and not to the host, so nothing that is sent to another program that
 * uses the port, such as a daemon of the system, ends up here.
 */
#ifndef TOPO_LAN_SOCKET_H
#define TOPO_LAN_SOCKET_H

#include "lan/networks.h"

#include <stdint.h>

enum { TOPO_LAN_PORT = 5353 };

/* The descriptor, non-blocking, which the caller closes; or a status of topo_status_of_errno. */
int topo_lan_socket_open(const struct topo_lan_network *network);
/* Sends to the group. What fails is lost, as any datagram may be. */
void topo_lan_socket_send(int fd, const struct topo_lan_network *network, const uint8_t *data,
                          size_t len);
/* Receives a datagram that was sent from the port of multicast DNS. Its length, 0 for one that is
 * to be ignored (from elsewhere, or longer than `size`), or -1 when there is none. */
int topo_lan_socket_receive(int fd, uint8_t *data, size_t size);

#endif
