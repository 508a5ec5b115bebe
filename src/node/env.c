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
