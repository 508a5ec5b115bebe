/*
 * transaction.h - the one transaction of a step. It is opened by the first write, and either all of
 * it is kept or the space is read anew from its file.
 */
#ifndef TOPO_NODE_TRANSACTION_H
#define TOPO_NODE_TRANSACTION_H

#include "node/env.h"

enum topo_transaction_state {
  TOPO_TRANSACTION_NONE, /* nothing was written since the last commit */
  TOPO_TRANSACTION_OPEN,
  TOPO_TRANSACTION_LOST /* a write failed: what is in memory may not be in the file */
};

struct topo_transaction {
  struct topo_env *env;
  enum topo_transaction_state state;
  bool promised; /* something in it is promised to a caller: its commit must be synced */
  bool durable;  /* it was opened so that its commit is synced */
  int failure;   /* the first one, when LOST */
};

void topo_transaction_init(struct topo_transaction *t, struct topo_env *env);
/* A step begins. `promised`: one of its inputs is a call, so whatever is written is synced. */
void topo_transaction_begin_step(struct topo_transaction *t, bool promised);
/* Opens the transaction when there is none. `promised`: this write is promised to a caller. 0, or
 * the failure for which the transaction is lost. */
int topo_transaction_write(struct topo_transaction *t, bool promised);
/* A write came out with `status`: a negative one loses the transaction, and the first one is what
 * everybody is told. Returns `status`. */
int topo_transaction_fail(struct topo_transaction *t, int status);
/* Keeps what was written, and what has changed in the change log. 0, or the failure: then
 * topo_transaction_abandon comes next. */
int topo_transaction_commit(struct topo_transaction *t);
/* Forgets a transaction that is lost. Everything in memory that followed from it is the caller's to
 * forget. */
void topo_transaction_abandon(struct topo_transaction *t);

#endif
