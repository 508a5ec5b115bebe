/* records.c - the device records of a space; see records.h. */
#include "node/records.h"

#include "base/assert.h"
#include "base/status.h"
#include "events/types.h"

#include <stdlib.h>
#include <string.h>

/* Another copy of this device answers our records by its own, and we its: ever more slowly, and
 * from the second one on it is told. The first may be ours, of before this disk was restored. */
enum {
  FOREIGN_TOLD = 2,
  FOREIGN_PAUSE_MAX_MS = 10 * 60 * 1000,
  FOREIGN_FORGOTTEN_MS = 30 * 60 * 1000
};

const struct topo_migration topo_records_migration = {
    "CREATE TABLE local_record(device BLOB PRIMARY KEY, seq INTEGER NOT NULL, id BLOB NOT NULL"
    " UNIQUE, taken_ms INTEGER NOT NULL, bytes BLOB NOT NULL) WITHOUT ROWID;"};

/* What is kept of one device. */
struct kept {
  uint64_t seq; /* 0: nothing */
  struct topo_id id;
  uint64_t taken_ms; /* Unix time */
};

static int by_number(const void *a, const void *b)
{
  uint16_t x, y;
  memcpy(&x, a, sizeof x);
  memcpy(&y, b, sizeof y);
  return x < y ? -1 : x > y;
}

void topo_records_init(struct topo_records *records, struct topo_outcome *outcome,
                       struct topo_peers *peers)
{
  *records = (struct topo_records){.env = outcome->transaction->env,
                                   .transaction = outcome->transaction,
                                   .sets = outcome->sets,
                                   .peers = peers};
  topo_idset_init(&records->ids, TOPO_RECORDS_MAX);
  struct topo_record *own = &records->own;
  while (topo_types[own->n_types]) {
    own->types[own->n_types] = topo_types[own->n_types]->number;
    own->n_types++;
  }
  qsort(own->types, own->n_types, sizeof *own->types, by_number);
}

static bool is_own(const struct topo_records *records, const struct topo_id *device)
{
  return topo_id_equal(device, &records->env->self.device.public_key);
}

/* The peers learn where the device is. What cannot be read was made by a build that knows more. */
static void tell_peers(struct topo_records *records, const struct topo_id *device,
                       struct topo_bytes body, uint64_t taken_ms, bool fresh)
{
  struct topo_record record;
  if (!is_own(records, device) && topo_record_decode(&record, body) == 0)
    topo_peers_told(records->peers, device, record.addresses, record.n_addresses, taken_ms, fresh);
}

/* The body within the bytes of a record that was checked before it was kept. */
static int body_of(const struct topo_records *records, struct topo_bytes bytes,
                   struct topo_envelope *e)
{
  int status = topo_envelope_decode(e, topo_dag_context(records->env->dag), bytes);
  return status == 0 && e->kind == TOPO_RECORD ? 0 : TOPO_ECORRUPT;
}

static int load_row(struct topo_records *records, struct topo_stmt *s)
{
  struct topo_id id = topo_column_id(s, 0);
  struct topo_envelope e;
  int status = body_of(records, topo_column_bytes(s, 1), &e);
  if (status == 0)
    status = topo_idset_add(&records->ids, &id);
  if (status == 0)
    status = topo_sets_add(records->sets, &topo_set_of_records, e.hlc, &id);
  if (status < 0)
    return status;
  if (is_own(records, &e.signer))
    records->own_seq = e.hlc;
  tell_peers(records, &e.signer, e.body, (uint64_t)topo_column_i64(s, 2), false);
  return 0;
}

int topo_records_load(struct topo_records *records)
{
  struct topo_stmt *s = topo_stmt(records->env->db, "SELECT id,bytes,taken_ms FROM local_record");
  int status;
  topo_assert(records->ids.count == 0);
  records->due = true;
  while ((status = topo_fetch(s)) == 1) {
    status = load_row(records, s);
    if (status < 0)
      break;
  }
  topo_reset(s);
  return status;
}

void topo_records_unload(struct topo_records *records)
{
  topo_idset_finish(&records->ids);
  records->own_seq = 0;
  records->missed = false;
}

void topo_records_changed(struct topo_records *records)
{
  records->due = true;
}

static int find(const struct topo_records *records, const struct topo_id *device, struct kept *out)
{
  struct topo_stmt *s =
      topo_stmt(records->env->db, "SELECT seq,id,taken_ms FROM local_record WHERE device=?1");
  topo_bind_id(s, 1, device);
  int status = topo_fetch(s);
  *out = (struct kept){.seq = 0};
  if (status == 1)
    *out = (struct kept){(uint64_t)topo_column_i64(s, 0), topo_column_id(s, 1),
                         (uint64_t)topo_column_i64(s, 2)};
  topo_reset(s);
  return status < 0 ? status : 0;
}

static int write_row(const struct topo_records *records, const struct topo_envelope *e)
{
  struct topo_stmt *s = topo_stmt(
      records->env->db, "INSERT OR REPLACE INTO local_record(device,seq,id,taken_ms,bytes)"
                        " VALUES(?1,?2,?3,?4,?5)");
  topo_bind_id(s, 1, &e->signer);
  topo_bind_i64(s, 2, (int64_t)e->hlc);
  topo_bind_id(s, 3, &e->id);
  topo_bind_i64(s, 4, (int64_t)records->env->now.wall_ms);
  topo_bind_blob(s, 5, e->raw.data, e->raw.len);
  return topo_execute(s);
}

/* Puts a record into the place of what was kept of its device: it is an item from now on. */
static int replace(struct topo_records *records, const struct topo_envelope *e,
                   const struct kept *before, const struct topo_sink *sink)
{
  topo_assert(topo_db_in_transaction(records->env->db));
  if (before->seq > 0) {
    topo_sets_remove_record(records->sets, before->seq, &before->id);
    topo_idset_remove(&records->ids, &before->id);
  }
  int status = topo_idset_add(&records->ids, &e->id);
  if (status == 0)
    status = write_row(records, e);
  if (status == 0)
    sink->item(sink->ctx, &topo_set_of_records, e->hlc, &e->id);
  return status;
}

/* A record of this device that it has not made. */
static void note_foreign(struct topo_records *records, uint64_t seq)
{
  uint64_t now_ms = records->env->now.mono_ms, pause_ms = TOPO_RECORD_PAUSE_MS;
  if (records->foreign > 0 && now_ms - records->foreign_ms > FOREIGN_FORGOTTEN_MS)
    records->foreign = 0;
  for (unsigned i = 0; i < records->foreign && pause_ms < FOREIGN_PAUSE_MAX_MS; i++)
    pause_ms *= 2;
  records->foreign++;
  records->foreign_ms = now_ms;
  records->own_seq = seq;
  records->due = true;
  if (records->foreign >= FOREIGN_TOLD) {
    records->publish_ms =
        now_ms + (pause_ms < FOREIGN_PAUSE_MAX_MS ? pause_ms : FOREIGN_PAUSE_MAX_MS);
    topo_env_note(records->env, TOPO_EEXISTS,
                  "this device runs twice: another copy of it is active");
  }
}

/* Such a number was made under a clock that was wrong, or by who wants to have the last word; it
 * counts for nothing, also where a wrong clock has taken it. */
static bool is_ahead(const struct topo_records *records, uint64_t seq)
{
  return seq > records->env->now.wall_ms && seq - records->env->now.wall_ms > TOPO_RECORD_AHEAD_MS;
}

/* Does a record count now? Not when what is kept is as new, when its device is not known (yet), or
 * when it comes too soon after the last one. */
static bool counts(struct topo_records *records, const struct topo_envelope *e,
                   const struct kept *before)
{
  uint64_t now_ms = records->env->now.wall_ms;
  bool newer =
      e->hlc > before->seq || (e->hlc == before->seq && topo_id_compare(&e->id, &before->id) > 0);
  if (is_ahead(records, e->hlc) || (!newer && !is_ahead(records, before->seq)))
    return false;
  if (!topo_authority_knows(topo_dag_authority(records->env->dag), &e->signer)) {
    records->missed = true;
    return false;
  }
  bool soon = before->seq > 0 && now_ms >= before->taken_ms &&
              now_ms - before->taken_ms < TOPO_RECORD_TAKEN_MS;
  bool full = before->seq == 0 && records->ids.count == TOPO_RECORDS_MAX;
  return !soon && !full;
}

static int take(struct topo_records *records, const struct topo_checked *c,
                const struct topo_sink *sink)
{
  const struct topo_envelope *e = &c->envelope;
  struct kept before;
  if (!c->authentic) {
    sink->rejected(sink->ctx, &e->id, TOPO_ESIGNATURE);
    return 0;
  }
  int status = find(records, &e->signer, &before);
  if (status < 0 || !counts(records, e, &before))
    return status;
  if (is_own(records, &e->signer))
    note_foreign(records, e->hlc);
  status = replace(records, e, &before, sink);
  if (status == 0)
    tell_peers(records, &e->signer, e->body, records->env->now.wall_ms, true);
  return status;
}

int topo_records_take(struct topo_records *records, const struct topo_batch *batch,
                      const struct topo_sink *sink)
{
  int status = 0;
  for (size_t i = 0; i < batch->n && status == 0; i++) {
    const struct topo_checked *c = &batch->events[i];
    if (c->status == 0 && !c->duplicate && c->envelope.kind == TOPO_RECORD)
      status = take(records, c, sink);
  }
  return status;
}

bool topo_records_missed(struct topo_records *records)
{
  bool missed = records->missed;
  records->missed = false;
  return missed;
}

bool topo_records_has(const struct topo_records *records, const struct topo_id *id)
{
  return topo_idset_has(&records->ids, id);
}

int topo_records_read(const struct topo_records *records, const struct topo_id *id,
                      struct topo_buf *out)
{
  struct topo_stmt *s = topo_stmt(records->env->db, "SELECT bytes FROM local_record WHERE id=?1");
  topo_bind_id(s, 1, id);
  int status = topo_fetch(s);
  if (status == 1) {
    struct topo_bytes bytes = topo_column_bytes(s, 0);
    status = topo_buf_put(out, bytes.data, bytes.len);
  } else if (status == 0) {
    status = TOPO_ENOTFOUND;
  }
  topo_reset(s);
  return status;
}

int topo_records_get(const struct topo_records *records, const struct topo_id *device,
                     struct topo_record *out)
{
  struct topo_stmt *s =
      topo_stmt(records->env->db, "SELECT bytes FROM local_record WHERE device=?1");
  topo_bind_id(s, 1, device);
  struct topo_envelope e;
  int status = topo_fetch(s);
  if (status == 1)
    status = body_of(records, topo_column_bytes(s, 0), &e);
  else if (status == 0)
    status = TOPO_ENOTFOUND;
  if (status == 0 && topo_record_decode(out, e.body) < 0)
    status = TOPO_ENOTFOUND;
  topo_reset(s);
  return status;
}

bool topo_records_twice(const struct topo_records *records)
{
  return records->foreign >= FOREIGN_TOLD &&
         records->env->now.mono_ms - records->foreign_ms <= FOREIGN_FORGOTTEN_MS;
}

static bool same_record(const struct topo_record *a, const struct topo_record *b)
{
  if (!topo_id_equal(&a->prekey, &b->prekey) || a->n_types != b->n_types ||
      a->n_addresses != b->n_addresses)
    return false;
  for (unsigned i = 0; i < a->n_types; i++)
    if (a->types[i] != b->types[i])
      return false;
  for (unsigned i = 0; i < a->n_addresses; i++)
    if (!topo_address_equal(&a->addresses[i], &b->addresses[i]))
      return false;
  return true;
}

/* Does the newest record of this device say what it is to say? 1, 0, or a status. */
static int is_current(const struct topo_records *records)
{
  struct topo_record said;
  if (is_ahead(records, records->own_seq))
    return 0; /* it does not count for others */
  int status = topo_records_get(records, &records->env->self.device.public_key, &said);
  return status == TOPO_ENOTFOUND ? 0 : status < 0 ? status : same_record(&said, &records->own);
}

static int write_own(struct topo_records *records, struct topo_outcome *outcome)
{
  const struct topo_env *env = records->env;
  struct topo_buf body = {0}, raw = {0};
  struct topo_envelope e;
  struct kept before;
  bool goes_on = records->own_seq >= env->now.wall_ms && !is_ahead(records, records->own_seq);
  uint64_t seq = goes_on ? records->own_seq + 1 : env->now.wall_ms;
  seq = seq < 1 ? 1 : seq < INT64_MAX ? seq : INT64_MAX; /* a clock may say anything */
  int status = topo_record_encode(&records->own, &body);
  if (status == 0)
    status = topo_envelope_write_record(&raw, seq, topo_buf_view(&body), topo_dag_context(env->dag),
                                        &env->self.device);
  if (status == 0)
    status = topo_envelope_decode(&e, topo_dag_context(env->dag), topo_buf_view(&raw));
  if (status == 0)
    status = find(records, &env->self.device.public_key, &before);
  if (status == 0)
    status = replace(records, &e, &before, topo_outcome_sink(outcome));
  if (status == 0)
    records->own_seq = seq;
  topo_buf_finish(&body);
  topo_buf_finish(&raw);
  return status;
}

void topo_records_publish(struct topo_records *records, struct topo_outcome *outcome)
{
  const struct topo_env *env = records->env;
  records->due |= is_ahead(records, records->own_seq);
  if (!records->due || records->transaction->state == TOPO_TRANSACTION_LOST ||
      !topo_env_credential(env))
    return;
  if (records->publish_ms > env->now.mono_ms) {
    topo_env_wake_at(records->env, records->publish_ms);
    return;
  }
  records->publish_ms = env->now.mono_ms + TOPO_RECORD_PAUSE_MS;
  records->own.n_addresses = (uint8_t)env->n_own;
  memcpy(records->own.addresses, env->own, env->n_own * sizeof *env->own);
  int current = is_current(records);
  if (current == 0 && topo_transaction_write(records->transaction, false) == 0)
    topo_transaction_fail(records->transaction, write_own(records, outcome));
  records->due = current < 0 || records->transaction->state == TOPO_TRANSACTION_LOST;
  if (records->due)
    topo_env_wake_at(records->env, records->publish_ms);
}
