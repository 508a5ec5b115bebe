/*
 * rebuild.h - verdicts and projections, made anew when another build has other types.
 *
 * That begins with one short transaction, whatever the size of the log: tables of projections are
 * dropped and made anew, control events (few) get their rows, and the verdicts on all content are
 * forgotten at once, because a verdict says which rebuild it is of (store/log.h, `judged`). Content
 * is then judged in pieces: first, ahead of the others, what depends on nothing (channels, names),
 * so that there is something to show and to write to; then all of it in the order of rows. The
 * first piece is part of the beginning. A crash goes on at the last piece, and yet other types
 * begin anew.
 *
 * A row that the rebuild still comes to is *due*. It may be judged before its turn: then it is
 * shown, and withdrawn when it does not count any more, but it is not told that what it waits for
 * is there. Therefore it is judged once more at its turn, and is kept right in everything from then
 * on. So is what arrives in a row behind the end from the beginning.
 */
#ifndef TOPO_DAG_REBUILD_H
#define TOPO_DAG_REBUILD_H

#include "dag/state.h"

/* Reads how far the last rebuild is, before anything reads rows. 0, TOPO_ECORRUPT or a storage
 * status. */
int topo_rebuild_load(struct topo_dag *dag);
/* Begins a rebuild, in a transaction of its own, when types, their fields or their schemas are not
 * those of the last one. Authority is loaded. 0; TOPO_ENOMEM; or another status, and then nothing
 * has changed in the file. */
int topo_rebuild_begin_when_changed(struct topo_dag *dag);
/* Judges up to n events; what follows is lined up for topo_drain. In the caller's transaction. 0 or
 * a status, after which the caller must roll back. */
int topo_rebuild_piece(struct topo_dag *dag, size_t n);

#endif
