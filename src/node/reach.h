/*
 * reach.h - where this device can be reached, as far as its surroundings know: what its invite
 * links say.
 */
#ifndef TOPO_NODE_REACH_H
#define TOPO_NODE_REACH_H

#include "node/env.h"
#include "node/input.h"

/* The addresses have changed: those of the input count from now on. It is taken while the space's
 * file cannot be read, too. */
void topo_reach_changed(struct topo_env *env, const struct topo_input *in);

/* What to say to people when there is no address. */
extern const char topo_reach_nowhere[];

#endif
