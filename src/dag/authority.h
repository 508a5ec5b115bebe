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

enum { TOPO_NONE = -1, TOPO_ANCESTORS_MAX = TOPO_PARENTS_MAX + 3, TOPO_SLOTS_MAX = 64 };

/* Types up to here are authority events, known or not: the parents of control events. */
enum { TOPO_TYPE_AUTHORITY_MAX = 0x000f };

/* Does an epoch count rightly from those it lists, and does a wrap name one that does? Decided once
 * all that it lists is; until then it is blocked. */
enum topo_numbering { TOPO_UNNUMBERED, TOPO_NUMBERED, TOPO_MISNUMBERED };

struct topo_node_key { /* KEY(credential) */
  uint8_t role;
  uint32_t depth;
  struct topo_id grant;
  uint32_t credential_depth;
};

struct topo_authority_node {
  int64_t no; /* its row in the log */
  struct topo_id id, signer;
  enum topo_act_kind kind;
  uint16_t type;
  uint32_t seq;
  uint64_t hlc;
  int32_t auth, prev, invite; /* nodes, or TOPO_NONE */
  int32_t parents[TOPO_PARENTS_MAX];
  uint8_t n_parents;
  bool covered; /* another authority event has it in its past: not part of the frontier */
  /* credentials */
  struct topo_id device, user, seal_key;
  struct topo_node_key key;
  bool valid;
  bool changed;   /* is valid differs from what it was at the last topo_authority_recomputed */
  uint8_t judged; /* the state that its row says; kept by flow.c */
  /* invites, admissions, epochs, wraps */
  uint8_t role;
  struct topo_id invite_key;
  uint64_t expires_ms;
  uint16_t slot;
  struct topo_id *slots; /* owned */
  uint16_t n_slots;
  uint64_t taken; /* invites: slots with a valid admission, by the last recompute */
  uint32_t generation;
  struct topo_id commitment;
  struct topo_id *epochs; /* owned: what an epoch lists, or the one a wrap is of */
  uint16_t n_epochs;
  enum topo_numbering numbering;
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

/* What the event refers to that is not admitted here: writes up to TOPO_ANCESTORS_MAX ids, returns
 * how many. */
size_t topo_authority_missing(const struct topo_authority *a, const struct topo_envelope *e,
                              const struct topo_act *act,
                              struct topo_id missing[static TOPO_ANCESTORS_MAX]);
/* ADMIT(e); nothing may be missing. Adds the node and returns 0, or TOPO_EDENIED (refused, for
 * ever), TOPO_ESIGNATURE (a countersignature or proof; refused as well), TOPO_ENOMEM. `no` is the
 * event's row. `trusted`: the event comes from the log, where it was admitted before; its
 * signatures are not checked again. */
int topo_authority_admit(struct topo_authority *a, const struct topo_context *context,
                         const struct topo_envelope *e, const struct topo_act *act, int64_t no,
                         bool trusted);

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

/* The node, to keep `accepted` in. */
struct topo_authority_node *topo_authority_node(struct topo_authority *a, int32_t index);

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
