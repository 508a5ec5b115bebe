/*
 * authority.h - who may do what: the graph of control events in memory, with ADMIT, KEY and VALID
 * (docs/protocol.md §4).
 *
 * Every admitted control event is a node, in the order of admission, and refers to others by their
 * indexes. ADMIT is decided once, when all that an event refers to is here. VALID is decided for
 * all credentials in one pass by ascending KEY, whenever one was added.
 */
#ifndef TOPO_DAG_AUTHORITY_H
#define TOPO_DAG_AUTHORITY_H

#include "dag/envelope.h"
#include "dag/type.h"

enum {
  TOPO_NONE = -1,
  TOPO_ANCESTORS_MAX = TOPO_PARENTS_MAX + 3 /* direct references of one control event */
};

/* Types up to here are authority events, known or not: the parents of control events. */
enum { TOPO_TYPE_AUTHORITY_MAX = 0x000f };

/* Is the number of an epoch right, given those that it lists, and is a wrap of an epoch whose
 * number is? That is decided once all that it lists is numbered; until then it is blocked. */
enum topo_numbering { TOPO_UNNUMBERED, TOPO_NUMBERED, TOPO_MISNUMBERED };

/* KEY(credential): the order in which VALID is decided (docs/protocol.md §4). The credential's own
 * id comes last and is in its node. */
struct topo_node_key {
  uint8_t role;
  uint32_t depth;
  struct topo_id grant;
  uint32_t credential_depth;
};

/* What a genesis, grant, device or admission is besides a control event: a credential, which makes
 * one device one holder of one grant. */
struct topo_credential {
  struct topo_id device, user, seal_key;
  struct topo_node_key key;
  int32_t invite; /* admission: the node of its invite; else TOPO_NONE */
  uint16_t slot;  /* admission */
  bool valid;
  bool changed; /* valid differs from what it was at the last topo_authority_recomputed */
};

struct topo_invite {
  struct topo_id key;
  uint8_t role;
  uint64_t expires_ms;
  struct topo_id *slots; /* owned: the device that may fill each slot */
  uint16_t n_slots;      /* at most TOPO_SLOTS_MAX */
  uint64_t taken;        /* a bit for each slot with a valid admission, by the last recompute */
};

/* An epoch, or a wrap, which is numbered when the one epoch that it lists is. */
struct topo_epoch_node {
  uint32_t generation;       /* epoch */
  struct topo_id commitment; /* epoch */
  struct topo_id *listed;    /* owned: what an epoch lists, or the one that a wrap is of */
  uint16_t n_listed;
  enum topo_numbering numbering;
};

/* An admitted control event. `kind` says which member of the union counts. */
struct topo_authority_node {
  int64_t no; /* its row in the log */
  struct topo_id id, signer;
  enum topo_act_kind kind;
  uint16_t type;
  uint32_t seq;
  uint64_t hlc;
  int32_t auth, prev;  /* nodes, or TOPO_NONE */
  int32_t next_by_key; /* authority.c's: an older node whose key is hashed alike, or TOPO_NONE */
  int32_t parents[TOPO_PARENTS_MAX];
  uint8_t n_parents;
  bool covered;  /* another authority event has it in its past: not part of the frontier */
  uint8_t state; /* the enum topo_state that its row says */
  union {
    struct topo_credential credential; /* GENESIS, GRANT, DEVICE, ADMISSION */
    struct topo_invite invite;         /* INVITE */
    struct topo_epoch_node epoch;      /* EPOCH, WRAP */
  };
};

struct topo_authority;

/* An empty graph. NULL: out of memory. */
struct topo_authority *topo_authority_create(const struct topo_id *workspace);
void topo_authority_destroy(struct topo_authority *a); /* NULL is fine */

/* The node of an admitted control event, or NULL. It may move with the next topo_authority_add. */
const struct topo_authority_node *topo_authority_find(const struct topo_authority *a,
                                                      const struct topo_id *id);
const struct topo_authority_node *topo_authority_at(const struct topo_authority *a, int32_t index);
int32_t topo_authority_count(const struct topo_authority *a);
bool topo_node_is_credential(const struct topo_authority_node *n);
bool topo_node_is_epoch(const struct topo_authority_node *n); /* an epoch or a wrap */
/* The credential that a node is, which the caller knows (asserted). */
const struct topo_credential *topo_node_credential(const struct topo_authority_node *n);

/* Which of its direct ancestors are not admitted here: each id once. Returns how many. */
size_t topo_authority_missing(const struct topo_authority *a, const struct topo_envelope *e,
                              const struct topo_act *act,
                              struct topo_id missing[static TOPO_ANCESTORS_MAX]);
/* ADMIT(e). It changes nothing; no direct ancestor may be missing (asserted). `trusted`: the event
 * comes from the log, where it was admitted before, and its signatures are not checked again. 0 and
 * *out, the node that the event becomes, to be given to topo_authority_add or topo_node_finish;
 * TOPO_EDENIED, or TOPO_ESIGNATURE for a wrong countersignature or proof: the event is refused for
 * ever; TOPO_ENOMEM. */
int topo_authority_admit(const struct topo_authority *a, const struct topo_context *context,
                         const struct topo_envelope *e, const struct topo_act *act, bool trusted,
                         struct topo_authority_node *out);
/* Adds an admitted event, whose row in the log is `no`. Takes over what *node owns, on failure,
 * too. 0 or TOPO_ENOMEM. */
int topo_authority_add(struct topo_authority *a, struct topo_authority_node *node, int64_t no);
void topo_node_finish(struct topo_authority_node *node); /* frees what a node owns */

/* Checks the signatures of an admission before it is made: `act` is what it would say, `auth` the
 * credential under which it would be signed. 0, TOPO_ESIGNATURE, or TOPO_ENOMEM. */
int topo_authority_check_join(const struct topo_authority *a, const struct topo_context *context,
                              const struct topo_act *act, const struct topo_authority_node *auth,
                              const struct topo_authority_node *invite);

/* Decides VALID for all credentials and numbers epochs, if something was added since the last time.
 * Returns 1 when some answer is another than before, 0 when none is, or TOPO_ENOMEM. Credentials
 * whose answer is another keep `changed` set until topo_authority_recomputed. */
int topo_authority_recompute(struct topo_authority *a);
void topo_authority_recomputed(struct topo_authority *a);

/* Notes the state that the row of the node at `index` says now. */
void topo_authority_set_state(struct topo_authority *a, int32_t index, uint8_t state);

/* A credential: is it valid? Any other act: is the credential that is its auth? */
bool topo_authority_act_valid(const struct topo_authority *a, const struct topo_authority_node *n);

/* What a new control event names as its parents: the admitted authority events that are no ancestor
 * of another, the greatest by (hlc, id) when there are more than TOPO_PARENTS_MAX; written in
 * ascending order of their bytes. Returns how many. */
unsigned topo_authority_frontier(const struct topo_authority *a,
                                 struct topo_id out[static TOPO_PARENTS_MAX]);
/* Was a credential of the device ever admitted, valid or not? That never ends. */
bool topo_authority_knows(const struct topo_authority *a, const struct topo_id *device);
/* The most senior valid credential of a device; NULL when there is none. */
const struct topo_authority_node *topo_authority_credential_of(const struct topo_authority *a,
                                                               const struct topo_id *device);
/* The valid invite with this key that has an open slot owned by `device`, and in *slot the first
 * such slot; NULL and -1 when there is none. */
const struct topo_authority_node *topo_authority_open_invite(const struct topo_authority *a,
                                                             const struct topo_id *invite_key,
                                                             const struct topo_id *device,
                                                             int *slot);
/* The valid admission of `device` by that invite, or NULL. */
const struct topo_authority_node *topo_authority_admission(const struct topo_authority *a,
                                                           const struct topo_id *invite,
                                                           const struct topo_id *device);
/* Calls each(arg, key, is_invite) for every key that may connect to `device` (§4, "Trust"). */
void topo_authority_trust(const struct topo_authority *a, const struct topo_id *device,
                          void (*each)(void *arg, const struct topo_id *key, bool is_invite),
                          void *arg);
/* The consent of a new device, and the proof that a joiner holds the invite's key (§3). */
void topo_countersign(uint8_t sig[static TOPO_SIG_SIZE], const struct topo_sign_key *device,
                      const struct topo_context *context, const struct topo_id *user,
                      const struct topo_id *auth, const struct topo_id *seal_key);
void topo_prove_invite(uint8_t sig[static TOPO_SIG_SIZE], const struct topo_sign_key *invite_key,
                       const struct topo_context *context, const struct topo_id *invite,
                       uint16_t slot, const struct topo_id *user, const struct topo_id *device,
                       const struct topo_id *seal_key);

#endif
