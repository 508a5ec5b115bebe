/* crowd.c - making a workspace that has had many people in it. */
#include "bench/crowd.h"

#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "bench/bench.h"
#include "events/admission/admission.h"
#include "events/channel/channel.h"
#include "events/device/device.h"
#include "events/invite/invite.h"
#include "events/message/message.h"
#include "events/profile/profile.h"
#include "events/reaction/reaction.h"
#include "events/types.h"
#include "sys/rng.h"

enum { BATCH = 1000 };

static void on_item(void *ctx, const struct topo_id *set, uint64_t hlc, const struct topo_id *id)
{
  (void)ctx, (void)set, (void)hlc, (void)id;
}

static void on_want(void *ctx, const struct topo_id *id)
{
  (void)ctx, (void)id;
}

static void on_rejected(void *ctx, const struct topo_id *id, int status)
{
  (void)ctx, (void)id;
  bench_check(status, "an event of the crowd was rejected");
}

static const struct topo_sink sink = {on_item, on_want, on_rejected, NULL};

static void new_key(struct topo_sign_key *key)
{
  struct topo_rng rng = topo_rng_os();
  uint8_t seed[32];
  topo_rng_fill(&rng, seed, sizeof seed);
  topo_sign_key_from_seed(key, seed);
}

static struct topo_id random_id(void)
{
  struct topo_rng rng = topo_rng_os();
  struct topo_id id;
  topo_rng_fill(&rng, id.bytes, sizeof id.bytes);
  return id;
}

static struct topo_id author(struct crowd *crowd, struct topo_node *node,
                             const struct topo_type *type, const struct topo_value *values)
{
  struct topo_id id;
  bench_check(topo_dag_author(topo_node_dag(node), type, values, crowd->wall_ms, &sink, &id),
              type->name);
  return id;
}

/* An invite of one slot, and the admission that takes it up. */
static void admit_user(struct crowd *crowd, struct topo_node *node, struct crowd_device *device)
{
  const struct topo_self *self = topo_node_self(node);
  const struct topo_context *context = topo_dag_context(topo_node_dag(node));
  struct topo_sign_key invite_key;
  struct topo_id seal_key = random_id();
  uint8_t countersign[TOPO_SIG_SIZE], proof[TOPO_SIG_SIZE];
  new_key(&invite_key);
  struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
  v[TOPO_INVITE_KEY] = topo_value_of_id(&invite_key.public_key);
  v[TOPO_INVITE_ROLE].number = TOPO_MEMBER;
  v[TOPO_INVITE_SLOTS] = topo_value_of_id(&self->device.public_key);
  struct topo_id invite = author(crowd, node, &topo_type_invite, v);
  struct topo_id own = topo_authority_credential_of(topo_dag_authority(topo_node_dag(node)),
                                                    &self->device.public_key)
                           ->id;
  struct topo_id user = topo_user_of(&self->workspace, &device->key.public_key);
  topo_countersign(countersign, &device->key, context, &user, &own, &seal_key);
  topo_prove_invite(proof, &invite_key, context, &invite, 0, &user, &device->key.public_key,
                    &seal_key);
  memset(v, 0, sizeof v);
  v[TOPO_ADMISSION_INVITE] = topo_value_of_id(&invite);
  v[TOPO_ADMISSION_DEVICE] = topo_value_of_id(&device->key.public_key);
  v[TOPO_ADMISSION_SEAL_KEY] = topo_value_of_id(&seal_key);
  v[TOPO_ADMISSION_COUNTERSIGN].bytes = (struct topo_bytes){countersign, sizeof countersign};
  v[TOPO_ADMISSION_PROOF].bytes = (struct topo_bytes){proof, sizeof proof};
  device->credential = author(crowd, node, &topo_type_admission, v);
}

static void apply(struct crowd *crowd, struct topo_node *node, const struct topo_buf *events)
{
  struct topo_dag *dag = topo_node_dag(node);
  struct topo_batch *batch = topo_batch_create(topo_dag_context(dag), topo_dag_keyring(dag));
  bench_require(batch, "out of memory");
  bench_check(topo_batch_add(batch, events->data, events->len), "framing");
  topo_batch_check(batch);
  bench_check(topo_dag_apply(dag, batch, crowd->wall_ms, &sink), "applying");
  topo_batch_destroy(batch);
}

/* Puts the length before an event that begins after it. */
static void close_length(struct topo_buf *out, size_t start)
{
  bench_require(!out->failed, "out of memory");
  topo_put_be32(out->data + start, (uint32_t)(out->len - start - 4));
}

/* A user's first device admits the second: the first event of its control chain. */
static void credential_device(struct crowd *crowd, struct topo_node *node,
                              const struct crowd_device *first, struct crowd_device *second)
{
  struct topo_dag *dag = topo_node_dag(node);
  const struct topo_context *context = topo_dag_context(dag);
  struct topo_id seal_key = random_id(), parents[TOPO_PARENTS_MAX];
  struct topo_id user = topo_user_of(&context->workspace, &first->key.public_key);
  uint8_t countersign[TOPO_SIG_SIZE];
  struct topo_buf body = {0}, raw = {0};
  topo_countersign(countersign, &second->key, context, &user, &first->credential, &seal_key);
  struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
  v[TOPO_DEVICE_DEVICE] = topo_value_of_id(&second->key.public_key);
  v[TOPO_DEVICE_SEAL_KEY] = topo_value_of_id(&seal_key);
  v[TOPO_DEVICE_COUNTERSIGN].bytes = (struct topo_bytes){countersign, sizeof countersign};
  bench_check(topo_fields_encode(topo_type_device.fields, v, &body), "device");
  struct topo_envelope e = {.kind = TOPO_CONTROL,
                            .type = topo_type_device.number,
                            .hlc = crowd->wall_ms << 16,
                            .signer = first->key.public_key,
                            .auth = first->credential,
                            .body = topo_buf_view(&body)};
  e.n_parents = (uint8_t)topo_authority_frontier(topo_dag_authority(dag), parents);
  e.parents = parents[0].bytes;
  topo_buf_put_u32(&raw, 0);
  bench_check(topo_envelope_write_control(&raw, &e, context, &first->key), "device");
  close_length(&raw, 0);
  struct topo_bytes event = {raw.data + 4, raw.len - 4};
  bench_check(topo_envelope_decode(&e, context, event), "device");
  second->credential = e.id;
  apply(crowd, node, &raw);
  topo_buf_finish(&body);
  topo_buf_finish(&raw);
}

/* Writes the next content event of a device's chain. */
static void write_content(struct crowd *crowd, struct topo_node *node, struct crowd_device *from,
                          const struct topo_type *type, const struct topo_value *values,
                          struct topo_buf *out)
{
  struct topo_dag *dag = topo_node_dag(node);
  const struct topo_keyring *ring = topo_dag_keyring(dag);
  struct topo_buf body = {0};
  struct topo_envelope e = {
      .kind = TOPO_CONTENT, .hlc = crowd->wall_ms++ << 16, .seq = from->seq, .prev = from->prev};
  size_t start = out->len;
  bench_require(ring->n == 1, "the crowd speaks in one epoch");
  bench_check(topo_fields_encode(type->fields, values, &body), type->name);
  topo_buf_put_u32(out, 0);
  bench_check(topo_content_write(out, &ring->keys[0], topo_dag_context(dag), &e, &from->credential,
                                 type->number, topo_buf_view(&body), &from->key, &from->path),
              type->name);
  close_length(out, start);
  struct topo_bytes event = {out->data + start + 4, out->len - start - 4};
  bench_check(topo_envelope_decode(&e, topo_dag_context(dag), event), type->name);
  from->prev = e.id;
  from->seq++;
  topo_buf_finish(&body);
}

static void write_profile(struct crowd *crowd, struct topo_node *node, unsigned user,
                          struct topo_buf *out)
{
  char name[16];
  int len = snprintf(name, sizeof name, "user %u", user);
  struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
  v[TOPO_PROFILE_OF].number = TOPO_PROFILE_OF_USER;
  v[TOPO_PROFILE_VERSION].number = 1;
  v[TOPO_PROFILE_NAME].bytes = (struct topo_bytes){(const uint8_t *)name, (size_t)len};
  write_content(crowd, node, &crowd->devices[user][0], &topo_type_profile, v, out);
}

static struct topo_id only_channel(struct topo_node *node)
{
  struct topo_stmt *q =
      topo_stmt(topo_node_db(node), "SELECT e.id FROM channel c JOIN event e ON e.no=c.no");
  bench_require(topo_fetch(q) == 1, "there is no channel");
  struct topo_id id = topo_column_id(q, 0);
  topo_reset(q);
  return id;
}

void crowd_admit(struct crowd *crowd, struct topo_node *node, uint64_t wall_ms)
{
  struct topo_buf profiles = {0};
  *crowd = (struct crowd){.channels = {only_channel(node)}, .n_channels = 1, .wall_ms = wall_ms};
  bench_check(topo_db_begin(topo_node_db(node), false), "begin");
  for (unsigned i = 0; i < CROWD_USERS; i++) {
    struct crowd_device *devices = crowd->devices[i];
    new_key(&devices[0].key);
    admit_user(crowd, node, &devices[0]);
    for (unsigned k = 1; k < CROWD_DEVICES; k++) {
      new_key(&devices[k].key);
      credential_device(crowd, node, &devices[0], &devices[k]);
    }
    write_profile(crowd, node, i, &profiles);
  }
  apply(crowd, node, &profiles);
  bench_check(topo_db_commit(topo_node_db(node)), "commit");
  topo_buf_finish(&profiles);
}

void crowd_open_channels(struct crowd *crowd, struct topo_node *node)
{
  bench_check(topo_db_begin(topo_node_db(node), false), "begin");
  while (crowd->n_channels < CROWD_CHANNELS) {
    char name[16];
    int len = snprintf(name, sizeof name, "channel %zu", crowd->n_channels);
    struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
    v[TOPO_CHANNEL_NAME].bytes = (struct topo_bytes){(const uint8_t *)name, (size_t)len};
    crowd->channels[crowd->n_channels++] = author(crowd, node, &topo_type_channel, v);
  }
  bench_check(topo_db_commit(topo_node_db(node)), "commit");
}

/* A number below n (splitmix64). */
static uint64_t roll(struct crowd *crowd, uint64_t n)
{
  uint64_t z = crowd->dice += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return (z ^ z >> 31) % n;
}

void crowd_message(struct crowd *crowd, struct topo_node *node, struct crowd_device *from,
                   struct topo_buf *out)
{
  char text[BENCH_TEXT];
  int len = snprintf(text, sizeof text, "message %u: ", (unsigned)from->seq);
  memset(text + len, 'x', sizeof text - (size_t)len);
  struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
  v[TOPO_MESSAGE_CHANNEL] = topo_value_of_id(
      &crowd->channels[crowd->n_channels > 1 ? roll(crowd, crowd->n_channels) : 0]);
  v[TOPO_MESSAGE_TEXT].bytes = (struct topo_bytes){(const uint8_t *)text, sizeof text};
  write_content(crowd, node, from, &topo_type_message, v, out);
}

static void write_reaction(struct crowd *crowd, struct topo_node *node,
                           const struct topo_id *message, const char *emoji, struct topo_buf *out)
{
  struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
  v[TOPO_REACTION_MESSAGE] = topo_value_of_id(message);
  v[TOPO_REACTION_EMOJI].bytes = (struct topo_bytes){(const uint8_t *)emoji, strlen(emoji)};
  write_content(crowd, node, &crowd->devices[roll(crowd, CROWD_USERS)][0], &topo_type_reaction, v,
                out);
}

static void react(struct crowd *crowd, struct topo_node *node, struct topo_id message,
                  struct topo_buf *out)
{
  static const char *const emojis[] = {"👍", "🎉", "❤️", "😄", "🚀", "👀"};
  enum { EMOJIS = sizeof emojis / sizeof *emojis, OF_ALL = 5, EMOJIS_EACH = 3, USERS_EACH = 3 };
  if (roll(crowd, OF_ALL) != 0)
    return;
  for (uint64_t n = 1 + roll(crowd, EMOJIS_EACH); n; n--) {
    const char *emoji = emojis[roll(crowd, EMOJIS)];
    for (uint64_t users = 1 + roll(crowd, USERS_EACH); users; users--)
      write_reaction(crowd, node, &message, emoji, out);
  }
}

void crowd_say(struct crowd *crowd, struct topo_node *node, unsigned first, unsigned users,
               uint64_t n)
{
  struct topo_buf events = {0};
  for (uint64_t said = 0; said < n;) {
    topo_buf_clear(&events);
    for (unsigned i = 0; i < BATCH && said < n; i++, said++) {
      unsigned turn = (unsigned)(said % (users * CROWD_DEVICES));
      struct crowd_device *from =
          &crowd->devices[first + turn / CROWD_DEVICES][turn % CROWD_DEVICES];
      crowd_message(crowd, node, from, &events);
      if (crowd->reacts)
        react(crowd, node, from->prev, &events);
    }
    bench_check(topo_db_begin(topo_node_db(node), false), "begin");
    apply(crowd, node, &events);
    bench_check(topo_db_commit(topo_node_db(node)), "commit");
    bench_check(topo_db_checkpoint(topo_node_db(node), 4000), "checkpoint");
  }
  topo_buf_finish(&events);
}
