/*
 * sse.h - server-sent events out of bytes (HTML standard, §9.2.6), in bounded memory.
 *
 * Bytes may be cut anywhere. Lines end with CR, LF or both; `event`, `data` and `id` are kept,
 * comments and other fields are dropped, and an event without data is none.
 */
#ifndef TOPO_CLI_SSE_H
#define TOPO_CLI_SSE_H

#include "cli/cli.h"

enum {
  TOPO_CLI_SSE_MAX = 1024 * 1024, /* bytes of a line, and of the data of an event */
  TOPO_CLI_SSE_TYPE_SIZE = 64
};

struct topo_cli_sse_event {
  const char *type; /* "message" when the stream names none */
  const char *id;   /* the last one that the stream gave; empty: none so far */
  const char *data; /* NUL-terminated; may hold NUL inside */
  size_t len;
};

struct topo_cli_sse {
  struct topo_buf line, data;
  char type[TOPO_CLI_SSE_TYPE_SIZE], id[TOPO_CLI_CURSOR_SIZE];
  bool started;  /* a line came: what looks like a byte order mark is none any more */
  bool after_cr; /* a line feed that comes next belongs to the line before */
};

/* Initialise with {0}. Wipes; the struct may be used again. */
void topo_cli_sse_finish(struct topo_cli_sse *sse);
/* Reads bytes and calls each(arg, event) for every event that they complete; the event is lent for
 * the call. What `each` returns other than 0 ends it at once and is returned: let it be positive.
 * 0; TOPO_ELIMIT (a line, a type, an id or an event is too long), TOPO_ENOMEM: then, and after
 * `each` ended it, finish it. */
int topo_cli_sse_take(struct topo_cli_sse *sse, const void *bytes, size_t len,
                      int (*each)(void *arg, const struct topo_cli_sse_event *event), void *arg);

#endif
