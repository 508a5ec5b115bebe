/*
 * bench.h - what the workloads of topo-bench share: clocks, printing, and giving up.
 *
 * A workload is a function that measures and prints. Every figure is one line, `name value unit`.
 */
#ifndef TOPO_TESTS_BENCH_BENCH_H
#define TOPO_TESTS_BENCH_BENCH_H

#include "base/bytes.h"
#include "port/disk.h"

struct bench_options {
  uint64_t n;      /* of the workload; never 0 */
  const char *dir; /* an empty directory of this run's own, for databases */
};

enum { BENCH_TEXT = 200, BENCH_CACHE_KIB = 8192, BENCH_PATH = 512 };

/* Seconds: monotonic, and of this thread's processor time. */
double bench_wall_s(void);
double bench_cpu_s(void);

/* Prints one figure, and keeps it for bench_value. */
void bench_line(const char *name, double value, const char *unit);
/* A figure printed earlier in this run; 0 when there is none. */
double bench_value(const char *name);

/* How many signatures of 300 bytes one core makes in a second; limits.c. */
double bench_sign_rate(void);
/* Prints NAME, how often a second the run's disk makes 4 KiB durable, one write after the other,
 * and NAME_p99, how long it takes then; limits.c. */
void bench_sync(const struct bench_options *o, const char *name);

/* Ends the program when a status is negative, or when something is not so: a figure of a run that
 * went wrong is worth nothing. */
void bench_check(int status, const char *what);
void bench_require(bool condition, const char *what);

/* A path in the run's directory; valid until the next call with the same `out`. */
void bench_path(char out[static BENCH_PATH], const struct bench_options *o, const char *name);

/* Removes a database of the run's directory, and what SQLite keeps beside it. */
void bench_discard(const struct bench_options *o, const char *name);

/* Removes a directory of the run's directory with all that is in it. */
void bench_remove_tree(const struct bench_options *o, const char *name);

/* The workloads. */
void bench_crypto(const struct bench_options *o);    /* limits.c */
void bench_sqlite(const struct bench_options *o);    /* limits.c; n rows */
void bench_composite(const struct bench_options *o); /* composite.c; n messages */
void bench_quic(const struct bench_options *o);      /* quic.c; n MiB */
void bench_sync_mem(const struct bench_options *o);  /* sync_mem.c; n messages, one way */
void bench_sync_both_mem(
    const struct bench_options *o);                     /* sync_mem.c; n messages, half each side */
void bench_sync_one_way(const struct bench_options *o); /* sync_daemons.c; n messages */
void bench_sync_both(const struct bench_options *o);    /* sync_daemons.c; n messages */
void bench_api_page(const struct bench_options *o);     /* api_page.c; n messages */
void bench_api_send(const struct bench_options *o);     /* api_send.c; n seconds */
void bench_live_latency(const struct bench_options *o); /* live.c; n messages */
void bench_ws_fanout(const struct bench_options *o);    /* live.c; n seconds */
void bench_idle(const struct bench_options *o);         /* idle.c; n messages */
void bench_upgrade(const struct bench_options *o);      /* upgrade.c; n messages */

#endif
