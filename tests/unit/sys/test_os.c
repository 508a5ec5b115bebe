/*
 * test_os.c - the thin adapters over the operating system: clock, conditions, threads, randomness,
 * files, the lock.
 */
#include "base/status.h"
#include "sys/clock.h"
#include "sys/disk.h"
#include "sys/lock.h"
#include "sys/mutex.h"
#include "sys/rng.h"
#include "sys/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char home[] = "/tmp/topo-test-XXXXXX";

static int make_home(void **state)
{
  (void)state;
  return mkdtemp(home) ? chdir(home) : -1;
}

static int remove_home(void **state)
{
  (void)state;
  char command[64];
  snprintf(command, sizeof command, "rm -rf '%s'", home);
  return chdir("/") == 0 ? system(command) : -1;
}

static void the_monotonic_clock_never_goes_back(void **state)
{
  (void)state;
  uint64_t last = topo_clock_monotonic_ns();
  for (int i = 0; i < 1000; i++) {
    uint64_t now = topo_clock_monotonic_ns();
    assert_true(now >= last);
    last = now;
  }
}

/* 2024-01-01 has passed, and the year 2100 has not come: the unit is milliseconds since 1970. */
static void the_wall_clock_counts_milliseconds(void **state)
{
  (void)state;
  int64_t now = topo_clock_wall_ms();
  assert_true(now > INT64_C(1704067200000) && now < INT64_C(4102444800000));
}

/* By the wall clock the deadline is decades ago, and the wait would end at once. */
static void a_wait_for_a_condition_ends_by_the_monotonic_clock(void **state)
{
  (void)state;
  pthread_mutex_t mutex;
  pthread_cond_t never;
  topo_mutex_init(&mutex);
  topo_mutex_init_condition(&never);
  const uint64_t end = topo_clock_monotonic_ns() + 10000000;
  pthread_mutex_lock(&mutex);
  while (topo_mutex_wait_until(&never, &mutex, end)) /* it may also end without a reason */
    continue;
  pthread_mutex_unlock(&mutex);
  assert_true(topo_clock_monotonic_ns() >= end);
  pthread_cond_destroy(&never);
  pthread_mutex_destroy(&mutex);
}

static void *tell_blocked(void *arg)
{
  sigset_t mask;
  bool *blocked = arg;
  pthread_sigmask(SIG_SETMASK, NULL, &mask);
  *blocked = sigismember(&mask, SIGTERM) && sigismember(&mask, SIGHUP);
  return NULL;
}

/* Signals are for the thread that waits for them, whose own mask is not touched. */
static void a_thread_is_started_with_signals_blocked(void **state)
{
  (void)state;
  pthread_t thread;
  sigset_t mask;
  bool blocked = false;
  assert_int_equal(topo_thread_start(&thread, tell_blocked, &blocked), 0);
  pthread_join(thread, NULL);
  assert_true(blocked);
  pthread_sigmask(SIG_SETMASK, NULL, &mask);
  assert_false(sigismember(&mask, SIGTERM));
}

/* Every byte of a request is filled, also of one larger than the system gives at once. */
static void randomness_fills_all_of_it(void **state)
{
  (void)state;
  struct topo_rng rng = topo_rng_os();
  static uint8_t bytes[1 << 20];
  size_t zeros = 0;
  topo_rng_fill(&rng, bytes, sizeof bytes);
  for (size_t i = 0; i < sizeof bytes; i++)
    zeros += bytes[i] == 0;
  /* 4096 are expected; the bounds are more than 30 deviations away. */
  assert_in_range(zeros, 2000, 6200);
  assert_true(topo_rng_u64(&rng) != topo_rng_u64(&rng));
  topo_rng_fill(&rng, NULL, 0);
}

static void touch(const char *path)
{
  int fd = open(path, O_WRONLY | O_CREAT, 0600);
  assert_true(fd >= 0);
  close(fd);
}

static void directories_are_made_with_parents_and_private(void **state)
{
  (void)state;
  struct topo_disk disk = topo_disk_os();
  struct stat st;
  char path[128];
  assert_null(disk.vfs);
  assert_int_equal(disk.ops->make_dir(disk.ctx, "a/b//c/"), 0);
  assert_int_equal(disk.ops->make_dir(disk.ctx, "a/b/c"), 0);
  assert_int_equal(stat("a/b/c", &st), 0);
  assert_int_equal(st.st_mode & 0777, 0700);
  assert_int_equal(stat("a", &st), 0);
  assert_int_equal(st.st_mode & 0777, 0700);
  snprintf(path, sizeof path, "%s/absolute/x", home);
  assert_int_equal(disk.ops->make_dir(disk.ctx, path), 0);
  assert_int_equal(access("absolute/x", F_OK), 0);
  touch("a/file");
  assert_int_equal(disk.ops->make_dir(disk.ctx, "a/file"), TOPO_EIO);
  assert_int_equal(disk.ops->make_dir(disk.ctx, "a/file/x"), TOPO_EIO);
  assert_int_equal(disk.ops->make_dir(disk.ctx, ""), TOPO_EIO);
}

struct names {
  int count, stop_at;
  bool saw_x, saw_y;
};

static int see(void *arg, const char *name)
{
  struct names *names = arg;
  names->count++;
  names->saw_x |= strcmp(name, "x") == 0;
  names->saw_y |= strcmp(name, "y") == 0;
  return names->count == names->stop_at ? TOPO_ELIMIT : 0;
}

static void a_listing_names_every_entry_once(void **state)
{
  (void)state;
  struct topo_disk disk = topo_disk_os();
  struct names all = {0}, one = {.stop_at = 1};
  assert_int_equal(disk.ops->make_dir(disk.ctx, "list/x"), 0);
  touch("list/y");
  assert_int_equal(disk.ops->list(disk.ctx, "list", see, &all), 0);
  assert_int_equal(all.count, 2);
  assert_true(all.saw_x && all.saw_y);
  assert_int_equal(disk.ops->list(disk.ctx, "list", see, &one), TOPO_ELIMIT);
  assert_int_equal(one.count, 1);
  assert_int_equal(disk.ops->list(disk.ctx, "nowhere", see, &all), TOPO_ENOTFOUND);
  assert_int_equal(disk.ops->list(disk.ctx, "list/y", see, &all), TOPO_EIO);
}

static void removing_is_idempotent(void **state)
{
  (void)state;
  struct topo_disk disk = topo_disk_os();
  touch("gone");
  assert_int_equal(disk.ops->remove(disk.ctx, "gone"), 0);
  assert_int_equal(access("gone", F_OK), -1);
  assert_int_equal(disk.ops->remove(disk.ctx, "gone"), 0);
  assert_int_equal(disk.ops->remove(disk.ctx, "no/such/place"), 0);
  assert_int_equal(disk.ops->make_dir(disk.ctx, "full/of"), 0);
  assert_true(disk.ops->remove(disk.ctx, "full") < 0);
  assert_int_equal(access("full/of", F_OK), 0);
}

/* What a fresh process is told when it asks for the lock of "."; it ends at once. */
static int ask_in_another_process(void)
{
  pid_t child = fork();
  if (child == 0) {
    struct topo_lock *lock;
    _exit(-topo_lock_take(".", &lock));
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  return -WEXITSTATUS(status);
}

static void the_lock_refuses_others_and_names_its_owner(void **state)
{
  (void)state;
  struct topo_lock *lock, *second;
  long pid;
  assert_int_equal(topo_lock_owner(".", &pid), TOPO_ENOTFOUND);
  assert_int_equal(topo_lock_take(".", &lock), 0);
  assert_int_equal(ask_in_another_process(), TOPO_ELOCKED);
  assert_int_equal(topo_lock_take(".", &second), TOPO_ELOCKED);
  assert_null(second);
  assert_int_equal(topo_lock_owner(".", &pid), 0);
  assert_int_equal(pid, getpid());
  topo_lock_release(lock);
  assert_int_equal(ask_in_another_process(), 0);
  assert_int_equal(topo_lock_take("nowhere", &lock), TOPO_ENOTFOUND);
  topo_lock_release(NULL);
}

/* Whoever may write a folder may swap what is in it: such a folder is nobody's to lock. */
static void a_folder_that_others_may_write_is_refused(void **state)
{
  (void)state;
  static const mode_t modes[] = {0777, 0770, 0707, 0720, 01777, 0755, 0750, 0700};
  struct topo_lock *lock;
  assert_int_equal(mkdir("shared", 0700), 0);
  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
    int wanted = modes[i] & 022 ? TOPO_EDENIED : 0;
    assert_int_equal(chmod("shared", modes[i]), 0);
    assert_int_equal(topo_lock_take("shared", &lock), wanted);
    topo_lock_release(lock);
  }
  /* One of another user's, if there can be one here. */
  if (chown("shared", 12345, (gid_t)-1) == 0) {
    assert_int_equal(topo_lock_take("shared", &lock), TOPO_EDENIED);
    assert_null(lock);
  }
}

/* A killed owner leaves the file and its number behind, but not the lock. */
static void a_killed_owner_leaves_no_lock(void **state)
{
  (void)state;
  int ready[2];
  char byte;
  long pid;
  struct topo_lock *lock;
  assert_int_equal(pipe(ready), 0);
  pid_t child = fork();
  if (child == 0) {
    if (topo_lock_take(".", &lock) == 0 && write(ready[1], "x", 1) == 1)
      for (;;)
        pause();
    _exit(1);
  }
  assert_int_equal(read(ready[0], &byte, 1), 1);
  assert_int_equal(topo_lock_take(".", &lock), TOPO_ELOCKED);
  assert_int_equal(topo_lock_owner(".", &pid), 0);
  assert_int_equal(pid, child);
  assert_int_equal(kill(child, SIGKILL), 0);
  assert_int_equal(waitpid(child, NULL, 0), child);
  assert_int_equal(topo_lock_take(".", &lock), 0);
  topo_lock_release(lock);
  close(ready[0]);
  close(ready[1]);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_monotonic_clock_never_goes_back),
      cmocka_unit_test(the_wall_clock_counts_milliseconds),
      cmocka_unit_test(a_wait_for_a_condition_ends_by_the_monotonic_clock),
      cmocka_unit_test(a_thread_is_started_with_signals_blocked),
      cmocka_unit_test(randomness_fills_all_of_it),
      cmocka_unit_test(directories_are_made_with_parents_and_private),
      cmocka_unit_test(a_listing_names_every_entry_once),
      cmocka_unit_test(removing_is_idempotent),
      cmocka_unit_test(the_lock_refuses_others_and_names_its_owner),
      cmocka_unit_test(a_folder_that_others_may_write_is_refused),
      cmocka_unit_test(a_killed_owner_leaves_no_lock),
  };
  return cmocka_run_group_tests_name("os", tests, make_home, remove_home);
}
