/*
 * problem.h - refusals as problem documents (RFC 9457).
 *
 *   {"type":"urn:topo:problem:not-found","title":"There is no such thing here","status":404,
 *    "code":"not-found","detail":"…","pointer":"text","request_id":"…"}
 *
 * The codes are those of base/status.h and the few below, which only HTTP knows. `detail` and
 * `pointer` (the name of the parameter at fault) are left out when there is nothing to say.
 */
#ifndef TOPO_GATEWAY_PROBLEM_H
#define TOPO_GATEWAY_PROBLEM_H

#include "api/json.h"

/* X(symbol, name, HTTP status, text). The names are unlike each other and those of statuses. */
#define TOPO_HTTP_LIST(X)                                                                          \
  X(TOPO_HTTP_BAD_REQUEST, "bad-request", 400, "The request is not well formed HTTP")              \
  X(TOPO_HTTP_FOREIGN_ORIGIN, "foreign-origin", 403, "A page of another origin may not do this")   \
  X(TOPO_HTTP_CROSS_SITE, "cross-site", 403, "A page of another site may not ask for this")        \
  X(TOPO_HTTP_METHOD, "method-not-allowed", 405, "This path does not know that method")            \
  X(TOPO_HTTP_NOT_ACCEPTABLE, "not-acceptable", 406, "There is no form of it that was asked for")  \
  X(TOPO_HTTP_TIMEOUT, "request-timeout", 408, "The request took too long to arrive")              \
  X(TOPO_HTTP_MEDIA_TYPE, "unsupported-media-type", 415, "The body is not declared as JSON")       \
  X(TOPO_HTTP_WRONG_HOST, "wrong-host", 421, "This is not a name of this node")                    \
  X(TOPO_HTTP_UPGRADE, "upgrade-required", 426, "This path speaks WebSocket only")                 \
  X(TOPO_HTTP_HEADER_TOO_LARGE, "header-too-large", 431, "The header is too long")

#define TOPO_HTTP_ENUM(symbol, name, http, text) symbol,
enum topo_http_problem { TOPO_HTTP_LIST(TOPO_HTTP_ENUM) TOPO_HTTP_PROBLEMS };
#undef TOPO_HTTP_ENUM

struct topo_problem {
  int http;
  const char *code, *title; /* static */
  const char *detail;       /* UTF-8; NULL or empty: none */
  const char *pointer;      /* likewise */
  const char *allow;        /* for 405: the methods offered; NULL otherwise */
};

/* A status of base/status.h. */
struct topo_problem topo_problem_of(int status, const char *detail, const char *pointer);
/* One of the list above. */
struct topo_problem topo_problem_http(enum topo_http_problem which, const char *detail);
/* 405 with what is allowed. */
struct topo_problem topo_problem_method(const char *allow);

/* Writes the document; topo_json_status tells how it went. */
void topo_problem_write(struct topo_json *json, const struct topo_problem *problem,
                        const char *request_id);

#endif
