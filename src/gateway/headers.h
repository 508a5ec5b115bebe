/*
 * headers.h - the headers of a request that something is decided by, and the strict reading of
 * their values. Values are borrowed: they point into whoever's memory the request is in.
 */
#ifndef TOPO_GATEWAY_HEADERS_H
#define TOPO_GATEWAY_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

/* X(symbol, name) */
#define TOPO_HEADER_LIST(X)                                                                        \
  X(TOPO_HEADER_HOST, "Host")                                                                      \
  X(TOPO_HEADER_ORIGIN, "Origin")                                                                  \
  X(TOPO_HEADER_AUTHORIZATION, "Authorization")                                                    \
  X(TOPO_HEADER_FETCH_SITE, "Sec-Fetch-Site")                                                      \
  X(TOPO_HEADER_FETCH_MODE, "Sec-Fetch-Mode")                                                      \
  X(TOPO_HEADER_FETCH_DEST, "Sec-Fetch-Dest")                                                      \
  X(TOPO_HEADER_CONTENT_TYPE, "Content-Type")                                                      \
  X(TOPO_HEADER_CONTENT_LENGTH, "Content-Length")                                                  \
  X(TOPO_HEADER_TRANSFER_ENCODING, "Transfer-Encoding")                                            \
  X(TOPO_HEADER_EXPECT, "Expect")                                                                  \
  X(TOPO_HEADER_CONNECTION, "Connection")                                                          \
  X(TOPO_HEADER_UPGRADE, "Upgrade")                                                                \
  X(TOPO_HEADER_SOCKET_KEY, "Sec-WebSocket-Key")                                                   \
  X(TOPO_HEADER_SOCKET_VERSION, "Sec-WebSocket-Version")                                           \
  X(TOPO_HEADER_ACCEPT_ENCODING, "Accept-Encoding")                                                \
  X(TOPO_HEADER_IF_NONE_MATCH, "If-None-Match")                                                    \
  X(TOPO_HEADER_IDEMPOTENCY_KEY, "Idempotency-Key")                                                \
  X(TOPO_HEADER_LAST_EVENT_ID, "Last-Event-ID")
#define TOPO_HEADER_ENUM(symbol, name) symbol,
enum topo_header { TOPO_HEADER_LIST(TOPO_HEADER_ENUM) TOPO_HEADERS };
#undef TOPO_HEADER_ENUM

struct topo_header_value {
  const char *text; /* not NUL-terminated; NULL when the header is absent */
  size_t len;
  unsigned count; /* how often it was sent; `text` is the first */
};

/* Zero-initialised is a request without headers. */
struct topo_headers {
  struct topo_header_value values[TOPO_HEADERS];
};

/* Notes one header; names that are not in the list are passed over. White space around the value is
 * not part of it. */
void topo_headers_add(struct topo_headers *headers, const char *name, size_t name_len,
                      const char *value, size_t value_len);

bool topo_headers_has(const struct topo_headers *headers, enum topo_header which);
/* Is the (only) value this text, in upper or lower case? */
bool topo_headers_is(const struct topo_headers *headers, enum topo_header which, const char *text);
/* Is the text a member of the header's first list, in upper or lower case? */
bool topo_headers_lists(const struct topo_headers *headers, enum topo_header which,
                        const char *text);
/* A header that must not be sent twice and was: its name; NULL when there is none. */
const char *topo_headers_doubled(const struct topo_headers *headers);

/* Is it a token of HTTP (RFC 9110 §5.6.2), as every name of a header is? */
bool topo_headers_token(const char *text, size_t len);
/* Is the body's coding, if there is one, the only one that tells where it ends: chunked? */
bool topo_headers_framed(const struct topo_headers *headers);
/* Does a body follow the header? */
bool topo_headers_body(const struct topo_headers *headers);
/* Content-Length as a number, SIZE_MAX when it is greater; false when it is absent or is not a
 * number. */
bool topo_headers_length(const struct topo_headers *headers, size_t *out);
/* Is the body declared to be application/json, with or without parameters? */
bool topo_headers_json(const struct topo_headers *headers);
/* Does the client take gzip (RFC 9110 §12.5.3)? Not without an Accept-Encoding that says so. */
bool topo_headers_gzip(const struct topo_headers *headers);
/* The token of "Authorization: Bearer TOKEN", borrowed; false when it is absent, malformed,
 * or longer than TOPO_TOKEN_TEXT_MAX. */
bool topo_headers_bearer(const struct topo_headers *headers, const char **token, size_t *len);
/* Looks for an entity tag of If-None-Match that begins with `prefix` (without W/ and the quote) and
 * returns what follows in it, borrowed; false when there is none. */
bool topo_headers_tag(const struct topo_headers *headers, const char *prefix, const char **rest,
                      size_t *len);

#endif
