/*
 * log.h - what the daemon did lately: the last thousand lines, kept in memory for `topo logs`, and
 * optionally copied to a file descriptor. Safe for threads.
 *
 * A line is bounded and shows on one line of a terminal: control characters, backslashes and bytes
 * that are not UTF-8 are written as \n, \t, \\ or \xNN. Secrets and message texts are never logged.
 */
#ifndef TOPO_SYS_LOG_H
#define TOPO_SYS_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

enum {
  TOPO_LOG_LINES = 1000, /* kept */
  TOPO_LOG_TEXT = 480    /* bytes of a line with its NUL; one that was cut ends in "..." */
};

enum topo_log_level { TOPO_LOG_ERROR, TOPO_LOG_WARNING, TOPO_LOG_INFO, TOPO_LOG_DEBUG };

struct topo_log_line {
  uint64_t number; /* 1 for the first line of the process */
  int64_t wall_ms; /* since 1970 */
  enum topo_log_level level;
  char text[TOPO_LOG_TEXT]; /* valid UTF-8 */
};

struct topo_log_options {
  enum topo_log_level most; /* lines less urgent than this are not written */
  int copy_fd; /* also gets each line, with its time in UTC; −1 for none; not closed */
};

struct topo_log;

/* 0 and *out, owned by the caller; TOPO_ENOMEM. */
int topo_log_create(const struct topo_log_options *options, struct topo_log **out);
/* No thread may use it any more. NULL is fine. */
void topo_log_destroy(struct topo_log *log);

/* Writes a line. Never fails; a copy that cannot be written is lost. A NULL log takes and forgets.
 */
void topo_log_write(struct topo_log *log, enum topo_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void topo_log_vwrite(struct topo_log *log, enum topo_log_level level, const char *format,
                     va_list args) __attribute__((format(printf, 3, 0)));

/* Copies the oldest kept line with a number above `after` to *out. False when there is none.
 * Reading all: start with 0 and go on with each line's number; a gap in the numbers tells of lost
 * lines. */
bool topo_log_next(struct topo_log *log, uint64_t after, struct topo_log_line *out);

/* "error", "warning", "info", "debug". */
const char *topo_log_level_name(enum topo_log_level level);

#endif
