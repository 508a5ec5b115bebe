/* record.c - what a device record says; see record.h. */
#include "node/record.h"

#include "base/assert.h"
#include "base/status.h"
#include "dag/envelope.h"

int topo_record_encode(const struct topo_record *record, struct topo_buf *out)
{
  size_t start = out->len;
  topo_assert(record->n_types <= TOPO_TYPES_MAX);
  topo_assert(record->n_addresses <= TOPO_NODE_ADDRESSES_MAX);
  topo_buf_put_id(out, &record->prekey);
  topo_buf_put_u8(out, record->n_types);
  for (unsigned i = 0; i < record->n_types; i++) {
    topo_assert(i == 0 || record->types[i - 1] < record->types[i]);
    topo_buf_put_u16(out, record->types[i]);
  }
  topo_buf_put_u8(out, record->n_addresses);
  for (unsigned i = 0; i < record->n_addresses; i++)
    topo_address_put(out, &record->addresses[i]);
  topo_assert(out->len - start <= TOPO_RECORD_MAX);
  return out->failed ? TOPO_ENOMEM : 0;
}

int topo_record_decode(struct topo_record *out, struct topo_bytes body)
{
  struct topo_reader r = topo_reader_init(body.data, body.len);
  *out = (struct topo_record){.prekey = topo_read_id(&r)};
  out->n_types = topo_read_u8(&r);
  for (unsigned i = 0; i < out->n_types && i < TOPO_TYPES_MAX; i++) {
    out->types[i] = topo_read_u16(&r);
    if (i > 0 && out->types[i - 1] >= out->types[i])
      return TOPO_EMALFORMED;
  }
  out->n_addresses = topo_read_u8(&r);
  if (r.failed || out->n_types > TOPO_TYPES_MAX || out->n_addresses > TOPO_NODE_ADDRESSES_MAX)
    return TOPO_EMALFORMED;
  for (unsigned i = 0; i < out->n_addresses && !r.failed; i++)
    topo_address_read(&r, &out->addresses[i]);
  return r.failed ? TOPO_EMALFORMED : 0;
}
