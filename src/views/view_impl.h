/* view_impl.h - what the files of this room share. */
#ifndef TOPO_VIEWS_VIEW_IMPL_H
#define TOPO_VIEWS_VIEW_IMPL_H

#include "api/operations.gen.h"
#include "views/view.h"

/* The row of the user whom a device belongs to: that of its most senior valid credential. 0,
 * TOPO_ENOTFOUND, or a storage status. */
int topo_view_user_no(const struct topo_view *view, const struct topo_id *device, int64_t *user);

/* Writes the item of one user, a row of the log; nothing when it has no valid credential. 0 or a
 * storage status. */
int topo_view_member(const struct topo_view *view, int64_t user, struct topo_json *out);

/* Writes the member "author": {user, name}. */
void topo_view_put_author(struct topo_json *out, const struct topo_id *user,
                          struct topo_bytes name);

/* How a handler ends: `status`, or what became of the writer, with a sentence. */
int topo_view_end(struct topo_op_call *call, int status);

#endif
