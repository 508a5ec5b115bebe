/*
 * io.h - datagrams in and out of one UDP socket, in bursts.
 *
 * Out: packets to one peer are gathered into a burst of equal segments and leave in one system call
 * (UDP GSO; without it sendmmsg, without that sendmsg). When the kernel's buffer is full the burst
 * is kept, and nothing more is accepted until it has left. In: recvmmsg with UDP GRO, cut into
 * segments again.
 *
 * On a socket bound to the wildcard the local address of every datagram is learnt and used for the
 * answer: a machine with several addresses must answer from the one it was asked at.
 */
#ifndef TOPO_NET_IO_H
#define TOPO_NET_IO_H

#include "net/address.h"

#include <stddef.h>
#include <stdint.h>

enum {
  TOPO_IO_BURST_MAX = 65507, /* the most one system call may carry (IPv4) */
  TOPO_IO_SEGMENTS_MAX = 64, /* UDP_MAX_SEGMENTS of older kernels */
  TOPO_IO_PACKET_MAX = 1452, /* the largest packet we build: Ethernet over IPv6 */
  TOPO_IO_RECEIVE = 8,       /* buffers of 64 KiB per recvmmsg */
  TOPO_IO_SOCKET_BUFFER = 4 * 1024 * 1024
};

struct topo_datagram {
  struct topo_net_address local, remote; /* as the socket's family has them */
  uint8_t ecn;
  const uint8_t *data;
  size_t len;
};

struct topo_burst {
  struct topo_net_address local, remote;
  uint8_t ecn;
  size_t len, segment; /* `segment` bytes each, the last may be shorter */
  size_t left_at;      /* bytes that already went out */
  uint8_t data[TOPO_IO_BURST_MAX + TOPO_IO_PACKET_MAX];
};

struct topo_io_buffers {
  struct topo_burst bursts[2];
  uint8_t in[TOPO_IO_RECEIVE][65536];
};

struct topo_io {
  int fd, epoll_fd;
  struct topo_net_address bound;
  bool wildcard, gso, mmsg, gro;
  bool blocked;     /* bursts wait for the socket to become writable */
  unsigned current; /* the burst that is being filled */
  struct topo_io_buffers *buffers;
  struct topo_net_stats *stats;
};

/* socket.c */
/* Binds; `bind` as in topo_net_options. Statuses as topo_net_create. */
int topo_io_open(struct topo_io *io, const struct topo_net_address *bind, bool plain,
                 struct topo_net_stats *stats);
void topo_io_close(struct topo_io *io);
/* Turns an outside address into one of the socket's family. 0 or TOPO_EINVAL. */
int topo_io_adapt(const struct topo_io *io, struct topo_net_address *address);

/* io.c */
/* Where to write the next packet: at least TOPO_IO_PACKET_MAX bytes. Not while blocked. */
uint8_t *topo_io_space(struct topo_io *io);
/* The packet written there, and where it goes. `local` is where it leaves from; the wildcard lets
 * the kernel choose. Sends what has to leave first. */
void topo_io_push(struct topo_io *io, size_t len, const struct topo_net_address *local,
                  const struct topo_net_address *remote, uint8_t ecn);
/* Sends what is gathered. */
void topo_io_flush(struct topo_io *io);
/* One packet outside of all bursts, dropped when the socket is full. */
void topo_io_send_one(struct topo_io *io, const uint8_t *data, size_t len,
                      const struct topo_net_address *local, const struct topo_net_address *remote);
/* One round of receiving: calls `each` per datagram. Returns whether there may be more. */
bool topo_io_receive(struct topo_io *io, void (*each)(void *arg, const struct topo_datagram *d),
                     void *arg);

#endif
