/*
 * view.h - a view of one space: what a read runs on.
 *
 * A read joins the tables of several types into JSON. It runs on a read-only snapshot, on any
 * thread, or inside the step of the space, which then sees what it has just written. A view is what
 * handlers of operations with `where == TOPO_OP_READ` get as their context. What is here is what
 * the reads of all types have in common; the reads themselves are in the folders of their types.
 */
#ifndef TOPO_VIEWS_VIEW_H
#define TOPO_VIEWS_VIEW_H

#include "api/op.h"
#include "store/db.h"

struct topo_view {
  /* Read-only, or the space's own inside its step. Operations run several statements: their answers
   * are of one moment when the caller holds a transaction open. */
  struct topo_db *db;
  struct topo_id workspace, device;
};

/* The row of the user whom a device belongs to: that of its most senior valid credential. 0,
 * TOPO_ENOTFOUND, or a storage status. */
int topo_view_user_no(const struct topo_view *view, const struct topo_id *device, int64_t *user);

/* The id of a row of the log. 0, TOPO_ECORRUPT (there is no such row), or a storage status. */
int topo_view_id_of(const struct topo_view *view, int64_t no, struct topo_id *out);

/* Writes the member "author": {user, name}. */
void topo_view_put_author(struct topo_json *out, const struct topo_id *user,
                          struct topo_bytes name);

/* Ends the handler of a read: returns `status` or, when that is 0, the status of the writer
 * (topo_json_status); a failure gets a sentence in the call. */
int topo_view_end(struct topo_op_call *call, int status);

#endif
