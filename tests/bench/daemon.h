/*
 * daemon.h - a topod of a workload: its space's file while it is down, its API while it is up, and
 * what the system says it costs.
 */
#ifndef TOPO_TESTS_BENCH_DAEMON_H
#define TOPO_TESTS_BENCH_DAEMON_H

#include "bench/bench.h"
#include "bench/load.h"
#include "node/node.h"
#include "smoke/node_process.h"

/* Starts and stops it; a failure ends the program. */
void bench_start(struct node_process *p);
void bench_stop(struct node_process *p);

/* Founds a workspace and keeps the name of its space in *p. */
void bench_found(struct node_process *p);
/* Founds one in which a crowd has said n messages in several channels, and has reacted to them; the
 * daemon is down before and after. */
void bench_found_busy(struct node_process *p, uint64_t n);
/* Its TCP address, which it must have been started with, and its admin token. */
void bench_front(const struct node_process *p, struct load_address *at);
/* Makes an invite at `host` and joins with it at `guest`, which keeps the space's name. */
void bench_join(const struct node_process *host, struct node_process *guest);
/* Waits until both answer the same fingerprint of their spaces; gives up after two minutes. */
void bench_require_equal(const struct node_process *a, const struct node_process *b);

/* The file of its space, which bears the space's name in hexadecimal. */
void bench_space_path(char out[static BENCH_PATH], const struct node_process *p);
/* Opens the space as the daemon would, while the daemon is down; topo_node_close ends it. */
struct topo_node *bench_open_space(const struct node_process *p);
/* The same as a build with these types. */
struct topo_node *bench_open_space_as(const struct node_process *p,
                                      const struct topo_type *const *types);
/* A read-only handle on the space's file, with a cache as large as a reader's of the daemon. */
struct topo_db *bench_watch_space(const struct node_process *p);
/* The number that a statement answers. */
uint64_t bench_ask(struct topo_db *db, const char *sql);

/* Seconds of processor time, of all its threads, that it has used. */
double bench_daemon_cpu_s(const struct node_process *p);
/* A line of /proc/PID/smaps_rollup, e.g. "Rss:" or "Pss:", in MiB. */
double bench_daemon_memory_mib(const struct node_process *p, const char *line);

#endif
