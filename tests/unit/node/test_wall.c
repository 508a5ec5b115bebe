/*
 * test_wall.c - the wall clock is corrected by what those that are connected say of theirs: it
 * follows more than half of the users, while they are there and as long as nobody sets it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "events/user/user.h"
#include "node/parts.h"
#include "sync/wire.h"
#include "unit/node/solo.h"

enum { MINUTE_MS = 60 * 1000, USERS = 3 };

struct fixture {
  struct solo solo;
  struct topo_id devices[USERS];
  uint64_t numbers[USERS];
  uint64_t next_number;
};

/* Another user, with a device. */
static struct topo_id add_user(struct fixture *f, uint8_t n)
{
  struct topo_node *node = f->solo.node;
  struct topo_env *env = &node->env;
  const struct topo_authority_node *own = topo_env_credential(env);
  uint8_t seed[32] = {0xe0, n}, sig[TOPO_SIG_SIZE];
  struct topo_sign_key key;
  struct topo_id id, seal_key = {{9}};
  topo_sign_key_from_seed(&key, seed);
  struct topo_id user = topo_user_of(&env->self.workspace, &key.public_key);
  topo_countersign(sig, &key, topo_dag_context(env->dag), &user, &own->id, &seal_key);
  struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
  v[TOPO_USER_USER] = topo_value_of_id(&user);
  v[TOPO_USER_ROLE].number = TOPO_MEMBER;
  v[TOPO_USER_DEVICE] = topo_value_of_id(&key.public_key);
  v[TOPO_USER_SEAL_KEY] = topo_value_of_id(&seal_key);
  v[TOPO_USER_COUNTERSIGN] = (struct topo_value){0, {sig, sizeof sig}};
  assert_int_equal(topo_transaction_write(&node->transaction, true), 0);
  assert_int_equal(topo_dag_author(env->dag, &topo_type_user, v, env->now.wall_ms,
                                   topo_outcome_sink(&node->outcome), &id),
                   0);
  assert_int_equal(topo_transaction_commit(&node->transaction), 0);
  return key.public_key;
}

static void set_up(struct fixture *f)
{
  *f = (struct fixture){.next_number = 0};
  solo_init(&f->solo, 1);
  assert_int_equal(solo_create(&f->solo), 0);
  for (uint8_t i = 0; i < USERS; i++)
    f->devices[i] = add_user(f, i);
}

static void tear_down(struct fixture *f)
{
  solo_finish(&f->solo);
}

static size_t conn_send(void *ctx, unsigned stream, const uint8_t *data, size_t len)
{
  (void)ctx, (void)stream, (void)data;
  return len;
}

static void conn_consumed(void *ctx, unsigned stream, size_t len)
{
  (void)ctx, (void)stream, (void)len;
}

static void conn_close(void *ctx, uint64_t code)
{
  (void)ctx, (void)code;
}

static void step(struct fixture *f, const struct topo_input *in)
{
  topo_node_step(f->solo.node, f->solo.now, in, in ? 1 : 0);
}

/* The user's device connects and greets, with a clock that is `ahead_ms` ahead of ours. */
static void greet(struct fixture *f, unsigned user, int64_t ahead_ms)
{
  static const struct topo_conn_ops ops = {conn_send, conn_consumed, conn_close};
  const struct topo_id *workspace = &topo_node_self(f->solo.node)->workspace;
  struct topo_buf hello = {0};
  struct topo_input in = {.kind = TOPO_IN_CONN_UP, .number = ++f->next_number};
  f->numbers[user] = in.number;
  in.up.conn = (struct topo_conn){&ops, f};
  in.up.peer = f->devices[user];
  step(f, &in);
  topo_wire_put_hello(
      &hello, &(struct topo_wire_hello){.version = TOPO_WIRE_VERSION,
                                        .workspace = *workspace,
                                        .scope = *workspace,
                                        .wall_ms = f->solo.now.wall_ms + (uint64_t)ahead_ms});
  in = (struct topo_input){.kind = TOPO_IN_CONN_DATA, .number = f->numbers[user]};
  in.data.data = hello.data;
  in.data.len = hello.len;
  step(f, &in);
  topo_buf_finish(&hello);
  step(f, NULL);
}

static void leave(struct fixture *f, unsigned user)
{
  struct topo_input in = {
      .kind = TOPO_IN_CONN_DOWN, .number = f->numbers[user], .status = TOPO_ECLOSED};
  step(f, &in);
  step(f, NULL);
}

/* What is written now carries the wall clock and this many milliseconds. */
static void assert_written(struct fixture *f, int64_t correction_ms)
{
  struct topo_id channel = solo_channel(&f->solo);
  char *json = NULL;
  assert_int_equal(
      solo_call(&f->solo, "sendMessage", "channel", &channel, "{\"text\":\"x\"}", &json), 0);
  const char *at = strstr(json, "\"sent_at_ms\":");
  assert_non_null(at);
  int64_t sent_ms = strtoll(at + strlen("\"sent_at_ms\":"), NULL, 10);
  assert_int_equal(sent_ms - (int64_t)f->solo.now.wall_ms, correction_ms);
  assert_int_equal(f->solo.node->wall.correction_ms, correction_ms);
  free(json);
}

static bool says(struct fixture *f, const char *sentence)
{
  struct topo_json json;
  topo_json_init(&json);
  assert_int_equal(topo_node_write_sync(f->solo.node, &json), 0);
  struct topo_bytes text = topo_json_text(&json);
  bool found = memmem(text.data, text.len, sentence, strlen(sentence)) != NULL;
  topo_json_finish(&json);
  return found;
}

static void a_slow_clock_follows_the_others(void **state)
{
  struct fixture f;
  (void)state;
  set_up(&f);
  greet(&f, 0, 6 * MINUTE_MS);
  assert_written(&f, 0); /* one against one */
  greet(&f, 1, 6 * MINUTE_MS + 10);
  assert_written(&f, 6 * MINUTE_MS);
  assert_false(says(&f, "this computer's clock is 6 minutes fast"));
  assert_true(says(&f, "this computer's clock is 6 minutes slow"));
  tear_down(&f);
}

static void one_that_is_wrong_among_many_moves_nothing(void **state)
{
  struct fixture f;
  (void)state;
  set_up(&f);
  greet(&f, 0, 0);
  greet(&f, 1, INT64_MAX / 2);
  greet(&f, 2, -30 * 1000);
  assert_written(&f, 0);
  assert_false(says(&f, "this computer's clock"));
  tear_down(&f);
}

/* Connections last, and clocks are set meanwhile. */
static void who_sets_the_clock_right_is_not_corrected(void **state)
{
  struct fixture f;
  (void)state;
  set_up(&f);
  for (unsigned user = 0; user < USERS; user++)
    greet(&f, user, 6 * MINUTE_MS);
  assert_written(&f, 6 * MINUTE_MS);
  f.solo.now.mono_ms += 10 * MINUTE_MS;
  f.solo.now.wall_ms += 16 * MINUTE_MS;
  step(&f, NULL);
  assert_int_equal(f.solo.node->wall.correction_ms, 0);
  f.solo.now.wall_ms -= 2 * MINUTE_MS; /* a little too far back */
  step(&f, NULL);
  assert_int_equal(f.solo.node->wall.correction_ms, 2 * MINUTE_MS);
  tear_down(&f);
}

static void what_was_said_counts_until_the_clock_is_set(void **state)
{
  struct fixture f;
  (void)state;
  set_up(&f);
  for (unsigned user = 0; user < USERS; user++)
    greet(&f, user, -6 * (int64_t)MINUTE_MS);
  assert_int_equal(f.solo.node->wall.correction_ms, -6 * (int64_t)MINUTE_MS);
  for (unsigned user = 0; user < USERS; user++)
    leave(&f, user);
  f.solo.now.mono_ms += MINUTE_MS;
  f.solo.now.wall_ms += MINUTE_MS;
  step(&f, NULL);
  assert_int_equal(f.solo.node->wall.correction_ms, -6 * (int64_t)MINUTE_MS);
  f.solo.now.wall_ms -= 6 * MINUTE_MS;
  step(&f, NULL);
  assert_int_equal(f.solo.node->wall.correction_ms, 0);
  tear_down(&f);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_slow_clock_follows_the_others),
      cmocka_unit_test(one_that_is_wrong_among_many_moves_nothing),
      cmocka_unit_test(who_sets_the_clock_right_is_not_corrected),
      cmocka_unit_test(what_was_said_counts_until_the_clock_is_set),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
