/*
 * percent.h - RFC 3986 percent-decoding of one path segment or one query value.
 */
#ifndef TOPO_API_PERCENT_H
#define TOPO_API_PERCENT_H

#include <stddef.h>

/* Writes at most `len` bytes; `out` may be `text` itself. '+' is left alone. The result may hold
 * any byte, NUL included, and is not NUL-terminated. 0, or TOPO_EINVAL for a '%' without two
 * hexadecimal digits. */
int topo_percent_decode(char *out, size_t *out_len, const char *text, size_t len);

#endif
