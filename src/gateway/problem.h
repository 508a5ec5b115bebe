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

struct topo_problem {
  int http;
  const char *code, *title; /* static */
  const char *detail;       /* UTF-8; NULL or empty: none */
  const char *pointer;      /* likewise */
  const char *allow;        /* for 405: the methods offered; NULL otherwise */
};

/* A status of the registry. */
struct topo_problem topo_problem_of(int status, const char *detail, const char *pointer);
/* 405 and 415. */
struct topo_problem topo_problem_method(const char *allow);
struct topo_problem topo_problem_media_type(void);

/* Writes the document; topo_json_status tells how it went. */
void topo_problem_write(struct topo_json *json, const struct topo_problem *problem,
                        const char *request_id);

#endif
