/*
 * view.h - reads that join the tables of several types, for operations and for what they answer.
 *
 * A view runs on a read-only snapshot of one space, on any thread. It is what handlers of
 * operations with `where == TOPO_OP_READ` get as their owner.
 */
#ifndef TOPO_VIEWS_VIEW_H
#define TOPO_VIEWS_VIEW_H

#include "api/op.h"
#include "store/db.h"

struct topo_view {
  /* Read-only, or the space's own inside its step. Operations incarnation several statements: their
   * answers are of one moment when the caller holds a transaction open. */
  struct topo_db *db;
  struct topo_id workspace, device;
};

/* Writes one message as it is valid in the projection: the item that listMessages, getMessage and
 * sendMessage answer with. 0, TOPO_ENOTFOUND (not accepted here), or a storage status. */
int topo_view_message(const struct topo_view *view, const struct topo_id *message,
                      struct topo_json *out);
/* The same for one channel: the item that listChannels and createChannel answer with. */
int topo_view_channel(const struct topo_view *view, const struct topo_id *channel,
                      struct topo_json *out);
/* The workspace's and this device's user's names; empty strings while they are not known. Each
 * buffer gets at most `size` bytes with its NUL, cut at a character. 0 or a storage
 * status. */
int topo_view_names(const struct topo_view *view, char *workspace, char *user, size_t size);
/* The name of the user whom a device belongs to; empty while it is not known. 0 or a storage
 * status. */
int topo_view_user_of(const struct topo_view *view, const struct topo_id *device, char *name,
                      size_t size);

#endif
