/* beacon.c - marks and tags; see beacon.h. */
#include "node/beacon.h"

#include "base/assert.h"
#include "crypto/hash.h"

#include <string.h>

enum {
  NONCE = TOPO_BEACON_NONCE_SIZE,
  MARK = 4,
  TAG = TOPO_BEACON_SIZE - NONCE - MARK,
  TAGGED = NONCE + TOPO_ID_SIZE + TOPO_ADDRESS_SIZE
};

void topo_beacon_key(uint8_t key[static 32], const struct topo_id *workspace)
{
  topo_kdf(key, workspace->bytes, "topo/2 dial", NULL, 0);
}

static void make_mark(uint8_t mark[static MARK], const uint8_t key[static 32], const uint8_t *nonce)
{
  uint8_t hash[32];
  topo_kdf(hash, key, "lan mark", nonce, NONCE);
  memcpy(mark, hash, MARK);
}

static void make_tag(uint8_t tag[static TAG], const uint8_t key[static 32], const uint8_t *nonce,
                     const struct topo_id *device, const struct topo_address *address)
{
  uint8_t hash[32], data[TAGGED];
  topo_assert(address->len <= TOPO_ADDRESS_SIZE);
  memcpy(data, nonce, NONCE);
  memcpy(data + NONCE, device->bytes, TOPO_ID_SIZE);
  memcpy(data + NONCE + TOPO_ID_SIZE, address->bytes, address->len);
  topo_kdf(hash, key, "lan", data, NONCE + TOPO_ID_SIZE + (size_t)address->len);
  memcpy(tag, hash, TAG);
}

struct topo_beacon topo_beacon_make(const uint8_t key[static 32],
                                    const uint8_t nonce[static TOPO_BEACON_NONCE_SIZE],
                                    const struct topo_id *device,
                                    const struct topo_address *address)
{
  struct topo_beacon beacon;
  memcpy(beacon.bytes, nonce, NONCE);
  make_mark(beacon.bytes + NONCE, key, nonce);
  make_tag(beacon.bytes + NONCE + MARK, key, nonce, device, address);
  return beacon;
}

bool topo_beacon_is_of(const struct topo_beacon *beacon, const uint8_t key[static 32])
{
  uint8_t mark[MARK];
  make_mark(mark, key, beacon->bytes);
  return memcmp(mark, beacon->bytes + NONCE, MARK) == 0;
}

bool topo_beacon_names(const struct topo_beacon *beacon, const uint8_t key[static 32],
                       const struct topo_id *device, const struct topo_address *address)
{
  uint8_t tag[TAG];
  make_tag(tag, key, beacon->bytes, device, address);
  return topo_equal_secret(tag, beacon->bytes + NONCE + MARK, TAG);
}
