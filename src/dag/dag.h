/*
 * dag.h - one space's events and what follows from them: admission, verdicts, projections, keys.
 *
 * Checked batches go in, inside a transaction of the caller; state that others care about comes out
 * through the sink: items that entered a set, ids that are wanted. In-memory state (authority,
 * keys) follows the transaction's success only: when a call fails or a commit does, the caller
 * rolls back and opens a new dag over the same database.
 *
 * Placement (docs/protocol.md §5): control events first, then the credentials are recomputed, then
 * content, then what was unblocked, iteratively. Verdicts may flip; the general path re-evaluates
 * an event from its bytes and recomputes the entities it touches.
 */
#ifndef TOPO_DAG_DAG_H
#define TOPO_DAG_DAG_H

#include "dag/authority.h"
#include "dag/check.h"
#include "dag/type.h"
#include "port/rng.h"
#include "store/log.h"

enum {
  TOPO_PENDING_MAX = 65536,           /* events kept without being admitted */
  TOPO_CLOCK_AHEAD_MS = 5 * 60 * 1000 /* an hlc further ahead is not merged */
};

struct topo_dag;

struct topo_sink {
  /* The event entered the item set `set` (zero: control). */
  void (*item)(void *ctx, const struct topo_id *set, uint64_t hlc, const struct topo_id *id);
  /* Something is referred to and not here. */
  void (*want)(void *ctx, const struct topo_id *id);
  /* An event was not kept: malformed, unauthenticated, refused, over quota (the status says which).
   */
  void (*rejected)(void *ctx, const struct topo_id *id, int status);
  void *ctx;
};

/* Who this space is, kept in its database. Wipe after use. */
struct topo_self {
  struct topo_id workspace; /* zero until it is known */
  struct topo_sign_key device;
  uint8_t seal_secret[32];
  struct topo_id seal_key;
};

/* The schema steps that dag and store need, in order; the caller may put its own between and after
 * them. */
enum { TOPO_DAG_MIGRATIONS = 4 };
extern const struct topo_migration *const topo_dag_migrations[TOPO_DAG_MIGRATIONS];

/* Opens over a migrated database and loads what is in memory. Creates or rebuilds projection tables
 * when their schema changed (that takes a transaction of its own). `types`, `db`, `rng` are
 * borrowed. 0 or a status. */
int topo_dag_open(struct topo_dag **out, struct topo_db *db, const struct topo_type *const *types,
                  const struct topo_rng *rng, const struct topo_self *self);
void topo_dag_close(struct topo_dag *dag); /* NULL is fine; wipes */

/* Calls sink->item for every item stored, in no order: to fill the sets at start. */
int topo_dag_items(struct topo_dag *dag, const struct topo_sink *sink);

/* Applies a checked batch in the caller's transaction. 0, or a status after which the caller must
 * roll back (storage, memory); what is wrong with single events goes to sink->rejected. */
int topo_dag_apply(struct topo_dag *dag, struct topo_batch *batch, uint64_t now_ms,
                   const struct topo_sink *sink);

/* Makes an event of our own, in the caller's transaction, and places it. `values` are in the order
 * of the type's fields. For control events `auth` and `signer` may be given (genesis, recovery);
 * NULL: this device and its most senior valid credential. 0; TOPO_EINVAL (a value breaks its
 * bounds), TOPO_EDENIED (no valid credential, or the role may not), TOPO_ENOKEY (no epoch key to
 * seal with), TOPO_ENOTFOUND (a dependency is not accepted here), or a storage status. */
int topo_dag_author(struct topo_dag *dag, const struct topo_type *type,
                    const struct topo_value *values, uint64_t now_ms, const struct topo_sink *sink,
                    struct topo_id *id);
/* After a failure for a control event the caller must roll back: a place of the chain may be used
 * already. */
struct topo_author_as {
  const struct topo_sign_key *signer;
  struct topo_id auth; /* zero: genesis */
};
int topo_dag_author_as(struct topo_dag *dag, const struct topo_type *type,
                       const struct topo_value *values, const struct topo_author_as *as,
                       uint64_t now_ms, const struct topo_sink *sink, struct topo_id *id);

/* Stores the secret of an admitted epoch: our own, or one that came by a path other than a wrap. In
 * the caller's transaction. 0; TOPO_ENOTFOUND (no such epoch is admitted) or TOPO_EINVAL (it
 * commits to another secret), both before anything was changed; or a status. */
int topo_dag_keep_secret(struct topo_dag *dag, const struct topo_id *epoch,
                         const uint8_t secret[static 32], uint64_t now_ms,
                         const struct topo_sink *sink);
/* Wraps every epoch secret held to a credential (after an admission); one event for each epoch. */
int topo_dag_wrap_all(struct topo_dag *dag, const struct topo_type *wrap,
                      const struct topo_id *credential, const struct topo_id *seal_key,
                      uint64_t now_ms, const struct topo_sink *sink);

const struct topo_context *topo_dag_context(const struct topo_dag *dag);
const struct topo_authority *topo_dag_authority(const struct topo_dag *dag);
struct topo_keyring *topo_dag_keyring(struct topo_dag *dag); /* borrowed; hold it to keep it */
struct topo_log *topo_dag_log(struct topo_dag *dag);
/* True when the key of an epoch that content may go under is held. */
bool topo_dag_can_seal(const struct topo_dag *dag);
/* Writes what has changed since the last time into the change log (dag/changes.h), in the caller's
 * transaction. 0, or a status after which the caller must roll back. */
int topo_dag_log_changes(struct topo_dag *dag);
/* Grows whenever a projection changed. */
uint64_t topo_dag_changes(const struct topo_dag *dag);
/* Events kept but not yet placed: waiting for an ancestor or a key. */
uint64_t topo_dag_pending(const struct topo_dag *dag);

/* True when the event is stored in any state. A storage failure says false. */
bool topo_dag_has(struct topo_dag *dag, const struct topo_id *id);
/* Appends the bytes of an event that is in an item set. 0, TOPO_ENOTFOUND, or a status. */
int topo_dag_read(struct topo_dag *dag, const struct topo_id *id, struct topo_buf *out);

/* H over all projection rows (docs/protocol.md §5). Works on a read-only handle. */
int topo_dag_fingerprint(struct topo_db *db, const struct topo_type *const *types,
                         struct topo_id *out);

#endif
