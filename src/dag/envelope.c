/* envelope.c - headers to structs and back; ids. */
#include "dag/envelope.h"

#include "base/assert.h"
#include "base/status.h"
#include "crypto/hash.h"
#include "crypto/seal.h"

#include <string.h>

enum { WIRE_VERSION = 1, TYPE_WORKSPACE = 1 };
#define LITERAL(text) ((struct topo_bytes){(const uint8_t *)(text), sizeof(text) - 1})

void topo_context_bytes(const struct topo_context *context, uint8_t out[static TOPO_CONTEXT_SIZE])
{
  out[0] = WIRE_VERSION;
  memcpy(out + 1, context->workspace.bytes, 32);
  memcpy(out + 33, context->scope.bytes, 32);
}

static struct topo_id named(struct topo_bytes domain, const struct topo_id *workspace,
                            const struct topo_id *device)
{
  struct topo_id name;
  struct topo_bytes parts[] = {domain, {workspace->bytes, 32}, {device->bytes, 32}};
  topo_hash(name.bytes, parts, 3);
  return name;
}

struct topo_id topo_user_of(const struct topo_id *workspace, const struct topo_id *device)
{
  return named(LITERAL("topo/1 user"), workspace, device);
}

struct topo_id topo_name_of(const struct topo_id *workspace, const struct topo_id *device)
{
  return named(LITERAL("topo/1 sni"), workspace, device);
}

bool topo_envelope_is_genesis(const struct topo_envelope *e)
{
  return e->kind == TOPO_CONTROL && e->type == TYPE_WORKSPACE;
}

/* Genesis names the workspace, so it cannot be bound to that name itself. */
static struct topo_context context_of(const struct topo_envelope *e, const struct topo_context *c)
{
  return topo_envelope_is_genesis(e) ? (struct topo_context){{{0}}, {{0}}} : *c;
}

static void compute_id(struct topo_envelope *e, const struct topo_context *context)
{
  topo_assert(e->sealed.len < e->raw.len && (e->kind == TOPO_CONTENT || e->sealed.len == 0));
  struct topo_bytes domain =
      e->kind == TOPO_RECORD ? LITERAL("topo/1 record id") : LITERAL("topo/1 event");
  uint8_t names[TOPO_CONTEXT_SIZE], sealed_hash[TOPO_HASH_SIZE];
  struct topo_context c = context_of(e, context);
  topo_context_bytes(&c, names);
  topo_hash(sealed_hash, &e->sealed, 1);
  struct topo_bytes parts[] = {domain,
                               {names, sizeof names},
                               {e->raw.data, e->raw.len - e->sealed.len},
                               {sealed_hash, sizeof sealed_hash}};
  topo_hash(e->id.bytes, parts, e->kind == TOPO_RECORD ? 3 : 4); /* nothing of a record is sealed */
}

static int check_common(const struct topo_envelope *e)
{
  if (e->hlc > INT64_MAX || (e->seq == 0) != topo_id_is_zero(&e->prev))
    return TOPO_EMALFORMED;
  return 0;
}

static int check_control(const struct topo_envelope *e)
{
  if (e->type == 0 || (e->type >= TOPO_TYPE_CONTENT && e->type < TOPO_TYPE_LOCAL))
    return TOPO_EMALFORMED;
  for (unsigned i = 1; i < e->n_parents; i++)
    if (memcmp(e->parents + 32 * (i - 1), e->parents + 32 * i, 32) >= 0)
      return TOPO_EMALFORMED;
  /* Only a genesis is without a right, and it is nothing else. */
  if (topo_id_is_zero(&e->auth) != (e->type == TYPE_WORKSPACE))
    return TOPO_EMALFORMED;
  if (e->type == TYPE_WORKSPACE && (e->seq != 0 || e->n_parents != 0))
    return TOPO_EMALFORMED;
  return check_common(e);
}

static int decode_control(struct topo_envelope *e, struct topo_reader *r)
{
  e->type = topo_read_u16(r);
  e->hlc = topo_read_u64(r);
  e->signer = topo_read_id(r);
  e->auth = topo_read_id(r);
  e->seq = topo_read_u32(r);
  e->prev = topo_read_id(r);
  e->n_parents = topo_read_u8(r);
  if (e->n_parents > TOPO_PARENTS_MAX)
    return TOPO_EMALFORMED;
  e->parents = topo_read_bytes(r, (size_t)32 * e->n_parents).data;
  e->body = topo_read_bytes(r, topo_read_u16(r));
  e->signature = topo_read_bytes(r, TOPO_SIG_SIZE).data;
  if (r->failed || topo_reader_left(r) != 0)
    return TOPO_EMALFORMED;
  if (e->type >= TOPO_TYPE_LOCAL)
    return TOPO_ELOCALTYPE;
  return check_control(e);
}

static int decode_content(struct topo_envelope *e, struct topo_reader *r)
{
  e->hlc = topo_read_u64(r);
  struct topo_bytes tag = topo_read_bytes(r, TOPO_TAG_SIZE);
  e->seq = topo_read_u32(r);
  e->prev = topo_read_id(r);
  e->epoch = topo_read_id(r);
  if (r->failed)
    return TOPO_EMALFORMED;
  memcpy(e->tag, tag.data, TOPO_TAG_SIZE);
  e->sealed = topo_read_bytes(r, topo_reader_left(r));
  size_t plain = e->sealed.len - TOPO_SEAL_OVERHEAD;
  if (e->sealed.len < TOPO_SEAL_OVERHEAD + TOPO_SEALED_FIXED || plain % TOPO_SEALED_ALIGN != 0 ||
      e->seq >> 20 != 0)
    return TOPO_EMALFORMED;
  return check_common(e);
}

/* docs/protocol.md §2.5. What the body says is not looked at: those who cannot read it pass it on.
 */
static int decode_record(struct topo_envelope *e, struct topo_reader *r)
{
  e->signer = topo_read_id(r);
  e->hlc = topo_read_u64(r);
  e->body = topo_read_bytes(r, topo_read_u16(r));
  e->signature = topo_read_bytes(r, TOPO_SIG_SIZE).data;
  if (r->failed || topo_reader_left(r) != 0 || e->body.len > TOPO_RECORD_MAX)
    return TOPO_EMALFORMED;
  return e->hlc >= 1 && e->hlc <= INT64_MAX ? 0 : TOPO_EMALFORMED;
}

int topo_envelope_decode(struct topo_envelope *e, const struct topo_context *context,
                         struct topo_bytes raw)
{
  *e = (struct topo_envelope){.raw = raw};
  if (raw.len < 2 || raw.len > TOPO_EVENT_MAX)
    return TOPO_EMALFORMED;
  struct topo_reader r = topo_reader_init(raw.data, raw.len);
  if (topo_read_u8(&r) != WIRE_VERSION)
    return TOPO_EVERSION;
  uint8_t kind = topo_read_u8(&r);
  if (kind != TOPO_CONTROL && kind != TOPO_CONTENT && kind != TOPO_RECORD)
    return TOPO_EMALFORMED;
  e->kind = (enum topo_event_kind)kind;
  int status = kind == TOPO_CONTROL   ? decode_control(e, &r)
               : kind == TOPO_CONTENT ? decode_content(e, &r)
                                      : decode_record(e, &r);
  if (status == 0)
    compute_id(e, context);
  return status;
}

struct topo_id topo_envelope_parent(const struct topo_envelope *e, unsigned i)
{
  struct topo_id id;
  topo_assert(i < e->n_parents);
  memcpy(id.bytes, e->parents + (size_t)32 * i, 32);
  return id;
}

int topo_envelope_verify(const struct topo_envelope *e, const struct topo_context *context)
{
  topo_assert(e->kind != TOPO_CONTENT && e->raw.len > TOPO_SIG_SIZE);
  uint8_t names[TOPO_CONTEXT_SIZE];
  struct topo_context c = context_of(e, context);
  topo_context_bytes(&c, names);
  struct topo_bytes parts[] = {e->kind == TOPO_RECORD ? LITERAL("topo/1 record")
                                                      : LITERAL("topo/1 control"),
                               {names, sizeof names},
                               {e->raw.data, e->raw.len - TOPO_SIG_SIZE}};
  return topo_envelope_is_genesis(e) ? topo_verify(e->signature, &e->signer, parts, 3)
                                     : topo_verify_known(e->signature, &e->signer, parts, 3);
}

int topo_inner_decode(struct topo_inner *inner, struct topo_bytes plain)
{
  struct topo_reader r = topo_reader_init(plain.data, plain.len);
  inner->device = topo_read_id(&r);
  inner->auth = topo_read_id(&r);
  inner->type = topo_read_u16(&r);
  inner->body = topo_read_bytes(&r, topo_read_u16(&r));
  inner->signed_part = (struct topo_bytes){plain.data, (size_t)(r.at - plain.data)};
  inner->signature = topo_read_bytes(&r, TOPO_SIG_SIZE).data;
  if (r.failed || topo_reader_left(&r) >= TOPO_SEALED_ALIGN)
    return TOPO_EMALFORMED;
  while (topo_reader_left(&r))
    if (topo_read_u8(&r) != 0)
      return TOPO_EMALFORMED;
  return 0;
}

int topo_inner_verify(const struct topo_inner *inner, const struct topo_envelope *e,
                      const struct topo_context *context)
{
  topo_assert(e->kind == TOPO_CONTENT && e->raw.len > TOPO_CONTENT_HEADER);
  uint8_t names[TOPO_CONTEXT_SIZE];
  topo_context_bytes(context, names);
  struct topo_bytes parts[] = {LITERAL("topo/1 content"),
                               {names, sizeof names},
                               {e->raw.data, TOPO_CONTENT_HEADER},
                               inner->signed_part};
  return topo_verify_known(inner->signature, &inner->device, parts, 4);
}

int topo_envelope_write_control(struct topo_buf *out, const struct topo_envelope *e,
                                const struct topo_context *context, const struct topo_sign_key *key)
{
  size_t start = out->len;
  topo_assert(e->kind == TOPO_CONTROL && topo_id_equal(&e->signer, &key->public_key));
  topo_assert(e->n_parents <= TOPO_PARENTS_MAX && e->hlc <= INT64_MAX);
  topo_assert((e->seq == 0) == topo_id_is_zero(&e->prev));
  if (e->body.len > UINT16_MAX)
    return TOPO_ELIMIT;
  topo_buf_put_u8(out, WIRE_VERSION);
  topo_buf_put_u8(out, TOPO_CONTROL);
  topo_buf_put_u16(out, e->type);
  topo_buf_put_u64(out, e->hlc);
  topo_buf_put_id(out, &e->signer);
  topo_buf_put_id(out, &e->auth);
  topo_buf_put_u32(out, e->seq);
  topo_buf_put_id(out, &e->prev);
  topo_buf_put_u8(out, e->n_parents);
  topo_buf_put(out, e->parents, (size_t)32 * e->n_parents);
  topo_buf_put_u16(out, (uint16_t)e->body.len);
  topo_buf_put(out, e->body.data, e->body.len);
  if (out->failed)
    return TOPO_ENOMEM;
  uint8_t names[TOPO_CONTEXT_SIZE], sig[TOPO_SIG_SIZE];
  struct topo_context c = context_of(e, context);
  topo_context_bytes(&c, names);
  struct topo_bytes parts[] = {
      LITERAL("topo/1 control"), {names, sizeof names}, {out->data + start, out->len - start}};
  topo_sign(sig, key, parts, 3);
  topo_buf_put(out, sig, sizeof sig);
  if (out->failed)
    return TOPO_ENOMEM;
  return out->len - start > TOPO_EVENT_MAX ? TOPO_ELIMIT : 0;
}

int topo_envelope_write_record(struct topo_buf *out, uint64_t seq, struct topo_bytes body,
                               const struct topo_context *context, const struct topo_sign_key *key)
{
  size_t start = out->len;
  topo_assert(seq >= 1 && seq <= INT64_MAX && body.len <= TOPO_RECORD_MAX);
  topo_buf_put_u8(out, WIRE_VERSION);
  topo_buf_put_u8(out, TOPO_RECORD);
  topo_buf_put_id(out, &key->public_key);
  topo_buf_put_u64(out, seq);
  topo_buf_put_u16(out, (uint16_t)body.len);
  topo_buf_put(out, body.data, body.len);
  if (out->failed)
    return TOPO_ENOMEM;
  uint8_t names[TOPO_CONTEXT_SIZE], sig[TOPO_SIG_SIZE];
  topo_context_bytes(context, names);
  struct topo_bytes parts[] = {
      LITERAL("topo/1 record"), {names, sizeof names}, {out->data + start, out->len - start}};
  topo_sign(sig, key, parts, 3);
  return topo_buf_put(out, sig, sizeof sig);
}

int topo_envelope_write_content(struct topo_buf *out, const struct topo_envelope *e)
{
  topo_assert(e->kind == TOPO_CONTENT && e->hlc <= INT64_MAX);
  topo_assert((e->seq == 0) == topo_id_is_zero(&e->prev));
  topo_buf_put_u8(out, WIRE_VERSION);
  topo_buf_put_u8(out, TOPO_CONTENT);
  topo_buf_put_u64(out, e->hlc);
  topo_buf_put(out, e->tag, TOPO_TAG_SIZE);
  topo_buf_put_u32(out, e->seq);
  topo_buf_put_id(out, &e->prev);
  topo_buf_put_id(out, &e->epoch);
  return out->failed ? TOPO_ENOMEM : 0;
}

int topo_inner_write(struct topo_buf *out, struct topo_bytes header,
                     const struct topo_context *context, const struct topo_id *auth, uint16_t type,
                     struct topo_bytes body, const struct topo_sign_key *key)
{
  static const uint8_t zeros[TOPO_SEALED_ALIGN];
  size_t start = out->len;
  if (body.len > TOPO_EVENT_MAX - TOPO_CONTENT_HEADER - TOPO_SEAL_OVERHEAD - TOPO_SEALED_FIXED -
                     TOPO_SEALED_ALIGN)
    return TOPO_ELIMIT;
  topo_buf_put_id(out, &key->public_key);
  topo_buf_put_id(out, auth);
  topo_buf_put_u16(out, type);
  topo_buf_put_u16(out, (uint16_t)body.len);
  topo_buf_put(out, body.data, body.len);
  if (out->failed)
    return TOPO_ENOMEM;
  uint8_t names[TOPO_CONTEXT_SIZE], sig[TOPO_SIG_SIZE];
  topo_context_bytes(context, names);
  struct topo_bytes parts[] = {LITERAL("topo/1 content"),
                               {names, sizeof names},
                               header,
                               {out->data + start, out->len - start}};
  topo_sign(sig, key, parts, 4);
  topo_buf_put(out, sig, sizeof sig);
  size_t used = out->len - start;
  topo_buf_put(out, zeros, (TOPO_SEALED_ALIGN - used % TOPO_SEALED_ALIGN) % TOPO_SEALED_ALIGN);
  return out->failed ? TOPO_ENOMEM : 0;
}
