/* fake_node.c - canned answers, and troubles made to order. */
#include "unit/cli/fake_node.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_S = 60 };

static const char spaces[] = "{\"items\":[{\"space\":\"" NODE_SPACE "\",\"name\":\"Garden\"}]}";
static const char channels[] =
    "{\"items\":[{\"channel\":\"" NODE_CHANNEL "\",\"name\":\"general\"}]}";
static const char first_page[] =
    "{\"items\":[" NODE_MESSAGE(NODE_MESSAGE_1, "Alice", "hello", "p1",
                                NODE_REACTION("👍", "2")) "],\"before\":\"p1\",\"after\":\"p1\"}";
static const char written[] =
    "{\"space\":\"" NODE_SPACE "\",\"name\":\"Garden\",\"user_name\":\"A\",\"state\":\"ready\","
    "\"link\":\"topo://join/x\",\"message\":\"" NODE_MESSAGE_1 "\",\"emoji\":\"👍\","
    "\"channel\":\"" NODE_CHANNEL "\"}";

static enum fake_fate give_page(struct fake_node *node, int fd, const struct fake_request *request)
{
  char page[4096];
  if (node->break_pages)
    return FAKE_CLOSE;
  snprintf(page, sizeof page, "{\"items\":[%s],\"before\":null,\"after\":\"p2\"}",
           node->page_next ? node->page_next : "");
  fake_server_answer(fd, 200, "Topo-Cursor: c.1\r\n",
                     strstr(request->path, "after=") ? page : first_page);
  return FAKE_CLOSE;
}

static const char refusal[] =
    "{\"code\":\"x\",\"pointer\":\"since\",\"detail\":\"No more streams.\"}";

static enum fake_fate give_stream(struct fake_node *node, int fd)
{
  node->streams++;
  if (node->refuse_stream) {
    fake_server_answer(fd, node->refuse_stream, "", node->refusal ? node->refusal : refusal);
    return FAKE_CLOSE;
  }
  fake_server_stream(fd);
  fake_server_write(fd, node->greeting ? node->greeting : NODE_EVENT("ready", "c.1", "{}"));
  return FAKE_KEEP;
}

static enum fake_fate take_post(struct fake_node *node, int fd, const struct fake_request *request)
{
  if (node->posts < NODE_KEYS_MAX)
    fake_request_header(request, "Idempotency-Key", node->keys[node->posts], NODE_KEY_SIZE);
  node->posts++;
  if (node->lose) {
    node->lose--;
    if (node->vanish)
      unlink(node->path);
    return FAKE_CLOSE;
  }
  fake_server_answer(fd, node->post_status ? node->post_status : 201, "", written);
  return FAKE_CLOSE;
}

static enum fake_fate give(struct fake_node *node, int fd, const struct fake_request *request)
{
  if (strcmp(request->method, "POST") == 0)
    return take_post(node, fd, request);
  if (strncmp(request->path, "/v1/events?", 11) == 0)
    return give_stream(node, fd);
  if (strstr(request->path, "/messages?"))
    return give_page(node, fd, request);
  fake_server_answer(fd, 200, "", strstr(request->path, "/channels") ? channels : spaces);
  return FAKE_CLOSE;
}

static enum fake_fate serve(void *arg, int fd, const struct fake_request *request)
{
  struct fake_node *node = arg;
  pthread_mutex_lock(&node->lock);
  size_t used = strlen(node->asked);
  snprintf(node->asked + used, sizeof node->asked - used, "%s %s\n", request->method,
           request->path);
  enum fake_fate fate = give(node, fd, request);
  pthread_cond_broadcast(&node->changed);
  pthread_mutex_unlock(&node->lock);
  return fate;
}

int fake_node_set_up(void **state)
{
  struct fake_node *node = calloc(1, sizeof *node);
  assert_non_null(node);
  strcpy(node->directory, "/tmp/topo-cli-XXXXXX");
  assert_non_null(mkdtemp(node->directory));
  snprintf(node->path, sizeof node->path, "%s/topod.sock", node->directory);
  pthread_mutex_init(&node->lock, NULL);
  pthread_cond_init(&node->changed, NULL);
  fake_node_start(node);
  *state = node;
  return 0;
}

int fake_node_tear_down(void **state)
{
  struct fake_node *node = *state;
  fake_node_stop(node);
  assert_int_equal(rmdir(node->directory), 0);
  pthread_cond_destroy(&node->changed);
  pthread_mutex_destroy(&node->lock);
  free(node);
  return 0;
}

void fake_node_stop(struct fake_node *node)
{
  fake_server_destroy(node->server);
  node->server = NULL;
}

void fake_node_start(struct fake_node *node)
{
  node->server = fake_server_create(node->path, serve, node);
}

void fake_node_lock(struct fake_node *node)
{
  pthread_mutex_lock(&node->lock);
}

void fake_node_unlock(struct fake_node *node)
{
  pthread_mutex_unlock(&node->lock);
}

void fake_node_await_streams(struct fake_node *node, unsigned count)
{
  struct timespec until;
  int late = 0;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += PATIENCE_S;
  pthread_mutex_lock(&node->lock);
  while (node->streams < count && !late)
    late = pthread_cond_timedwait(&node->changed, &node->lock, &until);
  unsigned streams = node->streams;
  pthread_mutex_unlock(&node->lock);
  assert_true(streams >= count);
}

/* What was asked so far: a copy that the caller frees. */
static char *copy_asked(struct fake_node *node)
{
  pthread_mutex_lock(&node->lock);
  char *copy = strdup(node->asked);
  pthread_mutex_unlock(&node->lock);
  assert_non_null(copy);
  return copy;
}

void fake_node_assert_asked(struct fake_node *node, const char *part)
{
  char *asked = copy_asked(node);
  if (!strstr(asked, part))
    fail_msg("nobody asked for %s, but:\n%s", part, asked);
  free(asked);
}

void fake_node_assert_not_asked(struct fake_node *node, const char *part)
{
  char *asked = copy_asked(node);
  if (strstr(asked, part))
    fail_msg("somebody asked for %s:\n%s", part, asked);
  free(asked);
}
