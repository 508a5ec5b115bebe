/*
 * json.h - a bounded, streaming JSON writer (RFC 8259) over a growable buffer.
 *
 * The writer inserts commas and escapes strings. It never recurses and never fails half-way: an
 * overrun of the limit or of memory is remembered and returned by topo_json_status, so handlers
 * write their whole answer and check once. Misuse (a value without a key inside an object, an
 * unbalanced end) is an assertion. Strings must be valid UTF-8; invalid ones are an assertion
 * as well, because everything stored was checked on the way in.
 */
#ifndef TOPO_API_JSON_H
#define TOPO_API_JSON_H

#include "base/bytes.h"

enum { TOPO_JSON_DEPTH_MAX = 16, TOPO_JSON_LIMIT = 4 * 1024 * 1024 };

struct topo_json {
  struct topo_buf buf;
  size_t limit; /* bytes; set by init to TOPO_JSON_LIMIT */
  unsigned depth;
  uint8_t state[TOPO_JSON_DEPTH_MAX + 1];
  int status;
};

void topo_json_init(struct topo_json *j);
void topo_json_finish(struct topo_json *j);
/* Starts over: empties the text, keeps the memory. */
void topo_json_reset(struct topo_json *j);
/* 0, TOPO_ELIMIT or TOPO_ENOMEM. */
int topo_json_status(const struct topo_json *j);
/* The text written so far; complete once every begin has met its end. Not NUL-terminated. */
struct topo_bytes topo_json_text(const struct topo_json *j);

void topo_json_begin_object(struct topo_json *j);
void topo_json_end_object(struct topo_json *j);
void topo_json_begin_array(struct topo_json *j);
void topo_json_end_array(struct topo_json *j);
void topo_json_key(struct topo_json *j, const char *key);
void topo_json_string(struct topo_json *j, const char *s);
void topo_json_string_member(struct topo_json *j, const char *key, const char *s);
void topo_json_string_n(struct topo_json *j, const void *s, size_t len);
void topo_json_id(struct topo_json *j, const struct topo_id *id); /* 43 characters of base64url */
void topo_json_u64(struct topo_json *j, uint64_t v);
void topo_json_i64(struct topo_json *j, int64_t v);
void topo_json_bool(struct topo_json *j, bool v);
void topo_json_null(struct topo_json *j);

/* How many bytes from the front of a string can be written in JSON as they are: up to the first
 * control character, quote or backslash, or `len`. */
size_t topo_json_plain(const uint8_t *s, size_t len);

#endif
