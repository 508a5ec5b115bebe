/*
 * pool.c - one mutex guards the queues, the timers and the states of all actors. It is never held
 * while an actor or a job runs.
 */
#include "sys/pool.h"

#include "base/assert.h"
#include "base/status.h"
#include "sys/clock.h"
#include "sys/mutex.h"
#include "sys/thread.h"

#include <stddef.h>
#include <stdlib.h>

enum { THREADS_MIN = 3, THREADS_MAX = 16 /* that are started unasked */ };

struct topo_pool {
  pthread_mutex_t mutex;
  pthread_cond_t work;    /* something to run, an earlier deadline, or the end */
  pthread_cond_t stopped; /* an actor that was to stop has done so */
  struct topo_actor *ready_head, *ready_tail;
  struct topo_job *jobs_head, **jobs_tail;
  struct topo_timers timers; /* of actors */
  unsigned turns;            /* of actors since the last job */
  size_t actors;             /* not stopped */
  bool closing;
  unsigned threads_len;
  pthread_t threads[TOPO_POOL_THREADS_MAX];
};

static void push_ready(struct topo_pool *pool, struct topo_actor *actor)
{
  actor->state = TOPO_ACTOR_READY;
  actor->next = NULL;
  actor->prev = pool->ready_tail;
  if (pool->ready_tail)
    pool->ready_tail->next = actor;
  else
    pool->ready_head = actor;
  pool->ready_tail = actor;
  pthread_cond_signal(&pool->work);
}

static void take_ready(struct topo_pool *pool, struct topo_actor *actor)
{
  if (actor->prev)
    actor->prev->next = actor->next;
  else
    pool->ready_head = actor->next;
  if (actor->next)
    actor->next->prev = actor->prev;
  else
    pool->ready_tail = actor->prev;
  actor->next = actor->prev = NULL;
}

static void wake_locked(struct topo_actor *actor)
{
  if (actor->stopping)
    return;
  if (actor->state == TOPO_ACTOR_IDLE)
    push_ready(actor->pool, actor);
  else if (actor->state == TOPO_ACTOR_RUNNING)
    actor->state = TOPO_ACTOR_AGAIN;
}

static void wake_due(struct topo_pool *pool)
{
  struct topo_timer *timer;
  if (topo_timers_next_ns(&pool->timers) == TOPO_NEVER)
    return;
  uint64_t now_ns = topo_clock_monotonic_ns();
  while ((timer = topo_timers_pop_due(&pool->timers, now_ns)) != NULL)
    wake_locked((struct topo_actor *)(void *)((char *)timer - offsetof(struct topo_actor, timer)));
}

static void run_actor(struct topo_pool *pool, struct topo_actor *actor)
{
  take_ready(pool, actor);
  actor->state = TOPO_ACTOR_RUNNING;
  actor->runner = pthread_self();
  pool->turns++;
  pthread_mutex_unlock(&pool->mutex);
  actor->run(actor);
  pthread_mutex_lock(&pool->mutex);
  if (actor->stopping) {
    /* Whoever stops the actor may free it as soon as the mutex is unlocked: nothing here touches it
     * from then on. */
    actor->state = TOPO_ACTOR_STOPPED;
    pthread_cond_broadcast(&pool->stopped);
  } else if (actor->state == TOPO_ACTOR_AGAIN) {
    push_ready(pool, actor);
  } else {
    actor->state = TOPO_ACTOR_IDLE;
  }
}

static void run_job(struct topo_pool *pool)
{
  struct topo_job *job = pool->jobs_head;
  pool->jobs_head = job->next;
  if (!pool->jobs_head)
    pool->jobs_tail = &pool->jobs_head;
  pool->turns = 0;
  pthread_mutex_unlock(&pool->mutex);
  job->run(job);
  pthread_mutex_lock(&pool->mutex);
}

/* Every waiting thread waits no longer than for the earliest deadline: whoever sets an earlier one
 * wakes them all, so it does not matter which of them is called away to run something. */
static void wait_for_work(struct topo_pool *pool)
{
  (void)topo_mutex_wait_until(&pool->work, &pool->mutex, topo_timers_next_ns(&pool->timers));
}

static void *worker(void *arg)
{
  struct topo_pool *pool = arg;
  pthread_mutex_lock(&pool->mutex);
  for (;;) {
    wake_due(pool);
    if (pool->jobs_head && (!pool->ready_head || pool->turns >= TOPO_POOL_TURN - 1))
      run_job(pool);
    else if (pool->ready_head)
      run_actor(pool, pool->ready_head);
    else if (pool->closing)
      break;
    else
      wait_for_work(pool);
  }
  pthread_mutex_unlock(&pool->mutex);
  return NULL;
}

static int start_threads(struct topo_pool *pool, unsigned threads)
{
  while (pool->threads_len < threads) {
    int r = topo_thread_start(&pool->threads[pool->threads_len], worker, pool);
    if (r < 0)
      return r;
    pool->threads_len++;
  }
  return TOPO_OK;
}

unsigned topo_pool_threads(long processors)
{
  if (processors < THREADS_MIN)
    return THREADS_MIN;
  return processors < THREADS_MAX ? (unsigned)processors + 1 : THREADS_MAX;
}

int topo_pool_create(unsigned threads, struct topo_pool **out)
{
  topo_assert(threads >= 1 && threads <= TOPO_POOL_THREADS_MAX);
  *out = NULL;
  struct topo_pool *pool = calloc(1, sizeof *pool);
  if (!pool)
    return TOPO_ENOMEM;
  pool->jobs_tail = &pool->jobs_head;
  topo_mutex_init(&pool->mutex);
  topo_mutex_init_condition(&pool->work);
  topo_mutex_init_condition(&pool->stopped);
  int r = start_threads(pool, threads);
  if (r != TOPO_OK) {
    topo_pool_destroy(pool);
    return r;
  }
  *out = pool;
  return TOPO_OK;
}

void topo_pool_destroy(struct topo_pool *pool)
{
  if (!pool)
    return;
  pthread_mutex_lock(&pool->mutex);
  topo_assert(pool->actors == 0);
  pool->closing = true;
  pthread_cond_broadcast(&pool->work);
  pthread_mutex_unlock(&pool->mutex);
  for (unsigned i = 0; i < pool->threads_len; i++)
    pthread_join(pool->threads[i], NULL);
  pthread_cond_destroy(&pool->stopped);
  pthread_cond_destroy(&pool->work);
  pthread_mutex_destroy(&pool->mutex);
  free(pool);
}

void topo_actor_init(struct topo_actor *actor, struct topo_pool *pool,
                     void (*run)(struct topo_actor *actor))
{
  *actor = (struct topo_actor){.run = run, .pool = pool};
  pthread_mutex_lock(&pool->mutex);
  pool->actors++;
  pthread_mutex_unlock(&pool->mutex);
}

void topo_actor_wake(struct topo_actor *actor)
{
  struct topo_pool *pool = actor->pool;
  pthread_mutex_lock(&pool->mutex);
  wake_locked(actor);
  pthread_mutex_unlock(&pool->mutex);
}

void topo_actor_set_deadline(struct topo_actor *actor, uint64_t at_ns)
{
  struct topo_pool *pool = actor->pool;
  pthread_mutex_lock(&pool->mutex);
  if (at_ns == TOPO_NEVER || actor->stopping) {
    topo_timers_cancel(&pool->timers, &actor->timer);
  } else {
    bool earliest = at_ns < topo_timers_next_ns(&pool->timers);
    topo_timers_set(&pool->timers, &actor->timer, at_ns);
    if (earliest)
      pthread_cond_broadcast(&pool->work);
  }
  pthread_mutex_unlock(&pool->mutex);
}

static bool is_running(const struct topo_actor *actor)
{
  return actor->state == TOPO_ACTOR_RUNNING || actor->state == TOPO_ACTOR_AGAIN;
}

void topo_actor_stop(struct topo_actor *actor)
{
  struct topo_pool *pool = actor->pool;
  pthread_mutex_lock(&pool->mutex);
  topo_assert(!is_running(actor) || !pthread_equal(actor->runner, pthread_self()));
  if (!actor->stopping) {
    actor->stopping = true;
    pool->actors--;
    topo_timers_cancel(&pool->timers, &actor->timer);
    if (actor->state == TOPO_ACTOR_READY)
      take_ready(pool, actor);
  }
  while (is_running(actor))
    pthread_cond_wait(&pool->stopped, &pool->mutex);
  actor->state = TOPO_ACTOR_STOPPED;
  pthread_mutex_unlock(&pool->mutex);
}

void topo_pool_submit(struct topo_pool *pool, struct topo_job *job)
{
  job->next = NULL;
  pthread_mutex_lock(&pool->mutex);
  *pool->jobs_tail = job;
  pool->jobs_tail = &job->next;
  pthread_cond_signal(&pool->work);
  pthread_mutex_unlock(&pool->mutex);
}
