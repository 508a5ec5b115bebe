/*
 * envelope.h - the outside of an event, and of a device record, which travels as events do:
 * headers, ids, signatures (docs/protocol.md §2).
 *
 * Decoding checks everything that is a function of the bytes alone, and nothing else. Views point
 * into the bytes that were decoded.
 */
#ifndef TOPO_DAG_ENVELOPE_H
#define TOPO_DAG_ENVELOPE_H

#include "base/bytes.h"
#include "crypto/sign.h"

enum {
  TOPO_EVENT_MAX = 65536, /* bytes of an event */
  TOPO_RECORD_MAX = 1024, /* bytes of the body of a device record */
  TOPO_PARENTS_MAX = 16,
  TOPO_TAG_SIZE = 16,
  TOPO_CONTENT_HEADER = 94,
  TOPO_SEALED_ALIGN = 64,
  TOPO_SEALED_FIXED = 32 + 32 + 2 + 2 + 64 /* device, auth, type, length, signature */
};

/* A record is no event: nothing follows from it but where its device is to be reached. */
enum topo_event_kind { TOPO_CONTROL = 1, TOPO_CONTENT = 2, TOPO_RECORD = 3 };

/* Type numbers: control below 0x1000, content below 0xf000, local from there on. */
enum { TOPO_TYPE_CONTENT = 0x1000, TOPO_TYPE_LOCAL = 0xf000 };

/* What an event's id and signatures are bound to besides its bytes. Zero names for genesis alone.
 */
struct topo_context {
  struct topo_id workspace, scope;
};

struct topo_envelope {
  enum topo_event_kind kind;
  struct topo_bytes raw; /* the whole event */
  struct topo_id id;
  uint64_t hlc; /* record: its number, at least 1 */
  uint32_t seq;
  struct topo_id prev;
  /* control and record */
  struct topo_id signer;
  struct topo_bytes body;
  const uint8_t *signature;
  /* control */
  uint16_t type;
  struct topo_id auth;
  uint8_t n_parents;
  const uint8_t *parents; /* n_parents ids */
  /* content */
  uint8_t tag[TOPO_TAG_SIZE];
  struct topo_id epoch;
  struct topo_bytes sealed;
};

/* What is inside a content event's seal. Views point into the opened plaintext. */
struct topo_inner {
  struct topo_id device, auth;
  uint16_t type;
  struct topo_bytes body;
  struct topo_bytes signed_part; /* device … body */
  const uint8_t *signature;
};

/* Decodes the header and computes the id. 0; TOPO_EMALFORMED; TOPO_ELOCALTYPE; TOPO_EVERSION. A
 * genesis event (type workspace, no auth) is hashed under zero names whatever `context` says. */
int topo_envelope_decode(struct topo_envelope *e, const struct topo_context *context,
                         struct topo_bytes raw);
/* A control event's own signature, or a record's: 0 or TOPO_ESIGNATURE. Whether the key has order L
 * is looked at for genesis alone: any other signer must be the device of an admitted credential,
 * which genesis or a countersign has shown to be such a key, or the event is no item
 * (docs/protocol.md §1). */
int topo_envelope_verify(const struct topo_envelope *e, const struct topo_context *context);
struct topo_id topo_envelope_parent(const struct topo_envelope *e, unsigned i);
bool topo_envelope_is_genesis(const struct topo_envelope *e);

/* Parses the plaintext of a content event. 0 or TOPO_EMALFORMED. */
int topo_inner_decode(struct topo_inner *inner, struct topo_bytes plain);
/* The content event's own signature: 0 or TOPO_ESIGNATURE. The order of the key is not looked at,
 * as above: content of any other device than its credential's is refused. */
int topo_inner_verify(const struct topo_inner *inner, const struct topo_envelope *e,
                      const struct topo_context *context);

/* Appends a whole signed control event: everything in *e but raw, id and signature is taken from
 * it. 0, TOPO_ENOMEM, or TOPO_ELIMIT when it is over TOPO_EVENT_MAX. Decoding `out` gives the id.
 */
int topo_envelope_write_control(struct topo_buf *out, const struct topo_envelope *e,
                                const struct topo_context *context,
                                const struct topo_sign_key *key);
/* Appends a whole signed record of key's device: `seq` is at least 1 and below 2^63, `body` at most
 * TOPO_RECORD_MAX bytes. 0 or TOPO_ENOMEM. */
int topo_envelope_write_record(struct topo_buf *out, uint64_t seq, struct topo_bytes body,
                               const struct topo_context *context, const struct topo_sign_key *key);
/* Appends a content event's clear header (kind, hlc, tag, seq, prev, epoch of *e). */
int topo_envelope_write_content(struct topo_buf *out, const struct topo_envelope *e);
/* Appends the padded plaintext for a content header: device is key's. 0, TOPO_ENOMEM, TOPO_ELIMIT.
 */
int topo_inner_write(struct topo_buf *out, struct topo_bytes header,
                     const struct topo_context *context, const struct topo_id *auth, uint16_t type,
                     struct topo_bytes body, const struct topo_sign_key *key);

/* The parts that every hash and signature of this context begins with: writes 1 + 32 + 32 bytes. */
enum { TOPO_CONTEXT_SIZE = 65 };
void topo_context_bytes(const struct topo_context *context, uint8_t out[static TOPO_CONTEXT_SIZE]);

/* user = H("topo/1 user" ‖ workspace ‖ device) */
struct topo_id topo_user_of(const struct topo_id *workspace, const struct topo_id *device);
/* H("topo/1 sni" ‖ workspace ‖ device): under this name a device is dialled in a workspace. */
struct topo_id topo_name_of(const struct topo_id *workspace, const struct topo_id *device);

#endif
