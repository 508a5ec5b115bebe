/*
 * test_io.c - bursts survive a kernel that refuses: full buffers, no segmentation, broken
 * destinations.
 *
 * sendmsg and sendmmsg are wrapped; what they would have sent is recorded packet by packet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/udp.h>
#include <string.h>

#include "base/assert.h"
#include "net/io.h"
#include "net/stats.h"

enum { MOST = 400 };

static struct {
  size_t n;
  size_t len[MOST];
  uint8_t first[MOST]; /* each packet is filled with one byte */
  uint16_t port[MOST];
  unsigned calls, segmented;
  int next_errno;    /* of the next call, then 0 */
  int segment_errno; /* of every call with UDP_SEGMENT */
  size_t room;       /* packets until EAGAIN */
  uint8_t bad;       /* packets of this byte fail with ENETUNREACH */
} wire;

static struct topo_io io;
static struct topo_net_stats stats;
static struct topo_net_address here, there, elsewhere;

static size_t segment_of(const struct msghdr *m)
{
  for (struct cmsghdr *c = m->msg_control ? CMSG_FIRSTHDR(m) : NULL; c;
       c = CMSG_NXTHDR((struct msghdr *)(uintptr_t)m, c))
    if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_SEGMENT) {
      uint16_t segment;
      memcpy(&segment, CMSG_DATA(c), sizeof segment);
      return segment;
    }
  return 0;
}

static void record(const struct msghdr *m, size_t segment)
{
  const struct sockaddr_in *to = m->msg_name;
  const uint8_t *data = m->msg_iov->iov_base;
  for (size_t at = 0; at < m->msg_iov->iov_len; at += segment) {
    size_t left = m->msg_iov->iov_len - at, i = wire.n++;
    assert_true(i < MOST);
    wire.len[i] = left < segment ? left : segment;
    wire.first[i] = data[at];
    wire.port[i] = ntohs(to->sin_port);
    for (size_t k = 0; k < wire.len[i]; k++)
      assert_int_equal(data[at + k], data[at]);
    wire.room--;
  }
}

static int refusal(const struct msghdr *m)
{
  int error = wire.next_errno;
  wire.next_errno = 0;
  if (!error && segment_of(m))
    error = wire.segment_errno;
  if (!error && wire.room == 0)
    error = EAGAIN;
  if (!error && wire.bad && *(const uint8_t *)m->msg_iov->iov_base == wire.bad)
    error = ENETUNREACH;
  return error;
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *m, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *m, int flags)
{
  size_t segment = segment_of(m);
  (void)fd, (void)flags;
  wire.calls++;
  errno = refusal(m);
  if (errno)
    return -1;
  wire.segmented += segment > 0;
  record(m, segment ? segment : m->msg_iov->iov_len);
  return (ssize_t)m->msg_iov->iov_len;
}

int __wrap_sendmmsg(int fd, struct mmsghdr *m, unsigned n, int flags);
int __wrap_sendmmsg(int fd, struct mmsghdr *m, unsigned n, int flags)
{
  unsigned sent = 0;
  (void)fd, (void)flags;
  wire.calls++;
  for (; sent < n; sent++) {
    errno = refusal(&m[sent].msg_hdr);
    if (errno)
      return sent ? (int)sent : -1;
    record(&m[sent].msg_hdr, m[sent].msg_hdr.msg_iov->iov_len);
  }
  return (int)sent;
}

static int setup(void **state)
{
  (void)state;
  memset(&wire, 0, sizeof wire);
  memset(&stats, 0, sizeof stats);
  wire.room = MOST;
  assert_int_equal(topo_net_address_parse(&here, "127.0.0.1", 0), 0);
  assert_int_equal(topo_net_address_parse(&there, "127.0.0.1", 1001), 0);
  assert_int_equal(topo_net_address_parse(&elsewhere, "127.0.0.1", 1002), 0);
  assert_int_equal(topo_io_open(&io, &here, false, &stats), 0);
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  topo_io_close(&io);
  return 0;
}

static void push(uint8_t fill, size_t len, const struct topo_net_address *to)
{
  memset(topo_io_space(&io), fill, len);
  topo_io_push(&io, len, &io.bound, to, 0);
}

/* Expects packets 1, 2, 3 … on the wire, so many. */
static void assert_in_order(size_t n)
{
  assert_int_equal(wire.n, n);
  for (size_t i = 0; i < n; i++)
    assert_int_equal(wire.first[i], (uint8_t)(i + 1));
}

/* Equal packets to one peer leave together. */
static void test_gathers(void **state)
{
  (void)state;
  for (uint8_t i = 1; i <= 20; i++)
    push(i, 1200, &there);
  assert_int_equal(wire.calls, 0);
  topo_io_flush(&io);
  assert_int_equal(wire.calls, 1);
  assert_int_equal(wire.segmented, 1);
  assert_in_order(20);
  assert_int_equal(stats.datagrams_out, 20);
  assert_int_equal(stats.bytes_out, 20 * 1200);
}

/* A shorter packet ends a burst, a longer one or another peer begins a new one; nothing is
 * reordered. */
static void test_mixed(void **state)
{
  const size_t lens[] = {1200, 1200, 700, 1452, 1452, 100, 1300};
  (void)state;
  for (uint8_t i = 0; i < 7; i++)
    push((uint8_t)(i + 1), lens[i], i < 5 ? &there : &elsewhere);
  topo_io_flush(&io);
  assert_in_order(7);
  for (size_t i = 0; i < 7; i++) {
    assert_int_equal(wire.len[i], lens[i]);
    assert_int_equal(wire.port[i], i < 5 ? 1001 : 1002);
  }
}

static void push_equal(unsigned n, size_t len)
{
  for (unsigned i = 0; i < n; i++)
    push((uint8_t)(i + 1), len, &there);
  topo_io_flush(&io);
  assert_in_order(n);
}

/* However many bytes come, no burst exceeds what one call may carry. */
static void test_bytes_of_a_burst(void **state)
{
  enum { FIT = TOPO_IO_BURST_MAX / TOPO_IO_PACKET_MAX, N = 4 * FIT + 1 };
  (void)state;
  push_equal(N, TOPO_IO_PACKET_MAX);
  assert_int_equal(wire.calls, 5);
}

/* However small the packets are, no burst has more of them than a kernel segments. */
static void test_segments_of_a_burst(void **state)
{
  (void)state;
  push_equal(3 * TOPO_IO_SEGMENTS_MAX + 1, 100);
  assert_int_equal(wire.calls, 4);
}

/* A full kernel buffer keeps the burst and the packet that did not fit it, and both leave later. */
static void test_blocked(void **state)
{
  (void)state;
  for (uint8_t i = 1; i <= 5; i++)
    push(i, 1200, &there);
  wire.room = 0;
  push(6, 1452, &there);
  assert_true(io.blocked);
  assert_int_equal(wire.n, 0);
  topo_io_flush(&io);
  assert_true(io.blocked);
  wire.room = MOST;
  topo_io_flush(&io);
  assert_false(io.blocked);
  assert_in_order(6);
  assert_int_equal(wire.len[5], 1452);
}

/* Without segmentation a burst that blocks half-way goes on where it stopped. */
static void test_blocked_half_way(void **state)
{
  (void)state;
  io.gso = false;
  for (uint8_t i = 1; i <= 9; i++)
    push(i, 1200, &there);
  wire.room = 4;
  topo_io_flush(&io);
  assert_true(io.blocked);
  assert_in_order(4);
  wire.room = MOST;
  topo_io_flush(&io);
  assert_false(io.blocked);
  assert_in_order(9);
}

/* A device that cannot segment is found out at the first burst, which is not lost. */
static void test_no_segmentation(void **state)
{
  const int errors[] = {EIO, EINVAL, ENOPROTOOPT};
  (void)state;
  for (size_t k = 0; k < 3; k++) {
    io.gso = true;
    wire.n = 0;
    wire.segment_errno = errors[k];
    for (uint8_t i = 1; i <= 9; i++)
      push(i, 1200, &there);
    topo_io_flush(&io);
    assert_in_order(9);
    assert_false(io.gso);
    assert_int_equal(wire.segmented, 0);
  }
}

/* A destination that refuses everything does not cost the others their segmentation. */
static void test_unreachable(void **state)
{
  (void)state;
  wire.segment_errno = EINVAL;
  wire.bad = 1;
  push(1, 1200, &there);
  push(1, 1200, &there);
  topo_io_flush(&io);
  assert_int_equal(wire.n, 0);
  assert_true(io.gso);
}

/* An interrupted call is made again. */
static void test_interrupted(void **state)
{
  (void)state;
  for (int gso = 0; gso < 2; gso++) {
    io.gso = gso;
    wire.n = 0;
    wire.next_errno = EINTR;
    push(1, 1200, &there);
    push(2, 1200, &there);
    topo_io_flush(&io);
    assert_in_order(2);
  }
}

/* A packet that cannot be sent is lost, as networks do; those around it are not. */
static void test_bad_packet(void **state)
{
  const uint8_t left[] = {1, 2, 4, 5};
  (void)state;
  io.gso = false;
  wire.bad = 3;
  for (uint8_t i = 1; i <= 5; i++)
    push(i, 1200, &there);
  topo_io_flush(&io);
  assert_false(io.blocked);
  assert_int_equal(wire.n, 4);
  assert_memory_equal(wire.first, left, 4);
}

int main(void)
{
#define WITH_IO(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
  const struct CMUnitTest tests[] = {
      WITH_IO(test_gathers),          WITH_IO(test_mixed),
      WITH_IO(test_bytes_of_a_burst), WITH_IO(test_segments_of_a_burst),
      WITH_IO(test_blocked),          WITH_IO(test_blocked_half_way),
      WITH_IO(test_no_segmentation),  WITH_IO(test_unreachable),
      WITH_IO(test_interrupted),      WITH_IO(test_bad_packet),
  };
  return cmocka_run_group_tests_name("net/io", tests, NULL, NULL);
}
