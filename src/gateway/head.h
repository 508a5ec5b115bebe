/*
 * head.h - the first bytes of a connection as the head of an HTTP/1 request, strictly.
 *
 *   METHOD SP TARGET SP HTTP/1.x CRLF *(NAME ":" OWS VALUE OWS CRLF) CRLF
 *
 * Stricter than the servers behind it, so that what it lets pass has one reading: no bare line
 * ends, no folded lines, no NUL, no white space before a colon, no body of two lengths.
 */
#ifndef TOPO_GATEWAY_HEAD_H
#define TOPO_GATEWAY_HEAD_H

#include "gateway/headers.h"

enum { TOPO_HEAD_MAX = 16 * 1024, TOPO_HEAD_LINES_MAX = 100 };

struct topo_head {
  const char *method, *target; /* borrowed; not NUL-terminated */
  size_t method_len, target_len;
  struct topo_headers headers;
  bool v11;    /* HTTP/1.1, not 1.0 */
  size_t size; /* of the whole head, with its empty line */
};

enum topo_head_state {
  TOPO_HEAD_MORE,      /* well formed so far, but it has not ended */
  TOPO_HEAD_DONE,      /* *out is filled */
  TOPO_HEAD_BAD,       /* no such thing */
  TOPO_HEAD_TOO_LARGE, /* it goes past one of the limits above */
};

/* Reads what has arrived; to be called again from the start when there is more. */
enum topo_head_state topo_head_read(struct topo_head *out, const char *text, size_t len);

/* Is this the path of the target, with or without a query behind it? */
bool topo_head_path_is(const struct topo_head *head, const char *path);

#endif
