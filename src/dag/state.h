/*
 * state.h - struct topo_dag, for the files of dag/ that make it up, from the bottom upwards:
 *
 *   stored.c    a stored event, read and opened again
 *   clock.c     the hybrid clock
 *   place.c     where an item is shown
 *   keys.c      epoch secrets, and the wraps that bring them
 *   facts.c     what is known about one event; it changes nothing
 *   judge.c     facts → verdict and effects; pure
 *   project.c   projections
 *   order.c     items that get other places
 *   effects.c   carries effects out: the one place where a verdict changes anything
 *   decide.c    one event: facts, judge, effects
 *   drain.c     what follows from that, until nothing is left
 *   author.c    events of our own
 *   rebuild.c   everything once more, when another build has other types
 *   dag.c       opening, and applying a batch
 *
 * Each uses only those above it.
 */
#ifndef TOPO_DAG_STATE_H
#define TOPO_DAG_STATE_H

#include "dag/changes.h"
#include "dag/dag.h"

/* An entity whose rows must be recomputed at the end of the batch. */
struct topo_dirty {
  const struct topo_type *type;
  int64_t entity;
};

/* An item that names another which it is to be shown after. */
struct topo_sequel {
  int64_t no;
  struct topo_id after;
};

/* What one change has left to be done. Lists are emptied by drain.c, but `changed`, which
 * topo_dag_log_changes empties. */
struct topo_work_lists {
  struct topo_buf ready;   /* int64_t: rows to be decided again */
  struct topo_buf dropped; /* int64_t: rows whose dependents are dropped with them */
  struct topo_buf dirty;   /* struct topo_dirty */
  struct topo_buf sequels; /* struct topo_sequel: new ones, in the order of their decision */
  struct topo_buf opened;  /* int64_t: epochs whose key has come */
  struct topo_buf changed; /* struct topo_change: not in the change log yet */
};

struct topo_dag_clock {
  uint64_t hlc, saved_hlc;
  uint64_t now_ms;   /* Unix time, as the call at hand said, corrected */
  int64_t offset_ms; /* what it is corrected by */
};

/* How far the last rebuild is (rebuild.h); stored, and changed with each piece. */
struct topo_rebuild {
  struct topo_id types; /* a digest of what it rebuilds by */
  int64_t number;       /* what topo_log_set_judging is told */
  int64_t first;        /* what depends on nothing was judged ahead up to this row */
  int64_t at, end;      /* all was judged up to this row, and will be up to that one */
  uint64_t done, total; /* events that were judged, and that were there when it began */
};

/* Where chains stand, while many stored events are opened in the order of rows: from a neighbour a
 * message key is two hashes away, and 84 from the epoch's secret. A chain is kept in one of the
 * TOPO_PATH_WAYS places that its tag leads to. */
enum { TOPO_PATH_SETS = 64, TOPO_PATH_WAYS = 4 };
struct topo_paths {
  struct {
    struct topo_id epoch;
    struct topo_ggm_path path;
  } places[TOPO_PATH_SETS][TOPO_PATH_WAYS];
  unsigned victim; /* which place is given away next */
};

struct topo_dag {
  struct topo_db *db;
  struct topo_log log;
  const struct topo_type *const *types;
  const struct topo_rng *rng;
  struct topo_self self;
  struct topo_context context;
  struct topo_authority *authority;
  struct topo_keyring *keys;
  struct topo_dag_clock clock;
  uint64_t changes;  /* counts changes of projections */
  uint64_t pending;  /* rows in TOPO_STATE_PENDING */
  int32_t n_decided; /* nodes of authority whose rows say their verdict */
  const struct topo_sink *sink;
  struct topo_rebuild rebuild;
  struct topo_paths *paths; /* while a rebuild goes on; NULL: none */
  struct topo_work_lists lists;
  struct topo_ggm_path *path; /* of our own chain, in path_epoch */
  struct topo_id path_epoch;
};

static inline int topo_push_no(struct topo_buf *list, int64_t no)
{
  return topo_buf_put(list, &no, sizeof no);
}

static inline size_t topo_no_count(const struct topo_buf *list)
{
  return list->len / sizeof(int64_t);
}

int64_t topo_no_at(const struct topo_buf *list, size_t i); /* stored.c */

static inline bool topo_rebuild_is_over(const struct topo_dag *dag)
{
  return dag->rebuild.at == dag->rebuild.end;
}

/* Are there bytes under this row, or only a name? */
static inline bool topo_has_bytes(enum topo_state state)
{
  return state != TOPO_STATE_NAMED;
}

/* Is what the row stands for in an item set (docs/protocol.md §6.2)? */
static inline bool topo_is_item(enum topo_state state)
{
  return state >= TOPO_STATE_UNAUTHORISED;
}

#endif
