/*
 * node_process.h - a real topod as a child process, and its API over the Unix socket.
 */
#ifndef TOPO_TESTS_NODE_PROCESS_H
#define TOPO_TESTS_NODE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct node_process {
  char dir[96], socket[108], space[44];
  unsigned port; /* UDP on 127.0.0.1; 0 until the first start picked one */
  pid_t pid;     /* 0: not running */
  bool http;     /* set before a start: it listens on TCP, too, on a port that it picks */
};

/* A data directory of its own under `root`. */
void node_process_init(struct node_process *p, const char *root, const char *name);
/* Starts `topod` of the build directory and waits until it is ready. False when it did not come up;
 * what it said is on standard error. */
bool node_process_start(struct node_process *p);
/* kill −9, and waits until it is gone. */
void node_process_kill(struct node_process *p);
/* SIGTERM; true when it ended with status 0. */
bool node_process_stop(struct node_process *p);

/* One request; returns the HTTP status, or 0 when there was no whole answer. *body gets the text,
 * to be freed, when it is not NULL. Any thread. */
int node_process_call(const struct node_process *p, const char *method, const char *path,
                      const char *request, char **body);
/* The string member `name` of a flat look at a JSON text, into `out`; false when there is none. */
bool node_process_member(const char *json, const char *name, char *out, size_t size);

uint64_t node_process_now_ms(void); /* monotonic */

#endif
