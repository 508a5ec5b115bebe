/* head.c - a strict reader of request heads, line by line over borrowed memory. */
#include "gateway/head.h"

#include <string.h>

static bool is_control(char c)
{
  return (unsigned char)c < 0x20 || c == 0x7f;
}

/* One line without its CRLF. False when it has not ended; *bad when it never can. */
static bool next_line(const char **at, const char *end, const char **line, size_t *len, bool *bad)
{
  const char *p = *at;
  while (p < end && (!is_control(*p) || *p == '\t'))
    p++;
  if (p < end && *p != '\r')
    *bad = true;
  if (p + 1 < end && p[1] != '\n')
    *bad = true;
  if (*bad || p + 1 >= end)
    return false;
  *line = *at;
  *len = (size_t)(p - *at);
  *at = p + 2;
  return true;
}

static bool read_request_line(struct topo_head *out, const char *line, size_t len)
{
  const char *space = memchr(line, ' ', len);
  if (!space)
    return false;
  out->method = line;
  out->method_len = (size_t)(space - line);
  out->target = space + 1;
  const char *version = memchr(out->target, ' ', len - out->method_len - 1);
  if (!version)
    return false;
  out->target_len = (size_t)(version - out->target);
  size_t version_len = (size_t)(line + len - version);
  if (version_len != 9 || (memcmp(version, " HTTP/1.1", 9) && memcmp(version, " HTTP/1.0", 9)))
    return false;
  out->v11 = version[8] == '1';
  for (size_t i = 0; i < out->target_len; i++)
    if ((unsigned char)out->target[i] <= ' ')
      return false;
  return topo_headers_token(out->method, out->method_len) && out->target_len != 0;
}

/* Returns whether what has come may still become a request line. A TLS handshake, for one, is
 * refused here at its first byte. */
static bool may_begin(const char *text, size_t len)
{
  size_t n = 0;
  while (n < len && topo_headers_token(text + n, 1))
    n++;
  return n == len || (n && text[n] == ' ');
}

static bool read_header(struct topo_head *out, const char *line, size_t len)
{
  const char *colon = memchr(line, ':', len);
  if (!colon || !topo_headers_token(line, (size_t)(colon - line)))
    return false;
  size_t name_len = (size_t)(colon - line);
  topo_headers_add(&out->headers, line, name_len, colon + 1, len - name_len - 1);
  return true;
}

/* HTTP/1.1 names its host, once (RFC 9112 §3.2). */
static bool names_host(const struct topo_head *head)
{
  unsigned count = head->headers.values[TOPO_HEADER_HOST].count;
  return count == 1 || (count == 0 && !head->v11);
}

/* Returns whether the headers give the body one length that all readers understand alike; otherwise
 * two servers could see two different requests in the same bytes (request smuggling). */
static bool lengths_agree(const struct topo_headers *headers)
{
  size_t length;
  bool chunked = topo_headers_has(headers, TOPO_HEADER_TRANSFER_ENCODING);
  if (!topo_headers_framed(headers))
    return false;
  if (!topo_headers_has(headers, TOPO_HEADER_CONTENT_LENGTH))
    return true;
  return !chunked && topo_headers_length(headers, &length);
}

/* Returns whether a head that is complete and well formed line by line also makes sense as a
 * whole. */
static bool makes_sense(const struct topo_head *head)
{
  return !topo_headers_doubled(&head->headers) && lengths_agree(&head->headers) && names_host(head);
}

enum topo_head_state topo_head_read(struct topo_head *out, const char *text, size_t len)
{
  const char *at = text, *end = text + (len < TOPO_HEAD_MAX ? len : TOPO_HEAD_MAX), *line;
  size_t line_len;
  bool bad = false;
  *out = (struct topo_head){0};
  if (!may_begin(at, (size_t)(end - at)))
    return TOPO_HEAD_BAD;
  for (unsigned lines = 0; next_line(&at, end, &line, &line_len, &bad); lines++) {
    if (lines > TOPO_HEAD_LINES_MAX)
      return TOPO_HEAD_TOO_LARGE;
    if (line_len == 0 && lines) {
      out->size = (size_t)(at - text);
      return makes_sense(out) ? TOPO_HEAD_DONE : TOPO_HEAD_BAD;
    }
    if (lines ? !read_header(out, line, line_len) : !read_request_line(out, line, line_len))
      return TOPO_HEAD_BAD;
  }
  if (bad)
    return TOPO_HEAD_BAD;
  return len >= TOPO_HEAD_MAX ? TOPO_HEAD_TOO_LARGE : TOPO_HEAD_MORE;
}

bool topo_head_path_is(const struct topo_head *head, const char *path)
{
  size_t n = strlen(path);
  return head->target_len >= n && memcmp(head->target, path, n) == 0 &&
         (head->target_len == n || head->target[n] == '?');
}
