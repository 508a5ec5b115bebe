/*
 * loop.h - an epoll event loop for one thread: descriptors, deadlines, signals, and a wake that any
 * thread may call.
 *
 * Callbacks run in the thread of topo_loop_run and may add, remove and stop as they like: a watch
 * that was removed hears nothing more, and its memory may be freed at once.
 */
#ifndef TOPO_SYS_LOOP_H
#define TOPO_SYS_LOOP_H

#include "sys/timers.h"

#include <stdint.h>

/* Embedded in what watches; the owner sets both fields and keeps the memory until removal. */
struct topo_watch {
  int fd;
  void (*ready)(struct topo_watch *watch, uint32_t events); /* EPOLLIN and so on */
};

struct topo_loop;

/* 0 and *out, owned by the caller; TOPO_ENOMEM, or TOPO_ELIMIT when descriptors have run out. */
int topo_loop_create(struct topo_loop **out);
/* Closes the loop's own descriptors and gives signals back their former mask; watched ones stay
 * open. Called in the thread that called topo_loop_on_signals. NULL is fine. */
void topo_loop_destroy(struct topo_loop *loop);

/* Watches a descriptor for `events` (EPOLLIN, EPOLLOUT, EPOLLET…). 0; TOPO_ENOMEM, TOPO_ELIMIT, or
 * TOPO_EINVAL when the descriptor is not open, cannot be watched, or is watched already. */
int topo_loop_add(struct topo_loop *loop, struct topo_watch *watch, uint32_t events);
/* Changes the events of a watch that was added (asserted). An edge that was told is told again when
 * it is still there. */
void topo_loop_modify(struct topo_loop *loop, struct topo_watch *watch, uint32_t events);
/* Ends a watch. To be called before its descriptor is closed. */
void topo_loop_remove(struct topo_loop *loop, struct topo_watch *watch);

/* Calls timer->fire once, at or soon after the monotonic time; TOPO_NEVER cancels. A timer set in a
 * callback to a time that has passed fires in the next round, so descriptors have their turn. */
void topo_loop_set_timer(struct topo_loop *loop, struct topo_timer *timer, uint64_t at_ns);
void topo_loop_cancel_timer(struct topo_loop *loop, struct topo_timer *timer);

/* Calls fn with the signal's number when SIGTERM or SIGINT arrives. Blocks both in the calling
 * thread: call it before other threads are started, which inherit that. At most once per loop. 0,
 * or TOPO_ELIMIT when descriptors have run out, TOPO_ENOMEM. */
int topo_loop_on_signals(struct topo_loop *loop, void (*fn)(void *arg, int signal), void *arg);
/* Calls fn after topo_loop_wake; several wakes may be one call. Set before other threads wake. */
void topo_loop_on_wake(struct topo_loop *loop, void (*fn)(void *arg), void *arg);

/* Any thread, and signal handlers. */
void topo_loop_wake(struct topo_loop *loop);
/* Makes topo_loop_run return after the callback at hand; also when it has not begun. Any thread. */
void topo_loop_stop(struct topo_loop *loop);

/* Runs until stopped. 0, or TOPO_EIO when the system's wait fails. May be run again afterwards. */
int topo_loop_run(struct topo_loop *loop);

#endif
