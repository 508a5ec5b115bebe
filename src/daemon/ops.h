/*
 * ops.h - the operations of the daemon itself (where == TOPO_OP_REGISTRY), and what they look at.
 */
#ifndef TOPO_DAEMON_OPS_H
#define TOPO_DAEMON_OPS_H

#include "api/op.h"
#include "daemon/access.h"
#include "daemon/registry.h"

/* The running daemon, as operations see it. */
struct topo_daemon {
  struct topo_registry *registry;
  struct topo_pool *pool;
  struct topo_journal *journal;
  struct topo_access *access;
  const char *data_dir, *udp_address;
  const char *http_address; /* as a browser on this machine reaches it; empty: there is none */
  uint64_t started_ms;
  void (*stop)(struct topo_daemon *daemon); /* asks it to end; any thread */
  void *stop_arg;
};

/* What a handler of an operation on the registry gets as its context. */
struct topo_daemon_call {
  struct topo_daemon *daemon;
  /* Set by a handler whose call is to be answered when this space is a member of its workspace, or
   * after wait_ms milliseconds. */
  struct topo_space *await;
  uint64_t wait_ms;
  bool passed_on; /* set: the handler gave the call to a space, which answers it */
  bool stop;      /* set: the daemon ends after this call was answered */
};

#endif
