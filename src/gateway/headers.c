/* headers.c - header values, read strictly: what is not understood is taken for absent. */
#include "gateway/headers.h"

#include "api/gate.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#define TOPO_HEADER_NAME(symbol, name) [symbol] = name,
static const char *const names[TOPO_HEADERS] = {TOPO_HEADER_LIST(TOPO_HEADER_NAME)};
#undef TOPO_HEADER_NAME

/* Headers that must not be sent twice: one server could go by the first value and the next one by
 * the last, and they would see two different requests (request smuggling). */
static const enum topo_header singles[] = {
    TOPO_HEADER_HOST,           TOPO_HEADER_ORIGIN,         TOPO_HEADER_AUTHORIZATION,
    TOPO_HEADER_CONTENT_TYPE,   TOPO_HEADER_CONTENT_LENGTH, TOPO_HEADER_TRANSFER_ENCODING,
    TOPO_HEADER_FETCH_SITE,     TOPO_HEADER_FETCH_MODE,     TOPO_HEADER_FETCH_DEST,
    TOPO_HEADER_IDEMPOTENCY_KEY};

static bool is_space(char c)
{
  return c == ' ' || c == '\t';
}

static bool equals(const char *text, size_t len, const char *other)
{
  return strlen(other) == len && strncasecmp(text, other, len) == 0;
}

void topo_headers_add(struct topo_headers *headers, const char *name, size_t name_len,
                      const char *value, size_t value_len)
{
  for (unsigned i = 0; i < TOPO_HEADERS; i++) {
    struct topo_header_value *v = &headers->values[i];
    if (!equals(name, name_len, names[i]))
      continue;
    if (v->count++)
      return;
    for (; value_len && is_space(*value); value_len--)
      value++;
    while (value_len && is_space(value[value_len - 1]))
      value_len--;
    v->text = value;
    v->len = value_len;
  }
}

bool topo_headers_has(const struct topo_headers *headers, enum topo_header which)
{
  return headers->values[which].count != 0;
}

bool topo_headers_is(const struct topo_headers *headers, enum topo_header which, const char *text)
{
  const struct topo_header_value *v = &headers->values[which];
  return v->count == 1 && equals(v->text, v->len, text);
}

const char *topo_headers_doubled(const struct topo_headers *headers)
{
  for (size_t i = 0; i < sizeof singles / sizeof *singles; i++)
    if (headers->values[singles[i]].count > 1)
      return names[singles[i]];
  return NULL;
}

static bool is_tchar(char c)
{
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         (c && strchr("!#$%&'*+-.^_`|~", c));
}

bool topo_headers_token(const char *text, size_t len)
{
  for (size_t i = 0; i < len; i++)
    if (!is_tchar(text[i]))
      return false;
  return len != 0;
}

bool topo_headers_framed(const struct topo_headers *headers)
{
  return !topo_headers_has(headers, TOPO_HEADER_TRANSFER_ENCODING) ||
         topo_headers_is(headers, TOPO_HEADER_TRANSFER_ENCODING, "chunked");
}

bool topo_headers_body(const struct topo_headers *headers)
{
  size_t length;
  if (topo_headers_has(headers, TOPO_HEADER_TRANSFER_ENCODING))
    return true;
  if (!topo_headers_has(headers, TOPO_HEADER_CONTENT_LENGTH))
    return false;
  return !topo_headers_length(headers, &length) || length != 0;
}

bool topo_headers_length(const struct topo_headers *headers, size_t *out)
{
  const struct topo_header_value *v = &headers->values[TOPO_HEADER_CONTENT_LENGTH];
  *out = 0;
  if (!v->len)
    return false;
  for (size_t i = 0; i < v->len; i++) {
    if (v->text[i] < '0' || v->text[i] > '9')
      return false;
    size_t digit = (size_t)(v->text[i] - '0');
    *out = *out > (SIZE_MAX - digit) / 10 ? SIZE_MAX : *out * 10 + digit;
  }
  return true;
}

bool topo_headers_json(const struct topo_headers *headers)
{
  static const char json[] = "application/json";
  const struct topo_header_value *v = &headers->values[TOPO_HEADER_CONTENT_TYPE];
  size_t n = sizeof json - 1;
  if (v->len < n || strncasecmp(v->text, json, n) != 0)
    return false;
  return v->len == n || v->text[n] == ';' || is_space(v->text[n]);
}

/* Takes one member of a list separated by `separator` off the front, trimmed. False at the end. */
static bool next_member(const char **at, const char *end, char separator, const char **member,
                        size_t *len)
{
  if (*at >= end)
    return false;
  const char *stop = memchr(*at, separator, (size_t)(end - *at));
  const char *from = *at, *to = stop ? stop : end;
  *at = stop ? stop + 1 : end;
  while (from < to && is_space(*from))
    from++;
  while (to > from && is_space(to[-1]))
    to--;
  *member = from;
  *len = (size_t)(to - from);
  return true;
}

bool topo_headers_lists(const struct topo_headers *headers, enum topo_header which,
                        const char *text)
{
  const struct topo_header_value *v = &headers->values[which];
  const char *at = v->text, *member;
  size_t len;
  if (!v->len)
    return false; /* its text may be NULL, which nothing can be added to */
  const char *end = at + v->len;
  while (next_member(&at, end, ',', &member, &len))
    if (equals(member, len, text))
      return true;
  return false;
}

/* A weight of nothing but zeros: "q=0", "q=0.000". */
static bool is_zero_weight(const char *text, size_t len)
{
  if (len < 3 || (text[0] != 'q' && text[0] != 'Q') || text[1] != '=')
    return false;
  for (size_t i = 2; i < len; i++)
    if (text[i] != '0' && text[i] != '.')
      return false;
  return true;
}

bool topo_headers_gzip(const struct topo_headers *headers)
{
  const struct topo_header_value *v = &headers->values[TOPO_HEADER_ACCEPT_ENCODING];
  const char *at = v->text, *coding, *part;
  size_t coding_len, len;
  if (!v->len)
    return false;
  const char *end = at + v->len;
  while (next_member(&at, end, ',', &coding, &coding_len)) {
    const char *in = coding, *stop = coding + coding_len;
    bool wanted = next_member(&in, stop, ';', &part, &len) && equals(part, len, "gzip");
    while (wanted && next_member(&in, stop, ';', &part, &len))
      if (is_zero_weight(part, len))
        return false;
    if (wanted)
      return true;
  }
  return false;
}

static bool is_token_char(char c)
{
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         (c && strchr("-._~+/=", c));
}

bool topo_headers_bearer(const struct topo_headers *headers, const char **token, size_t *len)
{
  static const char scheme[] = "Bearer ";
  const struct topo_header_value *v = &headers->values[TOPO_HEADER_AUTHORIZATION];
  size_t n = sizeof scheme - 1;
  if (v->count != 1 || v->len <= n || v->len > n + TOPO_TOKEN_TEXT_MAX ||
      strncasecmp(v->text, scheme, n) != 0)
    return false;
  for (size_t i = n; i < v->len; i++)
    if (!is_token_char(v->text[i]))
      return false;
  *token = v->text + n;
  *len = v->len - n;
  return true;
}

bool topo_headers_tag(const struct topo_headers *headers, const char *prefix, const char **rest,
                      size_t *len)
{
  const struct topo_header_value *v = &headers->values[TOPO_HEADER_IF_NONE_MATCH];
  const char *at = v->text, *tag;
  size_t tag_len, n = strlen(prefix);
  if (!v->len)
    return false;
  const char *end = at + v->len;
  while (next_member(&at, end, ',', &tag, &tag_len)) {
    if (tag_len > 2 && memcmp(tag, "W/", 2) == 0) {
      tag += 2;
      tag_len -= 2;
    }
    if (tag_len < n + 2 || tag[0] != '"' || tag[tag_len - 1] != '"' ||
        memcmp(tag + 1, prefix, n) != 0)
      continue;
    *rest = tag + 1 + n;
    *len = tag_len - 2 - n;
    return true;
  }
  return false;
}
