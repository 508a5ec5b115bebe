/* peers.c - the devices that were seen or invited us; see peers.h. */
#include "node/peers.h"

#include "base/assert.h"
#include "base/status.h"

#include <stdlib.h>
#include <string.h>

enum {
  RETRY_FIRST_MS = 200,
  RETRY_MAX_MS = 30000,
  RETRY_FINAL_MS = 10 * 60 * 1000 /* of an invite whose refusal seems final */
};

void topo_peers_init(struct topo_peers *peers, struct topo_transaction *t,
                     struct topo_joiner *joiner)
{
  topo_assert(joiner->transaction == t);
  *peers = (struct topo_peers){.env = t->env, .transaction = t, .joiner = joiner, .next_dial = 1};
}

struct topo_node_peer *topo_peers_find(const struct topo_peers *peers, const struct topo_id *device)
{
  for (size_t i = 0; i < peers->n; i++)
    if (topo_id_equal(&peers->peers[i].device, device))
      return &peers->peers[i];
  return NULL;
}

static struct topo_node_peer *find_or_add(struct topo_peers *peers, const struct topo_id *device)
{
  struct topo_node_peer *peer = topo_peers_find(peers, device);
  topo_assert(peers->n <= TOPO_PEERS_MAX);
  if (peer || peers->n == TOPO_PEERS_MAX)
    return peer;
  struct topo_node_peer *grown = realloc(peers->peers, (peers->n + 1) * sizeof *grown);
  if (!grown)
    return NULL;
  peers->peers = grown;
  peer = &grown[peers->n++];
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
  if (fresh && peer->n_addresses < TOPO_NODE_ADDRESSES_MAX)
    peer->n_addresses++;
  if (fresh)
    i = (size_t)peer->n_addresses - 1;
  topo_assert(i < peer->n_addresses && peer->n_addresses <= TOPO_NODE_ADDRESSES_MAX);
  memmove(peer->addresses + 1, peer->addresses, i * sizeof *address);
  peer->addresses[0] = *address;
  peer->next_address = 0;
  return fresh;
}

int topo_peers_load(struct topo_peers *peers)
{
  topo_assert(peers->n == 0 && peers->dialling == 0);
  struct topo_stmt *s =
      topo_stmt(peers->env->db, "SELECT device,address FROM local_address ORDER BY seen_ms");
  int status;
  while ((status = topo_fetch(s)) == 1) {
    struct topo_id device = topo_column_id(s, 0);
    struct topo_bytes bytes = topo_column_bytes(s, 1);
    struct topo_node_peer *peer = find_or_add(peers, &device);
    struct topo_address address = {.len = (uint8_t)bytes.len};
    if (!peer || bytes.len > sizeof address.bytes)
      continue;
    memcpy(address.bytes, bytes.data, bytes.len);
    remember(peer, &address);
  }
  return status;
}

void topo_peers_unload(struct topo_peers *peers)
{
  free(peers->peers);
  peers->peers = NULL;
  peers->n = 0;
  peers->dialling = 0;
}

int topo_peers_learn(struct topo_env *env, const struct topo_id *device,
                     const struct topo_address *address)
{
  topo_assert(topo_db_in_transaction(env->db));
  topo_assert(address->len > 0 && address->len <= sizeof address->bytes);
  struct topo_stmt *s =
      topo_stmt(env->db, "INSERT OR REPLACE INTO local_address(device,address,seen_ms)"
                         " VALUES(?1,?2,?3)");
  topo_bind_id(s, 1, device);
  topo_bind_blob(s, 2, address->bytes, address->len);
  topo_bind_i64(s, 3, (int64_t)env->now.wall_ms);
  int status = topo_execute(s);
  if (status < 0)
    return status;
  s = topo_stmt(env->db,
                "DELETE FROM local_address WHERE device=?1 AND address NOT IN (SELECT address"
                " FROM local_address WHERE device=?1 ORDER BY seen_ms DESC LIMIT ?2)");
  topo_bind_id(s, 1, device);
  topo_bind_i64(s, 2, TOPO_NODE_ADDRESSES_MAX);
  return topo_execute(s);
}

void topo_peers_seen(struct topo_peers *peers, const struct topo_id *device,
                     const struct topo_address *address)
{
  struct topo_node_peer *peer = find_or_add(peers, device);
  if (!peer)
    return;
  /* Losing this row to a crash costs nothing: it is not a promise. */
  if (address->len && remember(peer, address) &&
      topo_transaction_write(peers->transaction, false) == 0)
    topo_transaction_fail(peers->transaction, topo_peers_learn(peers->env, device, address));
}

void topo_peers_greeted(struct topo_peers *peers, const struct topo_id *device)
{
  struct topo_node_peer *peer = topo_peers_find(peers, device);
  if (!peer)
    return;
  peer->failures = 0;
  peer->last_status = 0;
}

void topo_peers_lost(struct topo_peers *peers, const struct topo_id *device, int status)
{
  struct topo_node_peer *peer = topo_peers_find(peers, device);
  if (peer)
    peer->last_status = status;
}

void topo_peers_hurry(struct topo_peers *peers, const struct topo_id *device)
{
  struct topo_node_peer *peer = topo_peers_find(peers, device);
  if (peer)
    peer->retry_ms = peers->env->now.mono_ms;
}

uint64_t topo_peers_dial(struct topo_peers *peers, struct topo_node_peer *peer, bool with_invite)
{
  topo_assert(peer->dial == 0 && peer->n_addresses > 0);
  topo_assert(peers->dialling < peers->n);
  topo_assert(!with_invite || topo_joiner_is_joining(peers->joiner));
  peer->with_invite = with_invite;
  peer->dial = peers->next_dial++;
  peers->dialling++;
  return peer->dial;
}

/* The peer whose dial has this number has its answer. NULL: the dial was forgotten, or is none. */
static struct topo_node_peer *end_dial(struct topo_peers *peers, uint64_t dial)
{
  topo_assert(dial < peers->next_dial); /* nobody answers what was not asked */
  for (size_t i = 0; dial && i < peers->n; i++) {
    struct topo_node_peer *peer = &peers->peers[i];
    if (peer->dial != dial)
      continue;
    topo_assert(peers->dialling > 0);
    peer->dial = 0;
    peers->dialling--;
    return peer;
  }
  return NULL;
}

enum topo_dialled topo_peers_up(struct topo_peers *peers, const struct topo_id *device,
                                uint64_t dial)
{
  const struct topo_node_peer *dialled = end_dial(peers, dial);
  struct topo_node_peer *peer = topo_peers_find(peers, device);
  if (peer)
    peer->retry_ms = peers->env->now.mono_ms + RETRY_FIRST_MS;
  if (!dialled)
    return TOPO_DIALLED_UNKNOWN;
  return dialled->with_invite ? TOPO_DIALLED_AS_INVITEE : TOPO_DIALLED_AS_DEVICE;
}

static uint64_t backoff(unsigned failures)
{
  uint64_t ms = RETRY_FIRST_MS;
  topo_assert(failures > 0);
  while (failures-- > 1 && ms < RETRY_MAX_MS)
    ms *= 2;
  return ms < RETRY_MAX_MS ? ms : RETRY_MAX_MS;
}

/* How long not to dial a peer. When the refusal of an invite seems final, every address is tried
 * with both keys, one after the other, and then nothing for long. */
static uint64_t pause_of(struct topo_peers *peers, const struct topo_node_peer *peer)
{
  bool all_tried = !peer->with_invite && peer->next_address == 0;
  uint64_t ms = !topo_joiner_seems_final(peers->joiner) ? backoff(peer->failures)
                : all_tried                             ? RETRY_FINAL_MS
                                                        : RETRY_FIRST_MS;
  return ms + topo_rng_u64(&peers->env->rng) % (ms / 2 + 1); /* so that two do not keep step */
}

static void dialled_in_vain(struct topo_peers *peers, struct topo_node_peer *peer, int status)
{
  peer->last_status = status;
  if (peer->failures < UINT8_MAX)
    peer->failures++;
  /* An invitee tries the device's key at the same address before it goes on to the next one. */
  if ((!topo_joiner_is_joining(peers->joiner) || !peer->with_invite) &&
      ++peer->next_address >= peer->n_addresses)
    peer->next_address = 0;
  topo_joiner_dial_failed(peers->joiner, peer->with_invite, status);
  peer->retry_ms = peers->env->now.mono_ms + pause_of(peers, peer);
}

void topo_peers_failed(struct topo_peers *peers, uint64_t dial, int status)
{
  struct topo_node_peer *peer = end_dial(peers, dial);
  if (peer)
    dialled_in_vain(peers, peer, status);
}

void topo_peers_refused(struct topo_peers *peers, const struct topo_id *device, int status)
{
  struct topo_node_peer *peer = topo_peers_find(peers, device);
  if (peer)
    dialled_in_vain(peers, peer, status);
}
