/*
 * listener.c - one thread, one loop. Sockets are watched edge-triggered: a client that has sent
 * half a request head would keep a level-triggered loop spinning, because nothing is ever taken
 * out.
 */
#include "gateway/listener.h"

#include "base/assert.h"
#include "base/status.h"
#include "gateway/secure.h"
#include "sys/clock.h"
#include "sys/loop.h"
#include "sys/thread.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  ACCEPTS_MAX = 64,         /* in one turn; then those who are here already are heard */
  LOOKS_MAX = 256,          /* how often one socket is looked at: heads come in a few pieces */
  LEAVE_BYTES = 1024 * 1024 /* read of a refused client before it is cut off */
};
static const uint64_t second_ns = 1000000000, leave_ns = 2000000000, retry_ns = 100000000;

enum state { PENDING, LEAVING, STATES };
enum { HANDED = STATES, CLOSED };
static const unsigned transitions[STATES] = {
    [PENDING] = 1u << HANDED | 1u << LEAVING | 1u << CLOSED,
    [LEAVING] = 1u << CLOSED,
};

struct pending {
  struct topo_watch watch;
  struct topo_timer timer;
  struct topo_listener *listener;
  unsigned state;
  unsigned looks;
  size_t seen; /* bytes at the last look; of one that leaves: bytes read */
  struct pending *prior, *next;
};

/* Oldest first. */
struct queue {
  struct pending *first, *last;
};

struct listening {
  struct topo_watch watch;
  struct topo_timer retry;
  struct topo_listener *listener;
};

struct topo_listener {
  struct topo_listener_options options;
  struct topo_loop *loop;
  pthread_t thread;
  struct listening sockets[TOPO_LISTENER_SOCKETS];
  struct topo_timer tick;
  struct queue silent, others; /* those that never sent a byte, and the rest */
  size_t count;
  char peek[TOPO_HEAD_MAX];
};

#define container(pointer, type, member)                                                           \
  ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

static struct queue *queue_of(struct pending *p)
{
  return p->state == PENDING && !p->seen ? &p->listener->silent : &p->listener->others;
}

static void enqueue(struct queue *q, struct pending *p)
{
  p->next = NULL;
  p->prior = q->last;
  *(q->last ? &q->last->next : &q->first) = p;
  q->last = p;
}

static void dequeue(struct queue *q, struct pending *p)
{
  *(p->prior ? &p->prior->next : &q->first) = p->next;
  *(p->next ? &p->next->prior : &q->last) = p->prior;
}

static void transition(struct pending *p, unsigned to)
{
  topo_assert(p->state < STATES && transitions[p->state] & 1u << to);
  p->state = to;
}

/* The socket is no longer ours, or closed. */
static void forget(struct pending *p, unsigned to)
{
  struct topo_listener *listener = p->listener;
  dequeue(queue_of(p), p);
  transition(p, to);
  listener->count--;
  topo_loop_cancel_timer(listener->loop, &p->timer);
  if (to == CLOSED) {
    topo_loop_remove(listener->loop, &p->watch);
    close(p->watch.fd);
  }
  free(p);
}

/* Sends no more, but reads on until the client is done: closing a socket that has unread bytes
 * sends a reset, which could reach the client before the refusal does. */
static void see_off(struct pending *p)
{
  for (;;) {
    ssize_t n = recv(p->watch.fd, p->listener->peek, sizeof p->listener->peek, MSG_DONTWAIT);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && errno == EAGAIN)
      return;
    if (n <= 0 || (p->seen += (size_t)n) > LEAVE_BYTES) {
      forget(p, CLOSED);
      return;
    }
  }
}

static void refuse(struct pending *p, const struct topo_problem *problem)
{
  struct topo_listener *listener = p->listener;
  char id[TOPO_REQUEST_ID_SIZE], text[TOPO_SECURE_ANSWER_SIZE];
  topo_request_ids_next(listener->options.ids, id);
  size_t len = topo_secure_answer(text, problem, id);
  /* A client that has not read before this has a whole socket buffer of room. */
  ssize_t sent = send(p->watch.fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (!len || sent != (ssize_t)len || shutdown(p->watch.fd, SHUT_WR) < 0) {
    forget(p, CLOSED);
    return;
  }
  dequeue(queue_of(p), p);
  transition(p, LEAVING);
  p->seen = 0;
  enqueue(queue_of(p), p);
  topo_loop_set_timer(listener->loop, &p->timer, topo_clock_monotonic_ns() + leave_ns);
  see_off(p);
}

static void refuse_http(struct pending *p, enum topo_http_problem which, const char *detail)
{
  struct topo_problem problem = topo_problem_http(which, detail);
  refuse(p, &problem);
}

/* The watch ends first: from the moment it is taken, the socket may be closed by another thread,
 * and its number may come back as a new connection's. */
static void hand_over(struct pending *p, const struct topo_head *head)
{
  struct topo_listener *listener = p->listener;
  struct topo_problem problem;
  topo_loop_remove(listener->loop, &p->watch);
  if (listener->options.take(listener->options.arg, p->watch.fd, head, &problem)) {
    forget(p, HANDED);
    return;
  }
  if (topo_loop_add(listener->loop, &p->watch, EPOLLIN | EPOLLRDHUP | EPOLLET) == 0) {
    refuse(p, &problem);
    return;
  }
  close(p->watch.fd);
  forget(p, HANDED);
}

static void look(struct pending *p, bool ended)
{
  struct topo_listener *listener = p->listener;
  struct topo_head head;
  ssize_t n = recv(p->watch.fd, listener->peek, sizeof listener->peek, MSG_PEEK | MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (n <= 0 || ++p->looks > LOOKS_MAX) {
    forget(p, CLOSED);
    return;
  }
  if (!p->seen) {
    dequeue(&listener->silent, p);
    enqueue(&listener->others, p);
  }
  p->seen = (size_t)n;
  switch (topo_head_read(&head, listener->peek, (size_t)n)) {
  case TOPO_HEAD_DONE: hand_over(p, &head); return;
  case TOPO_HEAD_BAD: refuse_http(p, TOPO_HTTP_BAD_REQUEST, NULL); return;
  case TOPO_HEAD_TOO_LARGE: refuse_http(p, TOPO_HTTP_HEADER_TOO_LARGE, NULL); return;
  case TOPO_HEAD_MORE:
    if (ended)
      refuse_http(p, TOPO_HTTP_BAD_REQUEST, "It ends in the middle of its header.");
  }
}

static void pending_ready(struct topo_watch *watch, uint32_t events)
{
  struct pending *p = container(watch, struct pending, watch);
  if (events & (EPOLLERR | EPOLLHUP))
    forget(p, CLOSED);
  else if (p->state == LEAVING)
    see_off(p);
  else
    look(p, events & EPOLLRDHUP);
}

static void pending_late(struct topo_timer *timer)
{
  struct pending *p = container(timer, struct pending, timer);
  if (p->state == PENDING && p->seen)
    refuse_http(p, TOPO_HTTP_TIMEOUT, NULL);
  else
    forget(p, CLOSED);
}

/* Makes room by closing the oldest connection, one that was silent if there is such a one. It is
 * looked at once more before that: what it has said meanwhile makes it one that is not silent, or
 * has it handed over. False: there is no connection to close. */
static bool evict(struct topo_listener *listener)
{
  struct pending *p;
  size_t before = listener->count;
  while ((p = listener->silent.first)) {
    look(p, false);
    if (listener->count < before)
      return true;
    if (listener->silent.first == p) {
      forget(p, CLOSED);
      return true;
    }
  }
  p = listener->others.first;
  if (p)
    forget(p, CLOSED);
  return p != NULL;
}

static void welcome(struct topo_listener *listener, int fd)
{
  struct pending *p = calloc(1, sizeof *p);
  int one = 1;
  if (!p) {
    close(fd);
    return;
  }
  if (listener->count >= listener->options.pending_max)
    evict(listener);
  p->listener = listener;
  p->watch = (struct topo_watch){.fd = fd, .ready = pending_ready};
  p->timer.fire = pending_late;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* of no use to a Unix socket */
  if (topo_loop_add(listener->loop, &p->watch, EPOLLIN | EPOLLRDHUP | EPOLLET) < 0) {
    close(fd);
    free(p);
    return;
  }
  enqueue(&listener->silent, p);
  listener->count++;
  topo_loop_set_timer(listener->loop, &p->timer,
                      topo_clock_monotonic_ns() + listener->options.head_timeout_ns);
}

static bool out_of_room(int error)
{
  return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
}

/* Accepts those that wait. When descriptors have run out, one of ours makes room; when none is
 * ours, it is tried again in a moment, for the edge will not come again. */
static void accept_some(struct listening *l)
{
  struct topo_listener *listener = l->listener;
  for (unsigned n = 0; n < ACCEPTS_MAX; n++) {
    int fd = accept4(l->watch.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0)
      welcome(listener, fd);
    else if (errno == EAGAIN)
      return;
    else if (errno != EINTR && errno != ECONNABORTED && !(out_of_room(errno) && evict(listener))) {
      topo_loop_set_timer(listener->loop, &l->retry, topo_clock_monotonic_ns() + retry_ns);
      return;
    }
  }
  /* The edge comes again, behind those who are here. */
  topo_loop_modify(listener->loop, &l->watch, EPOLLIN | EPOLLET);
}

static void socket_ready(struct topo_watch *watch, uint32_t events)
{
  (void)events;
  accept_some(container(watch, struct listening, watch));
}

static void socket_retry(struct topo_timer *timer)
{
  accept_some(container(timer, struct listening, retry));
}

static void tick(struct topo_timer *timer)
{
  struct topo_listener *listener = container(timer, struct topo_listener, tick);
  listener->options.tick(listener->options.arg);
  topo_loop_set_timer(listener->loop, timer, topo_clock_monotonic_ns() + second_ns);
}

static void *run(void *arg)
{
  struct topo_listener *listener = arg;
  int status = topo_loop_run(listener->loop);
  topo_assert(status == 0);
  return NULL;
}

static int watch_sockets(struct topo_listener *listener)
{
  for (unsigned i = 0; i < TOPO_LISTENER_SOCKETS; i++) {
    struct listening *l = &listener->sockets[i];
    l->listener = listener;
    l->retry.fire = socket_retry;
    l->watch = (struct topo_watch){.fd = listener->options.sockets[i], .ready = socket_ready};
    int status = l->watch.fd < 0 ? 0 : topo_loop_add(listener->loop, &l->watch, EPOLLIN | EPOLLET);
    if (status < 0)
      return status;
  }
  return 0;
}

int topo_listener_create(struct topo_listener **out, const struct topo_listener_options *options)
{
  struct topo_listener *listener = calloc(1, sizeof *listener);
  *out = NULL;
  if (!listener)
    return TOPO_ENOMEM;
  listener->options = *options;
  int status = topo_loop_create(&listener->loop);
  if (status < 0)
    goto fail_loop;
  status = watch_sockets(listener);
  if (status < 0)
    goto fail_start;
  listener->tick.fire = tick;
  topo_loop_set_timer(listener->loop, &listener->tick, topo_clock_monotonic_ns() + second_ns);
  status = topo_thread_start(&listener->thread, run, listener);
  if (status < 0)
    goto fail_start;
  *out = listener;
  return 0;

fail_start:
  topo_loop_destroy(listener->loop);
fail_loop:
  free(listener);
  return status;
}

void topo_listener_destroy(struct topo_listener *listener)
{
  if (!listener)
    return;
  topo_loop_stop(listener->loop);
  pthread_join(listener->thread, NULL);
  while (evict(listener))
    ;
  topo_loop_destroy(listener->loop);
  free(listener);
}
