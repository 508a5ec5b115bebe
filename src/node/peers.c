/*
 * peers.c - whom the space would like to be connected with, where they were seen, and when to try
 * again.
 */
#include "node/node_impl.h"

#include "base/status.h"

#include <stdlib.h>
#include <string.h>

enum { RETRY_FIRST_MS = 200, RETRY_MOST_MS = 30000, PEERS_MAX = 4096 };

void topo_node_wake_at(struct topo_node *node, uint64_t at_ms)
{
  if (at_ms < node->deadline_ms)
    node->deadline_ms = at_ms;
}

struct topo_node_peer *topo_peers_find(struct topo_node *node, const struct topo_id *device)
{
  for (size_t i = 0; i < node->n_peers; i++)
    if (topo_id_equal(&node->peers[i].device, device))
      return &node->peers[i];
  return NULL;
}

static struct topo_node_peer *find_or_add(struct topo_node *node, const struct topo_id *device)
{
  struct topo_node_peer *peer = topo_peers_find(node, device);
  if (peer || node->n_peers == PEERS_MAX)
    return peer;
  struct topo_node_peer *peers = realloc(node->peers, (node->n_peers + 1) * sizeof *peers);
  if (!peers)
    return NULL;
  node->peers = peers;
  peer = &peers[node->n_peers++];
  *peer = (struct topo_node_peer){.device = *device};
  return peer;
}

/* Puts an address first among those of its device. True when it was not known. */
static bool remember(struct topo_node_peer *peer, const struct topo_address *address)
{
  size_t i = 0;
  while (i < peer->n_addresses && (peer->addresses[i].len != address->len ||
                                   memcmp(peer->addresses[i].bytes, address->bytes, address->len)))
    i++;
  bool fresh = i == peer->n_addresses;
  if (fresh && peer->n_addresses < TOPO_NODE_ADDRESSES)
    peer->n_addresses++;
  if (fresh)
    i = (size_t)peer->n_addresses - 1;
  memmove(peer->addresses + 1, peer->addresses, i * sizeof *address);
  peer->addresses[0] = *address;
  peer->next_address = 0;
  return fresh;
}

int topo_peers_load(struct topo_node *node)
{
  struct topo_stmt *s =
      topo_stmt(node->db, "SELECT device,address FROM local_address ORDER BY seen_ms");
  int status;
  while ((status = topo_fetch(s)) == 1) {
    struct topo_id device = topo_column_id(s, 0);
    struct topo_bytes bytes = topo_column_bytes(s, 1);
    struct topo_node_peer *peer = find_or_add(node, &device);
    struct topo_address address = {.len = (uint8_t)bytes.len};
    if (!peer || bytes.len > sizeof address.bytes)
      continue;
    memcpy(address.bytes, bytes.data, bytes.len);
    remember(peer, &address);
  }
  return status;
}

int topo_peers_learn(struct topo_node *node, const struct topo_id *device,
                     const struct topo_address *address)
{
  struct topo_stmt *s =
      topo_stmt(node->db, "INSERT OR REPLACE INTO local_address(device,address,seen_ms)"
                          " VALUES(?1,?2,?3)");
  topo_bind_id(s, 1, device);
  topo_bind_blob(s, 2, address->bytes, address->len);
  topo_bind_i64(s, 3, (int64_t)node->now.wall_ms);
  int status = topo_execute(s);
  if (status < 0)
    return status;
  s = topo_stmt(node->db,
                "DELETE FROM local_address WHERE device=?1 AND address NOT IN (SELECT address"
                " FROM local_address WHERE device=?1 ORDER BY seen_ms DESC LIMIT ?2)");
  topo_bind_id(s, 1, device);
  topo_bind_i64(s, 2, TOPO_NODE_ADDRESSES);
  return topo_execute(s);
}

void topo_peers_seen(struct topo_node *node, const struct topo_id *device,
                     const struct topo_address *address)
{
  struct topo_node_peer *peer = find_or_add(node, device);
  if (!peer)
    return;
  peer->failures = 0;
  peer->last_status = 0;
  /* Losing this row to a crash costs nothing: it is not a promise. */
  if (address->len && remember(peer, address) && topo_node_writing(node, false) == 0) {
    int status = topo_peers_learn(node, device, address);
    if (status < 0 && node->failure == 0)
      node->failure = status;
  }
}

enum topo_dialled topo_peers_up(struct topo_node *node, const struct topo_id *device, uint64_t dial)
{
  enum topo_dialled dialled = TOPO_DIALLED_UNKNOWN;
  for (size_t i = 0; dial && i < node->n_peers; i++)
    if (node->peers[i].dial == dial) {
      dialled = node->peers[i].with_invite ? TOPO_DIALLED_AS_INVITEE : TOPO_DIALLED_AS_DEVICE;
      node->peers[i].dial = 0;
      node->dialling--;
    }
  struct topo_node_peer *peer = topo_peers_find(node, device);
  if (peer)
    peer->retry_ms = node->now.mono_ms + RETRY_FIRST_MS;
  return dialled;
}

static uint64_t backoff(struct topo_node *node, unsigned failures)
{
  uint64_t ms = RETRY_FIRST_MS;
  while (failures-- > 1 && ms < RETRY_MOST_MS)
    ms *= 2;
  if (ms > RETRY_MOST_MS)
    ms = RETRY_MOST_MS;
  return ms + topo_rng_u64(&node->options.rng) % (ms / 2 + 1); /* so that two do not keep step */
}

void topo_peers_failed(struct topo_node *node, uint64_t dial, int status)
{
  for (size_t i = 0; i < node->n_peers; i++) {
    struct topo_node_peer *peer = &node->peers[i];
    if (peer->dial != dial)
      continue;
    peer->dial = 0;
    node->dialling--;
    peer->last_status = status;
    if (peer->failures < 32)
      peer->failures++;
    peer->retry_ms = node->now.mono_ms + backoff(node, peer->failures);
    /* A joiner does not know whether its admission happened: it tries both keys in turn. */
    if (!node->joining || !peer->with_invite)
      peer->next_address++;
    if (node->joining)
      node->try_device = peer->with_invite;
  }
}

static bool connected(struct topo_node *node, const struct topo_id *device)
{
  for (size_t i = 0; i < node->n_conns; i++)
    if (!node->conns[i]->dead && topo_id_equal(&node->conns[i]->peer, device))
      return true;
  return false;
}

static bool wanted(struct topo_node *node, const struct topo_node_peer *peer)
{
  if (peer->n_addresses == 0 || peer->dial ||
      topo_id_equal(&peer->device, &node->self.device.public_key))
    return false;
  if (node->joining)
    return topo_id_equal(&peer->device, &node->invite_device);
  return topo_authority_credential_of(topo_dag_authority(node->dag), &peer->device) != NULL;
}

static void dial(struct topo_node *node, struct topo_node_peer *peer)
{
  struct topo_dial d = {.number = node->next_dial++, .pin = peer->device};
  d.address = peer->addresses[peer->next_address % peer->n_addresses]; /* advanced by a failure */
  d.with_invite = node->joining && !node->try_device;
  if (d.with_invite)
    memcpy(d.invite_seed, node->invite_seed, sizeof d.invite_seed);
  peer->with_invite = d.with_invite;
  peer->dial = d.number;
  node->dialling++;
  node->options.ports->dial(node->options.ports->ctx, &d);
  topo_wipe(&d, sizeof d);
}

void topo_peers_dial(struct topo_node *node)
{
  for (size_t i = 0; i < node->n_peers; i++) {
    struct topo_node_peer *peer = &node->peers[i];
    if (!wanted(node, peer) || connected(node, &peer->device))
      continue;
    if (peer->retry_ms > node->now.mono_ms)
      topo_node_wake_at(node, peer->retry_ms);
    else if (node->dialling < TOPO_NODE_DIALS)
      dial(node, peer);
  }
}
