/*
 * field.h - the table-driven codec of event bodies (docs/protocol.md §3).
 *
 * A type lists its fields; this codec encodes, decodes and bounds every body from that list, in
 * order, without tags. Fixed sizes: u8 1, u16 2, u32 4, u64 8 (big-endian), id and key 32, sig 64.
 * Bytes and text are u16 length ‖ bytes, text strict UTF-8 without NUL. A list is u16 count ‖
 * elements of `size` bytes each.
 */
#ifndef TOPO_DAG_FIELD_H
#define TOPO_DAG_FIELD_H

#include "base/bytes.h"

enum { TOPO_FIELDS_MAX = 8 };

enum topo_field_kind {
  TOPO_FIELD_END,
  TOPO_FIELD_U8,
  TOPO_FIELD_U16,
  TOPO_FIELD_U32,
  TOPO_FIELD_U64,
  TOPO_FIELD_ID,
  TOPO_FIELD_SIG,
  TOPO_FIELD_BYTES,
  TOPO_FIELD_TEXT,
  TOPO_FIELD_LIST
};

/* One row of a type's table; the table ends with a row of kind TOPO_FIELD_END. */
struct topo_field {
  const char *name;
  enum topo_field_kind kind;
  uint32_t min, max; /* integers: value (max 0: no bound); bytes and text: length; lists: count */
  uint32_t size;     /* lists: bytes of an element */
};

/* A decoded field. Views point into the decoded bytes. */
struct topo_value {
  uint64_t number;
  struct topo_bytes bytes; /* id, sig, bytes, text, list: the elements alone */
};

/* Decodes a whole body into values[i] for fields[i]. 0 or TOPO_EMALFORMED (bounds, UTF-8, trailing
 * bytes). */
int topo_fields_decode(const struct topo_field *fields, struct topo_bytes body,
                       struct topo_value values[static TOPO_FIELDS_MAX]);
/* Appends the encoding. 0; TOPO_EINVAL when a value breaks its bound; TOPO_ENOMEM. */
int topo_fields_encode(const struct topo_field *fields, const struct topo_value *values,
                       struct topo_buf *out);
/* The value as an id (the field must be of kind ID). */
struct topo_id topo_value_id(const struct topo_value *v);
struct topo_value topo_value_of_id(const struct topo_id *id);

#endif
