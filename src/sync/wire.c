/* wire.c - encoding and decoding of frames. */
#include "sync/wire.h"

#include "base/assert.h"
#include "base/status.h"
#include "sync/settree.h"

#include <string.h>

size_t topo_wire_begin(struct topo_buf *out, enum topo_wire_kind kind)
{
  size_t start = out->len;
  topo_buf_put_u32(out, 0);
  topo_buf_put_u8(out, (uint8_t)kind);
  return start;
}

void topo_wire_end(struct topo_buf *out, size_t start)
{
  if (out->failed)
    return;
  topo_assert(start + TOPO_WIRE_HEAD_SIZE <= out->len && out->data[start] == 0);
  size_t length = out->len - start - TOPO_WIRE_LENGTH_SIZE;
  topo_assert(length >= 1 && length <= TOPO_FRAME_MAX);
  topo_put_be32(out->data + start, (uint32_t)length);
}

void topo_wire_put_hello(struct topo_buf *out, const struct topo_wire_hello *hello)
{
  size_t start = topo_wire_begin(out, TOPO_WIRE_HELLO);
  topo_buf_put_u8(out, hello->version);
  topo_buf_put_id(out, &hello->workspace);
  topo_buf_put_id(out, &hello->scope);
  topo_buf_put_id(out, &hello->credential);
  topo_buf_put_u64(out, hello->wall_ms);
  topo_buf_put_u32(out, hello->features);
  topo_wire_end(out, start);
}

void topo_wire_put_offer(struct topo_buf *out, const struct topo_wire_offer *offer)
{
  size_t start = topo_wire_begin(out, TOPO_WIRE_OFFER);
  topo_buf_put_id(out, &offer->invite);
  topo_buf_put_u16(out, offer->slot);
  topo_buf_put_id(out, &offer->auth);
  topo_wire_end(out, start);
}

void topo_wire_put_join(struct topo_buf *out, const struct topo_session_join *join)
{
  size_t start = topo_wire_begin(out, TOPO_WIRE_JOIN);
  topo_buf_put_id(out, &join->invite);
  topo_buf_put_u16(out, join->slot);
  topo_buf_put_id(out, &join->device);
  topo_buf_put_id(out, &join->seal_key);
  topo_buf_put(out, join->countersign, sizeof join->countersign);
  topo_buf_put(out, join->proof, sizeof join->proof);
  topo_wire_end(out, start);
}

void topo_wire_put_welcome(struct topo_buf *out, const struct topo_id *admission)
{
  size_t start = topo_wire_begin(out, TOPO_WIRE_WELCOME);
  topo_buf_put_id(out, admission);
  topo_wire_end(out, start);
}

void topo_wire_put_sets(struct topo_buf *out, const struct topo_session_sets *sets)
{
  size_t start = topo_wire_begin(out, TOPO_WIRE_SETS);
  for (unsigned i = 0; i < TOPO_SET_EARLY; i++) {
    topo_buf_put_u64(out, sets->early[i].count);
    topo_buf_put_id(out, &sets->early[i].digest);
  }
  topo_buf_put_u64(out, sets->items);
  topo_buf_put_id(out, &sets->epochs);
  topo_wire_end(out, start);
}

void topo_wire_put_list(struct topo_buf *out, const struct topo_prefix *prefix)
{
  topo_assert(prefix->len <= TOPO_PREFIX_MAX);
  size_t start = topo_wire_begin(out, TOPO_WIRE_LIST);
  topo_buf_put_u8(out, prefix->len);
  topo_buf_put(out, prefix->id.bytes, (prefix->len + 1u) / 2);
  topo_wire_end(out, start);
}

void topo_wire_put_neg_open(struct topo_buf *out, uint32_t number, const struct topo_id *set,
                            struct topo_bytes message)
{
  size_t start = topo_wire_begin(out, TOPO_WIRE_NEG_OPEN);
  topo_buf_put_u32(out, number);
  topo_buf_put_id(out, set);
  topo_buf_put(out, message.data, message.len);
  topo_wire_end(out, start);
}

void topo_wire_put_neg_msg(struct topo_buf *out, uint32_t number, struct topo_bytes message)
{
  size_t start = topo_wire_begin(out, TOPO_WIRE_NEG_MSG);
  topo_buf_put_u32(out, number);
  topo_buf_put(out, message.data, message.len);
  topo_wire_end(out, start);
}

void topo_wire_put_neg_close(struct topo_buf *out, uint32_t number)
{
  size_t start = topo_wire_begin(out, TOPO_WIRE_NEG_CLOSE);
  topo_buf_put_u32(out, number);
  topo_wire_end(out, start);
}

int topo_wire_split(const uint8_t *data, size_t len, struct topo_wire_frame *frame)
{
  if (len < TOPO_WIRE_LENGTH_SIZE)
    return 0;
  uint32_t length = topo_get_be32(data);
  if (length < 1 || length > TOPO_FRAME_MAX)
    return TOPO_EMALFORMED;
  if (len - TOPO_WIRE_LENGTH_SIZE < length)
    return 0;
  frame->kind = data[TOPO_WIRE_LENGTH_SIZE];
  frame->payload = (struct topo_bytes){data + TOPO_WIRE_HEAD_SIZE, length - 1};
  frame->size = TOPO_WIRE_LENGTH_SIZE + length;
  topo_assert(frame->size <= len && frame->size == TOPO_WIRE_HEAD_SIZE + frame->payload.len);
  return 1;
}

/* A decoder's last word: everything was there and nothing is left. */
static int exactly(const struct topo_reader *r)
{
  return r->failed || topo_reader_left(r) > 0 ? TOPO_EMALFORMED : 0;
}

int topo_wire_get_hello(struct topo_bytes payload, struct topo_wire_hello *hello)
{
  struct topo_reader r = topo_reader_init(payload.data, payload.len);
  *hello = (struct topo_wire_hello){.version = topo_read_u8(&r)};
  if (r.failed)
    return TOPO_EMALFORMED;
  if (hello->version != TOPO_WIRE_VERSION)
    return 0;
  hello->workspace = topo_read_id(&r);
  hello->scope = topo_read_id(&r);
  hello->credential = topo_read_id(&r);
  hello->wall_ms = topo_read_u64(&r);
  hello->features = topo_read_u32(&r);
  return exactly(&r);
}

int topo_wire_get_offer(struct topo_bytes payload, struct topo_wire_offer *offer)
{
  struct topo_reader r = topo_reader_init(payload.data, payload.len);
  offer->invite = topo_read_id(&r);
  offer->slot = topo_read_u16(&r);
  offer->auth = topo_read_id(&r);
  return exactly(&r);
}

static void read_signature(struct topo_reader *r, uint8_t out[static TOPO_SIG_SIZE])
{
  struct topo_bytes bytes = topo_read_bytes(r, TOPO_SIG_SIZE);
  if (!r->failed)
    memcpy(out, bytes.data, TOPO_SIG_SIZE);
}

int topo_wire_get_join(struct topo_bytes payload, struct topo_session_join *join)
{
  struct topo_reader r = topo_reader_init(payload.data, payload.len);
  join->invite = topo_read_id(&r);
  join->slot = topo_read_u16(&r);
  join->device = topo_read_id(&r);
  join->seal_key = topo_read_id(&r);
  read_signature(&r, join->countersign);
  read_signature(&r, join->proof);
  return exactly(&r);
}

int topo_wire_get_welcome(struct topo_bytes payload, struct topo_id *admission)
{
  struct topo_reader r = topo_reader_init(payload.data, payload.len);
  *admission = topo_read_id(&r);
  return exactly(&r);
}

int topo_wire_get_sets(struct topo_bytes payload, struct topo_session_sets *sets)
{
  struct topo_reader r = topo_reader_init(payload.data, payload.len);
  for (unsigned i = 0; i < TOPO_SET_EARLY; i++) {
    sets->early[i].set = topo_set_early_id((enum topo_set_rank)i);
    sets->early[i].count = topo_read_u64(&r);
    sets->early[i].digest = topo_read_id(&r);
  }
  sets->items = topo_read_u64(&r);
  sets->epochs = topo_read_id(&r);
  return exactly(&r);
}

int topo_wire_get_list(struct topo_bytes payload, struct topo_prefix *prefix)
{
  struct topo_reader r = topo_reader_init(payload.data, payload.len);
  *prefix = (struct topo_prefix){.len = topo_read_u8(&r)};
  if (prefix->len > TOPO_PREFIX_MAX)
    return TOPO_EMALFORMED;
  size_t size = (prefix->len + 1u) / 2;
  struct topo_bytes bytes = topo_read_bytes(&r, size);
  if (r.failed)
    return TOPO_EMALFORMED;
  memcpy(prefix->id.bytes, bytes.data, size);
  if (prefix->len % 2 && (prefix->id.bytes[size - 1] & 15))
    return TOPO_EMALFORMED;
  return exactly(&r);
}

static int get_rows(struct topo_reader *r, const struct topo_prefix *prefix,
                    struct topo_wire_page *page)
{
  page->n_rows = topo_reader_left(r) / TOPO_PAGE_ROW_SIZE;
  if (page->n_rows > TOPO_PAGE_ROWS_MAX)
    return TOPO_EMALFORMED;
  for (size_t i = 0; i < page->n_rows; i++) {
    struct topo_session_set *row = &page->rows[i];
    row->set = topo_read_id(r);
    row->count = topo_read_u64(r);
    row->digest = topo_read_id(r);
    bool ascends = i == 0 || topo_id_compare(&page->rows[i - 1].set, &row->set) < 0;
    if (!ascends || row->count == 0 || topo_prefix_compare(&row->set, prefix) != 0)
      return TOPO_EMALFORMED;
  }
  return exactly(r);
}

static int get_parts(struct topo_reader *r, const struct topo_prefix *prefix,
                     struct topo_wire_page *page)
{
  unsigned next = 0;
  if (prefix->len == TOPO_PREFIX_MAX)
    return TOPO_EMALFORMED;
  do {
    unsigned part = topo_read_u8(r);
    if (r->failed || part < next || part >= TOPO_PAGE_PARTS)
      return TOPO_EMALFORMED;
    page->has[part] = true;
    page->digests[part] = topo_read_id(r);
    next = part + 1;
  } while (topo_reader_left(r) > 0);
  return exactly(r);
}

int topo_wire_get_page(struct topo_bytes payload, const struct topo_prefix *prefix,
                       struct topo_wire_page *page)
{
  struct topo_reader r = topo_reader_init(payload.data, payload.len);
  uint8_t kind = topo_read_u8(&r);
  *page = (struct topo_wire_page){.in_parts = kind == TOPO_PAGE_OF_PARTS};
  if (r.failed || kind > TOPO_PAGE_OF_PARTS)
    return TOPO_EMALFORMED;
  return page->in_parts ? get_parts(&r, prefix, page) : get_rows(&r, prefix, page);
}

int topo_wire_get_neg(struct topo_bytes payload, uint32_t *number, struct topo_id *set,
                      struct topo_bytes *message)
{
  struct topo_reader r = topo_reader_init(payload.data, payload.len);
  *number = topo_read_u32(&r);
  if (set)
    *set = topo_read_id(&r);
  size_t left = topo_reader_left(&r);
  if (r.failed || left == 0 || left > TOPO_SESSION_RECONCILE_BYTES_MAX)
    return TOPO_EMALFORMED;
  *message = topo_read_bytes(&r, left);
  topo_assert(message->len == left && r.at == r.end);
  return 0;
}

int topo_wire_get_neg_close(struct topo_bytes payload, uint32_t *number)
{
  struct topo_reader r = topo_reader_init(payload.data, payload.len);
  *number = topo_read_u32(&r);
  return exactly(&r);
}

int topo_wire_get_ids(struct topo_bytes payload, struct topo_reader *ids, size_t *n)
{
  *ids = topo_reader_init(payload.data, payload.len);
  *n = topo_read_u16(ids);
  if (ids->failed || *n < 1 || *n > TOPO_WIRE_IDS_MAX || topo_reader_left(ids) != *n * TOPO_ID_SIZE)
    return TOPO_EMALFORMED;
  return 0;
}

int topo_wire_check_events(struct topo_bytes payload, size_t *n)
{
  struct topo_reader r = topo_reader_init(payload.data, payload.len);
  *n = 0;
  do {
    uint32_t len = topo_read_u32(&r);
    topo_read_bytes(&r, len);
    if (r.failed || len < 1 || len > TOPO_WIRE_EVENT_MAX)
      return TOPO_EMALFORMED;
    ++*n;
  } while (topo_reader_left(&r) > 0);
  return 0;
}
