/*
 * oracle.h - the rules of docs/protocol.md, chapters 2 to 5, over a whole set of events at once.
 *
 * The oracle is what the product is compared with. It knows no database, no increments and no table
 * of types: it decodes every event with plain reads, then repeats the rules until nothing changes.
 * It shares src/base and src/crypto with the product and nothing else, so a mistake must be made
 * twice to stay unseen. Memory that cannot be had stops the program.
 */
#ifndef TOPO_TESTS_MODEL_ORACLE_H
#define TOPO_TESTS_MODEL_ORACLE_H

#include "base/bytes.h"

/* Chapter 5, in the order in which the first that applies counts. */
enum oracle_verdict {
  ORACLE_MALFORMED,
  ORACLE_UNAUTHENTICATED,
  ORACLE_REFUSED,
  ORACLE_PENDING,
  ORACLE_UNAUTHORISED,
  ORACLE_UNREADABLE,
  ORACLE_BLOCKED,
  ORACLE_ACCEPTED,
  ORACLE_N_VERDICTS
};

enum oracle_type {
  ORACLE_WORKSPACE = 0x0001,
  ORACLE_USER = 0x0002,
  ORACLE_DEVICE = 0x0003,
  ORACLE_INVITE = 0x0004,
  ORACLE_ADMISSION = 0x0005,
  ORACLE_EPOCH = 0x0010,
  ORACLE_WRAP = 0x0011,
  ORACLE_PROFILE = 0x1001,
  ORACLE_CHANNEL = 0x1002,
  ORACLE_MESSAGE = 0x1003,
  ORACLE_REACTION = 0x1004
};

/* What the body of a known type says; only the fields of the type are set. */
struct oracle_body {
  struct topo_id user, device, seal_key;
  uint8_t role;
  struct topo_bytes countersign, proof;
  struct topo_id invite_key, invite;
  const uint8_t *slots; /* n_slots keys, one after the other */
  uint16_t n_slots, slot;
  uint32_t generation;
  struct topo_id commitment;
  const uint8_t *epochs; /* n_epochs ids */
  uint16_t n_epochs;
  struct topo_id target; /* wrap: the epoch; message: the channel; reaction: the message */
  uint8_t profile_of;
  uint64_t version; /* of a profile */
  struct topo_bytes text;
};

/* A credential's place in chapter 4; meaningless unless the event is an admitted credential. */
struct oracle_credential {
  struct topo_id device, user, grant;
  uint8_t role;
  uint32_t depth, credential_depth;
  bool valid;
};

/* Whether what an epoch or a wrap lists are epochs, and the generation one more than theirs. */
enum oracle_numbering { ORACLE_UNNUMBERED, ORACLE_NUMBERED, ORACLE_MISNUMBERED };

struct oracle_event {
  /* A malformed byte string is named by its hash as if it were all header. */
  struct topo_id id;
  struct topo_bytes bytes;

  /* the header */
  bool well_formed;
  uint8_t kind;
  uint16_t type; /* of content: known once opened */
  uint64_t hlc;
  struct topo_id device; /* control: the signer; content: the sealed device, known once opened */
  struct topo_id auth, prev, epoch;
  uint32_t seq;
  struct topo_id parents[16];
  uint8_t n_parents;
  uint8_t tag[16];

  struct topo_bytes payload, signature; /* the encoded body, and the bytes at its end */
  bool readable;                        /* a known type whose body decodes */
  struct oracle_body body;

  /* what the rules make of it */
  bool opened; /* content: its key is known and it opens */
  bool broken; /* content: its key is known and it does not open */
  bool signature_valid, authentic, admitted, refused;
  enum oracle_numbering numbering;
  struct oracle_credential credential;
  enum oracle_verdict verdict;

  uint8_t *plain; /* owned: the opened text of content */
};

/* Remembers signatures that were judged before, so that a test may run one set in many orders. */
struct oracle_memo;
struct oracle_memo *oracle_memo_create(void);
void oracle_memo_destroy(struct oracle_memo *memo);

struct oracle_input {
  struct topo_id workspace;
  const struct topo_bytes *events; /* in any order, with duplicates and garbage */
  size_t n_events;
  const uint8_t (
      *secrets)[32]; /* the secrets K that are known; an epoch's is found by its commitment */
  size_t n_secrets;
  struct oracle_memo *memo; /* or NULL */
};

/* Events are sorted by id, each once. */
struct oracle_result {
  struct topo_id workspace;
  struct oracle_event *events;
  size_t n_events;
};

struct oracle_ids {
  struct topo_id *ids; /* ascending, each once */
  size_t n;
};

/* Judges the set. The result owns copies of all bytes; release it with oracle_result_destroy. */
struct oracle_result *oracle_run(const struct oracle_input *in);
void oracle_result_destroy(struct oracle_result *result);

/* The event, or NULL. */
const struct oracle_event *oracle_find(const struct oracle_result *result,
                                       const struct topo_id *id);
const char *oracle_verdict_name(enum oracle_verdict verdict);
/* An admitted event of type 1, 2, 3 or 5. */
bool oracle_is_credential(const struct oracle_event *e);
/* Negative when KEY(a) < KEY(b); both are credentials. */
int oracle_key_compare(const struct oracle_event *a, const struct oracle_event *b);
/* The right-hand side of the equation of VALID(credential), under the values that result->events
 * have now. */
bool oracle_valid_equation(const struct oracle_result *result,
                           const struct oracle_event *credential);
/* Whether `ancestor` is in Past(e). */
bool oracle_in_past(const struct oracle_result *result, const struct topo_id *ancestor,
                    const struct oracle_event *e);

/* Lists; release with oracle_ids_finish. The set id is zero for control, else an epoch's id. */
struct oracle_ids oracle_item_set(const struct oracle_result *result, const struct topo_id *set);
/* Whether the event is in one of the item sets. */
bool oracle_is_item(const struct oracle_result *result, const struct oracle_event *e);
/* Ids of the admitted, readable epochs. */
struct oracle_ids oracle_epochs(const struct oracle_result *result);
/* The keys that may connect to `device`. */
struct oracle_ids oracle_trust(const struct oracle_result *result, const struct topo_id *device);
void oracle_ids_finish(struct oracle_ids *ids);

/* Appends the projected state: sorted lines of text, ids and text in lower-case hex, role, hlc and
 * counts in decimal. A line is one of
 *
 *   channel <id> <user> <hlc> <name>
 *
 *   credential <id> <device> <user> <role>
 *
 *   member <user> <role of its most senior valid credential> <how many of them>
 *
 *   message <id> <channel> <user> <hlc> <text>
 *
 *   profile <user> <name>
 *
 *   reaction <message> <user> <emoji>
 *
 *   workspace <name>
 */
void oracle_dump(const struct oracle_result *result, struct topo_buf *out);
/* Appends everything else that is a function of the set: a line for each verdict, credential and
 * item. */
void oracle_dump_judgement(const struct oracle_result *result, struct topo_buf *out);

#endif
