/*
 * base64url.h - RFC 4648 §5 without padding: how ids and cursors look outside.
 */
#ifndef TOPO_API_BASE64URL_H
#define TOPO_API_BASE64URL_H

#include "base/bytes.h"

enum { TOPO_ID_TEXT_SIZE = 44 }; /* 43 characters and NUL */

/* Length of the text for n bytes, without a NUL. */
size_t topo_base64url_length(size_t n);
/* Writes topo_base64url_length(len) characters and a NUL. */
void topo_base64url_encode(char *out, const void *data, size_t len);
/* Decodes exactly; refuses padding, other alphabets and non-zero spare bits. 0, TOPO_EINVAL, or
 * TOPO_ELIMIT when more than `cap` bytes would come out. */
int topo_base64url_decode(uint8_t *out, size_t cap, size_t *len, const char *text, size_t text_len);
/* An id from the 43 characters that it has as text; `text` need not end with NUL. 0 or TOPO_EINVAL,
 * and then *out is as it was. */
int topo_id_parse(struct topo_id *out, const char *text, size_t len);
void topo_id_format(char out[static TOPO_ID_TEXT_SIZE], const struct topo_id *id);

#endif
