/*
 * author.c - making events of our own: the clock, the chain's counter, the frontier, the seal.
 *
 * The counter row and the event commit together, so a crash never uses a place in a chain twice.
 */
#include "dag/dag_impl.h"

#include "base/assert.h"
#include "base/status.h"

#include <string.h>

static const uint64_t COUNTER_BITS = 16;

void topo_clock_merge(struct topo_dag *dag, uint64_t hlc)
{
  if (hlc >> COUNTER_BITS <= dag->now_ms + TOPO_CLOCK_AHEAD_MS && hlc > dag->hlc)
    dag->hlc = hlc;
}

static uint64_t tick(struct topo_dag *dag)
{
  uint64_t wall = dag->now_ms << COUNTER_BITS;
  dag->hlc = wall > dag->hlc ? wall : dag->hlc + 1;
  return dag->hlc;
}

/* The next place in our chain of a set. */
static int next_position(struct topo_dag *dag, int64_t set_no, struct topo_envelope *e)
{
  struct topo_stmt *s = topo_stmt(dag->db, "SELECT seq,prev FROM local_chain WHERE set_no=?1");
  topo_bind_i64(s, 1, set_no);
  int status = topo_fetch(s);
  if (status == 1) {
    e->seq = (uint32_t)topo_column_i64(s, 0) + 1;
    e->prev = topo_column_id(s, 1);
    topo_reset(s);
  }
  return status < 0 ? status : 0;
}

static int keep_position(struct topo_dag *dag, int64_t set_no, const struct topo_envelope *e)
{
  struct topo_stmt *s =
      topo_stmt(dag->db, "INSERT OR REPLACE INTO local_chain(set_no,seq,prev) VALUES(?1,?2,?3)");
  topo_bind_i64(s, 1, set_no);
  topo_bind_i64(s, 2, e->seq);
  topo_bind_id(s, 3, &e->id);
  return topo_execute(s);
}

/* The epoch that new content goes under: of those whose key is held, the greatest (generation, id).
 */
static const struct topo_epoch_key *current_epoch(const struct topo_dag *dag)
{
  const struct topo_epoch_key *best = NULL;
  const struct topo_authority_node *best_node = NULL;
  for (size_t i = 0; i < dag->keys->n; i++) {
    const struct topo_epoch_key *key = &dag->keys->keys[i];
    const struct topo_authority_node *node = topo_authority_find(dag->authority, &key->epoch);
    if (!node || topo_control_state(dag, node) != TOPO_STATE_ACCEPTED)
      continue;
    if (!best || node->generation > best_node->generation ||
        (node->generation == best_node->generation &&
         topo_id_compare(&node->id, &best_node->id) > 0)) {
      best = key;
      best_node = node;
    }
  }
  return best;
}

bool topo_dag_can_seal(const struct topo_dag *dag)
{
  return current_epoch(dag) != NULL;
}

/* Where the event is valid in its signer's chain. The recovery key acts once after genesis; its
 * chain is not kept in a counter row. */
static int control_position(struct topo_dag *dag, bool own, struct topo_envelope *e)
{
  if (own)
    return next_position(dag, 0, e);
  if (topo_id_is_zero(&e->auth))
    return 0;
  const struct topo_authority_node *credential = topo_authority_find(dag->authority, &e->auth);
  topo_assert(credential && credential->kind == TOPO_ACT_GENESIS);
  e->seq = 1;
  e->prev = credential->id;
  return 0;
}

/* Writes the event to `out` and decodes it into *e, whose views point there. */
static int write_control(struct topo_dag *dag, const struct topo_type *type, struct topo_bytes body,
                         const struct topo_author_as *as, struct topo_envelope *e,
                         struct topo_buf *out)
{
  struct topo_id parents[TOPO_PARENTS_MAX];
  struct topo_envelope draft = {.kind = TOPO_CONTROL,
                                .type = type->number,
                                .hlc = tick(dag),
                                .signer = as->signer->public_key,
                                .auth = as->auth,
                                .body = body};
  bool own = topo_id_equal(&draft.signer, &dag->self.device.public_key);
  if (!topo_id_is_zero(&draft.auth)) {
    draft.n_parents = (uint8_t)topo_authority_frontier(dag->authority, parents);
    draft.parents = parents[0].bytes;
  }
  int status = control_position(dag, own, &draft);
  if (status == 0)
    status = topo_envelope_write_control(out, &draft, &dag->context, as->signer);
  if (status == 0)
    status = topo_envelope_decode(e, &dag->context, topo_buf_view(out));
  return status == 0 && own ? keep_position(dag, 0, e) : status;
}

static int write_content(struct topo_dag *dag, const struct topo_type *type, struct topo_bytes body,
                         const struct topo_id *auth, struct topo_envelope *e, struct topo_buf *out)
{
  const struct topo_epoch_key *key = current_epoch(dag);
  if (!key)
    return TOPO_ENOKEY;
  int64_t epoch = 0;
  *e = (struct topo_envelope){.kind = TOPO_CONTENT, .hlc = tick(dag)};
  int status = topo_log_intern(&dag->log, &key->epoch, &epoch);
  if (status == 0)
    status = next_position(dag, epoch, e);
  if (status == 0 && e->seq >= TOPO_GGM_SEQ_LIMIT)
    status = TOPO_ELIMIT;
  if (!topo_id_equal(&dag->path_epoch, &key->epoch)) {
    dag->path->valid = false;
    dag->path_epoch = key->epoch;
  }
  if (status == 0)
    status = topo_content_write(out, key, &dag->context, e, auth, type->number, body,
                                &dag->self.device, dag->path);
  if (status == 0)
    status = topo_envelope_decode(e, &dag->context, topo_buf_view(out));
  return status == 0 ? keep_position(dag, epoch, e) : status;
}

/* Would we accept this content ourselves? Asked before anything is written. */
static int check_content(struct topo_dag *dag, const struct topo_type *type,
                         const struct topo_value *values, const struct topo_id *auth)
{
  const struct topo_authority_node *credential = topo_authority_find(dag->authority, auth);
  if ((type->check && type->check(values) < 0))
    return TOPO_EINVAL;
  if (!credential || !credential->valid ||
      !topo_role_may((enum topo_role)credential->key.role, type->right(values)))
    return TOPO_EDENIED;
  struct topo_dependency deps[TOPO_DEPENDENCIES_MAX];
  size_t n = type->depends ? type->depends(values, deps) : 0;
  for (size_t i = 0; i < n; i++) {
    struct topo_row row;
    int status = topo_log_find(&dag->log, &deps[i].id, &row);
    if (status < 0)
      return status;
    if (row.state != TOPO_STATE_ACCEPTED || row.type != deps[i].type)
      return TOPO_ENOTFOUND;
  }
  return 0;
}

/* Opens our own event again: what is placed is what others will see. */
static int place_own_content(struct topo_dag *dag, const struct topo_envelope *e)
{
  struct topo_buf plain = {0};
  struct topo_checked c = {.envelope = *e, .authentic = true, .opened = true};
  const struct topo_epoch_key *key = topo_keyring_find(dag->keys, &e->epoch);
  int status = topo_content_open(key, &dag->context, e, dag->path, &plain, &c.inner);
  if (status == 0)
    status = topo_place_content(dag, &c);
  topo_buf_wipe(&plain);
  return status;
}

int topo_dag_author_as(struct topo_dag *dag, const struct topo_type *type,
                       const struct topo_value *values, const struct topo_author_as *as,
                       uint64_t now_ms, const struct topo_sink *sink, struct topo_id *id)
{
  struct topo_buf body = {0}, raw = {0};
  struct topo_envelope e = {0};
  dag->sink = sink;
  dag->now_ms = now_ms;
  int status = topo_fields_encode(type->fields, values, &body);
  if (status == 0 && !type->act)
    status = check_content(dag, type, values, &as->auth);
  if (status == 0)
    status = type->act ? write_control(dag, type, topo_buf_view(&body), as, &e, &raw)
                       : write_content(dag, type, topo_buf_view(&body), &as->auth, &e, &raw);
  if (status == 0 && type->act) {
    struct topo_checked c = {.envelope = e, .authentic = true};
    status = topo_place_control(dag, &c);
  } else if (status == 0) {
    status = place_own_content(dag, &e);
  }
  if (status == 0)
    status = topo_drain(dag);
  if (status == 0)
    status = topo_save_clock(dag);
  struct topo_row row;
  if (status == 0)
    status = topo_log_find(&dag->log, &e.id, &row);
  /* We make nothing that we would not accept ourselves. */
  if (status == 0 && row.state != TOPO_STATE_ACCEPTED)
    status = row.state == TOPO_STATE_BLOCKED ? TOPO_ENOTFOUND : TOPO_EDENIED;
  *id = e.id;
  topo_buf_finish(&body);
  topo_buf_finish(&raw);
  return status;
}

int topo_dag_author(struct topo_dag *dag, const struct topo_type *type,
                    const struct topo_value *values, uint64_t now_ms, const struct topo_sink *sink,
                    struct topo_id *id)
{
  const struct topo_authority_node *credential =
      topo_authority_credential_of(dag->authority, &dag->self.device.public_key);
  if (!credential)
    return TOPO_EDENIED;
  struct topo_author_as as = {&dag->self.device, credential->id};
  return topo_dag_author_as(dag, type, values, &as, now_ms, sink, id);
}
