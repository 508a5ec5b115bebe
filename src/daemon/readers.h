/*
 * readers.h - the read-only side of one space: calls of operations with where == TOPO_OP_READ, run
 * as jobs of the pool over a few database handles of their own, beside the space's step.
 */
#ifndef TOPO_DAEMON_READERS_H
#define TOPO_DAEMON_READERS_H

#include "api/op.h"
#include "daemon/space_file.h"
#include "sys/pool.h"

enum {
  TOPO_READERS_HANDLES = 2, /* opened when they are first needed */
  TOPO_READERS_CACHE_KIB = 512,
  TOPO_READERS_QUEUE = 256 /* calls that wait for a handle */
};

struct topo_readers;

/* `pool` and `file` outlive the readers. NULL: out of memory. */
struct topo_readers *topo_readers_create(struct topo_pool *pool,
                                         const struct topo_space_file *file);
/* Answers the call, at once when it cannot be run: TOPO_ECLOSED, TOPO_EAGAIN, TOPO_ENOMEM. */
void topo_readers_start(struct topo_readers *readers, struct topo_op_call *call);
/* Waits for the calls at hand, answers the others with TOPO_ECLOSED, closes the handles. Calls
 * that come later get TOPO_ECLOSED. Not from inside the pool. */
void topo_readers_stop(struct topo_readers *readers);
/* After a stop, when nobody starts calls any more. NULL is fine. */
void topo_readers_destroy(struct topo_readers *readers);

#endif
