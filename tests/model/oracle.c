/*
 * oracle.c - authentic, admitted, is valid and the verdicts, each repeated until nothing changes.
 */
#include "model/oracle.h"

#include "base/assert.h"
#include "crypto/hash.h"
#include "model/oracle_internal.h"

#include <stdlib.h>
#include <string.h>

static const char *const verdict_names[ORACLE_N_VERDICTS] = {
    "malformed",    "unauthenticated", "refused", "held",
    "unauthorised", "unreadable",      "blocked", "accepted"};

const char *oracle_verdict_name(enum oracle_verdict verdict)
{
  return verdict_names[verdict];
}

static int compare_events(const void *a, const void *b)
{
  const struct oracle_event *x = a, *y = b;
  return topo_id_compare(&x->id, &y->id);
}

const struct oracle_event *oracle_find(const struct oracle_result *result, const struct topo_id *id)
{
  struct oracle_event key = {.id = *id};
  return bsearch(&key, result->events, result->n_events, sizeof key, compare_events);
}

bool oracle_is_credential(const struct oracle_event *e)
{
  return e->admitted && (e->type == ORACLE_WORKSPACE || e->type == ORACLE_USER ||
                         e->type == ORACLE_DEVICE || e->type == ORACLE_ADMISSION);
}

/* Copies, names and sorts the input, and drops what is there twice. */
static struct oracle_result *collect(const struct oracle_input *in)
{
  struct oracle_result *result = calloc(1, sizeof *result);
  topo_assert(result);
  result->workspace = in->workspace;
  result->events = calloc(in->n_events + 1, sizeof *result->events);
  topo_assert(result->events);
  for (size_t i = 0; i < in->n_events; i++) {
    struct oracle_event *e = &result->events[i];
    uint8_t *copy = malloc(in->events[i].len + 1);
    topo_assert(copy);
    if (in->events[i].len)
      memcpy(copy, in->events[i].data, in->events[i].len);
    e->bytes = (struct topo_bytes){copy, in->events[i].len};
    oracle_decode(e, &in->workspace);
  }
  qsort(result->events, in->n_events, sizeof *result->events, compare_events);
  for (size_t i = 0; i < in->n_events; i++) {
    struct oracle_event *e = &result->events[i];
    if (i > 0 && topo_id_equal(&result->events[result->n_events - 1].id, &e->id))
      free((void *)(uintptr_t)e->bytes.data);
    else
      result->events[result->n_events++] = *e;
  }
  return result;
}

void oracle_result_destroy(struct oracle_result *result)
{
  if (!result)
    return;
  for (size_t i = 0; i < result->n_events; i++) {
    free((void *)(uintptr_t)result->events[i].bytes.data);
    free(result->events[i].plain);
  }
  free(result->events);
  free(result);
}

/* Content is opened once its epoch is admitted and a secret is known that the epoch commits to. */
static bool open_content(struct oracle_result *result, struct oracle_event *e,
                         const struct oracle_input *in)
{
  if (!e->well_formed || e->kind != ORACLE_KIND_CONTENT || e->opened || e->broken)
    return false;
  const struct oracle_event *epoch = oracle_find(result, &e->epoch);
  if (!epoch || !epoch->admitted || epoch->type != ORACLE_EPOCH || !epoch->readable)
    return false;
  for (size_t i = 0; i < in->n_secrets; i++) {
    uint8_t commitment[32];
    topo_kdf(commitment, in->secrets[i], "commit", NULL, 0);
    if (memcmp(commitment, epoch->body.commitment.bytes, 32) != 0)
      continue;
    oracle_open(e, &in->workspace, in->secrets[i]);
    if (e->opened)
      e->signature_valid = oracle_own_signature(in->memo, e, &in->workspace);
    return true;
  }
  return false;
}

/* An item of the same content chain that names e as its predecessor. */
static bool has_successor_among_items(const struct oracle_result *result,
                                      const struct oracle_event *e)
{
  for (size_t i = 0; i < result->n_events; i++) {
    const struct oracle_event *s = &result->events[i];
    if (s->kind == ORACLE_KIND_CONTENT && topo_id_equal(&s->prev, &e->id) && s->seq == e->seq + 1 &&
        topo_id_equal(&s->epoch, &e->epoch) && memcmp(s->tag, e->tag, sizeof e->tag) == 0 &&
        oracle_is_item(result, s))
      return true;
  }
  return false;
}

static bool authenticate(const struct oracle_result *result, struct oracle_event *e)
{
  if (!e->well_formed || e->authentic || (e->kind == ORACLE_KIND_CONTENT && !e->opened))
    return false;
  e->authentic = e->signature_valid ||
                 (e->kind == ORACLE_KIND_CONTENT && has_successor_among_items(result, e));
  return e->authentic;
}

static void admit_all(struct oracle_result *result, const struct oracle_input *in)
{
  for (size_t i = 0; i < result->n_events; i++) {
    struct oracle_event *e = &result->events[i];
    if (e->well_formed && e->kind == ORACLE_KIND_CONTROL)
      e->signature_valid = oracle_own_signature(in->memo, e, &in->workspace);
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < result->n_events; i++) {
      struct oracle_event *e = &result->events[i];
      changed |= open_content(result, e, in);
      changed |= authenticate(result, e);
      changed |= oracle_admit(result, e, in->memo);
      changed |= oracle_number(result, e);
    }
  }
}

int oracle_key_compare(const struct oracle_event *a, const struct oracle_event *b)
{
  const struct oracle_credential *x = &a->credential, *y = &b->credential;
  if (x->role != y->role)
    return x->role < y->role ? -1 : 1;
  if (x->depth != y->depth)
    return x->depth < y->depth ? -1 : 1;
  int grants = topo_id_compare(&x->grant, &y->grant);
  if (grants != 0)
    return grants;
  if (x->credential_depth != y->credential_depth)
    return x->credential_depth < y->credential_depth ? -1 : 1;
  return topo_id_compare(&a->id, &b->id);
}

static bool same_slot(const struct oracle_event *a, const struct oracle_event *b)
{
  return oracle_is_credential(a) && oracle_is_credential(b) && a->type == ORACLE_ADMISSION &&
         b->type == ORACLE_ADMISSION && topo_id_equal(&a->body.invite, &b->body.invite) &&
         a->body.slot == b->body.slot;
}

bool oracle_valid_equation(const struct oracle_result *result,
                           const struct oracle_event *credential)
{
  if (credential->type == ORACLE_WORKSPACE)
    return true;
  if (!oracle_find(result, &credential->auth)->credential.valid)
    return false;
  if (credential->type != ORACLE_ADMISSION)
    return true;
  const struct oracle_event *invite = oracle_find(result, &credential->body.invite);
  if (!oracle_find(result, &invite->auth)->credential.valid)
    return false;
  for (size_t i = 0; i < result->n_events; i++) {
    const struct oracle_event *other = &result->events[i];
    if (same_slot(other, credential) && other->credential.valid &&
        oracle_key_compare(other, credential) < 0)
      return false;
  }
  return true;
}

/* From "all are valid", the equations settle: in round n at the latest, the n most senior
 * credentials are right. */
static void decide_valid(struct oracle_result *result)
{
  for (size_t i = 0; i < result->n_events; i++)
    result->events[i].credential.valid = oracle_is_credential(&result->events[i]);
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < result->n_events; i++) {
      struct oracle_event *e = &result->events[i];
      if (!oracle_is_credential(e) || oracle_valid_equation(result, e) == e->credential.valid)
        continue;
      e->credential.valid = !e->credential.valid;
      changed = true;
    }
  }
}

static bool role_may(const struct oracle_event *e, uint8_t role)
{
  if (!e->readable)
    return true; /* judged as unreadable */
  if (e->type == ORACLE_PROFILE && e->body.profile_of == 1)
    return role <= 1;
  if (e->type == ORACLE_CHANNEL)
    return role <= 3;
  return true;
}

/* The type that a dependency must have; zero when the type has none. */
static uint16_t dependency_type(uint16_t type)
{
  if (type == ORACLE_MESSAGE)
    return ORACLE_CHANNEL;
  return type == ORACLE_REACTION ? ORACLE_MESSAGE : 0;
}

static enum oracle_verdict judge_control(const struct oracle_result *result,
                                         const struct oracle_event *e)
{
  if (e->refused)
    return ORACLE_REFUSED;
  if (!e->admitted)
    return ORACLE_PENDING;
  const struct oracle_event *right = oracle_is_credential(e) ? e : oracle_find(result, &e->auth);
  if (!right->credential.valid || e->numbering == ORACLE_MISNUMBERED)
    return ORACLE_UNAUTHORISED;
  if (!e->readable)
    return ORACLE_UNREADABLE;
  bool lists = e->type == ORACLE_EPOCH || e->type == ORACLE_WRAP;
  return lists && e->numbering != ORACLE_NUMBERED ? ORACLE_BLOCKED : ORACLE_ACCEPTED;
}

static enum oracle_verdict judge_content(const struct oracle_result *result,
                                         const struct oracle_event *e)
{
  const struct oracle_event *auth = oracle_find(result, &e->auth);
  if (!auth || !auth->admitted)
    return ORACLE_PENDING;
  if (!oracle_is_item(result, e))
    return ORACLE_REFUSED;
  if (!auth->credential.valid || !role_may(e, auth->credential.role))
    return ORACLE_UNAUTHORISED;
  uint16_t wanted = dependency_type(e->type);
  const struct oracle_event *target =
      wanted && e->readable ? oracle_find(result, &e->body.target) : NULL;
  bool accepted = target && target->verdict == ORACLE_ACCEPTED;
  if (accepted && target->type != wanted)
    return ORACLE_UNAUTHORISED;
  if (!e->readable)
    return ORACLE_UNREADABLE;
  return wanted && !accepted ? ORACLE_BLOCKED : ORACLE_ACCEPTED;
}

static enum oracle_verdict judge(const struct oracle_result *result, const struct oracle_event *e)
{
  if (!e->well_formed)
    return ORACLE_MALFORMED;
  if (e->kind == ORACLE_KIND_CONTENT && !e->opened && !e->broken)
    return ORACLE_PENDING;
  if (!e->authentic)
    return ORACLE_UNAUTHENTICATED;
  return e->kind == ORACLE_KIND_CONTROL ? judge_control(result, e) : judge_content(result, e);
}

/* Nothing is accepted at first; acceptance then travels up from what needs nothing. */
static void judge_all(struct oracle_result *result)
{
  for (size_t i = 0; i < result->n_events; i++)
    result->events[i].verdict = ORACLE_MALFORMED;
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < result->n_events; i++) {
      struct oracle_event *e = &result->events[i];
      enum oracle_verdict verdict = judge(result, e);
      changed |= verdict != e->verdict;
      e->verdict = verdict;
    }
  }
}

struct oracle_result *oracle_run(const struct oracle_input *in)
{
  struct oracle_result *result = collect(in);
  admit_all(result, in);
  decide_valid(result);
  judge_all(result);
  return result;
}
