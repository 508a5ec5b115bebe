/*
 * journal.h - what the daemon did lately: the last thousand lines, kept in memory for `topo logs`,
 * and optionally copied to a file descriptor. Safe for threads.
 *
 * A line is bounded and shows on one line of a terminal: control characters, backslashes and bytes
 * that are not UTF-8 are written as \n, \t, \\ or \xNN. Secrets and message texts are never logged.
 */
#ifndef TOPO_SYS_JOURNAL_H
#define TOPO_SYS_JOURNAL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

enum {
  TOPO_JOURNAL_LINES = 1000, /* kept */
  TOPO_JOURNAL_TEXT = 480    /* bytes of a line with its NUL; one that was cut ends in "..." */
};

enum topo_journal_level {
  TOPO_JOURNAL_ERROR,
  TOPO_JOURNAL_WARNING,
  TOPO_JOURNAL_INFO,
  TOPO_JOURNAL_DEBUG
};

struct topo_journal_line {
  uint64_t number; /* 1 for the first line of the process */
  int64_t wall_ms; /* since 1970 */
  enum topo_journal_level level;
  char text[TOPO_JOURNAL_TEXT]; /* valid UTF-8 */
};

struct topo_journal_options {
  enum topo_journal_level most; /* lines less urgent than this are not written */
  int copy_fd; /* also gets each line, with its time in UTC; −1 for none; not closed */
};

struct topo_journal;

/* 0 and *out, owned by the caller; TOPO_ENOMEM. */
int topo_journal_create(const struct topo_journal_options *options, struct topo_journal **out);
/* Frees the log, which no thread may use any more. NULL is fine. */
void topo_journal_destroy(struct topo_journal *log);

/* Writes a line. Never fails; a copy that cannot be written is lost. A NULL log takes and forgets.
 */
void topo_journal_write(struct topo_journal *log, enum topo_journal_level level, const char *format,
                        ...) __attribute__((format(printf, 3, 4)));

/* Copies the oldest kept line with a number above `after` to *out. False when there is none.
 * Reading all: start with 0 and go on with each line's number; a gap in the numbers tells of lost
 * lines. */
bool topo_journal_next(struct topo_journal *log, uint64_t after, struct topo_journal_line *out);

/* "error", "warning", "info", "debug". */
const char *topo_journal_level_name(enum topo_journal_level level);

#endif
