/* wire.c - encoding and decoding of frames. */
#include "sync/wire.h"

#include "base/assert.h"
#include "base/status.h"

#include <stdlib.h>
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

void topo_wire_put_sets(struct topo_buf *out, const struct topo_session_set *rows, size_t n)
{
  topo_assert(n <= TOPO_SESSION_SETS_MAX);
  size_t start = topo_wire_begin(out, TOPO_WIRE_SETS);
  topo_buf_put_u16(out, (uint16_t)n);
  for (size_t i = 0; i < n; i++) {
    topo_buf_put_id(out, &rows[i].set);
    topo_buf_put_u64(out, rows[i].count);
    topo_buf_put_id(out, &rows[i].digest);
  }
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

static bool has_twins(const struct topo_session_set *rows, size_t n)
{
  topo_assert(n >= 1 && n <= TOPO_SESSION_SETS_MAX);
  for (size_t i = 1; i < n; i++)
    if (topo_id_equal(&rows[i - 1].set, &rows[i].set))
      return true;
  return false;
}

int topo_wire_get_sets(struct topo_bytes payload, struct topo_session_set **rows, size_t *n)
{
  *rows = NULL;
  *n = 0;
  struct topo_reader r = topo_reader_init(payload.data, payload.len);
  size_t count = topo_read_u16(&r);
  if (r.failed || count > TOPO_SESSION_SETS_MAX ||
      topo_reader_left(&r) != count * TOPO_WIRE_SET_SIZE)
    return TOPO_EMALFORMED;
  if (count == 0)
    return 0;
  struct topo_session_set *out = calloc(count, sizeof *out);
  if (!out)
    return TOPO_ENOMEM;
  for (size_t i = 0; i < count; i++) {
    out[i].set = topo_read_id(&r);
    out[i].count = topo_read_u64(&r);
    out[i].digest = topo_read_id(&r);
  }
  qsort(out, count, sizeof *out, topo_session_set_compare);
  if (has_twins(out, count)) {
    free(out);
    return TOPO_EMALFORMED;
  }
  *rows = out;
  *n = count;
  return 0;
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
