/*
 * oracle_admit.c - ADMIT and Past, chapter 4: by ancestry alone, for ever.
 */
#include "base/assert.h"
#include "model/oracle_internal.h"

#include <stdlib.h>
#include <string.h>

enum role { OWNER, ADMIN, MODERATOR, MEMBER, GUEST };

/* What is known of an event that another one names. */
enum reference { MISSING, REFUSED, ADMITTED };

static enum reference look_up(const struct oracle_result *result, const struct topo_id *id)
{
  const struct oracle_event *e = oracle_find(result, id);
  if (e && e->refused)
    return REFUSED;
  return e && e->admitted ? ADMITTED : MISSING;
}

static bool is_admission(const struct oracle_event *e)
{
  return e->type == ORACLE_ADMISSION && e->readable;
}

/* The ancestors that e names itself: at most 16 parents, auth, prev and an invite. */
static size_t direct_ancestors(const struct oracle_event *e, struct topo_id out[static 19])
{
  size_t n = 0;
  for (size_t i = 0; i < e->n_parents; i++)
    out[n++] = e->parents[i];
  if (!topo_id_is_zero(&e->auth))
    out[n++] = e->auth;
  if (!topo_id_is_zero(&e->prev))
    out[n++] = e->prev;
  if (is_admission(e))
    out[n++] = e->body.invite;
  return n;
}

static enum reference worse(enum reference a, enum reference b)
{
  if (a == REFUSED || b == REFUSED)
    return REFUSED;
  return a == MISSING || b == MISSING ? MISSING : ADMITTED;
}

static enum reference all_ancestors(const struct oracle_result *result,
                                    const struct oracle_event *e)
{
  struct topo_id ids[19];
  enum reference all = ADMITTED;
  size_t n = direct_ancestors(e, ids);
  for (size_t i = 0; i < n; i++)
    all = worse(all, look_up(result, &ids[i]));
  return all;
}

/* Marks e's ancestors in `seen`, one place for each event of the result. */
static void mark_past(const struct oracle_result *result, const struct oracle_event *e, bool *seen)
{
  struct topo_id ids[19];
  size_t n = direct_ancestors(e, ids);
  for (size_t i = 0; i < n; i++) {
    const struct oracle_event *a = oracle_find(result, &ids[i]);
    if (!a || a->kind != ORACLE_KIND_CONTROL || seen[a - result->events])
      continue;
    seen[a - result->events] = true;
    mark_past(result, a, seen);
  }
}

static bool *past_of(const struct oracle_result *result, const struct oracle_event *e)
{
  bool *seen = calloc(result->n_events, sizeof *seen);
  topo_assert(seen);
  mark_past(result, e, seen);
  return seen;
}

bool oracle_in_past(const struct oracle_result *result, const struct topo_id *ancestor,
                    const struct oracle_event *e)
{
  const struct oracle_event *a = oracle_find(result, ancestor);
  bool *seen = past_of(result, e);
  bool found = a && seen[a - result->events];
  free(seen);
  return found;
}

/* Whether some credential in Past(e) already has both the user and the device of e's body. */
static bool bound_in_past(const struct oracle_result *result, const struct oracle_event *e)
{
  bool found = false;
  bool *seen = past_of(result, e);
  for (size_t i = 0; i < result->n_events; i++) {
    const struct oracle_event *l = &result->events[i];
    found |= seen[i] && oracle_is_credential(l) &&
             topo_id_equal(&l->credential.user, &e->body.user) &&
             topo_id_equal(&l->credential.device, &e->body.device);
  }
  free(seen);
  return found;
}

/* Rule 2. */
static bool rightly_placed(const struct oracle_result *result, const struct oracle_event *e,
                           const struct oracle_event *auth)
{
  if (!oracle_is_credential(auth) || !topo_id_equal(&auth->credential.device, &e->device))
    return false;
  for (size_t i = 0; i < e->n_parents; i++) {
    const struct oracle_event *p = oracle_find(result, &e->parents[i]);
    if (p->type > ORACLE_AUTHORITY_MAX)
      return false;
  }
  if (e->seq == 0)
    return true;
  const struct oracle_event *prev = oracle_find(result, &e->prev);
  return topo_id_equal(&prev->device, &e->device) && prev->seq == e->seq - 1;
}

/* Rule 3. */
static bool admit_user(const struct oracle_result *result, struct oracle_event *e,
                       const struct oracle_event *auth, struct oracle_memo *memo)
{
  struct topo_id root = oracle_root_user(&result->workspace, &e->body.device);
  if (e->body.role < auth->credential.role || auth->credential.role > ADMIN)
    return false;
  if (!oracle_countersigned(memo, e, &result->workspace, &e->body.user))
    return false;
  if (!topo_id_equal(&e->body.user, &root) && !bound_in_past(result, e))
    return false;
  e->credential = (struct oracle_credential){.device = e->body.device,
                                             .user = e->body.user,
                                             .grant = e->id,
                                             .role = e->body.role,
                                             .depth = 1 + auth->credential.depth};
  return true;
}

/* Rule 4. */
static bool admit_device(const struct oracle_result *result, struct oracle_event *e,
                         const struct oracle_event *auth, struct oracle_memo *memo)
{
  if (!oracle_countersigned(memo, e, &result->workspace, &auth->credential.user))
    return false;
  e->credential = auth->credential;
  e->credential.device = e->body.device;
  e->credential.credential_depth = 1 + auth->credential.credential_depth;
  return true;
}

/* Rule 6. */
static bool admit_admission(const struct oracle_result *result, struct oracle_event *e,
                            const struct oracle_event *auth, struct oracle_memo *memo)
{
  const struct oracle_event *invite = oracle_find(result, &e->body.invite);
  struct topo_id user = oracle_root_user(&result->workspace, &e->body.device);
  if (invite->type != ORACLE_INVITE || e->body.slot >= invite->body.n_slots)
    return false;
  struct topo_id owner = oracle_id_at(invite->body.slots, e->body.slot);
  if (!topo_id_equal(&owner, &e->device))
    return false;
  if (invite->body.role < auth->credential.role || auth->credential.role > MEMBER)
    return false;
  if (!oracle_countersigned(memo, e, &result->workspace, &user) ||
      !oracle_proved(memo, e, &result->workspace, &invite->body.invite_key, &user))
    return false;
  const struct oracle_event *inviter = oracle_find(result, &invite->auth);
  uint32_t depth = auth->credential.depth;
  if (inviter->credential.depth > depth)
    depth = inviter->credential.depth;
  e->credential = (struct oracle_credential){.device = e->body.device,
                                             .user = user,
                                             .grant = e->id,
                                             .role = invite->body.role,
                                             .depth = 1 + depth};
  return true;
}

static bool admit_by_type(const struct oracle_result *result, struct oracle_event *e,
                          const struct oracle_event *auth, struct oracle_memo *memo)
{
  switch (e->type) {
  case ORACLE_USER: return admit_user(result, e, auth, memo);
  case ORACLE_DEVICE: return admit_device(result, e, auth, memo);
  case ORACLE_INVITE:
    return e->body.role >= auth->credential.role && auth->credential.role <= MEMBER;
  case ORACLE_ADMISSION: return admit_admission(result, e, auth, memo);
  case ORACLE_EPOCH:
  case ORACLE_WRAP: return auth->credential.role <= MEMBER; /* whether readable here or not */
  default: return true;
  }
}

/* Rule 1. It needs no ancestors. */
static bool admit_genesis(const struct oracle_result *result, struct oracle_event *e)
{
  if (!topo_id_equal(&e->id, &result->workspace))
    return false;
  e->credential =
      (struct oracle_credential){.device = e->device,
                                 .user = oracle_root_user(&result->workspace, &e->device),
                                 .grant = e->id,
                                 .role = OWNER};
  return true;
}

bool oracle_admit(struct oracle_result *result, struct oracle_event *e, struct oracle_memo *memo)
{
  if (e->kind != ORACLE_KIND_CONTROL || !e->authentic || e->admitted || e->refused)
    return false;
  if (e->type <= ORACLE_ADMISSION && !e->readable) {
    e->refused = true;
    return true;
  }
  if (e->type == ORACLE_WORKSPACE) {
    e->admitted = admit_genesis(result, e);
    e->refused = !e->admitted;
    return true;
  }
  enum reference ancestors = all_ancestors(result, e);
  if (ancestors == MISSING)
    return false;
  if (ancestors == ADMITTED) {
    const struct oracle_event *auth = oracle_find(result, &e->auth);
    e->admitted = rightly_placed(result, e, auth) && admit_by_type(result, e, auth, memo);
  }
  e->refused = !e->admitted;
  return true;
}

static size_t listed_epochs(const struct oracle_event *e, struct topo_id out[static 16])
{
  if (e->type == ORACLE_WRAP) {
    out[0] = e->body.target;
    return 1;
  }
  for (size_t i = 0; i < e->body.n_epochs; i++)
    out[i] = oracle_id_at(e->body.epochs, i);
  return e->body.n_epochs;
}

bool oracle_number(const struct oracle_result *result, struct oracle_event *e)
{
  struct topo_id listed[16];
  uint64_t largest = 0;
  bool all = true;
  if (!e->admitted || !e->readable || e->numbering != ORACLE_UNNUMBERED ||
      (e->type != ORACLE_EPOCH && e->type != ORACLE_WRAP))
    return false;
  size_t n = listed_epochs(e, listed);
  for (size_t i = 0; i < n; i++) {
    const struct oracle_event *l = oracle_find(result, &listed[i]);
    bool held = l && l->admitted;
    if (held && (l->type != ORACLE_EPOCH || l->numbering == ORACLE_MISNUMBERED)) {
      e->numbering = ORACLE_MISNUMBERED;
      return true;
    }
    all = all && held && l->numbering == ORACLE_NUMBERED;
    if (held && l->body.generation > largest)
      largest = l->body.generation;
  }
  if (!all)
    return false;
  bool right = e->type == ORACLE_WRAP || e->body.generation == largest + 1;
  e->numbering = right ? ORACLE_NUMBERED : ORACLE_MISNUMBERED;
  return true;
}
