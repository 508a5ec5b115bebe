/*
 * renewal.h - a space is given an invite link of its own workspace (docs/protocol.md §7): its owner
 * has got a newer one than it joined by, or nobody finds the others any more.
 */
#ifndef TOPO_NODE_RENEWAL_H
#define TOPO_NODE_RENEWAL_H

#include "node/input.h"
#include "node/parts.h"

/* Takes the addresses of the link's devices for the best ones and has them dialled at once. While
 * the space is joining, it goes on with this invite in place of its own. The outcome is in the
 * input's renewal: TOPO_EWORKSPACE when the link is of another workspace, or a storage status; when
 * the step's transaction is lost later, topo_renewal_lost says so. */
void topo_renewal_take(struct topo_node *node, const struct topo_input *in);
/* Nothing of what the inputs renewed was kept. */
void topo_renewal_lost(const struct topo_input *inputs, size_t n, int status);

#endif
