/*
 * test_pool.c - actors run one at a time, miss no wake, keep deadlines, and stop for good; jobs run
 * once.
 */
#include "base/assert.h"
#include "base/status.h"
#include "lib/aborts.h"
#include "sys/clock.h"
#include "sys/pool.h"

#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>

enum { THREADS = 4, ACTORS = 16, WAKERS = 4, WAKES = 4000 };

static void wait_for(sem_t *sem)
{
  while (sem_wait(sem) != 0)
    ;
}

/* Counts what was sent to it. `inside` is touched without a lock on purpose: a second thread inside
 * would be caught by the assertion, and by ThreadSanitizer. */
struct counter {
  struct topo_actor actor; /* first */
  atomic_int sent;
  int inside, seen;
  atomic_int seen_shared;
};

static void count(struct topo_actor *actor)
{
  struct counter *c = (struct counter *)actor;
  topo_assert(c->inside++ == 0);
  c->seen = atomic_load(&c->sent);
  atomic_store(&c->seen_shared, c->seen);
  topo_assert(c->inside-- == 1);
}

static struct counter counters[ACTORS];

static void *wake_all(void *arg)
{
  (void)arg;
  for (int i = 0; i < WAKES; i++)
    for (int a = 0; a < ACTORS; a++)
      if ((i + a) % 4 == 0) {
        atomic_fetch_add(&counters[a].sent, 1);
        topo_actor_wake(&counters[a].actor);
      }
  return NULL;
}

/* Whatever is sent before a wake is seen by a run after it: without that, the wait would not end.
 */
static void actors_run_alone_and_miss_no_wake(void **state)
{
  (void)state;
  struct topo_pool *pool;
  pthread_t wakers[WAKERS];
  assert_int_equal(topo_pool_create(THREADS, &pool), 0);
  for (int a = 0; a < ACTORS; a++)
    topo_actor_init(&counters[a].actor, pool, count);
  for (int w = 0; w < WAKERS; w++)
    assert_int_equal(pthread_create(&wakers[w], NULL, wake_all, NULL), 0);
  for (int w = 0; w < WAKERS; w++)
    pthread_join(wakers[w], NULL);
  for (int a = 0; a < ACTORS; a++) {
    while (atomic_load(&counters[a].seen_shared) < WAKERS * WAKES / 4)
      sched_yield();
    topo_actor_stop(&counters[a].actor);
    assert_int_equal(counters[a].seen, WAKERS * WAKES / 4);
  }
  topo_pool_destroy(pool);
}

/* Two actors that wake each other: a lost wake ends the game early. */
struct player {
  struct topo_actor actor; /* first */
  struct player *other;
  atomic_int *ball;
  sem_t *over;
};

static void play(struct topo_actor *actor)
{
  struct player *p = (struct player *)actor;
  if (atomic_fetch_add(p->ball, 1) == 20000)
    sem_post(p->over);
  topo_actor_wake(&p->other->actor);
}

static void actors_wake_each_other(void **state)
{
  (void)state;
  struct topo_pool *pool;
  struct player a, b;
  atomic_int ball = 0;
  sem_t over;
  assert_int_equal(sem_init(&over, 0, 0), 0);
  assert_int_equal(topo_pool_create(2, &pool), 0);
  a = (struct player){.other = &b, .ball = &ball, .over = &over};
  b = (struct player){.other = &a, .ball = &ball, .over = &over};
  topo_actor_init(&a.actor, pool, play);
  topo_actor_init(&b.actor, pool, play);
  topo_actor_wake(&a.actor);
  wait_for(&over);
  topo_actor_stop(&a.actor);
  topo_actor_stop(&b.actor);
  topo_pool_destroy(pool);
  sem_destroy(&over);
}

struct sleeper {
  struct topo_actor actor; /* first */
  uint64_t due_ns;
  int left;
  bool early;
  sem_t over;
};

static void sleep_again(struct topo_actor *actor)
{
  struct sleeper *s = (struct sleeper *)actor;
  s->early |= topo_clock_monotonic_ns() < s->due_ns;
  if (s->left-- == 0) {
    sem_post(&s->over);
    return;
  }
  s->due_ns = topo_clock_monotonic_ns() + 100000;
  topo_actor_set_deadline(actor, s->due_ns);
}

/* Each run sets the next deadline; a far one of another actor does not hold it up. */
static void deadlines_are_kept_and_not_early(void **state)
{
  (void)state;
  struct topo_pool *pool;
  static struct sleeper s[3], far;
  assert_int_equal(topo_pool_create(2, &pool), 0);
  topo_actor_init(&far.actor, pool, sleep_again);
  topo_actor_set_deadline(&far.actor, topo_clock_monotonic_ns() + UINT64_C(3600000000000));
  for (int i = 0; i < 3; i++) {
    assert_int_equal(sem_init(&s[i].over, 0, 0), 0);
    topo_actor_init(&s[i].actor, pool, sleep_again);
    s[i].left = 50;
    topo_actor_set_deadline(&s[i].actor, topo_clock_monotonic_ns());
  }
  for (int i = 0; i < 3; i++) {
    wait_for(&s[i].over);
    topo_actor_stop(&s[i].actor);
    assert_false(s[i].early);
    sem_destroy(&s[i].over);
  }
  topo_actor_stop(&far.actor);
  assert_int_equal(far.left, 0);
  topo_pool_destroy(pool);
}

struct blocker {
  struct topo_actor actor; /* first */
  sem_t begun, may_end;
};

static void block(struct topo_actor *actor)
{
  struct blocker *b = (struct blocker *)actor;
  sem_post(&b->begun);
  wait_for(&b->may_end);
}

/* A deadline is kept by one thread while the other is busy. */
static void a_busy_thread_does_not_hold_up_deadlines(void **state)
{
  (void)state;
  struct topo_pool *pool;
  static struct blocker b;
  static struct sleeper s;
  sem_init(&b.begun, 0, 0);
  sem_init(&b.may_end, 0, 0);
  sem_init(&s.over, 0, 0);
  assert_int_equal(topo_pool_create(2, &pool), 0);
  topo_actor_init(&b.actor, pool, block);
  topo_actor_init(&s.actor, pool, sleep_again);
  s.left = 3;
  topo_actor_set_deadline(&s.actor, topo_clock_monotonic_ns() + 1000000);
  topo_actor_wake(&b.actor);
  wait_for(&b.begun);
  wait_for(&s.over);
  sem_post(&b.may_end);
  topo_actor_stop(&b.actor);
  topo_actor_stop(&s.actor);
  topo_pool_destroy(pool);
}

struct lingerer {
  struct topo_actor actor; /* first */
  sem_t begun;
  atomic_bool stop_called;
  int runs;
  bool ended;
};

/* Goes on for a while after it is told to stop: a stop that does not wait comes back before that.
 */
static void linger(struct topo_actor *actor)
{
  struct lingerer *l = (struct lingerer *)actor;
  l->runs++;
  sem_post(&l->begun);
  while (!atomic_load(&l->stop_called))
    sched_yield();
  for (int i = 0; i < 2000; i++)
    sched_yield();
  l->ended = true;
}

static void *stop_actor(void *arg)
{
  topo_actor_stop(arg);
  return NULL;
}

/* Two threads stop it in the midst of a run: both wait for the end of the run, and no wake or
 * deadline that comes later has an effect. */
static void a_stopped_actor_has_ended_and_stays_so(void **state)
{
  (void)state;
  struct topo_pool *pool;
  pthread_t stopper;
  struct lingerer l = {.runs = 0};
  sem_init(&l.begun, 0, 0);
  assert_int_equal(topo_pool_create(2, &pool), 0);
  topo_actor_init(&l.actor, pool, linger);
  topo_actor_wake(&l.actor);
  wait_for(&l.begun);
  assert_int_equal(pthread_create(&stopper, NULL, stop_actor, &l.actor), 0);
  atomic_store(&l.stop_called, true);
  topo_actor_stop(&l.actor);
  assert_true(l.ended);
  topo_actor_wake(&l.actor);
  topo_actor_set_deadline(&l.actor, 0);
  pthread_join(stopper, NULL);
  topo_pool_destroy(pool);
  assert_int_equal(l.runs, 1);
  sem_destroy(&l.begun);
}

/* A waiting actor that is stopped never runs, and leaves the queue in order. */
static void an_actor_stopped_in_the_queue_never_runs(void **state)
{
  (void)state;
  struct topo_pool *pool;
  struct blocker b;
  struct counter c[3] = {0};
  sem_init(&b.begun, 0, 0);
  sem_init(&b.may_end, 0, 0);
  assert_int_equal(topo_pool_create(1, &pool), 0);
  topo_actor_init(&b.actor, pool, block);
  topo_actor_wake(&b.actor);
  wait_for(&b.begun);
  for (int i = 0; i < 3; i++) {
    topo_actor_init(&c[i].actor, pool, count);
    atomic_store(&c[i].sent, 1);
    topo_actor_wake(&c[i].actor);
  }
  topo_actor_stop(&c[1].actor);
  sem_post(&b.may_end);
  while (atomic_load(&c[0].seen_shared) + atomic_load(&c[2].seen_shared) < 2)
    sched_yield();
  topo_actor_stop(&c[0].actor);
  topo_actor_stop(&c[2].actor);
  topo_actor_stop(&b.actor);
  assert_int_equal(c[1].seen, 0);
  topo_pool_destroy(pool);
}

/* Actors are made, woken and freed while the pool works: nothing of a stopped one is touched again.
 */
static void stopped_actors_can_be_freed_at_once(void **state)
{
  (void)state;
  struct topo_pool *pool;
  assert_int_equal(topo_pool_create(THREADS, &pool), 0);
  for (int i = 0; i < 3000; i++) {
    struct counter *c = calloc(1, sizeof *c);
    assert_non_null(c);
    topo_actor_init(&c->actor, pool, count);
    topo_actor_set_deadline(&c->actor, topo_clock_monotonic_ns() + (uint64_t)(i % 7) * 1000);
    topo_actor_wake(&c->actor);
    topo_actor_wake(&c->actor);
    topo_actor_stop(&c->actor);
    free(c);
  }
  topo_pool_destroy(pool);
}

struct work {
  struct topo_job job; /* first */
  struct topo_pool *pool;
  struct work *child;
  atomic_int *done;
};

static void do_work(struct topo_job *job)
{
  struct work *w = (struct work *)job;
  atomic_fetch_add(w->done, 1);
  if (w->child)
    topo_pool_submit(w->pool, &w->child->job);
}

/* Destroying the pool waits for all jobs, also for those that jobs submit. */
static void every_job_runs_once(void **state)
{
  (void)state;
  enum { JOBS = 5000 };
  static struct work work[JOBS], children[JOBS];
  struct topo_pool *pool;
  atomic_int done = 0;
  assert_int_equal(topo_pool_create(THREADS, &pool), 0);
  for (int i = 0; i < JOBS; i++) {
    children[i] = (struct work){.job = {.run = do_work}, .done = &done};
    work[i] =
        (struct work){.job = {.run = do_work}, .pool = pool, .child = &children[i], .done = &done};
    topo_pool_submit(pool, &work[i].job);
  }
  topo_pool_destroy(pool);
  assert_int_equal(done, 2 * JOBS);
}

struct spinner {
  struct topo_actor actor; /* first */
};

static void spin(struct topo_actor *actor)
{
  topo_actor_wake(actor);
}

struct signal_job {
  struct topo_job job; /* first */
  sem_t done;
};

static void post_done(struct topo_job *job)
{
  sem_post(&((struct signal_job *)job)->done);
}

/* Actors that are always ready do not keep a job from its turn, nor the other way round. */
static void busy_actors_leave_turns_for_jobs(void **state)
{
  (void)state;
  struct topo_pool *pool;
  struct spinner s[3];
  struct signal_job job = {.job = {.run = post_done}};
  sem_init(&job.done, 0, 0);
  assert_int_equal(topo_pool_create(1, &pool), 0);
  for (int i = 0; i < 3; i++) {
    topo_actor_init(&s[i].actor, pool, spin);
    topo_actor_wake(&s[i].actor);
  }
  for (int i = 0; i < 10; i++) {
    topo_pool_submit(pool, &job.job);
    wait_for(&job.done);
  }
  for (int i = 0; i < 3; i++)
    topo_actor_stop(&s[i].actor);
  topo_pool_destroy(pool);
  topo_pool_destroy(NULL);
}

static void create_with(unsigned threads)
{
  struct topo_pool *pool;
  assert_int_equal(topo_pool_create(threads, &pool), 0);
  topo_pool_destroy(pool);
}

static void create_the_largest(void)
{
  create_with(TOPO_POOL_THREADS_MAX);
}

static void create_a_larger(void)
{
  create_with(TOPO_POOL_THREADS_MAX + 1);
}

/* A pool has at most TOPO_POOL_THREADS_MAX threads; more are a programmer's error. */
static void threads_are_bounded(void **state)
{
  (void)state;
  assert_false(test_aborts(create_the_largest));
  assert_true(test_aborts(create_a_larger));
}

/* One thread more than there are processors, from 3 to 16 (THREADS_MAX). */
static void threads_go_by_the_processors(void **state)
{
  static const struct {
    long processors;
    unsigned threads;
  } cases[] = {{-1, 3}, {0, 3}, {1, 3}, {2, 3}, {3, 4}, {14, 15}, {15, 16}, {16, 16}, {9999, 16}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_int_equal(topo_pool_threads(cases[i].processors), cases[i].threads);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(actors_run_alone_and_miss_no_wake),
      cmocka_unit_test(actors_wake_each_other),
      cmocka_unit_test(deadlines_are_kept_and_not_early),
      cmocka_unit_test(a_busy_thread_does_not_hold_up_deadlines),
      cmocka_unit_test(a_stopped_actor_has_ended_and_stays_so),
      cmocka_unit_test(an_actor_stopped_in_the_queue_never_runs),
      cmocka_unit_test(stopped_actors_can_be_freed_at_once),
      cmocka_unit_test(every_job_runs_once),
      cmocka_unit_test(threads_are_bounded),
      cmocka_unit_test(threads_go_by_the_processors),
      cmocka_unit_test(busy_actors_leave_turns_for_jobs),
  };
  return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
