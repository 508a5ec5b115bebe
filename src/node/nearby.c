/* nearby.c - beacons to peers; see nearby.h. */
#include "node/nearby.h"

#include "base/assert.h"

#include <string.h>

enum { SECOND_MS = 1000 };

void topo_nearby_init(struct topo_nearby *nearby, struct topo_peers *peers,
                      const struct topo_conns *conns)
{
  *nearby = (struct topo_nearby){.env = peers->env, .peers = peers, .conns = conns};
}

static bool was_heard(const struct topo_nearby *nearby, const struct topo_beacon *beacon)
{
  uint64_t now_ms = nearby->env->now.mono_ms;
  for (size_t i = 0; i < TOPO_NEARBY_HEARD_MAX; i++)
    if (nearby->heard[i].until_ms > now_ms &&
        memcmp(nearby->heard[i].nonce, beacon->bytes, TOPO_BEACON_NONCE_SIZE) == 0)
      return true;
  return false;
}

static void remember(struct topo_nearby *nearby, const struct topo_beacon *beacon)
{
  topo_assert(nearby->next < TOPO_NEARBY_HEARD_MAX);
  memcpy(nearby->heard[nearby->next].nonce, beacon->bytes, TOPO_BEACON_NONCE_SIZE);
  nearby->heard[nearby->next].until_ms = nearby->env->now.mono_ms + TOPO_NEARBY_HEARD_MS;
  nearby->next = (nearby->next + 1) % TOPO_NEARBY_HEARD_MAX;
}

static bool may_look(struct topo_nearby *nearby)
{
  uint64_t now_ms = nearby->env->now.mono_ms;
  if (now_ms >= nearby->since_ms + SECOND_MS) {
    nearby->since_ms = now_ms;
    nearby->looks = 0;
  }
  if (nearby->looks == TOPO_NEARBY_LOOKS_MAX)
    return false;
  nearby->looks++;
  topo_assert(nearby->looks <= TOPO_NEARBY_LOOKS_MAX);
  return true;
}

/* The device that may be dialled and that the beacon names, or NULL. */
static const struct topo_id *find_device(const struct topo_nearby *nearby,
                                         const struct topo_beacon *beacon,
                                         const uint8_t key[static 32],
                                         const struct topo_address *address)
{
  const struct topo_env *env = nearby->env;
  const struct topo_authority *a = topo_dag_authority(env->dag);
  const struct topo_joiner *joiner = nearby->peers->joiner;
  if (topo_joiner_is_joining(joiner) &&
      topo_beacon_names(beacon, key, &joiner->invite_device, address))
    return &joiner->invite_device;
  for (int32_t i = 0; i < topo_authority_count(a); i++) {
    const struct topo_authority_node *n = topo_authority_at(a, i);
    if (topo_node_is_credential(n) && n->credential.valid &&
        topo_beacon_names(beacon, key, &n->credential.device, address))
      return &n->credential.device;
  }
  return NULL;
}

void topo_nearby_take(struct topo_nearby *nearby, const struct topo_beacon *beacon,
                      const struct topo_address *address)
{
  const struct topo_env *env = nearby->env;
  uint8_t key[32];
  topo_assert(env->dag && address->len > 0);
  topo_beacon_key(key, &env->self.workspace);
  if (!topo_beacon_is_of(beacon, key) || was_heard(nearby, beacon) || !may_look(nearby))
    return;
  remember(nearby, beacon);
  const struct topo_id *device = find_device(nearby, beacon, key, address);
  if (device && !topo_id_equal(device, &env->self.device.public_key) &&
      !topo_conns_has(nearby->conns, device))
    topo_peers_told(nearby->peers, device, address, 1, env->now.wall_ms, true);
}
