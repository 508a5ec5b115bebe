/*
 * load.h - what a space keeps in memory, read from its file: when it is opened, and again when a
 * write has failed.
 */
#ifndef TOPO_NODE_LOAD_H
#define TOPO_NODE_LOAD_H

#include "node/parts.h"

/* Reads everything; nothing may have been read. 0 or a status, after which topo_load_undo comes
 * next. */
int topo_load(struct topo_node *node);
/* Forgets what was read, and wipes what is secret; harmless when nothing was. */
void topo_load_undo(struct topo_node *node);

#endif
