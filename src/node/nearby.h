/*
 * nearby.h - members that the space has heard of on its own network: a beacon (beacon.h) names a
 * member's device, which is then dialled where it says it is.
 *
 * To find the device, a beacon of this workspace is compared with every member, at a hash each: 2
 * ms for 4,096 of them (0.5 µs each, in a loop of topo_beacon_names built with -O1). So one that
 * was heard lately is not looked at again, and no more than TOPO_NEARBY_LOOKS_MAX are in a second.
 * Whoever does not know the workspace cannot make one that costs more than a hash, and whoever
 * replays what they heard meets the first of the two rules.
 */
#ifndef TOPO_NODE_NEARBY_H
#define TOPO_NODE_NEARBY_H

#include "node/beacon.h"
#include "node/conns.h"
#include "node/peers.h"

enum {
  TOPO_NEARBY_LOOKS_MAX = 16,      /* beacons that are compared with members, in a second */
  TOPO_NEARBY_HEARD_MAX = 64,      /* that are remembered; then the oldest is forgotten */
  TOPO_NEARBY_HEARD_MS = 60 * 1000 /* how long one is not looked at again */
};

struct topo_nearby {
  struct topo_env *env;
  struct topo_peers *peers;
  const struct topo_conns *conns;
  struct {
    uint8_t nonce[TOPO_BEACON_NONCE_SIZE];
    uint64_t until_ms; /* 0: the place is free */
  } heard[TOPO_NEARBY_HEARD_MAX];
  size_t next;       /* the place of the next one */
  uint64_t since_ms; /* when the second began in which `looks` were looked at */
  unsigned looks;
};

void topo_nearby_init(struct topo_nearby *nearby, struct topo_peers *peers,
                      const struct topo_conns *conns);
/* A beacon was heard, of somebody who is to be reached at `address`. When that is a member that is
 * not connected, or the inviter of one who joins, it will be dialled there first; nobody else is
 * told of the address. */
void topo_nearby_take(struct topo_nearby *nearby, const struct topo_beacon *beacon,
                      const struct topo_address *address);

#endif
