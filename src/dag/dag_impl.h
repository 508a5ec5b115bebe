/* dag_impl.h - shared by the files of dag/ that make up topo_dag. */
#ifndef TOPO_DAG_DAG_IMPL_H
#define TOPO_DAG_DAG_IMPL_H

#include "dag/changes.h"
#include "dag/dag.h"

/* Rows whose entity must be recomputed at the end of the batch. */
struct topo_dirty {
  const struct topo_type *type;
  int64_t entity;
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
  uint64_t hlc, saved_hlc, now_ms, changes, held;
  int32_t recomputed; /* nodes of authority whose rows say whether they are valid */
  /* while a batch is applied */
  const struct topo_sink *sink;
  struct topo_buf ready;      /* int64_t: rows to evaluate again */
  struct topo_buf refused;    /* int64_t: rows whose dependents are refused with them */
  struct topo_buf dirty;      /* struct topo_dirty */
  struct topo_buf opened;     /* int64_t: epochs whose key has come */
  struct topo_buf changed;    /* struct topo_change: not in the change log yet */
  struct topo_ggm_path *path; /* of our own chain, in path_epoch */
  struct topo_id path_epoch;
};

/* A content event that is open, from a batch or from the log. */
struct topo_content {
  const struct topo_envelope *envelope;
  const struct topo_inner *inner;
};

/* place.c */
int topo_place_control(struct topo_dag *dag, const struct topo_checked *c);
int topo_place_content(struct topo_dag *dag, const struct topo_checked *c);
/* Judges content whose row exists; moves it to its state. */
/* A held event turned out to be none. */
int topo_reject_pending(struct topo_dag *dag, const struct topo_id *id, int status);
int topo_evaluate(struct topo_dag *dag, struct topo_row *row, const struct topo_content *content);

/* flow.c */
/* Moves a row to a state: stores it, projects or marks dirty, and lines up what follows. */
int topo_transition(struct topo_dag *dag, struct topo_row *row, enum topo_state state,
                    const struct topo_type *type, const struct topo_event *event);
int topo_admitted(struct topo_dag *dag, int64_t no); /* what waited for this ancestor */
int topo_refuse(struct topo_dag *dag, int64_t no, const struct topo_id *id, int status);
/* The verdict on an admitted control event. */
enum topo_state topo_control_state(const struct topo_dag *dag,
                                   const struct topo_authority_node *node);
int topo_recompute(struct topo_dag *dag); /* credentials, and what flips with them */
int topo_drain(struct topo_dag *dag);     /* until nothing is left to evaluate */
/* Evaluates a stored row from its bytes. */
int topo_evaluate_row(struct topo_dag *dag, int64_t no);

/* project.c */
int topo_project_prepare(struct topo_dag *dag); /* tables; rebuild when their schema changed */
int topo_project(struct topo_dag *dag, const struct topo_type *type,
                 const struct topo_event *event);
int topo_mark_dirty(struct topo_dag *dag, const struct topo_type *type, int64_t entity);
int topo_project_dirty(struct topo_dag *dag);
int topo_project_credential(struct topo_dag *dag, const struct topo_authority_node *node);
int topo_entity_of(struct topo_dag *dag, const struct topo_type *type,
                   const struct topo_value *values, const struct topo_authority_node *credential,
                   int64_t no, int64_t *entity);
/* Opens a stored content event. `plain` keeps the bytes that the views point into, `raw` the event.
 */
struct topo_opened {
  struct topo_buf raw, plain;
  struct topo_envelope envelope;
  struct topo_inner inner;
  bool open;
};
int topo_open_row(struct topo_dag *dag, int64_t no, struct topo_opened *out);
void topo_opened_finish(struct topo_opened *opened);

extern const char *const topo_credential_fingerprint[];

/* keys.c */
int topo_keys_load(struct topo_dag *dag);
int topo_take_wraps(struct topo_dag *dag, const struct topo_act *act);
/* Looks again at the wraps of an epoch that was admitted after them (NULL: of all epochs, for a
 * credential of ours that was). */
int topo_retake_wraps(struct topo_dag *dag, const struct topo_id *epoch);
int topo_open_waiting(struct topo_dag *dag); /* events held for keys that have come */

/* dag.c */
int topo_batch_authenticated(struct topo_dag *dag, struct topo_batch *batch); /* who is authentic */
int topo_save_clock(struct topo_dag *dag);
int topo_act_of(const struct topo_dag *dag, const struct topo_envelope *e, struct topo_act *act);

/* Remembers that an entity has changed, for the change log. 0 or TOPO_ENOMEM. */
int topo_changed(struct topo_dag *dag, uint16_t type, int64_t entity);

/* author.c */
void topo_clock_merge(struct topo_dag *dag, uint64_t hlc);

static inline int topo_push_no(struct topo_buf *list, int64_t no)
{
  return topo_buf_put(list, &no, sizeof no);
}

static inline bool topo_has_bytes(enum topo_state state)
{
  return state != TOPO_STATE_NAMED;
}

#endif
