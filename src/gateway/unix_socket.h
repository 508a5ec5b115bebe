/*
 * unix_socket.h - a listening Unix socket that only its owner can reach, and who is at the other
 * end.
 */
#ifndef TOPO_GATEWAY_UNIX_SOCKET_H
#define TOPO_GATEWAY_UNIX_SOCKET_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/un.h>

struct topo_unix_socket {
  int fd; /* -1 once closed */
  struct sockaddr_un address;
  dev_t device; /* of the file: only that one is removed again */
  ino_t inode;
};

/* Makes the directory (0700) if need be, removes a socket on which nobody answers, and listens
 * (0600). The caller excludes a second starter (the data directory's lock does). 0, or the statuses
 * of topo_gateway_create. */
int topo_unix_socket_listen(struct topo_unix_socket *socket, const char *path);

/* Closes the descriptor and removes the file, unless it is another one by now. */
void topo_unix_socket_close(struct topo_unix_socket *socket);

/* Is this descriptor a Unix socket at all? */
bool topo_unix_socket_is(int fd);

/* Is the process at the other end of a connection the same user, or root? */
bool topo_unix_socket_peer_trusted(int fd);

#endif
