/*
 * log.h - the log of one space: every event that is kept, and the graph between events.
 *
 * An id is interned once, to a row number (`no`); everything else in the database holds integers. A
 * row without bytes is a name that something refers to: an event that is not here yet, or a user.
 * The first eight bytes of an id (`h`) are indexed rather than the id, which keeps the index small;
 * a lookup compares the rest.
 *
 *   table      columns                               what a row says
 *   event      no, h, id, state, type, set_no, auth, what is known of an event
 *              hlc, missing, judged
 *   body       no, bytes                             the event itself
 *   edge       target, kind, source                  the source waits for the target
 *   successor  target, tag, set_no, seq              an authentic event names the target as its
 *                                                    predecessor
 *
 * Rows of `event` change as more becomes known; rows of `body` never do.
 *
 * The verdict on content follows from the types that the build knows. `judged` is the number of
 * the rebuild (dag/rebuild.h) that the verdict is of; while another number is current, the row is
 * stale, and is read as if nothing but that it is an item were known of it. So all verdicts are
 * forgotten at once, whatever the size of the log.
 */
#ifndef TOPO_STORE_LOG_H
#define TOPO_STORE_LOG_H

#include "store/db.h"

/* What became of an event: its verdict (docs/protocol.md §5), as far as it is kept. The numbers are
 * stored. */
enum topo_state {
  TOPO_STATE_NAMED = 0, /* there are no bytes: something refers to it, and that is all */
  TOPO_STATE_PENDING = 1,
  TOPO_STATE_UNAUTHORISED = 2,
  TOPO_STATE_UNREADABLE = 3,
  TOPO_STATE_BLOCKED = 4,
  TOPO_STATE_ACCEPTED = 5
};

/* What the source of an edge waits for. The numbers are stored.
 *
 *   ADMITTED  that the target, a control event, is admitted
 *   ACCEPTED  that the target, a dependency, is accepted; kept for ever, because verdicts flip
 *   ENTITY    nothing: the target is the entity whose rows the source is projected to
 *   KEY       that there is a key for the target, an epoch
 */
enum topo_edge {
  TOPO_EDGE_ADMITTED = 0,
  TOPO_EDGE_ACCEPTED = 1,
  TOPO_EDGE_ENTITY = 2,
  TOPO_EDGE_KEY = 3
};

/* A row of `event`. References to other events are their row numbers. */
struct topo_row {
  int64_t no;
  enum topo_state state;
  uint16_t type;   /* 0 while it is sealed, and so not known */
  int64_t set_no;  /* the epoch; 0 for control */
  int64_t auth;    /* the credential that it is signed under; 0 while it is not known */
  uint64_t hlc;    /* its hybrid logical clock */
  int64_t missing; /* how many of its edges, ENTITY left out, wait for their targets */

  /* Not stored: content whose verdict is of another rebuild. It is UNAUTHORISED here and misses
   * nothing, until it is written. */
  bool stale;
};

/* Embedded by its user; the members belong to log.c. */
struct topo_log {
  struct topo_db *db;
  int64_t judging; /* the number of the rebuild that verdicts are of now */
  /* Two direct-mapped caches. The first is of row numbers by id, for ids that are met again and
   * again: channels, credentials, epochs. The second is of rows by number, for predecessors and
   * dependencies, which are asked for again soon. What is written goes through them. */
  struct {
    struct topo_id id;
    int64_t no;
  } * cache;
  struct topo_row *rows;
};

extern const struct topo_migration topo_log_migration;

/* Prepares a log over `db`, which is borrowed. Returns 0; or TOPO_ENOMEM, and `log` is then still
 * to be finished. */
int topo_log_init(struct topo_log *log, struct topo_db *db);

/* Releases the log's memory. NULL is fine. */
void topo_log_finish(struct topo_log *log);

/* Empties the caches. The caller does so after each rollback: numbers that were given out are free
 * again. */
void topo_log_forget(struct topo_log *log);

/* From now on verdicts are of the rebuild `number`: others are stale. To be called before rows are
 * read, or after topo_log_forget. */
void topo_log_set_judging(struct topo_log *log, int64_t number);

/* All functions below return 0 and what is named here, or a storage status (db.h). Those that write
 * do so within the caller's transaction. */

/* Finds the number of an id. Returns TOPO_ENOTFOUND when nothing has named it. */
int topo_log_number(struct topo_log *log, const struct topo_id *id, int64_t *no);

/* Reads a row by its number. TOPO_ENOTFOUND when there is none. */
int topo_log_row(struct topo_log *log, int64_t no, struct topo_row *row);

/* Reads the row of an id. TOPO_ENOTFOUND when nothing has named it. */
int topo_log_find(struct topo_log *log, const struct topo_id *id, struct topo_row *row);

/* Finds the number of an id, and makes a NAMED row when there is none. Writes. */
int topo_log_intern(struct topo_log *log, const struct topo_id *id, int64_t *no);

/* Stores an event: its bytes, and what `row` says of it. row->no is the row that names the event,
 * which is filled; or 0, and it is then set to the row that was made. Writes. */
int topo_log_insert(struct topo_log *log, const struct topo_id *id, struct topo_row *row,
                    struct topo_bytes bytes);

/* Rewrites all of the row with the number row->no but its id. Writes. */
int topo_log_update(struct topo_log *log, const struct topo_row *row);

/* Drops an event's bytes, so that its row is NAMED again. The caller removes the edges that start
 * there (topo_log_remove_edge). Writes. */
int topo_log_drop(struct topo_log *log, int64_t no);

/* Appends an event's bytes to `out`. TOPO_ENOTFOUND when the row is NAMED; TOPO_ENOMEM. */
int topo_log_bytes(struct topo_log *log, int64_t no, struct topo_buf *out);

/* Add an edge, or remove it. It is no error that it is there already, or is not. Both write. */
int topo_log_add_edge(struct topo_log *log, int64_t target, enum topo_edge kind, int64_t source);
int topo_log_remove_edge(struct topo_log *log, int64_t target, enum topo_edge kind, int64_t source);

/* Appends to `out` the source of each edge of this kind to the target, as an int64_t. TOPO_ENOMEM.
 */
int topo_log_sources(struct topo_log *log, int64_t target, enum topo_edge kind,
                     struct topo_buf *out);

/* The same without the sources whose rows have numbers above `after` and up to `to`, which are not
 * even looked at. */
int topo_log_sources_outside(struct topo_log *log, int64_t target, enum topo_edge kind,
                             int64_t after, int64_t to, struct topo_buf *out);

/* Where an event is in its chain. */
struct topo_chain_position {
  uint8_t tag[16]; /* the chain: its tag for content, the first bytes of the signer for control */
  int64_t set_no;
  uint32_t seq;
};

/* Notes that an authentic event, right behind `position`, names `target` as its predecessor. It is
 * no error that this was noted already. Writes. */
int topo_log_add_successor(struct topo_log *log, int64_t target,
                           const struct topo_chain_position *position);

/* Is an event at `position` with the row `target` authenticated by its successor (§5)? Returns 1 or
 * 0, or a storage status. */
int topo_log_has_successor(struct topo_log *log, int64_t target,
                           const struct topo_chain_position *position);

/* Forgets the successors of an event, which are not needed once it is stored. Writes. */
int topo_log_drop_successors(struct topo_log *log, int64_t target);

#endif
