/* dial.c - whom the space misses; see dial.h. */
#include "node/dial.h"

#include "base/assert.h"

#include <string.h>

static bool wanted(const struct topo_peers *peers, const struct topo_node_peer *peer)
{
  const struct topo_env *env = peers->env;
  if (peer->n_addresses == 0 || peer->dial ||
      topo_id_equal(&peer->device, &env->self.device.public_key))
    return false;
  if (topo_joiner_is_joining(peers->joiner))
    return topo_id_equal(&peer->device, &peers->joiner->invite_device);
  return topo_authority_credential_of(topo_dag_authority(env->dag), &peer->device) != NULL;
}

static void dial(struct topo_peers *peers, struct topo_node_peer *peer)
{
  const struct topo_env *env = peers->env;
  struct topo_dial d = {.pin = peer->device,
                        .with_invite = topo_joiner_shows_invite(peers->joiner)};
  d.number = topo_peers_dial(peers, peer, d.with_invite);
  topo_assert(peer->next_address < peer->n_addresses);
  d.address = peer->addresses[peer->next_address]; /* a failure moves on */
  if (d.with_invite)
    memcpy(d.invite_seed, peers->joiner->invite_seed, sizeof d.invite_seed);
  env->ports->dial(env->ports->ctx, &d);
  topo_wipe(&d, sizeof d);
}

void topo_dial_missing(struct topo_peers *peers, const struct topo_conns *conns)
{
  size_t dialling = 0;
  for (size_t i = 0; i < peers->n; i++) {
    struct topo_node_peer *peer = &peers->peers[i];
    if (wanted(peers, peer) && !topo_conns_has(conns, &peer->device)) {
      if (peer->retry_ms > peers->env->now.mono_ms)
        topo_env_wake_at(peers->env, peer->retry_ms);
      else if (peers->dialling < TOPO_NODE_DIALS_MAX)
        dial(peers, peer);
    }
    dialling += peer->dial != 0;
  }
  topo_assert(dialling == peers->dialling); /* a dial that nobody counts would never end */
  topo_assert(peers->dialling <= TOPO_NODE_DIALS_MAX);
}
