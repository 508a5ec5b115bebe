/*
 * json.c - the streaming writer.
 *
 * state[d] remembers what has been written at depth d: which container it is, whether a comma is
 * due, and whether a key waits for its value. The structure is tracked (and asserted) even after
 * the text overran its limit, so misuse shows in every run and not only in short ones.
 */
#include "api/json.h"

#include "api/base64url.h"
#include "base/assert.h"
#include "base/status.h"

#include <string.h>

enum {
  IN_OBJECT = 1,
  IN_ARRAY = 2,
  HAS_ITEMS = 4, /* the next item is preceded by a comma */
  HAS_KEY = 8    /* in an object: a key was written, its value is due */
};

void topo_json_init(struct topo_json *j)
{
  *j = (struct topo_json){.limit = TOPO_JSON_LIMIT};
}

void topo_json_finish(struct topo_json *j)
{
  if (!j)
    return;
  /* Answers may hold invite links; what was written goes the way of every secret. */
  topo_buf_wipe(&j->buf);
  *j = (struct topo_json){0};
}

void topo_json_reset(struct topo_json *j)
{
  topo_buf_clear(&j->buf);
  memset(j->state, 0, sizeof j->state);
  j->depth = 0;
  j->status = 0;
}

int topo_json_status(const struct topo_json *j)
{
  return j->status;
}

struct topo_bytes topo_json_text(const struct topo_json *j)
{
  return topo_buf_view(&j->buf);
}

/* Makes room for a piece of the text: NULL when there is none, which the status then tells. */
static uint8_t *room(struct topo_json *j, size_t len)
{
  struct topo_buf *buf = &j->buf;
  if (j->status < 0)
    return NULL;
  if (len > j->limit - buf->len)
    j->status = TOPO_ELIMIT;
  else if (len > buf->cap - buf->len)
    j->status = topo_buf_reserve(buf, len);
  return j->status < 0 ? NULL : buf->data + buf->len;
}

static void put(struct topo_json *j, const void *data, size_t len)
{
  uint8_t *at = room(j, len);
  if (!at)
    return;
  memcpy(at, data, len);
  j->buf.len += len;
}

static void put_char(struct topo_json *j, char c)
{
  put(j, &c, 1);
}

/* Before every value: checks that one may come now and writes the comma. */
static void begin_value(struct topo_json *j)
{
  uint8_t *state = &j->state[j->depth];
  if (*state & IN_OBJECT) {
    topo_assert(*state & HAS_KEY);
    *state = IN_OBJECT | HAS_ITEMS;
    return;
  }
  /* Outside every container there is one value. */
  topo_assert(*state & IN_ARRAY || !(*state & HAS_ITEMS));
  if (*state & HAS_ITEMS)
    put_char(j, ',');
  *state |= HAS_ITEMS;
}

static void begin(struct topo_json *j, uint8_t container, char bracket)
{
  begin_value(j);
  topo_assert(j->depth < TOPO_JSON_DEPTH_MAX);
  j->state[++j->depth] = container;
  put_char(j, bracket);
}

static void end(struct topo_json *j, uint8_t container, char bracket)
{
  topo_assert(j->depth > 0 && j->state[j->depth] & container);
  topo_assert(!(j->state[j->depth] & HAS_KEY));
  j->depth--;
  put_char(j, bracket);
}

void topo_json_begin_object(struct topo_json *j)
{
  begin(j, IN_OBJECT, '{');
}
void topo_json_end_object(struct topo_json *j)
{
  end(j, IN_OBJECT, '}');
}
void topo_json_begin_array(struct topo_json *j)
{
  begin(j, IN_ARRAY, '[');
}
void topo_json_end_array(struct topo_json *j)
{
  end(j, IN_ARRAY, ']');
}

static bool is_plain(uint8_t c)
{
  return c >= 0x20 && c != '"' && c != '\\';
}

/* Is every byte of the word plain? In each lane the high bit of (x - n) & ~x tells x < n, exactly
 * when no lane below it borrowed, which only one that is < n does: so "none" is always right. */
static bool all_plain(uint64_t word)
{
  static const uint64_t ones = UINT64_C(0x0101010101010101), high = UINT64_C(0x8080808080808080);
  uint64_t quote = word ^ ones * '"', slash = word ^ ones * '\\';
  uint64_t control = (word - ones * 0x20) & ~word;
  return ((control | ((quote - ones) & ~quote) | ((slash - ones) & ~slash)) & high) == 0;
}

size_t topo_json_plain(const uint8_t *s, size_t len)
{
  size_t i = 0;
  for (uint64_t word; len - i >= sizeof word; i += sizeof word) {
    memcpy(&word, s + i, sizeof word);
    if (!all_plain(word))
      break;
  }
  while (i < len && is_plain(s[i]))
    i++;
  return i;
}

static void put_escape(struct topo_json *j, uint8_t c)
{
  static const char hex[] = "0123456789abcdef", named[] = "\"\\\b\f\n\r\t", escapes[] = "\"\\bfnrt";
  const char *at = memchr(named, c, sizeof named - 1);
  if (at) {
    char text[2] = {'\\', escapes[at - named]};
    put(j, text, sizeof text);
    return;
  }
  char text[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
  put(j, text, sizeof text);
}

static void put_quoted(struct topo_json *j, const uint8_t *s, size_t len)
{
  topo_assert(topo_utf8_valid(s, len));
  put_char(j, '"');
  for (size_t at = 0; at < len;) {
    size_t plain = topo_json_plain(s + at, len - at);
    if (plain)
      put(j, s + at, plain);
    at += plain;
    if (at < len)
      put_escape(j, s[at++]);
  }
  put_char(j, '"');
}

void topo_json_key(struct topo_json *j, const char *key)
{
  uint8_t *state = &j->state[j->depth];
  topo_assert(*state & IN_OBJECT && !(*state & HAS_KEY));
  if (*state & HAS_ITEMS)
    put_char(j, ',');
  put_quoted(j, (const uint8_t *)key, strlen(key));
  put_char(j, ':');
  *state |= HAS_KEY;
}

void topo_json_string_n(struct topo_json *j, const void *s, size_t len)
{
  begin_value(j);
  put_quoted(j, s, len);
}

void topo_json_string(struct topo_json *j, const char *s)
{
  topo_json_string_n(j, s, strlen(s));
}

void topo_json_string_member(struct topo_json *j, const char *key, const char *s)
{
  topo_json_key(j, key);
  topo_json_string(j, s);
}

void topo_json_id(struct topo_json *j, const struct topo_id *id)
{
  begin_value(j);
  put_char(j, '"');
  char *at = (char *)room(j, TOPO_ID_TEXT_SIZE); /* the NUL is overwritten by what follows */
  if (!at)
    return;
  topo_id_format(at, id);
  j->buf.len += TOPO_ID_TEXT_SIZE - 1;
  put_char(j, '"');
}

enum { DECIMAL_SIZE = 20 };

/* Decimal digits at the end of `out`; returns where they start. */
static const char *decimal(char out[static DECIMAL_SIZE], uint64_t v)
{
  char *at = out + DECIMAL_SIZE;
  do {
    *--at = (char)('0' + v % 10);
    v /= 10;
  } while (v);
  return at;
}

static void put_decimal(struct topo_json *j, uint64_t v)
{
  char digits[DECIMAL_SIZE];
  const char *at = decimal(digits, v);
  put(j, at, (size_t)(digits + DECIMAL_SIZE - at));
}

void topo_json_u64(struct topo_json *j, uint64_t v)
{
  begin_value(j);
  put_decimal(j, v);
}

void topo_json_i64(struct topo_json *j, int64_t v)
{
  begin_value(j);
  if (v < 0)
    put_char(j, '-');
  put_decimal(j, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

void topo_json_bool(struct topo_json *j, bool v)
{
  begin_value(j);
  if (v)
    put(j, "true", 4);
  else
    put(j, "false", 5);
}

void topo_json_null(struct topo_json *j)
{
  begin_value(j);
  put(j, "null", 4);
}
