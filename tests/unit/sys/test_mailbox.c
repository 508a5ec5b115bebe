/*
 * test_mailbox.c - mails arrive in order, never more than the bound, and none without a wake.
 */
#include "base/status.h"
#include "sys/mailbox.h"

#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct task {
  struct topo_mail mail; /* first, so that a mail can be read as its task */
  int sender, number;
};

static void count_wake(void *arg)
{
  ++*(int *)arg;
}

static void mails_are_taken_in_order_up_to_the_bound(void **state)
{
  (void)state;
  struct topo_mailbox box;
  struct task tasks[4];
  int wakes = 0;
  topo_mailbox_init(&box, 3, count_wake, &wakes);
  assert_null(topo_mailbox_take(&box));
  for (int i = 0; i < 3; i++)
    assert_int_equal(topo_mailbox_put(&box, &tasks[i].mail), 0);
  assert_int_equal(topo_mailbox_put(&box, &tasks[3].mail), TOPO_EAGAIN);
  assert_int_equal(wakes, 1);
  assert_ptr_equal(topo_mailbox_take(&box), &tasks[0]);
  assert_int_equal(topo_mailbox_put(&box, &tasks[3].mail), 0);
  assert_int_equal(wakes, 1);
  for (int i = 1; i < 4; i++)
    assert_ptr_equal(topo_mailbox_take(&box), &tasks[i]);
  assert_null(topo_mailbox_take(&box));
  assert_int_equal(topo_mailbox_put(&box, &tasks[0].mail), 0);
  assert_int_equal(wakes, 2);
  topo_mailbox_finish(&box);
  topo_mailbox_finish(NULL);
}

static void all_can_be_taken_at_once(void **state)
{
  (void)state;
  struct topo_mailbox box;
  struct task tasks[3];
  topo_mailbox_init(&box, 3, NULL, NULL);
  assert_null(topo_mailbox_take_all(&box));
  for (int i = 0; i < 3; i++)
    assert_int_equal(topo_mailbox_put(&box, &tasks[i].mail), 0);
  struct topo_mail *mail = topo_mailbox_take_all(&box);
  for (int i = 0; i < 3; i++, mail = mail->next)
    assert_ptr_equal(mail, &tasks[i]);
  assert_null(mail);
  for (int i = 0; i < 3; i++)
    assert_int_equal(topo_mailbox_put(&box, &tasks[i].mail), 0);
  assert_ptr_equal(topo_mailbox_take(&box), &tasks[0]);
  topo_mailbox_finish(&box);
}

static void a_closed_mailbox_gives_but_does_not_take(void **state)
{
  (void)state;
  struct topo_mailbox box;
  struct task a, b;
  topo_mailbox_init(&box, 3, NULL, NULL);
  assert_int_equal(topo_mailbox_put(&box, &a.mail), 0);
  topo_mailbox_close(&box);
  assert_int_equal(topo_mailbox_put(&box, &b.mail), TOPO_ECLOSED);
  assert_ptr_equal(topo_mailbox_take(&box), &a);
  assert_null(topo_mailbox_take(&box));
  topo_mailbox_finish(&box);
}

enum { SENDERS = 4, EACH = 5000, BOUND = 16 };

static struct {
  struct topo_mailbox box;
  sem_t woken;
  struct task tasks[SENDERS][EACH];
} post;

static void post_wake(void *arg)
{
  sem_post(arg);
}

static void *send_all(void *arg)
{
  struct task *tasks = arg;
  for (int i = 0; i < EACH; i++)
    while (topo_mailbox_put(&post.box, &tasks[i].mail) == TOPO_EAGAIN)
      sched_yield();
  return NULL;
}

/* Many send, one sleeps until it is woken: it gets every task once, each sender's in order. A
 * lost wake would leave it asleep for ever. */
static void nothing_is_lost_between_threads(void **state)
{
  (void)state;
  pthread_t threads[SENDERS];
  int next[SENDERS] = {0}, taken = 0;
  assert_int_equal(sem_init(&post.woken, 0, 0), 0);
  topo_mailbox_init(&post.box, BOUND, post_wake, &post.woken);
  for (int s = 0; s < SENDERS; s++) {
    for (int i = 0; i < EACH; i++)
      post.tasks[s][i] = (struct task){.sender = s, .number = i};
    assert_int_equal(pthread_create(&threads[s], NULL, send_all, post.tasks[s]), 0);
  }
  while (taken < SENDERS * EACH) {
    while (sem_wait(&post.woken) != 0)
      ;
    struct topo_mail *mail;
    while ((mail = topo_mailbox_take(&post.box)) != NULL) {
      const struct task *task = (const struct task *)mail;
      assert_int_equal(task->number, next[task->sender]++);
      taken++;
    }
  }
  for (int s = 0; s < SENDERS; s++)
    pthread_join(threads[s], NULL);
  assert_null(topo_mailbox_take(&post.box));
  topo_mailbox_finish(&post.box);
  sem_destroy(&post.woken);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(mails_are_taken_in_order_up_to_the_bound),
      cmocka_unit_test(all_can_be_taken_at_once),
      cmocka_unit_test(a_closed_mailbox_gives_but_does_not_take),
      cmocka_unit_test(nothing_is_lost_between_threads),
  };
  return cmocka_run_group_tests_name("mailbox", tests, NULL, NULL);
}
