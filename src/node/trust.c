/* trust.c - who may connect; see trust.h and node.h. */
#include "node/trust.h"

#include "base/assert.h"
#include "node/node.h"

void topo_trust_tell(struct topo_node *node)
{
  int32_t acts = topo_authority_count(topo_dag_authority(node->env.dag));
  topo_assert(acts >= node->trusted_acts); /* acts are added and never taken away */
  if (acts == node->trusted_acts && !node->env.trust_changed)
    return;
  node->trusted_acts = acts;
  node->env.trust_changed = false;
  node->peers.changed = true;
  node->env.ports->trust(node->env.ports->ctx);
}

void topo_node_trust(struct topo_node *node,
                     void (*each)(void *arg, const struct topo_id *key, bool is_invite), void *arg)
{
  if (!node->env.dag) /* the disk is sick: nobody is trusted who cannot be looked up */
    return;
  topo_authority_trust(topo_dag_authority(node->env.dag), &node->env.self.device.public_key, each,
                       arg);
  /* An invite's key loses its slot to the admission, but is trusted until its connection ends, so
   * that the WELCOME can be read (docs/protocol.md §6.1). */
  topo_conns_invitees(&node->conns, each, arg);
}
