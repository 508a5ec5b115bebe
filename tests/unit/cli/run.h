/*
 * run.h - runs the real `topo`: to its end, or beside the test, which watches what it prints.
 *
 * Everything fails the test by itself. Children read UTC.
 */
#ifndef TESTS_UNIT_CLI_RUN_H
#define TESTS_UNIT_CLI_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { RUN_OUT_SIZE = 65536, RUN_ERR_SIZE = 8192 };

struct run_result {
  int code;
  char out[RUN_OUT_SIZE], err[RUN_ERR_SIZE];
};

/* A list of words, as run_program takes it. */
#define RUN_ARGS(...)                                                                              \
  (const char *const[])                                                                            \
  {                                                                                                \
    __VA_ARGS__, NULL                                                                              \
  }

/* The program that was built. */
const char *run_topo_path(void);
/* Runs PROGRAM --data DATA ARGS with `input` as its standard input. */
struct run_result run_program(const char *program, const char *data, const char *input,
                              const char *const *args);
/* Runs topo and compares: its exit code, a part of standard output, a part of standard error.
 * Whatever was printed, no terminal obeys it. */
void run_expect(const char *data, int code, const char *out, const char *err, const char *input,
                const char *const *args);

/* A `topo` that goes on while the test does. */
struct run_child {
  pid_t pid;
  int out_fd, err_fd;
  char out[RUN_OUT_SIZE], err[RUN_ERR_SIZE];
};

void run_start(struct run_child *child, const char *data, const char *const *args);
/* Waits until standard output, or standard error, holds `text`. */
void run_await_out(struct run_child *child, const char *text);
void run_await_err(struct run_child *child, const char *text);
/* Waits for its end; the rest of what it printed is there. Returns its exit code. */
int run_end(struct run_child *child);

/* How often a text contains a part. */
unsigned run_count(const char *text, const char *part);

#endif
