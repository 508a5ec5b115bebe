/*
 * door.c - one thread, one loop. Sockets are watched edge-triggered: a client that has sent half a
 * request head would keep a level-triggered loop spinning, because nothing is ever taken out.
 */
#include "gateway/door.h"

#include "base/assert.h"
#include "base/status.h"
#include "gateway/secure.h"
#include "sys/clock.h"
#include "sys/loop.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
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

enum state { UNDECIDED, LEAVING, STATES };
enum { HANDED = STATES, CLOSED };
static const unsigned moves[STATES] = {
    [UNDECIDED] = 1u << HANDED | 1u << LEAVING | 1u << CLOSED,
    [LEAVING] = 1u << CLOSED,
};

struct visitor {
  struct topo_watch watch;
  struct topo_timer timer;
  struct topo_door *door;
  unsigned state;
  unsigned looks;
  size_t seen; /* bytes at the last look; of one that leaves: bytes read */
  struct visitor *prior, *next;
};

/* Oldest first. */
struct queue {
  struct visitor *first, *last;
};

struct listener {
  struct topo_watch watch;
  struct topo_timer retry;
  struct topo_door *door;
};

struct topo_door {
  struct topo_door_options options;
  struct topo_loop *loop;
  pthread_t thread;
  struct listener listeners[TOPO_DOOR_LISTENERS_MAX];
  struct topo_timer tick;
  struct queue silent, others; /* those that never sent a byte, and the rest */
  size_t count;
  char peek[TOPO_HEAD_MAX];
};

#define container(pointer, type, member)                                                           \
  ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

static struct queue *queue_of(struct visitor *v)
{
  return v->state == UNDECIDED && !v->seen ? &v->door->silent : &v->door->others;
}

static void enqueue(struct queue *q, struct visitor *v)
{
  v->next = NULL;
  v->prior = q->last;
  *(q->last ? &q->last->next : &q->first) = v;
  q->last = v;
}

static void dequeue(struct queue *q, struct visitor *v)
{
  *(v->prior ? &v->prior->next : &q->first) = v->next;
  *(v->next ? &v->next->prior : &q->last) = v->prior;
}

static void move(struct visitor *v, unsigned to)
{
  topo_assert(v->state < STATES && moves[v->state] & 1u << to);
  v->state = to;
}

/* The socket is no longer ours, or closed. */
static void forget(struct visitor *v, unsigned to)
{
  struct topo_door *door = v->door;
  dequeue(queue_of(v), v);
  move(v, to);
  door->count--;
  topo_loop_cancel_timer(door->loop, &v->timer);
  if (to == CLOSED) {
    topo_loop_remove(door->loop, &v->watch);
    close(v->watch.fd);
  }
  free(v);
}

/* Reads on so that the refusal is not overtaken by a reset. */
static void see_off(struct visitor *v)
{
  for (;;) {
    ssize_t n = recv(v->watch.fd, v->door->peek, sizeof v->door->peek, MSG_DONTWAIT);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && errno == EAGAIN)
      return;
    if (n <= 0 || (v->seen += (size_t)n) > LEAVE_BYTES) {
      forget(v, CLOSED);
      return;
    }
  }
}

static void refuse(struct visitor *v, const struct topo_problem *problem)
{
  struct topo_door *door = v->door;
  char id[TOPO_REQUEST_ID_SIZE], text[TOPO_SECURE_ANSWER_SIZE];
  door->options.name(door->options.arg, id);
  size_t len = topo_secure_answer(text, problem, id);
  /* A client that has not read before this has a whole socket buffer of room. */
  ssize_t sent = send(v->watch.fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (!len || sent != (ssize_t)len || shutdown(v->watch.fd, SHUT_WR) < 0) {
    forget(v, CLOSED);
    return;
  }
  dequeue(queue_of(v), v);
  move(v, LEAVING);
  v->seen = 0;
  enqueue(queue_of(v), v);
  topo_loop_set_timer(door->loop, &v->timer, topo_clock_monotonic_ns() + leave_ns);
  see_off(v);
}

static void refuse_http(struct visitor *v, enum topo_http_problem which, const char *detail)
{
  struct topo_problem problem = topo_problem_http(which, detail);
  refuse(v, &problem);
}

/* The watch ends first: from the moment it is taken, the socket may be closed by another thread,
 * and its number may come back as a new visitor's. */
static void hand_over(struct visitor *v, const struct topo_head *head)
{
  struct topo_door *door = v->door;
  struct topo_problem problem;
  topo_loop_remove(door->loop, &v->watch);
  if (door->options.take(door->options.arg, v->watch.fd, head, &problem)) {
    forget(v, HANDED);
    return;
  }
  if (topo_loop_add(door->loop, &v->watch, EPOLLIN | EPOLLRDHUP | EPOLLET) == 0) {
    refuse(v, &problem);
    return;
  }
  close(v->watch.fd);
  forget(v, HANDED);
}

static void look(struct visitor *v, bool ended)
{
  struct topo_door *door = v->door;
  struct topo_head head;
  ssize_t n = recv(v->watch.fd, door->peek, sizeof door->peek, MSG_PEEK | MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (n <= 0 || ++v->looks > LOOKS_MAX) {
    forget(v, CLOSED);
    return;
  }
  if (!v->seen) {
    dequeue(&door->silent, v);
    enqueue(&door->others, v);
  }
  v->seen = (size_t)n;
  switch (topo_head_read(&head, door->peek, (size_t)n)) {
  case TOPO_HEAD_DONE: hand_over(v, &head); return;
  case TOPO_HEAD_BAD: refuse_http(v, TOPO_HTTP_BAD_REQUEST, NULL); return;
  case TOPO_HEAD_TOO_LARGE: refuse_http(v, TOPO_HTTP_HEADER_TOO_LARGE, NULL); return;
  case TOPO_HEAD_MORE:
    if (ended)
      refuse_http(v, TOPO_HTTP_BAD_REQUEST, "It ends in the middle of its header.");
  }
}

static void visitor_ready(struct topo_watch *watch, uint32_t events)
{
  struct visitor *v = container(watch, struct visitor, watch);
  if (events & (EPOLLERR | EPOLLHUP))
    forget(v, CLOSED);
  else if (v->state == LEAVING)
    see_off(v);
  else
    look(v, events & EPOLLRDHUP);
}

static void visitor_late(struct topo_timer *timer)
{
  struct visitor *v = container(timer, struct visitor, timer);
  if (v->state == UNDECIDED && v->seen)
    refuse_http(v, TOPO_HTTP_TIMEOUT, NULL);
  else
    forget(v, CLOSED);
}

/* The oldest makes room, a silent one first. What it has said may only not have been heard yet:
 * then it is no longer silent, or gone to where it is answered. False: there is nobody. */
static bool evict(struct topo_door *door)
{
  struct visitor *v;
  size_t before = door->count;
  while ((v = door->silent.first)) {
    look(v, false);
    if (door->count < before)
      return true;
    if (door->silent.first == v) {
      forget(v, CLOSED);
      return true;
    }
  }
  v = door->others.first;
  if (v)
    forget(v, CLOSED);
  return v != NULL;
}

static void welcome(struct topo_door *door, int fd)
{
  struct visitor *v = calloc(1, sizeof *v);
  int one = 1;
  if (!v) {
    close(fd);
    return;
  }
  if (door->count >= door->options.undecided_max)
    evict(door);
  v->door = door;
  v->watch = (struct topo_watch){.fd = fd, .ready = visitor_ready};
  v->timer.fire = visitor_late;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* of no use to a Unix socket */
  if (topo_loop_add(door->loop, &v->watch, EPOLLIN | EPOLLRDHUP | EPOLLET) < 0) {
    close(fd);
    free(v);
    return;
  }
  enqueue(&door->silent, v);
  door->count++;
  topo_loop_set_timer(door->loop, &v->timer,
                      topo_clock_monotonic_ns() + door->options.head_timeout_ns);
}

static bool out_of_room(int error)
{
  return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
}

/* Accepts those that wait. When descriptors have run out, one of ours makes room; when none is
 * ours, it is tried again in a moment, for the edge will not come again. */
static void accept_some(struct listener *l)
{
  struct topo_door *door = l->door;
  for (unsigned n = 0; n < ACCEPTS_MAX; n++) {
    int fd = accept4(l->watch.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0)
      welcome(door, fd);
    else if (errno == EAGAIN)
      return;
    else if (errno != EINTR && errno != ECONNABORTED && !(out_of_room(errno) && evict(door))) {
      topo_loop_set_timer(door->loop, &l->retry, topo_clock_monotonic_ns() + retry_ns);
      return;
    }
  }
  topo_loop_set_timer(door->loop, &l->retry, topo_clock_monotonic_ns());
}

static void listener_ready(struct topo_watch *watch, uint32_t events)
{
  (void)events;
  accept_some(container(watch, struct listener, watch));
}

static void listener_retry(struct topo_timer *timer)
{
  accept_some(container(timer, struct listener, retry));
}

static void tick(struct topo_timer *timer)
{
  struct topo_door *door = container(timer, struct topo_door, tick);
  door->options.tick(door->options.arg);
  topo_loop_set_timer(door->loop, timer, topo_clock_monotonic_ns() + second_ns);
}

static void *run(void *arg)
{
  struct topo_door *door = arg;
  int status = topo_loop_run(door->loop);
  topo_assert(status == 0);
  return NULL;
}

static int watch_listeners(struct topo_door *door)
{
  for (unsigned i = 0; i < TOPO_DOOR_LISTENERS_MAX; i++) {
    struct listener *l = &door->listeners[i];
    l->door = door;
    l->retry.fire = listener_retry;
    l->watch = (struct topo_watch){.fd = door->options.listeners[i], .ready = listener_ready};
    int status = l->watch.fd < 0 ? 0 : topo_loop_add(door->loop, &l->watch, EPOLLIN | EPOLLET);
    if (status < 0)
      return status;
  }
  return 0;
}

/* Signals are for the first thread. */
static int start_thread(struct topo_door *door)
{
  sigset_t all, former;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &former);
  int failed = pthread_create(&door->thread, NULL, run, door);
  pthread_sigmask(SIG_SETMASK, &former, NULL);
  return failed ? TOPO_EIO : 0;
}

int topo_door_create(struct topo_door **out, const struct topo_door_options *options)
{
  struct topo_door *door = calloc(1, sizeof *door);
  *out = NULL;
  if (!door)
    return TOPO_ENOMEM;
  door->options = *options;
  int status = topo_loop_create(&door->loop);
  if (status < 0)
    goto fail_loop;
  status = watch_listeners(door);
  if (status < 0)
    goto fail_start;
  door->tick.fire = tick;
  topo_loop_set_timer(door->loop, &door->tick, topo_clock_monotonic_ns() + second_ns);
  status = start_thread(door);
  if (status < 0)
    goto fail_start;
  *out = door;
  return 0;

fail_start:
  topo_loop_destroy(door->loop);
fail_loop:
  free(door);
  return status;
}

void topo_door_destroy(struct topo_door *door)
{
  if (!door)
    return;
  topo_loop_stop(door->loop);
  pthread_join(door->thread, NULL);
  while (evict(door))
    ;
  topo_loop_destroy(door->loop);
  free(door);
}
