/* local.h - values of this device alone: they are rows of the database and never events. */
#ifndef TOPO_NODE_LOCAL_H
#define TOPO_NODE_LOCAL_H

#include "store/db.h"

/* Keeps `len` bytes under a name, in the caller's transaction. 0 or a storage status. */
int topo_local_put(struct topo_db *db, const char *name, const void *data, size_t len);
/* Appends what is kept under a name. 0, TOPO_ENOTFOUND, TOPO_ENOMEM, or a storage status. */
int topo_local_get(struct topo_db *db, const char *name, struct topo_buf *out);
/* The same for 32 bytes exactly; TOPO_ECORRUPT when there are more or fewer. */
int topo_local_get_32(struct topo_db *db, const char *name, uint8_t out[static 32]);
/* Forgets a name, in the caller's transaction; one that is not there is fine. */
int topo_local_remove(struct topo_db *db, const char *name);

#endif
