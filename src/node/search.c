/* search.c - whose is this address; see search.h. */
#include "node/search.h"

#include "base/assert.h"

size_t topo_search_begin(struct topo_peers *peers, const struct topo_conns *conns,
                         const struct topo_address *address)
{
  const struct topo_env *env = peers->env;
  topo_assert(!topo_joiner_is_joining(peers->joiner));
  topo_peers_search(peers, address);
  for (int32_t i = 0; i < topo_authority_count(topo_dag_authority(env->dag)); i++) {
    const struct topo_id *device = topo_env_other_device(env, i);
    if (device && !topo_conns_has(conns, device) && !topo_peers_seek(peers, device))
      break;
  }
  return peers->search.left;
}

static void dial(struct topo_peers *peers, struct topo_node_peer *peer)
{
  const struct topo_node_ports *ports = peers->env->ports;
  struct topo_dial d = {.pin = peer->device, .address = peers->search.address};
  d.number = topo_peers_dial_sought(peers, peer);
  ports->dial(ports->ctx, &d);
}

void topo_search_go_on(struct topo_peers *peers, const struct topo_conns *conns)
{
  struct topo_peer_search *search = &peers->search;
  while (search->left > search->dialling && search->dialling < TOPO_SEARCH_DIALS_MAX &&
         peers->dialling < TOPO_NODE_DIALS_MAX) {
    topo_assert(search->next < peers->n); /* whoever is left is among those that come */
    struct topo_node_peer *peer = &peers->peers[search->next++];
    if (peer->sought && topo_conns_has(conns, &peer->device))
      topo_peers_pass_over(peers, peer);
    else if (peer->sought)
      dial(peers, peer);
  }
}
