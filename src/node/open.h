/* open.h - a space over its file, before anything is read from it. */
#ifndef TOPO_NODE_OPEN_H
#define TOPO_NODE_OPEN_H

#include "node/node.h"

/* Opens the file, making it when it is not there, and migrates it. 0, and *out is to be closed with
 * topo_node_close; or a status, and *out is NULL. */
int topo_open(struct topo_node **out, const struct topo_node_options *options);
/* Ends opening with `status`: a negative one closes the space and sets *out to NULL. Returns it. */
int topo_open_end(struct topo_node **out, int status);

#endif
