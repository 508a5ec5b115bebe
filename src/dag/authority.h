/*
 * authority.h - who may: the graph of control events in memory, ADMIT, the order of credentials,
 * VALID (docs/protocol.md §4).
 *
 * Holds every admitted control event as a node, in the order of admission, with its references as
 * indexes. ADMIT is decided once, when all that an event refers to is here; VALID is decided for
 * all credentials in one pass by ascending KEY, whenever credentials or admissions were added.
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

/* Does an epoch count rightly from those it lists, and does a wrap name one that does? Decided once
 * all that it lists is; until then it is blocked. */
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
  int32_t auth, prev; /* nodes, or TOPO_NONE */
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

struct topo_authority *topo_authority_create(
    const struct topo_id *workspace); /* NULL: out of memory */
void topo_authority_destroy(struct topo_authority *a);

/* The node of an admitted control event, or NULL. Valid until the next add. */
const struct topo_authority_node *topo_authority_find(const struct topo_authority *a,
                                                      const struct topo_id *id);
const struct topo_authority_node *topo_authority_at(const struct topo_authority *a, int32_t index);
int32_t topo_authority_count(const struct topo_authority *a);
bool topo_node_is_credential(const struct topo_authority_node *n);
bool topo_node_is_epoch(const struct topo_authority_node *n); /* an epoch or a wrap */
/* The credential that a node is, which the caller knows (asserted). */
const struct topo_credential *topo_node_credential(const struct topo_authority_node *n);

/* What the event refers to that is not admitted here: writes up to TOPO_ANCESTORS_MAX ids, returns
 * how many. */
size_t topo_authority_missing(const struct topo_authority *a, const struct topo_envelope *e,
                              const struct topo_act *act,
                              struct topo_id missing[static TOPO_ANCESTORS_MAX]);
/* ADMIT(e) (docs/protocol.md §4), which changes nothing; nothing may be missing. 0 and *out, the
 * node that the event is, to be given to topo_authority_add or topo_node_finish; TOPO_EDENIED
 * (refused, for ever), TOPO_ESIGNATURE (a countersignature or proof; refused as well), TOPO_ENOMEM.
 * `trusted`: the event comes from the log, where it was admitted before; its signatures are not
 * checked again.
 */
int topo_authority_admit(const struct topo_authority *a, const struct topo_context *context,
                         const struct topo_envelope *e, const struct topo_act *act, bool trusted,
                         struct topo_authority_node *out);
/* Adds an admitted event, whose row in the log is `no`. Takes over what *node owns, on failure,
 * too. 0 or TOPO_ENOMEM. */
int topo_authority_add(struct topo_authority *a, struct topo_authority_node *node, int64_t no);
void topo_node_finish(struct topo_authority_node *node); /* frees what a node owns */

/* The signatures of an admission that is still to be made, by `auth`, of `invite`: 0,
 * TOPO_ESIGNATURE, TOPO_ENOMEM. */
int topo_authority_check_join(const struct topo_authority *a, const struct topo_context *context,
                              const struct topo_act *act, const struct topo_authority_node *auth,
                              const struct topo_authority_node *invite);

/* Decides VALID for all credentials, and numbers epochs, if something was added since; returns 1
 * when some answer changed (`changed` is set in credentials that are valid or fall by it until
 * topo_authority_recomputed), 0, or TOPO_ENOMEM. */
int topo_authority_recompute(struct topo_authority *a);
void topo_authority_recomputed(struct topo_authority *a);

/* Notes the state that the row of the node at `index` says now. */
void topo_authority_set_state(struct topo_authority *a, int32_t index, uint8_t state);

/* Does the event's act are valid: its auth's credential is valid (for a credential, it does
 * itself). */
bool topo_authority_act_valid(const struct topo_authority *a, const struct topo_authority_node *n);

/* The maximal authority events, at most TOPO_PARENTS_MAX, ascending as bytes. Returns how many. */
unsigned topo_authority_frontier(const struct topo_authority *a,
                                 struct topo_id out[static TOPO_PARENTS_MAX]);
/* A valid credential of a device, the most senior; NULL when there is none. */
const struct topo_authority_node *topo_authority_credential_of(const struct topo_authority *a,
                                                               const struct topo_id *device);
/* The valid invite with this key and the first of its slots that is owned by `device` and open;
 * NULL and -1. */
const struct topo_authority_node *topo_authority_open_invite(const struct topo_authority *a,
                                                             const struct topo_id *invite_key,
                                                             const struct topo_id *device,
                                                             int *slot);
/* The valid admission of `device` by that invite, or NULL. */
const struct topo_authority_node *topo_authority_admission(const struct topo_authority *a,
                                                           const struct topo_id *invite,
                                                           const struct topo_id *device);
/* Calls each(key, is_invite) for every key that `device` trusts to connect (protocol §4, Trust). */
void topo_authority_trust(const struct topo_authority *a, const struct topo_id *device,
                          void (*each)(void *arg, const struct topo_id *key, bool is_invite),
                          void *arg);
/* countersign and proof messages, for those who make them. */
void topo_countersign(uint8_t sig[static TOPO_SIG_SIZE], const struct topo_sign_key *device,
                      const struct topo_context *context, const struct topo_id *user,
                      const struct topo_id *auth, const struct topo_id *seal_key);
void topo_prove_invite(uint8_t sig[static TOPO_SIG_SIZE], const struct topo_sign_key *invite_key,
                       const struct topo_context *context, const struct topo_id *invite,
                       uint16_t slot, const struct topo_id *user, const struct topo_id *device,
                       const struct topo_id *seal_key);

#endif
