/* tcp_socket.c - bind, listen, and find out which port it became. */
#include "gateway/tcp_socket.h"

#include "base/status.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 512 };

union address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

static socklen_t parse(union address *out, const char *host, uint16_t port)
{
  memset(out, 0, sizeof *out);
  if (inet_pton(AF_INET, host, &out->v4.sin_addr) == 1) {
    out->v4.sin_family = AF_INET;
    out->v4.sin_port = htons(port);
    return sizeof out->v4;
  }
  if (inet_pton(AF_INET6, host, &out->v6.sin6_addr) == 1) {
    out->v6.sin6_family = AF_INET6;
    out->v6.sin6_port = htons(port);
    return sizeof out->v6;
  }
  return 0;
}

static int listen_at(int fd, const union address *address, socklen_t len, uint16_t *port)
{
  union address bound;
  socklen_t bound_len = sizeof bound;
  int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (address->any.sa_family == AF_INET6)
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
  if (bind(fd, &address->any, len) < 0 || listen(fd, BACKLOG) < 0 ||
      getsockname(fd, &bound.any, &bound_len) < 0)
    return topo_status_of_errno(errno);
  *port = ntohs(bound.any.sa_family == AF_INET ? bound.v4.sin_port : bound.v6.sin6_port);
  return 0;
}

int topo_tcp_socket_listen(const char *host, uint16_t *port, int *fd)
{
  union address address;
  socklen_t len = parse(&address, host, *port);
  *fd = -1;
  if (!len)
    return TOPO_EINVAL;
  int s = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (s < 0)
    return topo_status_of_errno(errno);
  int status = listen_at(s, &address, len, port);
  if (status < 0) {
    close(s);
    return status;
  }
  *fd = s;
  return 0;
}
