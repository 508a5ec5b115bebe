/*
 * space.h - one space in the daemon: its node as an actor of the pool, with an inbox.
 *
 * Everything that happens to the node comes through the inbox: calls, what connections bring,
 * batches that were checked. One turn of the actor takes a bounded number of tasks and makes one
 * step of them. Reading calls go past it to readers of their own.
 *
 * A space lives until the daemon ends, so a pointer to it stays valid; after topo_space_stop it
 * answers every call with TOPO_ECLOSED.
 */
#ifndef TOPO_DAEMON_SPACE_H
#define TOPO_DAEMON_SPACE_H

#include "api/subscription.h"
#include "daemon/network.h"
#include "daemon/space_item.h"
#include "node/node.h"
#include "sys/journal.h"
#include "sys/pool.h"

enum { TOPO_SPACE_CALLS = 1024 /* in the inbox of one space */ };

struct topo_space;

/* What all spaces of the daemon share; outlives them. */
struct topo_space_env {
  struct topo_pool *pool;
  struct topo_network *network;
  struct topo_journal *journal;
  struct topo_disk disk;
  struct topo_rng rng;
  size_t conns_max; /* of each space; 0: as many as may be */
};

/* Opens the space's file and sets it going. `user_name` is what its user is called until the space
 * knows. 0, or what topo_node_open answers, or TOPO_ENOMEM. */
int topo_space_open(struct topo_space **out, const struct topo_space_env *env, const char *path,
                    const char *user_name);
/* Lets calls that run end, fails the others, closes connections and the file. Not from inside the
 * pool. A second stop is harmless. */
void topo_space_stop(struct topo_space *space);
/* After a stop, when no thread has the pointer. NULL is fine. */
void topo_space_destroy(struct topo_space *space);

/* The device's key, which is the space's id, and the workspace. They never change. */
const struct topo_id *topo_space_id(const struct topo_space *space);
const struct topo_id *topo_space_workspace(const struct topo_space *space);

/* The key and the request that made it; an empty key: none. It never changes. */
struct topo_space_origin {
  char key[TOPO_OP_KEY_SIZE];
  struct topo_id request;
};
const struct topo_space_origin *topo_space_origin(const struct topo_space *space);

/* Where others may reach the daemon from now on, best first: at most TOPO_NODE_ADDRESSES_MAX. */
void topo_space_set_addresses(struct topo_space *space, const struct topo_address *addresses,
                              size_t n);

/* Runs an operation of a space (READ or SPACE) and reports it done. */
void topo_space_call(struct topo_space *space, struct topo_op_call *call);
/* Reports the call done when the space is a member whose workspace has a name, or after `wait_ms`.
 * Its output is the space's item then, in place of what it was. */
void topo_space_await(struct topo_space *space, struct topo_op_call *call, uint64_t wait_ms);

/* Gives the space an invite link of its own workspace (TOPO_IN_INVITE), which is copied, and
 * goes on as topo_space_await. The call fails with what came of it. */
void topo_space_renew(struct topo_space *space, struct topo_op_call *call,
                      const struct topo_invite_link *invite_link, uint64_t wait_ms);

/* As topo_subscription_source.open (api/subscription.h); request->space is this one. */
int topo_space_subscribe(struct topo_space *space, const struct topo_subscription_request *request,
                         struct topo_subscription **out);

void topo_space_item(struct topo_space *space, struct topo_space_item *out);

#endif
