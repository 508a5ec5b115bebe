/*
 * test_front.c - HTTP over TCP: who is let in, what the headers of answers say, the page.
 */
#include "unit/gateway/house.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define HOST               "Host: %s\r\n"
#define CLOSE              "Connection: close\r\n"
#define AUTH(t)            "Authorization: Bearer " t "\r\n"
#define GET(path, headers) "GET " path " HTTP/1.1\r\n" HOST CLOSE headers "\r\n"
#define POST(path, headers, length, body)                                                          \
  "POST " path " HTTP/1.1\r\n" HOST CLOSE headers "Content-Length: " length "\r\n\r\n" body
#define JSON "Content-Type: application/json\r\n"
#define A    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define B    "AAABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static void tokens_open_what_they_are_for(void **state)
{
  static const struct {
    const char *request;
    int status;
    const char *part;
  } cases[] = {
      {GET("/v1/status", AUTH("read")), 200, "\"id\":\"getStatus\""},
      {GET("/v1/status", ""), 401, "WWW-Authenticate: Bearer\r\n"},
      {GET("/v1/status?access_token=read", ""), 401, "\"code\":\"unauthenticated\""},
      {GET("/v1/status?token=read", ""), 401, "Connection: close\r\n"},
      {GET("/v1/status", AUTH("nobody")), 401, "\"code\":\"unauthenticated\""},
      {POST("/v1/stop", AUTH("write"), "0", ""), 403, "\"code\":\"denied\""},
      {POST("/v1/stop", AUTH("admin"), "0", ""), 200, "stopNode"},
      {GET("/v1/spaces", AUTH("one")), 403, "\"code\":\"denied\""},
      {GET("/v1/spaces/" A, AUTH("one")), 200, "getSpace"},
      {GET("/v1/spaces/" B, AUTH("one")), 404, "this daemon has no such space"},
      {GET("/v1/spaces/" B, AUTH("read")), 200, "getSpace"},
      {GET("/v1/spaces/short", AUTH("one")), 400, "\"pointer\":\"space\""},
      {GET("/v1/nowhere", ""), 404, "\"code\":\"not-found\""},
      {GET("/nowhere", ""), 404, "Connection: close\r\n"},
      {"OPTIONS /v1/status HTTP/1.1\r\n" HOST CLOSE "\r\n", 405, "Connection: close\r\n"},
      {"OPTIONS /v1/status HTTP/1.1\r\n" HOST CLOSE AUTH("read") "\r\n", 405, "Allow: GET\r\n"},
      {"OPTIONS / HTTP/1.1\r\n" HOST CLOSE "\r\n", 405, "Allow: GET, HEAD\r\n"},
      {"OPTIONS * HTTP/1.1\r\n" HOST CLOSE "\r\n", 405, "\"code\":\"method-not-allowed\""},
      {"TRACE / HTTP/1.1\r\n" HOST CLOSE "\r\n", 405, ""},
      {GET("/v1/busy", AUTH("read")), 503, "Retry-After: 1\r\n"},
      {GET("/v1/events/ws", ""), 426, "\"code\":\"upgrade-required\""},
      {POST("/v1/events/ws", JSON, "2", "{}"), 405, "Allow: GET\r\n"},
  };
  struct house *h = *state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    house_expect(h, cases[i].request, cases[i].status, cases[i].part);
}

/* A name that was pointed at this machine, a page of another origin, a form. */
static void browsers_of_strangers_are_refused(void **state)
{
  struct house *h = *state;
  house_expect(h, "GET / HTTP/1.1\r\nHost: evil.example:7444\r\nX: %s\r\n\r\n", 421,
               "\"code\":\"wrong-host\"");
  house_expect(h, "GET /v1/status HTTP/1.1\r\nHost: localhost\r\nX: %s\r\n" AUTH("read") "\r\n",
               421, "\"code\":\"wrong-host\"");
  house_expect(h, "GET /healthz HTTP/1.1\r\nHost: rebind.example\r\nX: %s\r\n\r\n", 421, "");
  house_expect(h, GET("/v1/status", AUTH("read") "Sec-Fetch-Site: cross-site\r\n"), 403,
               "\"code\":\"cross-site\"");
  house_expect(h, GET("/assets/app-1.js", "Sec-Fetch-Site: cross-site\r\n"), 403,
               "\"code\":\"cross-site\"");
  house_expect(h, POST("/v1/stop", AUTH("admin") "Origin: http://evil.example\r\n", "0", ""), 403,
               "\"code\":\"foreign-origin\"");
  house_expect(h, POST("/v1/sessions", "Content-Type: text/plain\r\n", "15", "{\"code\":\"good\"}"),
               415, "\"code\":\"unsupported-media-type\"");
  house_expect(h, "GET / HTTP/1.1\r\nHost: %s\r\nHost: localhost:1\r\n\r\n", 400,
               "\"code\":\"bad-request\"");
  house_expect(h, GET("/v1/status", AUTH("read") AUTH("admin")), 400, "\"code\":\"bad-request\"");
}

static void expect_absent(struct house *h, const char *request, const char *part)
{
  struct reply reply = house_ask(h, request);
  if (strstr(reply.text, part))
    fail_msg("%s is in\n%s", part, reply.text);
  reply_free(&reply);
}

static void every_answer_carries_the_headers_of_safety(void **state)
{
  static const char *const requests[] = {GET("/", ""),
                                         GET("/healthz", ""),
                                         GET("/nowhere", ""),
                                         GET("/v1/status", AUTH("read")),
                                         GET("/v1/status", ""),
                                         "not http %s\r\n",
                                         "GET / HTTP/1.1\r\nHost: %s\r\n bad\r\n"};
  static const char *const headers[] = {"X-Content-Type-Options: nosniff\r\n",
                                        "Referrer-Policy: no-referrer\r\n",
                                        "Cross-Origin-Opener-Policy: same-origin\r\n",
                                        "Cross-Origin-Resource-Policy: same-origin\r\n",
                                        "X-Frame-Options: DENY\r\n",
                                        "Permissions-Policy: ",
                                        "Content-Security-Policy: default-src 'none'",
                                        "X-Request-Id: "};
  struct house *h = *state;
  for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
    struct reply reply = house_ask(h, requests[i]);
    for (size_t k = 0; k < sizeof headers / sizeof *headers; k++)
      if (!strstr(reply.text, headers[k]))
        fail_msg("%s is not in\n%s", headers[k], reply.text);
    assert_null(strstr(reply.text, "Access-Control"));
    reply_free(&reply);
  }
  house_expect(h, GET("/", ""), 200,
               "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
               "img-src 'self' blob: data:; font-src 'self'; media-src 'self' blob:; connect-src "
               "'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
               "require-trusted-types-for 'script'; trusted-types 'none'\r\n");
  house_expect(h, GET("/v1/status", AUTH("read")), 200,
               "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n");
}

static void a_file_may_run_under_a_policy_of_its_own(void **state)
{
  static const char own[] = "Content-Security-Policy: " HOUSE_DOCS_CSP "\r\n";
  struct house *h = *state;
  house_expect(h, GET("/docs/", ""), 200, own);
  house_expect(h, GET("/docs/", "If-None-Match: \"docs-1\"\r\n"), 304, own);
  expect_absent(h, GET("/docs/", ""), "trusted-types");
  expect_absent(h, GET("/", ""), HOUSE_DOCS_CSP);
  house_expect(h, GET("/openapi.json", ""), 200,
               "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n");
  house_expect(h, "GET /docs/ HTTP/1.1\r\nHost: rebind.example\r\n\r\n", 421, "");
  house_expect(h, GET("/docs/", "Sec-Fetch-Site: cross-site\r\n"), 403, "\"code\":\"cross-site\"");
}

static void the_page_is_served_as_it_is(void **state)
{
  struct house *h = *state;
  house_expect(h, GET("/", ""), 200, "\r\n\r\n<!doctype html>");
  house_expect(h, GET("/", ""), 200, "Cache-Control: no-cache\r\n");
  house_expect(h, GET("/?c=1", ""), 200, "ETag: \"page-1\"\r\n");
  house_expect(h, GET("/", "If-None-Match: \"page-1\"\r\n"), 304, "ETag: \"page-1\"\r\n");
  house_expect(h, GET("/", "If-None-Match: \"page-2\"\r\n"), 200, "<!doctype");
  house_expect(h, GET("/assets/app-1.js", "Accept-Encoding: br, gzip\r\n"), 200,
               "Content-Encoding: gzip\r\n");
  house_expect(h, GET("/assets/app-1.js", "Accept-Encoding: gzip\r\n"), 200,
               "Cache-Control: public, max-age=31536000, immutable\r\n");
  house_expect(h, GET("/assets/app-1.js", "Accept-Encoding: gzip\r\n"), 200,
               "Vary: Accept-Encoding\r\n");
  house_expect(h, GET("/assets/app-1.js", ""), 406, "\"code\":\"not-acceptable\"");
  house_expect(h, GET("/assets/../", ""), 404, "");
  house_expect(h, GET("/assets/%%61pp-1.js", ""), 404, "");
  house_expect(h, POST("/", JSON, "2", "{}"), 405, "Allow: GET, HEAD\r\n");
  expect_absent(h, "HEAD / HTTP/1.1\r\n" HOST CLOSE "\r\n", "<!doctype");
}

static void signs_of_life_need_no_token(void **state)
{
  struct house *h = *state;
  house_expect(h, GET("/healthz", ""), 200, "{\"ok\":true}");
  house_expect(h, GET("/readyz", ""), 200, "{\"ok\":true}");
  char head[256], byte;
  int n = snprintf(head, sizeof head, "GET /readyz HTTP/1.1\r\nHost: %s\r\n\r\n", h->host);
  int fd = house_dial(h);
  assert_true(client_send(fd, head, (size_t)n));
  do /* to the end of the first answer */
    assert_int_equal(read(fd, &byte, 1), 1);
  while (byte != '}');
  topo_gateway_quiesce(h->gateway);
  assert_true(client_send(fd, head, (size_t)n));
  struct reply reply = client_finish(fd);
  assert_int_equal(reply.status, 503);
  assert_non_null(strstr(reply.text, "\"code\":\"closed\""));
  reply_free(&reply);
}

#define MESSAGES "/v1/spaces/" A "/messages"

static void reads_say_what_they_show(void **state)
{
  struct house *h = *state;
  house_expect(h, GET(MESSAGES, AUTH("read")), 200, "ETag: W/\"1.2-c.7\"\r\n");
  house_expect(h, GET(MESSAGES, AUTH("read")), 200, "Topo-Cursor: c.7\r\n");
  house_expect(h, GET(MESSAGES, AUTH("read")), 200, "Cache-Control: no-cache\r\n");
  house_expect(h, GET(MESSAGES, AUTH("read") "If-None-Match: W/\"1.2-c.7\"\r\n"), 304,
               "Topo-Cursor: c.7\r\n");
  expect_absent(h, GET(MESSAGES, AUTH("read") "If-None-Match: W/\"1.2-c.7\"\r\n"), "listMessages");
  /* Another moment, another release, no tag at all. */
  house_expect(h, GET(MESSAGES, AUTH("read") "If-None-Match: W/\"1.2-c.6\"\r\n"), 200, "listM");
  house_expect(h, GET(MESSAGES, AUTH("read") "If-None-Match: W/\"1.1-c.7\"\r\n"), 200, "listM");
  house_expect(h, GET(MESSAGES, AUTH("read") "If-None-Match: *\r\n"), 200, "listM");
  house_expect(h, GET("/v1/status", AUTH("read")), 200, "Cache-Control: no-store\r\n");
  expect_absent(h, GET("/v1/status", AUTH("read")), "ETag");
}

#define SEND(headers) POST(MESSAGES, AUTH("write") JSON headers, "12", "{\"text\":\"a\"}")
#define KEY_32        "0123456789abcdef0123456789abcdef"

static void writes_take_a_key(void **state)
{
  struct house *h = *state;
  house_expect(h, SEND(""), 201, "\"key\":\"\"");
  house_expect(h, SEND("Idempotency-Key: k-1\r\n"), 201, "\"key\":\"k-1\"");
  expect_absent(h, SEND("Idempotency-Key: k-1\r\n"), "Idempotency-Replayed");
  house_expect(h, SEND("Idempotency-Key: again\r\n"), 201, "Idempotency-Replayed: true\r\n");
  house_expect(h, SEND("Idempotency-Key: " KEY_32 KEY_32 KEY_32 KEY_32 "\r\n"), 201, KEY_32);
  house_expect(h, SEND("Idempotency-Key: " KEY_32 KEY_32 KEY_32 KEY_32 "x\r\n"), 400,
               "\"pointer\":\"Idempotency-Key\"");
  house_expect(h, SEND("Idempotency-Key:\r\n"), 400, "\"pointer\":\"Idempotency-Key\"");
  house_expect(h, SEND("Idempotency-Key: a b\r\n"), 400, "\"pointer\":\"Idempotency-Key\"");
  house_expect(h, SEND("Idempotency-Key: a\r\nIdempotency-Key: b\r\n"), 400, "bad-request");
}

/* Twenty wrong tries in a second, and no more; good tokens are not kept waiting by them. */
static void tries_are_counted(void **state)
{
  struct house *h = *state;
  unsigned refused = 0, limited = 0;
  for (int i = 0; i < 60; i++) {
    struct reply reply =
        house_ask(h, i % 2 ? GET("/v1/status", AUTH("guess"))
                           : POST("/v1/sessions", JSON, "14", "{\"code\":\"bad\"}"));
    refused += reply.status == 401;
    limited += reply.status == 429;
    if (reply.status == 429)
      assert_non_null(strstr(reply.text, "Retry-After: 1\r\n"));
    reply_free(&reply);
  }
  assert_int_equal(refused + limited, 60);
  assert_in_range(refused, 20, 50);
  assert_in_range(limited, 1, 40);
  house_expect(h, GET("/v1/status", AUTH("read")), 200, "getStatus");
}

static void both_listeners_serve_the_same(void **state)
{
  struct house *h = *state;
  struct reply reply = client_ask(h->path, "GET /v1/status HTTP/1.1\r\nHost: anything\r\n" CLOSE
                                           "Origin: http://evil.example\r\n\r\n");
  assert_int_equal(reply.status, 200);
  reply_free(&reply);
  reply = client_ask(h->path, "GET / HTTP/1.0\r\n\r\n");
  assert_int_equal(reply.status, 200);
  reply_free(&reply);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, house_set_up, house_tear_down)
  const struct CMUnitTest tests[] = {
      TEST(tokens_open_what_they_are_for),
      TEST(browsers_of_strangers_are_refused),
      TEST(every_answer_carries_the_headers_of_safety),
      TEST(a_file_may_run_under_a_policy_of_its_own),
      TEST(the_page_is_served_as_it_is),
      TEST(signs_of_life_need_no_token),
      TEST(reads_say_what_they_show),
      TEST(writes_take_a_key),
      TEST(tries_are_counted),
      TEST(both_listeners_serve_the_same),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
