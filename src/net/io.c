/*
 * io.c - bursts of datagrams.
 *
 * There are two bursts. A packet that does not fit into the one that is being filled begins the
 * other, and waits in it for as long as the socket takes no more of the first.
 */
#include "net/io.h"

#include "base/assert.h"
#include "net/stats.h"

#include <errno.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

enum {
  CONTROL = 128, /* three control messages at most: address, ECN, segment size */
  ECN_MASK = 3   /* of the TOS byte (RFC 3168) */
};

union control {
  struct cmsghdr align;
  char bytes[CONTROL];
};

static void put_control(struct msghdr *m, int level, int type, const void *value, size_t len)
{
  struct cmsghdr *c = (struct cmsghdr *)((char *)m->msg_control + m->msg_controllen);
  topo_assert(m->msg_controllen + CMSG_SPACE(len) <= CONTROL);
  c->cmsg_level = level;
  c->cmsg_type = type;
  c->cmsg_len = CMSG_LEN(len);
  memcpy(CMSG_DATA(c), value, len);
  m->msg_controllen += CMSG_SPACE(len);
}

static void put_source(struct msghdr *m, const struct topo_net_address *local)
{
  if (local->sa.sa_family == AF_INET6) {
    struct in6_pktinfo info = {.ipi6_addr = local->in6.sin6_addr,
                               .ipi6_ifindex = local->in6.sin6_scope_id};
    put_control(m, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
  } else {
    struct in_pktinfo info = {.ipi_spec_dst = local->in.sin_addr};
    put_control(m, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
  }
}

/* Name and control of a message; the caller sets the bytes and keeps `control` alive. */
static void address_message(const struct topo_io *io, struct msghdr *m, union control *control,
                            const struct topo_net_address *local,
                            const struct topo_net_address *remote, uint8_t ecn)
{
  memset(m, 0, sizeof *m);
  memset(control, 0, sizeof *control);
  m->msg_name = (void *)(uintptr_t)remote;
  m->msg_namelen = topo_net_address_len(remote);
  m->msg_control = control->bytes;
  if (io->wildcard && !topo_net_address_is_any(local))
    put_source(m, local);
  if (ecn) {
    int tos = ecn;
    bool v4 = topo_net_address_is_v4(remote);
    put_control(m, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_TOS : IPV6_TCLASS, &tos, sizeof tos);
  }
}

/* A message without control data gets no buffer for it; Linux would take an empty one, too. */
static void close_control(struct msghdr *m)
{
  if (!m->msg_controllen)
    m->msg_control = NULL;
}

static void count_out(struct topo_io *io, size_t datagrams, size_t bytes)
{
  io->stats->datagrams_out += datagrams;
  io->stats->bytes_out += bytes;
}

/* The errno of a message that was not sent, 0 otherwise. */
static int send_message(struct topo_io *io, const struct msghdr *m)
{
  ssize_t n;
  do {
    io->stats->syscalls_out++;
    n = sendmsg(io->fd, m, 0);
  } while (n < 0 && errno == EINTR);
  return n < 0 ? errno : 0;
}

/* Sends all that is left of the burst in one call (UDP GSO). False when the system cannot do that,
 * and the packets are to be sent one by one. */
static bool send_segments(struct topo_io *io, struct topo_burst *b)
{
  struct iovec iov = {b->data + b->left_at, b->len - b->left_at};
  uint16_t segment = (uint16_t)b->segment;
  union control control;
  struct msghdr m;
  int error;
  address_message(io, &m, &control, &b->local, &b->remote, b->ecn);
  m.msg_iov = &iov;
  m.msg_iovlen = 1;
  put_control(&m, SOL_UDP, UDP_SEGMENT, &segment, sizeof segment);
  error = send_message(io, &m);
  if (error == EAGAIN) {
    io->blocked = true;
    return true;
  }
  if (error == EIO || error == EINVAL || error == ENOPROTOOPT)
    return false;
  if (!error)
    count_out(io, (iov.iov_len + b->segment - 1) / b->segment, iov.iov_len);
  b->left_at = b->len;
  return true;
}

/* One message per packet, as many per call as the kernel takes. */
static void send_each(struct topo_io *io, struct topo_burst *b)
{
  struct mmsghdr messages[TOPO_IO_SEGMENTS_MAX];
  struct iovec iov[TOPO_IO_SEGMENTS_MAX];
  union control control;
  struct msghdr m;
  address_message(io, &m, &control, &b->local, &b->remote, b->ecn);
  close_control(&m);
  while (b->left_at < b->len && !io->blocked) {
    unsigned n = 0;
    int sent;
    for (size_t at = b->left_at; at < b->len && n < (io->mmsg ? TOPO_IO_SEGMENTS_MAX : 1); n++) {
      size_t len = b->len - at < b->segment ? b->len - at : b->segment;
      iov[n] = (struct iovec){b->data + at, len};
      messages[n].msg_hdr = m;
      messages[n].msg_hdr.msg_iov = &iov[n];
      messages[n].msg_hdr.msg_iovlen = 1;
      at += len;
    }
    io->stats->syscalls_out++;
    sent = sendmmsg(io->fd, messages, n, 0);
    if (sent < 0 && errno == EINTR)
      continue;
    if (sent < 0 && errno == EAGAIN)
      io->blocked = true;
    else if (sent <= 0) /* this packet cannot be sent: it is as if the network had lost it */
      b->left_at += iov[0].iov_len;
    for (int i = 0; i < sent; i++) {
      count_out(io, 1, iov[i].iov_len);
      b->left_at += iov[i].iov_len;
    }
  }
}

static void watch(struct topo_io *io)
{
  struct epoll_event ev = {.events = EPOLLIN | (io->blocked ? EPOLLOUT : 0u)};
  epoll_ctl(io->epoll_fd, EPOLL_CTL_MOD, io->fd, &ev);
}

/* Sends the burst; it is empty afterwards unless the socket is blocked. */
static void send_burst(struct topo_io *io, struct topo_burst *b)
{
  if (b->left_at < b->len) {
    bool many = b->len - b->left_at > b->segment && io->gso;
    if (!(many && send_segments(io, b))) {
      uint64_t before = io->stats->datagrams_out;
      send_each(io, b);
      /* Single packets pass and segments do not: no checksum offload on the device, or an old
       * kernel. When neither pass it is the destination, or a source address that is gone. */
      if (many && io->stats->datagrams_out > before)
        io->gso = false;
    }
  }
  if (!io->blocked)
    b->len = b->segment = b->left_at = 0;
}

void topo_io_flush(struct topo_io *io)
{
  bool was = io->blocked;
  io->blocked = false;
  /* The burst that is not being filled is the older one. */
  send_burst(io, &io->buffers->bursts[!io->current]);
  if (!io->blocked)
    send_burst(io, &io->buffers->bursts[io->current]);
  if (was != io->blocked)
    watch(io);
}

uint8_t *topo_io_space(struct topo_io *io)
{
  struct topo_burst *b = &io->buffers->bursts[io->current];
  topo_assert(!io->blocked);
  return b->data + b->len;
}

static bool fits(const struct topo_burst *b, size_t len, const struct topo_net_address *local,
                 const struct topo_net_address *remote, uint8_t ecn)
{
  return len <= b->segment && b->len + len <= TOPO_IO_BURST_MAX && b->ecn == ecn &&
         topo_net_address_equal(&b->remote, remote) && topo_net_address_equal(&b->local, local);
}

/* Makes the packet at the end of the current burst the first of the other one. */
static struct topo_burst *begin_burst(struct topo_io *io, size_t len)
{
  struct topo_burst *old = &io->buffers->bursts[io->current];
  struct topo_burst *new = &io->buffers->bursts[!io->current];
  if (!old->len)
    return old;
  topo_assert(!new->len);
  memcpy(new->data, old->data + old->len, len);
  io->current = !io->current;
  return new;
}

void topo_io_push(struct topo_io *io, size_t len, const struct topo_net_address *local,
                  const struct topo_net_address *remote, uint8_t ecn)
{
  struct topo_burst *b = &io->buffers->bursts[io->current];
  bool full;
  if (fits(b, len, local, remote, ecn)) {
    b->len += len;
  } else {
    b = begin_burst(io, len);
    b->local = *local;
    b->remote = *remote;
    b->ecn = ecn;
    b->segment = b->len = len;
    b->left_at = 0;
  }
  /* A shorter packet ends a burst; so does one after which the next might not fit. */
  full = len < b->segment || b->len + b->segment > TOPO_IO_BURST_MAX ||
         b->len / b->segment >= TOPO_IO_SEGMENTS_MAX;
  if (full || io->buffers->bursts[!io->current].len)
    topo_io_flush(io);
}

void topo_io_send_one(struct topo_io *io, const uint8_t *data, size_t len,
                      const struct topo_net_address *local, const struct topo_net_address *remote)
{
  struct iovec iov = {(void *)(uintptr_t)data, len};
  union control control;
  struct msghdr m;
  address_message(io, &m, &control, local, remote, 0);
  close_control(&m);
  m.msg_iov = &iov;
  m.msg_iovlen = 1;
  if (!send_message(io, &m))
    count_out(io, 1, len);
}

/* What the kernel tells about a received message. Returns the size of its segments. */
static size_t read_control(const struct topo_io *io, struct msghdr *m, struct topo_datagram *d,
                           size_t len)
{
  size_t segment = len;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
    if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
      int size;
      memcpy(&size, CMSG_DATA(c), sizeof size);
      if (size > 0)
        segment = (size_t)size;
    } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) {
      d->ecn = *CMSG_DATA(c) & ECN_MASK; /* a single byte on reception */
    } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS) {
      int tclass;
      memcpy(&tclass, CMSG_DATA(c), sizeof tclass);
      d->ecn = (uint8_t)tclass & ECN_MASK;
    } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      struct in6_pktinfo info;
      memcpy(&info, CMSG_DATA(c), sizeof info);
      d->local = io->bound;
      d->local.in6.sin6_addr = info.ipi6_addr;
      if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
        d->local.in6.sin6_scope_id = info.ipi6_ifindex;
    } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      struct in_pktinfo info;
      memcpy(&info, CMSG_DATA(c), sizeof info);
      d->local = io->bound;
      d->local.in.sin_addr = info.ipi_addr;
    }
  }
  return segment;
}

static void deliver(struct topo_io *io, struct msghdr *m, size_t len,
                    void (*each)(void *arg, const struct topo_datagram *d), void *arg)
{
  struct topo_datagram d = {.local = io->bound};
  const uint8_t *data = m->msg_iov->iov_base;
  size_t segment;
  if (topo_net_address_set(&d.remote, m->msg_name, m->msg_namelen) || !len)
    return;
  segment = read_control(io, m, &d, len);
  for (size_t at = 0; at < len; at += segment) {
    d.data = data + at;
    d.len = len - at < segment ? len - at : segment;
    io->stats->datagrams_in++;
    io->stats->bytes_in += d.len;
    each(arg, &d);
  }
}

bool topo_io_receive(struct topo_io *io, void (*each)(void *arg, const struct topo_datagram *d),
                     void *arg)
{
  struct mmsghdr messages[TOPO_IO_RECEIVE];
  struct sockaddr_in6 names[TOPO_IO_RECEIVE];
  union control control[TOPO_IO_RECEIVE];
  struct iovec iov[TOPO_IO_RECEIVE];
  int n;
  memset(messages, 0, sizeof messages);
  for (size_t i = 0; i < TOPO_IO_RECEIVE; i++) {
    iov[i] = (struct iovec){io->buffers->in[i], sizeof io->buffers->in[i]};
    messages[i].msg_hdr = (struct msghdr){.msg_name = &names[i],
                                          .msg_namelen = sizeof names[i],
                                          .msg_iov = &iov[i],
                                          .msg_iovlen = 1,
                                          .msg_control = control[i].bytes,
                                          .msg_controllen = sizeof control[i].bytes};
  }
  io->stats->syscalls_in++;
  n = recvmmsg(io->fd, messages, TOPO_IO_RECEIVE, MSG_DONTWAIT, NULL);
  for (int i = 0; i < n; i++)
    deliver(io, &messages[i].msg_hdr, messages[i].msg_len, each, arg);
  return n == TOPO_IO_RECEIVE;
}
