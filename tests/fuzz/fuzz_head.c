/*
 * fuzz_head.c - any bytes as the head of a request, and what the judge makes of it.
 *
 * Properties: a head that was read ends where it says, and stays as it was when more follows; no
 * prefix of it is a head; nothing that names another host is let in.
 */
#include "base/assert.h"
#include "base/status.h"
#include "fuzz/fuzz.h"
#include "gateway/authorize.h"
#include "gateway/head.h"

#include <string.h>

static int check(void *ctx, const char *token, size_t len, struct topo_grant *out)
{
  (void)ctx;
  topo_assert(len && len <= TOPO_TOKEN_TEXT_MAX);
  *out = (struct topo_grant){.scope = TOPO_SCOPE_READ};
  return token[0] == 't' ? 0 : TOPO_EUNAUTHENTICATED;
}

static void judge(const struct topo_head *head, enum topo_resource resource)
{
  static const struct topo_gate gate = {check, NULL};
  struct topo_names names;
  topo_names_init(&names, NULL, 7444);
  const struct topo_facts facts = {.transport = TOPO_TRANSPORT_TCP,
                                   .method = "GET",
                                   .resource = resource,
                                   .headers = &head->headers};
  struct topo_verdict verdict = topo_authorize(&facts, &names, &gate);
  if (verdict.refused) {
    topo_assert(verdict.problem.code && verdict.problem.http >= 400 && verdict.problem.http < 500);
    return;
  }
  topo_assert(topo_headers_is(&head->headers, TOPO_HEADER_HOST, "127.0.0.1:7444") ||
              topo_headers_is(&head->headers, TOPO_HEADER_HOST, "[::1]:7444") ||
              topo_headers_is(&head->headers, TOPO_HEADER_HOST, "localhost:7444"));
  topo_assert(resource != TOPO_RESOURCE_EVENTS ||
              topo_headers_has(&head->headers, TOPO_HEADER_AUTHORIZATION));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  const char *text = (const char *)data, *rest;
  struct topo_head head, again;
  size_t n;
  if (topo_head_read(&head, text, size) != TOPO_HEAD_DONE)
    return 0;
  topo_assert(head.size <= size && memcmp(text + head.size - 4, "\r\n\r\n", 4) == 0);
  topo_assert(head.method_len && head.target_len);
  topo_assert(topo_head_read(&again, text, head.size) == TOPO_HEAD_DONE);
  topo_assert(again.size == head.size);
  topo_assert(topo_head_read(&again, text, head.size - 1) == TOPO_HEAD_MORE);
  (void)topo_headers_gzip(&head.headers);
  (void)topo_headers_json(&head.headers);
  (void)topo_headers_tag(&head.headers, "1-", &rest, &n);
  judge(&head, TOPO_RESOURCE_FILE);
  judge(&head, TOPO_RESOURCE_EVENTS);
  judge(&head, TOPO_RESOURCE_SOCKET);
  return 0;
}
