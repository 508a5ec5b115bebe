/* authorize.c - the order of the questions: is the request one thing, is it for us, is it from
 * here, who asks, may they, and is its body what it has to be. */
#include "gateway/authorize.h"

#include "base/status.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

const char topo_authorize_no_space[] = "this daemon has no such space";

enum { HTTP_PORT = 80 /* browsers leave it out */ };

void topo_names_init(struct topo_names *names, const char *host, uint16_t port)
{
  const char *const hosts[TOPO_NAMES_COUNT] = {"127.0.0.1", "::1", "localhost", host};
  *names = (struct topo_names){.port = port};
  for (unsigned i = 0; i < TOPO_NAMES_COUNT; i++)
    if (hosts[i])
      snprintf(names->texts[i], sizeof names->texts[i], strchr(hosts[i], ':') ? "[%s]:%u" : "%s:%u",
               hosts[i], (unsigned)port);
}

static bool names_include(const struct topo_names *names, const char *text, size_t len)
{
  for (unsigned i = 0; i < TOPO_NAMES_COUNT; i++) {
    size_t n = strlen(names->texts[i]);
    if (n == 0)
      continue;
    if (n == len && strncasecmp(names->texts[i], text, n) == 0)
      return true;
    if (names->port == HTTP_PORT && n - 3 == len && strncasecmp(names->texts[i], text, len) == 0)
      return true;
  }
  return false;
}

static struct topo_verdict refuse(struct topo_problem problem)
{
  return (struct topo_verdict){.refused = true, .problem = problem};
}

static struct topo_verdict refuse_http(enum topo_http_problem which, const char *detail)
{
  return refuse(topo_problem_http(which, detail));
}

static struct topo_verdict grant(enum topo_scope scope)
{
  return (struct topo_verdict){.grant = {.scope = scope}};
}

static bool reads_only(const char *method)
{
  return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

/* Returns whether the Origin header is absent, or is "http://" followed by the value of the Host
 * header, as it is for requests of the node's own page. */
static bool origin_is_host(const struct topo_headers *h)
{
  static const char scheme[] = "http://";
  const struct topo_header_value *origin = &h->values[TOPO_HEADER_ORIGIN],
                                 *host = &h->values[TOPO_HEADER_HOST];
  size_t n = sizeof scheme - 1;
  return !origin->count || (origin->len == n + host->len && memcmp(origin->text, scheme, n) == 0 &&
                            strncasecmp(origin->text + n, host->text, host->len) == 0);
}

/* Returns whether the browser's Sec-Fetch headers allow the request: another site may link to the
 * page, but not fetch from the node, embed it in a frame, or post to it. */
static bool site_may(const struct topo_facts *facts)
{
  const struct topo_headers *h = facts->headers;
  if (!topo_headers_has(h, TOPO_HEADER_FETCH_SITE) ||
      topo_headers_is(h, TOPO_HEADER_FETCH_SITE, "same-origin") ||
      topo_headers_is(h, TOPO_HEADER_FETCH_SITE, "none"))
    return true;
  return facts->resource == TOPO_RESOURCE_FILE && reads_only(facts->method) &&
         topo_headers_is(h, TOPO_HEADER_FETCH_MODE, "navigate") &&
         (!topo_headers_has(h, TOPO_HEADER_FETCH_DEST) ||
          topo_headers_is(h, TOPO_HEADER_FETCH_DEST, "document"));
}

static struct topo_verdict authorize_origin(const struct topo_facts *facts,
                                            const struct topo_names *names)
{
  const struct topo_headers *h = facts->headers;
  const struct topo_header_value *host = &h->values[TOPO_HEADER_HOST];
  if (host->count != 1 || !names_include(names, host->text, host->len))
    return refuse_http(TOPO_HTTP_WRONG_HOST,
                       "Ask by the address the node listens on, or as localhost, with its port.");
  if (!site_may(facts))
    return refuse_http(TOPO_HTTP_CROSS_SITE, NULL);
  if ((!reads_only(facts->method) || facts->resource == TOPO_RESOURCE_SOCKET) && !origin_is_host(h))
    return refuse_http(TOPO_HTTP_FOREIGN_ORIGIN, NULL);
  return grant(TOPO_SCOPE_OPEN);
}

static enum topo_scope scope_wanted(const struct topo_facts *facts)
{
  switch (facts->resource) {
  case TOPO_RESOURCE_OPERATION: return facts->op->scope;
  case TOPO_RESOURCE_EVENTS: return TOPO_SCOPE_READ;
  default: return TOPO_SCOPE_OPEN;
  }
}

static struct topo_verdict authorize_token(const struct topo_facts *facts,
                                           const struct topo_gate *gate)
{
  const char *token;
  size_t len;
  struct topo_verdict verdict = grant(TOPO_SCOPE_OPEN);
  if (scope_wanted(facts) == TOPO_SCOPE_OPEN)
    return verdict;
  if (topo_headers_bearer(facts->headers, &token, &len) && gate->check &&
      gate->check(gate->ctx, token, len, &verdict.grant) == 0)
    return verdict;
  verdict = refuse(
      topo_problem_of(TOPO_EUNAUTHENTICATED, "Send the header Authorization: Bearer TOKEN.", NULL));
  verdict.unproven = true;
  return verdict;
}

int topo_authorize_grant(const struct topo_grant *g, enum topo_scope scope,
                         const struct topo_id *space)
{
  if (g->one_space && space && !topo_id_equal(&g->space, space))
    return TOPO_ENOTFOUND;
  return g->scope < scope ? TOPO_EDENIED : 0;
}

/* Returns whether the request is about the node as a whole, which a token of one space may not ask
 * for. The state of the node (getStatus) is the exception. */
static bool concerns_others(const struct topo_facts *facts)
{
  return facts->resource == TOPO_RESOURCE_OPERATION && facts->op->where == TOPO_OP_REGISTRY &&
         !facts->space && facts->op->scope != TOPO_SCOPE_OPEN &&
         strcmp(facts->op->id, "getStatus") != 0;
}

static struct topo_verdict authorize_grant(const struct topo_facts *facts,
                                           struct topo_verdict verdict)
{
  switch (topo_authorize_grant(&verdict.grant, scope_wanted(facts), facts->space)) {
  case 0: break;
  case TOPO_ENOTFOUND:
    return refuse(topo_problem_of(TOPO_ENOTFOUND, topo_authorize_no_space, NULL));
  default: return refuse(topo_problem_of(TOPO_EDENIED, "The token is not good for this.", NULL));
  }
  if (verdict.grant.one_space && concerns_others(facts))
    return refuse(topo_problem_of(TOPO_EDENIED, "The token is good for one space only.", NULL));
  return verdict;
}

static struct topo_verdict authorize_body(const struct topo_facts *facts,
                                          struct topo_verdict verdict)
{
  if (facts->resource == TOPO_RESOURCE_NONE || !topo_headers_body(facts->headers))
    return verdict;
  if (reads_only(facts->method))
    return refuse(topo_problem_of(TOPO_EINVAL, "A GET request has no body.", NULL));
  if (!topo_headers_json(facts->headers))
    return refuse_http(TOPO_HTTP_MEDIA_TYPE, "Send the header Content-Type: application/json.");
  return verdict;
}

struct topo_verdict topo_authorize(const struct topo_facts *facts, const struct topo_names *names,
                                   const struct topo_gate *gate)
{
  struct topo_verdict verdict;
  if (topo_headers_doubled(facts->headers))
    return refuse_http(TOPO_HTTP_BAD_REQUEST, "A header that may come once came twice.");
  if (topo_headers_has(facts->headers, TOPO_HEADER_TRANSFER_ENCODING) &&
      topo_headers_has(facts->headers, TOPO_HEADER_CONTENT_LENGTH))
    return refuse_http(TOPO_HTTP_BAD_REQUEST, "The body has two lengths.");
  if (facts->transport == TOPO_TRANSPORT_UNIX) {
    if (!facts->peer_trusted)
      return refuse(topo_problem_of(TOPO_EDENIED, "Only the daemon's own user may call.", NULL));
    verdict = grant(TOPO_SCOPE_ADMIN);
  } else {
    verdict = authorize_origin(facts, names);
    if (!verdict.refused)
      verdict = authorize_token(facts, gate);
  }
  if (!verdict.refused)
    verdict = authorize_grant(facts, verdict);
  return verdict.refused ? verdict : authorize_body(facts, verdict);
}
