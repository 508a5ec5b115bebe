/* tcp_socket.h - a listening TCP socket. */
#ifndef TOPO_GATEWAY_TCP_SOCKET_H
#define TOPO_GATEWAY_TCP_SOCKET_H

#include <stdint.h>

/* Listens on a numeric IPv4 or IPv6 address; *port 0 picks one and is set to it. 0 and *fd, the
 * caller's; TOPO_EADDRINUSE, TOPO_EDENIED (a port that needs a privilege), TOPO_EINVAL (no such
 * address, or none of this machine's), TOPO_EIO. */
int topo_tcp_socket_listen(const char *host, uint16_t *port, int *fd);

#endif
