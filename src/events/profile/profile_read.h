/*
 * profile_read.h - names, for those who show a user or the workspace. The table:
 *
 *   profile(entity, version, hlc, id, name)         what counts: one row for each entity, or none
 *   profile_ahead(entity, version, hlc, id, name)   accepted, and of a version out of reach
 *
 * `entity` is the row of a user or of the workspace; only the first table is read.
 */
#ifndef TOPO_EVENTS_PROFILE_READ_H
#define TOPO_EVENTS_PROFILE_READ_H

#include "views/view.h"

enum { TOPO_NAME_MAX = 256 /* bytes of the name of a user or a workspace */ };

/* The workspace's and this device's user's names; empty strings while they are not known. Each
 * buffer gets at most `size` bytes with its NUL, cut at a character. 0 or a storage status. */
int topo_profile_names(const struct topo_view *view, char *workspace, char *user, size_t size);
/* The name of the user whom a device belongs to; empty while it is not known. 0 or a storage
 * status. */
int topo_profile_of_device(const struct topo_view *view, const struct topo_id *device, char *name,
                           size_t size);
/* Writes the member "name": that of a user or of the workspace, a row of the log; empty while it is
 * not known. 0 or a storage status. */
int topo_profile_put_name(const struct topo_view *view, int64_t of, struct topo_json *out);

#endif
