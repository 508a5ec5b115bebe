/* env.c - what every part of a space stands on; see env.h. */
#include "node/env.h"

#include "base/assert.h"

#include <stdarg.h>
#include <stdio.h>

void topo_env_begin(struct topo_env *env, struct topo_now now)
{
  topo_assert(now.mono_ms >= env->now.mono_ms); /* monotonic */
  env->now = now;
  env->deadline_ms = UINT64_MAX;
}

void topo_env_wake_at(struct topo_env *env, uint64_t at_ms)
{
  if (at_ms < env->deadline_ms)
    env->deadline_ms = at_ms;
}

void topo_env_note(const struct topo_env *env, int status, const char *format, ...)
{
  char text[256];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  env->ports->note(env->ports->ctx, status, text);
}

const struct topo_authority_node *topo_env_credential(const struct topo_env *env)
{
  topo_assert(env->dag);
  return topo_authority_credential_of(topo_dag_authority(env->dag), &env->self.device.public_key);
}

const struct topo_id *topo_env_other_device(const struct topo_env *env, int32_t act)
{
  const struct topo_authority *a = topo_dag_authority(env->dag);
  const struct topo_authority_node *n = topo_authority_at(a, act);
  if (!topo_node_is_credential(n) || !n->credential.valid || n->kind == TOPO_ACT_GENESIS ||
      topo_id_equal(&n->credential.device, &env->self.device.public_key))
    return NULL;
  return topo_authority_credential_of(a, &n->credential.device) == n ? &n->credential.device : NULL;
}
