/* found.c - what a workspace begins with; see found.h. */
#include "node/found.h"

#include "base/assert.h"
#include "base/status.h"
#include "crypto/hpke.h"
#include "events/channel/channel.h"
#include "events/device/device.h"
#include "events/epoch/epoch.h"
#include "events/profile/profile.h"
#include "events/workspace/workspace.h"
#include "events/wrap/wrap.h"
#include "node/local.h"

#include <string.h>

/* Writes the genesis event; its id names the workspace (docs/protocol.md §1). */
static int write_genesis(struct topo_founding *founding, const struct topo_id *seal_key,
                         const struct topo_id *nonce, uint64_t wall_ms)
{
  struct topo_buf body = {0}, *raw = &founding->event;
  struct topo_value values[TOPO_FIELDS_MAX];
  values[TOPO_WORKSPACE_SEAL_KEY] = topo_value_of_id(seal_key);
  values[TOPO_WORKSPACE_NONCE] = topo_value_of_id(nonce);
  struct topo_context none = {{{0}}, {{0}}};
  int status = topo_fields_encode(topo_type_workspace.fields, values, &body);
  struct topo_envelope e = {.kind = TOPO_CONTROL,
                            .type = TOPO_TYPE_WORKSPACE,
                            .hlc = wall_ms << 16,
                            .signer = founding->genesis.public_key,
                            .body = topo_buf_view(&body)};
  topo_buf_put_u32(raw, 0);
  if (status == 0)
    status = topo_envelope_write_control(raw, &e, &none, &founding->genesis);
  if (status == 0) {
    topo_put_be32(raw->data, (uint32_t)(raw->len - 4));
    status = topo_envelope_decode(&e, &none, (struct topo_bytes){raw->data + 4, raw->len - 4});
  }
  founding->workspace = e.id;
  topo_buf_finish(&body);
  return status;
}

int topo_found_begin(struct topo_founding *founding, struct topo_env *env)
{
  struct topo_id nonce, seal_key;
  uint8_t ikm[32], secret[32];
  topo_assert(!env->dag && topo_db_in_transaction(env->db));
  *founding = (struct topo_founding){.event = {0}};
  topo_rng_fill(&env->rng, founding->seed, sizeof founding->seed);
  topo_sign_key_from_seed(&founding->genesis, founding->seed);
  topo_rng_fill(&env->rng, nonce.bytes, sizeof nonce.bytes);
  topo_rng_fill(&env->rng, ikm, sizeof ikm);
  topo_hpke_derive_key(secret, seal_key.bytes, ikm, sizeof ikm);
  int status = write_genesis(founding, &seal_key, &nonce, env->now.wall_ms);
  if (status == 0)
    status = topo_local_put(env->db, "genesis_seal_secret", secret, sizeof secret);
  if (status == 0)
    status = topo_local_put(env->db, "genesis_seed", founding->seed, sizeof founding->seed);
  topo_wipe(ikm, sizeof ikm);
  topo_wipe(secret, sizeof secret);
  return status;
}

void topo_found_finish(struct topo_founding *founding)
{
  topo_buf_finish(&founding->event);
  topo_wipe(founding, sizeof *founding);
}

static int apply_genesis(struct topo_env *env, const struct topo_buf *event,
                         const struct topo_sink *sink)
{
  struct topo_batch *batch =
      topo_batch_create(topo_dag_context(env->dag), topo_dag_keyring(env->dag));
  int status = batch ? topo_batch_add(batch, event->data, event->len) : TOPO_ENOMEM;
  if (status == 0) {
    topo_assert(batch->n == 1);
    topo_batch_check(batch);
    status = topo_dag_apply(env->dag, batch, env->now.wall_ms, sink);
  }
  topo_batch_destroy(batch);
  return status;
}

/* The genesis key signs this credential and is then kept for recovery (docs/protocol.md §4). */
static int admit_device(struct topo_env *env, const struct topo_sign_key *genesis,
                        const struct topo_sink *sink, struct topo_id *credential)
{
  const struct topo_self *self = &env->self;
  uint8_t sig[TOPO_SIG_SIZE];
  struct topo_id user = topo_user_of(&self->workspace, &genesis->public_key);
  topo_countersign(sig, &self->device, topo_dag_context(env->dag), &user, &self->workspace,
                   &self->seal_key);
  struct topo_value v[TOPO_FIELDS_MAX];
  v[TOPO_DEVICE_DEVICE] = topo_value_of_id(&self->device.public_key);
  v[TOPO_DEVICE_SEAL_KEY] = topo_value_of_id(&self->seal_key);
  v[TOPO_DEVICE_COUNTERSIGN] = (struct topo_value){0, {sig, sizeof sig}};
  struct topo_author_as as = {genesis, self->workspace};
  return topo_dag_author_as(env->dag, &topo_type_device, v, &as, env->now.wall_ms, sink,
                            credential);
}

static int make_epoch(struct topo_env *env, const struct topo_id *credential,
                      const struct topo_sink *sink)
{
  uint8_t secret[32];
  struct topo_id epoch;
  topo_rng_fill(&env->rng, secret, sizeof secret);
  struct topo_id commitment = topo_epoch_commitment(secret);
  struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
  v[TOPO_EPOCH_GENERATION].number = 1;
  v[TOPO_EPOCH_POLICY].number = 1;
  v[TOPO_EPOCH_COMMITMENT] = topo_value_of_id(&commitment);
  int status = topo_dag_author(env->dag, &topo_type_epoch, v, env->now.wall_ms, sink, &epoch);
  if (status == 0)
    status = topo_dag_keep_secret(env->dag, &epoch, secret, env->now.wall_ms, sink);
  if (status == 0)
    status = topo_dag_wrap_all(env->dag, &topo_type_wrap, credential, &env->self.seal_key,
                               env->now.wall_ms, sink);
  topo_wipe(secret, sizeof secret);
  return status;
}

static struct topo_value text_value(const char *text)
{
  return (struct topo_value){0, {(const uint8_t *)text, strlen(text)}};
}

static int author(struct topo_env *env, const struct topo_type *type, const struct topo_value *v,
                  const struct topo_sink *sink)
{
  struct topo_id id;
  return topo_dag_author(env->dag, type, v, env->now.wall_ms, sink, &id);
}

static int name_it(struct topo_env *env, unsigned of, const char *name,
                   const struct topo_sink *sink)
{
  struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
  topo_assert(of == TOPO_PROFILE_OF_WORKSPACE || of == TOPO_PROFILE_OF_USER);
  v[TOPO_PROFILE_OF].number = of;
  v[TOPO_PROFILE_NAME] = text_value(name);
  return author(env, &topo_type_profile, v, sink);
}

int topo_found(const struct topo_founding *founding, struct topo_outcome *outcome,
               const char *workspace_name, const char *user_name)
{
  struct topo_env *env = outcome->transaction->env;
  const struct topo_sink *sink = topo_outcome_sink(outcome);
  struct topo_id credential;
  int status = apply_genesis(env, &founding->event, sink);
  if (status == 0)
    status = admit_device(env, &founding->genesis, sink, &credential);
  if (status == 0)
    status = make_epoch(env, &credential, sink);
  if (status == 0)
    status = name_it(env, TOPO_PROFILE_OF_WORKSPACE, workspace_name, sink);
  if (status == 0)
    status = name_it(env, TOPO_PROFILE_OF_USER, user_name, sink);
  struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
  v[TOPO_CHANNEL_NAME] = text_value("general");
  if (status == 0)
    status = author(env, &topo_type_channel, v, sink);
  return topo_transaction_fail(outcome->transaction, status);
}
