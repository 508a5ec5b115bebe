/*
 * calls.h - operations that run in the space's step: each is answered when the commit that it
 * belongs to is durable.
 */
#ifndef TOPO_NODE_CALLS_H
#define TOPO_NODE_CALLS_H

#include "api/op.h"
#include "node/transaction.h"

struct topo_calls {
  struct topo_env *env;
  struct topo_transaction *transaction;
  struct topo_buf waiting; /* struct topo_op_call *: they have run, and wait for the commit */
  /* of the call at hand */
  struct topo_id request; /* what it asks, when it has an idempotency key */
  bool keyed;             /* its key has been written */
};

void topo_calls_init(struct topo_calls *calls, struct topo_transaction *t);
/* Nothing may wait. */
void topo_calls_finish(struct topo_calls *calls);
/* Runs an operation whose handler gets `ctx`. The call is done here only when nothing can be
 * written any more, or nothing kept of it. */
void topo_calls_run(struct topo_calls *calls, struct topo_op_call *call, void *ctx);
/* The call's idempotency key is that of an event, a row of the log: the call at hand will be
 * answered from it when it comes again. Once in a call. 0 or a storage status, with which the
 * transaction cannot stay. */
int topo_calls_keep_key(struct topo_calls *calls, const struct topo_op_call *call, int64_t event);
/* Answers those that wait: `status` 0 when the commit is durable, or why there is none. */
void topo_calls_answer(struct topo_calls *calls, int status);
/* Answers a call that cannot be run, with a sentence why. */
void topo_calls_refuse(struct topo_op_call *call, int status, const char *why);

#endif
