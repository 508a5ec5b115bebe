/*
 * bytes.h - byte strings: borrowed views, a growable buffer, a bounded reader.
 *
 * All integers on the wire are big-endian. Readers and writers never touch memory outside their
 * bounds; a reader that runs out of bytes remembers it (`failed`), so a decoder may read a whole
 * structure and check once at the end.
 */
#ifndef TOPO_BASE_BYTES_H
#define TOPO_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TOPO_ID_SIZE = 32, TOPO_KEY_SIZE = 32, TOPO_SIG_SIZE = 64 };

/* A 32-byte name: an event's id, a workspace, a user, or a device's public key. */
struct topo_id {
  uint8_t bytes[TOPO_ID_SIZE];
};
extern const struct topo_id topo_id_zero;

bool topo_id_equal(const struct topo_id *a, const struct topo_id *b);
bool topo_id_is_zero(const struct topo_id *a);

/* Orders ids as memcmp does their bytes: negative, zero, positive. */
int topo_id_compare(const struct topo_id *a, const struct topo_id *b);

/* Returns the first eight bytes, read as a big-endian number, as the signed integer that SQLite
 * indexes. */
int64_t topo_id_prefix(const struct topo_id *a);

/* A view of bytes owned by somebody else. */
struct topo_bytes {
  const uint8_t *data;
  size_t len;
};

/* A growable buffer. Zero-initialised is empty and valid; topo_buf_finish releases it. A failed
 * append leaves the contents as they were and sets `failed`, which later appends keep: a writer may
 * append a whole structure and check `failed` once. */
struct topo_buf {
  uint8_t *data;
  size_t len, cap;
  bool failed;
};

/* Releases the memory; the buffer is empty afterwards. NULL is fine. */
void topo_buf_finish(struct topo_buf *buf);

/* Overwrites the memory with zeros and releases it: for secrets. NULL is fine. */
void topo_buf_wipe(struct topo_buf *buf);

/* Empties the buffer, which keeps its memory and has not failed any more. */
void topo_buf_clear(struct topo_buf *buf);

/* Makes room for `more` bytes behind those that are there. 0 or TOPO_ENOMEM. */
int topo_buf_reserve(struct topo_buf *buf, size_t more);

/* Each appends bytes, a big-endian number, or an id. Returns 0, or TOPO_ENOMEM, which also sets
 * `failed`. */
int topo_buf_put(struct topo_buf *buf, const void *data, size_t len);
int topo_buf_put_u8(struct topo_buf *buf, uint8_t v);
int topo_buf_put_u16(struct topo_buf *buf, uint16_t v);
int topo_buf_put_u32(struct topo_buf *buf, uint32_t v);
int topo_buf_put_u64(struct topo_buf *buf, uint64_t v);
int topo_buf_put_id(struct topo_buf *buf, const struct topo_id *id);

/* Removes the first `n` bytes, of which there are as many. */
void topo_buf_drop(struct topo_buf *buf, size_t n);

/* Returns a view of the contents, valid until the buffer is changed. */
struct topo_bytes topo_buf_view(const struct topo_buf *buf);

/* Reads from the front of a view. After a failed read every output is zero and `failed` stays. */
struct topo_reader {
  const uint8_t *at, *end;
  bool failed;
};

/* Returns a reader of `len` bytes at `data`, which stay the caller's. */
struct topo_reader topo_reader_init(const void *data, size_t len);

/* Returns how many bytes have not been read. */
size_t topo_reader_left(const struct topo_reader *r);

uint8_t topo_read_u8(struct topo_reader *r);
uint16_t topo_read_u16(struct topo_reader *r);
uint32_t topo_read_u32(struct topo_reader *r);
uint64_t topo_read_u64(struct topo_reader *r);
struct topo_id topo_read_id(struct topo_reader *r);

/* Returns a view of the next `len` bytes, which points into the memory of the reader. */
struct topo_bytes topo_read_bytes(struct topo_reader *r, size_t len);

void topo_put_be32(uint8_t out[static 4], uint32_t v);
void topo_put_be64(uint8_t out[static 8], uint64_t v);
uint32_t topo_get_be32(const uint8_t in[static 4]);
uint64_t topo_get_be64(const uint8_t in[static 8]);

/* Is this UTF-8, strictly (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF? */
bool topo_utf8_valid(const uint8_t *data, size_t len);

/* Overwrites memory in a way the compiler cannot remove. */
void topo_wipe(void *data, size_t len);

#endif
