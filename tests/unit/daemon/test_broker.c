/*
 * test_broker.c - the broker of a space: whoever subscribes is told everything once, in order, from
 * where it was: live, late, slow, and after a pause. With the real disk and the real threads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/daemon/real_registry.h"
#include "tests/unit/daemon/subscriber.h"

#include "base/status.h"
#include "daemon/broker.h"
#include "daemon/ring.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct scene {
  struct real_registry *h;
  struct topo_space *space;
  struct topo_id id, general;
  struct topo_subscription_source source;
};

static void look_around(struct scene *s, const struct topo_registry_entry *entry)
{
  s->space = entry->space;
  s->source = topo_registry_subscriptions(s->h->registry);
}

static struct scene scene(void **state)
{
  struct scene s = {.h = *state};
  const struct topo_registry_entry *entry = real_registry_found(s.h, "Tea house");
  s.id = entry->row.device;
  look_around(&s, entry);
  s.general = real_registry_general(s.space);
  return s;
}

static void restart(struct scene *s)
{
  real_registry_restart(s->h);
  look_around(s, topo_registry_find(s->h->registry, &s->id));
}

static struct subscriber *follow_types(struct scene *s, const char *since, uint32_t types)
{
  struct subscriber *l = subscriber_create();
  struct topo_subscription_request r = subscriber_request(l, &s->id, since, types, NULL);
  assert_int_equal(subscriber_open(l, &s->source, &r), 0);
  return l;
}

static struct subscriber *subscribe(struct scene *s, const char *since)
{
  return follow_types(s, since, 0);
}

/* Follows, and has been introduced: whatever happens from now on is told. */
static struct subscriber *follow_from_now(struct scene *s)
{
  struct subscriber *l = subscribe(s, NULL);
  subscriber_until(l, "ready");
  return l;
}

static void assert_each_once(const struct subscriber *l, unsigned first, unsigned n)
{
  unsigned *times = calloc(n, sizeof *times);
  for (size_t i = 0; i < l->n; i++) {
    int number = heard_number(&l->heard[i]) - (int)first;
    if (number >= 0 && number < (int)n)
      times[number]++;
  }
  for (unsigned i = 0; i < n; i++)
    if (times[i] != 1)
      fail_msg("message %u came %u times", first + i, times[i]);
  free(times);
}

/* Numbers of messages that one writer sent come in its order. */
static void assert_in_order(const struct subscriber *l)
{
  int last = -1;
  for (size_t i = 0; i < l->n; i++) {
    int number = heard_number(&l->heard[i]);
    if (number < 0)
      continue;
    assert_true(number > last);
    last = number;
  }
}

/* ---- the beginning --------------------------------------------------------------------------- */

static void ready_comes_first_then_the_states(void **state)
{
  struct scene s = scene(state);
  struct subscriber *l = subscribe(&s, NULL);
  subscriber_until(l, "peers");
  assert_string_equal(l->heard[0].type, "ready");
  assert_true(l->heard[0].cursor[0] != '\0');
  assert_int_equal(subscriber_count(l, "ready"), 1);
  assert_int_equal(subscriber_count(l, "space"), 1);
  assert_int_equal(subscriber_count(l, "sync"), 1);
  assert_int_equal(l->n, 4);
  const struct heard *space = &l->heard[1];
  assert_string_equal(space->cursor, "");
  assert_non_null(strstr(space->json, "\"name\":\"Tea house\""));
  subscriber_destroy(l);
}

static void a_message_is_told_as_a_read_shows_it(void **state)
{
  struct scene s = scene(state);
  struct subscriber *l = subscribe(&s, NULL);
  subscriber_until(l, "peers"); /* the last of the states */
  struct topo_op_call *call = real_registry_call(s.space, &topo_op_row_sendMessage, "channel",
                                                 &s.general, "{\"text\":\"m1\"}");
  assert_int_equal(call->status, 0);
  subscriber_until_messages(l, 1, 1);
  const struct heard *heard = &l->heard[l->n - 1];
  while (heard_number(heard) != 1)
    heard--;
  struct topo_bytes text = topo_json_text(&call->out);
  char *item = strndup((const char *)text.data, text.len);
  assert_non_null(strstr(heard->json, item));
  assert_true(heard->cursor[0] != '\0');
  free(item);
  topo_op_call_destroy(call);
  /* How things stand has changed with it: the count of events. */
  while (subscriber_count(l, "sync") < 2)
    subscriber_read(l);
  assert_int_equal(subscriber_count(l, "peers"), 1);
  subscriber_destroy(l);
}

static void nobody_is_wanted(void *arg)
{
  (void)arg;
}

static int open_broker(void *ctx, const struct topo_subscription_request *request,
                       struct topo_subscription **out)
{
  return topo_broker_open(ctx, request, out);
}

static struct topo_bytes value(const char *json)
{
  return (struct topo_bytes){(const uint8_t *)json, strlen(json)};
}

/* A broker by itself: a state is told once to each, when it differs from what was told. */
static void a_state_is_told_when_it_has_changed(void **state)
{
  struct scene s = scene(state);
  char path[256];
  const struct topo_registry_entry *entry = topo_registry_find(s.h->registry, &s.id);
  real_registry_path(s.h, entry->row.file, path, sizeof path);
  const struct topo_space_file file = {&s.h->disk, path, *topo_space_workspace(s.space), s.id};
  struct topo_broker_options o = {.pool = s.h->env.pool, .file = &file, .wanted = nobody_is_wanted};
  struct topo_broker *broker = topo_broker_create(&o);
  assert_non_null(broker);
  s.source = (struct topo_subscription_source){open_broker, broker};
  struct subscriber *all = follow_from_now(&s);
  struct subscriber *peers = follow_types(&s, NULL, 1u << TOPO_NOTIFY_PEERS);
  subscriber_until(peers, "ready");
  topo_broker_state(broker, TOPO_NOTIFY_SYNC, value("{\"n\":1}"));
  assert_non_null(strstr(subscriber_until(all, "sync")->json, "\"data\":{\"n\":1}}"));
  topo_broker_state(broker, TOPO_NOTIFY_SYNC, value("{\"n\":1}"));
  topo_broker_state(broker, TOPO_NOTIFY_PEERS, value("{}"));
  subscriber_until(all, "peers");
  subscriber_until(peers, "peers");
  topo_broker_state(broker, TOPO_NOTIFY_SYNC, value("{\"n\":2}"));
  topo_broker_state(broker, TOPO_NOTIFY_SYNC,
                    value("{\"n\":3}")); /* the last value is what counts */
  while (!strstr(subscriber_until(all, "sync")->json, "{\"n\":3}"))
    continue;
  assert_in_range(subscriber_count(all, "sync"), 2, 3);
  assert_int_equal(subscriber_count(peers, "sync"), 0);
  struct subscriber *late = subscribe(&s, NULL);
  subscriber_until(late, "peers");
  assert_int_equal(late->n, 3);
  assert_non_null(strstr(late->heard[1].json, "{\"n\":3}"));
  topo_broker_stop(broker);
  while (!all->over)
    subscriber_read(all);
  subscriber_destroy(all);
  subscriber_destroy(peers);
  subscriber_destroy(late);
  topo_broker_destroy(broker);
}

/* ---- filters --------------------------------------------------------------------------------- */

static void only_the_types_that_were_asked_for_are_told(void **state)
{
  struct scene s = scene(state);
  struct subscriber *l =
      follow_types(&s, NULL, 1u << TOPO_NOTIFY_CHANNEL | 1u << TOPO_NOTIFY_PEERS);
  subscriber_until(l, "ready");
  real_registry_send(s.space, &s.general, 1, 3);
  real_registry_channel(s.space, "one");
  real_registry_send(s.space, &s.general, 4, 3);
  real_registry_channel(s.space, "two");
  while (subscriber_count(l, "channel") < 2 || subscriber_count(l, "peers") < 1)
    subscriber_read(l);
  assert_int_equal(l->n, 4);
  subscriber_destroy(l);
}

/* Messages of other channels are not told, also from the log; what is no message is. */
static void only_the_channel_that_was_asked_for_is_told(void **state)
{
  struct scene s = scene(state);
  struct subscriber *live = subscriber_create(), *late = subscriber_create();
  struct subscriber *witness = follow_from_now(&s);
  struct topo_subscription_request r = subscriber_request(live, &s.id, NULL, 0, &s.general);
  assert_int_equal(subscriber_open(live, &s.source, &r), 0);
  subscriber_until(live, "ready");
  struct topo_id other = real_registry_channel(s.space, "other");
  for (unsigned i = 0; i < 20; i++)
    real_registry_send(s.space, i % 2 ? &other : &s.general, i, 1);
  real_registry_send(s.space, &s.general, 20, 1);
  subscriber_until_messages(live, 20, 1);
  r = subscriber_request(late, &s.id, witness->heard[0].cursor, 0, &s.general);
  assert_int_equal(subscriber_open(late, &s.source, &r), 0);
  subscriber_until_messages(late, 20, 1);
  for (unsigned i = 0; i < 20; i++) {
    assert_int_equal(subscriber_count_message(live, i), i % 2 == 0);
    assert_int_equal(subscriber_count_message(late, i), i % 2 == 0);
  }
  assert_int_equal(subscriber_count(live, "channel"), 1);
  assert_int_equal(subscriber_count(late, "channel"), 1);
  subscriber_destroy(live);
  subscriber_destroy(late);
  subscriber_destroy(witness);
}

/* ---- nothing is missed, nothing comes twice -------------------------------------------------- */

/* The smallest reads there are give one event each, and lose none: not those that came between the
 * opening and the first read, and not those that came while there was no room. */
static void a_read_without_room_loses_nothing(void **state)
{
  struct scene s = scene(state);
  struct subscriber *l = subscribe(&s, NULL), *witness = follow_from_now(&s);
  subscriber_await(l); /* it is live from here on */
  for (unsigned i = 0; i < 10; i++) {
    real_registry_send(s.space, &s.general, i, 1);
    subscriber_until_messages(witness, i, 1);
  }
  l->max_bytes = 1;
  while (l->n == 0 || subscriber_count_message(l, 9) == 0)
    subscriber_read(l);
  assert_each_once(l, 0, 10);
  assert_in_order(l);
  subscriber_destroy(l);
  subscriber_destroy(witness);
}

/* From the log, too: room for exactly what was read ahead. */
static void a_backlog_that_fills_a_read_loses_nothing(void **state)
{
  struct scene s = scene(state);
  struct subscriber *witness = follow_from_now(&s);
  char since[TOPO_SUBSCRIPTION_CURSOR_SIZE];
  strcpy(since, witness->last);
  real_registry_send(s.space, &s.general, 0, 300);
  subscriber_until_messages(witness, 0, 300);
  struct subscriber *l = subscribe(&s, since);
  for (l->max_bytes = 1; subscriber_count_message(l, 299) == 0;
       l->max_bytes = l->max_bytes * 7 % 4099)
    assert_true(subscriber_read(l) >= 0);
  assert_each_once(l, 0, 300);
  assert_in_order(l);
  subscriber_destroy(l);
  subscriber_destroy(witness);
}

/* The numbers of the messages that an answer of listMessages shows. */
static void count_page(const struct topo_op_call *call, unsigned *times, unsigned n)
{
  struct topo_bytes text = topo_json_text(&call->out);
  char *json = strndup((const char *)text.data, text.len);
  for (const char *at = json; (at = strstr(at, "\"text\":\"m")) != NULL; at++) {
    unsigned number = (unsigned)atoi(at + 9);
    assert_true(number < n);
    times[number]++;
  }
  free(json);
}

/* A page and the events after its cursor are everything, however fast somebody writes. */
static void a_page_and_what_follows_it_are_everything(void **state)
{
  enum { ROUNDS = 8, N = 150 };
  struct scene s = scene(state);
  for (unsigned round = 0; round < ROUNDS; round++) {
    char name[16];
    unsigned times[N] = {0};
    snprintf(name, sizeof name, "c%u", round);
    struct registry_writer w = {
        .space = s.space, .channel = real_registry_channel(s.space, name), .n = N};
    registry_writer_start(&w);
    struct topo_op_call *call =
        real_registry_call(s.space, &topo_op_row_listMessages, "channel", &w.channel, NULL);
    assert_int_equal(call->status, 0);
    count_page(call, times, N);
    struct subscriber *l = subscriber_create();
    struct topo_subscription_request r = subscriber_request(l, &s.id, call->cursor, 0, &w.channel);
    assert_int_equal(subscriber_open(l, &s.source, &r), 0);
    topo_op_call_destroy(call);
    unsigned first = 0; /* a page shows a prefix of what one writer sends, or its last 50 */
    while (first < N && times[first] == 0)
      first++;
    unsigned next = first == N ? 0 : first;
    while (next < N && times[next] == 1)
      next++;
    if (first == N)
      next = 0;
    subscriber_until_messages(l, next, N - next);
    assert_each_once(l, next, N - next);
    for (unsigned i = 0; i < next; i++)
      assert_int_equal(subscriber_count_message(l, i), 0);
    registry_writer_join(&w);
    subscriber_destroy(l);
  }
}

static void closing_and_resuming_misses_nothing(void **state)
{
  enum { N = 2000, TIMES = 100 };
  struct scene s = scene(state);
  struct subscriber *l = follow_from_now(&s);
  struct registry_writer w = {.space = s.space, .channel = s.general, .n = N};
  registry_writer_start(&w);
  for (unsigned i = 1; i <= TIMES; i++) {
    size_t before = l->n;
    l->max_bytes = i % 3 ? SUBSCRIBER_READ_BYTES : 500;
    while (l->n - before < N / TIMES / 2 && subscriber_count_message(l, N - 1) == 0)
      subscriber_read(l);
    subscriber_close(l);
    struct topo_subscription_request r =
        subscriber_request(l, &s.id, l->last, i % 5 ? 0 : 1u << TOPO_NOTIFY_MESSAGE, NULL);
    assert_int_equal(subscriber_open(l, &s.source, &r), 0);
  }
  subscriber_until_messages(l, N - 1, 1);
  registry_writer_join(&w);
  assert_each_once(l, 0, N);
  assert_in_order(l);
  assert_int_equal(subscriber_count(l, "reset"), 0);
  subscriber_destroy(l);
}

/* Three times what the ring holds go by somebody who does not read, and others do. */
static void who_sleeps_through_the_ring_is_served_from_the_log(void **state)
{
  enum { N = 3 * TOPO_RING_NOTIFICATIONS_MAX - 72 };
  struct scene s = scene(state);
  struct subscriber *sleeper = follow_from_now(&s), *half = follow_from_now(&s),
                    *awake = follow_from_now(&s);
  struct registry_writer w = {.space = s.space, .channel = s.general, .n = N};
  registry_writer_start(&w);
  subscriber_until_messages(half, N / 8, 1);
  subscriber_until_messages(awake, 0, N);
  registry_writer_join(&w);
  assert_each_once(awake, 0, N);
  struct subscriber *each[] = {sleeper, half};
  for (size_t i = 0; i < 2; i++) {
    subscriber_until_messages(each[i], N - 1, 1);
    assert_each_once(each[i], 0, N);
    assert_in_order(each[i]);
    assert_int_equal(subscriber_count(each[i], "reset"), 0);
  }
  /* And both are live again. */
  real_registry_send(s.space, &s.general, N, 5);
  for (size_t i = 0; i < 2; i++) {
    subscriber_until_messages(each[i], N, 5);
    assert_each_once(each[i], 0, N + 5);
  }
  subscriber_destroy(sleeper);
  subscriber_destroy(half);
  subscriber_destroy(awake);
}

/* ---- cursors --------------------------------------------------------------------------------- */

static void a_cursor_of_elsewhere_begins_anew(void **state)
{
  struct scene s = scene(state);
  struct subscriber *l = subscribe(&s, "0123456789abcdef.3");
  const struct heard *reset = subscriber_until(l, "reset");
  assert_ptr_equal(reset, &l->heard[0]);
  assert_int_equal(subscriber_count(l, "ready"), 0);
  struct topo_op_call *call =
      real_registry_call(s.space, &topo_op_row_listChannels, NULL, NULL, NULL);
  assert_string_equal(reset->cursor, call->cursor); /* nothing is missed after a read */
  topo_op_call_destroy(call);
  real_registry_send(s.space, &s.general, 0, 3);
  subscriber_until_messages(l, 0, 3);
  assert_int_equal(subscriber_count(l, "reset"), 1);
  subscriber_destroy(l);
}

static void what_is_no_cursor_is_refused(void **state)
{
  struct scene s = scene(state);
  static const char *const bad[] = {"x", "0123456789abcdef", "0123456789abcdef.", "latest"};
  struct subscriber *l = subscriber_create();
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct topo_subscription_request r = subscriber_request(l, &s.id, bad[i], 0, NULL);
    assert_int_equal(subscriber_open(l, &s.source, &r), TOPO_EINVAL);
  }
  struct topo_id nobody = {{1}};
  struct topo_subscription_request r = subscriber_request(l, &nobody, NULL, 0, NULL);
  assert_int_equal(subscriber_open(l, &s.source, &r), TOPO_ENOTFOUND);
  subscriber_destroy(l);
}

static void a_cursor_outlives_the_registry(void **state)
{
  struct scene s = scene(state);
  char since[TOPO_SUBSCRIPTION_CURSOR_SIZE];
  struct subscriber *l = follow_from_now(&s);
  real_registry_send(s.space, &s.general, 0, 5);
  subscriber_until_messages(l, 0, 5);
  strcpy(since, l->last);
  real_registry_send(s.space, &s.general, 5, 200);
  subscriber_destroy(l);
  restart(&s);
  real_registry_send(s.space, &s.general, 205, 10);
  l = subscribe(&s, since);
  subscriber_until_messages(l, 5, 210);
  assert_each_once(l, 5, 210);
  for (unsigned i = 0; i < 5; i++)
    assert_int_equal(subscriber_count_message(l, i), 0);
  assert_string_equal(l->heard[0].type, "ready");
  subscriber_destroy(l);
}

/* The cursor of the introduction is the position that was asked for: who is cut off at once goes on
 * from there. */
static void an_introduction_skips_nothing(void **state)
{
  struct scene s = scene(state);
  char since[TOPO_SUBSCRIPTION_CURSOR_SIZE];
  struct subscriber *l = follow_from_now(&s);
  strcpy(since, l->last);
  real_registry_send(s.space, &s.general, 0, 100);
  subscriber_until_messages(l, 0, 100);
  subscriber_destroy(l);
  l = subscriber_create();
  l->max_bytes = 1;
  strcpy(l->last, since);
  for (unsigned i = 0; i < 20; i++) { /* hears its introduction and goes */
    struct topo_subscription_request r =
        subscriber_request(l, &s.id, l->last, 1u << TOPO_NOTIFY_MESSAGE, NULL);
    assert_int_equal(subscriber_open(l, &s.source, &r), 0);
    subscriber_until(l, "ready");
    subscriber_close(l);
  }
  struct topo_subscription_request r = subscriber_request(l, &s.id, l->last, 0, NULL);
  assert_int_equal(subscriber_open(l, &s.source, &r), 0);
  subscriber_until_messages(l, 99, 1);
  assert_each_once(l, 0, 100);
  subscriber_destroy(l);
}

/* ---- bounds and ends ------------------------------------------------------------------------- */

static void subscribers_are_bounded(void **state)
{
  struct scene s = scene(state);
  static struct subscriber *all[TOPO_BROKER_SUBSCRIBERS_MAX];
  for (size_t i = 0; i < TOPO_BROKER_SUBSCRIBERS_MAX; i++)
    all[i] = subscribe(&s, NULL);
  struct subscriber *more = subscriber_create();
  struct topo_subscription_request r = subscriber_request(more, &s.id, NULL, 0, NULL);
  assert_int_equal(subscriber_open(more, &s.source, &r), TOPO_ELIMIT);
  subscriber_close(all[7]);
  assert_int_equal(subscriber_open(more, &s.source, &r), 0);
  for (size_t i = 0; i < TOPO_BROKER_SUBSCRIBERS_MAX; i++)
    if (i != 7)
      subscriber_until(all[i], "ready");
  subscriber_until(more, "ready");
  for (size_t i = 0; i < TOPO_BROKER_SUBSCRIBERS_MAX; i++)
    subscriber_destroy(all[i]);
  subscriber_destroy(more);
}

static void the_end_is_told_to_all(void **state)
{
  struct scene s = scene(state);
  struct subscriber *waiting = follow_from_now(&s), *fresh = subscribe(&s, NULL);
  topo_registry_stop(s.h->registry);
  while (!waiting->over)
    subscriber_read(waiting);
  while (!fresh->over)
    subscriber_read(fresh);
  struct subscriber *late = subscriber_create();
  struct topo_subscription_request r = subscriber_request(late, &s.id, NULL, 0, NULL);
  assert_int_equal(subscriber_open(late, &s.source, &r), TOPO_ECLOSED);
  subscriber_destroy(waiting);
  subscriber_destroy(fresh);
  subscriber_destroy(late);
}

/* `ready` is not called any more once `close` returned: what it would touch is gone by then. */
static void nobody_is_told_after_closing(void **state)
{
  struct scene s = scene(state);
  struct registry_writer w = {.space = s.space, .channel = s.general, .n = 1500};
  registry_writer_start(&w);
  for (unsigned i = 0; i < 400; i++) {
    struct subscriber *l = subscribe(&s, NULL);
    if (i % 2)
      subscriber_read(l);
    subscriber_destroy(l); /* frees the memory */
  }
  registry_writer_join(&w);
}

#define BROKER_TEST(name)                                                                          \
  cmocka_unit_test_setup_teardown(name, real_registry_set_up, real_registry_tear_down)

int main(void)
{
  const struct CMUnitTest tests[] = {
      BROKER_TEST(ready_comes_first_then_the_states),
      BROKER_TEST(a_message_is_told_as_a_read_shows_it),
      BROKER_TEST(a_state_is_told_when_it_has_changed),
      BROKER_TEST(only_the_types_that_were_asked_for_are_told),
      BROKER_TEST(only_the_channel_that_was_asked_for_is_told),
      BROKER_TEST(a_read_without_room_loses_nothing),
      BROKER_TEST(a_backlog_that_fills_a_read_loses_nothing),
      BROKER_TEST(a_page_and_what_follows_it_are_everything),
      BROKER_TEST(closing_and_resuming_misses_nothing),
      BROKER_TEST(who_sleeps_through_the_ring_is_served_from_the_log),
      BROKER_TEST(a_cursor_of_elsewhere_begins_anew),
      BROKER_TEST(what_is_no_cursor_is_refused),
      BROKER_TEST(a_cursor_outlives_the_registry),
      BROKER_TEST(an_introduction_skips_nothing),
      BROKER_TEST(subscribers_are_bounded),
      BROKER_TEST(the_end_is_told_to_all),
      BROKER_TEST(nobody_is_told_after_closing),
  };
  return cmocka_run_group_tests_name("daemon/broker", tests, NULL, NULL);
}
