/*
 * parts.h - the parts that make up a space. Each knows those that its own header names, and no
 * more; who includes this one sees all of them, and stands above them.
 */
#ifndef TOPO_NODE_PARTS_H
#define TOPO_NODE_PARTS_H

#include "node/batches.h"
#include "node/calls.h"
#include "node/inviter.h"
#include "node/nearby.h"
#include "node/peers.h"
#include "node/records.h"
#include "node/wall.h"

struct topo_node {
  struct topo_env env;
  struct topo_transaction transaction;
  struct topo_sets sets;
  struct topo_outcome outcome;
  struct topo_joiner joiner;
  struct topo_inviter inviter;
  struct topo_peers peers;
  struct topo_records records;
  struct topo_conns conns;
  struct topo_wall wall;
  struct topo_nearby nearby;
  struct topo_batches batches;
  struct topo_calls calls;
  int unreadable;       /* why the file could not be read last time, or 0 */
  int cache_kib;        /* of the file's cache, once it has been read */
  int32_t trusted_acts; /* of authority, when trust was last told; -1: not yet */
  size_t rebuild_piece; /* events that a step judges again */
  uint64_t rebuild_ms;  /* not before (monotonic) does a rebuild go on */
  bool rebuild_waited;  /* it gave way to calls in the step before */
};

#endif
