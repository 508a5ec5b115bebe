/*
 * test_authorize.c - who may call: the authorizer and what it reads, without a socket.
 */
#include "gateway/authorize.h"

#include "base/status.h"
#include "gateway/bucket.h"
#include "gateway/head.h"
#include "gateway/secure.h"
#include "lib/aborts.h"

#include <stdio.h>
#include <string.h>

static const struct topo_id space_a = {{1}}, space_b = {{2}};
static unsigned asked; /* how often the gate was */

static int check(void *ctx, const char *token, size_t len, struct topo_grant *out)
{
  static const struct {
    const char *text;
    struct topo_grant grant;
  } tokens[] = {{"r", {.scope = TOPO_SCOPE_READ}},
                {"w", {.scope = TOPO_SCOPE_WRITE}},
                {"a", {.scope = TOPO_SCOPE_ADMIN}},
                {"one", {.scope = TOPO_SCOPE_WRITE, .one_space = true, .space = {{1}}}}};
  (void)ctx;
  asked++;
  for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
    if (strlen(tokens[i].text) == len && memcmp(tokens[i].text, token, len) == 0) {
      *out = tokens[i].grant;
      return 0;
    }
  return TOPO_EUNAUTHENTICATED;
}
static const struct topo_gate gate = {check, NULL};

static const struct topo_op status = {
    .id = "getStatus", .method = "GET", .where = TOPO_OP_REGISTRY, .scope = TOPO_SCOPE_READ};
static const struct topo_op spaces = {
    .id = "listSpaces", .method = "GET", .where = TOPO_OP_REGISTRY, .scope = TOPO_SCOPE_READ};
static const struct topo_op one_space = {
    .id = "getSpace", .method = "GET", .where = TOPO_OP_REGISTRY, .scope = TOPO_SCOPE_READ};
static const struct topo_op session = {
    .id = "createSession", .method = "POST", .where = TOPO_OP_REGISTRY, .scope = TOPO_SCOPE_OPEN};
static const struct topo_op send = {
    .id = "send", .method = "POST", .where = TOPO_OP_SPACE, .scope = TOPO_SCOPE_WRITE};
static const struct topo_op stop = {
    .id = "stopNode", .method = "POST", .where = TOPO_OP_REGISTRY, .scope = TOPO_SCOPE_ADMIN};

#define HOST "Host: 127.0.0.1:7444\n"
#define AUTH "Authorization: Bearer "
#define JSON "Content-Type: application/json\nContent-Length: 2\n"
#define NAV  "Sec-Fetch-Mode: navigate\nSec-Fetch-Dest: document\n"
#define PAGE TOPO_RESOURCE_FILE
#define OP   TOPO_RESOURCE_OPERATION
#define NONE TOPO_RESOURCE_NONE
#define WS   TOPO_RESOURCE_SOCKET
#define SSE  TOPO_RESOURCE_EVENTS

/* The headers of "Name: value\n" lines. */
static struct topo_headers parse(const char *text)
{
  struct topo_headers headers = {0};
  while (*text) {
    size_t name = strcspn(text, ":"), line = strcspn(text, "\n");
    topo_headers_add(&headers, text, name, text + name + 1, line - name - 1);
    text += line + 1;
  }
  return headers;
}

static struct topo_verdict authorize(enum topo_resource resource, const struct topo_op *op,
                                     const struct topo_id *space, const char *method,
                                     const char *text)
{
  struct topo_names names;
  struct topo_headers headers = parse(text);
  topo_names_init(&names, "192.0.2.7", 7444);
  const struct topo_facts facts = {
      TOPO_TRANSPORT_TCP, false, method, resource, op, space, &headers};
  return topo_authorize(&facts, &names, &gate);
}

struct expected {
  enum topo_resource resource;
  const struct topo_op *op;
  const struct topo_id *space;
  const char *method, *headers, *code; /* NULL: granted */
};

static void expect(const struct expected *cases, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    const struct expected *c = &cases[i];
    struct topo_verdict v = authorize(c->resource, c->op, c->space, c->method, c->headers);
    const char *code = v.refused ? v.problem.code : "granted",
               *want = c->code ? c->code : "granted";
    if (strcmp(code, want) != 0)
      fail_msg("case %zu: wanted %s, got %s for\n%s", i, want, code, c->headers);
  }
}
#define EXPECT(cases) expect(cases, sizeof cases / sizeof *cases)

/* Every request over TCP names the node by one of its names, exactly. */
static void the_host_is_one_of_ours(void **state)
{
  static const char *const good[] = {"127.0.0.1:7444", "localhost:7444", "LOCALHOST:7444",
                                     "[::1]:7444", "192.0.2.7:7444"};
  static const char *const bad[] = {
      "",           "127.0.0.1",         "127.0.0.1:7445",   "127.0.0.1:74440", "localhost",
      "localhost.", "evil.example:7444", "evil.example",     "127.0.0.1:7444.", "::1:7444",
      "127.1:7444", "0x7f.1:7444",       "2130706433:7444",  "localhost:7444 ", "a@localhost:7444",
      "[::1]",      "0.0.0.0:7444",      "localhost.:7444/", "127.0.0.1:07444", "127.0.0.1:7444,x"};
  static const enum topo_resource resources[] = {PAGE, OP, NONE, WS, SSE};
  char text[128];
  (void)state;
  for (size_t r = 0; r < sizeof resources / sizeof *resources; r++) {
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
      snprintf(text, sizeof text, "Host: %s\n" AUTH "r\n", good[i]);
      assert_false(authorize(resources[r], &status, NULL, "GET", text).refused);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
      asked = 0;
      snprintf(text, sizeof text, "Host: %s\n" AUTH "r\n", bad[i]);
      struct topo_verdict v = authorize(resources[r], &status, NULL, "GET", text);
      /* White space around a value is no part of it. */
      if (strcmp(bad[i], "localhost:7444 ") == 0)
        continue;
      if (!v.refused || strcmp(v.problem.code, "wrong-host") != 0)
        fail_msg("the host %s was not refused", bad[i]);
      assert_int_equal(v.problem.http, 421);
      assert_int_equal(asked, 0); /* a stranger's token is not even looked at */
    }
    assert_string_equal(authorize(resources[r], &status, NULL, "GET", AUTH "r\n").problem.code,
                        "wrong-host");
  }
}

/* On port 80 browsers leave the port out. */
static void the_usual_port_may_be_left_out(void **state)
{
  struct topo_names names;
  struct topo_headers with = parse("Host: localhost:80\n"), without = parse("Host: localhost\n"),
                      other = parse("Host: localhost:8\n");
  (void)state;
  topo_names_init(&names, NULL, 80);
  struct topo_facts facts = {TOPO_TRANSPORT_TCP, false, "GET", PAGE, NULL, NULL, &with};
  assert_false(topo_authorize(&facts, &names, &gate).refused);
  facts.headers = &without;
  assert_false(topo_authorize(&facts, &names, &gate).refused);
  facts.headers = &other;
  assert_true(topo_authorize(&facts, &names, &gate).refused);
}

static void pages_of_other_sites_may_not(void **state)
{
  static const struct expected cases[] = {
      {OP, &send, &space_a, "POST", HOST AUTH "w\n" JSON "Origin: http://127.0.0.1:7444\n", NULL},
      {OP, &send, &space_a, "POST", HOST AUTH "w\n" JSON "Origin: http://localhost:7444\n",
       "foreign-origin"},
      {OP, &send, &space_a, "POST", HOST AUTH "w\n" JSON "Origin: https://127.0.0.1:7444\n",
       "foreign-origin"},
      {OP, &send, &space_a, "POST", HOST AUTH "w\n" JSON "Origin: http://evil.example\n",
       "foreign-origin"},
      {OP, &send, &space_a, "POST", HOST AUTH "w\n" JSON "Origin: null\n", "foreign-origin"},
      {OP, &send, &space_a, "POST", HOST AUTH "w\n" JSON "Origin:\n", "foreign-origin"},
      {OP, &session, NULL, "POST", HOST JSON "Origin: http://evil.example\n", "foreign-origin"},
      {WS, NULL, NULL, "GET", HOST "Origin: http://evil.example\n", "foreign-origin"},
      {WS, NULL, NULL, "GET", HOST "Origin: http://127.0.0.1:7444\n", NULL},
      {WS, NULL, NULL, "GET", HOST, NULL},
      {OP, &status, NULL, "GET", HOST AUTH "r\nSec-Fetch-Site: same-origin\n", NULL},
      {OP, &status, NULL, "GET", HOST AUTH "r\nSec-Fetch-Site: none\n", NULL},
      {OP, &status, NULL, "GET", HOST AUTH "r\nSec-Fetch-Site: cross-site\n", "cross-site"},
      {OP, &status, NULL, "GET", HOST AUTH "r\nSec-Fetch-Site: same-site\n", "cross-site"},
      {OP, &status, NULL, "GET", HOST AUTH "r\nSec-Fetch-Site: \n", "cross-site"},
      {OP, &status, NULL, "GET", HOST AUTH "r\n" NAV "Sec-Fetch-Site: cross-site\n", "cross-site"},
      {WS, NULL, NULL, "GET", HOST "Sec-Fetch-Site: cross-site\n", "cross-site"},
      {SSE, NULL, NULL, "GET", HOST AUTH "r\nSec-Fetch-Site: cross-site\n", "cross-site"},
      {PAGE, NULL, NULL, "GET", HOST NAV "Sec-Fetch-Site: cross-site\n", NULL},
      {PAGE, NULL, NULL, "GET", HOST "Sec-Fetch-Mode: no-cors\nSec-Fetch-Site: cross-site\n",
       "cross-site"},
      {PAGE, NULL, NULL, "GET",
       HOST "Sec-Fetch-Mode: navigate\nSec-Fetch-Dest: iframe\nSec-Fetch-Site: cross-site\n",
       "cross-site"},
      {PAGE, NULL, NULL, "POST", HOST NAV "Sec-Fetch-Site: cross-site\n", "cross-site"},
  };
  (void)state;
  EXPECT(cases);
}

static void a_token_is_needed_and_good_for_its_scope(void **state)
{
  static const struct expected cases[] = {
      {OP, &status, NULL, "GET", HOST, "unauthenticated"},
      {OP, &status, NULL, "GET", HOST AUTH "x\n", "unauthenticated"},
      {OP, &status, NULL, "GET", HOST AUTH "\n", "unauthenticated"},
      {OP, &status, NULL, "GET", HOST AUTH "r r\n", "unauthenticated"},
      {OP, &status, NULL, "GET", HOST "Authorization: Basic r\n", "unauthenticated"},
      {OP, &status, NULL, "GET", HOST "Authorization: bearer r\n", NULL},
      {OP, &status, NULL, "HEAD", HOST AUTH "r\n", NULL},
      {SSE, NULL, NULL, "GET", HOST, "unauthenticated"},
      {SSE, NULL, NULL, "GET", HOST AUTH "r\n", NULL},
      {OP, &send, &space_a, "POST", HOST AUTH "r\n" JSON, "denied"},
      {OP, &send, &space_a, "POST", HOST AUTH "w\n" JSON, NULL},
      {OP, &stop, NULL, "POST", HOST AUTH "w\n", "denied"},
      {OP, &stop, NULL, "POST", HOST AUTH "a\n", NULL},
      {OP, &session, NULL, "POST", HOST JSON, NULL},
      {OP, &session, NULL, "POST", HOST AUTH "x\n" JSON, NULL},
      {PAGE, NULL, NULL, "GET", HOST, NULL},
      {NONE, NULL, NULL, "GET", HOST, NULL},
      {WS, NULL, NULL, "GET", HOST, NULL},
  };
  (void)state;
  EXPECT(cases);
  struct topo_verdict v = authorize(OP, &status, NULL, "GET", HOST AUTH "x\n");
  assert_true(v.unproven);
  assert_false(authorize(OP, &stop, NULL, "POST", HOST AUTH "w\n").unproven);
}

/* A token has at most TOPO_TOKEN_TEXT_MAX bytes: of a longer one nobody is asked whether it is
 * good.
 */
static void a_token_is_bounded(void **state)
{
  enum { HEAD = sizeof HOST AUTH - 1 };
  char text[HEAD + TOPO_TOKEN_TEXT_MAX + 3];
  (void)state;
  for (unsigned more = 0; more < 2; more++) {
    memset(text, 't', sizeof text);
    memcpy(text, HOST AUTH, HEAD);
    memcpy(text + HEAD + TOPO_TOKEN_TEXT_MAX + more, "\n", 2);
    asked = 0;
    assert_true(authorize(OP, &status, NULL, "GET", text).unproven);
    assert_int_equal(asked, 1 - more);
  }
}

/* For a token of one space there is no other, and the node as a whole is not its business. */
static void a_token_for_one_space_sees_no_other(void **state)
{
  static const struct expected cases[] = {
      {OP, &send, &space_a, "POST", HOST AUTH "one\n" JSON, NULL},
      {OP, &send, &space_b, "POST", HOST AUTH "one\n" JSON, "not-found"},
      {OP, &one_space, &space_a, "GET", HOST AUTH "one\n", NULL},
      {OP, &one_space, &space_b, "GET", HOST AUTH "one\n", "not-found"},
      {SSE, NULL, &space_b, "GET", HOST AUTH "one\n", "not-found"},
      {OP, &status, NULL, "GET", HOST AUTH "one\n", NULL},
      {OP, &spaces, NULL, "GET", HOST AUTH "one\n", "denied"},
      {OP, &stop, NULL, "POST", HOST AUTH "one\n", "denied"},
      {OP, &session, NULL, "POST", HOST AUTH "one\n" JSON, NULL},
  };
  (void)state;
  EXPECT(cases);
  assert_string_equal(authorize(OP, &send, &space_b, "POST", HOST AUTH "one\n" JSON).problem.detail,
                      topo_authorize_no_space);
}

static void two_of_a_kind_and_wrong_bodies_are_refused(void **state)
{
  static const struct expected cases[] = {
      {OP, &status, NULL, "GET", HOST HOST AUTH "r\n", "bad-request"},
      {OP, &status, NULL, "GET", HOST AUTH "r\n" AUTH "r\n", "bad-request"},
      {OP, &send, &space_a, "POST", HOST AUTH "w\n" JSON "content-type: application/json\n",
       "bad-request"},
      {OP, &send, &space_a, "POST", HOST AUTH "w\n" JSON "Content-Length: 2\n", "bad-request"},
      {OP, &send, &space_a, "POST", HOST AUTH "w\n" JSON "Transfer-Encoding: chunked\n",
       "bad-request"},
      {PAGE, NULL, NULL, "GET", HOST "Origin: a\nOrigin: a\n", "bad-request"},
      {OP, &send, &space_a, "POST", HOST AUTH "w\nContent-Length: 2\n", "unsupported-media-type"},
      {OP, &send, &space_a, "POST", HOST AUTH "w\nTransfer-Encoding: chunked\n",
       "unsupported-media-type"},
      {OP, &send, &space_a, "POST", HOST AUTH "w\nContent-Length: 2\nContent-Type: text/plain\n",
       "unsupported-media-type"},
      {OP, &send, &space_a, "POST",
       HOST AUTH "w\nContent-Length: 2\nContent-Type: application/json;charset=utf-8\n", NULL},
      {OP, &send, &space_a, "POST", HOST AUTH "w\n", NULL},
      {OP, &status, NULL, "GET", HOST AUTH "r\n" JSON, "invalid-argument"},
  };
  (void)state;
  EXPECT(cases);
}

static void on_the_unix_socket_the_uid_decides(void **state)
{
  struct topo_names names;
  struct topo_headers none = {0}, strange = parse("Host: evil.example\nOrigin: http://evil\n");
  struct topo_facts facts = {TOPO_TRANSPORT_UNIX, true, "POST", OP, &stop, NULL, &none};
  (void)state;
  topo_names_init(&names, NULL, 7444);
  asked = 0;
  struct topo_verdict v = topo_authorize(&facts, &names, &gate);
  assert_false(v.refused);
  assert_int_equal(v.grant.scope, TOPO_SCOPE_ADMIN);
  facts.headers = &strange;
  assert_false(topo_authorize(&facts, &names, &gate).refused);
  facts.peer_trusted = false;
  assert_string_equal(topo_authorize(&facts, &names, &gate).problem.code, "denied");
  assert_int_equal(asked, 0);
}

static void header_values_are_read_strictly(void **state)
{
  static const struct {
    const char *header;
    bool gzip;
  } codings[] = {{"gzip", true},
                 {"deflate, gzip;q=0.5, br", true},
                 {"GZIP", true},
                 {"gzip;q=0", false},
                 {"gzip;q=0.000", false},
                 {"gzip;q=0.001", true},
                 {"identity", false},
                 {"xgzip", false},
                 {"", false}};
  char text[128];
  const char *rest;
  size_t len;
  (void)state;
  for (size_t i = 0; i < sizeof codings / sizeof *codings; i++) {
    snprintf(text, sizeof text, "Accept-Encoding: %s\n", codings[i].header);
    struct topo_headers h = parse(text);
    assert_int_equal(topo_headers_gzip(&h), codings[i].gzip);
  }
  struct topo_headers tags = parse("If-None-Match: \"x\", W/\"0.1-c.7\" ,\"0.1\"\n");
  assert_true(topo_headers_tag(&tags, "0.1-", &rest, &len));
  assert_int_equal(len, 3);
  assert_memory_equal(rest, "c.7", 3);
  assert_false(topo_headers_tag(&tags, "0.2-", &rest, &len));
  struct topo_headers broken = parse("If-None-Match: \"0.1-\n");
  assert_false(topo_headers_tag(&broken, "0.1-", &rest, &len));
  struct topo_headers huge = parse("Content-Length: 99999999999999999999999\n");
  assert_true(topo_headers_length(&huge, &len));
  assert_int_equal(len, SIZE_MAX);
}

static void heads_are_read_strictly(void **state)
{
  static const struct {
    const char *text;
    enum topo_head_state want;
  } cases[] = {
      {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", TOPO_HEAD_DONE},
      {"GET / HTTP/1.0\r\n\r\n", TOPO_HEAD_DONE},
      {"POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", TOPO_HEAD_DONE},
      {"", TOPO_HEAD_MORE},
      {"G", TOPO_HEAD_MORE},
      {"GET / HTTP/1.1\r", TOPO_HEAD_MORE},
      {"GET / HTTP/1.1\r\nHost: x\r\n\r", TOPO_HEAD_MORE},
      {"GET / HTTP/1.1\r\n\r\n", TOPO_HEAD_BAD}, /* no host */
      {"GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", TOPO_HEAD_BAD},
      {"GET / HTTP/2.0\r\n", TOPO_HEAD_BAD},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", TOPO_HEAD_BAD},
      {"GET /\r\n", TOPO_HEAD_BAD},
      {"GET  / HTTP/1.1\r\n", TOPO_HEAD_BAD},
      {"GET / HTTP/1.1 \r\n", TOPO_HEAD_BAD},
      {"GET / x HTTP/1.1\r\n", TOPO_HEAD_BAD},
      {"\r\nGET / HTTP/1.1\r\n", TOPO_HEAD_BAD},
      {"GET / HTTP/1.1\nHost: x\n\n", TOPO_HEAD_BAD},
      {"GET / HTTP/1.1\r\nHost : x\r\n", TOPO_HEAD_BAD},
      {"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n", TOPO_HEAD_BAD},
      {"GET / HTTP/1.1\r\n: x\r\n", TOPO_HEAD_BAD},
      {"GET / HTTP/1.1\r\nHost\r\n", TOPO_HEAD_BAD},
      {"GET / HTTP/1.1\r\nHost: x\ry\r\n", TOPO_HEAD_BAD},
      {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
       TOPO_HEAD_BAD},
      {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\n", TOPO_HEAD_BAD},
      {"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", TOPO_HEAD_BAD},
      {"\x16\x03\x01\x02", TOPO_HEAD_BAD},
      {"SSH-2.0-OpenSSH\r\n", TOPO_HEAD_BAD},
  };
  struct topo_head head;
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (topo_head_read(&head, cases[i].text, strlen(cases[i].text)) != cases[i].want)
      fail_msg("case %zu: %s", i, cases[i].text);
  assert_int_equal(topo_head_read(&head, "GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n", 28), TOPO_HEAD_BAD);

  /* At its longest, and one byte more. */
  static char text[TOPO_HEAD_MAX + 1];
  memset(text, 'a', sizeof text);
  memcpy(text, "GET / HTTP/1.1\r\nHost: x\r\nX: ", 28);
  memcpy(text + TOPO_HEAD_MAX - 4, "\r\n\r\n", 4);
  assert_int_equal(topo_head_read(&head, text, TOPO_HEAD_MAX), TOPO_HEAD_DONE);
  assert_int_equal(head.size, TOPO_HEAD_MAX);
  memset(text + TOPO_HEAD_MAX - 4, 'a', 5);
  memcpy(text + TOPO_HEAD_MAX - 3, "\r\n\r\n", 4);
  assert_int_equal(topo_head_read(&head, text, TOPO_HEAD_MAX + 1), TOPO_HEAD_TOO_LARGE);

  /* A hundred headers, and one more. */
  size_t n = (size_t)sprintf(text, "GET / HTTP/1.1\r\nHost: x\r\n");
  for (unsigned i = 0; i < TOPO_HEAD_LINES_MAX - 1; i++)
    n += (size_t)sprintf(text + n, "X: y\r\n");
  memcpy(text + n, "\r\n", 2);
  assert_int_equal(topo_head_read(&head, text, n + 2), TOPO_HEAD_TOO_LARGE);
  memcpy(text + n - 6, "\r\n", 2);
  assert_int_equal(topo_head_read(&head, text, n - 4), TOPO_HEAD_DONE);
}

static void a_bucket_fills_at_its_rate(void **state)
{
  struct topo_bucket b;
  uint64_t now = 5000000000u;
  (void)state;
  topo_bucket_init(&b, 20, 3, now);
  for (int i = 0; i < 3; i++)
    assert_true(topo_bucket_take(&b, now));
  assert_false(topo_bucket_has(&b, now));
  assert_false(topo_bucket_take(&b, now));
  assert_false(topo_bucket_take(&b, now + 49999999));
  assert_true(topo_bucket_has(&b, now + 50000000));
  assert_true(topo_bucket_take(&b, now + 50000000));
  assert_false(topo_bucket_take(&b, now + 50000000));
  assert_false(topo_bucket_take(&b, now)); /* a clock that was read before */
  /* It never holds more than its burst, after any time. */
  for (int i = 0; i < 3; i++)
    assert_true(topo_bucket_take(&b, UINT64_MAX - 1));
  assert_false(topo_bucket_take(&b, UINT64_MAX - 1));
  topo_bucket_finish(&b);
}

static void fill_bucket(uint64_t rate, uint64_t burst)
{
  struct topo_bucket b;
  topo_bucket_init(&b, rate, burst, 0);
  topo_bucket_finish(&b);
}

static void fill_the_largest(void)
{
  fill_bucket(1000000, 1000000);
}

static void fill_faster(void)
{
  fill_bucket(1000001, 1);
}

static void fill_more(void)
{
  fill_bucket(1, 1000001);
}

/* Neither the rate nor the burst of a bucket is above a million (RATE_MAX). */
static void a_bucket_is_bounded(void **state)
{
  (void)state;
  assert_false(test_aborts(fill_the_largest));
  assert_true(test_aborts(fill_faster));
  assert_true(test_aborts(fill_more));
}

/* Every problem that there can be: false once `index` is behind the last. */
static bool problem_at(size_t index, struct topo_problem *out)
{
#define VALUE(symbol, value, name, http, text) symbol,
  static const int statuses[] = {TOPO_STATUS_LIST(VALUE)};
#undef VALUE
  enum { STATUSES = sizeof statuses / sizeof *statuses };
  index++; /* the first status is success, which is no problem */
  if (index < STATUSES)
    *out = topo_problem_of(statuses[index], NULL, NULL);
  else if (index - STATUSES < TOPO_HTTP_PROBLEMS)
    *out = topo_problem_http((enum topo_http_problem)(index - STATUSES), NULL);
  return index - STATUSES < TOPO_HTTP_PROBLEMS || index < STATUSES;
}

/* Codes are what programs compare: each stands for one thing. */
static void every_problem_has_a_code_of_its_own(void **state)
{
  struct topo_problem a, b;
  char text[TOPO_SECURE_ANSWER_SIZE];
  (void)state;
  for (size_t i = 0; problem_at(i, &a); i++) {
    assert_in_range(a.http, 400, 599);
    assert_int_equal(strspn(a.code, "abcdefghijklmnopqrstuvwxyz-"), strlen(a.code));
    for (size_t k = 0; k < i && problem_at(k, &b); k++)
      assert_string_not_equal(a.code, b.code);
    a.detail = topo_authorize_no_space;
    a.allow = "GET, HEAD";
    size_t n = topo_secure_answer(text, &a, "0123456789abcdef-4294967295");
    assert_in_range(n, 500, sizeof text - 512);
    assert_non_null(strstr(text, "\r\n\r\n{\"type\":\"urn:topo:problem:"));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_host_is_one_of_ours),
      cmocka_unit_test(the_usual_port_may_be_left_out),
      cmocka_unit_test(pages_of_other_sites_may_not),
      cmocka_unit_test(a_token_is_needed_and_good_for_its_scope),
      cmocka_unit_test(a_token_is_bounded),
      cmocka_unit_test(a_token_for_one_space_sees_no_other),
      cmocka_unit_test(two_of_a_kind_and_wrong_bodies_are_refused),
      cmocka_unit_test(on_the_unix_socket_the_uid_decides),
      cmocka_unit_test(header_values_are_read_strictly),
      cmocka_unit_test(heads_are_read_strictly),
      cmocka_unit_test(a_bucket_fills_at_its_rate),
      cmocka_unit_test(a_bucket_is_bounded),
      cmocka_unit_test(every_problem_has_a_code_of_its_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
