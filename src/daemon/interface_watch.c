/* interface_watch.c - the kernel's notices of changes; see interface_watch.h. */
#include "daemon/interface_watch.h"

#include "base/status.h"
#include "sys/clock.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  READS = 16,        /* of one round of the loop; the rest has its turn in the next one */
  NOTICE_SIZE = 512, /* of a longer one the beginning is enough: nothing in it is looked at */
  QUIET_MS = 200,    /* changes come in swarms */
  INTERVAL_MS = 1000 /* at least, between two calls */
};

static const uint64_t ms_ns = 1000000;

static struct topo_interface_watch *watch_of(struct topo_watch *watch)
{
  return (struct topo_interface_watch *)(void *)((char *)watch -
                                                 offsetof(struct topo_interface_watch, watch));
}

static struct topo_interface_watch *watch_of_timer(struct topo_timer *timer)
{
  return (struct topo_interface_watch *)(void *)((char *)timer -
                                                 offsetof(struct topo_interface_watch, timer));
}

static void on_timer(struct topo_timer *timer)
{
  struct topo_interface_watch *watch = watch_of_timer(timer);
  watch->told_ns = topo_clock_monotonic_ns();
  watch->changed(watch->arg);
}

static void tell_soon(struct topo_interface_watch *watch)
{
  uint64_t at_ns = topo_clock_monotonic_ns() + QUIET_MS * ms_ns;
  if (watch->timer.set)
    return;
  if (at_ns < watch->told_ns + INTERVAL_MS * ms_ns)
    at_ns = watch->told_ns + INTERVAL_MS * ms_ns;
  topo_loop_set_timer(watch->loop, &watch->timer, at_ns);
}

static void end(struct topo_interface_watch *watch)
{
  if (watch->watch.fd < 0)
    return;
  topo_loop_remove(watch->loop, &watch->watch);
  close(watch->watch.fd);
  watch->watch.fd = -1;
}

static void on_readable(struct topo_watch *w, uint32_t events)
{
  struct topo_interface_watch *watch = watch_of(w);
  uint8_t notice[NOTICE_SIZE];
  (void)events;
  for (unsigned i = 0; i < READS; i++) {
    ssize_t n = recv(w->fd, notice, sizeof notice, MSG_DONTWAIT);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && errno == EAGAIN)
      return;
    tell_soon(watch);
    /* ENOBUFS: notices were lost, which is a notice itself. */
    if (n >= 0 || errno == ENOBUFS)
      continue;
    topo_journal_write(watch->journal, TOPO_JOURNAL_WARNING,
                       "changes of this machine's addresses are not noticed any more: %s",
                       strerror(errno));
    end(watch);
    return;
  }
}

static int open_socket(void)
{
  struct sockaddr_nl own = {.nl_family = AF_NETLINK,
                            .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
                                         RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE};
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0)
    return topo_status_of_errno(errno);
  if (bind(fd, (struct sockaddr *)&own, sizeof own) == 0)
    return fd;
  int status = topo_status_of_errno(errno);
  close(fd);
  return status;
}

int topo_interface_watch_init(struct topo_interface_watch *watch, struct topo_loop *loop,
                              struct topo_journal *journal, void (*changed)(void *arg), void *arg)
{
  *watch = (struct topo_interface_watch){.loop = loop,
                                         .journal = journal,
                                         .watch = {.fd = -1, .ready = on_readable},
                                         .timer = {.fire = on_timer},
                                         .changed = changed,
                                         .arg = arg};
  int fd = open_socket();
  if (fd < 0)
    return fd;
  watch->watch.fd = fd;
  int status = topo_loop_add(loop, &watch->watch, EPOLLIN);
  if (status < 0) {
    close(fd);
    watch->watch.fd = -1;
  }
  return status;
}

void topo_interface_watch_finish(struct topo_interface_watch *watch)
{
  if (!watch || !watch->loop)
    return;
  topo_loop_cancel_timer(watch->loop, &watch->timer);
  end(watch);
}
