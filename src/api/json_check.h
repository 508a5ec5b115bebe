/*
 * json_check.h - checks a JSON text before a lax parser sees it.
 *
 * RFC 8259 to the letter, and stricter where a text that parses could still mean two things: valid
 * UTF-8 only, no NUL (raw or as \u0000), no lone surrogates, no two members of one name (compared
 * after unescaping), numbers that fit a double, nothing after the value. Memory use is fixed and
 * time is linear but for the comparison of names within one object, which TOPO_JSON_MEMBERS_MAX
 * bounds.
 */
#ifndef TOPO_API_JSON_CHECK_H
#define TOPO_API_JSON_CHECK_H

#include <stddef.h>

enum {
  TOPO_JSON_MEMBERS_MAX = 64, /* of one object */
  TOPO_JSON_NUMBER_MAX = 32   /* characters of one number */
};

/* 0; TOPO_EMALFORMED when the text is not such a JSON text; TOPO_ELIMIT when it nests deeper than
 * TOPO_JSON_DEPTH_MAX or passes one of the limits above. On failure *why is a static sentence
 * without a full stop and *at the offset of the byte at fault. Neither may be NULL. */
int topo_json_check(const char *text, size_t len, const char **why, size_t *at);

#endif
