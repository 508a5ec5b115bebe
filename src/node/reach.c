/* reach.c - where this device can be reached; see reach.h. */
#include "node/reach.h"

#include "base/assert.h"

#include <string.h>

const char topo_reach_nowhere[] =
    "this node has no address at which others could reach it: connect this computer to a network, "
    "or say with --advertise where it is reached";

void topo_reach_changed(struct topo_env *env, const struct topo_input *in)
{
  topo_assert(in->kind == TOPO_IN_ADDRESSES);
  topo_assert(in->addresses.n <= TOPO_NODE_ADDRESSES_MAX);
  env->n_own = in->addresses.n;
  memcpy(env->own, in->addresses.list, env->n_own * sizeof *env->own);
}
