/* stored.h - a stored event, read and opened again. */
#ifndef TOPO_DAG_STORED_H
#define TOPO_DAG_STORED_H

#include "dag/state.h"

/* `plain` keeps the bytes that the views of `inner` point into, `raw` those of `envelope`. Zero it
 * first, and finish it. */
struct topo_opened {
  struct topo_buf raw, plain;
  struct topo_envelope envelope;
  struct topo_inner inner;
  bool open; /* content whose key is held: `inner` is set */
};

/* Reads row `no`, which has bytes, and opens it when it is content and its key is held. 0;
 * TOPO_ENOTFOUND (no bytes); TOPO_ECORRUPT when the bytes are no longer what was stored; or a
 * storage status. */
int topo_open_row(struct topo_dag *dag, int64_t no, struct topo_opened *out);
void topo_opened_finish(struct topo_opened *opened); /* wipes */

/* What a control event does. 0, or TOPO_EMALFORMED for one that decides rights and cannot be read
 * (docs/protocol.md §3). An unknown type, and an unreadable one of another kind, is
 * TOPO_ACT_OTHER. */
int topo_act_of(const struct topo_dag *dag, const struct topo_envelope *e, struct topo_act *act);

/* Keeps the paths of chains between openings, from which neighbours are opened sooner; or wipes
 * them. Without memory it goes on without. */
void topo_stored_keep_paths(struct topo_dag *dag, bool keep);

#endif
