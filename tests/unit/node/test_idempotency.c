/*
 * test_idempotency.c - a write with a key is made once: a retry is answered as the first was,
 * whatever failed in between, and another request with the key is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "unit/node/solo.h"

enum { SQLITE_FULL_CODE = 13, SQLITE_IOERR_WRITE_CODE = 10 | 3 << 8 };

static int64_t count(struct solo *s, const char *sql)
{
  struct topo_stmt *q = topo_stmt(topo_node_db(s->node), sql);
  assert_int_equal(topo_fetch(q), 1);
  int64_t n = topo_column_i64(q, 0);
  topo_reset(q);
  return n;
}

static int64_t events(struct solo *s)
{
  return count(s, "SELECT count(*) FROM event WHERE state>=2");
}

static int set_up(void **state)
{
  struct solo *s = calloc(1, sizeof *s);
  solo_init(s, 1);
  *state = s;
  return solo_create(s);
}

static int tear_down(void **state)
{
  solo_finish(*state);
  free(*state);
  return 0;
}

/* Every operation that takes a key. */
static void a_retry_is_answered_as_the_first_and_writes_nothing(void **state)
{
  struct solo *s = *state;
  struct topo_id channel = solo_channel(s), message;
  char *sent = NULL;
  assert_int_equal(solo_call(s, "sendMessage", "channel", &channel, "{\"text\":\"x\"}", &sent), 0);
  message = solo_id(sent, "message");
  free(sent);
  const struct solo_ask asks[] = {
      {"sendMessage", "channel", &channel, "{\"text\":\"squeak\"}", "key-1"},
      {"createChannel", NULL, NULL, "{\"name\":\"cheese\"}", "key-2"},
      {"addReaction", "message", &message, "{\"emoji\":\"+\"}", "key-3"},
      {"createInvite", NULL, NULL, "{}", "key-4"},
  };
  for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
    char *first = NULL, *again = NULL;
    bool replayed = true;
    int64_t before = events(s);
    assert_int_equal(solo_ask(s, &asks[i], &first, &replayed), 0);
    assert_false(replayed);
    assert_int_equal(events(s), before + 1);
    for (int pass = 0; pass < 2; pass++) {
      struct topo_id fingerprint = solo_fingerprint(s);
      assert_int_equal(solo_ask(s, &asks[i], &again, &replayed), 0);
      assert_true(replayed);
      assert_string_equal(first, again);
      assert_int_equal(events(s), before + 1);
      struct topo_id after = solo_fingerprint(s);
      assert_memory_equal(&fingerprint, &after, sizeof after);
      free(again);
      solo_close(s); /* a restart forgets no answer */
      assert_int_equal(solo_open(s), 0);
    }
    free(first);
  }
}

static void another_request_with_the_key_is_refused(void **state)
{
  struct solo *s = *state;
  struct topo_id channel = solo_channel(s), elsewhere;
  char *json = NULL;
  assert_int_equal(solo_call(s, "createChannel", NULL, NULL, "{\"name\":\"b\"}", &json), 0);
  elsewhere = solo_id(json, "channel");
  free(json);
  struct solo_ask ask = {"sendMessage", "channel", &channel, "{\"text\":\"squeak\"}", "key"};
  assert_int_equal(solo_ask(s, &ask, NULL, NULL), 0);
  const struct solo_ask others[] = {
      {"sendMessage", "channel", &channel, "{\"text\":\"squeal\"}", "key"},
      {"sendMessage", "channel", &channel, "{\"text\":\"squeak \"}", "key"},
      {"sendMessage", "channel", &elsewhere, "{\"text\":\"squeak\"}", "key"},
      {"createChannel", NULL, NULL, "{\"name\":\"squeak\"}", "key"},
      {"createInvite", NULL, NULL, "{}", "key"},
  };
  int64_t before = events(s);
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    bool replayed = true;
    assert_int_equal(solo_ask(s, &others[i], NULL, &replayed), TOPO_EMISMATCH);
    assert_false(replayed);
  }
  assert_int_equal(events(s), before);
  ask.key = "Key";
  assert_int_equal(solo_ask(s, &ask, NULL, NULL), 0);
  ask.key = NULL; /* without one every request is a new one */
  assert_int_equal(solo_ask(s, &ask, NULL, NULL), 0);
  assert_int_equal(events(s), before + 2);
}

/* What was refused is not remembered: it may be allowed the next time. */
static void a_refusal_leaves_the_key_free(void **state)
{
  struct solo *s = *state;
  struct topo_id channel = solo_channel(s), nowhere = {{1}};
  struct solo_ask ask = {"sendMessage", "channel", &nowhere, "{\"text\":\"x\"}", "key"};
  assert_int_equal(solo_ask(s, &ask, NULL, NULL), TOPO_ENOTFOUND);
  assert_int_equal(count(s, "SELECT count(*) FROM local_answer"), 0);
  ask.path = &channel;
  assert_int_equal(solo_ask(s, &ask, NULL, NULL), 0);
}

static void a_key_may_be_used_again_after_a_day(void **state)
{
  struct solo *s = *state;
  struct topo_id channel = solo_channel(s);
  struct solo_ask ask = {"sendMessage", "channel", &channel, "{\"text\":\"the news\"}", "daily"};
  bool replayed = true;
  assert_int_equal(solo_ask(s, &ask, NULL, NULL), 0);
  s->now.wall_ms += 25 * 3600 * 1000;
  assert_int_equal(solo_ask(s, &ask, NULL, &replayed), 0);
  assert_false(replayed);
  assert_int_equal(count(s, "SELECT count(*) FROM message"), 2);
  s->now.wall_ms += 25 * 3600 * 1000;
  ask.body = "{\"text\":\"other news\"}";
  assert_int_equal(solo_ask(s, &ask, NULL, NULL), 0);
}

static void a_message_shows_its_key(void **state)
{
  struct solo *s = *state;
  struct topo_id channel = solo_channel(s), message;
  char *sent = NULL, *read = NULL;
  struct solo_ask ask = {"sendMessage", "channel", &channel, "{\"text\":\"x\"}", "my-\"key\""};
  static const char member[] = "\"idempotency_key\":\"my-\\\"key\\\"\"";
  assert_int_equal(solo_ask(s, &ask, &sent, NULL), 0);
  assert_non_null(strstr(sent, member));
  message = solo_id(sent, "message");
  assert_int_equal(solo_call(s, "getMessage", "message", &message, NULL, &read), 0);
  assert_string_equal(sent, read);
  free(read);
  assert_int_equal(solo_call(s, "listMessages", "channel", &channel, NULL, &read), 0);
  assert_non_null(strstr(read, sent));
  free(read);
  free(sent);
  assert_int_equal(solo_call(s, "sendMessage", "channel", &channel, "{\"text\":\"y\"}", &sent), 0);
  assert_null(strstr(sent, "idempotency_key"));
  free(sent);
}

/* An operation that takes no key is not remembered by one, whatever the front has set. */
static void other_operations_have_no_keys(void **state)
{
  struct solo *s = *state;
  struct solo_ask ask = {"getSync", NULL, NULL, NULL, "key"};
  bool replayed = true;
  assert_int_equal(solo_ask(s, &ask, NULL, &replayed), 0);
  assert_int_equal(solo_ask(s, &ask, NULL, &replayed), 0);
  assert_false(replayed);
  assert_int_equal(count(s, "SELECT count(*) FROM local_answer"), 0);
}

/* The key and the event are one: both there, with the answer, or neither. */
static void check_whole(struct solo *s, int64_t before)
{
  int64_t keys = count(s, "SELECT count(*) FROM local_answer");
  assert_int_equal(count(s, "SELECT count(*) FROM local_answer WHERE answer=''"), 0);
  assert_int_equal(count(s, "SELECT count(*) FROM local_answer a JOIN message m ON m.no=a.event"),
                   keys);
  assert_int_equal(count(s, "SELECT count(*) FROM message"), before + keys);
}

/* Asks again when the disk is well: answered as before if it was, and one event in the end. */
static void ask_again(struct solo *s, const struct solo_ask *ask, const char *first, int64_t before)
{
  char *again = NULL;
  bool replayed;
  check_whole(s, before);
  assert_int_equal(solo_ask(s, ask, &again, &replayed), 0);
  assert_true(!first || replayed);
  if (first)
    assert_string_equal(first, again);
  assert_int_equal(count(s, "SELECT count(*) FROM message"), before + 1);
  check_whole(s, before);
  free(again);
}

static void any_failing_write_leaves_both_or_neither(void **state)
{
  (void)state;
  static const enum sim_disk_call calls[] = {SIM_DISK_WRITE, SIM_DISK_SYNC};
  static const int codes[] = {SQLITE_FULL_CODE, SQLITE_IOERR_WRITE_CODE};
  for (size_t c = 0; c < 2; c++) {
    bool struck = true;
    for (uint64_t n = 1; struck; n++) {
      struct solo s;
      char *first = NULL;
      solo_init(&s, n);
      assert_int_equal(solo_create(&s), 0);
      struct topo_id channel = solo_channel(&s);
      struct solo_ask ask = {"sendMessage", "channel", &channel, "{\"text\":\"squeak\"}", "key"};
      sim_disk_fail_once(s.disk, calls[c], n, codes[c]);
      int status = solo_ask(&s, &ask, &first, NULL);
      struck = sim_disk_faults(s.disk) > 0;
      assert_true(status == 0 || struck);
      sim_disk_heal(s.disk);
      s.now.mono_ms += 60000;
      topo_node_step(s.node, s.now, NULL, 0);
      ask_again(&s, &ask, first, 0);
      free(first);
      solo_finish(&s);
      assert_true(n < 100);
    }
  }
}

static void a_power_cut_at_any_change_leaves_both_or_neither(void **state)
{
  (void)state;
  bool struck = true;
  for (uint64_t n = 1; struck; n++) {
    struct solo s;
    char *first = NULL;
    solo_init(&s, n);
    assert_int_equal(solo_create(&s), 0);
    struct topo_id channel = solo_channel(&s);
    struct solo_ask ask = {"sendMessage", "channel", &channel, "{\"text\":\"squeak\"}", "key"};
    sim_disk_crash_at_change(s.disk, n);
    int status = solo_ask(&s, &ask, &first, NULL);
    struck = sim_disk_powered_off(s.disk);
    assert_true(status == 0 || struck);
    sim_disk_power_off(s.disk);
    solo_close(&s);
    sim_disk_crash(s.disk, &s.rng);
    assert_int_equal(solo_open(&s), 0);
    ask_again(&s, &ask, first, 0);
    free(first);
    solo_finish(&s);
    assert_true(n < 100);
  }
}

#define SOLO_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
  const struct CMUnitTest tests[] = {
      SOLO_TEST(a_retry_is_answered_as_the_first_and_writes_nothing),
      SOLO_TEST(another_request_with_the_key_is_refused),
      SOLO_TEST(a_refusal_leaves_the_key_free),
      SOLO_TEST(a_key_may_be_used_again_after_a_day),
      SOLO_TEST(a_message_shows_its_key),
      SOLO_TEST(other_operations_have_no_keys),
      cmocka_unit_test(any_failing_write_leaves_both_or_neither),
      cmocka_unit_test(a_power_cut_at_any_change_leaves_both_or_neither),
  };
  return cmocka_run_group_tests_name("node-idempotency", tests, NULL, NULL);
}
