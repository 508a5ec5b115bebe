/*
 * test_rebuild.c - a space that an upgrade judges again goes on serving: a piece in each step,
 * calls in between, and all who ask are told how far it is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "lib/builds.h"
#include "unit/node/solo.h"

enum { MESSAGES = 100, PIECE = 8, RETRY_MS = 5000, SQLITE_IOERR_WRITE_CODE = 10 | 3 << 8 };

static struct topo_dag_progress progress(struct solo *s)
{
  return topo_node_status(s->node).rebuild;
}

static int say(struct solo *s, const struct topo_id *channel)
{
  return solo_call(s, "sendMessage", "channel", channel, "{\"text\":\"squeak\"}", NULL);
}

static void step(struct solo *s)
{
  topo_node_step(s->node, s->now, NULL, 0);
}

static void finish(struct solo *s)
{
  while (progress(s).rebuilding)
    step(s);
}

/* A space with a hundred messages, opened by an older build and then by this one. */
static void upgrade(struct solo *s, struct topo_id *channel, struct topo_id *fingerprint)
{
  solo_init(s, 1);
  assert_int_equal(solo_create(s), 0);
  *channel = solo_channel(s);
  for (int i = 0; i < MESSAGES; i++)
    assert_int_equal(say(s, channel), 0);
  *fingerprint = solo_fingerprint(s);
  solo_close(s);
  s->types = build_types(0);
  assert_int_equal(solo_open(s), 0);
  finish(s);
  solo_close(s);
  s->types = NULL;
  s->rebuild_piece = PIECE;
  assert_int_equal(solo_open(s), 0);
}

static void assert_complete(struct solo *s, const struct topo_id *fingerprint)
{
  struct topo_id now = solo_fingerprint(s);
  assert_memory_equal(&now, fingerprint, sizeof now);
}

/* Each step judges a bounded piece and asks for the next one at once, until there is none. */
static void it_goes_on_by_itself(void **state)
{
  (void)state;
  struct solo s;
  struct topo_id channel, fingerprint;
  upgrade(&s, &channel, &fingerprint);
  uint64_t done = 0;
  assert_true(progress(&s).rebuilding);
  assert_true(progress(&s).total > MESSAGES);
  for (bool on = true; on; done = progress(&s).done) {
    step(&s);
    on = progress(&s).rebuilding;
    assert_true(progress(&s).done > done && progress(&s).done <= done + PIECE);
    assert_int_equal(topo_node_deadline(s.node) == s.now.mono_ms, on);
  }
  assert_int_equal(done, progress(&s).total);
  assert_complete(&s, &fingerprint);
  solo_finish(&s);
}

/* Calls are answered before the next piece, but however many there are, it goes on. */
static void calls_come_first_and_do_not_stop_it(void **state)
{
  (void)state;
  struct solo s;
  struct topo_id channel, fingerprint;
  upgrade(&s, &channel, &fingerprint);
  for (uint64_t done = 0; progress(&s).rebuilding; done = progress(&s).done) {
    assert_int_equal(say(&s, &channel), 0);
    assert_int_equal(progress(&s).done, done);
    assert_int_equal(topo_node_deadline(s.node), s.now.mono_ms);
    assert_int_equal(say(&s, &channel), 0);
    assert_true(progress(&s).done > done);
  }
  solo_finish(&s);
}

/* While it goes on, nobody is told that all is here, and half of the state is not given for the
 * whole; what is told is how far it is. */
static void progress_is_told(void **state)
{
  (void)state;
  struct solo s;
  struct topo_id channel, fingerprint;
  char *json;
  upgrade(&s, &channel, &fingerprint);
  step(&s);
  assert_int_equal(solo_call(&s, "getSync", NULL, NULL, NULL, &json), 0);
  assert_non_null(strstr(json, "\"state\":\"rebuilding\""));
  assert_non_null(strstr(json, "\"detail\":\"8 of 103 judged again after an upgrade\""));
  assert_non_null(strstr(json, "\"rebuild\":{\"done\":8,\"total\":103}"));
  free(json);
  assert_false(topo_node_status(s.node).synced);
  assert_int_equal(solo_call(&s, "getFingerprint", NULL, NULL, NULL, NULL), TOPO_EREBUILDING);
  finish(&s);
  assert_int_equal(solo_call(&s, "getSync", NULL, NULL, NULL, &json), 0);
  assert_non_null(strstr(json, "\"state\":\"offline\""));
  assert_null(strstr(json, "rebuild"));
  free(json);
  solo_finish(&s);
}

/* A disk that fails is not tried at once again, and what was judged before stays. */
static void a_failing_disk_gets_time(void **state)
{
  (void)state;
  struct solo s;
  struct topo_id channel, fingerprint;
  upgrade(&s, &channel, &fingerprint);
  step(&s);
  uint64_t done = progress(&s).done;
  sim_disk_fail_once(s.disk, SIM_DISK_WRITE, 1, SQLITE_IOERR_WRITE_CODE);
  step(&s);
  assert_int_equal(sim_disk_faults(s.disk), 1);
  assert_int_equal(progress(&s).done, done);
  assert_int_equal(topo_node_deadline(s.node), s.now.mono_ms + RETRY_MS);
  step(&s);
  assert_int_equal(progress(&s).done, done);
  s.now.mono_ms += RETRY_MS;
  step(&s);
  assert_true(progress(&s).done > done);
  finish(&s);
  assert_complete(&s, &fingerprint);
  solo_finish(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_goes_on_by_itself),
      cmocka_unit_test(calls_come_first_and_do_not_stop_it),
      cmocka_unit_test(progress_is_told),
      cmocka_unit_test(a_failing_disk_gets_time),
  };
  return cmocka_run_group_tests_name("rebuild", tests, NULL, NULL);
}
