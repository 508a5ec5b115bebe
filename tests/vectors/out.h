/*
 * out.h - the vectors as JSON: one value a line, bytes as hexadecimal, always the same text for the
 * same values. Whatever goes wrong stops the program.
 */
#ifndef TOPO_TESTS_VECTORS_OUT_H
#define TOPO_TESTS_VECTORS_OUT_H

#include "base/bytes.h"

struct out;

/* A new file `name` in `folder`, which holds one object; out_close ends it. */
struct out *out_open(const char *folder, const char *name);
void out_close(struct out *out);

/* Values of an object have a key; those of a list have none (NULL). */
void out_begin_object(struct out *out, const char *key);
void out_begin_list(struct out *out, const char *key);
void out_end(struct out *out);
void out_hex(struct out *out, const char *key, const void *data, size_t len);
void out_id(struct out *out, const char *key, const struct topo_id *id);
/* Of printable ASCII without quotes and backslashes. */
void out_text(struct out *out, const char *key, const char *text);
void out_number(struct out *out, const char *key, uint64_t number);
void out_bool(struct out *out, const char *key, bool value);

/* Stops the program unless what it was about went well. */
void must(bool held);

#endif
