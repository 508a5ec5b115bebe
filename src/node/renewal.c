/* renewal.c - a space is given an invite link of its own workspace; see renewal.h. */
#include "node/renewal.h"

#include "base/assert.h"
#include "base/status.h"

#include <string.h>

/* Who shows the key of the invite that is given up would be offered that one and answer for the
 * other. */
static void drop_bootstraps(struct topo_conns *conns)
{
  for (size_t i = 0; i < conns->n; i++)
    if (conns->conns[i]->state == TOPO_NODE_CONN_UP && conns->conns[i]->role == TOPO_SESSION_JOINER)
      topo_conns_drop(conns->conns[i], TOPO_ECLOSED);
}

static int replace_invite(struct topo_node *node, const struct topo_invite_link *invite_link)
{
  struct topo_joiner *joiner = &node->joiner;
  if (!topo_joiner_is_joining(joiner))
    return 0;
  if (memcmp(joiner->invite_seed, invite_link->seed, sizeof joiner->invite_seed) != 0)
    drop_bootstraps(&node->conns);
  return topo_joiner_renew(joiner, invite_link);
}

static int renew(struct topo_node *node, const struct topo_invite_link *invite_link)
{
  struct topo_transaction *t = &node->transaction;
  topo_assert(invite_link->n_devices > 0 && invite_link->n_devices <= TOPO_INVITE_DEVICES_MAX);
  if (!topo_id_equal(&invite_link->workspace, &node->env.self.workspace))
    return TOPO_EWORKSPACE;
  int status = topo_transaction_write(t, true);
  for (size_t i = 0; i < invite_link->n_devices && status == 0; i++) {
    const struct topo_invite_device *d = &invite_link->devices[i];
    status = topo_peers_taught(&node->peers, &d->device, d->addresses, d->n_addresses);
  }
  return status == 0 ? replace_invite(node, invite_link) : status;
}

void topo_renewal_take(struct topo_node *node, const struct topo_input *in)
{
  topo_assert(in->kind == TOPO_IN_INVITE);
  in->renewal->status = renew(node, in->renewal->invite_link);
}

void topo_renewal_lost(const struct topo_input *inputs, size_t n, int status)
{
  topo_assert(status < 0);
  for (size_t i = 0; i < n; i++)
    if (inputs[i].kind == TOPO_IN_INVITE && inputs[i].renewal->status == 0)
      inputs[i].renewal->status = status;
}
