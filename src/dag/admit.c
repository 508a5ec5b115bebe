/*
 * admit.c - ADMIT: may this control event be part of the set at all? Decided by ancestry alone,
 * once (docs/protocol.md §4).
 */
#include "dag/authority_impl.h"

#include "base/assert.h"
#include "base/status.h"

#include <stdlib.h>
#include <string.h>

#define LITERAL(text) ((struct topo_bytes){(const uint8_t *)(text), sizeof(text) - 1})
#define VIEW(id)      ((struct topo_bytes){(id)->bytes, TOPO_ID_SIZE})

/* "topo/1 countersign" ‖ context ‖ user ‖ auth ‖ device ‖ seal_key */
struct countersigned {
  uint8_t names[TOPO_CONTEXT_SIZE];
  struct topo_bytes parts[6];
};

static void countersigned(struct countersigned *m, const struct topo_context *context,
                          const struct topo_id *user, const struct topo_id *auth,
                          const struct topo_id *device, const struct topo_id *seal_key)
{
  topo_context_bytes(context, m->names);
  m->parts[0] = LITERAL("topo/1 countersign");
  m->parts[1] = (struct topo_bytes){m->names, sizeof m->names};
  m->parts[2] = VIEW(user);
  m->parts[3] = VIEW(auth);
  m->parts[4] = VIEW(device);
  m->parts[5] = VIEW(seal_key);
}

void topo_countersign(uint8_t sig[static TOPO_SIG_SIZE], const struct topo_sign_key *device,
                      const struct topo_context *context, const struct topo_id *user,
                      const struct topo_id *auth, const struct topo_id *seal_key)
{
  struct countersigned m;
  countersigned(&m, context, user, auth, &device->public_key, seal_key);
  topo_sign(sig, device, m.parts, 6);
}

int topo_check_countersign(const struct topo_act *act, const struct topo_context *context,
                           const struct topo_id *user, const struct topo_id *auth)
{
  struct countersigned m;
  countersigned(&m, context, user, auth, &act->device, &act->seal_key);
  return topo_verify(act->countersign, &act->device, m.parts, 6);
}

/* "topo/1 admission" ‖ context ‖ invite ‖ u16 slot ‖ user ‖ device ‖ seal_key */
struct proven {
  uint8_t names[TOPO_CONTEXT_SIZE], slot[2];
  struct topo_bytes parts[7];
};

static void proven(struct proven *m, const struct topo_context *context,
                   const struct topo_id *invite, uint16_t slot, const struct topo_id *user,
                   const struct topo_id *device, const struct topo_id *seal_key)
{
  topo_context_bytes(context, m->names);
  m->slot[0] = (uint8_t)(slot >> 8);
  m->slot[1] = (uint8_t)slot;
  m->parts[0] = LITERAL("topo/1 admission");
  m->parts[1] = (struct topo_bytes){m->names, sizeof m->names};
  m->parts[2] = VIEW(invite);
  m->parts[3] = (struct topo_bytes){m->slot, sizeof m->slot};
  m->parts[4] = VIEW(user);
  m->parts[5] = VIEW(device);
  m->parts[6] = VIEW(seal_key);
}

void topo_prove_invite(uint8_t sig[static TOPO_SIG_SIZE], const struct topo_sign_key *invite_key,
                       const struct topo_context *context, const struct topo_id *invite,
                       uint16_t slot, const struct topo_id *user, const struct topo_id *device,
                       const struct topo_id *seal_key)
{
  struct proven m;
  proven(&m, context, invite, slot, user, device, seal_key);
  topo_sign(sig, invite_key, m.parts, 7);
}

int topo_check_proof(const struct topo_act *act, const struct topo_context *context,
                     const struct topo_id *invite_key, const struct topo_id *user)
{
  struct proven m;
  proven(&m, context, &act->invite, act->slot, user, &act->device, &act->seal_key);
  return topo_verify(act->proof, invite_key, m.parts, 7);
}

static void note_missing(const struct topo_authority *a, const struct topo_id *id,
                         struct topo_id *missing, size_t *n)
{
  if (topo_id_is_zero(id) || topo_authority_index(a, id) != TOPO_NONE)
    return;
  for (size_t i = 0; i < *n; i++)
    if (topo_id_equal(&missing[i], id))
      return;
  topo_assert(*n < TOPO_ANCESTORS_MAX);
  missing[(*n)++] = *id;
}

size_t topo_authority_missing(const struct topo_authority *a, const struct topo_envelope *e,
                              const struct topo_act *act,
                              struct topo_id missing[static TOPO_ANCESTORS_MAX])
{
  size_t n = 0;
  note_missing(a, &e->auth, missing, &n);
  note_missing(a, &e->prev, missing, &n);
  for (unsigned i = 0; i < e->n_parents; i++) {
    struct topo_id parent = topo_envelope_parent(e, i);
    note_missing(a, &parent, missing, &n);
  }
  if (act->kind == TOPO_ACT_ADMISSION)
    note_missing(a, &act->invite, missing, &n);
  return n;
}

/* Rule 2, and the node's references. */
static int refer(const struct topo_authority *a, const struct topo_envelope *e,
                 struct topo_authority_node *n)
{
  n->auth = topo_authority_index(a, &e->auth);
  n->prev = topo_id_is_zero(&e->prev) ? TOPO_NONE : topo_authority_index(a, &e->prev);
  topo_assert(n->auth != TOPO_NONE && (n->prev != TOPO_NONE) == (e->seq > 0));
  const struct topo_authority_node *auth = &a->nodes[n->auth];
  if (!topo_node_is_credential(auth) || !topo_id_equal(&auth->credential.device, &e->signer))
    return TOPO_EDENIED;
  if (n->prev != TOPO_NONE && (!topo_id_equal(&a->nodes[n->prev].signer, &e->signer) ||
                               a->nodes[n->prev].seq + 1 != e->seq))
    return TOPO_EDENIED;
  n->n_parents = e->n_parents;
  for (unsigned i = 0; i < e->n_parents; i++) {
    struct topo_id id = topo_envelope_parent(e, i);
    n->parents[i] = topo_authority_index(a, &id);
    topo_assert(n->parents[i] != TOPO_NONE);
    if (a->nodes[n->parents[i]].type > TOPO_TYPE_AUTHORITY_MAX)
      return TOPO_EDENIED;
  }
  return 0;
}

struct holder {
  const struct topo_id *user, *device;
};

static bool holds(const struct topo_authority_node *n, void *arg)
{
  const struct holder *h = arg;
  return topo_node_is_credential(n) && topo_id_equal(&n->credential.user, h->user) &&
         topo_id_equal(&n->credential.device, h->device);
}

/* Rule 3: a new user bears the name of its first device; an old one is named only with a device it
 * has. */
static int admit_grant(const struct topo_authority *a, const struct topo_act *act,
                       const struct topo_credential *auth, struct topo_authority_node *n)
{
  if (act->role < auth->key.role)
    return TOPO_EDENIED;
  struct topo_id own = topo_user_of(&a->workspace, &act->device);
  if (!topo_id_equal(&own, &act->user)) {
    int32_t refs[TOPO_ANCESTORS_MAX];
    struct holder h = {&act->user, &act->device};
    int found = topo_authority_any_past(a, refs, topo_node_references(n, refs), holds, &h);
    if (found <= 0)
      return found < 0 ? found : TOPO_EDENIED;
  }
  n->credential.user = act->user;
  n->credential.key = (struct topo_node_key){act->role, auth->key.depth + 1, n->id, 0};
  return 0;
}

/* Rule 4. */
static int admit_device(const struct topo_credential *auth, struct topo_authority_node *n)
{
  n->credential.user = auth->user;
  n->credential.key = auth->key;
  n->credential.key.credential_depth++;
  return 0;
}

/* A copy of a list of ids, or NULL. */
static struct topo_id *copy_ids(struct topo_bytes list)
{
  topo_assert(list.len > 0 && list.len % sizeof(struct topo_id) == 0);
  struct topo_id *copy = malloc(list.len);
  if (copy)
    memcpy(copy, list.data, list.len);
  return copy;
}

/* Rule 5. */
static int admit_invite(const struct topo_act *act, const struct topo_credential *auth,
                        struct topo_authority_node *n)
{
  size_t n_slots = act->slots.len / sizeof(struct topo_id);
  if (act->role < auth->key.role)
    return TOPO_EDENIED;
  topo_assert(n_slots >= 1 && n_slots <= TOPO_SLOTS_MAX); /* the type's field says so */
  n->invite = (struct topo_invite){.key = act->invite,
                                   .role = act->role,
                                   .expires_ms = act->expires_ms,
                                   .slots = copy_ids(act->slots),
                                   .n_slots = (uint16_t)n_slots};
  return n->invite.slots ? 0 : TOPO_ENOMEM;
}

/* Rule 6. */
static int admit_admission(const struct topo_authority *a, const struct topo_act *act,
                           const struct topo_credential *auth, struct topo_authority_node *n)
{
  const struct topo_authority_node *node = &a->nodes[n->credential.invite];
  const struct topo_invite *invite = &node->invite;
  if (node->kind != TOPO_ACT_INVITE || act->slot >= invite->n_slots ||
      !topo_id_equal(&invite->slots[act->slot], &n->signer) || invite->role < auth->key.role)
    return TOPO_EDENIED;
  const struct topo_credential *inviter = topo_node_credential(&a->nodes[node->auth]);
  uint32_t depth = inviter->key.depth > auth->key.depth ? inviter->key.depth : auth->key.depth;
  n->credential.slot = act->slot;
  n->credential.user = topo_user_of(&a->workspace, &act->device);
  n->credential.key = (struct topo_node_key){invite->role, depth + 1, n->id, 0};
  return 0;
}

/* Rule 7. Whether what an epoch lists is there, and counted rightly, is a verdict and not a part of
 * ADMIT. */
static int admit_epoch(const struct topo_act *act, struct topo_bytes listed,
                       struct topo_authority_node *n)
{
  n->epoch = (struct topo_epoch_node){.generation = act->generation, .commitment = act->commitment};
  if (listed.len == 0)
    return 0;
  n->epoch.listed = copy_ids(listed);
  n->epoch.n_listed = (uint16_t)(listed.len / sizeof(struct topo_id));
  return n->epoch.listed ? 0 : TOPO_ENOMEM;
}

/* Rule 1. */
static int admit_genesis(const struct topo_authority *a, struct topo_authority_node *n)
{
  if (!topo_id_equal(&n->id, &a->workspace))
    return TOPO_EDENIED;
  n->credential.device = n->signer;
  n->credential.user = topo_user_of(&a->workspace, &n->signer);
  n->credential.key = (struct topo_node_key){TOPO_OWNER, 0, n->id, 0};
  return 0;
}

/* Rules 3 to 8, by what the event does. */
static int admit_act(const struct topo_authority *a, const struct topo_act *act,
                     struct topo_authority_node *n)
{
  if (act->kind == TOPO_ACT_GENESIS)
    return admit_genesis(a, n);
  const struct topo_credential *auth = topo_node_credential(&a->nodes[n->auth]);
  if (!topo_role_may(auth->key.role, act->right))
    return TOPO_EDENIED;
  switch (act->kind) {
  case TOPO_ACT_GRANT: return admit_grant(a, act, auth, n);
  case TOPO_ACT_DEVICE: return admit_device(auth, n);
  case TOPO_ACT_INVITE: return admit_invite(act, auth, n);
  case TOPO_ACT_ADMISSION: return admit_admission(a, act, auth, n);
  case TOPO_ACT_EPOCH: return admit_epoch(act, act->epochs, n);
  case TOPO_ACT_WRAP: return admit_epoch(act, (struct topo_bytes){act->epoch.bytes, 32}, n);
  case TOPO_ACT_OTHER: return 0;
  default: return TOPO_EDENIED;
  }
}

/* The new device's consent, and the holder of the invite's. */
static int check_signatures(const struct topo_authority *a, const struct topo_context *context,
                            const struct topo_act *act, const struct topo_authority_node *n)
{
  if (!topo_node_is_credential(n) || n->kind == TOPO_ACT_GENESIS)
    return 0;
  const struct topo_credential *c = &n->credential;
  int status = topo_check_countersign(act, context, &c->user, &a->nodes[n->auth].id);
  if (status == 0 && act->kind == TOPO_ACT_ADMISSION)
    status = topo_check_proof(act, context, &a->nodes[c->invite].invite.key, &c->user);
  return status;
}

int topo_authority_check_join(const struct topo_authority *a, const struct topo_context *context,
                              const struct topo_act *act, const struct topo_authority_node *auth,
                              const struct topo_authority_node *invite)
{
  topo_assert(act->kind == TOPO_ACT_ADMISSION && invite->kind == TOPO_ACT_INVITE);
  struct topo_id user = topo_user_of(&a->workspace, &act->device);
  int status = topo_check_countersign(act, context, &user, &auth->id);
  return status == 0 ? topo_check_proof(act, context, &invite->invite.key, &user) : status;
}

/* The node as far as the event itself says what it is. */
static struct topo_authority_node draft(const struct topo_authority *a,
                                        const struct topo_envelope *e, const struct topo_act *act)
{
  struct topo_authority_node n = {.id = e->id,
                                  .signer = e->signer,
                                  .kind = act->kind,
                                  .type = e->type,
                                  .seq = e->seq,
                                  .hlc = e->hlc,
                                  .auth = TOPO_NONE,
                                  .prev = TOPO_NONE};
  if (topo_node_is_credential(&n))
    n.credential = (struct topo_credential){
        .device = act->device, .seal_key = act->seal_key, .invite = TOPO_NONE};
  if (n.kind == TOPO_ACT_ADMISSION)
    n.credential.invite = topo_authority_index(a, &act->invite);
  return n;
}

int topo_authority_admit(const struct topo_authority *a, const struct topo_context *context,
                         const struct topo_envelope *e, const struct topo_act *act, bool trusted,
                         struct topo_authority_node *out)
{
  topo_assert(e->kind == TOPO_CONTROL);
  *out = draft(a, e, act);
  bool genesis = topo_envelope_is_genesis(e);
  if (genesis != (act->kind == TOPO_ACT_GENESIS))
    return TOPO_EDENIED;
  int status = genesis ? 0 : refer(a, e, out);
  if (status == 0)
    status = admit_act(a, act, out);
  if (status == 0 && !trusted)
    status = check_signatures(a, context, act, out);
  if (status < 0)
    topo_node_finish(out);
  return status;
}

int topo_authority_add(struct topo_authority *a, struct topo_authority_node *node, int64_t no)
{
  topo_assert(no > 0 && topo_authority_index(a, &node->id) == TOPO_NONE);
  node->no = no;
  int status = topo_authority_push(a, node);
  if (status < 0) {
    topo_node_finish(node);
    return status;
  }
  topo_authority_cover(a, a->n - 1);
  return 0;
}
