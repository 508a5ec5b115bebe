/* space.c - opening, feeding and founding. */
#include "lib/space.h"

#include "base/assert.h"
#include "base/status.h"
#include "crypto/hpke.h"
#include "events/channel/channel.h"
#include "events/device/device.h"
#include "events/epoch/epoch.h"
#include "events/message/message.h"
#include "events/profile/profile.h"
#include "events/types.h"
#include "events/workspace/workspace.h"
#include "events/wrap/wrap.h"

#include <stdlib.h>
#include <string.h>

static const struct topo_db_options space_options = {
    .path = "space.db", .application_id = 0x746f706f, .cache_kib = 512};

static void hear_item(void *ctx, const struct topo_id *set, uint64_t hlc, const struct topo_id *id)
{
  struct space *space = ctx;
  struct space_item item = {*set, *id, hlc};
  topo_assert(topo_buf_put(&space->items, &item, sizeof item) == 0);
}

static void hear_want(void *ctx, const struct topo_id *id)
{
  struct space *space = ctx;
  topo_assert(topo_buf_put_id(&space->wanted, id) == 0);
}

static void hear_rejected(void *ctx, const struct topo_id *id, int status)
{
  struct space *space = ctx;
  (void)id;
  space->n_rejected++;
  space->last_rejection = status;
}

void space_listen(struct space *space)
{
  topo_buf_clear(&space->items);
  topo_buf_clear(&space->wanted);
  space->n_rejected = 0;
  space->last_rejection = 0;
}

void space_identity(struct topo_self *self, uint8_t n)
{
  uint8_t seed[32] = {n};
  *self = (struct topo_self){0};
  topo_sign_key_from_seed(&self->device, seed);
  memset(self->seal_secret, n, sizeof self->seal_secret);
  topo_x25519_public(self->seal_key.bytes, self->seal_secret);
}

static int open_db(struct space *space)
{
  struct topo_db_options options = space_options;
  struct topo_migration steps[TOPO_DAG_MIGRATIONS];
  options.disk = &space->port;
  for (int i = 0; i < TOPO_DAG_MIGRATIONS; i++)
    steps[i] = *topo_dag_migrations[i];
  int status = topo_db_open(&space->db, &options);
  return status < 0 ? status : topo_db_migrate(space->db, steps, TOPO_DAG_MIGRATIONS);
}

int space_open(struct space *space)
{
  int status = open_db(space);
  if (status == 0)
    status = topo_dag_open(&space->dag, space->db, space->types, &space->rng_port, &space->self);
  if (status < 0)
    space_close(space);
  return status;
}

void space_close(struct space *space)
{
  topo_dag_close(space->dag);
  topo_db_close(space->db);
  space->dag = NULL;
  space->db = NULL;
}

int space_reopen(struct space *space, bool power_cut)
{
  if (power_cut)
    sim_disk_power_off(space->disk);
  space_close(space);
  if (power_cut)
    sim_disk_crash(space->disk, &space->rng);
  return space_open(space);
}

struct space *space_create(const struct topo_self *self, const struct topo_id *workspace)
{
  struct space *space = calloc(1, sizeof *space);
  topo_assert(space);
  space->disk = sim_disk_create(NULL);
  space->port = sim_disk_port(space->disk);
  sim_rng_init(&space->rng, self->device.seed[0]);
  space->rng_port = sim_rng_port(&space->rng);
  space->self = *self;
  space->self.workspace = *workspace;
  space->types = topo_types;
  space->now_ms = (uint64_t)SPACE_NOW * 1000;
  space->sink = (struct topo_sink){hear_item, hear_want, hear_rejected, space};
  topo_assert(space_open(space) == 0);
  return space;
}

void space_destroy(struct space *space)
{
  if (!space)
    return;
  space_close(space);
  sim_disk_destroy(space->disk);
  topo_buf_finish(&space->items);
  topo_buf_finish(&space->wanted);
  free(space);
}

/* Ends a transaction by its outcome, as the step of a node does. */
static int end(struct space *space, int status)
{
  if (status == 0)
    status = topo_dag_log_changes(space->dag);
  if (status == 0)
    status = topo_db_commit(space->db);
  else if (topo_db_in_transaction(space->db))
    topo_db_rollback(space->db);
  if (status < 0) {
    topo_dag_close(space->dag);
    space->dag = NULL;
    sim_disk_heal(space->disk);
    topo_assert(
        topo_dag_open(&space->dag, space->db, space->types, &space->rng_port, &space->self) == 0);
  }
  return status;
}

int space_give(struct space *space, const struct topo_bytes *events, size_t n)
{
  struct topo_batch *batch =
      topo_batch_create(topo_dag_context(space->dag), topo_dag_keyring(space->dag));
  struct topo_buf framed = {0};
  topo_assert(batch);
  for (size_t i = 0; i < n; i++) {
    topo_buf_put_u32(&framed, (uint32_t)events[i].len);
    topo_buf_put(&framed, events[i].data, events[i].len);
  }
  topo_assert(!framed.failed && topo_batch_add(batch, framed.data, framed.len) == 0);
  topo_buf_finish(&framed);
  topo_batch_check(batch);
  int status = topo_db_begin(space->db, true);
  if (status == 0)
    status = topo_dag_apply(space->dag, batch, space->now_ms, &space->sink);
  topo_batch_destroy(batch);
  return end(space, status);
}

int space_rebuild(struct space *space, size_t n)
{
  int status = topo_db_begin(space->db, false);
  if (status == 0)
    status = topo_dag_rebuild(space->dag, n);
  return end(space, status);
}

bool space_rebuilding(const struct space *space)
{
  return topo_dag_progress(space->dag).rebuilding;
}

void space_finish_rebuild(struct space *space)
{
  while (space_rebuilding(space))
    topo_assert(space_rebuild(space, TOPO_REBUILD_PIECE_MAX) == 0);
}

int space_keep(struct space *space, const struct topo_id *epoch, const uint8_t secret[static 32])
{
  int status = topo_db_begin(space->db, true);
  if (status == 0)
    status = topo_dag_keep_secret(space->dag, epoch, secret, space->now_ms, &space->sink);
  return end(space, status);
}

/* The first epoch that commits to the secret and has no key yet. */
static const struct topo_authority_node *keyless(struct space *space, const struct topo_id *commits)
{
  const struct topo_authority *a = topo_dag_authority(space->dag);
  for (int32_t i = 0; i < topo_authority_count(a); i++) {
    const struct topo_authority_node *node = topo_authority_at(a, i);
    if (node->kind == TOPO_ACT_EPOCH && topo_id_equal(&node->epoch.commitment, commits) &&
        !topo_keyring_find(topo_dag_keyring(space->dag), &node->id))
      return node;
  }
  return NULL;
}

size_t space_keep_known(struct space *space, const uint8_t (*secrets)[32], size_t n)
{
  size_t kept = 0;
  for (size_t i = 0; i < n; i++) {
    struct topo_id commitment = topo_epoch_commitment(secrets[i]);
    const struct topo_authority_node *node;
    while ((node = keyless(space, &commitment))) {
      struct topo_id epoch = node->id;
      topo_assert(space_keep(space, &epoch, secrets[i]) == 0);
      kept++;
    }
  }
  return kept;
}

int space_author(struct space *space, const struct topo_type *type, const struct topo_value *values,
                 struct topo_id *id)
{
  struct topo_id ignored;
  space->now_ms++;
  int status = topo_db_begin(space->db, true);
  if (status == 0)
    status =
        topo_dag_author(space->dag, type, values, space->now_ms, &space->sink, id ? id : &ignored);
  return end(space, status);
}

static struct topo_value text_value(const char *text)
{
  return (struct topo_value){0, {(const uint8_t *)text, strlen(text)}};
}

/* Genesis is written before there is a workspace to open. */
static struct space *create_with_genesis(const struct topo_self *genesis,
                                         const struct topo_self *creator)
{
  struct topo_context nowhere = {{{0}}, {{0}}};
  struct topo_value values[TOPO_FIELDS_MAX] = {{0}};
  struct topo_buf body = {0}, bytes = {0};
  values[TOPO_WORKSPACE_SEAL_KEY] = topo_value_of_id(&genesis->seal_key);
  values[TOPO_WORKSPACE_NONCE] = topo_value_of_id(&topo_id_zero);
  topo_assert(topo_fields_encode(topo_type_workspace.fields, values, &body) == 0);
  struct topo_envelope e = {.kind = TOPO_CONTROL,
                            .type = TOPO_TYPE_WORKSPACE,
                            .hlc = (uint64_t)SPACE_NOW * 1000 << 16,
                            .signer = genesis->device.public_key,
                            .body = topo_buf_view(&body)};
  topo_assert(topo_envelope_write_control(&bytes, &e, &nowhere, &genesis->device) == 0);
  struct topo_bytes raw = topo_buf_view(&bytes);
  topo_assert(topo_envelope_decode(&e, &nowhere, raw) == 0);
  struct space *space = space_create(creator, &e.id);
  topo_assert(space_give(space, &raw, 1) == 0);
  topo_buf_finish(&body);
  topo_buf_finish(&bytes);
  return space;
}

static struct topo_id credential_creator(struct space *space, const struct topo_self *genesis)
{
  uint8_t sig[TOPO_SIG_SIZE];
  struct topo_value values[TOPO_FIELDS_MAX] = {{0}};
  struct topo_author_as as = {&genesis->device, space->self.workspace};
  struct topo_id credential, user = topo_user_of(&as.auth, &genesis->device.public_key);
  topo_countersign(sig, &space->self.device, topo_dag_context(space->dag), &user, &as.auth,
                   &space->self.seal_key);
  values[TOPO_DEVICE_DEVICE] = topo_value_of_id(&space->self.device.public_key);
  values[TOPO_DEVICE_SEAL_KEY] = topo_value_of_id(&space->self.seal_key);
  values[TOPO_DEVICE_COUNTERSIGN].bytes = (struct topo_bytes){sig, sizeof sig};
  topo_assert(topo_db_begin(space->db, true) == 0);
  int status = topo_dag_author_as(space->dag, &topo_type_device, values, &as, space->now_ms,
                                  &space->sink, &credential);
  topo_assert(end(space, status) == 0);
  return credential;
}

static void make_epoch(struct space *space, const struct topo_id *credential)
{
  uint8_t secret[32];
  struct topo_id epoch;
  struct topo_value values[TOPO_FIELDS_MAX] = {{0}};
  topo_rng_fill(&space->rng_port, secret, sizeof secret);
  struct topo_id commitment = topo_epoch_commitment(secret);
  values[TOPO_EPOCH_GENERATION].number = values[TOPO_EPOCH_POLICY].number = 1;
  values[TOPO_EPOCH_COMMITMENT] = topo_value_of_id(&commitment);
  topo_assert(space_author(space, &topo_type_epoch, values, &epoch) == 0);
  topo_assert(space_keep(space, &epoch, secret) == 0);
  topo_assert(topo_db_begin(space->db, true) == 0);
  int status = topo_dag_wrap_all(space->dag, &topo_type_wrap, credential, &space->self.seal_key,
                                 space->now_ms, &space->sink);
  topo_assert(end(space, status) == 0);
}

struct space *space_found(uint8_t genesis_person, uint8_t creator_person)
{
  struct topo_self genesis, creator;
  space_identity(&genesis, genesis_person);
  space_identity(&creator, creator_person);
  struct space *space = create_with_genesis(&genesis, &creator);
  struct topo_id credential = credential_creator(space, &genesis);
  make_epoch(space, &credential);
  struct topo_value values[TOPO_FIELDS_MAX] = {{0}};
  values[TOPO_PROFILE_OF].number = TOPO_PROFILE_OF_WORKSPACE;
  values[TOPO_PROFILE_NAME] = text_value("Workspace");
  topo_assert(space_author(space, &topo_type_profile, values, NULL) == 0);
  values[TOPO_PROFILE_OF].number = TOPO_PROFILE_OF_USER;
  values[TOPO_PROFILE_NAME] = text_value("Creator");
  topo_assert(space_author(space, &topo_type_profile, values, NULL) == 0);
  values[TOPO_CHANNEL_NAME] = text_value("general");
  topo_assert(space_author(space, &topo_type_channel, values, NULL) == 0);
  return space;
}
