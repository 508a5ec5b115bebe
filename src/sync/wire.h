/*
 * wire.h - the frames of a session (docs/protocol.md §6): from bytes to fields and back.
 *
 *   frame := u32 length ‖ u8 kind ‖ payload    length counts kind and payload: 1 to TOPO_FRAME_MAX
 *
 *   kind       payload
 *   HELLO      u8 version ‖ id workspace ‖ id scope ‖ id credential ‖ u64 wall_ms ‖ u32 features
 *   OFFER      id invite ‖ u16 slot ‖ id auth
 *   JOIN       id invite ‖ u16 slot ‖ key device ‖ key seal_key ‖ sig countersign ‖ sig proof
 *   WELCOME    id admission
 *   SETS       u64 count ‖ id digest (of control) ‖ u64 items ‖ id epochs
 *   NEG_OPEN   u32 session ‖ id set ‖ negentropy message
 *   NEG_MSG    u32 session ‖ negentropy message
 *   NEG_CLOSE  u32 session
 *   WANT       u16 n ‖ n × id
 *   MISSING    u16 n ‖ n × id
 *   LIST       u8 half bytes ‖ as many of a prefix, in whole bytes
 *   PAGE       a page (sync/settree.h)
 *   EVENTS     one or more of { u32 length ‖ event }
 *   0x80 …     anything: a later release may send it, and we pass over it
 *
 * Functions that write (put) append a whole frame to `out` and leave a failure in out->failed.
 * Functions that read (get) take the payload of a frame. They return 0, or TOPO_EMALFORMED when the
 * payload is not of this form, or is longer than its fields.
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
  TOPO_WIRE_LIST = 0x16,
  TOPO_WIRE_PAGE = 0x17,
  TOPO_WIRE_EVENTS = 0x20,
  TOPO_WIRE_SKIPPED = 0x80 /* from here on kinds are passed over by those who do not know them */
};

enum {
  TOPO_WIRE_VERSION = 2,
  TOPO_WIRE_LENGTH_SIZE = 4,
  TOPO_WIRE_HEAD_SIZE = 5,    /* the length and the kind */
  TOPO_WIRE_IDS_MAX = 1024,   /* ids of one WANT or MISSING */
  TOPO_WIRE_EVENT_MAX = 65536 /* bytes of one event */
};

struct topo_wire_frame {
  uint8_t kind;
  struct topo_bytes payload;
  size_t size; /* bytes of the stream that the whole frame takes up */
};

/* The features that a receiver must understand; the others it may ignore. */
#define TOPO_WIRE_FEATURES_NEEDED UINT32_C(0x0000ffff)

struct topo_wire_hello {
  uint8_t version;
  struct topo_id workspace, scope, credential;
  uint64_t wall_ms; /* the sender's wall clock, Unix ms */
  uint32_t features;
};

struct topo_wire_offer {
  struct topo_id invite;
  uint16_t slot;
  struct topo_id auth;
};

/* A page as it came: rows in ascending order, or the digests of those parts that there are. */
struct topo_wire_page {
  bool in_parts;
  size_t n_rows;
  struct topo_session_set rows[TOPO_PAGE_ROWS_MAX];
  bool has[TOPO_PAGE_PARTS];
  struct topo_id digests[TOPO_PAGE_PARTS];
};

/* Appends the head of a frame whose payload the caller appends. Returns where the frame starts. */
size_t topo_wire_begin(struct topo_buf *out, enum topo_wire_kind kind);

/* Completes the frame that starts at `start`: writes how long it became, which is at most
 * TOPO_FRAME_MAX. */
void topo_wire_end(struct topo_buf *out, size_t start);

void topo_wire_put_hello(struct topo_buf *out, const struct topo_wire_hello *hello);
void topo_wire_put_offer(struct topo_buf *out, const struct topo_wire_offer *offer);
void topo_wire_put_join(struct topo_buf *out, const struct topo_session_join *join);
void topo_wire_put_welcome(struct topo_buf *out, const struct topo_id *admission);
void topo_wire_put_sets(struct topo_buf *out, const struct topo_session_sets *sets);
void topo_wire_put_list(struct topo_buf *out, const struct topo_prefix *prefix);
void topo_wire_put_neg_open(struct topo_buf *out, uint32_t number, const struct topo_id *set,
                            struct topo_bytes message);
void topo_wire_put_neg_msg(struct topo_buf *out, uint32_t number, struct topo_bytes message);
void topo_wire_put_neg_close(struct topo_buf *out, uint32_t number);

/* Finds the frame at the front of `len` bytes of a stream. Returns 1 and fills in `frame`, whose
 * payload points into `data`; 0 when more bytes are needed; or TOPO_EMALFORMED for a length that is
 * zero or above TOPO_FRAME_MAX, as soon as the length can be read. */
int topo_wire_split(const uint8_t *data, size_t len, struct topo_wire_frame *frame);

/* Reads HELLO. One of another version is read as its version and nothing else, for the rest of it
 * may mean anything. */
int topo_wire_get_hello(struct topo_bytes payload, struct topo_wire_hello *hello);
int topo_wire_get_offer(struct topo_bytes payload, struct topo_wire_offer *offer);
int topo_wire_get_join(struct topo_bytes payload, struct topo_session_join *join);
int topo_wire_get_welcome(struct topo_bytes payload, struct topo_id *admission);

int topo_wire_get_sets(struct topo_bytes payload, struct topo_session_sets *sets);

/* Reads LIST: the prefix, with zeros behind its half bytes, there and in *prefix. */
int topo_wire_get_list(struct topo_bytes payload, struct topo_prefix *prefix);

/* Reads PAGE as the page of that prefix. Its rows ascend, begin with the prefix and are of sets
 * that are not empty; its parts ascend, too, and are not those of the longest prefix. */
int topo_wire_get_page(struct topo_bytes payload, const struct topo_prefix *prefix,
                       struct topo_wire_page *page);

/* Reads NEG_OPEN or, when `set` is NULL, NEG_MSG. *message points into the payload. */
int topo_wire_get_neg(struct topo_bytes payload, uint32_t *number, struct topo_id *set,
                      struct topo_bytes *message);
int topo_wire_get_neg_close(struct topo_bytes payload, uint32_t *number);

/* Reads WANT or MISSING: *n is how many ids there are, 1 to TOPO_WIRE_IDS_MAX, and `ids` a reader
 * from which just that many can be read. */
int topo_wire_get_ids(struct topo_bytes payload, struct topo_reader *ids, size_t *n);

/* Checks the framing of EVENTS: *n is how many events there are. None is empty or longer than
 * TOPO_WIRE_EVENT_MAX. */
int topo_wire_check_events(struct topo_bytes payload, size_t *n);

#endif
