/*
 * test_gateway.c - HTTP over the Unix socket: good calls, bad callers, and the two ends of a life.
 *
 * The table is fake and so is the runner: host operations run at once, in the handler's thread;
 * read operations run on a thread of their own; space operations wait until the test lets them go.
 */
#include "gateway/gateway.h"

#include "base/status.h"
#include "unit/gateway/http_client.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

enum { HELD_MAX = 256 };

struct fixture {
  char directory[64], path[96];
  struct topo_gateway *gateway;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  struct topo_op_call *queue[HELD_MAX], *held[HELD_MAX];
  size_t queued, held_count;
  bool ending;
  pthread_t worker;
};

/* The fake operations. */

static int echo(struct topo_op_call *call, void *host)
{
  const struct topo_op_value *text = topo_op_get(call, "text");
  (void)host;
  topo_json_begin_object(&call->out);
  topo_json_key(&call->out, "text");
  topo_json_string(&call->out, text->present ? text->text : "");
  topo_json_end_object(&call->out);
  return 0;
}

static int fail_politely(struct topo_op_call *call, void *host)
{
  (void)host;
  topo_json_begin_object(&call->out); /* half an answer must not show */
  return topo_op_fail(call, TOPO_ENOTFOUND, "There is no \"%s\" here.", "grüße");
}

static int fail_silently(struct topo_op_call *call, void *host)
{
  (void)call;
  (void)host;
  return TOPO_ECORRUPT;
}

static int overrun(struct topo_op_call *call, void *host)
{
  (void)host;
  call->out.limit = 4;
  topo_json_string(&call->out, "much too long");
  return 0;
}

static const struct topo_op_param text_query[] = {
    {"text", TOPO_OP_QUERY, TOPO_OP_TEXT, false, 0, 0, NULL},
    {NULL, TOPO_OP_PATH, TOPO_OP_ID, false, 0, 0, NULL}};
static const struct topo_op_param text_body[] = {
    {"text", TOPO_OP_BODY, TOPO_OP_TEXT, true, 1, 0, NULL},
    {NULL, TOPO_OP_PATH, TOPO_OP_ID, false, 0, 0, NULL}};
static const struct topo_op ops[] = {
    {"now", "GET", "/v1/now", "", TOPO_OP_REGISTRY, TOPO_SCOPE_READ, text_query, echo, false, false,
     NULL},
    {"later", "GET", "/v1/later", "", TOPO_OP_READ, TOPO_SCOPE_READ, text_query, echo, false, false,
     NULL},
    {"held", "GET", "/v1/held", "", TOPO_OP_SPACE, TOPO_SCOPE_READ, text_query, echo, false, false,
     NULL},
    {"make", "POST", "/v1/later", "", TOPO_OP_READ, TOPO_SCOPE_READ, text_body, echo, true, false,
     NULL},
    {"stop", "POST", "/v1/stop", "", TOPO_OP_REGISTRY, TOPO_SCOPE_READ, text_query, echo, false,
     false, NULL},
    {"fail", "GET", "/v1/fail", "", TOPO_OP_READ, TOPO_SCOPE_READ, text_query, fail_politely, false,
     false, NULL},
    {"corrupt", "GET", "/v1/corrupt", "", TOPO_OP_REGISTRY, TOPO_SCOPE_READ, text_query,
     fail_silently, false, false, NULL},
    {"overrun", "GET", "/v1/overrun", "", TOPO_OP_REGISTRY, TOPO_SCOPE_READ, text_query, overrun,
     false, false, NULL},
};
static const struct topo_op *const table[] = {&ops[0], &ops[1], &ops[2], &ops[3], &ops[4],
                                              &ops[5], &ops[6], &ops[7], NULL};

/* The fake runner. */

static void run_now(struct topo_op_call *call)
{
  call->status = call->op->run(call, NULL);
  call->done(call, call->done_arg);
}

static void start(void *ctx, struct topo_op_call *call)
{
  struct fixture *f = ctx;
  if (call->op->where == TOPO_OP_REGISTRY) {
    run_now(call);
    return;
  }
  pthread_mutex_lock(&f->lock);
  if (call->op->where == TOPO_OP_READ)
    f->queue[f->queued++] = call;
  else
    f->held[f->held_count++] = call;
  assert_true(f->queued < HELD_MAX && f->held_count < HELD_MAX);
  pthread_cond_broadcast(&f->changed);
  pthread_mutex_unlock(&f->lock);
}

static void *work(void *arg)
{
  struct fixture *f = arg;
  pthread_mutex_lock(&f->lock);
  for (;;) {
    while (!f->queued && !f->ending)
      pthread_cond_wait(&f->changed, &f->lock);
    if (!f->queued)
      break;
    struct topo_op_call *call = f->queue[--f->queued];
    pthread_mutex_unlock(&f->lock);
    run_now(call);
    pthread_mutex_lock(&f->lock);
  }
  pthread_mutex_unlock(&f->lock);
  return NULL;
}

static void await_held(struct fixture *f, size_t count)
{
  pthread_mutex_lock(&f->lock);
  while (f->held_count < count)
    pthread_cond_wait(&f->changed, &f->lock);
  pthread_mutex_unlock(&f->lock);
}

static void release_held(struct fixture *f)
{
  struct topo_op_call *held[HELD_MAX];
  pthread_mutex_lock(&f->lock);
  size_t count = f->held_count;
  memcpy(held, f->held, count * sizeof *held);
  f->held_count = 0;
  pthread_mutex_unlock(&f->lock);
  for (size_t i = 0; i < count; i++)
    run_now(held[i]);
}

static int open_gateway(struct fixture *f, unsigned timeout_s)
{
  int status;
  struct topo_gateway_options options = {
      .socket_path = f->path, .table = table, .runner = {start, f}, .timeout_s = timeout_s};
  f->gateway = topo_gateway_create(&options, &status);
  return status;
}

static int set_up(void **state)
{
  struct fixture *f = calloc(1, sizeof *f);
  assert_non_null(f);
  strcpy(f->directory, "/tmp/topo-gateway-XXXXXX");
  assert_non_null(mkdtemp(f->directory));
  snprintf(f->path, sizeof f->path, "%s/run/topod.sock", f->directory);
  pthread_mutex_init(&f->lock, NULL);
  pthread_cond_init(&f->changed, NULL);
  assert_int_equal(open_gateway(f, 0), 0);
  assert_int_equal(pthread_create(&f->worker, NULL, work, f), 0);
  *state = f;
  return 0;
}

static int tear_down(void **state)
{
  struct fixture *f = *state;
  char run[96];
  /* A test that failed may have left calls waiting, and the end waits for them. */
  if (f->gateway)
    topo_gateway_quiesce(f->gateway);
  release_held(f);
  topo_gateway_destroy(f->gateway);
  pthread_mutex_lock(&f->lock);
  f->ending = true;
  pthread_cond_broadcast(&f->changed);
  pthread_mutex_unlock(&f->lock);
  pthread_join(f->worker, NULL);
  snprintf(run, sizeof run, "%s/run", f->directory);
  unlink(f->path);
  assert_int_equal(rmdir(run), 0);
  assert_int_equal(rmdir(f->directory), 0);
  free(f);
  return 0;
}

#define HEAD_CLOSE "Host: x\r\nConnection: close\r\n"
#define GET(path)  "GET " path " HTTP/1.1\r\n" HEAD_CLOSE "\r\n"
#define POST(path, type, length, body)                                                             \
  "POST " path " HTTP/1.1\r\n" HEAD_CLOSE type "Content-Length: " length "\r\n\r\n" body
#define JSON "Content-Type: application/json\r\n"

static void expect(struct fixture *f, const char *request, int status, const char *part)
{
  struct reply reply = client_ask(f->path, request);
  if (reply.status != status || !strstr(reply.text, part))
    fail_msg("wanted %d and %s for\n%.300s\ngot\n%s", status, part, request, reply.text);
  reply_free(&reply);
}

static void calls_answer_at_once_or_later(void **state)
{
  struct fixture *f = *state;
  expect(f, GET("/v1/now?text=hi"), 200, "\r\n\r\n{\"text\":\"hi\"}");
  expect(f, GET("/v1/later?text=hi"), 200, "\r\n\r\n{\"text\":\"hi\"}");
  expect(f, GET("/v1/now?text=a%2Fb+c%2B%F0%9F%91%8D&colour=%zz"), 400, "percent");
  expect(f, GET("/v1/now?text=a%2Fb+c%2B%F0%9F%91%8D&colour=red"), 200, "{\"text\":\"a/b c+👍\"}");
  expect(f, POST("/v1/later", JSON, "13", "{\"text\":\"hi\"}"), 201, "{\"text\":\"hi\"}");
  expect(f,
         POST("/v1/later", "content-type: APPLICATION/JSON; charset=utf-8\r\n", "13",
              "{\"text\":\"hi\"}"),
         201, "{\"text\":\"hi\"}");
  expect(f, POST("/v1/stop", "", "0", ""), 200, "{\"text\":\"\"}");
  expect(f, "POST /v1/stop HTTP/1.1\r\n" HEAD_CLOSE "\r\n", 200, "{\"text\":\"\"}");
}

static void answers_are_not_stored_or_sniffed(void **state)
{
  struct fixture *f = *state;
  struct reply a = client_ask(f->path, GET("/v1/now")), b = client_ask(f->path, GET("/v1/later"));
  assert_non_null(strstr(a.text, "Content-Type: application/json\r\n"));
  assert_non_null(strstr(a.text, "Cache-Control: no-store\r\n"));
  assert_non_null(strstr(a.text, "X-Content-Type-Options: nosniff\r\n"));
  const char *id_a = strstr(a.text, "X-Request-Id: "), *id_b = strstr(b.text, "X-Request-Id: ");
  assert_non_null(id_a);
  assert_non_null(id_b);
  assert_true(strncmp(id_a, id_b, strcspn(id_a, "\r")) != 0);
  reply_free(&a);
  reply_free(&b);
}

static void head_is_get_without_a_body(void **state)
{
  struct fixture *f = *state;
  struct reply reply = client_ask(f->path, "HEAD /v1/later?text=hi HTTP/1.1\r\n" HEAD_CLOSE "\r\n");
  assert_int_equal(reply.status, 200);
  assert_non_null(strstr(reply.text, "Content-Length: 13\r\n"));
  assert_string_equal(reply_body(&reply), "");
  reply_free(&reply);
}

static void refusals_are_problem_documents(void **state)
{
  struct fixture *f = *state;
  struct reply reply = client_ask(f->path, GET("/v1/fail"));
  assert_int_equal(reply.status, 404);
  assert_non_null(strstr(reply.text, "Content-Type: application/problem+json\r\n"));
  const char *id = strstr(reply.text, "X-Request-Id: ");
  assert_non_null(id);
  id += strlen("X-Request-Id: ");
  char want[512];
  snprintf(want, sizeof want,
           "{\"type\":\"urn:topo:problem:not-found\",\"title\":\"There is no such thing "
           "here\",\"status\":"
           "404,\"code\":\"not-found\",\"detail\":\"There is no \\\"grüße\\\" "
           "here.\",\"request_id\":\"%.*s\"}",
           (int)strcspn(id, "\r"), id);
  assert_string_equal(reply_body(&reply), want);
  reply_free(&reply);
}

static void bad_requests_get_their_own_problem(void **state)
{
  static const struct {
    const char *request;
    int status;
    const char *part;
  } cases[] = {
      {GET("/v1/corrupt"), 500, "\"code\":\"corrupt\""},
      {GET("/v1/overrun"), 413, "\"code\":\"limit-exceeded\""},
      {GET("/"), 404, "\"code\":\"not-found\""},
      {GET("/v1/now/"), 404, "\"code\":\"not-found\""},
      {GET("/v1/../v1/now"), 404, "\"code\":\"not-found\""},
      {GET("/v1/%6eow"), 404, "\"code\":\"not-found\""},
      {GET("http://x/v1/now"), 404, "\"code\":\"not-found\""},
      {"DELETE /v1/later HTTP/1.1\r\n" HEAD_CLOSE "\r\n", 405, "Allow: GET, POST\r\n"},
      {"BREW /v1/now HTTP/1.1\r\n" HEAD_CLOSE "\r\n", 405, "\"code\":\"method-not-allowed\""},
      {GET("/v1/now?text=a&text=b"), 400, "\"pointer\":\"text\""},
      {GET("/v1/now?text=%FF"), 400, "\"pointer\":\"text\""},
      {GET("/v1/now?text=%00"), 400, "\"pointer\":\"text\""},
      {GET("/v1/now?text=%4"), 400, "percent escape"},
      {POST("/v1/later", "", "13", "{\"text\":\"hi\"}"), 415,
       "\"code\":\"unsupported-media-type\""},
      {POST("/v1/later", "Content-Type: text/plain\r\n", "13", "{\"text\":\"hi\"}"), 415,
       "application/json"},
      {POST("/v1/later", "Content-Type: application/jsonp\r\n", "13", "{\"text\":\"hi\"}"), 415,
       "json"},
      {POST("/v1/later", JSON, "0", ""), 400, "\"pointer\":\"text\""},
      {POST("/v1/later", JSON, "2", "{}"), 400, "\"pointer\":\"text\""},
      {POST("/v1/later", JSON, "2", "[]"), 400, "JSON object"},
      {POST("/v1/later", JSON, "1", "{"), 400, "\"code\":\"malformed\""},
      {POST("/v1/later", JSON, "10", "{\"text\":7}"), 400, "\"pointer\":\"text\""},
      {POST("/v1/later", JSON, "25", "{\"text\":\"a\",\"t\\u0065xt\":1}"), 400, "same name"},
      {"GET /v1/now HTTP/1.1\r\n" HEAD_CLOSE JSON "Content-Length: 2\r\n\r\n{}", 400, "no body"},
      {POST("/v1/nowhere", JSON, "2", "{}"), 404, "\"code\":\"not-found\""},
      {"GET /v1/now\r\n\r\n", 0, ""},
      {"\r\n\r\n\r\n\r\n", 0, ""},
      {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 0, ""},
  };
  struct fixture *f = *state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    if (cases[i].status) {
      expect(f, cases[i].request, cases[i].status, cases[i].part);
      continue;
    }
    /* Not HTTP: a refusal or silence will do, as long as nothing succeeds and the next caller is
     * served. */
    struct timeval patience = {.tv_usec = 100000};
    int fd = client_connect(f->path);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    client_send(fd, cases[i].request, strlen(cases[i].request));
    shutdown(fd, SHUT_WR);
    struct reply reply = client_finish(fd);
    assert_true(reply.status == 0 || reply.status >= 400);
    reply_free(&reply);
  }
  expect(f, GET("/v1/now?text=still"), 200, "still");
}

static void long_bodies_are_refused_in_bounds(void **state)
{
  struct fixture *f = *state;
  expect(f, POST("/v1/later", JSON, "262145", ""), 413, "\"code\":\"limit-exceeded\"");
  expect(f, POST("/v1/later", JSON, "99999999999999999999", ""), 413,
         "\"code\":\"limit-exceeded\"");
  expect(f, POST("/v1/nowhere", JSON, "9999999999", ""), 404, "");

  /* The largest body is taken. */
  static char body[TOPO_OP_BODY_MAX + 1], head[256];
  memset(body, ' ', sizeof body - 1);
  memcpy(body, "{\"text\":\"hi\"}", 13);
  snprintf(head, sizeof head,
           "POST /v1/later HTTP/1.1\r\n" HEAD_CLOSE JSON "Content-Length: %zu\r\n\r\n",
           sizeof body - 1);
  int fd = client_connect(f->path);
  assert_true(client_send(fd, head, strlen(head)));
  assert_true(client_send(fd, body, sizeof body - 1));
  struct reply reply = client_finish(fd);
  assert_int_equal(reply.status, 201);
  reply_free(&reply);
}

#define CHUNKED "POST /v1/later HTTP/1.1\r\n" HEAD_CLOSE JSON "Transfer-Encoding: chunked\r\n\r\n"

static void chunks_are_counted(void **state)
{
  struct fixture *f = *state;
  static char chunk[64 * 1024 + 9];
  expect(f, CHUNKED "7\r\n{\"text\"\r\n6\r\n:\"hi\"}\r\n0\r\n\r\n", 201, "{\"text\":\"hi\"}");
  memset(chunk, ' ', sizeof chunk);
  memcpy(chunk, "10000\r\n", 7);
  memcpy(chunk + sizeof chunk - 2, "\r\n", 2);

  /* A little too long: the end is awaited and refused with a document. */
  int fd = client_connect(f->path);
  assert_true(client_send(fd, CHUNKED, strlen(CHUNKED)));
  for (int i = 0; i < 5; i++)
    assert_true(client_send(fd, chunk, sizeof chunk));
  assert_true(client_send(fd, "0\r\n\r\n", 5));
  struct reply reply = client_finish(fd);
  assert_int_equal(reply.status, 413);
  reply_free(&reply);

  /* A body that never ends is cut off. */
  fd = client_connect(f->path);
  int sent = client_send(fd, CHUNKED, strlen(CHUNKED));
  for (int i = 0; sent && i < 1000; i++)
    sent = client_send(fd, chunk, sizeof chunk);
  assert_false(sent);
  close(fd);
}

static void slow_and_silent_callers_are_dropped(void **state)
{
  struct fixture *f = *state;
  topo_gateway_destroy(f->gateway);
  assert_int_equal(open_gateway(f, 1), 0);
  int silent = client_connect(f->path), half = client_connect(f->path),
      slow = client_connect(f->path);
  static const char head[] = POST("/v1/later", JSON, "100", "{");
  assert_true(client_send(half, "GET /v1/no", 10));
  assert_true(client_send(slow, head, sizeof head - 1));
  /* One byte each 100 ms never lets the connection fall silent; the body as a whole runs out of
   * time. */
  int sent = 1;
  for (int i = 0; sent && i < 98; i++) {
    char byte;
    struct timeval pause = {.tv_usec = 100000};
    setsockopt(slow, SOL_SOCKET, SO_RCVTIMEO, &pause, sizeof pause);
    sent = client_send(slow, " ", 1) && recv(slow, &byte, 1, 0) != 0;
  }
  assert_false(sent);
  close(slow);
  struct reply reply = client_finish(silent);
  assert_true(reply.status == 0 || reply.status == 408);
  reply_free(&reply);
  reply = client_finish(half);
  assert_true(reply.status == 0 || reply.status == 408);
  reply_free(&reply);
  expect(f, GET("/v1/now?text=still"), 200, "still");
}

static void pipelined_requests_are_answered_in_order(void **state)
{
  struct fixture *f = *state;
  struct reply reply =
      client_ask(f->path, "GET /v1/later?text=one HTTP/1.1\r\nHost: x\r\n\r\n"
                          "POST /v1/later HTTP/1.1\r\nHost: x\r\n" JSON
                          "Content-Length: 14\r\n\r\n{\"text\":\"two\"}"
                          "GET /v1/nowhere HTTP/1.1\r\nHost: x\r\n\r\n" GET("/v1/now?text=four"));
  const char *one = strstr(reply.text, "{\"text\":\"one\"}"),
             *two = strstr(reply.text, "{\"text\":\"two\"}");
  const char *three = strstr(reply.text, "There is no operation"),
             *four = strstr(reply.text, "\"four\"");
  assert_true(one && two && three && four);
  assert_true(one < two && two < three && three < four);
  reply_free(&reply);
}

static void two_hundred_wait_at_once(void **state)
{
  enum { COUNT = 200 };
  struct fixture *f = *state;
  int fds[COUNT];
  for (int i = 0; i < COUNT; i++) {
    char request[128];
    int len =
        snprintf(request, sizeof request, "GET /v1/%s?text=n%d HTTP/1.1\r\n" HEAD_CLOSE "\r\n",
                 i % 2 ? "held" : "later", i);
    fds[i] = client_connect(f->path);
    assert_true(fds[i] >= 0);
    assert_true(client_send(fds[i], request, (size_t)len));
  }
  await_held(f, COUNT / 2);
  release_held(f);
  for (int i = 0; i < COUNT; i++) {
    char want[32];
    snprintf(want, sizeof want, "{\"text\":\"n%d\"}", i);
    struct reply reply = client_finish(fds[i]);
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply_body(&reply), want);
    reply_free(&reply);
  }
}

/* A caller that left while its call waited harms nobody. */
static void a_caller_may_leave_while_its_call_waits(void **state)
{
  struct fixture *f = *state;
  int fd = client_connect(f->path);
  assert_true(client_send(fd, GET("/v1/held"), strlen(GET("/v1/held"))));
  await_held(f, 1);
  close(fd);
  release_held(f);
  expect(f, GET("/v1/now?text=still"), 200, "still");
}

static void *destroy_in_thread(void *arg)
{
  struct fixture *f = arg;
  topo_gateway_destroy(f->gateway);
  f->gateway = NULL;
  return NULL;
}

/* Destroying waits for calls under way, refuses new ones, and lets the last answer out. */
static void the_end_waits_for_calls(void **state)
{
  static const char again[] = GET("/v1/now");
  struct fixture *f = *state;
  pthread_t ender;
  int waiting = client_connect(f->path), idle = client_connect(f->path);
  assert_true(client_send(waiting, GET("/v1/held?text=last"), strlen(GET("/v1/held?text=last"))));
  /* The first answer shows that the connection was accepted before the end begins. */
  char byte;
  assert_true(client_send(idle, "GET /v1/now HTTP/1.1\r\nHost: x\r\n\r\n", 34));
  assert_int_equal(recv(idle, &byte, 1, 0), 1);
  await_held(f, 1);
  topo_gateway_quiesce(f->gateway);
  topo_gateway_quiesce(f->gateway);
  assert_int_equal(access(f->path, F_OK), -1);
  assert_int_equal(client_connect(f->path), -1);
  /* Refused with 503, or, by libmicrohttpd 1.0, found closed. */
  (void)client_send(idle, again, sizeof again - 1);
  struct reply reply = client_finish(idle);
  /* What is left of the first answer is there; a second call was not run. */
  const char *rest = strstr(reply.text, "{\"text\"");
  assert_non_null(rest);
  assert_null(strstr(rest + 1, "{\"text\""));
  reply_free(&reply);
  assert_int_equal(pthread_create(&ender, NULL, destroy_in_thread, f), 0);
  release_held(f);
  reply = client_finish(waiting);
  assert_string_equal(reply_body(&reply), "{\"text\":\"last\"}");
  reply_free(&reply);
  pthread_join(ender, NULL);
}

static void only_the_owner_reaches_the_socket(void **state)
{
  struct fixture *f = *state;
  struct stat info;
  char run[96];
  snprintf(run, sizeof run, "%s/run", f->directory);
  assert_int_equal(stat(f->path, &info), 0);
  assert_int_equal(info.st_mode & 0777, 0600);
  assert_int_equal(stat(run, &info), 0);
  assert_int_equal(info.st_mode & 0777, 0700);

  topo_gateway_destroy(f->gateway);
  f->gateway = NULL;
  assert_int_equal(chmod(run, 0770), 0);
  assert_int_equal(open_gateway(f, 0), TOPO_EDENIED);
  assert_int_equal(chmod(run, 0700), 0);
}

static void a_second_daemon_and_stale_files_are_told_apart(void **state)
{
  struct fixture *f = *state;
  struct topo_gateway *first = f->gateway;
  assert_int_equal(open_gateway(f, 0), TOPO_EADDRINUSE);
  assert_null(f->gateway);
  topo_gateway_destroy(first);
  assert_int_equal(access(f->path, F_OK), -1);

  /* A crashed daemon's socket: the file is there, nobody listens. */
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", f->path);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
  close(fd);
  assert_int_equal(open_gateway(f, 0), 0);
  expect(f, GET("/v1/now"), 200, "");
  topo_gateway_destroy(f->gateway);

  /* Something that is no socket is not ours to remove. */
  fd = open(f->path, O_CREAT | O_WRONLY, 0600);
  assert_true(fd >= 0);
  close(fd);
  assert_int_equal(open_gateway(f, 0), TOPO_EEXISTS);
  assert_int_equal(access(f->path, F_OK), 0);

  char endless[300];
  memset(endless, 'a', sizeof endless);
  endless[sizeof endless - 1] = '\0';
  int status;
  struct topo_gateway_options options = {
      .socket_path = endless, .table = table, .runner = {start, f}};
  assert_null(topo_gateway_create(&options, &status));
  assert_int_equal(status, TOPO_EINVAL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(calls_answer_at_once_or_later),
      TEST(answers_are_not_stored_or_sniffed),
      TEST(head_is_get_without_a_body),
      TEST(refusals_are_problem_documents),
      TEST(bad_requests_get_their_own_problem),
      TEST(long_bodies_are_refused_in_bounds),
      TEST(chunks_are_counted),
      TEST(slow_and_silent_callers_are_dropped),
      TEST(pipelined_requests_are_answered_in_order),
      TEST(two_hundred_wait_at_once),
      TEST(a_caller_may_leave_while_its_call_waits),
      TEST(the_end_waits_for_calls),
      TEST(only_the_owner_reaches_the_socket),
      TEST(a_second_daemon_and_stale_files_are_told_apart),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
