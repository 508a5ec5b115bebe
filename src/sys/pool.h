/*
 * pool.h - threads that run actors and jobs.
 *
 * An actor is something that reacts: waking it makes it run once, soon, on some thread of the pool.
 * It is never run by two threads at once. A wake that comes while it runs makes it run again, so
 * what was put before the wake is always seen by a run that begins after it. Between a wake and the
 * run it causes, and between one run and the next, everything the former wrote is visible to the
 * latter.
 *
 * A job is heavy work without a state of its own: it runs once. Waiting actors go first, but every
 * TOPO_POOL_TURN-th turn is a job's, so neither starves.
 *
 * Threads of the pool block all signals.
 */
#ifndef TOPO_SYS_POOL_H
#define TOPO_SYS_POOL_H

#include "sys/timers.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { TOPO_POOL_THREADS_MAX = 64, TOPO_POOL_TURN = 8 };

struct topo_pool;

enum topo_actor_state {
  TOPO_ACTOR_IDLE,
  TOPO_ACTOR_READY,   /* in the queue */
  TOPO_ACTOR_RUNNING, /* and not woken since the run began */
  TOPO_ACTOR_AGAIN,   /* running, and to be run once more */
  TOPO_ACTOR_STOPPED
};

/* Embedded in the thing that acts. The fields are the pool's. */
struct topo_actor {
  void (*run)(struct topo_actor *actor);
  struct topo_pool *pool;
  struct topo_actor *next, *prev;
  struct topo_timer timer;
  enum topo_actor_state state;
  bool stopping;
  pthread_t runner; /* valid while it runs */
};

/* Embedded in the work; the owner sets `run` and keeps the memory until it is called, which may
 * free it. */
struct topo_job {
  void (*run)(struct topo_job *job);
  struct topo_job *next;
};

/* How many threads are worth having on so many processors (-1: nobody knows): one more, because a
 * thread that waits for the disk leaves a processor idle. 3 to 16. */
unsigned topo_pool_threads(long processors);
/* Starts `threads` threads, 1 to TOPO_POOL_THREADS_MAX. 0 and *out, owned by the caller;
 * TOPO_ENOMEM, or TOPO_ELIMIT when the system gives no more threads. */
int topo_pool_create(unsigned threads, struct topo_pool **out);
/* Runs the jobs that were submitted, ends the threads, frees. All actors must be stopped
 * (asserted), nobody may submit any more except those jobs. Not from inside the pool. NULL is fine.
 */
void topo_pool_destroy(struct topo_pool *pool);

/* Registers an actor, idle and without a deadline. It must be stopped before its memory goes. */
void topo_actor_init(struct topo_actor *actor, struct topo_pool *pool,
                     void (*run)(struct topo_actor *actor));
/* Makes it run. Any thread, also from inside its own run. Nothing happens once it is stopped. */
void topo_actor_wake(struct topo_actor *actor);
/* Wakes it at this monotonic time, once, in place of an earlier deadline; TOPO_NEVER is none. Any
 * thread, also from inside its own run. */
void topo_actor_set_deadline(struct topo_actor *actor, uint64_t at_ns);
/* Waits until it does not run, and sees to it that it never does again; its memory may then go. Not
 * from inside its own run (asserted). A second stop is harmless. */
void topo_actor_stop(struct topo_actor *actor);

/* Runs the job once, some time. Any thread, also from inside the pool. */
void topo_pool_submit(struct topo_pool *pool, struct topo_job *job);

#endif
