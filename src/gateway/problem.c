/* problem.c - problem documents, and the list of all their codes. */
#include "gateway/problem.h"

#include "base/assert.h"
#include "base/status.h"

#include <stdio.h>

#define TOPO_HTTP_ROW(symbol, name, http, text) [symbol] = {http, name, text, NULL, NULL, NULL},
static const struct topo_problem http_problems[] = {TOPO_HTTP_LIST(TOPO_HTTP_ROW)};
#undef TOPO_HTTP_ROW

struct topo_problem topo_problem_of(int status, const char *detail, const char *pointer)
{
  return (struct topo_problem){.http = topo_status_http(status),
                               .code = topo_status_name(status),
                               .title = topo_status_text(status),
                               .detail = detail,
                               .pointer = pointer};
}

struct topo_problem topo_problem_http(enum topo_http_problem which, const char *detail)
{
  topo_assert((unsigned)which < TOPO_HTTP_PROBLEMS);
  struct topo_problem problem = http_problems[which];
  problem.detail = detail;
  return problem;
}

struct topo_problem topo_problem_method(const char *allow)
{
  struct topo_problem problem = http_problems[TOPO_HTTP_METHOD];
  problem.allow = allow;
  return problem;
}

static void member(struct topo_json *json, const char *key, const char *text)
{
  if (!text || !*text)
    return;
  topo_json_key(json, key);
  topo_json_string(json, text);
}

void topo_problem_write(struct topo_json *json, const struct topo_problem *problem,
                        const char *request_id)
{
  char type[64];
  snprintf(type, sizeof type, "urn:topo:problem:%s", problem->code);
  topo_json_begin_object(json);
  member(json, "type", type);
  member(json, "title", problem->title);
  topo_json_key(json, "status");
  topo_json_u64(json, (uint64_t)problem->http);
  member(json, "code", problem->code);
  member(json, "detail", problem->detail);
  member(json, "pointer", problem->pointer);
  member(json, "request_id", request_id);
  topo_json_end_object(json);
}
