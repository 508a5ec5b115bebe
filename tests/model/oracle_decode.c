/*
 * oracle_decode.c - plain reads of the layouts of chapters 2 and 3.
 */
#include "crypto/ggm.h"
#include "crypto/hash.h"
#include "crypto/seal.h"
#include "model/oracle_internal.h"

#include "base/assert.h"

#include <stdlib.h>
#include <string.h>

enum { EVENT_MAX = 65536, CONTENT_HEADER = 94, SEQ_LIMIT = 1 << 20 };

void oracle_context(uint8_t out[static ORACLE_CONTEXT_SIZE], const struct topo_id *workspace)
{
  out[0] = 1;
  memcpy(out + 1, workspace->bytes, 32);
  memcpy(out + 33, workspace->bytes, 32);
}

static struct topo_id name_of(const struct topo_id *workspace, struct topo_bytes header,
                              struct topo_bytes sealed)
{
  uint8_t context[ORACLE_CONTEXT_SIZE], inner[32];
  struct topo_id id;
  oracle_context(context, workspace);
  topo_hash(inner, &sealed, 1);
  struct topo_bytes parts[] = {
      {(const uint8_t *)"topo/1 event", 12}, {context, sizeof context}, header, {inner, 32}};
  topo_hash(id.bytes, parts, 4);
  return id;
}

static bool decode_control(struct oracle_event *e, struct topo_reader *r)
{
  e->type = topo_read_u16(r);
  e->hlc = topo_read_u64(r);
  e->device = topo_read_id(r);
  e->auth = topo_read_id(r);
  e->seq = topo_read_u32(r);
  e->prev = topo_read_id(r);
  e->n_parents = topo_read_u8(r);
  if (e->n_parents > 16)
    return false;
  for (size_t i = 0; i < e->n_parents; i++) {
    e->parents[i] = topo_read_id(r);
    if (i > 0 && topo_id_compare(&e->parents[i - 1], &e->parents[i]) >= 0)
      return false;
  }
  e->payload = topo_read_bytes(r, topo_read_u16(r));
  e->signature = topo_read_bytes(r, TOPO_SIG_SIZE);
  if (r->failed || topo_reader_left(r) != 0)
    return false;
  if (e->type < 1 || e->type > 0x0fff)
    return false;
  if (e->type == ORACLE_WORKSPACE)
    return topo_id_is_zero(&e->auth) && e->seq == 0 && e->n_parents == 0;
  return !topo_id_is_zero(&e->auth);
}

static bool decode_content(struct oracle_event *e, struct topo_reader *r)
{
  e->hlc = topo_read_u64(r);
  struct topo_bytes tag = topo_read_bytes(r, sizeof e->tag);
  e->seq = topo_read_u32(r);
  e->prev = topo_read_id(r);
  e->epoch = topo_read_id(r);
  size_t sealed = topo_reader_left(r);
  if (r->failed || e->seq >= SEQ_LIMIT)
    return false;
  memcpy(e->tag, tag.data, sizeof e->tag);
  return sealed >= TOPO_SEAL_OVERHEAD + 192 && (sealed - TOPO_SEAL_OVERHEAD) % 64 == 0;
}

void oracle_decode(struct oracle_event *e, const struct topo_id *workspace)
{
  struct topo_reader r = topo_reader_init(e->bytes.data, e->bytes.len);
  uint8_t version = topo_read_u8(&r);
  e->kind = topo_read_u8(&r);
  bool good = !r.failed && version == 1 && e->bytes.len <= EVENT_MAX;
  if (good && e->kind == ORACLE_KIND_CONTROL)
    good = decode_control(e, &r);
  else if (good && e->kind == ORACLE_KIND_CONTENT)
    good = decode_content(e, &r);
  else
    good = false;
  e->well_formed = good && e->hlc >> 63 == 0 && topo_id_is_zero(&e->prev) == (e->seq == 0);

  struct topo_bytes header = e->bytes, sealed = {NULL, 0};
  if (e->well_formed && e->kind == ORACLE_KIND_CONTENT) {
    header.len = CONTENT_HEADER;
    sealed = (struct topo_bytes){e->bytes.data + CONTENT_HEADER, e->bytes.len - CONTENT_HEADER};
  }
  bool genesis = e->well_formed && e->kind == ORACLE_KIND_CONTROL && e->type == ORACLE_WORKSPACE;
  e->id = name_of(genesis ? &topo_id_zero : workspace, header, sealed);
  if (e->well_formed && e->kind == ORACLE_KIND_CONTROL)
    oracle_decode_body(e);
}

static bool read_text(struct topo_reader *r, size_t max, struct topo_bytes *text)
{
  *text = topo_read_bytes(r, topo_read_u16(r));
  return !r->failed && text->len >= 1 && text->len <= max &&
         topo_utf8_valid(text->data, text->len) && !memchr(text->data, 0, text->len);
}

/* A list of elements of `size` bytes; the count by pointer. */
static const uint8_t *read_list(struct topo_reader *r, size_t size, uint16_t min, uint16_t max,
                                uint16_t *n, bool *good)
{
  *n = topo_read_u16(r);
  if (*n < min || *n > max)
    *good = false;
  return topo_read_bytes(r, *n * size).data;
}

struct topo_id oracle_id_at(const uint8_t *list, size_t i)
{
  struct topo_id id;
  memcpy(id.bytes, list + 32 * i, 32);
  return id;
}

static bool read_epoch(struct topo_reader *r, struct oracle_body *b)
{
  bool good = true;
  b->generation = topo_read_u32(r);
  uint8_t policy = topo_read_u8(r);
  b->commitment = topo_read_id(r);
  b->epochs = read_list(r, 32, 0, 16, &b->n_epochs, &good);
  for (size_t i = 1; good && !r->failed && i < b->n_epochs; i++)
    good = memcmp(b->epochs + 32 * (i - 1), b->epochs + 32 * i, 32) < 0;
  return good && policy == 1;
}

static bool read_invite(struct topo_reader *r, struct oracle_body *b)
{
  bool good = true;
  b->invite_key = topo_read_id(r);
  b->role = topo_read_u8(r);
  topo_read_u64(r); /* expires_ms binds honest admitters only */
  b->slots = read_list(r, 32, 1, 64, &b->n_slots, &good);
  return good && b->role <= 4;
}

static void read_admission(struct topo_reader *r, struct oracle_body *b)
{
  b->invite = topo_read_id(r);
  b->slot = topo_read_u16(r);
  b->device = topo_read_id(r);
  b->seal_key = topo_read_id(r);
  b->countersign = topo_read_bytes(r, TOPO_SIG_SIZE);
  b->proof = topo_read_bytes(r, TOPO_SIG_SIZE);
}

static bool read_control_body(struct topo_reader *r, uint16_t type, struct oracle_body *b)
{
  bool good = true;
  uint16_t n;
  switch (type) {
  case ORACLE_WORKSPACE:
    b->seal_key = topo_read_id(r);
    topo_read_id(r); /* nonce */
    return true;
  case ORACLE_USER:
    b->user = topo_read_id(r);
    b->role = topo_read_u8(r);
    b->device = topo_read_id(r);
    b->seal_key = topo_read_id(r);
    b->countersign = topo_read_bytes(r, TOPO_SIG_SIZE);
    return b->role <= 4;
  case ORACLE_DEVICE:
    b->device = topo_read_id(r);
    b->seal_key = topo_read_id(r);
    b->countersign = topo_read_bytes(r, TOPO_SIG_SIZE);
    return true;
  case ORACLE_INVITE: return read_invite(r, b);
  case ORACLE_ADMISSION: read_admission(r, b); return true;
  case ORACLE_EPOCH: return read_epoch(r, b);
  case ORACLE_WRAP:
    b->target = topo_read_id(r);
    read_list(r, 32 + 80, 1, 512, &n, &good);
    return good;
  default: return false;
  }
}

static bool read_content_body(struct topo_reader *r, uint16_t type, struct oracle_body *b)
{
  bool good = true;
  uint16_t n;
  switch (type) {
  case ORACLE_PROFILE:
    b->profile_of = topo_read_u8(r);
    b->version = topo_read_u64(r);
    return b->profile_of <= 1 && b->version >= 1 && b->version >> 63 == 0 &&
           read_text(r, 256, &b->text);
  case ORACLE_CHANNEL: return read_text(r, 256, &b->text);
  case ORACLE_MESSAGE:
    b->target = topo_read_id(r);
    read_list(r, 32, 0, 1, &n, &good); /* what was read: it orders what is shown, and no more */
    return good && read_text(r, 32768, &b->text);
  case ORACLE_REACTION: b->target = topo_read_id(r); return read_text(r, 64, &b->text);
  default: return false;
  }
}

void oracle_decode_body(struct oracle_event *e)
{
  struct topo_reader r = topo_reader_init(e->payload.data, e->payload.len);
  e->readable = e->kind == ORACLE_KIND_CONTROL ? read_control_body(&r, e->type, &e->body)
                                               : read_content_body(&r, e->type, &e->body);
  if (r.failed || topo_reader_left(&r) != 0)
    e->readable = false;
}

/* key device ‖ id auth ‖ u16 type ‖ u16 len ‖ body ‖ signature ‖ 00…: minimal padding, all zero. */
static bool read_plain(struct oracle_event *e, size_t len, const uint8_t header_key[static 32])
{
  struct topo_reader r = topo_reader_init(e->plain, len);
  e->device = topo_read_id(&r);
  e->auth = topo_read_id(&r);
  e->type = topo_read_u16(&r);
  e->payload = topo_read_bytes(&r, topo_read_u16(&r));
  e->signature = topo_read_bytes(&r, TOPO_SIG_SIZE);
  size_t padding = topo_reader_left(&r);
  if (r.failed || padding >= 64)
    return false;
  for (size_t i = 0; i < padding; i++)
    if (r.at[i] != 0)
      return false;
  uint8_t tag[32];
  topo_kdf(tag, header_key, "tag", e->device.bytes, 32);
  return memcmp(tag, e->tag, sizeof e->tag) == 0;
}

void oracle_open(struct oracle_event *e, const struct topo_id *workspace,
                 const uint8_t secret[static 32])
{
  uint8_t header_key[32], root[32], leaf[32], context[ORACLE_CONTEXT_SIZE];
  topo_kdf(header_key, secret, "header", e->epoch.bytes, 32);
  topo_kdf(root, secret, "root", e->epoch.bytes, 32);
  topo_ggm_leaf(leaf, root, topo_get_be64(e->tag), e->seq, NULL);
  oracle_context(context, workspace);
  struct topo_bytes aad[] = {{(const uint8_t *)"topo/1 seal", 11},
                             {context, sizeof context},
                             {e->bytes.data, CONTENT_HEADER}};
  size_t sealed = e->bytes.len - CONTENT_HEADER, len = sealed - TOPO_SEAL_OVERHEAD;
  e->plain = malloc(len);
  topo_assert(e->plain);
  e->opened = topo_unseal(e->plain, leaf, aad, 3, e->bytes.data + CONTENT_HEADER, sealed) == 0 &&
              read_plain(e, len, header_key);
  e->broken = !e->opened;
  if (e->opened)
    oracle_decode_body(e);
}
