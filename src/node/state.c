/*
 * state.c - a space's life: made, joined, opened, closed; and what it keeps in memory, read from
 * the database.
 */
#include "node/node_impl.h"

#include "base/assert.h"
#include "base/status.h"
#include "crypto/hpke.h"
#include "events/channel/channel.h"
#include "events/device/device.h"
#include "events/epoch/epoch.h"
#include "events/profile/profile.h"
#include "events/types.h"
#include "events/workspace/workspace.h"
#include "events/wrap/wrap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_CACHE_KIB = 8192, LOAD_CACHE_KIB = 512 };

static const struct topo_migration address_migration = {
    "CREATE TABLE local_address(device BLOB NOT NULL, address BLOB NOT NULL, seen_ms INTEGER NOT "
    "NULL,"
    " PRIMARY KEY(device, address));"};

void topo_node_note(struct topo_node *node, int status, const char *format, ...)
{
  char text[256];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  node->options.ports->note(node->options.ports->ctx, status, text);
}

static int open_database(struct topo_node *node)
{
  /* In the order in which releases brought them: a file's version is how many it has. */
  const struct topo_migration steps[] = {*topo_dag_migrations[0], *topo_dag_migrations[1],
                                         address_migration, *topo_dag_migrations[2],
                                         *topo_dag_migrations[3]};
  struct topo_db_options o = {.path = node->path,
                              .disk = node->options.disk,
                              .application_id = TOPO_NODE_APPLICATION_ID,
                              .cache_kib = LOAD_CACHE_KIB};
  int status = topo_db_open(&node->db, &o);
  return status == 0 ? topo_db_migrate(node->db, steps, sizeof steps / sizeof *steps) : status;
}

static int load_seed(struct topo_db *db, const char *name, uint8_t out[static 32])
{
  struct topo_buf value = {0};
  int status = topo_local_get(db, name, &value);
  if (status == 0 && value.len != 32)
    status = TOPO_ECORRUPT;
  if (status == 0)
    memcpy(out, value.data, 32);
  topo_buf_wipe(&value);
  return status;
}

static int load_self(struct topo_node *node)
{
  uint8_t seed[32];
  int status = load_seed(node->db, "workspace", node->self.workspace.bytes);
  if (status == 0)
    status = load_seed(node->db, "device_seed", seed);
  if (status == 0)
    topo_sign_key_from_seed(&node->self.device, seed);
  if (status == 0)
    status = load_seed(node->db, "seal_secret", node->self.seal_secret);
  if (status == 0)
    topo_x25519_public(node->self.seal_key.bytes, node->self.seal_secret);
  topo_wipe(seed, sizeof seed);
  /* A file of ours without a self was never finished: it holds nothing. */
  return status == TOPO_ENOTFOUND ? TOPO_ECORRUPT : status;
}

static int load_join(struct topo_node *node)
{
  int status = load_seed(node->db, "invite_seed", node->invite_seed);
  node->joining = status == 0;
  if (status == TOPO_ENOTFOUND)
    status = 0;
  if (node->joining)
    status = load_seed(node->db, "invite_device", node->invite_device.bytes);
  struct topo_buf name = {0};
  int due = topo_local_get(node->db, "user_name", &name);
  node->profile_due = due == 0;
  topo_buf_finish(&name);
  return status < 0 ? status : due == TOPO_ENOTFOUND ? 0 : due;
}

static void load_item(void *ctx, const struct topo_id *set, uint64_t hlc, const struct topo_id *id)
{
  struct topo_node *node = ctx;
  int status = topo_sets_add(node, set, hlc, id);
  if (status < 0 && node->failure == 0)
    node->failure = status;
}

static void no_want(void *ctx, const struct topo_id *id)
{
  (void)ctx, (void)id;
}
static void no_rejected(void *ctx, const struct topo_id *id, int status)
{
  (void)ctx, (void)id, (void)status;
}

int topo_node_load(struct topo_node *node)
{
  struct topo_sink sink = {load_item, no_want, no_rejected, node};
  int status = load_self(node);
  if (status == 0)
    status = load_join(node);
  if (status == 0)
    status = topo_dag_open(&node->dag, node->db, topo_types, &node->options.rng, &node->self);
  node->failure = 0;
  if (status == 0)
    status = topo_dag_items(node->dag, &sink);
  if (status == 0)
    status = node->failure;
  node->failure = 0;
  if (status == 0)
    status = topo_peers_load(node);
  /* Reading the whole log would have filled the cache with what is not asked for again. */
  if (status == 0)
    status = topo_db_set_cache(node->db, node->options.cache_kib ? node->options.cache_kib
                                                                 : DEFAULT_CACHE_KIB);
  node->seen_nodes = -1;
  return status;
}

void topo_node_unload(struct topo_node *node)
{
  topo_dag_close(node->dag);
  node->dag = NULL;
  topo_sets_finish(node);
  free(node->peers);
  node->peers = NULL;
  node->n_peers = 0;
  node->dialling = 0; /* dials under way are nobody's now: their answers find no peer */
  topo_wipe(&node->self, sizeof node->self);
  topo_wipe(node->invite_seed, sizeof node->invite_seed);
}

static int create(struct topo_node **out, const struct topo_node_options *options)
{
  struct topo_node *node = calloc(1, sizeof *node);
  *out = NULL;
  if (!node)
    return TOPO_ENOMEM;
  node->options = *options;
  node->next_dial = 1;
  node->deadline_ms = UINT64_MAX;
  node->path = strdup(options->path);
  int status = node->path ? open_database(node) : TOPO_ENOMEM;
  if (status < 0) {
    topo_node_close(node);
    return status;
  }
  *out = node;
  return 0;
}

int topo_node_open(struct topo_node **out, const struct topo_node_options *options)
{
  int status = create(out, options);
  if (status == 0)
    status = topo_node_load(*out);
  if (status < 0) {
    topo_node_close(*out);
    *out = NULL;
  }
  return status;
}

void topo_node_close(struct topo_node *node)
{
  if (!node)
    return;
  topo_assert(node->in_flight == 0);
  topo_calls_answer(node, TOPO_ECLOSED);
  topo_conns_close_all(node, TOPO_ECLOSED);
  if (node->gathering) {
    topo_batch_destroy(node->gathering->work.batch);
    topo_buf_finish(&node->gathering->segments);
    free(node->gathering);
  }
  topo_node_unload(node);
  topo_db_close(node->db);
  topo_buf_finish(&node->items);
  topo_buf_finish(&node->wants);
  topo_buf_finish(&node->origins);
  topo_buf_finish(&node->calls);
  topo_buf_finish(&node->welcomes);
  free(node->path);
  topo_wipe(node, sizeof *node);
  free(node);
}

/* A device key and a sealing key of this space alone. */
static int make_self(struct topo_node *node, const struct topo_id *workspace)
{
  uint8_t seed[32], ikm[32], secret[32], seal_key[32];
  topo_rng_fill(&node->options.rng, seed, sizeof seed);
  topo_rng_fill(&node->options.rng, ikm, sizeof ikm);
  topo_hpke_derive_key(secret, seal_key, ikm, sizeof ikm);
  int status = topo_local_put(node->db, "workspace", workspace->bytes, 32);
  if (status == 0)
    status = topo_local_put(node->db, "device_seed", seed, sizeof seed);
  if (status == 0)
    status = topo_local_put(node->db, "seal_secret", secret, sizeof secret);
  topo_wipe(seed, sizeof seed);
  topo_wipe(ikm, sizeof ikm);
  topo_wipe(secret, sizeof secret);
  return status;
}

/* The genesis event: its id names the workspace. Its key signs one credential more and is then kept
 * for recovery. */
static int make_genesis(struct topo_node *node, const struct topo_sign_key *genesis,
                        uint64_t wall_ms, struct topo_buf *raw, struct topo_id *workspace)
{
  struct topo_id nonce, seal_key;
  uint8_t ikm[32], secret[32];
  topo_rng_fill(&node->options.rng, nonce.bytes, sizeof nonce.bytes);
  topo_rng_fill(&node->options.rng, ikm, sizeof ikm);
  topo_hpke_derive_key(secret, seal_key.bytes, ikm, sizeof ikm);
  struct topo_value values[TOPO_FIELDS_MAX];
  values[TOPO_WORKSPACE_SEAL_KEY] = topo_value_of_id(&seal_key);
  values[TOPO_WORKSPACE_NONCE] = topo_value_of_id(&nonce);
  struct topo_buf body = {0};
  struct topo_context none = {{{0}}, {{0}}};
  int status = topo_fields_encode(topo_type_workspace.fields, values, &body);
  struct topo_envelope e = {.kind = TOPO_CONTROL,
                            .type = TOPO_TYPE_WORKSPACE,
                            .hlc = wall_ms << 16,
                            .signer = genesis->public_key,
                            .body = topo_buf_view(&body)};
  topo_buf_put_u32(raw, 0);
  if (status == 0)
    status = topo_envelope_write_control(raw, &e, &none, genesis);
  if (status == 0) {
    topo_put_be32(raw->data, (uint32_t)(raw->len - 4));
    struct topo_bytes event = {raw->data + 4, raw->len - 4};
    status = topo_envelope_decode(&e, &none, event);
  }
  if (status == 0)
    status = topo_local_put(node->db, "genesis_seal_secret", secret, sizeof secret);
  *workspace = e.id;
  topo_wipe(ikm, sizeof ikm);
  topo_wipe(secret, sizeof secret);
  topo_buf_finish(&body);
  return status;
}

static int apply_genesis(struct topo_node *node, const struct topo_buf *raw,
                         const struct topo_sink *sink)
{
  struct topo_batch *batch =
      topo_batch_create(topo_dag_context(node->dag), topo_dag_keyring(node->dag));
  int status = batch ? topo_batch_add(batch, raw->data, raw->len) : TOPO_ENOMEM;
  if (status == 0) {
    topo_batch_check(batch);
    status = topo_dag_apply(node->dag, batch, node->now.wall_ms, sink);
  }
  topo_batch_destroy(batch);
  return status;
}

static int credential_device(struct topo_node *node, const struct topo_sign_key *genesis,
                             const struct topo_sink *sink, struct topo_id *credential)
{
  uint8_t sig[TOPO_SIG_SIZE];
  struct topo_id user = topo_user_of(&node->self.workspace, &genesis->public_key);
  topo_countersign(sig, &node->self.device, topo_dag_context(node->dag), &user,
                   &node->self.workspace, &node->self.seal_key);
  struct topo_value v[TOPO_FIELDS_MAX];
  v[TOPO_DEVICE_DEVICE] = topo_value_of_id(&node->self.device.public_key);
  v[TOPO_DEVICE_SEAL_KEY] = topo_value_of_id(&node->self.seal_key);
  v[TOPO_DEVICE_COUNTERSIGN] = (struct topo_value){0, {sig, sizeof sig}};
  struct topo_author_as as = {genesis, node->self.workspace};
  return topo_dag_author_as(node->dag, &topo_type_device, v, &as, node->now.wall_ms, sink,
                            credential);
}

static int make_epoch(struct topo_node *node, const struct topo_id *credential,
                      const struct topo_sink *sink)
{
  uint8_t secret[32];
  struct topo_id epoch;
  topo_rng_fill(&node->options.rng, secret, sizeof secret);
  struct topo_id commitment = topo_epoch_commitment(secret);
  struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
  v[TOPO_EPOCH_GENERATION].number = 1;
  v[TOPO_EPOCH_POLICY].number = 1;
  v[TOPO_EPOCH_COMMITMENT] = topo_value_of_id(&commitment);
  int status = topo_dag_author(node->dag, &topo_type_epoch, v, node->now.wall_ms, sink, &epoch);
  if (status == 0)
    status = topo_dag_keep_secret(node->dag, &epoch, secret, node->now.wall_ms, sink);
  if (status == 0)
    status = topo_dag_wrap_all(node->dag, &topo_type_wrap, credential, &node->self.seal_key,
                               node->now.wall_ms, sink);
  topo_wipe(secret, sizeof secret);
  return status;
}

static int name_it(struct topo_node *node, unsigned of, const char *name,
                   const struct topo_sink *sink)
{
  struct topo_id id;
  struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
  v[TOPO_PROFILE_OF].number = of;
  v[TOPO_PROFILE_NAME].bytes = (struct topo_bytes){(const uint8_t *)name, strlen(name)};
  return topo_dag_author(node->dag, &topo_type_profile, v, node->now.wall_ms, sink, &id);
}

/* Everything a workspace begins with (docs/protocol.md §4). */
static int found(struct topo_node *node, const struct topo_node_create *c,
                 const struct topo_sign_key *genesis, const struct topo_buf *raw)
{
  struct topo_sink sink;
  struct topo_id credential, id;
  topo_node_sink(node, &sink);
  int status = apply_genesis(node, raw, &sink);
  if (status == 0)
    status = credential_device(node, genesis, &sink, &credential);
  if (status == 0)
    status = make_epoch(node, &credential, &sink);
  if (status == 0)
    status = name_it(node, TOPO_PROFILE_OF_WORKSPACE, c->workspace_name, &sink);
  if (status == 0)
    status = name_it(node, TOPO_PROFILE_OF_USER, c->user_name, &sink);
  struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
  v[TOPO_CHANNEL_NAME].bytes = (struct topo_bytes){(const uint8_t *)"general", 7};
  if (status == 0)
    status = topo_dag_author(node->dag, &topo_type_channel, v, node->now.wall_ms, &sink, &id);
  return status == 0 ? node->failure : status;
}

static int save_origin(struct topo_node *node, const struct topo_node_origin *origin)
{
  if (!origin->key || !*origin->key)
    return 0;
  int status = topo_local_put(node->db, "origin_key", origin->key, strlen(origin->key));
  return status == 0 ? topo_local_put(node->db, "origin_request", origin->request.bytes, 32)
                     : status;
}

int topo_node_create_workspace(struct topo_node **out, const struct topo_node_options *options,
                               const struct topo_node_create *c)
{
  struct topo_buf raw = {0};
  struct topo_sign_key genesis;
  struct topo_id workspace;
  uint8_t seed[32];
  int status = create(out, options);
  if (status < 0)
    return status;
  struct topo_node *node = *out;
  node->now = c->now;
  topo_rng_fill(&options->rng, seed, sizeof seed);
  topo_sign_key_from_seed(&genesis, seed);
  /* Two transactions: the dag is opened over what the first one wrote. A file that a crash left
   * between them has no genesis and is refused by whoever opens it as a space. */
  status = topo_db_begin(node->db, true);
  if (status == 0)
    status = make_genesis(node, &genesis, c->now.wall_ms, &raw, &workspace);
  if (status == 0)
    status = make_self(node, &workspace);
  if (status == 0)
    status = topo_local_put(node->db, "genesis_seed", seed, sizeof seed);
  if (status == 0)
    status = save_origin(node, &c->origin);
  if (status == 0)
    status = topo_db_commit(node->db);
  if (status == 0)
    status = topo_node_load(node);
  if (status == 0)
    status = topo_db_begin(node->db, true);
  if (status == 0)
    status = found(node, c, &genesis, &raw);
  if (status == 0)
    status = topo_dag_log_changes(node->dag);
  if (status == 0)
    status = topo_db_commit(node->db);
  topo_wipe(seed, sizeof seed);
  topo_wipe(&genesis, sizeof genesis);
  topo_buf_finish(&raw);
  topo_buf_clear(&node->items);
  topo_buf_clear(&node->wants);
  if (status < 0) {
    topo_node_close(node);
    *out = NULL;
  }
  return status;
}

int topo_node_read_origin(struct topo_node *node, char *key, size_t size, struct topo_id *request)
{
  struct topo_buf value = {0};
  int status = topo_local_get(node->db, "origin_key", &value);
  key[0] = '\0';
  if (status == 0 && value.len >= size)
    status = TOPO_ECORRUPT;
  if (status == 0)
    status = load_seed(node->db, "origin_request", request->bytes);
  if (status == 0) {
    memcpy(key, value.data, value.len);
    key[value.len] = '\0';
  }
  topo_buf_finish(&value);
  return status == TOPO_ENOTFOUND ? 0 : status;
}

static int save_join(struct topo_node *node, const struct topo_invite_link *link, const char *name)
{
  int status = make_self(node, &link->workspace);
  if (status == 0)
    status = topo_local_put(node->db, "invite_seed", link->seed, sizeof link->seed);
  if (status == 0)
    status = topo_local_put(node->db, "invite_device", link->device.bytes, 32);
  if (status == 0)
    status = topo_local_put(node->db, "user_name", name, strlen(name));
  for (size_t i = 0; i < link->n_addresses && status == 0; i++)
    status = topo_peers_learn(node, &link->device, &link->addresses[i]);
  return status;
}

int topo_node_join_workspace(struct topo_node **out, const struct topo_node_options *options,
                             const struct topo_node_join *j)
{
  struct topo_invite_link link;
  *out = NULL;
  int status = topo_invite_parse(&link, j->link);
  if (status < 0)
    return status;
  status = create(out, options);
  if (status < 0)
    goto wipe;
  struct topo_node *node = *out;
  node->now = j->now;
  status = topo_db_begin(node->db, true);
  if (status == 0)
    status = save_join(node, &link, j->user_name);
  if (status == 0)
    status = save_origin(node, &j->origin);
  if (status == 0)
    status = topo_db_commit(node->db);
  if (status == 0)
    status = topo_node_load(node);
  if (status < 0) {
    topo_node_close(node);
    *out = NULL;
  }
wipe:
  topo_wipe(&link, sizeof link);
  return status;
}

const struct topo_self *topo_node_self(const struct topo_node *node)
{
  return &node->self;
}
struct topo_dag *topo_node_dag(struct topo_node *node)
{
  return node->dag;
}
struct topo_db *topo_node_db(struct topo_node *node)
{
  return node->db;
}
size_t topo_node_in_flight(const struct topo_node *node)
{
  return node->in_flight;
}
uint64_t topo_node_deadline(const struct topo_node *node)
{
  return node->deadline_ms;
}

void topo_node_trust(struct topo_node *node,
                     void (*each)(void *arg, const struct topo_id *key, bool is_invite), void *arg)
{
  if (!node->dag) /* the disk is sick: nobody is trusted who cannot be looked up */
    return;
  topo_authority_trust(topo_dag_authority(node->dag), &node->self.device.public_key, each, arg);
  /* An invite's key dies with its slot, but not before the WELCOME of that slot has been read. */
  for (size_t i = 0; i < node->n_conns; i++)
    if (!node->conns[i]->dead && node->conns[i]->role == TOPO_SESSION_INVITER)
      each(arg, &node->conns[i]->peer, true);
}

void topo_node_set_addresses(struct topo_node *node, const struct topo_address *addresses, size_t n)
{
  node->n_own = n < TOPO_NODE_ADDRESSES ? n : TOPO_NODE_ADDRESSES;
  memcpy(node->own, addresses, node->n_own * sizeof *addresses);
}
