/*
 * test_loop.c - the event loop calls what is ready, due, woken or signalled, and nothing else.
 */
#include "base/status.h"
#include "sys/clock.h"
#include "sys/loop.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cmocka.h>

static struct topo_loop *loop;

static int make_loop(void **state)
{
  (void)state;
  return topo_loop_create(&loop);
}

static int end_loop(void **state)
{
  (void)state;
  topo_loop_destroy(loop);
  return 0;
}

struct watched {
  struct topo_watch watch; /* first */
  int write_fd;
  int calls;
  struct watched *removes; /* another watch that the callback removes */
};

static void open_watched(struct watched *p, void (*ready)(struct topo_watch *, uint32_t))
{
  int fds[2];
  assert_int_equal(pipe(fds), 0);
  *p = (struct watched){.watch = {.fd = fds[0], .ready = ready}, .write_fd = fds[1]};
}

static void close_watched(struct watched *p)
{
  close(p->watch.fd);
  close(p->write_fd);
}

static void read_one_and_stop(struct topo_watch *watch, uint32_t events)
{
  struct watched *p = (struct watched *)watch;
  char byte;
  assert_true(events & EPOLLIN);
  assert_int_equal(read(watch->fd, &byte, 1), 1);
  p->calls++;
  topo_loop_stop(loop);
}

static void a_ready_descriptor_is_called(void **state)
{
  (void)state;
  struct watched p;
  open_watched(&p, read_one_and_stop);
  assert_int_equal(topo_loop_add(loop, &p.watch, EPOLLIN), 0);
  assert_int_equal(topo_loop_add(loop, &p.watch, EPOLLIN), TOPO_EINVAL);
  for (int i = 1; i <= 3; i++) {
    assert_int_equal(write(p.write_fd, "x", 1), 1);
    assert_int_equal(topo_loop_run(loop), 0);
    assert_int_equal(p.calls, i);
  }
  topo_loop_remove(loop, &p.watch);
  close_watched(&p);
  assert_int_equal(topo_loop_add(loop, &p.watch, EPOLLIN), TOPO_EINVAL);
}

static void remove_other_and_stop(struct topo_watch *watch, uint32_t events)
{
  struct watched *p = (struct watched *)watch;
  (void)events;
  p->calls++;
  if (p->removes) {
    topo_loop_remove(loop, &p->removes->watch);
    p->removes->removes = NULL;
    p->removes = NULL;
  }
}

static void stop_on_timer(struct topo_timer *timer)
{
  (void)timer;
  topo_loop_stop(loop);
}

/* Two are ready in one batch; whichever comes first removes the other, which then stays silent. */
static void a_removed_watch_hears_nothing_more(void **state)
{
  (void)state;
  struct watched a, b;
  struct topo_timer timer = {.fire = stop_on_timer};
  open_watched(&a, remove_other_and_stop);
  open_watched(&b, remove_other_and_stop);
  a.removes = &b;
  b.removes = &a;
  assert_int_equal(topo_loop_add(loop, &a.watch, EPOLLIN | EPOLLET), 0);
  assert_int_equal(topo_loop_add(loop, &b.watch, EPOLLIN | EPOLLET), 0);
  assert_int_equal(write(a.write_fd, "x", 1), 1);
  assert_int_equal(write(b.write_fd, "x", 1), 1);
  topo_loop_set_timer(loop, &timer, topo_clock_monotonic_ns() + 2000000);
  assert_int_equal(topo_loop_run(loop), 0);
  assert_int_equal(a.calls + b.calls, 1);
  topo_loop_remove(loop, a.calls ? &a.watch : &b.watch);
  close_watched(&a);
  close_watched(&b);
}

static void count_and_stop(struct topo_watch *watch, uint32_t events)
{
  (void)events;
  ((struct watched *)watch)->calls++;
  topo_loop_stop(loop);
}

/* Edges that the kernel tells of once survive a stop between them. */
static void a_stop_within_a_round_loses_no_event(void **state)
{
  (void)state;
  struct watched a, b;
  open_watched(&a, count_and_stop);
  open_watched(&b, count_and_stop);
  assert_int_equal(topo_loop_add(loop, &a.watch, EPOLLIN | EPOLLET), 0);
  assert_int_equal(topo_loop_add(loop, &b.watch, EPOLLIN | EPOLLET), 0);
  assert_int_equal(write(a.write_fd, "x", 1), 1);
  assert_int_equal(write(b.write_fd, "x", 1), 1);
  assert_int_equal(topo_loop_run(loop), 0);
  assert_int_equal(topo_loop_run(loop), 0);
  assert_int_equal(a.calls, 1);
  assert_int_equal(b.calls, 1);
  topo_loop_remove(loop, &a.watch);
  topo_loop_remove(loop, &b.watch);
  close_watched(&a);
  close_watched(&b);
}

struct note_timer {
  struct topo_timer timer; /* first */
  char name;
};

static char order[16];

static void note(struct topo_timer *timer)
{
  size_t len = strlen(order);
  assert_true(topo_clock_monotonic_ns() >= timer->at_ns);
  order[len] = ((struct note_timer *)timer)->name;
  order[len + 1] = 0;
  if (((struct note_timer *)timer)->name == 'z')
    topo_loop_stop(loop);
}

static void timers_fire_in_order_and_not_early(void **state)
{
  (void)state;
  struct note_timer a = {{.fire = note}, 'a'}, b = {{.fire = note}, 'b'}, c = {{.fire = note}, 'c'},
                    z = {{.fire = note}, 'z'}, late = {{.fire = note}, 'l'};
  uint64_t now = topo_clock_monotonic_ns();
  order[0] = 0;
  topo_loop_set_timer(loop, &z.timer, now + 4000000);
  topo_loop_set_timer(loop, &c.timer, now + 3000000);
  topo_loop_set_timer(loop, &a.timer, 0);
  topo_loop_set_timer(loop, &b.timer, now + 5000000);
  topo_loop_set_timer(loop, &b.timer, now + 1000000);
  topo_loop_set_timer(loop, &late.timer, now + 2000000);
  topo_loop_cancel_timer(loop, &late.timer);
  assert_int_equal(topo_loop_run(loop), 0);
  assert_string_equal(order, "abcz");
}

static int rounds;

static void fire_again(struct topo_timer *timer)
{
  rounds++;
  topo_loop_set_timer(loop, timer, 0);
}

/* A timer that always sets itself to the past does not keep descriptors from being heard. */
static void an_eager_timer_starves_nobody(void **state)
{
  (void)state;
  struct topo_timer timer = {.fire = fire_again};
  struct watched p;
  open_watched(&p, read_one_and_stop);
  rounds = 0;
  assert_int_equal(topo_loop_add(loop, &p.watch, EPOLLIN), 0);
  assert_int_equal(write(p.write_fd, "x", 1), 1);
  topo_loop_set_timer(loop, &timer, 0);
  assert_int_equal(topo_loop_run(loop), 0);
  assert_true(rounds >= 1);
  assert_int_equal(p.calls, 1);
  topo_loop_set_timer(loop, &timer, TOPO_NEVER);
  assert_false(timer.set);
  topo_loop_remove(loop, &p.watch);
  close_watched(&p);
}

enum { PINGS = 2000 };

static atomic_int sent, heard;

static void hear(void *arg)
{
  (void)arg;
  atomic_store(&heard, atomic_load(&sent));
  if (atomic_load(&heard) == PINGS)
    topo_loop_stop(loop);
}

static void *ping(void *arg)
{
  (void)arg;
  for (int i = 0; i < PINGS; i++) {
    atomic_fetch_add(&sent, 1);
    topo_loop_wake(loop);
  }
  return NULL;
}

/* Wakes may be gathered, but the last one is always heard: else the loop would not end. */
static void a_wake_from_another_thread_is_heard(void **state)
{
  (void)state;
  pthread_t thread;
  topo_loop_on_wake(loop, hear, NULL);
  assert_int_equal(pthread_create(&thread, NULL, ping, NULL), 0);
  assert_int_equal(topo_loop_run(loop), 0);
  pthread_join(thread, NULL);
  assert_int_equal(atomic_load(&heard), PINGS);
}

static void *stop_it(void *arg)
{
  (void)arg;
  topo_loop_stop(loop);
  return NULL;
}

static void another_thread_can_stop_it(void **state)
{
  (void)state;
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, stop_it, NULL), 0);
  assert_int_equal(topo_loop_run(loop), 0);
  pthread_join(thread, NULL);
}

static void take_signal(void *arg, int number)
{
  *(int *)arg = number;
  topo_loop_stop(loop);
}

static void signals_arrive_as_calls(void **state)
{
  (void)state;
  int number = 0;
  assert_int_equal(topo_loop_on_signals(loop, take_signal, &number), 0);
  assert_int_equal(kill(getpid(), SIGTERM), 0);
  assert_int_equal(topo_loop_run(loop), 0);
  assert_int_equal(number, SIGTERM);
  assert_int_equal(kill(getpid(), SIGINT), 0);
  assert_int_equal(topo_loop_run(loop), 0);
  assert_int_equal(number, SIGINT);
}

#define with_loop(test) cmocka_unit_test_setup_teardown(test, make_loop, end_loop)

int main(void)
{
  const struct CMUnitTest tests[] = {
      with_loop(a_ready_descriptor_is_called),
      with_loop(a_removed_watch_hears_nothing_more),
      with_loop(a_stop_within_a_round_loses_no_event),
      with_loop(timers_fire_in_order_and_not_early),
      with_loop(an_eager_timer_starves_nobody),
      with_loop(a_wake_from_another_thread_is_heard),
      with_loop(another_thread_can_stop_it),
      with_loop(signals_arrive_as_calls),
  };
  return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
