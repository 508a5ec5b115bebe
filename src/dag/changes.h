/*
 * changes.h - the change log of a space: which entities of which type have changed, in order.
 *
 *   local_change(seq, type, entity)
 *       a row for each entity that a commit has changed
 *   local_incarnation(no, incarnation, first_seq)
 *       a row for each time the log was opened for writing
 *
 * A row says that something has changed, not how: what it is now stands in the projections. So a
 * reader that is late reads the present state, once, and knows as much as one that was there all
 * the time. Whatever clients are told comes from here, live or after a pause.
 *
 * A cursor is an incarnation and a sequence number. The incarnation is there because a power cut
 * may take the last commits of what peers can send again, and their numbers are then given to other
 * changes. A cursor of the lost part names an incarnation that ended before it, or one that is not
 * known, and is refused. A rebuild of the projections ends all incarnations.
 */
#ifndef TOPO_DAG_CHANGES_H
#define TOPO_DAG_CHANGES_H

#include "store/db.h"

enum {
  TOPO_CHANGE_OF_CREDENTIALS = 0,     /* a type: the credentials of the entity, a user */
  TOPO_CHANGES_MAX = 100000,          /* rows; older ones are dropped, 4096 at a time */
  TOPO_CHANGE_INCARNATIONS_MAX = 256, /* incarnations that a cursor may be of */
  TOPO_CHANGE_CURSOR_SIZE = 40        /* a cursor's text with its NUL, at most */
};

struct topo_change {
  int64_t seq; /* from 1 */
  uint16_t type;
  int64_t entity; /* a row of the log */
};

struct topo_change_cursor {
  uint64_t incarnation;
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

/* For dag/: a new incarnation, with a name that was drawn at random. In a transaction. */
int topo_changes_begin(struct topo_db *db, uint64_t incarnation);
/* Ends all incarnations: no cursor is good any more. In a transaction. */
int topo_changes_forget(struct topo_db *db);
/* Appends `n` changes, each entity once, where it was mentioned last. In a transaction. `changes`
 * are reordered, and their seq is not looked at. 0 or a storage status. */
int topo_changes_append(struct topo_db *db, struct topo_change *changes, size_t n);

#endif
