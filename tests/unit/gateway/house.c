/* house.c - the fakes around a gateway. */
#include "unit/gateway/house.h"

#include "base/status.h"
#include "sys/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

const struct topo_id house_a = {{0}}, house_b = {{0, 0, 1}};
const char house_a_text[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const char house_b_text[] = "AAABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const char house_none_text[] = "AAACAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/* Operations. */

static int answer(struct topo_op_call *call, void *host)
{
  (void)host;
  topo_json_begin_object(&call->out);
  topo_json_key(&call->out, "id");
  topo_json_string(&call->out, call->op->id);
  topo_json_key(&call->out, "key");
  topo_json_string(&call->out, call->idempotency_key);
  topo_json_end_object(&call->out);
  call->replayed = strcmp(call->idempotency_key, "again") == 0;
  if (call->op->where != TOPO_OP_READ)
    return 0;
  strcpy(call->cursor, "c.7");
  call->unchanged = strcmp(call->known, call->cursor) == 0;
  if (call->unchanged)
    topo_json_reset(&call->out);
  return 0;
}

static int make_session(struct topo_op_call *call, void *host)
{
  const struct topo_op_value *code = topo_op_get(call, "code");
  if (strcmp(code->text, "good") != 0)
    return topo_op_fail(call, TOPO_EUNAUTHENTICATED, "The code is no good.");
  return answer(call, host);
}

static int be_busy(struct topo_op_call *call, void *host)
{
  (void)host;
  return topo_op_fail(call, TOPO_EAGAIN, "Not now.");
}

static int answer_much(struct topo_op_call *call, void *host)
{
  enum { PIECES = 1024 };
  (void)host;
  topo_json_begin_array(&call->out);
  for (int i = 0; i < PIECES; i++) {
    char piece[1024];
    memset(piece, 'x', sizeof piece);
    topo_json_string_n(&call->out, piece, sizeof piece);
  }
  topo_json_end_array(&call->out);
  return 0;
}

static const struct topo_op_param none[] = {{0}};
static const struct topo_op_param space[] = {
    {.name = "space", .location = TOPO_OP_PATH, .kind = TOPO_OP_ID, .required = true}, {0}};
static const struct topo_op_param text[] = {
    {.name = "space", .location = TOPO_OP_PATH, .kind = TOPO_OP_ID, .required = true},
    {.name = "text", .location = TOPO_OP_BODY, .kind = TOPO_OP_TEXT, .required = true, .min = 1},
    {0}};
static const struct topo_op_param code[] = {
    {.name = "code", .location = TOPO_OP_BODY, .kind = TOPO_OP_TEXT, .required = true, .min = 1},
    {0}};

#define OP(id, method, path, where, scope, params, run, creates, idempotent)                       \
  {                                                                                                \
    id, method, path, "", where, scope, params, run, creates, idempotent, NULL                     \
  }
static const struct topo_op ops[] = {
    OP("getStatus", "GET", "/v1/status", TOPO_OP_REGISTRY, TOPO_SCOPE_READ, none, answer, false,
       false),
    OP("listSpaces", "GET", "/v1/spaces", TOPO_OP_REGISTRY, TOPO_SCOPE_READ, none, answer, false,
       false),
    OP("getSpace", "GET", "/v1/spaces/{space}", TOPO_OP_REGISTRY, TOPO_SCOPE_READ, space, answer,
       false, false),
    OP("listMessages", "GET", "/v1/spaces/{space}/messages", TOPO_OP_READ, TOPO_SCOPE_READ, space,
       answer, false, false),
    OP("sendMessage", "POST", "/v1/spaces/{space}/messages", TOPO_OP_SPACE, TOPO_SCOPE_WRITE, text,
       answer, true, true),
    OP("stopNode", "POST", "/v1/stop", TOPO_OP_REGISTRY, TOPO_SCOPE_ADMIN, none, answer, false,
       false),
    OP("createSession", "POST", "/v1/sessions", TOPO_OP_REGISTRY, TOPO_SCOPE_OPEN, code,
       make_session, true, false),
    OP("busy", "GET", "/v1/busy", TOPO_OP_REGISTRY, TOPO_SCOPE_READ, none, be_busy, false, false),
    OP("much", "GET", "/v1/much", TOPO_OP_REGISTRY, TOPO_SCOPE_READ, none, answer_much, false,
       false),
};
static const struct topo_op *const table[] = {&ops[0], &ops[1], &ops[2], &ops[3], &ops[4],
                                              &ops[5], &ops[6], &ops[7], &ops[8], NULL};

static void start(void *ctx, struct topo_op_call *call)
{
  (void)ctx;
  call->status = call->op->run(call, NULL);
  call->done(call, call->done_arg);
}

static const uint8_t page[] = "<!doctype html>", script[] = "\x1f\x8b not really gzip";
static const struct topo_asset assets[] = {
    {"/", "text/html; charset=utf-8", page, sizeof page - 1, "\"page-1\"", false, false, NULL},
    {"/assets/app-1.js", "text/javascript", script, sizeof script - 1, "\"app-1\"", true, true,
     NULL},
    {"/openapi.json", "application/json", page, sizeof page - 1, "\"api-1\"", false, false, NULL},
    {"/docs/", "text/html", page, sizeof page - 1, "\"docs-1\"", false, false, HOUSE_DOCS_CSP},
    {0}};

/* The gate. */

static int check(void *ctx, const char *token, size_t len, struct topo_grant *out)
{
  struct house *h = ctx;
  const struct {
    const char *text;
    struct topo_grant grant;
  } tokens[] = {
      {"read", {.scope = TOPO_SCOPE_READ}},
      {"write", {.scope = TOPO_SCOPE_WRITE}},
      {"admin", {.scope = TOPO_SCOPE_ADMIN}},
      {"one", {.scope = TOPO_SCOPE_WRITE, .one_space = true, .space = house_a}},
      {"brief", {.scope = TOPO_SCOPE_READ, .expires_ms = atomic_load(&h->expires_ms)}},
      {"gone", {.scope = TOPO_SCOPE_READ}},
  };
  atomic_fetch_add(&h->checks, 1);
  for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
    if (strlen(tokens[i].text) == len && memcmp(tokens[i].text, token, len) == 0) {
      if (strcmp(tokens[i].text, "gone") == 0 && atomic_load(&h->revoked))
        break;
      *out = tokens[i].grant;
      return 0;
    }
  return TOPO_EUNAUTHENTICATED;
}

/* The source of events. */

static int subscription_read(struct topo_subscription *subscription, size_t max_bytes,
                             void (*each)(void *arg, const struct topo_subscription_event *event),
                             void *arg)
{
  struct fake_subscription *f = (struct fake_subscription *)subscription;
  struct house *h = f->house;
  size_t given = 0;
  int n = 0;
  pthread_mutex_lock(&h->lock);
  if (h->closed)
    n = TOPO_ECLOSED;
  for (; !h->closed && f->at < h->n_events && given < max_bytes; f->at++) {
    if (!topo_id_equal(&h->events[f->at].space, &f->request.space))
      continue;
    const char *notification = h->events[f->at].notification;
    struct topo_subscription_event event = {h->events[f->at].type,
                                            h->events[f->at].cursor,
                                            {(const uint8_t *)notification, strlen(notification)}};
    each(arg, &event);
    given += event.notification.len;
    n++;
  }
  pthread_mutex_unlock(&h->lock);
  return n;
}

static void subscription_close(struct topo_subscription *subscription)
{
  struct fake_subscription *f = (struct fake_subscription *)subscription, **at;
  struct house *h = f->house;
  pthread_mutex_lock(&h->lock);
  for (at = &h->broker; *at != f; at = &(*at)->next)
    ;
  *at = f->next;
  h->subscriptions_open--;
  pthread_cond_broadcast(&h->changed);
  pthread_mutex_unlock(&h->lock);
  free(f);
}

static const struct topo_subscription_ops subscription_ops = {subscription_read,
                                                              subscription_close};

static int subscription_open(void *ctx, const struct topo_subscription_request *request,
                             struct topo_subscription **out)
{
  struct house *h = ctx;
  if (!topo_id_equal(&request->space, &house_a) && !topo_id_equal(&request->space, &house_b))
    return TOPO_ENOTFOUND;
  if (strcmp(request->since, "nonsense") == 0)
    return TOPO_EINVAL;
  struct fake_subscription *f = calloc(1, sizeof *f);
  assert_non_null(f);
  f->head.ops = &subscription_ops;
  f->house = h;
  f->request = *request;
  pthread_mutex_lock(&h->lock);
  f->at = request->since[0] ? 0 : h->n_events;
  f->next = h->broker;
  h->broker = f;
  h->last = *request;
  h->subscriptions_open++;
  h->subscriptions_opened++;
  pthread_cond_broadcast(&h->changed);
  pthread_mutex_unlock(&h->lock);
  *out = &f->head;
  return 0;
}

void house_emit(struct house *h, const struct topo_id *of, const char *type, const char *cursor,
                size_t padding)
{
  size_t size = padding + 128;
  char *notification = malloc(size);
  assert_non_null(notification);
  pthread_mutex_lock(&h->lock);
  assert_true(h->n_events < HOUSE_EVENTS_MAX);
  int n =
      snprintf(notification, size, "{\"type\":\"%s\",\"n\":%zu,\"padding\":\"", type, h->n_events);
  memset(notification + n, 'x', padding);
  strcpy(notification + (size_t)n + padding, "\"}");
  h->events[h->n_events].space = *of;
  h->events[h->n_events].type = type;
  h->events[h->n_events].cursor = cursor ? strdup(cursor) : NULL;
  h->events[h->n_events++].notification = notification;
  /* Under the lock, so that a subscription is not closed meanwhile. */
  for (struct fake_subscription *f = h->broker; f; f = f->next)
    if (topo_id_equal(&f->request.space, of))
      f->request.ready(f->request.arg);
  pthread_mutex_unlock(&h->lock);
}

void house_await_subscriptions(struct house *h, size_t count)
{
  pthread_mutex_lock(&h->lock);
  while (h->subscriptions_open != count)
    pthread_cond_wait(&h->changed, &h->lock);
  pthread_mutex_unlock(&h->lock);
}

/* The house. */

void house_open(struct house *h)
{
  int status;
  topo_gateway_destroy(h->gateway);
  h->gateway = topo_gateway_create(&h->options, &status);
  assert_int_equal(status, 0);
  assert_non_null(h->gateway);
  h->port = topo_gateway_port(h->gateway);
  snprintf(h->host, sizeof h->host, "127.0.0.1:%u", (unsigned)h->port);
}

int house_set_up(void **state)
{
  struct house *h = calloc(1, sizeof *h);
  assert_non_null(h);
  strcpy(h->directory, "/tmp/topo-gateway-XXXXXX");
  assert_non_null(mkdtemp(h->directory));
  snprintf(h->path, sizeof h->path, "%s/topod.sock", h->directory);
  pthread_mutex_init(&h->lock, NULL);
  pthread_cond_init(&h->changed, NULL);
  h->options = (struct topo_gateway_options){.socket_path = h->path,
                                             .listen_host = "127.0.0.1",
                                             .table = table,
                                             .runner = {start, h},
                                             .gate = {check, h},
                                             .broker = {subscription_open, h},
                                             .assets = assets,
                                             .version = "1.2"};
  house_open(h);
  *state = h;
  return 0;
}

int house_tear_down(void **state)
{
  struct house *h = *state;
  topo_gateway_destroy(h->gateway);
  assert_null(h->broker); /* every subscription was closed */
  assert_int_equal(rmdir(h->directory), 0);
  for (size_t i = 0; i < h->n_events; i++) {
    free(h->events[i].cursor);
    free(h->events[i].notification);
  }
  pthread_cond_destroy(&h->changed);
  pthread_mutex_destroy(&h->lock);
  free(h);
  return 0;
}

int house_dial(struct house *h)
{
  int fd = client_dial(h->port);
  assert_true(fd >= 0);
  return fd;
}

struct reply house_ask(struct house *h, const char *head)
{
  char request[8192];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  int n = snprintf(request, sizeof request, head, h->host);
#pragma GCC diagnostic pop
  assert_in_range(n, 1, (int)sizeof request - 1);
  int fd = house_dial(h);
  client_send(fd, request, (size_t)n);
  return client_finish(fd);
}

void house_expect(struct house *h, const char *head, int status, const char *part)
{
  struct reply reply = house_ask(h, head);
  if (reply.status != status || !strstr(reply.text, part))
    fail_msg("wanted %d and %s for\n%.300s\ngot\n%s", status, part, head, reply.text);
  reply_free(&reply);
}
