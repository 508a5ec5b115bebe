/*
 * load.h - many clients of the HTTP API in one thread: connections that are kept alive, each with
 * one request at a time (no pipelining), over a Unix socket or TCP on 127.0.0.1.
 *
 * An answer is framed by its Content-Length. Whatever is not as it should be (a connection that
 * ends, a status that was not expected, an answer without a length) ends the program: a rate with
 * errors in it is worth nothing.
 */
#ifndef TOPO_TESTS_BENCH_LOAD_H
#define TOPO_TESTS_BENCH_LOAD_H

#include "base/bytes.h"

enum { LOAD_CONNECTIONS_MAX = 64, LOAD_TOKEN_SIZE = 128 };

struct load_address {
  char socket_path[108]; /* used when `port` is 0 */
  unsigned port;         /* on 127.0.0.1 */
  char token[LOAD_TOKEN_SIZE];
};

struct load_answer {
  int status;
  struct topo_bytes head, body; /* borrowed; the head ends with its empty line */
  double asked_s, answered_s;   /* as bench_wall_s */
};

struct load {
  const struct load_address *at;
  unsigned connections;
  double seconds; /* for so long requests are sent; 0: until `ask` has none any more */
  uint64_t pace;  /* requests per second of all connections together; 0: as fast as they can */
  int expect;     /* the only status that counts */
  void *arg;
  /* Writes the next request of a connection (load_put_request); false: it has had its last. */
  bool (*ask)(void *arg, unsigned connection, struct topo_buf *out);
  /* NULL: nobody looks at the answers. */
  void (*answered)(void *arg, unsigned connection, const struct load_answer *answer);
};

struct load_result {
  uint64_t answers, bytes;       /* of bodies */
  double wall_s;                 /* from the first request to the last answer */
  double p50_ms, p99_ms, max_ms; /* from sending a request to having its whole answer */
  double cpu_s;                  /* what this thread cost */
};

/* Writes a request with its head; `extra` are whole header lines or "", `body` is JSON or NULL. */
void load_put_request(struct topo_buf *out, const struct load_address *at, const char *method,
                      const char *path, const char *extra, const char *body);

struct load_result load_run(const struct load *load);

/* Prints NAME (answers per second), NAME_p50, _p99, _max, and what a request costs the client. */
void load_report(const char *name, const struct load_result *result);

/* Latencies, kept to be ranked. Zero-initialised is empty. */
struct load_times {
  struct topo_buf values;
};
void load_times_add(struct load_times *times, double seconds);
/* Milliseconds; `rank` is 0 … 1, so 1 is the greatest. 0 when there are none. */
double load_times_rank(struct load_times *times, double rank);
void load_times_finish(struct load_times *times);

/* A connection to the address; ends the program when there is none. */
int load_connect(const struct load_address *at);

#endif
