/* found.h - what a workspace begins with (docs/protocol.md §4). */
#ifndef TOPO_NODE_FOUND_H
#define TOPO_NODE_FOUND_H

#include "node/outcome.h"

/* The genesis key, its event, and the workspace that the event's id names. */
struct topo_founding {
  uint8_t seed[32];
  struct topo_sign_key genesis;
  struct topo_buf event; /* u32 length ‖ event */
  struct topo_id workspace;
};

/* Makes the genesis event and keeps the genesis key for recovery, in the caller's transaction: the
 * dag is opened over what it kept. 0 or a status; the founding is to be finished in either case. */
int topo_found_begin(struct topo_founding *founding, struct topo_env *env);
/* Makes everything else that a workspace begins with, in the step's transaction. 0 or a status. */
int topo_found(const struct topo_founding *founding, struct topo_outcome *outcome,
               const char *workspace_name, const char *user_name);
void topo_found_finish(struct topo_founding *founding); /* wipes */

#endif
