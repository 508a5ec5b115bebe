/*
 * craft.c - the layouts of docs/protocol.md, chapters 2 and 3, for writing.
 */
#include "model/craft.h"

#include "base/assert.h"
#include "crypto/ggm.h"
#include "crypto/hash.h"
#include "crypto/seal.h"

#include <stdlib.h>
#include <string.h>

enum { CONTEXT_SIZE = 65, CONTENT_HEADER = 94, PADDING = 64 };

#define ASCII(s) ((struct topo_bytes){(const uint8_t *)(s), sizeof(s) - 1})

static void put_context(uint8_t out[static CONTEXT_SIZE], const struct craft_place *place)
{
  out[0] = 1;
  memcpy(out + 1, place->workspace.bytes, 32);
  memcpy(out + 33, place->workspace.bytes, 32);
}

static void put_signature(struct topo_buf *out, const struct topo_sign_key *key,
                          const struct topo_bytes *parts, size_t n, bool bad)
{
  uint8_t sig[TOPO_SIG_SIZE];
  topo_sign(sig, key, parts, n);
  sig[7] ^= bad;
  topo_buf_put(out, sig, sizeof sig);
  topo_assert(!out->failed);
}

void craft_control(struct topo_buf *out, const struct craft_control *c)
{
  uint8_t context[CONTEXT_SIZE];
  size_t start = out->len;
  put_context(context, &c->place);
  topo_buf_put_u8(out, 1);
  topo_buf_put_u8(out, 1);
  topo_buf_put_u16(out, c->type);
  topo_buf_put_u64(out, c->hlc);
  topo_buf_put_id(out, &c->signer->public_key);
  topo_buf_put_id(out, &c->auth);
  topo_buf_put_u32(out, c->seq);
  topo_buf_put_id(out, &c->prev);
  topo_buf_put_u8(out, c->n_parents);
  for (size_t i = 0; i < c->n_parents; i++)
    topo_buf_put_id(out, &c->parents[i]);
  topo_buf_put_u16(out, (uint16_t)c->body.len);
  topo_buf_put(out, c->body.data, c->body.len);
  struct topo_bytes parts[] = {
      ASCII("topo/1 control"), {context, CONTEXT_SIZE}, {out->data + start, out->len - start}};
  put_signature(out, c->signer, parts, 3, c->bad_signature);
}

static void put_content_header(struct topo_buf *out, const struct craft_content *c)
{
  const struct topo_id *device = c->mask ? c->mask : &c->signer->public_key;
  uint8_t header_key[32], tag[32];
  topo_kdf(header_key, c->secret, "header", c->epoch.bytes, 32);
  topo_kdf(tag, header_key, "tag", device->bytes, 32);
  topo_buf_put_u8(out, 1);
  topo_buf_put_u8(out, 2);
  topo_buf_put_u64(out, c->hlc);
  topo_buf_put(out, tag, 16);
  topo_buf_put_u32(out, c->seq);
  topo_buf_put_id(out, &c->prev);
  topo_buf_put_id(out, &c->epoch);
}

static void put_plain(struct topo_buf *plain, const struct craft_content *c, const uint8_t *header)
{
  uint8_t context[CONTEXT_SIZE];
  put_context(context, &c->place);
  topo_buf_put_id(plain, &c->signer->public_key);
  topo_buf_put_id(plain, &c->auth);
  topo_buf_put_u16(plain, c->type);
  topo_buf_put_u16(plain, (uint16_t)c->body.len);
  topo_buf_put(plain, c->body.data, c->body.len);
  struct topo_bytes parts[] = {ASCII("topo/1 content"),
                               {context, CONTEXT_SIZE},
                               {header, CONTENT_HEADER},
                               topo_buf_view(plain)};
  put_signature(plain, c->signer, parts, 4, c->bad_signature);
  while (plain->len % PADDING)
    topo_buf_put_u8(plain, 0);
  topo_assert(!plain->failed);
}

void craft_content(struct topo_buf *out, const struct craft_content *c)
{
  uint8_t context[CONTEXT_SIZE], root[32], leaf[32];
  size_t start = out->len;
  struct topo_buf plain = {0};
  put_context(context, &c->place);
  put_content_header(out, c);
  topo_assert(!out->failed);
  put_plain(&plain, c, out->data + start);
  topo_kdf(root, c->secret, "root", c->epoch.bytes, 32);
  topo_ggm_leaf(leaf, root, topo_get_be64(out->data + start + 10), c->seq, NULL);

  size_t sealed = plain.len + TOPO_SEAL_OVERHEAD;
  topo_assert(topo_buf_reserve(out, sealed) == 0);
  struct topo_bytes aad[] = {
      ASCII("topo/1 seal"), {context, CONTEXT_SIZE}, {out->data + start, CONTENT_HEADER}};
  topo_seal(out->data + out->len, leaf, aad, 3, topo_buf_view(&plain));
  out->data[out->len + 40] ^= c->bad_seal;
  out->len += sealed;
  topo_buf_finish(&plain);
}

struct topo_id craft_id(const struct craft_place *place, struct topo_bytes event)
{
  uint8_t context[CONTEXT_SIZE], inner[32];
  struct topo_id id;
  struct topo_bytes header = event, sealed = {NULL, 0};
  if (event.data[1] == 2) {
    header.len = CONTENT_HEADER;
    sealed = (struct topo_bytes){event.data + CONTENT_HEADER, event.len - CONTENT_HEADER};
  }
  put_context(context, place);
  topo_hash(inner, &sealed, 1);
  struct topo_bytes parts[] = {
      ASCII("topo/1 event"), {context, CONTEXT_SIZE}, header, {inner, sizeof inner}};
  topo_hash(id.bytes, parts, 4);
  return id;
}

struct topo_id craft_user(const struct topo_id *workspace, const struct topo_id *device)
{
  struct topo_id user;
  struct topo_bytes parts[] = {ASCII("topo/1 user"), {workspace->bytes, 32}, {device->bytes, 32}};
  topo_hash(user.bytes, parts, 3);
  return user;
}

struct topo_id craft_commitment(const uint8_t secret[static 32])
{
  struct topo_id commitment;
  topo_kdf(commitment.bytes, secret, "commit", NULL, 0);
  return commitment;
}

static void put_countersign(struct topo_buf *out, const struct craft_newcomer *who)
{
  uint8_t context[CONTEXT_SIZE];
  put_context(context, &who->place);
  struct topo_bytes parts[] = {ASCII("topo/1 countersign"),
                               {context, CONTEXT_SIZE},
                               {who->user.bytes, 32},
                               {who->auth.bytes, 32},
                               {who->device->public_key.bytes, 32},
                               {who->seal_key.bytes, 32}};
  put_signature(out, who->device, parts, 6, who->bad_countersign);
}

void craft_workspace(struct topo_buf *out, const struct topo_id *seal_key,
                     const struct topo_id *nonce)
{
  topo_buf_put_id(out, seal_key);
  topo_buf_put_id(out, nonce);
}

void craft_user_body(struct topo_buf *out, const struct craft_newcomer *who, uint8_t role)
{
  topo_buf_put_id(out, &who->user);
  topo_buf_put_u8(out, role);
  craft_device_body(out, who);
}

void craft_device_body(struct topo_buf *out, const struct craft_newcomer *who)
{
  topo_buf_put_id(out, &who->device->public_key);
  topo_buf_put_id(out, &who->seal_key);
  put_countersign(out, who);
}

void craft_invite(struct topo_buf *out, const struct topo_id *invite_key, uint8_t role,
                  uint64_t expires_ms, const struct topo_id *slots, uint16_t n)
{
  topo_buf_put_id(out, invite_key);
  topo_buf_put_u8(out, role);
  topo_buf_put_u64(out, expires_ms);
  topo_buf_put_u16(out, n);
  for (size_t i = 0; i < n; i++)
    topo_buf_put_id(out, &slots[i]);
}

void craft_admission(struct topo_buf *out, const struct craft_newcomer *who,
                     const struct topo_sign_key *invite_key, const struct topo_id *invite,
                     uint16_t slot, bool bad_proof)
{
  uint8_t context[CONTEXT_SIZE], number[2] = {(uint8_t)(slot >> 8), (uint8_t)slot};
  put_context(context, &who->place);
  topo_buf_put_id(out, invite);
  topo_buf_put_u16(out, slot);
  craft_device_body(out, who);
  struct topo_bytes parts[] = {ASCII("topo/1 admission"), {context, CONTEXT_SIZE},
                               {invite->bytes, 32},       {number, 2},
                               {who->user.bytes, 32},     {who->device->public_key.bytes, 32},
                               {who->seal_key.bytes, 32}};
  put_signature(out, invite_key, parts, 7, bad_proof);
}

void craft_epoch(struct topo_buf *out, uint32_t generation, uint8_t policy,
                 const struct topo_id *commitment, const struct topo_id *epochs, uint16_t n)
{
  topo_buf_put_u32(out, generation);
  topo_buf_put_u8(out, policy);
  topo_buf_put_id(out, commitment);
  topo_buf_put_u16(out, n);
  for (size_t i = 0; i < n; i++)
    topo_buf_put_id(out, &epochs[i]);
}

void craft_wrap(struct topo_buf *out, const struct topo_id *epoch, const struct topo_id *credential)
{
  static const uint8_t wrap[80];
  topo_buf_put_id(out, epoch);
  topo_buf_put_u16(out, 1);
  topo_buf_put_id(out, credential);
  topo_buf_put(out, wrap, sizeof wrap);
}

static void put_text(struct topo_buf *out, const char *text)
{
  topo_buf_put_u16(out, (uint16_t)strlen(text));
  topo_buf_put(out, text, strlen(text));
}

void craft_profile(struct topo_buf *out, uint8_t of, uint64_t version, const char *name)
{
  topo_buf_put_u8(out, of);
  topo_buf_put_u64(out, version);
  put_text(out, name);
}

void craft_channel(struct topo_buf *out, const char *name)
{
  put_text(out, name);
}

void craft_message(struct topo_buf *out, const struct topo_id *channel, const struct topo_id *after,
                   const char *text)
{
  topo_buf_put_id(out, channel);
  topo_buf_put_u16(out, after ? 1 : 0);
  if (after)
    topo_buf_put_id(out, after);
  put_text(out, text);
}

void craft_reply(struct topo_buf *out, const struct topo_id *target, const char *text)
{
  topo_buf_put_id(out, target);
  put_text(out, text);
}
