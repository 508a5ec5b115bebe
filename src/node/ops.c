/*
 * ops.c - the operations of a space that write, or that ask about its connections.
 */
#include "node/parts.h"

#include "api/operations.gen.h"
#include "base/assert.h"
#include "base/status.h"
#include "crypto/sign.h"
#include "events/channel/channel.h"
#include "events/invite/invite.h"
#include "events/message/message.h"
#include "events/profile/profile.h"
#include "events/reaction/reaction.h"
#include "store/answers.h"
#include "views/view.h"

#include <stdio.h>
#include <string.h>

enum { EXPIRES_DEFAULT_S = 7 * 24 * 3600 };

static struct topo_view view_of(const struct topo_node *node)
{
  return (struct topo_view){node->env.db, node->env.self.workspace,
                            node->env.self.device.public_key};
}

/* A sentence for what authoring can answer. */
static int explain(struct topo_node *node, struct topo_op_call *call, int status)
{
  switch (status) {
  case TOPO_ENOKEY: return topo_op_fail(call, status, "the key of the workspace has not come yet");
  case TOPO_EDENIED:
    if (topo_joiner_is_joining(&node->joiner))
      return topo_op_fail(call, TOPO_EUNREACHABLE,
                          "not admitted yet: whoever sent the invite must be online");
    return topo_op_fail(call, status, "your role does not allow this");
  case TOPO_ENOTFOUND: return topo_op_fail(call, status, "there is no such thing in this space");
  case TOPO_EINVAL: return topo_op_fail(call, status, "the text is empty, too long or not valid");
  default: return status;
  }
}

/* The event is the answer to this key; views show it from here on. */
static int keep_key(struct topo_node *node, const struct topo_op_call *call,
                    const struct topo_id *event)
{
  int64_t no = 0;
  int status = topo_log_number(topo_dag_log(node->env.dag), event, &no);
  if (status == 0)
    status = topo_answers_begin(node->env.db, call->idempotency_key, &node->calls.request, no,
                                node->env.now.wall_ms);
  node->calls.keyed = true;
  return topo_transaction_fail(&node->transaction, status);
}

/* Makes one event; when storage fails in the middle the step's transaction is lost with it. */
static int author(struct topo_node *node, struct topo_op_call *call, const struct topo_type *type,
                  const struct topo_value *values, struct topo_id *id)
{
  int status = topo_transaction_write(&node->transaction, true);
  if (status < 0)
    return status;
  status = topo_dag_author(node->env.dag, type, values, node->env.now.wall_ms,
                           topo_outcome_sink(&node->outcome), id);
  /* Content is judged before anything is written; a control event that failed half-way is not. */
  bool judged = status == TOPO_EDENIED || status == TOPO_EINVAL || status == TOPO_ENOTFOUND ||
                status == TOPO_ENOKEY;
  if (status < 0 && (type->act || !judged))
    topo_transaction_fail(&node->transaction, status);
  if (status == 0 && call->idempotency_key[0])
    status = keep_key(node, call, id);
  return status < 0 ? explain(node, call, status) : 0;
}

static struct topo_value text_of(const struct topo_op_call *call, const char *name)
{
  const struct topo_op_value *v = topo_op_get(call, name);
  return (struct topo_value){0, {(const uint8_t *)v->text, v->text_len}};
}

int topo_op_createChannel(struct topo_op_call *call, void *ctx)
{
  struct topo_node *node = ctx;
  struct topo_id id;
  struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
  v[TOPO_CHANNEL_NAME] = text_of(call, "name");
  int status = author(node, call, &topo_type_channel, v, &id);
  struct topo_view view = view_of(node);
  return status == 0 ? topo_view_channel(&view, &id, &call->out) : status;
}

int topo_op_sendMessage(struct topo_op_call *call, void *ctx)
{
  struct topo_node *node = ctx;
  struct topo_id id;
  struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
  v[TOPO_MESSAGE_CHANNEL] = topo_value_of_id(&topo_op_get(call, "channel")->id);
  v[TOPO_MESSAGE_TEXT] = text_of(call, "text");
  int status = author(node, call, &topo_type_message, v, &id);
  struct topo_view view = view_of(node);
  return status == 0 ? topo_view_message(&view, &id, &call->out) : status;
}

int topo_op_addReaction(struct topo_op_call *call, void *ctx)
{
  struct topo_node *node = ctx;
  struct topo_id id;
  const struct topo_id *message = &topo_op_get(call, "message")->id;
  struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
  v[TOPO_REACTION_MESSAGE] = topo_value_of_id(message);
  v[TOPO_REACTION_EMOJI] = text_of(call, "emoji");
  int status = author(node, call, &topo_type_reaction, v, &id);
  if (status < 0)
    return status;
  topo_json_begin_object(&call->out);
  topo_json_key(&call->out, "reaction");
  topo_json_id(&call->out, &id);
  topo_json_key(&call->out, "message");
  topo_json_id(&call->out, message);
  topo_json_key(&call->out, "emoji");
  topo_json_string(&call->out, topo_op_get(call, "emoji")->text);
  topo_json_end_object(&call->out);
  return 0;
}

static void write_invite(struct topo_json *out, const struct topo_id *id,
                         const struct topo_buf *link, enum topo_role role, uint64_t expires_ms)
{
  topo_json_begin_object(out);
  topo_json_key(out, "invite");
  topo_json_id(out, id);
  topo_json_key(out, "link");
  topo_json_string_n(out, link->data, link->len);
  topo_json_key(out, "role");
  topo_json_string(out, topo_role_name(role));
  topo_json_key(out, "expires_at_ms");
  topo_json_u64(out, expires_ms);
  topo_json_end_object(out);
}

int topo_op_createInvite(struct topo_op_call *call, void *ctx)
{
  struct topo_node *node = ctx;
  enum topo_role role = TOPO_MEMBER;
  const struct topo_op_value *asked = topo_op_get(call, "role");
  const struct topo_op_value *expires = topo_op_get(call, "expires_in_s");
  if (asked->present) {
    int known = topo_role_parse(asked->text, &role);
    topo_assert(known == 0); /* the row lets only roles through */
  }
  const struct topo_authority_node *own = topo_env_credential(&node->env);
  if (!own || own->credential.key.role > role ||
      !topo_role_may((enum topo_role)own->credential.key.role, TOPO_RIGHT_INVITE))
    return explain(node, call, TOPO_EDENIED);
  uint64_t expires_ms =
      node->env.now.wall_ms + (expires->present ? expires->number : EXPIRES_DEFAULT_S) * 1000;
  uint8_t seed[32];
  struct topo_sign_key key;
  struct topo_buf link = {0};
  struct topo_id id;
  topo_rng_fill(&node->env.rng, seed, sizeof seed);
  topo_sign_key_from_seed(&key, seed);
  struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
  v[TOPO_INVITE_KEY] = topo_value_of_id(&key.public_key);
  v[TOPO_INVITE_ROLE].number = role;
  v[TOPO_INVITE_EXPIRES].number = expires_ms;
  v[TOPO_INVITE_SLOTS] = topo_value_of_id(&node->env.self.device.public_key); /* one slot, ours */
  int status = author(node, call, &topo_type_invite, v, &id);
  if (status == 0)
    status = topo_inviter_format(&node->inviter, &id, seed, &link);
  if (status == 0)
    write_invite(&call->out, &id, &link, role, expires_ms);
  topo_wipe(seed, sizeof seed);
  topo_wipe(&key, sizeof key);
  topo_buf_wipe(&link);
  return status;
}
