/* self.h - who a space is: its workspace, and a device key and a sealing key of its own. */
#ifndef TOPO_NODE_SELF_H
#define TOPO_NODE_SELF_H

#include "node/env.h"

/* Makes the keys and keeps them with the workspace, in the caller's transaction. 0 or a status. */
int topo_self_make(struct topo_env *env, const struct topo_id *workspace);
/* Reads env->self. 0; TOPO_ECORRUPT when it is not all there; or a status. */
int topo_self_load(struct topo_env *env);

#endif
