/*
 * author.c - making events of our own: the clock, the chain's counter, the frontier, the seal.
 *
 * The counter row and the event commit together, so a crash never uses a position in a chain twice.
 */
#include "dag/clock.h"
#include "dag/decide.h"
#include "dag/drain.h"
#include "dag/facts.h"
#include "dag/keys.h"
#include "dag/order.h"

#include "base/assert.h"
#include "base/status.h"

#include <string.h>

/* The next position in our chain of a set: seq 0 and no predecessor in a new one. */
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
  topo_assert(!topo_id_is_zero(&e->id));
  topo_bind_i64(s, 1, set_no);
  topo_bind_i64(s, 2, e->seq);
  topo_bind_id(s, 3, &e->id);
  return topo_execute(s);
}

static bool comes_after(const struct topo_authority_node *a, const struct topo_authority_node *b)
{
  topo_assert(a->kind == TOPO_ACT_EPOCH && b->kind == TOPO_ACT_EPOCH);
  if (a->epoch.generation != b->epoch.generation)
    return a->epoch.generation > b->epoch.generation;
  return topo_id_compare(&a->id, &b->id) > 0;
}

/* The epoch that new content goes under: of those that are accepted and whose key is held, the
 * greatest (generation, id). */
static const struct topo_epoch_key *current_epoch(const struct topo_dag *dag)
{
  const struct topo_epoch_key *best = NULL;
  const struct topo_authority_node *best_node = NULL;
  for (size_t i = 0; i < dag->keys->n; i++) {
    const struct topo_epoch_key *key = &dag->keys->keys[i];
    const struct topo_authority_node *node = topo_authority_find(dag->authority, &key->epoch);
    if (!node || topo_judge_admitted(node, topo_authority_act_valid(dag->authority, node)) !=
                     TOPO_STATE_ACCEPTED)
      continue;
    if (!best || comes_after(node, best_node)) {
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

/* The event's position in its signer's chain. The recovery key acts once after genesis; its
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
                                .hlc = topo_clock_tick(dag),
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
  *e = (struct topo_envelope){.kind = TOPO_CONTENT, .hlc = topo_clock_tick(dag)};
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

/* What new content depends on is judged ahead when a rebuild has not come to it yet: somebody wants
 * to write to it now. That goes one level deep; mostly there is no other. */
static int judge_dependencies(struct topo_dag *dag, const struct topo_type *type,
                              const struct topo_value *values)
{
  struct topo_dependency depends[TOPO_DEPENDENCIES_MAX];
  size_t n = type->depends && !topo_rebuild_is_over(dag) ? type->depends(values, depends) : 0;
  int status = 0;
  for (size_t i = 0; i < n && status == 0; i++) {
    struct topo_row row;
    status = topo_facts_find(dag, &depends[i].id, &row);
    if (status == 0 && row.stale)
      status = topo_decide_row(dag, row.no);
  }
  return status == 0 && n > 0 ? topo_drain(dag) : status;
}

/* Is something that it depends on blocked for no other reason than that a rebuild goes on? */
static bool waits_for_rebuild(const struct topo_dag *dag, const struct topo_content_case *k)
{
  bool blocked = false;
  for (size_t i = 0; i < k->n_depends; i++)
    blocked |= k->targets[i].state == TOPO_STATE_BLOCKED;
  return blocked && !topo_rebuild_is_over(dag);
}

/* Would we accept this content ourselves? Asked before anything is written, by the same judge. */
static int check_content(struct topo_dag *dag, const struct topo_type *type,
                         const struct topo_value *values, const struct topo_id *auth)
{
  struct topo_content_case k = {.auth = topo_authority_find(dag->authority, auth)};
  struct topo_content_facts *f = &k.facts;
  if (type->check && type->check(values) < 0)
    return TOPO_EINVAL;
  if (!k.auth || !topo_node_is_credential(k.auth))
    return TOPO_EDENIED;
  for (size_t i = 0; type->fields[i].kind != TOPO_FIELD_END; i++)
    k.values[i] = values[i];
  *f = (struct topo_content_facts){.room = true, .open = true, .authentic = true};
  f->auth_admitted = f->auth_is_its = true;
  f->valid = k.auth->credential.valid;
  int status = judge_dependencies(dag, type, values);
  if (status == 0)
    status = topo_facts_of_body(dag, type, &k);
  if (status < 0)
    return status;
  if (topo_judge_content(f).state == TOPO_STATE_ACCEPTED)
    return 0;
  bool at_fault = !f->valid || !f->may || (f->unaccepted == 0 && !f->wrong);
  if (at_fault)
    return TOPO_EDENIED;
  return waits_for_rebuild(dag, &k) ? TOPO_EREBUILDING : TOPO_ENOTFOUND;
}

/* Opens our own event again: what is decided is what others will see. */
static int decide_own_content(struct topo_dag *dag, const struct topo_envelope *e)
{
  struct topo_buf plain = {0};
  struct topo_checked c = {.envelope = *e, .authentic = true, .opened = true};
  const struct topo_epoch_key *key = topo_keyring_find(dag->keys, &e->epoch);
  int status = topo_content_open(key, &dag->context, e, dag->path, &plain, &c.inner);
  if (status == 0)
    status = topo_decide(dag, &c);
  topo_buf_wipe(&plain);
  return status;
}

static int write_and_decide(struct topo_dag *dag, const struct topo_type *type,
                            struct topo_bytes body, const struct topo_author_as *as,
                            struct topo_id *id)
{
  struct topo_buf raw = {0};
  struct topo_envelope e = {0};
  int status;
  if (type->act) {
    status = write_control(dag, type, body, as, &e, &raw);
    struct topo_checked c = {.envelope = e, .authentic = true};
    if (status == 0)
      status = topo_decide(dag, &c);
  } else {
    status = write_content(dag, type, body, &as->auth, &e, &raw);
    if (status == 0)
      status = decide_own_content(dag, &e);
  }
  if (status == 0)
    status = topo_drain(dag);
  *id = e.id;
  topo_buf_finish(&raw);
  return status;
}

/* We make nothing that we would not accept ourselves. */
static int check_accepted(struct topo_dag *dag, const struct topo_id *id)
{
  struct topo_row row;
  int status = topo_log_find(&dag->log, id, &row);
  if (status < 0 || row.state == TOPO_STATE_ACCEPTED)
    return status;
  return row.state == TOPO_STATE_BLOCKED ? TOPO_ENOTFOUND : TOPO_EDENIED;
}

/* Fills what no author chooses. Values may view *draft afterwards. */
static int complete(struct topo_dag *dag, const struct topo_type *type, const struct topo_id *auth,
                    struct topo_draft *draft, struct topo_value *values)
{
  *draft = (struct topo_draft){.db = dag->db, .hlc = topo_clock_next(dag)};
  const struct topo_authority_node *node = topo_authority_find(dag->authority, auth);
  if (!node || !topo_node_is_credential(node))
    return TOPO_EDENIED;
  if (type->entity) {
    struct topo_id entity = type->entity(values, &dag->context.workspace, &node->credential.user);
    int status = topo_log_number(&dag->log, &entity, &draft->entity);
    if (status < 0 && status != TOPO_ENOTFOUND)
      return status;
  }
  return type->complete(draft, values);
}

int topo_dag_author_as(struct topo_dag *dag, const struct topo_type *type,
                       const struct topo_value *values, const struct topo_author_as *as,
                       uint64_t now_ms, const struct topo_sink *sink, struct topo_id *id)
{
  struct topo_buf body = {0};
  struct topo_value whole[TOPO_FIELDS_MAX] = {{0}};
  struct topo_draft draft;
  topo_assert(topo_db_in_transaction(dag->db));
  dag->sink = sink;
  int status = topo_order_set_wall(dag, now_ms);
  if (status < 0)
    return status;
  for (size_t i = 0; type->fields[i].kind != TOPO_FIELD_END; i++)
    whole[i] = values[i];
  status = type->complete ? complete(dag, type, &as->auth, &draft, whole) : 0;
  if (status == 0)
    status = topo_fields_encode(type->fields, whole, &body);
  if (status == 0 && !type->act)
    status = check_content(dag, type, whole, &as->auth);
  if (status == 0)
    status = write_and_decide(dag, type, topo_buf_view(&body), as, id);
  if (status == 0)
    status = topo_clock_save(dag);
  if (status == 0)
    status = check_accepted(dag, id);
  topo_buf_finish(&body);
  return status;
}

int topo_dag_author(struct topo_dag *dag, const struct topo_type *type,
                    const struct topo_value *values, uint64_t now_ms, const struct topo_sink *sink,
                    struct topo_id *id)
{
  const struct topo_authority_node *own =
      topo_authority_credential_of(dag->authority, &dag->self.device.public_key);
  if (!own)
    return TOPO_EDENIED;
  struct topo_author_as as = {&dag->self.device, own->id};
  return topo_dag_author_as(dag, type, values, &as, now_ms, sink, id);
}

int topo_dag_wrap_all(struct topo_dag *dag, const struct topo_type *wrap,
                      const struct topo_id *credential, const struct topo_id *seal_key,
                      uint64_t now_ms, const struct topo_sink *sink)
{
  int status = 0;
  struct topo_keyring *keys = topo_keyring_hold(dag->keys);
  for (size_t i = 0; i < keys->n && status == 0; i++) {
    const struct topo_epoch_key *key = &keys->keys[i];
    uint8_t entry[TOPO_WRAP_ENTRY_SIZE];
    status = topo_keys_wrap(dag, key, credential, seal_key, entry);
    struct topo_value values[TOPO_FIELDS_MAX] = {topo_value_of_id(&key->epoch)};
    values[1].bytes = (struct topo_bytes){entry, sizeof entry};
    struct topo_id id;
    if (status == 0)
      status = topo_dag_author(dag, wrap, values, now_ms, sink, &id);
  }
  topo_keyring_release(keys);
  return status;
}
