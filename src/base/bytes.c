/* bytes.c - views, buffers and readers over plain memory. */
#include "base/bytes.h"

#include "base/assert.h"
#include "base/status.h"

#include <stdlib.h>
#include <string.h>

const struct topo_id topo_id_zero;

bool topo_id_equal(const struct topo_id *a, const struct topo_id *b)
{
  return memcmp(a->bytes, b->bytes, TOPO_ID_SIZE) == 0;
}

bool topo_id_is_zero(const struct topo_id *a)
{
  return topo_id_equal(a, &topo_id_zero);
}

int topo_id_compare(const struct topo_id *a, const struct topo_id *b)
{
  return memcmp(a->bytes, b->bytes, TOPO_ID_SIZE);
}

int64_t topo_id_prefix(const struct topo_id *a)
{
  uint64_t v = topo_get_be64(a->bytes);
  int64_t out;
  memcpy(&out, &v, sizeof out);
  return out;
}

void topo_buf_finish(struct topo_buf *buf)
{
  if (!buf)
    return;
  free(buf->data);
  *buf = (struct topo_buf){0};
}

void topo_buf_wipe(struct topo_buf *buf)
{
  if (!buf)
    return;
  if (buf->data)
    topo_wipe(buf->data, buf->cap);
  topo_buf_finish(buf);
}

void topo_buf_clear(struct topo_buf *buf)
{
  buf->len = 0;
  buf->failed = false;
}

int topo_buf_reserve(struct topo_buf *buf, size_t more)
{
  if (buf->failed)
    return TOPO_ENOMEM;
  if (more <= buf->cap - buf->len)
    return 0;
  if (more > SIZE_MAX / 2 - buf->len)
    goto fail;
  size_t cap = buf->cap ? buf->cap : 64;
  while (cap < buf->len + more)
    cap *= 2;
  uint8_t *data = realloc(buf->data, cap);
  if (!data)
    goto fail;
  buf->data = data;
  buf->cap = cap;
  return 0;
fail:
  buf->failed = true;
  return TOPO_ENOMEM;
}

int topo_buf_put(struct topo_buf *buf, const void *data, size_t len)
{
  int status = topo_buf_reserve(buf, len);
  if (status < 0)
    return status;
  if (len)
    memcpy(buf->data + buf->len, data, len);
  buf->len += len;
  return 0;
}

int topo_buf_put_u8(struct topo_buf *buf, uint8_t v)
{
  return topo_buf_put(buf, &v, 1);
}

int topo_buf_put_u16(struct topo_buf *buf, uint16_t v)
{
  uint8_t be[2] = {(uint8_t)(v >> 8), (uint8_t)v};
  return topo_buf_put(buf, be, sizeof be);
}

int topo_buf_put_u32(struct topo_buf *buf, uint32_t v)
{
  uint8_t be[4];
  topo_put_be32(be, v);
  return topo_buf_put(buf, be, sizeof be);
}

int topo_buf_put_u64(struct topo_buf *buf, uint64_t v)
{
  uint8_t be[8];
  topo_put_be64(be, v);
  return topo_buf_put(buf, be, sizeof be);
}

int topo_buf_put_id(struct topo_buf *buf, const struct topo_id *id)
{
  return topo_buf_put(buf, id->bytes, TOPO_ID_SIZE);
}

void topo_buf_drop(struct topo_buf *buf, size_t n)
{
  topo_assert(n <= buf->len);
  if (n && n < buf->len)
    memmove(buf->data, buf->data + n, buf->len - n);
  buf->len -= n;
}

struct topo_bytes topo_buf_view(const struct topo_buf *buf)
{
  return (struct topo_bytes){buf->data, buf->len};
}

struct topo_reader topo_reader_init(const void *data, size_t len)
{
  const uint8_t *at = data;
  return (struct topo_reader){at, len ? at + len : at, false};
}

size_t topo_reader_left(const struct topo_reader *r)
{
  return (size_t)(r->end - r->at);
}

struct topo_bytes topo_read_bytes(struct topo_reader *r, size_t len)
{
  if (r->failed || len > topo_reader_left(r)) {
    r->failed = true;
    return (struct topo_bytes){NULL, 0};
  }
  struct topo_bytes view = {r->at, len};
  if (len)
    r->at += len;
  return view;
}

uint8_t topo_read_u8(struct topo_reader *r)
{
  struct topo_bytes b = topo_read_bytes(r, 1);
  return b.data ? b.data[0] : 0;
}

uint16_t topo_read_u16(struct topo_reader *r)
{
  struct topo_bytes b = topo_read_bytes(r, 2);
  return b.data ? (uint16_t)((unsigned)b.data[0] << 8 | b.data[1]) : 0;
}

uint32_t topo_read_u32(struct topo_reader *r)
{
  struct topo_bytes b = topo_read_bytes(r, 4);
  return b.data ? topo_get_be32(b.data) : 0;
}

uint64_t topo_read_u64(struct topo_reader *r)
{
  struct topo_bytes b = topo_read_bytes(r, 8);
  return b.data ? topo_get_be64(b.data) : 0;
}

struct topo_id topo_read_id(struct topo_reader *r)
{
  struct topo_id id = {{0}};
  struct topo_bytes b = topo_read_bytes(r, TOPO_ID_SIZE);
  if (b.data)
    memcpy(id.bytes, b.data, TOPO_ID_SIZE);
  return id;
}

void topo_put_be32(uint8_t out[static 4], uint32_t v)
{
  for (int i = 0; i < 4; i++)
    out[i] = (uint8_t)(v >> (24 - 8 * i));
}

void topo_put_be64(uint8_t out[static 8], uint64_t v)
{
  for (int i = 0; i < 8; i++)
    out[i] = (uint8_t)(v >> (56 - 8 * i));
}

uint32_t topo_get_be32(const uint8_t in[static 4])
{
  uint32_t v = 0;
  for (int i = 0; i < 4; i++)
    v = v << 8 | in[i];
  return v;
}

uint64_t topo_get_be64(const uint8_t in[static 8])
{
  uint64_t v = 0;
  for (int i = 0; i < 8; i++)
    v = v << 8 | in[i];
  return v;
}

/* One multi-byte sequence at `p`: its length, or 0 when it is not valid. The table of RFC 3629 §4:
 * only the second byte's range depends on the first. */
static size_t utf8_sequence(const uint8_t *p, size_t left)
{
  uint8_t c = p[0], low = 0x80, high = 0xbf;
  size_t n;
  if (c >= 0xc2 && c <= 0xdf)
    n = 2;
  else if (c >= 0xe0 && c <= 0xef)
    n = 3;
  else if (c >= 0xf0 && c <= 0xf4)
    n = 4;
  else
    return 0;
  if (c == 0xe0)
    low = 0xa0;
  else if (c == 0xed)
    high = 0x9f;
  else if (c == 0xf0)
    low = 0x90;
  else if (c == 0xf4)
    high = 0x8f;
  if (n > left || p[1] < low || p[1] > high)
    return 0;
  for (size_t i = 2; i < n; i++)
    if ((p[i] & 0xc0) != 0x80)
      return 0;
  return n;
}

/* How many of the first bytes are ASCII, found eight at a time; the last few are left to the
 * caller.
 */
static size_t ascii_words(const uint8_t *data, size_t len)
{
  size_t i = 0;
  for (uint64_t word; len - i >= sizeof word; i += sizeof word) {
    memcpy(&word, data + i, sizeof word);
    if (word & UINT64_C(0x8080808080808080))
      break;
  }
  return i;
}

bool topo_utf8_valid(const uint8_t *data, size_t len)
{
  for (size_t i = ascii_words(data, len); i < len;) {
    if (data[i] < 0x80) {
      i++;
      continue;
    }
    size_t n = utf8_sequence(data + i, len - i);
    if (!n)
      return false;
    i += n;
    i += ascii_words(data + i, len - i);
  }
  return true;
}

/* The C library promises that this is never optimised away; it is also far faster than a loop. */
void topo_wipe(void *data, size_t len)
{
  explicit_bzero(data, len);
}
