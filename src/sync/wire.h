/*
 * wire.h - the frames of a session (docs/protocol.md §6): bytes to fields and back.
 *
 *   u32 length ‖ u8 kind ‖ payload          length counts kind and payload; 1 … TOPO_FRAME_MAX
 *
 * Payloads, by kind:
 *   HELLO     u8 version ‖ id workspace ‖ id scope ‖ id connection ‖ u32 features
 *   OFFER     id invite ‖ u16 slot ‖ id auth
 *   JOIN      id invite ‖ u16 slot ‖ key device ‖ key seal_key ‖ sig countersign ‖ sig proof
 *   WELCOME   id admission
 *   SETS      u16 n ‖ n × { id set ‖ u64 count ‖ id digest }
 *   NEG_OPEN  u32 session ‖ id set ‖ negentropy message
 *   NEG_MSG   u32 session ‖ negentropy message
 *   NEG_CLOSE u32 session
 *   WANT      u16 n ‖ n × id
 *   MISSING   u16 n ‖ n × id
 *   EVENTS    one or more of u32 length ‖ event
 *
 * Writers append a whole frame and leave a failure in out->failed. Readers return 0 or
 * TOPO_EMALFORMED and demand that the payload be consumed exactly.
 */
#ifndef TOPO_SYNC_WIRE_H
#define TOPO_SYNC_WIRE_H

#include "sync/session_fields.h"

enum topo_wire_kind {
  TOPO_WIRE_HELLO = 0x01,
  TOPO_WIRE_OFFER = 0x02,
  TOPO_WIRE_JOIN = 0x03,
  TOPO_WIRE_WELCOME = 0x04,
  TOPO_WIRE_SETS = 0x10,
  TOPO_WIRE_NEG_OPEN = 0x11,
  TOPO_WIRE_NEG_MSG = 0x12,
  TOPO_WIRE_NEG_CLOSE = 0x13,
  TOPO_WIRE_WANT = 0x14,
  TOPO_WIRE_MISSING = 0x15,
  TOPO_WIRE_EVENTS = 0x20
};

enum {
  TOPO_WIRE_VERSION = 1,
  TOPO_WIRE_LENGTH_SIZE = 4,
  TOPO_WIRE_HEAD_SIZE = 5,     /* length and kind */
  TOPO_WIRE_IDS_MAX = 1024,    /* ids of one WANT or MISSING */
  TOPO_WIRE_EVENT_MAX = 65536, /* bytes of one event */
  TOPO_WIRE_SET_SIZE = 72      /* a row of SETS */
};

struct topo_wire_frame {
  uint8_t kind;
  struct topo_bytes payload;
  size_t size; /* bytes of the stream that it takes up */
};

struct topo_wire_hello {
  uint8_t version;
  struct topo_id workspace, scope, credential;
  uint32_t features;
};

struct topo_wire_offer {
  struct topo_id invite;
  uint16_t slot;
  struct topo_id auth;
};

/* Starts a frame and returns its place; the payload follows; topo_wire_end writes its length. */
size_t topo_wire_begin(struct topo_buf *out, enum topo_wire_kind kind);
void topo_wire_end(struct topo_buf *out, size_t start);

void topo_wire_put_hello(struct topo_buf *out, const struct topo_wire_hello *hello);
void topo_wire_put_offer(struct topo_buf *out, const struct topo_wire_offer *offer);
void topo_wire_put_join(struct topo_buf *out, const struct topo_session_join *join);
void topo_wire_put_welcome(struct topo_buf *out, const struct topo_id *admission);
void topo_wire_put_sets(struct topo_buf *out, const struct topo_session_set *rows, size_t n);
void topo_wire_put_neg_open(struct topo_buf *out, uint32_t number, const struct topo_id *set,
                            struct topo_bytes message);
void topo_wire_put_neg_msg(struct topo_buf *out, uint32_t number, struct topo_bytes message);
void topo_wire_put_neg_close(struct topo_buf *out, uint32_t number);

/* 1 and the frame at the front of the bytes, borrowed; 0 when more bytes are needed;
 * TOPO_EMALFORMED for a length that is zero or above TOPO_FRAME_MAX, as soon as it can be read. */
int topo_wire_split(const uint8_t *data, size_t len, struct topo_wire_frame *frame);

/* A HELLO of another version is read as its version and nothing else: the rest may mean anything.
 */
int topo_wire_get_hello(struct topo_bytes payload, struct topo_wire_hello *hello);
int topo_wire_get_offer(struct topo_bytes payload, struct topo_wire_offer *offer);
int topo_wire_get_join(struct topo_bytes payload, struct topo_session_join *join);
int topo_wire_get_welcome(struct topo_bytes payload, struct topo_id *admission);
/* The rows, sorted by set, in memory that the caller frees (NULL when there are none).
 * TOPO_EMALFORMED, also for two rows of one set and for more than TOPO_SESSION_SETS_MAX rows;
 * TOPO_ENOMEM. */
int topo_wire_get_sets(struct topo_bytes payload, struct topo_session_set **rows, size_t *n);
/* NEG_OPEN with `set`, NEG_MSG without (NULL). The message is borrowed. */
int topo_wire_get_neg(struct topo_bytes payload, uint32_t *number, struct topo_id *set,
                      struct topo_bytes *message);
int topo_wire_get_neg_close(struct topo_bytes payload, uint32_t *number);
/* A reader that is valid before the first of *n ids, 1 … TOPO_WIRE_IDS_MAX of them. */
int topo_wire_get_ids(struct topo_bytes payload, struct topo_reader *ids, size_t *n);
/* Checks the framing of a batch; *n events are in it. None is empty or above TOPO_WIRE_EVENT_MAX.
 */
int topo_wire_check_events(struct topo_bytes payload, size_t *n);

#endif
