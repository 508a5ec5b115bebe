/*
 * secure.h - the headers that tell a browser what it may do with an answer, and answers as text for
 * where there is no HTTP server yet.
 */
#ifndef TOPO_GATEWAY_SECURE_H
#define TOPO_GATEWAY_SECURE_H

#include "gateway/problem.h"

struct topo_header_line {
  const char *name, *value;
};

/* On every answer; ends with a NULL name. */
extern const struct topo_header_line topo_secure_headers[];
/* Content-Security-Policy of the page, and of everything that is no page. */
extern const char topo_secure_page[], topo_secure_data[];

enum { TOPO_SECURE_ANSWER_SIZE = 2048 };

/* A whole answer, header and body, that closes the connection. Returns its length, or 0 when memory
 * has run out. */
size_t topo_secure_answer(char out[static TOPO_SECURE_ANSWER_SIZE],
                          const struct topo_problem *problem, const char *request_id);

#endif
