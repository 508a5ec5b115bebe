/*
 * keys.c - epoch secrets: wraps addressed to us, and what was waiting for a key.
 */
#include "dag/dag_impl.h"

#include "base/assert.h"
#include "base/status.h"
#include "crypto/hpke.h"

#include <string.h>

enum { ENTRY = 112, WRAP = 80, SECRET = 32, WAITING_BATCH = 2048 };

/* info = "topo/1 wrap" ‖ context ‖ epoch ‖ credential */
static size_t wrap_info(uint8_t out[static 160], const struct topo_context *context,
                        const struct topo_id *epoch, const struct topo_id *credential)
{
  static const char domain[] = "topo/1 wrap";
  size_t n = sizeof domain - 1;
  memcpy(out, domain, n);
  topo_context_bytes(context, out + n);
  n += TOPO_CONTEXT_SIZE;
  memcpy(out + n, epoch->bytes, 32);
  memcpy(out + n + 32, credential->bytes, 32);
  return n + 64;
}

/* Adds the key in memory. */
static int add_key(struct topo_dag *dag, const struct topo_id *epoch, const uint8_t *secret)
{
  struct topo_keyring *keys = topo_keyring_with(dag->keys, epoch, secret);
  if (!keys)
    return TOPO_ENOMEM;
  topo_keyring_release(dag->keys);
  dag->keys = keys;
  return 0;
}

static int save_secret(struct topo_dag *dag, const struct topo_id *epoch, const uint8_t *secret)
{
  if (topo_keyring_find(dag->keys, epoch))
    return 0;
  struct topo_stmt *s =
      topo_stmt(dag->db, "INSERT OR REPLACE INTO local_epoch(epoch,secret) VALUES(?1,?2)");
  topo_bind_id(s, 1, epoch);
  topo_bind_blob(s, 2, secret, SECRET);
  int status = topo_execute(s);
  int64_t no = 0;
  if (status == 0)
    status = add_key(dag, epoch, secret);
  if (status == 0)
    status = topo_log_intern(&dag->log, epoch, &no);
  return status == 0 ? topo_push_no(&dag->opened, no) : status;
}

int topo_dag_keep_secret(struct topo_dag *dag, const struct topo_id *epoch,
                         const uint8_t secret[static 32], uint64_t now_ms,
                         const struct topo_sink *sink)
{
  const struct topo_authority_node *node = topo_authority_find(dag->authority, epoch);
  struct topo_id commitment = topo_epoch_commitment(secret);
  if (!node || node->kind != TOPO_ACT_EPOCH)
    return TOPO_ENOTFOUND;
  if (!topo_id_equal(&node->commitment, &commitment))
    return TOPO_EINVAL;
  dag->sink = sink;
  dag->now_ms = now_ms;
  int status = save_secret(dag, epoch, secret);
  return status == 0 ? topo_drain(dag) : status;
}

int topo_keys_load(struct topo_dag *dag)
{
  struct topo_stmt *s = topo_stmt(dag->db, "SELECT epoch,secret FROM local_epoch ORDER BY rowid");
  int status;
  while ((status = topo_fetch(s)) == 1) {
    struct topo_id epoch = topo_column_id(s, 0);
    struct topo_bytes secret = topo_column_bytes(s, 1);
    status = secret.len == SECRET ? add_key(dag, &epoch, secret.data) : TOPO_ECORRUPT;
    if (status < 0) {
      topo_reset(s);
      return status;
    }
  }
  return status;
}

/* One entry of a wrap event. One that is not for us, or does not open, is not our business. */
static int take_wrap(struct topo_dag *dag, const struct topo_authority_node *epoch,
                     const uint8_t entry[static ENTRY])
{
  struct topo_id credential_id;
  memcpy(credential_id.bytes, entry, 32);
  const struct topo_authority_node *credential =
      topo_authority_find(dag->authority, &credential_id);
  if (!credential || !topo_node_is_credential(credential) ||
      !topo_id_equal(&credential->device, &dag->self.device.public_key) ||
      topo_keyring_find(dag->keys, &epoch->id))
    return 0;
  uint8_t info[160], secret[SECRET];
  struct topo_bytes none = {NULL, 0};
  struct topo_bytes view = {info, wrap_info(info, &dag->context, &epoch->id, &credential_id)};
  int status = topo_hpke_open(secret, dag->self.seal_secret, view, none, entry + 32, WRAP);
  if (status == 0) {
    struct topo_id commitment = topo_epoch_commitment(secret);
    if (topo_id_equal(&commitment, &epoch->commitment))
      status = save_secret(dag, &epoch->id, secret);
  } else {
    status = 0;
  }
  topo_wipe(secret, sizeof secret);
  return status;
}

int topo_take_wraps(struct topo_dag *dag, const struct topo_act *act)
{
  const struct topo_authority_node *epoch = topo_authority_find(dag->authority, &act->epoch);
  if (!epoch || epoch->kind != TOPO_ACT_EPOCH || topo_keyring_find(dag->keys, &epoch->id))
    return 0;
  for (size_t at = 0; at + ENTRY <= act->wraps.len; at += ENTRY) {
    int status = take_wrap(dag, epoch, act->wraps.data + at);
    if (status < 0)
      return status;
  }
  return 0;
}

int topo_retake_wraps(struct topo_dag *dag, const struct topo_id *epoch)
{
  int status = 0;
  for (int32_t i = 0; i < topo_authority_count(dag->authority) && status == 0; i++) {
    const struct topo_authority_node *node = topo_authority_at(dag->authority, i);
    if (node->kind != TOPO_ACT_WRAP || (epoch && !topo_id_equal(&node->epochs[0], epoch)) ||
        topo_keyring_find(dag->keys, &node->epochs[0]))
      continue;
    struct topo_opened opened = {0};
    struct topo_act act;
    status = topo_open_row(dag, node->no, &opened);
    if (status == 0)
      status = topo_act_of(dag, &opened.envelope, &act);
    if (status == 0)
      status = topo_take_wraps(dag, &act);
    topo_opened_finish(&opened);
  }
  return status;
}

int topo_dag_wrap_all(struct topo_dag *dag, const struct topo_type *wrap,
                      const struct topo_id *credential, const struct topo_id *seal_key,
                      uint64_t now_ms, const struct topo_sink *sink)
{
  int status = 0;
  struct topo_keyring *keys = topo_keyring_hold(dag->keys);
  for (size_t i = 0; i < keys->n && status == 0; i++) {
    const struct topo_epoch_key *key = &keys->keys[i];
    uint8_t info[160], ikm[32], entry[ENTRY];
    struct topo_bytes none = {NULL, 0}, plain = {key->secret, SECRET};
    struct topo_bytes view = {info, wrap_info(info, &dag->context, &key->epoch, credential)};
    topo_rng_fill(dag->rng, ikm, sizeof ikm);
    memcpy(entry, credential->bytes, 32);
    status = topo_hpke_seal(entry + 32, seal_key->bytes, ikm, view, none, plain);
    topo_wipe(ikm, sizeof ikm);
    struct topo_value values[TOPO_FIELDS_MAX] = {topo_value_of_id(&key->epoch)};
    values[1].bytes = (struct topo_bytes){entry, sizeof entry};
    struct topo_id id;
    if (status == 0)
      status = topo_dag_author(dag, wrap, values, now_ms, sink, &id);
  }
  topo_keyring_release(keys);
  return status;
}

/* Up to WAITING_BATCH events that are held for this epoch's key, as a batch. */
static int gather(struct topo_dag *dag, const struct topo_buf *list, size_t from,
                  struct topo_batch *batch)
{
  struct topo_buf bytes = {0};
  int status = 0;
  size_t n = list->len / sizeof(int64_t);
  for (size_t i = from; i < n && i < from + WAITING_BATCH && status == 0; i++) {
    int64_t no;
    memcpy(&no, list->data + i * sizeof no, sizeof no);
    topo_buf_clear(&bytes);
    topo_buf_put_u32(&bytes, 0);
    status = topo_log_bytes(&dag->log, no, &bytes);
    if (status == TOPO_ENOTFOUND) {
      status = 0;
      continue;
    }
    if (status == 0) {
      topo_put_be32(bytes.data, (uint32_t)(bytes.len - 4));
      status = topo_batch_add(batch, bytes.data, bytes.len);
    }
  }
  topo_buf_finish(&bytes);
  return status;
}

static int open_epoch(struct topo_dag *dag, int64_t epoch)
{
  struct topo_buf list = {0};
  int status = topo_log_sources(&dag->log, epoch, TOPO_EDGE_KEY, &list);
  for (size_t from = 0; from < list.len / sizeof(int64_t) && status == 0; from += WAITING_BATCH) {
    struct topo_batch *batch = topo_batch_create(&dag->context, dag->keys);
    status = batch ? gather(dag, &list, from, batch) : TOPO_ENOMEM;
    if (status == 0) {
      topo_batch_check(batch);
      status = batch->status;
    }
    if (status == 0)
      status = topo_batch_authenticated(dag, batch);
    for (size_t i = 0; status == 0 && i < batch->n; i++)
      if (batch->events[i].status == 0)
        status = topo_place_content(dag, &batch->events[i]);
      else
        status = topo_reject_pending(dag, &batch->events[i].envelope.id, batch->events[i].status);
    topo_batch_destroy(batch);
  }
  for (size_t at = 0; at < list.len && status == 0; at += sizeof(int64_t)) {
    int64_t no;
    memcpy(&no, list.data + at, sizeof no);
    status = topo_log_remove_edge(&dag->log, epoch, TOPO_EDGE_KEY, no);
  }
  topo_buf_finish(&list);
  return status;
}

int topo_open_waiting(struct topo_dag *dag)
{
  int status = 0;
  for (size_t at = 0; at < dag->opened.len && status == 0; at += sizeof(int64_t)) {
    int64_t epoch;
    memcpy(&epoch, dag->opened.data + at, sizeof epoch);
    status = open_epoch(dag, epoch);
  }
  topo_buf_clear(&dag->opened);
  return status;
}
