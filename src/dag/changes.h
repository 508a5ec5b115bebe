/*
 * changes.h - the change log of a space: which subjects of which type have changed, in order.
 *
 *   local_change(seq, type, subject)   a row for each subject that a commit changed
 *   local_run(no, run, first_seq)      a row for each time the log was opened for writing
 *
 * A row says that something changed, not how: what it is now stands in the projections, so a reader
 * that is late reads the present state, once, and is as good as one that was there all the time.
 * The log is the whole of what clients are told (views/frame.h), live or after a pause.
 *
 * A cursor is a place in it: a run and a sequence number. The run is there because a power cut may
 * take the last commits of what peers can send again: the numbers are then given anew, to other
 * changes. A cursor of the lost part names a run that has ended before it, or that is not known,
 * and is refused. A rebuild of the projections ends all runs.
 */
#ifndef TOPO_DAG_CHANGES_H
#define TOPO_DAG_CHANGES_H

#include "store/db.h"

enum {
  TOPO_CHANGE_OF_LINKS = 0,    /* a type: the links of the subject, a user */
  TOPO_CHANGES_KEPT = 100000,  /* rows; older ones are dropped, 4096 at a time */
  TOPO_CHANGE_RUNS_KEPT = 256, /* runs that a cursor may be of */
  TOPO_CHANGE_CURSOR_SIZE = 40 /* a cursor's text with its NUL, at most */
};

struct topo_change {
  int64_t seq; /* from 1 */
  uint16_t type;
  int64_t subject; /* a row of the log */
};

struct topo_change_cursor {
  uint64_t run;
  int64_t seq; /* everything up to it has been seen */
};

extern const struct topo_migration topo_changes_migration;

/* "0123456789abcdef.1204" */
void topo_change_cursor_format(char out[static TOPO_CHANGE_CURSOR_SIZE],
                               const struct topo_change_cursor *cursor);
/* 0, or TOPO_EINVAL for a text that is not of that form. */
int topo_change_cursor_parse(struct topo_change_cursor *out, const char *text, size_t len);

/* The end of the log: the cursor of the state that this handle's transaction shows. 0 or a storage
 * status; TOPO_ENOTFOUND in a database that was never opened for writing. */
int topo_changes_head(struct topo_db *db, struct topo_change_cursor *out);
/* May one go on after this cursor? 0; TOPO_ENOTFOUND when what came after it is no longer there, or
 * never was; or a storage status. */
int topo_changes_resume(struct topo_db *db, const struct topo_change_cursor *cursor);
/* Up to `n` changes after `seq`, ascending. Returns how many, or a storage status. */
int topo_changes_read(struct topo_db *db, int64_t seq, struct topo_change *out, size_t n);

/* For dag/: a new run, with a name that was drawn at random. In a transaction. */
int topo_changes_begin(struct topo_db *db, uint64_t run);
/* Ends all runs: no cursor is good any more. In a transaction. */
int topo_changes_forget(struct topo_db *db);
/* Appends, each subject once, at the place of its last mention. In a transaction. `changes` are
 * reordered; their seq is not used. */
int topo_changes_append(struct topo_db *db, struct topo_change *changes, size_t n);

#endif
