/* keys.c - epoch secrets, and the wraps addressed to us. */
#include "dag/keys.h"

#include "base/assert.h"
#include "base/status.h"
#include "crypto/hpke.h"
#include "dag/stored.h"

#include <string.h>

enum { INFO_SIZE = 160 };

/* info = "topo/1 wrap" ‖ context ‖ epoch ‖ credential */
static struct topo_bytes wrap_info(uint8_t out[static INFO_SIZE],
                                   const struct topo_context *context, const struct topo_id *epoch,
                                   const struct topo_id *credential)
{
  static const char domain[] = "topo/1 wrap";
  size_t n = sizeof domain - 1;
  memcpy(out, domain, n);
  topo_context_bytes(context, out + n);
  n += TOPO_CONTEXT_SIZE;
  memcpy(out + n, epoch->bytes, 32);
  memcpy(out + n + 32, credential->bytes, 32);
  n += 64;
  topo_assert(n <= INFO_SIZE);
  return (struct topo_bytes){out, n};
}

/* Adds the key in memory. The keyring is a snapshot that batches hold: it is replaced, not changed.
 */
static int add_key(struct topo_dag *dag, const struct topo_id *epoch, const uint8_t *secret)
{
  struct topo_keyring *keys = topo_keyring_with(dag->keys, epoch, secret);
  if (!keys)
    return TOPO_ENOMEM;
  topo_keyring_release(dag->keys);
  dag->keys = keys;
  return 0;
}

int topo_keys_load(struct topo_dag *dag)
{
  struct topo_stmt *s = topo_stmt(dag->db, "SELECT epoch,secret FROM local_epoch ORDER BY rowid");
  int status;
  while ((status = topo_fetch(s)) == 1) {
    struct topo_id epoch = topo_column_id(s, 0);
    struct topo_bytes secret = topo_column_bytes(s, 1);
    bool whole = secret.len == TOPO_SECRET_SIZE && !topo_keyring_find(dag->keys, &epoch);
    status = whole ? add_key(dag, &epoch, secret.data) : TOPO_ECORRUPT;
    if (status < 0) {
      topo_reset(s);
      return status;
    }
  }
  return status;
}

int topo_keys_keep(struct topo_dag *dag, const struct topo_id *epoch,
                   const uint8_t secret[static TOPO_SECRET_SIZE])
{
  if (topo_keyring_find(dag->keys, epoch))
    return 0;
  topo_assert(topo_db_in_transaction(dag->db));
  struct topo_stmt *s =
      topo_stmt(dag->db, "INSERT OR REPLACE INTO local_epoch(epoch,secret) VALUES(?1,?2)");
  topo_bind_id(s, 1, epoch);
  topo_bind_blob(s, 2, secret, TOPO_SECRET_SIZE);
  int status = topo_execute(s);
  int64_t no = 0;
  if (status == 0)
    status = add_key(dag, epoch, secret);
  if (status == 0)
    status = topo_log_intern(&dag->log, epoch, &no);
  return status == 0 ? topo_push_no(&dag->lists.opened, no) : status;
}

/* Is the node a credential of this very device? */
static bool is_ours(const struct topo_dag *dag, const struct topo_authority_node *node)
{
  return node && topo_node_is_credential(node) &&
         topo_id_equal(&node->credential.device, &dag->self.device.public_key);
}

/* One entry of a wrap event. One that is not for us, does not open, or holds another secret than
 * the epoch commits to is not our business. */
static int take_entry(struct topo_dag *dag, const struct topo_authority_node *epoch,
                      const uint8_t entry[static TOPO_WRAP_ENTRY_SIZE])
{
  struct topo_id credential;
  memcpy(credential.bytes, entry, sizeof credential.bytes);
  if (!is_ours(dag, topo_authority_find(dag->authority, &credential)) ||
      topo_keyring_find(dag->keys, &epoch->id))
    return 0;
  uint8_t info[INFO_SIZE], secret[TOPO_SECRET_SIZE];
  struct topo_bytes none = {NULL, 0};
  struct topo_bytes bound = wrap_info(info, &dag->context, &epoch->id, &credential);
  int status = 0;
  if (topo_hpke_open(secret, dag->self.seal_secret, bound, none, entry + 32, TOPO_WRAP_SIZE) == 0) {
    struct topo_id commitment = topo_epoch_commitment(secret);
    if (topo_id_equal(&commitment, &epoch->epoch.commitment))
      status = topo_keys_keep(dag, &epoch->id, secret);
  }
  topo_wipe(secret, sizeof secret);
  return status;
}

static int take_wrap(struct topo_dag *dag, const struct topo_act *act)
{
  topo_assert(act->kind == TOPO_ACT_WRAP && act->wraps.len % TOPO_WRAP_ENTRY_SIZE == 0);
  const struct topo_authority_node *epoch = topo_authority_find(dag->authority, &act->epoch);
  if (!epoch || epoch->kind != TOPO_ACT_EPOCH || topo_keyring_find(dag->keys, &epoch->id))
    return 0;
  int status = 0;
  for (size_t at = 0; at < act->wraps.len && status == 0; at += TOPO_WRAP_ENTRY_SIZE)
    status = take_entry(dag, epoch, act->wraps.data + at);
  return status;
}

/* Takes a wrap that was stored before. */
static int take_stored(struct topo_dag *dag, int64_t no)
{
  struct topo_opened opened = {0};
  struct topo_act act;
  int status = topo_open_row(dag, no, &opened);
  if (status == 0)
    status = topo_act_of(dag, &opened.envelope, &act);
  if (status == 0 && act.kind == TOPO_ACT_WRAP)
    status = take_wrap(dag, &act);
  topo_opened_finish(&opened);
  return status;
}

/* Looks again at the wraps of an epoch that was admitted after them; NULL: of all epochs, for a
 * credential of ours that was. */
static int take_again(struct topo_dag *dag, const struct topo_id *epoch)
{
  int status = 0;
  for (int32_t i = 0; i < topo_authority_count(dag->authority) && status == 0; i++) {
    const struct topo_authority_node *node = topo_authority_at(dag->authority, i);
    if (node->kind != TOPO_ACT_WRAP)
      continue;
    const struct topo_id *of = &node->epoch.listed[0];
    if ((!epoch || topo_id_equal(of, epoch)) && !topo_keyring_find(dag->keys, of))
      status = take_stored(dag, node->no);
  }
  return status;
}

int topo_keys_admitted(struct topo_dag *dag, const struct topo_act *act, const struct topo_id *id)
{
  switch (act->kind) {
  case TOPO_ACT_WRAP: return take_wrap(dag, act);
  case TOPO_ACT_EPOCH: return take_again(dag, id);
  case TOPO_ACT_GRANT:
  case TOPO_ACT_DEVICE:
  case TOPO_ACT_ADMISSION:
    return topo_id_equal(&act->device, &dag->self.device.public_key) ? take_again(dag, NULL) : 0;
  default: return 0;
  }
}

int topo_keys_wrap(struct topo_dag *dag, const struct topo_epoch_key *key,
                   const struct topo_id *credential, const struct topo_id *seal_key,
                   uint8_t entry[static TOPO_WRAP_ENTRY_SIZE])
{
  uint8_t info[INFO_SIZE], ikm[32];
  struct topo_bytes none = {NULL, 0}, plain = {key->secret, TOPO_SECRET_SIZE};
  struct topo_bytes bound = wrap_info(info, &dag->context, &key->epoch, credential);
  topo_rng_fill(dag->rng, ikm, sizeof ikm);
  memcpy(entry, credential->bytes, 32);
  int status = topo_hpke_seal(entry + 32, seal_key->bytes, ikm, bound, none, plain);
  topo_wipe(ikm, sizeof ikm);
  return status;
}
