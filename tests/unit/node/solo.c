/* solo.c - see solo.h. */
#include "unit/node/solo.h"

#include "api/base64url.h"
#include "api/operations.gen.h"
#include "base/assert.h"
#include "base/status.h"
#include "events/device/device.h"
#include "events/types.h"
#include "node/parts.h"
#include "views/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void no_check(void *ctx, struct topo_work *work)
{
  (void)ctx, (void)work;
  topo_assert(false); /* nobody sends events to a space that is alone */
}
static void no_dial(void *ctx, const struct topo_dial *dial)
{
  (void)ctx, (void)dial;
}
static void no_trust(void *ctx)
{
  (void)ctx;
}
static void no_note(void *ctx, int status, const char *text)
{
  (void)ctx, (void)status, (void)text;
}

void solo_init(struct solo *s, uint64_t seed)
{
  struct sim_disk_options o = {.seed = seed};
  *s = (struct solo){.now = {1000, 1700000000000}};
  s->disk = sim_disk_create(&o);
  s->port = sim_disk_port(s->disk);
  sim_rng_init(&s->rng, seed);
  s->ports = (struct topo_node_ports){no_check, no_dial, no_trust, no_note, s};
}

void solo_finish(struct solo *s)
{
  solo_close(s);
  sim_disk_destroy(s->disk);
}

static struct topo_node_options options(struct solo *s)
{
  return (struct topo_node_options){.path = "space.db",
                                    .disk = &s->port,
                                    .rng = sim_rng_port(&s->rng),
                                    .ports = &s->ports,
                                    .types = s->types,
                                    .rebuild_piece = s->rebuild_piece};
}

int solo_create(struct solo *s)
{
  struct topo_node_options o = options(s);
  struct topo_node_create c = {.workspace_name = "Mice", .user_name = "alice", .now = s->now};
  return topo_node_create_workspace(&s->node, &o, &c);
}

int solo_open(struct solo *s)
{
  struct topo_node_options o = options(s);
  return topo_node_open(&s->node, &o);
}

void solo_close(struct solo *s)
{
  topo_node_close(s->node);
  s->node = NULL;
}

static const struct topo_op *find(const char *id)
{
  for (const struct topo_op *const *o = topo_space_operations; *o; o++)
    if (strcmp((*o)->id, id) == 0)
      return *o;
  topo_assert(false); /* there is no such operation */
  return NULL;
}

static void done(struct topo_op_call *call, void *arg)
{
  (void)call;
  *(bool *)arg = true;
}

static void set_text(struct topo_op_call *call, const char *name, const char *text)
{
  bool unknown = false;
  topo_assert(topo_op_set(call, TOPO_OP_PATH, name, text, strlen(text), &unknown) == 0 && !unknown);
}

static void set_id(struct topo_op_call *call, const char *name, const struct topo_id *id)
{
  char text[TOPO_ID_TEXT_SIZE];
  topo_id_format(text, id);
  set_text(call, name, text);
}

/* What reads has a view for its host, and the rest the node's step. */
static void run(struct solo *s, struct topo_op_call *call)
{
  struct topo_input in = {.kind = TOPO_IN_CALL, .call = call};
  const struct topo_self *self = topo_node_self(s->node);
  struct topo_view view = {topo_node_db(s->node), self->workspace, self->device.public_key};
  if (call->op->where == TOPO_OP_SPACE) {
    topo_node_step(s->node, s->now, &in, 1);
    return;
  }
  call->status = call->op->run(call, &view);
  call->done(call, call->done_arg);
}

static int ask_with(struct solo *s, const struct solo_ask *ask, const char *path_text, char **out,
                    bool *replayed)
{
  bool answered = false;
  struct topo_op_call *call = topo_op_call_create(find(ask->id));
  topo_assert(call);
  set_id(call, "space", &topo_id_zero);
  if (path_text)
    set_text(call, ask->path_name, path_text);
  else if (ask->path_name)
    set_id(call, ask->path_name, ask->path);
  topo_assert(!ask->body || topo_op_set_body(call, ask->body, strlen(ask->body)) == 0);
  if (ask->key)
    snprintf(call->idempotency_key, sizeof call->idempotency_key, "%s", ask->key);
  call->done = done;
  call->done_arg = &answered;
  s->now.mono_ms++;
  s->now.wall_ms++;
  run(s, call);
  topo_assert(answered);
  int status = call->status;
  struct topo_bytes text = topo_json_text(&call->out);
  if (out)
    *out = status == 0 ? strndup((const char *)text.data, text.len) : NULL;
  if (replayed)
    *replayed = call->replayed;
  topo_op_call_destroy(call);
  return status;
}

int solo_ask(struct solo *s, const struct solo_ask *ask, char **out, bool *replayed)
{
  return ask_with(s, ask, NULL, out, replayed);
}

int solo_call_text(struct solo *s, const char *id, const char *path_name, const char *text)
{
  return ask_with(s, &(struct solo_ask){id, path_name, NULL, NULL, NULL}, text, NULL, NULL);
}

int solo_call(struct solo *s, const char *id, const char *path_name, const struct topo_id *path,
              const char *body, char **out)
{
  return solo_ask(s, &(struct solo_ask){id, path_name, path, body, NULL}, out, NULL);
}

struct topo_id solo_id(const char *json, const char *name)
{
  char key[64], text[TOPO_ID_TEXT_SIZE];
  struct topo_id id;
  snprintf(key, sizeof key, "\"%s\":\"", name);
  const char *at = strstr(json, key);
  topo_assert(at && strlen(at) > strlen(key) + 43);
  memcpy(text, at + strlen(key), 43);
  text[43] = '\0';
  topo_assert(topo_id_parse(&id, text, strlen(text)) == 0);
  return id;
}

struct topo_id solo_channel(struct solo *s)
{
  char *json = NULL;
  topo_assert(solo_call(s, "listChannels", NULL, NULL, NULL, &json) == 0);
  struct topo_id id = solo_id(json, "channel");
  free(json);
  return id;
}

struct topo_id solo_fingerprint(struct solo *s)
{
  struct topo_id id;
  topo_assert(topo_dag_fingerprint(topo_node_db(s->node), topo_types, &id) == 0);
  return id;
}

struct topo_sign_key solo_add_device(struct solo *s, uint32_t n)
{
  struct topo_env *env = &s->node->env;
  const struct topo_authority_node *own = topo_env_credential(env);
  uint8_t seed[32] = {0xd0}, sig[TOPO_SIG_SIZE];
  struct topo_sign_key key;
  struct topo_id id, seal_key = {{9}};
  topo_put_be32(seed + 1, n);
  topo_sign_key_from_seed(&key, seed);
  topo_countersign(sig, &key, topo_dag_context(env->dag), &own->credential.user, &own->id,
                   &seal_key);
  struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
  v[TOPO_DEVICE_DEVICE] = topo_value_of_id(&key.public_key);
  v[TOPO_DEVICE_SEAL_KEY] = topo_value_of_id(&seal_key);
  v[TOPO_DEVICE_COUNTERSIGN] = (struct topo_value){0, {sig, sizeof sig}};
  topo_assert(topo_transaction_write(&s->node->transaction, true) == 0);
  topo_assert(topo_dag_author(env->dag, &topo_type_device, v, env->now.wall_ms,
                              topo_outcome_sink(&s->node->outcome), &id) == 0);
  topo_assert(topo_transaction_commit(&s->node->transaction) == 0);
  return key;
}
