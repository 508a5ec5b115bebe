/* trust.h - who may connect, and when the world is told that this has changed. */
#ifndef TOPO_NODE_TRUST_H
#define TOPO_NODE_TRUST_H

#include "node/parts.h"

/* Tells the port when who may connect may have changed since it was told last. */
void topo_trust_tell(struct topo_node *node);

#endif
