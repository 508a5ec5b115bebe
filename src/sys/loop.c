/*
 * loop.c - epoll with three descriptors of its own: a timerfd at the earliest deadline (epoll's own
 * timeout counts in milliseconds, too coarse for pacing packets), an eventfd, a signalfd.
 */
#include "sys/loop.h"

#include "base/assert.h"
#include "base/status.h"
#include "sys/clock.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { EVENTS = 64 /* that the kernel tells of at a time */ };

struct topo_loop {
  int epoll_fd;
  struct topo_watch timer, wake, signal;
  struct topo_timers timers;
  uint64_t armed_ns;                 /* what the timerfd is set to */
  uint64_t firing_ns;                /* the time of the round of timers at hand; 0 between rounds */
  struct epoll_event events[EVENTS]; /* of the round of watches at hand */
  int events_len, events_at;
  atomic_bool stopping;
  void (*on_wake)(void *arg);
  void *wake_arg;
  void (*on_signal)(void *arg, int signal);
  void *signal_arg;
  sigset_t former_mask;
};

/* The loop that a watch of its own is embedded in. */
#define loop_of(watch, member)                                                                     \
  ((struct topo_loop *)(void *)((char *)(watch)-offsetof(struct topo_loop, member)))

/* Empties a timerfd or eventfd. */
static void drain(int fd)
{
  uint64_t count;
  ssize_t n = read(fd, &count, sizeof count);
  topo_assert(n == (ssize_t)sizeof count || errno == EAGAIN || errno == EINTR);
}

static void timer_ready(struct topo_watch *watch, uint32_t events)
{
  (void)events;
  drain(watch->fd);
  loop_of(watch, timer)->armed_ns = TOPO_NEVER;
}

static void wake_ready(struct topo_watch *watch, uint32_t events)
{
  struct topo_loop *loop = loop_of(watch, wake);
  (void)events;
  drain(watch->fd);
  if (loop->on_wake)
    loop->on_wake(loop->wake_arg);
}

static void signal_ready(struct topo_watch *watch, uint32_t events)
{
  struct topo_loop *loop = loop_of(watch, signal);
  struct signalfd_siginfo info;
  (void)events;
  if (read(watch->fd, &info, sizeof info) == (ssize_t)sizeof info)
    loop->on_signal(loop->signal_arg, (int)info.ssi_signo);
}

static int add_own(struct topo_loop *loop, struct topo_watch *watch, int fd,
                   void (*ready)(struct topo_watch *watch, uint32_t events))
{
  watch->fd = fd;
  watch->ready = ready;
  if (fd < 0)
    return topo_status_of_errno(errno);
  return topo_loop_add(loop, watch, EPOLLIN);
}

int topo_loop_create(struct topo_loop **out)
{
  *out = NULL;
  struct topo_loop *loop = calloc(1, sizeof *loop);
  if (!loop)
    return TOPO_ENOMEM;
  loop->armed_ns = TOPO_NEVER;
  loop->timer.fd = loop->wake.fd = loop->signal.fd = -1;
  loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  int r = loop->epoll_fd < 0 ? topo_status_of_errno(errno) : TOPO_OK;
  if (r == TOPO_OK)
    r = add_own(loop, &loop->timer, timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC),
                timer_ready);
  if (r == TOPO_OK)
    r = add_own(loop, &loop->wake, eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), wake_ready);
  if (r != TOPO_OK) {
    topo_loop_destroy(loop);
    return r;
  }
  *out = loop;
  return TOPO_OK;
}

static void close_if_open(int fd)
{
  if (fd >= 0)
    close(fd);
}

void topo_loop_destroy(struct topo_loop *loop)
{
  if (!loop)
    return;
  if (loop->signal.fd >= 0)
    pthread_sigmask(SIG_SETMASK, &loop->former_mask, NULL);
  close_if_open(loop->signal.fd);
  close_if_open(loop->wake.fd);
  close_if_open(loop->timer.fd);
  close_if_open(loop->epoll_fd);
  free(loop);
}

int topo_loop_add(struct topo_loop *loop, struct topo_watch *watch, uint32_t events)
{
  struct epoll_event e = {.events = events, .data.ptr = watch};
  if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, watch->fd, &e) == 0)
    return TOPO_OK;
  if (errno == ENOSPC) /* of watches, not of disk */
    return TOPO_ELIMIT;
  return errno == ENOMEM ? TOPO_ENOMEM : TOPO_EINVAL;
}

void topo_loop_modify(struct topo_loop *loop, struct topo_watch *watch, uint32_t events)
{
  struct epoll_event e = {.events = events, .data.ptr = watch};
  int status = epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, watch->fd, &e);
  topo_assert(status == 0);
}

void topo_loop_remove(struct topo_loop *loop, struct topo_watch *watch)
{
  int status = epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
  topo_assert(status == 0);
  /* The kernel may have told of it already in the round that is being worked off. */
  for (int i = loop->events_at; i < loop->events_len; i++)
    if (loop->events[i].data.ptr == watch)
      loop->events[i].data.ptr = NULL;
}

void topo_loop_set_timer(struct topo_loop *loop, struct topo_timer *timer, uint64_t at_ns)
{
  if (at_ns == TOPO_NEVER)
    topo_timers_cancel(&loop->timers, timer);
  else
    topo_timers_set(&loop->timers, timer, at_ns > loop->firing_ns ? at_ns : loop->firing_ns + 1);
}

void topo_loop_cancel_timer(struct topo_loop *loop, struct topo_timer *timer)
{
  topo_timers_cancel(&loop->timers, timer);
}

int topo_loop_on_signals(struct topo_loop *loop, void (*fn)(void *arg, int signal), void *arg)
{
  sigset_t set;
  topo_assert(loop->signal.fd < 0);
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  int r = add_own(loop, &loop->signal, fd, signal_ready);
  if (r != TOPO_OK) {
    close_if_open(fd);
    loop->signal.fd = -1;
    return r;
  }
  loop->on_signal = fn;
  loop->signal_arg = arg;
  pthread_sigmask(SIG_BLOCK, &set, &loop->former_mask);
  return TOPO_OK;
}

void topo_loop_on_wake(struct topo_loop *loop, void (*fn)(void *arg), void *arg)
{
  loop->on_wake = fn;
  loop->wake_arg = arg;
}

void topo_loop_wake(struct topo_loop *loop)
{
  uint64_t one = 1;
  ssize_t n;
  do
    n = write(loop->wake.fd, &one, sizeof one);
  while (n < 0 && errno == EINTR);
  /* Writing to an eventfd fails with EAGAIN when its counter is full; the loop wakes up for that,
   * too. */
  topo_assert(n == (ssize_t)sizeof one || errno == EAGAIN);
}

void topo_loop_stop(struct topo_loop *loop)
{
  atomic_store(&loop->stopping, true);
  topo_loop_wake(loop);
}

static void arm_timer(struct topo_loop *loop)
{
  uint64_t at_ns = topo_timers_next_ns(&loop->timers);
  if (at_ns == loop->armed_ns)
    return;
  struct itimerspec spec = {0};
  if (at_ns != TOPO_NEVER) {
    spec.it_value.tv_sec = (time_t)(at_ns / 1000000000);
    /* A time of zero would disarm the timer, so it is set to one nanosecond. */
    spec.it_value.tv_nsec = (long)(at_ns % 1000000000) + (at_ns == 0);
  }
  int status = timerfd_settime(loop->timer.fd, TFD_TIMER_ABSTIME, &spec, NULL);
  topo_assert(status == 0);
  loop->armed_ns = at_ns;
}

static void fire_timers(struct topo_loop *loop)
{
  struct topo_timer *timer;
  if (topo_timers_next_ns(&loop->timers) == TOPO_NEVER)
    return;
  loop->firing_ns = topo_clock_monotonic_ns();
  while (!atomic_load(&loop->stopping) &&
         (timer = topo_timers_pop_due(&loop->timers, loop->firing_ns)) != NULL)
    timer->fire(timer);
  loop->firing_ns = 0;
}

/* Works the round off from where it was left: a stop in its midst must not lose events that the
 * kernel tells of only once. */
static void call_watches(struct topo_loop *loop)
{
  while (loop->events_at < loop->events_len && !atomic_load(&loop->stopping)) {
    struct epoll_event e = loop->events[loop->events_at++];
    struct topo_watch *watch = e.data.ptr;
    if (watch)
      watch->ready(watch, e.events);
  }
}

static int wait_for_events(struct topo_loop *loop)
{
  arm_timer(loop);
  int n = epoll_wait(loop->epoll_fd, loop->events, EVENTS, -1);
  loop->events_at = 0;
  loop->events_len = n > 0 ? n : 0;
  return n >= 0 || errno == EINTR ? TOPO_OK : TOPO_EIO;
}

int topo_loop_run(struct topo_loop *loop)
{
  int r = TOPO_OK;
  while (r == TOPO_OK && !atomic_load(&loop->stopping)) {
    call_watches(loop);
    fire_timers(loop);
    if (!atomic_load(&loop->stopping))
      r = wait_for_events(loop);
  }
  atomic_store(&loop->stopping, false);
  return r;
}
