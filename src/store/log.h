/*
 * log.h - the log of one space: every event that is kept, and the graph between events.
 *
 * An id is interned once to a row number (`no`); everything else in the database holds integers. A
 * row without bytes is a name that something refers to: an event that is not here yet, or a user.
 * The first eight bytes of an id are indexed, not the id (01-architecture, measured): a lookup
 * compares the rest.
 *
 *   event(no, h, id, state, type, set_no, auth, hlc, missing)     the facts about an event that
 * change body(no, bytes)                                        its bytes, which never do
 *   edge(target, kind, source)                             source waits for target, or depends on
 * it prove(target, tag, set_no, seq)                        an authentic successor names this
 * predecessor
 */
#ifndef TOPO_STORE_LOG_H
#define TOPO_STORE_LOG_H

#include "store/db.h"

/* What became of an event (docs/protocol.md §5). The numbers are stored. */
enum topo_state {
  TOPO_STATE_NAMED = 0, /* no bytes: only a name */
  TOPO_STATE_PENDING = 1,
  TOPO_STATE_UNAUTHORISED = 2,
  TOPO_STATE_UNREADABLE = 3,
  TOPO_STATE_BLOCKED = 4,
  TOPO_STATE_ACCEPTED = 5
};

/* What the source of an edge waits for. */
enum topo_edge {
  TOPO_EDGE_ADMITTED = 0, /* the target is admitted (control) */
  TOPO_EDGE_ACCEPTED =
      1, /* the target is accepted: a dependency, kept for ever because verdicts flip */
  TOPO_EDGE_ENTITY = 2, /* nothing: the source belongs to the target's subject */
  TOPO_EDGE_KEY = 3     /* the key of the target, an epoch */
};

struct topo_row {
  int64_t no;
  enum topo_state state;
  uint16_t type;  /* 0 while it is not known (sealed) */
  int64_t set_no; /* 0: control; else the row of the epoch */
  int64_t auth;   /* the row of the auth credential, 0 when not known */
  uint64_t hlc;
  int64_t missing; /* edges of kinds 0, 1 and 3 whose target is not yet as waited for */
  /* Not stored; for the pipeline while it places the event. */
  bool unmentioned;      /* nothing referred to the event before it came */
  bool written_accepted; /* the table says "accepted" already */
};

struct topo_log {
  struct topo_db *db;
  struct { /* direct-mapped: ids met again and again (channels, credentials, epochs) skip the index
            */
    struct topo_id id;
    int64_t no;
  } * cache;
  struct topo_row *rows; /* by number, the same way: predecessors and dependencies are asked of
                            again soon. What is written goes through them. */
};

extern const struct topo_migration topo_log_migration;

int topo_log_init(struct topo_log *log, struct topo_db *db); /* 0 or TOPO_ENOMEM; db is borrowed */
void topo_log_finish(struct topo_log *log);
/* Forgets cached numbers: after a rollback. */
void topo_log_forget(struct topo_log *log);

/* The row of an id. 0, TOPO_ENOTFOUND, or a storage status. */
int topo_log_find(struct topo_log *log, const struct topo_id *id, struct topo_row *row);
/* The number of an id, making a NAMED row when there is none. */
int topo_log_intern(struct topo_log *log, const struct topo_id *id, int64_t *no);
int topo_log_number(struct topo_log *log, const struct topo_id *id, int64_t *no); /* or ENOTFOUND */
int topo_log_row(struct topo_log *log, int64_t no, struct topo_row *row);
/* Stores an event's bytes. row->no is set; a NAMED row of that id is filled. */
int topo_log_insert(struct topo_log *log, const struct topo_id *id, struct topo_row *row,
                    struct topo_bytes bytes);
/* Rewrites state, type, auth, missing of row->no. */
int topo_log_update(struct topo_log *log, const struct topo_row *row);
/* Drops the bytes and its outgoing edges are left to topo_log_remove_edge; the row becomes NAMED.
 */
int topo_log_drop(struct topo_log *log, int64_t no);
/* Appends the bytes. 0, TOPO_ENOTFOUND (NAMED), or a storage status. */
int topo_log_bytes(struct topo_log *log, int64_t no, struct topo_buf *out);

int topo_log_add_edge(struct topo_log *log, int64_t target, enum topo_edge kind, int64_t source);
int topo_log_remove_edge(struct topo_log *log, int64_t target, enum topo_edge kind, int64_t source);
/* Appends the sources of (target, kind), as int64_t, to `out`. */
int topo_log_sources(struct topo_log *log, int64_t target, enum topo_edge kind,
                     struct topo_buf *out);

/* A chain's position: tag is 16 bytes for content, the signer's first 16 for control. */
struct topo_chain_position {
  uint8_t tag[16];
  int64_t set_no;
  uint32_t seq;
};
/* An authentic event at the position after `position` names `target` as its predecessor. */
int topo_log_add_successor(struct topo_log *log, int64_t target,
                           const struct topo_chain_position *position);
/* Has an authentic successor authenticated by its successor for an event at that position? 1, 0, or
 * a status. */
int topo_log_has_successor(struct topo_log *log, int64_t target,
                           const struct topo_chain_position *position);
/* The successors are not needed once the event is stored. */
int topo_log_drop_successors(struct topo_log *log, int64_t target);

#endif
