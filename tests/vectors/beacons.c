/* beacons.c - beacons on the local network, by IPv4 and IPv6 (docs/protocol.md §6.6). */
#include "vectors/vectors.h"

#include "crypto/hash.h"
#include "node/beacon.h"

/* Any bytes do for an id. */
static struct topo_id id_of(const char *what)
{
  struct topo_id id;
  struct topo_bytes part = {(const uint8_t *)what, 1};
  topo_hash(id.bytes, &part, 1);
  return id;
}

static void put_beacon(struct out *out, const struct topo_address *address)
{
  static const uint8_t nonce[TOPO_BEACON_NONCE_SIZE] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  struct topo_id workspace = id_of("w"), device = id_of("d");
  uint8_t key[32];
  topo_beacon_key(key, &workspace);
  struct topo_beacon beacon = topo_beacon_make(key, nonce, &device, address);
  out_begin_object(out, NULL);
  out_id(out, "workspace", &workspace);
  out_id(out, "device", &device);
  out_hex(out, "address", address->bytes, address->len);
  out_hex(out, "nonce", nonce, sizeof nonce);
  out_hex(out, "dial", key, sizeof key);
  out_hex(out, "beacon", beacon.bytes, sizeof beacon.bytes);
  out_end(out);
}

void vectors_beacons(const char *folder)
{
  static const struct topo_address addresses[] = {
      {{4, 192, 0, 2, 1, 0x1d, 0x13}, 7},
      {{6, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x1d, 0x13}, 19}};
  struct out *out = out_open(folder, "beacons.json");
  out_begin_list(out, "beacons");
  for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
    put_beacon(out, &addresses[i]);
  out_end(out);
  out_close(out);
}
