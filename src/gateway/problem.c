/* problem.c - problem documents and the codes that only HTTP knows. */
#include "gateway/problem.h"

#include "base/status.h"

#include <stdio.h>

struct topo_problem topo_problem_of(int status, const char *detail, const char *pointer)
{
  return (struct topo_problem){.http = topo_status_http(status),
                               .code = topo_status_name(status),
                               .title = topo_status_text(status),
                               .detail = detail,
                               .pointer = pointer};
}

struct topo_problem topo_problem_method(const char *allow)
{
  return (struct topo_problem){.http = 405,
                               .code = "method-not-allowed",
                               .title = "This path does not know that method",
                               .allow = allow};
}

struct topo_problem topo_problem_media_type(void)
{
  return (struct topo_problem){.http = 415,
                               .code = "unsupported-media-type",
                               .title = "The body is not declared as JSON",
                               .detail = "Send the header Content-Type: application/json."};
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
