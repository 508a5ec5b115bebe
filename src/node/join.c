/*
 * join.c - invites from both ends: the link, the bootstrap's two halves, and settling in
 * (docs/protocol.md §6.1, §7).
 */
#include "node/node_impl.h"

#include "api/base64url.h"
#include "base/assert.h"
#include "base/status.h"
#include "events/admission/admission.h"
#include "events/profile/profile.h"
#include "events/types.h"
#include "events/wrap/wrap.h"

#include <stdlib.h>
#include <string.h>

static const char scheme[] = "topo://join/";
enum {
  LINK_VERSION = 1,
  LINK_BYTES_MAX = 1 + 4 * 32 + 1 + TOPO_NODE_ADDRESSES * TOPO_ADDRESS_SIZE
};

int topo_invite_format(struct topo_node *node, const struct topo_id *invite, const uint8_t *seed,
                       struct topo_buf *out)
{
  struct topo_buf raw = {0};
  topo_buf_put_u8(&raw, LINK_VERSION);
  topo_buf_put_id(&raw, &node->self.workspace);
  topo_buf_put_id(&raw, &node->self.device.public_key);
  topo_buf_put(&raw, seed, 32);
  topo_buf_put_id(&raw, invite);
  topo_buf_put_u8(&raw, (uint8_t)node->n_own);
  for (size_t i = 0; i < node->n_own; i++)
    topo_buf_put(&raw, node->own[i].bytes, node->own[i].len);
  topo_buf_put(out, scheme, sizeof scheme - 1);
  int status = raw.failed ? TOPO_ENOMEM : topo_buf_reserve(out, topo_base64url_length(raw.len) + 1);
  if (status == 0) {
    topo_base64url_encode((char *)out->data + out->len, raw.data, raw.len);
    out->len += topo_base64url_length(raw.len);
  }
  topo_buf_wipe(&raw);
  return status;
}

/* Reads one address: family, bytes, port. */
static void read_address(struct topo_reader *r, struct topo_address *out)
{
  uint8_t family = topo_read_u8(r);
  size_t len = family == 4 ? 6 : family == 6 ? 18 : 0;
  struct topo_bytes rest = topo_read_bytes(r, len);
  if (len == 0)
    r->failed = true;
  if (r->failed)
    return;
  out->bytes[0] = family;
  memcpy(out->bytes + 1, rest.data, len);
  out->len = (uint8_t)(len + 1);
}

int topo_invite_parse(struct topo_invite_link *out, const char *text)
{
  uint8_t raw[LINK_BYTES_MAX];
  size_t len = 0;
  *out = (struct topo_invite_link){.n_addresses = 0};
  if (strncmp(text, scheme, sizeof scheme - 1) != 0)
    return TOPO_EINVAL;
  text += sizeof scheme - 1;
  if (topo_base64url_decode(raw, sizeof raw, &len, text, strlen(text)) < 0)
    return TOPO_EINVAL;
  struct topo_reader r = topo_reader_init(raw, len);
  uint8_t version = topo_read_u8(&r);
  out->workspace = topo_read_id(&r);
  out->device = topo_read_id(&r);
  struct topo_bytes seed = topo_read_bytes(&r, 32);
  out->invite = topo_read_id(&r);
  size_t n = topo_read_u8(&r);
  if (seed.data)
    memcpy(out->seed, seed.data, 32);
  for (size_t i = 0; i < n && n <= TOPO_NODE_ADDRESSES && !r.failed; i++)
    read_address(&r, &out->addresses[i]);
  out->n_addresses = n;
  bool good = !r.failed && topo_reader_left(&r) == 0 && n <= TOPO_NODE_ADDRESSES;
  topo_wipe(raw, sizeof raw);
  if (good && version == LINK_VERSION)
    return 0;
  topo_wipe(out, sizeof *out);
  return version > LINK_VERSION ? TOPO_EVERSION : TOPO_EINVAL;
}

int topo_join_offer(struct topo_node *node, struct topo_node_conn *conn, struct topo_id *invite,
                    uint16_t *slot, struct topo_id *auth)
{
  const struct topo_authority *a = topo_dag_authority(node->dag);
  int open = -1;
  const struct topo_authority_node *i =
      topo_authority_open_invite(a, &conn->peer, &node->self.device.public_key, &open);
  const struct topo_authority_node *own =
      topo_authority_credential_of(a, &node->self.device.public_key);
  if (!i || !own)
    return TOPO_EUNTRUSTED;
  if (i->invite.expires_ms && i->invite.expires_ms < node->now.wall_ms)
    return TOPO_EUNTRUSTED;
  *invite = i->id;
  *slot = (uint16_t)open;
  *auth = own->id;
  return 0;
}

int topo_join_offered(struct topo_node *node, const struct topo_id *invite, uint16_t slot,
                      const struct topo_id *auth, struct topo_session_join *join)
{
  struct topo_sign_key key;
  const struct topo_context *context = topo_dag_context(node->dag);
  struct topo_id user = topo_user_of(&node->self.workspace, &node->self.device.public_key);
  if (!node->joining)
    return TOPO_EPROTOCOL;
  join->invite = *invite;
  join->slot = slot;
  join->device = node->self.device.public_key;
  join->seal_key = node->self.seal_key;
  topo_countersign(join->countersign, &node->self.device, context, &user, auth, &join->seal_key);
  topo_sign_key_from_seed(&key, node->invite_seed);
  topo_prove_invite(join->proof, &key, context, invite, slot, &user, &join->device,
                    &join->seal_key);
  topo_wipe(&key, sizeof key);
  return 0;
}

static int queue_welcome(struct topo_node *node, uint64_t conn, const struct topo_id *admission)
{
  struct topo_node_item welcome = {*admission, conn};
  return topo_buf_put(&node->welcomes, &welcome, sizeof welcome);
}

/* The JOIN's signatures, before anything is written: a bad one costs the joiner its connection and
 * nothing else. */
static int check_join(struct topo_node *node, const struct topo_authority_node *invite,
                      const struct topo_authority_node *own, const struct topo_session_join *join)
{
  struct topo_act act = {.kind = TOPO_ACT_ADMISSION,
                         .device = join->device,
                         .seal_key = join->seal_key,
                         .countersign = join->countersign,
                         .proof = join->proof,
                         .invite = join->invite,
                         .slot = join->slot};
  return topo_authority_check_join(topo_dag_authority(node->dag), topo_dag_context(node->dag), &act,
                                   own, invite);
}

static int write_admission(struct topo_node *node, const struct topo_session_join *join,
                           struct topo_id *admission)
{
  struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
  struct topo_sink sink;
  topo_node_sink(node, &sink);
  v[TOPO_ADMISSION_INVITE] = topo_value_of_id(&join->invite);
  v[TOPO_ADMISSION_SLOT].number = join->slot;
  v[TOPO_ADMISSION_DEVICE] = topo_value_of_id(&join->device);
  v[TOPO_ADMISSION_SEAL_KEY] = topo_value_of_id(&join->seal_key);
  v[TOPO_ADMISSION_COUNTERSIGN].bytes = (struct topo_bytes){join->countersign, TOPO_SIG_SIZE};
  v[TOPO_ADMISSION_PROOF].bytes = (struct topo_bytes){join->proof, TOPO_SIG_SIZE};
  int status =
      topo_dag_author(node->dag, &topo_type_admission, v, node->now.wall_ms, &sink, admission);
  if (status == 0)
    status = topo_dag_wrap_all(node->dag, &topo_type_wrap, admission, &join->seal_key,
                               node->now.wall_ms, &sink);
  return status;
}

int topo_join_admit(struct topo_node *node, struct topo_node_conn *conn,
                    const struct topo_session_join *join)
{
  const struct topo_authority *a = topo_dag_authority(node->dag);
  const struct topo_authority_node *before =
      topo_authority_admission(a, &join->invite, &join->device);
  if (before)
    return queue_welcome(node, conn->number, &before->id);
  int open = -1;
  const struct topo_authority_node *invite =
      topo_authority_open_invite(a, &conn->peer, &node->self.device.public_key, &open);
  const struct topo_authority_node *own =
      topo_authority_credential_of(a, &node->self.device.public_key);
  if (!invite || !own || !topo_id_equal(&invite->id, &join->invite) || open != join->slot)
    return TOPO_EUNTRUSTED;
  int status = check_join(node, invite, own, join);
  if (status < 0)
    return status;
  status = topo_node_writing(node, true);
  struct topo_id admission;
  if (status == 0)
    status = write_admission(node, join, &admission);
  if (status < 0 && node->failure == 0)
    node->failure = status; /* half of it may be in memory */
  return status == 0 ? queue_welcome(node, conn->number, &admission) : status;
}

/* The name that the joiner gave is told once a key to seal it with is here. */
static void tell_name(struct topo_node *node)
{
  struct topo_buf name = {0};
  struct topo_sink sink;
  struct topo_id id;
  struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
  int status = topo_local_get(node->db, "user_name", &name);
  if (status == 0)
    status = topo_node_writing(node, true);
  topo_node_sink(node, &sink);
  v[TOPO_PROFILE_OF].number = TOPO_PROFILE_OF_USER;
  v[TOPO_PROFILE_NAME].bytes = topo_buf_view(&name);
  if (status == 0)
    status = topo_dag_author(node->dag, &topo_type_profile, v, node->now.wall_ms, &sink, &id);
  if (status == 0)
    status = topo_local_remove(node->db, "user_name");
  topo_buf_finish(&name);
  if (status == 0)
    node->profile_due = false;
  else if (node->failure == 0)
    node->failure = status;
}

void topo_join_progress(struct topo_node *node)
{
  if (node->failure < 0 || (!node->joining && !node->profile_due))
    return;
  const struct topo_authority_node *own =
      topo_authority_credential_of(topo_dag_authority(node->dag), &node->self.device.public_key);
  if (!own)
    return;
  if (node->joining && topo_node_writing(node, true) == 0) {
    int status = topo_local_remove(node->db, "invite_seed");
    if (status == 0)
      status = topo_local_remove(node->db, "invite_device");
    if (status < 0)
      node->failure = status;
    node->joining = false;
    topo_wipe(node->invite_seed, sizeof node->invite_seed);
    node->trust_dirty = true;
  }
  if (node->profile_due && node->failure == 0 && topo_dag_can_seal(node->dag))
    tell_name(node);
}
