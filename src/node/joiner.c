/* joiner.c - the joining side of an invite; see joiner.h. */
#include "node/joiner.h"

#include "base/assert.h"
#include "base/status.h"
#include "events/profile/profile.h"
#include "node/local.h"

#include <string.h>

/* An inviter refuses an invite that it does not know yet, too: by this many rounds, each with both
 * keys, over this time it has heard of it if it ever will. */
enum { REFUSED_ROUNDS = 5, REFUSED_TIME_MS = 5 * 60 * 1000 };

static void move(struct topo_joiner *joiner, enum topo_joiner_state to)
{
  static const bool allowed[4][4] = {
      [TOPO_JOINER_UNREAD] = {[TOPO_JOINER_JOINING] = true, [TOPO_JOINER_JOINED] = true},
      [TOPO_JOINER_JOINING] =
          {[TOPO_JOINER_REFUSED] = true, [TOPO_JOINER_JOINED] = true, [TOPO_JOINER_UNREAD] = true},
      [TOPO_JOINER_REFUSED] =
          {[TOPO_JOINER_JOINING] = true, [TOPO_JOINER_JOINED] = true, [TOPO_JOINER_UNREAD] = true},
      [TOPO_JOINER_JOINED] = {[TOPO_JOINER_UNREAD] = true},
  };
  topo_assert(allowed[joiner->state][to]);
  joiner->state = to;
}

void topo_joiner_init(struct topo_joiner *joiner, struct topo_transaction *t,
                      struct topo_outcome *outcome)
{
  topo_assert(outcome->transaction == t);
  *joiner = (struct topo_joiner){
      .env = t->env, .transaction = t, .outcome = outcome, .state = TOPO_JOINER_UNREAD};
}

static int save_invite(struct topo_env *env, const struct topo_invite_link *invite_link)
{
  int status = topo_local_put(env->db, "invite_seed", invite_link->seed, sizeof invite_link->seed);
  if (status == 0)
    status = topo_local_put(env->db, "invite_device", invite_link->devices[0].device.bytes, 32);
  return status;
}

int topo_joiner_save(struct topo_env *env, const struct topo_invite_link *invite_link,
                     const char *name)
{
  int status = save_invite(env, invite_link);
  if (status == 0)
    status = topo_local_put(env->db, "user_name", name, strlen(name));
  return status;
}

int topo_joiner_load(struct topo_joiner *joiner)
{
  struct topo_db *db = joiner->env->db;
  topo_assert(joiner->state == TOPO_JOINER_UNREAD);
  int status = topo_local_get_32(db, "invite_seed", joiner->invite_seed);
  move(joiner, status == TOPO_ENOTFOUND ? TOPO_JOINER_JOINED : TOPO_JOINER_JOINING);
  if (status == 0)
    status = topo_local_get_32(db, "invite_device", joiner->invite_device.bytes);
  else if (status == TOPO_ENOTFOUND)
    status = 0;
  struct topo_buf name = {0};
  int due = topo_local_get(db, "user_name", &name);
  joiner->profile_due = due == 0;
  topo_buf_finish(&name);
  return status < 0 ? status : due == TOPO_ENOTFOUND ? 0 : due;
}

static void forget_refusals(struct topo_joiner *joiner)
{
  memset(joiner->refusals, 0, sizeof joiner->refusals);
  joiner->refused_ms = 0;
}

static void forget_invite(struct topo_joiner *joiner)
{
  forget_refusals(joiner);
  topo_wipe(joiner->invite_seed, sizeof joiner->invite_seed);
  joiner->invite_device = topo_id_zero;
}

void topo_joiner_unload(struct topo_joiner *joiner)
{
  forget_invite(joiner);
  if (joiner->state != TOPO_JOINER_UNREAD)
    move(joiner, TOPO_JOINER_UNREAD);
}

int topo_joiner_renew(struct topo_joiner *joiner, const struct topo_invite_link *invite_link)
{
  topo_assert(topo_joiner_is_joining(joiner));
  int status = save_invite(joiner->env, invite_link);
  if (status < 0)
    return topo_transaction_fail(joiner->transaction, status);
  forget_refusals(joiner);
  memcpy(joiner->invite_seed, invite_link->seed, sizeof joiner->invite_seed);
  joiner->invite_device = invite_link->devices[0].device;
  joiner->try_device = false;
  if (topo_joiner_is_refused(joiner))
    move(joiner, TOPO_JOINER_JOINING);
  joiner->env->trust_changed = true;
  return 0;
}

bool topo_joiner_is_joining(const struct topo_joiner *joiner)
{
  return joiner->state == TOPO_JOINER_JOINING || joiner->state == TOPO_JOINER_REFUSED;
}

bool topo_joiner_is_refused(const struct topo_joiner *joiner)
{
  return joiner->state == TOPO_JOINER_REFUSED;
}

bool topo_joiner_seems_final(const struct topo_joiner *joiner)
{
  return topo_joiner_is_refused(joiner) && joiner->refusals[false] >= REFUSED_ROUNDS &&
         joiner->refusals[true] >= REFUSED_ROUNDS &&
         joiner->env->now.mono_ms - joiner->refused_ms >= REFUSED_TIME_MS;
}

bool topo_joiner_shows_invite(const struct topo_joiner *joiner)
{
  return topo_joiner_is_joining(joiner) && !joiner->try_device;
}

static void note_refusal(struct topo_joiner *joiner, bool with_invite)
{
  if (joiner->refusals[with_invite] < UINT8_MAX)
    joiner->refusals[with_invite]++;
  if (topo_joiner_is_refused(joiner) || !joiner->refusals[false] || !joiner->refusals[true])
    return;
  move(joiner, TOPO_JOINER_REFUSED);
  joiner->refused_ms = joiner->env->now.mono_ms;
  topo_env_note(joiner->env, TOPO_EUNTRUSTED, "the inviter refused the invite; trying again");
}

void topo_joiner_dial_failed(struct topo_joiner *joiner, bool with_invite, int status)
{
  topo_assert(joiner->state != TOPO_JOINER_UNREAD);
  if (!topo_joiner_is_joining(joiner))
    return;
  /* Whether the admission happened is not known here: where one key is refused, the other is tried
   * (docs/protocol.md §6.1). */
  joiner->try_device = with_invite && status == TOPO_EUNTRUSTED;
  if (status == TOPO_EUNTRUSTED)
    note_refusal(joiner, with_invite);
}

int topo_joiner_answer(const struct topo_joiner *joiner, const struct topo_id *invite,
                       uint16_t slot, const struct topo_id *auth, struct topo_session_join *join)
{
  const struct topo_self *self = &joiner->env->self;
  const struct topo_context *context = topo_dag_context(joiner->env->dag);
  struct topo_sign_key key;
  if (!topo_joiner_is_joining(joiner)) /* it has ended while this connection was up */
    return TOPO_EPROTOCOL;
  struct topo_id user = topo_user_of(&self->workspace, &self->device.public_key);
  *join = (struct topo_session_join){.invite = *invite,
                                     .slot = slot,
                                     .device = self->device.public_key,
                                     .seal_key = self->seal_key};
  topo_countersign(join->countersign, &self->device, context, &user, auth, &join->seal_key);
  topo_sign_key_from_seed(&key, joiner->invite_seed);
  topo_prove_invite(join->proof, &key, context, invite, slot, &user, &join->device,
                    &join->seal_key);
  topo_wipe(&key, sizeof key);
  return 0;
}

void topo_joiner_welcomed(struct topo_joiner *joiner)
{
  topo_assert(joiner->state != TOPO_JOINER_UNREAD);
  joiner->try_device = true;
  forget_refusals(joiner);
  if (topo_joiner_is_refused(joiner))
    move(joiner, TOPO_JOINER_JOINING);
}

/* A credential is here: the invite has done what it is for. */
static void end_joining(struct topo_joiner *joiner)
{
  struct topo_db *db = joiner->env->db;
  topo_assert(topo_joiner_is_joining(joiner));
  int status = topo_transaction_write(joiner->transaction, true);
  if (status < 0)
    return;
  status = topo_local_remove(db, "invite_seed");
  if (status == 0)
    status = topo_local_remove(db, "invite_device");
  topo_transaction_fail(joiner->transaction, status);
  move(joiner, TOPO_JOINER_JOINED);
  forget_invite(joiner);
  joiner->env->trust_changed = true;
}

static int author_name(struct topo_joiner *joiner, const struct topo_buf *name)
{
  struct topo_env *env = joiner->env;
  struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
  struct topo_id id;
  v[TOPO_PROFILE_OF].number = TOPO_PROFILE_OF_USER;
  v[TOPO_PROFILE_NAME].bytes = topo_buf_view(name);
  int status = topo_dag_author(env->dag, &topo_type_profile, v, env->now.wall_ms,
                               topo_outcome_sink(joiner->outcome), &id);
  return status == 0 ? topo_local_remove(env->db, "user_name") : status;
}

/* The name that the joiner gave is told once a key to seal it with is here. */
static void tell_name(struct topo_joiner *joiner)
{
  struct topo_buf name = {0};
  topo_assert(joiner->profile_due);
  int status = topo_local_get(joiner->env->db, "user_name", &name);
  if (status == 0)
    status = topo_transaction_write(joiner->transaction, true);
  if (status == 0)
    status = author_name(joiner, &name);
  topo_buf_finish(&name);
  topo_transaction_fail(joiner->transaction, status);
  joiner->profile_due = status < 0;
}

void topo_joiner_progress(struct topo_joiner *joiner)
{
  if (joiner->transaction->state == TOPO_TRANSACTION_LOST)
    return;
  topo_assert(joiner->state != TOPO_JOINER_UNREAD);
  if (joiner->state == TOPO_JOINER_JOINED && !joiner->profile_due)
    return;
  if (!topo_env_credential(joiner->env))
    return;
  if (topo_joiner_is_joining(joiner))
    end_joining(joiner);
  if (joiner->profile_due && joiner->transaction->state != TOPO_TRANSACTION_LOST &&
      topo_dag_can_seal(joiner->env->dag))
    tell_name(joiner);
}
