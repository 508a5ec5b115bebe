/* field.c - one loop to decode, one to encode, one rule for bounds. */
#include "dag/field.h"

#include "base/assert.h"
#include "base/status.h"

#include <string.h>

static bool text_valid(struct topo_bytes t)
{
  return (t.len == 0 || !memchr(t.data, 0, t.len)) && topo_utf8_valid(t.data, t.len);
}

/* True when the value keeps the bounds that its row states. */
static bool within(const struct topo_field *f, const struct topo_value *v)
{
  switch (f->kind) {
  case TOPO_FIELD_U8:
  case TOPO_FIELD_U16:
  case TOPO_FIELD_U32:
  case TOPO_FIELD_U64: return v->number >= f->min && (f->max == 0 || v->number <= f->max);
  case TOPO_FIELD_ID: return v->bytes.len == TOPO_ID_SIZE;
  case TOPO_FIELD_SIG: return v->bytes.len == TOPO_SIG_SIZE;
  case TOPO_FIELD_TEXT:
    if (!text_valid(v->bytes))
      return false;
    /* fall through */
  case TOPO_FIELD_BYTES: return v->bytes.len >= f->min && v->bytes.len <= f->max;
  case TOPO_FIELD_LIST:
    return v->bytes.len % f->size == 0 && v->bytes.len / f->size >= f->min &&
           v->bytes.len / f->size <= f->max;
  case TOPO_FIELD_END: break;
  }
  topo_assert(f->kind != TOPO_FIELD_END); /* which ends the table and is no field */
  return false;
}

static struct topo_value read_value(const struct topo_field *f, struct topo_reader *r)
{
  struct topo_value v = {0, {NULL, 0}};
  switch (f->kind) {
  case TOPO_FIELD_U8: v.number = topo_read_u8(r); break;
  case TOPO_FIELD_U16: v.number = topo_read_u16(r); break;
  case TOPO_FIELD_U32: v.number = topo_read_u32(r); break;
  case TOPO_FIELD_U64: v.number = topo_read_u64(r); break;
  case TOPO_FIELD_ID: v.bytes = topo_read_bytes(r, TOPO_ID_SIZE); break;
  case TOPO_FIELD_SIG: v.bytes = topo_read_bytes(r, TOPO_SIG_SIZE); break;
  case TOPO_FIELD_BYTES:
  case TOPO_FIELD_TEXT: v.bytes = topo_read_bytes(r, topo_read_u16(r)); break;
  case TOPO_FIELD_LIST: v.bytes = topo_read_bytes(r, (size_t)topo_read_u16(r) * f->size); break;
  case TOPO_FIELD_END: break;
  }
  return v;
}

int topo_fields_decode(const struct topo_field *fields, struct topo_bytes body,
                       struct topo_value values[static TOPO_FIELDS_MAX])
{
  struct topo_reader r = topo_reader_init(body.data, body.len);
  for (size_t i = 0; fields[i].kind != TOPO_FIELD_END; i++) {
    topo_assert(i < TOPO_FIELDS_MAX);
    values[i] = read_value(&fields[i], &r);
    if (r.failed || !within(&fields[i], &values[i]))
      return TOPO_EMALFORMED;
  }
  return topo_reader_left(&r) == 0 ? 0 : TOPO_EMALFORMED;
}

static void put_value(const struct topo_field *f, const struct topo_value *v, struct topo_buf *out)
{
  switch (f->kind) {
  case TOPO_FIELD_U8: topo_buf_put_u8(out, (uint8_t)v->number); break;
  case TOPO_FIELD_U16: topo_buf_put_u16(out, (uint16_t)v->number); break;
  case TOPO_FIELD_U32: topo_buf_put_u32(out, (uint32_t)v->number); break;
  case TOPO_FIELD_U64: topo_buf_put_u64(out, v->number); break;
  case TOPO_FIELD_BYTES:
  case TOPO_FIELD_TEXT: topo_buf_put_u16(out, (uint16_t)v->bytes.len); break;
  case TOPO_FIELD_LIST: topo_buf_put_u16(out, (uint16_t)(v->bytes.len / f->size)); break;
  default: break;
  }
  topo_buf_put(out, v->bytes.data, v->bytes.len);
}

static uint64_t width_limit(enum topo_field_kind kind)
{
  switch (kind) {
  case TOPO_FIELD_U8: return UINT8_MAX;
  case TOPO_FIELD_U16: return UINT16_MAX;
  case TOPO_FIELD_U32: return UINT32_MAX;
  default: return UINT64_MAX;
  }
}

int topo_fields_encode(const struct topo_field *fields, const struct topo_value *values,
                       struct topo_buf *out)
{
  for (size_t i = 0; fields[i].kind != TOPO_FIELD_END; i++) {
    topo_assert(i < TOPO_FIELDS_MAX);
    if (!within(&fields[i], &values[i]) || values[i].number > width_limit(fields[i].kind))
      return TOPO_EINVAL;
    put_value(&fields[i], &values[i], out);
  }
  return out->failed ? TOPO_ENOMEM : 0;
}

struct topo_id topo_value_id(const struct topo_value *v)
{
  struct topo_id id;
  topo_assert(v->bytes.len == TOPO_ID_SIZE);
  memcpy(id.bytes, v->bytes.data, TOPO_ID_SIZE);
  return id;
}

struct topo_value topo_value_of_id(const struct topo_id *id)
{
  return (struct topo_value){0, {id->bytes, TOPO_ID_SIZE}};
}
