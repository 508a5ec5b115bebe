/* test_write.c - a write whose answer is lost is made once more with the same key, and never
 * without one; what stays unknown is said to be. */
#include "unit/cli/fake_node.h"
#include "unit/cli/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What the node was asked to do, and how often. */
struct posts {
  unsigned count;
  char keys[NODE_KEYS_MAX][NODE_KEY_SIZE];
};

/* From now on so many answers are lost, and posts are counted anew. */
static void lose(struct fake_node *node, unsigned count)
{
  fake_node_lock(node);
  node->lose = count;
  node->posts = 0;
  memset(node->keys, 0, sizeof node->keys);
  fake_node_unlock(node);
}

static struct posts posts_of(struct fake_node *node)
{
  struct posts posts;
  fake_node_lock(node);
  posts.count = node->posts;
  memcpy(posts.keys, node->keys, sizeof posts.keys);
  fake_node_unlock(node);
  return posts;
}

static void a_lost_answer_is_asked_for_again(void **state)
{
  static const char *const commands[][6] = {
      {"send", "hello"},
      {"react", NODE_MESSAGE_1, "👍"},
      {"channels", "create", "kettles"},
      {"rename", "Alice"},
      {"invite"},
      {"workspace", "create", "Garden", "--user", "A"},
      {"join", "--user", "A"},
  };
  struct fake_node *node = *state;
  char before[NODE_KEY_SIZE] = "";
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
    lose(node, 1);
    run_expect(node->directory, 0, "", "", "topo://join/x\n", commands[i]);
    struct posts posts = posts_of(node);
    assert_int_equal(posts.count, 2);
    assert_int_equal(strlen(posts.keys[0]), 22);
    assert_string_equal(posts.keys[0], posts.keys[1]);
    assert_string_not_equal(posts.keys[0], before); /* another write, another key */
    memcpy(before, posts.keys[0], sizeof before);
  }
}

static void it_is_asked_for_once_more_only(void **state)
{
  struct fake_node *node = *state;
  lose(node, 2);
  run_expect(node->directory, 1, "", "went away before it answered, so this may be done or not", "",
             RUN_ARGS("send", "hello"));
  assert_int_equal(posts_of(node).count, 2);
}

static void a_daemon_that_is_gone_is_not_taken_for_one_that_never_was(void **state)
{
  struct fake_node *node = *state;
  lose(node, 1);
  fake_node_lock(node);
  node->vanish = true;
  fake_node_unlock(node);
  run_expect(node->directory, 3, "", "so this may be done or not: look before you repeat it", "",
             RUN_ARGS("send", "hello"));
  assert_int_equal(posts_of(node).count, 1);
}

static void a_refusal_is_an_answer(void **state)
{
  struct fake_node *node = *state;
  fake_node_lock(node);
  node->post_status = 500;
  fake_node_unlock(node);
  run_expect(node->directory, 1, "", "", "", RUN_ARGS("send", "hello"));
  assert_int_equal(posts_of(node).count, 1);
}

/* Raw calls are the caller's own: no key, and no second time. */
static void what_has_no_key_is_never_repeated(void **state)
{
  struct fake_node *node = *state;
  lose(node, 1);
  run_expect(node->directory, 1, "", "may be done or not", "", RUN_ARGS("api", "POST", "/v1/stop"));
  assert_int_equal(posts_of(node).count, 1);
  assert_string_equal(posts_of(node).keys[0], "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_node_set_up, fake_node_tear_down)
  const struct CMUnitTest tests[] = {
      TEST(a_lost_answer_is_asked_for_again),
      TEST(it_is_asked_for_once_more_only),
      TEST(a_daemon_that_is_gone_is_not_taken_for_one_that_never_was),
      TEST(a_refusal_is_an_answer),
      TEST(what_has_no_key_is_never_repeated),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
