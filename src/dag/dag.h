/*
 * dag.h - one space's events and what follows from them: admission, verdicts, projections, keys.
 *
 * Checked batches go in, inside a transaction of the caller. What others care about comes out
 * through the sink: items that entered a set, ids that are wanted. What is kept in memory
 * (authority, keys) is true only if the transaction succeeds: when a call or a commit fails, the
 * caller rolls back and opens a new dag over the same database.
 *
 * A batch is worked off in an order that needs no second look (docs/protocol.md §5): control
 * events, then the validity of all credentials, then content, then what any of it has unblocked,
 * until nothing moves. A verdict may flip when an event arrives late. The event is then decided
 * again from its bytes, and the entities that it touches are recomputed.
 */
#ifndef TOPO_DAG_DAG_H
#define TOPO_DAG_DAG_H

#include "dag/authority.h"
#include "dag/check.h"
#include "dag/type.h"
#include "port/rng.h"
#include "store/log.h"

enum {
  TOPO_PENDING_MAX = 65536,           /* events kept that cannot be judged yet */
  TOPO_REBUILD_PIECE_MAX = 256,       /* events that are judged again at a time */
  TOPO_CLOCK_AHEAD_MS = 5 * 60 * 1000 /* of the wall: an hlc further ahead is not counted on */
};

/* Walls of later count as this one, so that clocks fit into their 48 bits. Milliseconds; in 6429.
 */
static const uint64_t TOPO_CLOCK_WALL_MAX_MS = ((uint64_t)1 << 47) - 1 - 10 * TOPO_CLOCK_AHEAD_MS;

struct topo_dag;

/* What one change tells its caller, while the transaction is open. None of it is true before the
 * commit. */
struct topo_sink {
  /* The event entered the item set `set`, which is zero for control and else an epoch. */
  void (*item)(void *ctx, const struct topo_id *set, uint64_t hlc, const struct topo_id *id);
  /* An event that is here refers to this one, which is not. */
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

/* The migrations that dag and store need, in order. The caller may put its own between and after
 * them.
 */
enum { TOPO_DAG_MIGRATIONS = 4 };
extern const struct topo_migration *const topo_dag_migrations[TOPO_DAG_MIGRATIONS];

/* Opens a space over a migrated database, in no transaction, and loads what is kept in memory.
 * When the file was last opened with other types, a rebuild begins, in a transaction of its own.
 * `types`, `db` and `rng` are borrowed until the close; `self` is copied. 0 and *out; TOPO_ECORRUPT
 * when the tables contradict each other, TOPO_ENOMEM, or a storage status. */
int topo_dag_open(struct topo_dag **out, struct topo_db *db, const struct topo_type *const *types,
                  const struct topo_rng *rng, const struct topo_self *self);
void topo_dag_close(struct topo_dag *dag); /* NULL is fine; wipes */

/* A rebuild judges every event again, because the file was last opened by a build with other types
 * (docs/architecture.md, "Rebuilding"). It goes on in pieces, over as many openings as it takes;
 * whatever else is asked of the dag meanwhile is right about what was judged, and as if the rest
 * were blocked. */
struct topo_dag_progress {
  bool rebuilding;
  uint64_t done, total; /* of the events that were there when it began */
};
struct topo_dag_progress topo_dag_progress(const struct topo_dag *dag);
/* The same from the tables; works on a read-only handle. 0, TOPO_ECORRUPT or a storage status. */
int topo_dag_read_progress(struct topo_db *db, struct topo_dag_progress *out);
/* Judges at least one and up to `n` (1 … TOPO_REBUILD_PIECE_MAX) events of the rebuild that is
 * going on, and those that it unblocks, in the caller's transaction. 0; or TOPO_ENOMEM,
 * TOPO_ECORRUPT or a storage status, after which the caller must roll back. */
int topo_dag_rebuild(struct topo_dag *dag, size_t n);

/* Calls sink->item for every stored item, in no order: that fills the item sets at start. 0 or a
 * storage status. */
int topo_dag_items(struct topo_dag *dag, const struct topo_sink *sink);

/* Applies the events of a batch that topo_batch_check has worked on, in the caller's transaction;
 * records are left to the caller. `now_ms` is
 * Unix time. What is wrong with single events goes to sink->rejected and fails nothing. 0; or
 * TOPO_ENOMEM, TOPO_ECORRUPT or a storage status, after which the caller must roll back. */
int topo_dag_apply(struct topo_dag *dag, struct topo_batch *batch, uint64_t now_ms,
                   const struct topo_sink *sink);

/* Makes an event of our own, signed by this device under its most senior valid credential, and
 * decides it as any other, in the caller's transaction. `values` are in the order of the type's
 * fields; the one that no author chooses is left out. 0 and *id; TOPO_EINVAL (a value breaks its
 * bounds), TOPO_EDENIED (there is no valid credential, or it may not), TOPO_ENOKEY (there is no
 * epoch key to seal with), TOPO_ENOTFOUND (a dependency is not accepted here), TOPO_EREBUILDING (it
 * may be, but what it depends on has not been judged again yet), TOPO_ELIMIT (the chain is full),
 * or a storage status. Content is judged before anything is written; after any failure for a
 * control event, and after a storage status, the caller must roll back, for a position of the chain
 * may be used already. */
int topo_dag_author(struct topo_dag *dag, const struct topo_type *type,
                    const struct topo_value *values, uint64_t now_ms, const struct topo_sink *sink,
                    struct topo_id *id);
/* The same under another key and credential: for genesis, and for the recovery key. */
struct topo_author_as {
  const struct topo_sign_key *signer;
  struct topo_id auth; /* zero: the event is a genesis */
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
/* Seals the secret of every epoch whose key is held to a credential that was just admitted: one
 * wrap event for each epoch, of the type `wrap`. 0, or what topo_dag_author answers. */
int topo_dag_wrap_all(struct topo_dag *dag, const struct topo_type *wrap,
                      const struct topo_id *credential, const struct topo_id *seal_key,
                      uint64_t now_ms, const struct topo_sink *sink);

/* What the wall clock is wrong by: every `now_ms` that comes from here on is corrected by adding
 * this many milliseconds. 0 when the dag is opened. */
void topo_dag_set_clock_offset(struct topo_dag *dag, int64_t offset_ms);

const struct topo_context *topo_dag_context(const struct topo_dag *dag);
const struct topo_authority *topo_dag_authority(const struct topo_dag *dag);
/* Borrowed until the next call that may bring a key; topo_keyring_hold keeps it. */
struct topo_keyring *topo_dag_keyring(struct topo_dag *dag);
struct topo_log *topo_dag_log(struct topo_dag *dag);
/* Is there an epoch that new content may be sealed under? */
bool topo_dag_can_seal(const struct topo_dag *dag);
/* Writes what has changed since the last time into the change log (dag/changes.h), in the caller's
 * transaction. 0, or a status after which the caller must roll back. */
int topo_dag_log_changes(struct topo_dag *dag);
/* A number that grows whenever a projection has changed, and restarts with the dag. */
uint64_t topo_dag_changes(const struct topo_dag *dag);
/* How many events are pending: kept, and waiting for an ancestor or a key. */
uint64_t topo_dag_pending(const struct topo_dag *dag);

/* True when the event is stored in any state. A storage failure says false. */
bool topo_dag_has(struct topo_dag *dag, const struct topo_id *id);
/* Appends the bytes of an item. 0; TOPO_ENOTFOUND when there is no such item; TOPO_ENOMEM or a
 * storage status. */
int topo_dag_read(struct topo_dag *dag, const struct topo_id *id, struct topo_buf *out);

/* H over all projection rows (docs/protocol.md §5.1). Works on a read-only handle. */
int topo_dag_fingerprint(struct topo_db *db, const struct topo_type *const *types,
                         struct topo_id *out);

#endif
