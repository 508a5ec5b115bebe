/*
 * dag.c - opening a space's events, and applying a batch: the order of placement is here.
 */
#include "dag/clock.h"
#include "dag/decide.h"
#include "dag/drain.h"
#include "dag/judge.h"
#include "dag/keys.h"
#include "dag/order.h"
#include "dag/rebuild.h"
#include "dag/stored.h"

#include "base/assert.h"
#include "base/status.h"
#include "store/answers.h"

#include <stdlib.h>
#include <string.h>

static const struct topo_migration local_migration = {
    "CREATE TABLE local_value(name TEXT PRIMARY KEY, value BLOB NOT NULL);"
    "CREATE TABLE local_epoch(epoch BLOB PRIMARY KEY, secret BLOB NOT NULL);"
    "CREATE TABLE local_chain(set_no INTEGER PRIMARY KEY, seq INTEGER NOT NULL, prev BLOB NOT "
    "NULL);"
    "CREATE TABLE local_place(no INTEGER PRIMARY KEY, place INTEGER NOT NULL);"
    "CREATE TABLE local_admitted(rank INTEGER PRIMARY KEY, no INTEGER NOT NULL);"};

const struct topo_migration *const topo_dag_migrations[TOPO_DAG_MIGRATIONS] = {
    &topo_log_migration, &local_migration, &topo_changes_migration, &topo_answers_migration};

static void ignore_item(void *ctx, const struct topo_id *set, uint64_t hlc,
                        const struct topo_id *id)
{
  (void)ctx, (void)set, (void)hlc, (void)id;
}

static void ignore_want(void *ctx, const struct topo_id *id)
{
  (void)ctx, (void)id;
}

static void ignore_rejected(void *ctx, const struct topo_id *id, int status)
{
  (void)ctx, (void)id, (void)status;
}

static const struct topo_sink null_sink = {ignore_item, ignore_want, ignore_rejected, NULL};

/* Admits one event that was admitted before. What it refers to was admitted before it, and so was
 * it: else the table is damaged. */
static int admit_again(struct topo_dag *dag, int64_t no)
{
  struct topo_opened opened = {0};
  struct topo_act act;
  struct topo_id absent[TOPO_ANCESTORS_MAX];
  struct topo_authority_node node;
  int status = topo_open_row(dag, no, &opened);
  const struct topo_envelope *e = &opened.envelope;
  if (status == 0 && (e->kind != TOPO_CONTROL || topo_authority_find(dag->authority, &e->id)))
    status = TOPO_ECORRUPT;
  if (status == 0)
    status = topo_act_of(dag, e, &act);
  if (status == 0 && topo_authority_missing(dag->authority, e, &act, absent) > 0)
    status = TOPO_ECORRUPT;
  if (status == 0)
    status = topo_authority_admit(dag->authority, &dag->context, e, &act, true, &node);
  if (status == 0)
    status = topo_authority_add(dag->authority, &node, no);
  topo_opened_finish(&opened);
  return status == TOPO_EDENIED || status == TOPO_EMALFORMED ? TOPO_ECORRUPT : status;
}

static int load_authority(struct topo_dag *dag)
{
  struct topo_authority *a = dag->authority;
  struct topo_stmt *s = topo_stmt(dag->db, "SELECT no FROM local_admitted ORDER BY rank");
  int status;
  while ((status = topo_fetch(s)) == 1) {
    status = admit_again(dag, topo_column_i64(s, 0));
    if (status < 0)
      break;
  }
  topo_reset(s);
  if (status == 0)
    status = topo_authority_recompute(a);
  dag->n_decided = topo_authority_count(a);
  for (int32_t i = 0; i < dag->n_decided; i++) {
    const struct topo_authority_node *node = topo_authority_at(a, i);
    enum topo_state state = topo_judge_admitted(node, topo_authority_act_valid(a, node));
    topo_authority_set_state(a, i, (uint8_t)state);
  }
  topo_authority_recomputed(a);
  return status < 0 ? status : 0;
}

static int count_pending(struct topo_dag *dag)
{
  struct topo_stmt *s = topo_stmt(dag->db, "SELECT count(*) FROM event WHERE state=1");
  int status = topo_fetch(s);
  if (status == 1)
    dag->pending = (uint64_t)topo_column_i64(s, 0);
  topo_reset(s);
  return status < 0 ? status : 0;
}

/* Numbers that a power cut took are given again, so each opening is an incarnation of its own. That
 * row may be lost with them. */
static int begin_incarnation(struct topo_dag *dag)
{
  uint64_t incarnation;
  topo_rng_fill(dag->rng, &incarnation, sizeof incarnation);
  int status = topo_db_begin(dag->db, false);
  if (status < 0)
    return status;
  status = topo_changes_begin(dag->db, incarnation);
  if (status == 0)
    return topo_db_commit(dag->db);
  topo_db_rollback(dag->db);
  return status;
}

int topo_dag_open(struct topo_dag **out, struct topo_db *db, const struct topo_type *const *types,
                  const struct topo_rng *rng, const struct topo_self *self)
{
  int status = TOPO_ENOMEM;
  struct topo_dag *dag = calloc(1, sizeof *dag);
  *out = NULL;
  if (!dag)
    return TOPO_ENOMEM;
  dag->db = db;
  dag->types = types;
  dag->rng = rng;
  dag->self = *self;
  dag->context = (struct topo_context){self->workspace, self->workspace};
  dag->sink = &null_sink;
  dag->authority = topo_authority_create(&self->workspace);
  dag->keys = topo_keyring_create();
  dag->path = calloc(1, sizeof *dag->path);
  if (dag->authority && dag->keys && dag->path)
    status = topo_log_init(&dag->log, db);
  if (status == 0)
    status = topo_rebuild_load(dag);
  if (status == 0)
    status = topo_keys_load(dag);
  if (status == 0)
    status = load_authority(dag);
  if (status == 0)
    status = count_pending(dag);
  if (status == 0)
    status = topo_clock_load(dag);
  if (status == 0)
    status = topo_rebuild_begin_when_changed(dag);
  if (status == 0)
    status = begin_incarnation(dag);
  if (status < 0) {
    topo_dag_close(dag);
    return status;
  }
  *out = dag;
  return 0;
}

void topo_dag_close(struct topo_dag *dag)
{
  if (!dag)
    return;
  topo_authority_destroy(dag->authority);
  topo_keyring_release(dag->keys);
  topo_log_finish(&dag->log);
  topo_stored_keep_paths(dag, false);
  topo_buf_finish(&dag->lists.ready);
  topo_buf_finish(&dag->lists.dropped);
  topo_buf_finish(&dag->lists.dirty);
  topo_buf_finish(&dag->lists.sequels);
  topo_buf_finish(&dag->lists.opened);
  topo_buf_finish(&dag->lists.changed);
  if (dag->path)
    topo_wipe(dag->path, sizeof *dag->path);
  free(dag->path);
  topo_wipe(dag, sizeof *dag);
  free(dag);
}

int topo_dag_items(struct topo_dag *dag, const struct topo_sink *sink)
{
  static const char sql[] = "SELECT e.hlc,e.id,s.id FROM event e LEFT JOIN event s ON s.no=e.set_no"
                            " WHERE e.state>=2";
  struct topo_stmt *s = topo_stmt(dag->db, sql);
  int status;
  while ((status = topo_fetch(s)) == 1) {
    struct topo_id id = topo_column_id(s, 1), set = topo_column_id(s, 2);
    sink->item(sink->ctx, &set, (uint64_t)topo_column_i64(s, 0), &id);
  }
  return status;
}

int topo_dag_log_changes(struct topo_dag *dag)
{
  topo_assert(topo_db_in_transaction(dag->db));
  struct topo_change *changes = (struct topo_change *)(void *)dag->lists.changed.data;
  int status = topo_changes_append(dag->db, changes, dag->lists.changed.len / sizeof *changes);
  topo_buf_clear(&dag->lists.changed);
  return status;
}

static int by_time(const void *pa, const void *pb)
{
  const struct topo_envelope *a = &(*(struct topo_checked *const *)pa)->envelope;
  const struct topo_envelope *b = &(*(struct topo_checked *const *)pb)->envelope;
  if (a->kind != b->kind)
    return a->kind < b->kind ? -1 : 1;
  if (a->hlc != b->hlc)
    return a->hlc < b->hlc ? -1 : 1;
  return topo_id_compare(&a->id, &b->id);
}

/* The events of the batch that can be placed, records aside, control first, in the order of their
 * clocks: what an event refers to is nearly always there before it asks. Where a clock went back it
 * is not, and comes as it would with a later batch. The others are reported. */
static size_t placeable(struct topo_dag *dag, struct topo_batch *batch, struct topo_checked **order)
{
  size_t n = 0;
  for (size_t i = 0; i < batch->n; i++) {
    struct topo_checked *c = &batch->events[i];
    if (c->status < 0)
      dag->sink->rejected(dag->sink->ctx, &c->envelope.id, c->status);
    else if (!c->duplicate && c->envelope.kind != TOPO_RECORD)
      order[n++] = c;
  }
  qsort(order, n, sizeof(struct topo_checked *), by_time);
  return n;
}

int topo_dag_apply(struct topo_dag *dag, struct topo_batch *batch, uint64_t now_ms,
                   const struct topo_sink *sink)
{
  if (batch->status < 0)
    return batch->status;
  topo_assert(topo_db_in_transaction(dag->db) && dag->lists.ready.len == 0);
  dag->sink = sink;
  int status = topo_order_set_wall(dag, now_ms);
  if (status < 0)
    return status;
  struct topo_checked **order = calloc(batch->n ? batch->n : 1, sizeof(struct topo_checked *));
  if (!order)
    return TOPO_ENOMEM;
  size_t n = placeable(dag, batch, order), i = 0;
  topo_assert(n <= batch->n);
  for (; i < n && status == 0 && order[i]->envelope.kind == TOPO_CONTROL; i++)
    status = topo_decide(dag, order[i]);
  if (status == 0)
    status = topo_drain(dag);
  if (status == 0)
    status = topo_drain_authenticate(dag, batch);
  for (; i < n && status == 0; i++)
    status = topo_decide(dag, order[i]);
  free(order);
  if (status == 0)
    status = topo_drain(dag);
  if (status == 0)
    status = topo_clock_save(dag);
  dag->sink = &null_sink;
  return status;
}

struct topo_dag_progress topo_dag_progress(const struct topo_dag *dag)
{
  const struct topo_rebuild *r = &dag->rebuild;
  return (struct topo_dag_progress){!topo_rebuild_is_over(dag), r->done, r->total};
}

int topo_dag_rebuild(struct topo_dag *dag, size_t n)
{
  topo_assert(n > 0 && n <= TOPO_REBUILD_PIECE_MAX && !topo_rebuild_is_over(dag));
  topo_assert(topo_db_in_transaction(dag->db) && dag->lists.ready.len == 0);
  dag->sink = &null_sink;
  int status = topo_rebuild_piece(dag, n);
  return status == 0 ? topo_drain(dag) : status;
}

bool topo_dag_has(struct topo_dag *dag, const struct topo_id *id)
{
  struct topo_row row;
  return topo_log_find(&dag->log, id, &row) == 0 && topo_has_bytes(row.state);
}

int topo_dag_read(struct topo_dag *dag, const struct topo_id *id, struct topo_buf *out)
{
  struct topo_row row;
  int status = topo_log_find(&dag->log, id, &row);
  if (status < 0)
    return status;
  return row.state >= TOPO_STATE_UNAUTHORISED ? topo_log_bytes(&dag->log, row.no, out)
                                              : TOPO_ENOTFOUND;
}

int topo_dag_keep_secret(struct topo_dag *dag, const struct topo_id *epoch,
                         const uint8_t secret[static 32], uint64_t now_ms,
                         const struct topo_sink *sink)
{
  const struct topo_authority_node *node = topo_authority_find(dag->authority, epoch);
  struct topo_id commitment = topo_epoch_commitment(secret);
  if (!node || node->kind != TOPO_ACT_EPOCH)
    return TOPO_ENOTFOUND;
  if (!topo_id_equal(&node->epoch.commitment, &commitment))
    return TOPO_EINVAL;
  dag->sink = sink;
  int status = topo_order_set_wall(dag, now_ms);
  if (status == 0)
    status = topo_keys_keep(dag, epoch, secret);
  if (status == 0)
    status = topo_drain(dag);
  return status == 0 ? topo_clock_save(dag) : status;
}

void topo_dag_set_clock_offset(struct topo_dag *dag, int64_t offset_ms)
{
  dag->clock.offset_ms = offset_ms;
}

const struct topo_context *topo_dag_context(const struct topo_dag *dag)
{
  return &dag->context;
}
const struct topo_authority *topo_dag_authority(const struct topo_dag *dag)
{
  return dag->authority;
}
struct topo_keyring *topo_dag_keyring(struct topo_dag *dag)
{
  return dag->keys;
}
struct topo_log *topo_dag_log(struct topo_dag *dag)
{
  return &dag->log;
}
uint64_t topo_dag_changes(const struct topo_dag *dag)
{
  return dag->changes;
}
uint64_t topo_dag_pending(const struct topo_dag *dag)
{
  return dag->pending;
}
