/*
 * beacon.h - what a device says on the local network so that members, and nobody else, know it
 * (docs/protocol.md §6.6). Pure functions, for any thread.
 *
 *     nonce[12] ‖ mark[4] ‖ tag[16]
 */
#ifndef TOPO_NODE_BEACON_H
#define TOPO_NODE_BEACON_H

#include "base/bytes.h"
#include "node/ports.h"

enum { TOPO_BEACON_SIZE = 32, TOPO_BEACON_NONCE_SIZE = 12 };

struct topo_beacon {
  uint8_t bytes[TOPO_BEACON_SIZE];
};

/* The key of a workspace's beacons: KDF(workspace, "topo/2 dial", ""). */
void topo_beacon_key(uint8_t key[static 32], const struct topo_id *workspace);
/* The beacon of a device that is to be reached at `address`. */
struct topo_beacon topo_beacon_make(const uint8_t key[static 32],
                                    const uint8_t nonce[static TOPO_BEACON_NONCE_SIZE],
                                    const struct topo_id *device,
                                    const struct topo_address *address);
/* Is it of a device of the workspace with this key, whichever? One hash; one in 2^32 of the others
 * is taken for one, too. */
bool topo_beacon_is_of(const struct topo_beacon *beacon, const uint8_t key[static 32]);
/* Is it of this device, at this address? One hash. */
bool topo_beacon_names(const struct topo_beacon *beacon, const uint8_t key[static 32],
                       const struct topo_id *device, const struct topo_address *address);

#endif
