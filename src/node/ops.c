/*
 * ops.c - the operations of a space that write and do more than make an event of their parameters.
 * Those that do no more have one handler (author.c).
 */
#include "node/parts.h"

#include "api/operations.gen.h"
#include "base/assert.h"
#include "base/status.h"
#include "crypto/sign.h"
#include "events/invite/invite.h"
#include "node/address.h"
#include "node/author.h"

#include <stdio.h>
#include <string.h>

enum { EXPIRES_DEFAULT_S = 7 * 24 * 3600 };

static void write_invite(struct topo_json *out, const struct topo_env *env,
                         const struct topo_id *id, const struct topo_buf *invite_link,
                         enum topo_role role, uint64_t expires_ms)
{
  topo_json_begin_object(out);
  topo_json_key(out, "invite");
  topo_json_id(out, id);
  topo_json_key(out, "link");
  topo_json_string_n(out, invite_link->data, invite_link->len);
  topo_json_key(out, "addresses");
  topo_address_write_all(out, env->own, env->n_own);
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
    return topo_node_author_explain(node, call, TOPO_EDENIED);
  uint64_t expires_ms =
      node->env.now.wall_ms + (expires->present ? expires->number : EXPIRES_DEFAULT_S) * 1000;
  uint8_t seed[32];
  struct topo_sign_key key;
  struct topo_buf invite_link = {0};
  struct topo_entity event;
  topo_rng_fill(&node->env.rng, seed, sizeof seed);
  topo_sign_key_from_seed(&key, seed);
  struct topo_value v[TOPO_FIELDS_MAX] = {{0}};
  v[TOPO_INVITE_KEY] = topo_value_of_id(&key.public_key);
  v[TOPO_INVITE_ROLE].number = role;
  v[TOPO_INVITE_EXPIRES].number = expires_ms;
  v[TOPO_INVITE_SLOTS] = topo_value_of_id(&node->env.self.device.public_key); /* one slot, ours */
  int status = topo_node_author(node, call, &topo_type_invite, v, &event);
  if (status == 0)
    status = topo_inviter_format(&node->inviter, &event.id, seed, &invite_link);
  if (status == 0)
    write_invite(&call->out, &node->env, &event.id, &invite_link, role, expires_ms);
  topo_wipe(seed, sizeof seed);
  topo_wipe(&key, sizeof key);
  topo_buf_wipe(&invite_link);
  return status;
}
