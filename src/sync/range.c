/* range.c - decoding and encoding of ranges. */
#include "sync/range.h"

#include "base/assert.h"
#include "base/status.h"
#include "sync/varint.h"

#include <string.h>

const struct topo_bound topo_bound_infinity = {{TOPO_ITEM_INFINITY, {{0}}}, 0};

struct topo_bound topo_bound_between(const struct topo_item *prev, const struct topo_item *next)
{
  topo_assert(topo_item_compare(prev, next) < 0);
  struct topo_bound bound = {{next->timestamp, {{0}}}, 0};
  if (prev->timestamp != next->timestamp)
    return bound;
  while (bound.id_len < TOPO_ID_SIZE - 1 &&
         prev->id.bytes[bound.id_len] == next->id.bytes[bound.id_len])
    bound.id_len++;
  bound.id_len++;
  memcpy(bound.item.id.bytes, next->id.bytes, bound.id_len);
  topo_assert(topo_item_compare(prev, &bound.item) < 0);
  return bound;
}

struct topo_bound topo_bound_at(const struct topo_item *item)
{
  topo_assert(item->timestamp < TOPO_ITEM_INFINITY);
  return (struct topo_bound){*item, TOPO_ID_SIZE};
}

struct topo_range_reader topo_range_reader_init(struct topo_bytes bytes)
{
  topo_assert(bytes.len == 0 || bytes.data != NULL);
  return (struct topo_range_reader){topo_reader_init(bytes.data, bytes.len), {{0, {{0}}}, 0}};
}

/* Timestamps that would pass infinity are infinity: that is how the reference codes a second bound
 * there. */
static uint64_t read_timestamp(struct topo_range_reader *r)
{
  uint64_t v = topo_varint_read(&r->bytes), last = r->last.item.timestamp;
  if (v == 0 || v - 1 > TOPO_ITEM_INFINITY - last)
    return TOPO_ITEM_INFINITY;
  return last + (v - 1);
}

static void read_bound(struct topo_range_reader *r, struct topo_bound *bound)
{
  *bound = (struct topo_bound){{read_timestamp(r), {{0}}}, 0};
  uint64_t id_len = topo_varint_read(&r->bytes);
  if (id_len > TOPO_ID_SIZE) {
    r->bytes.failed = true;
    return;
  }
  struct topo_bytes prefix = topo_read_bytes(&r->bytes, (size_t)id_len);
  bound->id_len = prefix.len;
  if (prefix.len)
    memcpy(bound->item.id.bytes, prefix.data, prefix.len);
  /* Nothing lies beyond infinity: with a prefix it would be a bound that no bound at infinity may
   * follow. */
  if (bound->item.timestamp == TOPO_ITEM_INFINITY && bound->id_len > 0)
    r->bytes.failed = true;
  if (topo_item_compare(&bound->item, &r->last.item) < 0)
    r->bytes.failed = true;
  topo_assert(bound->id_len <= TOPO_ID_SIZE);
  r->last = *bound;
}

int topo_range_read(struct topo_range_reader *r, struct topo_range *range)
{
  if (!r->bytes.failed && topo_reader_left(&r->bytes) == 0)
    return 0;
  memset(range, 0, sizeof *range);
  read_bound(r, &range->upper);
  switch (topo_varint_read(&r->bytes)) {
  case TOPO_RANGE_SKIP: range->mode = TOPO_RANGE_SKIP; break;
  case TOPO_RANGE_FINGERPRINT:
    range->mode = TOPO_RANGE_FINGERPRINT;
    range->payload = topo_read_bytes(&r->bytes, TOPO_FINGERPRINT_SIZE).data;
    break;
  case TOPO_RANGE_IDS:
    range->mode = TOPO_RANGE_IDS;
    range->count = topo_varint_read(&r->bytes);
    if (range->count > topo_reader_left(&r->bytes) / TOPO_ID_SIZE)
      r->bytes.failed = true;
    else
      range->payload = topo_read_bytes(&r->bytes, (size_t)range->count * TOPO_ID_SIZE).data;
    break;
  default: r->bytes.failed = true;
  }
  return r->bytes.failed ? TOPO_EMALFORMED : 1;
}

static void put_varint(struct topo_range_writer *w, uint64_t v)
{
  uint8_t digits[TOPO_VARINT_MAX];
  topo_buf_put(w->out, digits, topo_varint_encode(digits, v));
}

static void put_bound(struct topo_range_writer *w, const struct topo_bound *bound)
{
  uint64_t timestamp = bound->item.timestamp;
  topo_assert(timestamp >= w->last_timestamp && bound->id_len <= TOPO_ID_SIZE);
  topo_assert(timestamp < TOPO_ITEM_INFINITY || bound->id_len == 0);
  bool infinity = timestamp == TOPO_ITEM_INFINITY;
  put_varint(w, infinity ? 0 : timestamp - w->last_timestamp + 1);
  w->last_timestamp = timestamp;
  put_varint(w, bound->id_len);
  topo_buf_put(w->out, bound->item.id.bytes, bound->id_len);
}

void topo_range_put_skip(struct topo_range_writer *w, const struct topo_bound *upper)
{
  put_bound(w, upper);
  put_varint(w, TOPO_RANGE_SKIP);
}

void topo_range_put_fingerprint(struct topo_range_writer *w, const struct topo_bound *upper,
                                const struct topo_sum *sum)
{
  uint8_t fingerprint[TOPO_FINGERPRINT_SIZE];
  topo_sum_fingerprint(sum, fingerprint);
  put_bound(w, upper);
  put_varint(w, TOPO_RANGE_FINGERPRINT);
  topo_buf_put(w->out, fingerprint, sizeof fingerprint);
}

void topo_range_put_ids_head(struct topo_range_writer *w, const struct topo_bound *upper,
                             uint64_t count)
{
  put_bound(w, upper);
  put_varint(w, TOPO_RANGE_IDS);
  put_varint(w, count);
}
