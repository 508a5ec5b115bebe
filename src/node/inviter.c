/* inviter.c - the inviting side; see inviter.h. */
#include "node/inviter.h"

#include "base/assert.h"
#include "base/status.h"
#include "crypto/hpke.h"
#include "events/admission/admission.h"
#include "events/wrap/wrap.h"
#include "node/invite.h"

#include <string.h>

struct welcome {
  struct topo_id admission;
  uint64_t conn;
};

void topo_inviter_init(struct topo_inviter *inviter, struct topo_outcome *outcome)
{
  *inviter = (struct topo_inviter){
      .env = outcome->transaction->env, .transaction = outcome->transaction, .outcome = outcome};
}

void topo_inviter_finish(struct topo_inviter *inviter)
{
  topo_buf_finish(&inviter->welcomes);
}

int topo_inviter_format(const struct topo_inviter *inviter, const struct topo_id *invite,
                        const uint8_t seed[static 32], struct topo_buf *out)
{
  const struct topo_self *self = &inviter->env->self;
  const struct topo_env *env = inviter->env;
  struct topo_invite_link invite_link = {
      .workspace = self->workspace, .invite = *invite, .n_devices = 1};
  struct topo_invite_device *own = &invite_link.devices[0];
  memcpy(invite_link.seed, seed, sizeof invite_link.seed);
  own->device = self->device.public_key;
  own->n_addresses = env->n_own;
  memcpy(own->addresses, env->own, env->n_own * sizeof *env->own);
  int status = topo_invite_format(&invite_link, out);
  topo_wipe(&invite_link, sizeof invite_link);
  return status;
}

int topo_inviter_offer(const struct topo_inviter *inviter, const struct topo_id *invite_key,
                       struct topo_id *invite, uint16_t *slot, struct topo_id *auth)
{
  const struct topo_env *env = inviter->env;
  int open = -1;
  const struct topo_authority_node *i = topo_authority_open_invite(
      topo_dag_authority(env->dag), invite_key, &env->self.device.public_key, &open);
  const struct topo_authority_node *own = topo_env_credential(env);
  if (!i || !own)
    return TOPO_EUNTRUSTED;
  topo_assert(open >= 0 && open <= UINT16_MAX);
  if (i->invite.expires_ms && i->invite.expires_ms < env->now.wall_ms)
    return TOPO_EUNTRUSTED;
  *invite = i->id;
  *slot = (uint16_t)open;
  *auth = own->id;
  return 0;
}

static int queue_welcome(struct topo_inviter *inviter, const struct topo_node_conn *conn,
                         const struct topo_id *admission)
{
  struct welcome welcome = {*admission, conn->number};
  return topo_buf_put(&inviter->welcomes, &welcome, sizeof welcome);
}

/* Whether the admission that JOIN asks for can be made and wrapped to, before anything is written:
 * a bad JOIN costs the joiner its connection and nothing else. */
static int check_join(const struct topo_env *env, const struct topo_authority_node *invite,
                      const struct topo_authority_node *own, const struct topo_session_join *join)
{
  struct topo_act act = {.kind = TOPO_ACT_ADMISSION,
                         .device = join->device,
                         .seal_key = join->seal_key,
                         .countersign = join->countersign,
                         .proof = join->proof,
                         .invite = join->invite,
                         .slot = join->slot};
  if (!topo_x25519_is_usable(join->seal_key.bytes))
    return TOPO_EPROTOCOL;
  int status = topo_authority_check_join(topo_dag_authority(env->dag), topo_dag_context(env->dag),
                                         &act, own, invite);
  return status == TOPO_ESIGNATURE ? TOPO_EPROTOCOL : status;
}

static int write_admission(struct topo_inviter *inviter, const struct topo_session_join *join,
                           struct topo_id *admission)
{
  struct topo_env *env = inviter->env;
  const struct topo_sink *sink = topo_outcome_sink(inviter->outcome);
  struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
  v[TOPO_ADMISSION_INVITE] = topo_value_of_id(&join->invite);
  v[TOPO_ADMISSION_SLOT].number = join->slot;
  v[TOPO_ADMISSION_DEVICE] = topo_value_of_id(&join->device);
  v[TOPO_ADMISSION_SEAL_KEY] = topo_value_of_id(&join->seal_key);
  v[TOPO_ADMISSION_COUNTERSIGN].bytes = (struct topo_bytes){join->countersign, TOPO_SIG_SIZE};
  v[TOPO_ADMISSION_PROOF].bytes = (struct topo_bytes){join->proof, TOPO_SIG_SIZE};
  int status =
      topo_dag_author(env->dag, &topo_type_admission, v, env->now.wall_ms, sink, admission);
  if (status == 0)
    status = topo_dag_wrap_all(env->dag, &topo_type_wrap, admission, &join->seal_key,
                               env->now.wall_ms, sink);
  return status;
}

int topo_inviter_admit(struct topo_inviter *inviter, const struct topo_node_conn *conn,
                       const struct topo_session_join *join)
{
  const struct topo_env *env = inviter->env;
  const struct topo_authority *a = topo_dag_authority(env->dag);
  topo_assert(conn->state == TOPO_NODE_CONN_UP && conn->role == TOPO_SESSION_INVITER);
  /* docs/protocol.md §6.1: who was admitted by this invite before hears the same WELCOME. */
  const struct topo_authority_node *before =
      topo_authority_admission(a, &join->invite, &join->device);
  if (before)
    return queue_welcome(inviter, conn, &before->id);
  int open = -1;
  const struct topo_authority_node *invite =
      topo_authority_open_invite(a, &conn->peer, &env->self.device.public_key, &open);
  const struct topo_authority_node *own = topo_env_credential(env);
  if (!invite || !own || !topo_id_equal(&invite->id, &join->invite) || open != join->slot)
    return TOPO_EUNTRUSTED;
  int status = check_join(env, invite, own, join);
  if (status < 0)
    return status;
  struct topo_id admission;
  status = topo_transaction_write(inviter->transaction, true);
  if (status == 0)
    status = write_admission(inviter, join, &admission);
  if (status < 0) /* half of it may be in memory */
    return topo_transaction_fail(inviter->transaction, status);
  return queue_welcome(inviter, conn, &admission);
}

void topo_inviter_welcome(struct topo_inviter *inviter, const struct topo_conns *conns)
{
  struct welcome welcome;
  topo_assert(inviter->transaction->state == TOPO_TRANSACTION_NONE); /* it is committed */
  topo_assert(inviter->welcomes.len % sizeof welcome == 0);
  for (size_t at = 0; at < inviter->welcomes.len; at += sizeof welcome) {
    memcpy(&welcome, inviter->welcomes.data + at, sizeof welcome);
    const struct topo_node_conn *conn = topo_conns_find(conns, welcome.conn);
    if (conn)
      topo_session_welcome(conn->session, &welcome.admission);
  }
  topo_buf_clear(&inviter->welcomes);
}

void topo_inviter_forget(struct topo_inviter *inviter)
{
  topo_buf_clear(&inviter->welcomes);
}
