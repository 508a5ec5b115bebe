/* base64url.c - RFC 4648 §5 without padding. */
#include "api/base64url.h"

#include "base/assert.h"
#include "base/status.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* The value of a character, or -1. Written out so that no locale has a say. */
static int value_of(char c)
{
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (c >= '0' && c <= '9')
    return c - '0' + 52;
  if (c == '-')
    return 62;
  return c == '_' ? 63 : -1;
}

size_t topo_base64url_length(size_t n)
{
  static const size_t tail[3] = {0, 2, 3};
  return n / 3 * 4 + tail[n % 3];
}

void topo_base64url_encode(char *out, const void *data, size_t len)
{
  const uint8_t *in = data;
  for (; len >= 3; len -= 3, in += 3, out += 4) {
    out[0] = alphabet[in[0] >> 2];
    out[1] = alphabet[(in[0] << 4 | in[1] >> 4) & 63];
    out[2] = alphabet[(in[1] << 2 | in[2] >> 6) & 63];
    out[3] = alphabet[in[2] & 63];
  }
  if (len) {
    *out++ = alphabet[in[0] >> 2];
    *out++ = alphabet[(in[0] << 4 | (len == 2 ? in[1] >> 4 : 0)) & 63];
  }
  if (len == 2)
    *out++ = alphabet[in[1] << 2 & 63];
  *out = '\0';
}

int topo_base64url_decode(uint8_t *out, size_t cap, size_t *len, const char *text, size_t text_len)
{
  *len = 0;
  if (text_len % 4 == 1)
    return TOPO_EINVAL;
  if (text_len / 4 * 3 + (text_len % 4 ? text_len % 4 - 1 : 0) > cap)
    return TOPO_ELIMIT;
  uint32_t bits = 0;
  unsigned held = 0;
  size_t n = 0;
  for (size_t i = 0; i < text_len; i++) {
    int v = value_of(text[i]);
    if (v < 0)
      return TOPO_EINVAL;
    bits = bits << 6 | (uint32_t)v;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out[n++] = (uint8_t)(bits >> held);
    }
  }
  /* Spare bits must be zero: one value has one text, so texts can be compared. */
  if (bits & ((1u << held) - 1))
    return TOPO_EINVAL;
  *len = n;
  return 0;
}

int topo_id_parse(struct topo_id *out, const char *text, size_t len)
{
  struct topo_id id;
  size_t n;
  if (len != TOPO_ID_TEXT_SIZE - 1 ||
      topo_base64url_decode(id.bytes, sizeof id.bytes, &n, text, len) < 0)
    return TOPO_EINVAL;
  topo_assert(n == TOPO_ID_SIZE);
  *out = id;
  return 0;
}

void topo_id_format(char out[static TOPO_ID_TEXT_SIZE], const struct topo_id *id)
{
  topo_base64url_encode(out, id->bytes, TOPO_ID_SIZE);
}
