/* socket.c - opening the UDP port: dual stack, path MTU probing, ECN, GRO, a large receive buffer.
 */
#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/status.h"
#include "net/io.h"
#include "net/stats.h"

#ifndef UDP_GRO
#define UDP_GRO 104
#endif

static bool set(int fd, int level, int name, int value)
{
  return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

/* Makes the receive buffer as large as we want it where we may pass the system's limit, and as
 * large as the limit allows where we may not. */
static void enlarge(int fd)
{
  if (!set(fd, SOL_SOCKET, SO_RCVBUFFORCE, TOPO_IO_SOCKET_BUFFER))
    set(fd, SOL_SOCKET, SO_RCVBUF, TOPO_IO_SOCKET_BUFFER);
  if (!set(fd, SOL_SOCKET, SO_SNDBUFFORCE, TOPO_IO_SOCKET_BUFFER))
    set(fd, SOL_SOCKET, SO_SNDBUF, TOPO_IO_SOCKET_BUFFER);
}

/* None of these is needed to work, so none is an error: old kernels have fewer of them. */
static void tune(struct topo_io *io, bool plain)
{
  bool v6 = io->bound.sa.sa_family == AF_INET6;
  enlarge(io->fd);
  set(io->fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
  set(io->fd, IPPROTO_IP, IP_RECVTOS, 1);
  if (v6) {
    set(io->fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
    set(io->fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
  }
  if (io->wildcard)
    set(io->fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVPKTINFO : IP_PKTINFO, 1);
  io->mmsg = io->gso = !plain;
  io->gro = !plain && set(io->fd, SOL_UDP, UDP_GRO, 1);
}

/* A bound socket, or a negative status. */
static int bound_socket(const struct topo_net_address *bind_to)
{
  int error, fd = socket(bind_to->sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return topo_status_of_errno(errno);
  if (bind_to->sa.sa_family == AF_INET6)
    set(fd, IPPROTO_IPV6, IPV6_V6ONLY, !topo_net_address_is_any(bind_to));
  if (bind(fd, &bind_to->sa, topo_net_address_len(bind_to)) == 0)
    return fd;
  error = errno;
  close(fd);
  return topo_status_of_errno(error);
}

/* [::], or 0.0.0.0 on a machine without IPv6. */
static int wildcard_socket(void)
{
  struct topo_net_address any = {0};
  int fd;
  any.sa.sa_family = AF_INET6;
  fd = bound_socket(&any);
  if (fd != TOPO_EINVAL)
    return fd;
  any.sa.sa_family = AF_INET;
  return bound_socket(&any);
}

/* Takes the real port and puts the socket into the epoll set. 0 or TOPO_EIO. */
static int finish_open(struct topo_io *io, bool plain)
{
  struct epoll_event ev = {.events = EPOLLIN};
  struct sockaddr_storage name;
  socklen_t len = sizeof name;
  if (getsockname(io->fd, (struct sockaddr *)&name, &len) ||
      topo_net_address_set(&io->bound, (struct sockaddr *)&name, len))
    return TOPO_EIO;
  io->wildcard = topo_net_address_is_any(&io->bound);
  tune(io, plain);
  io->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (io->epoll_fd < 0 || epoll_ctl(io->epoll_fd, EPOLL_CTL_ADD, io->fd, &ev))
    return TOPO_EIO;
  return 0;
}

int topo_io_open(struct topo_io *io, const struct topo_net_address *bind, bool plain,
                 struct topo_net_stats *stats)
{
  int rc;
  memset(io, 0, sizeof *io);
  io->fd = io->epoll_fd = -1;
  io->stats = stats;
  io->buffers = calloc(1, sizeof *io->buffers);
  if (!io->buffers)
    return TOPO_ENOMEM;
  rc = bind ? bound_socket(bind) : wildcard_socket();
  if (rc >= 0) {
    io->fd = rc;
    rc = finish_open(io, plain);
  }
  if (rc < 0)
    topo_io_close(io);
  return rc;
}

void topo_io_close(struct topo_io *io)
{
  if (io->epoll_fd >= 0)
    close(io->epoll_fd);
  if (io->fd >= 0)
    close(io->fd);
  free(io->buffers);
  io->buffers = NULL;
  io->fd = io->epoll_fd = -1;
}

int topo_io_adapt(const struct topo_io *io, struct topo_net_address *address)
{
  if (io->bound.sa.sa_family == AF_INET6 && io->wildcard)
    topo_net_address_map(address);
  return address->sa.sa_family == io->bound.sa.sa_family ? 0 : TOPO_EINVAL;
}
