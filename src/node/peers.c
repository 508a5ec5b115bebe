/* peers.c - the devices that can be dialled; see peers.h. */
#include "node/peers.h"

#include "base/assert.h"
#include "base/status.h"
#include "node/address.h"

#include <stdlib.h>
#include <string.h>

enum {
  STAGGER_MS = 1500, /* an address that has not answered for so long does not hold up the next */
  RETRY_FIRST_MS = 200,
  RETRY_MAX_MS = 30000,
  RETRY_FINAL_MS = 10 * 60 * 1000, /* of an invite whose refusal seems final */
  CROWDED_MS = 60 * 1000,          /* after a peer has sent us away because it has enough others */
  DISPLACED_FIRST_MS = 1000,
  DISPLACED_MAX_MS = 5 * 60 * 1000,
  DISPLACED_FORGOTTEN_MS = 10 * 60 * 1000, /* by a connection that lasts so long */
  DISPLACED_TOLD = 2,
  CROSSING_MS = 3000 /* docs/protocol.md §6.5: what is younger has crossed one of ours */
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

/* Puts an address first among those of its device, and begins a round with it. True when it was not
 * the first. */
static bool put_first(struct topo_node_peer *peer, const struct topo_address *address)
{
  size_t i = 0;
  while (i < peer->n_addresses && !topo_address_equal(&peer->addresses[i], address))
    i++;
  bool was_first = i == 0 && peer->n_addresses > 0;
  if (i == peer->n_addresses && peer->n_addresses < TOPO_NODE_ADDRESSES_MAX)
    peer->n_addresses++;
  if (i == TOPO_NODE_ADDRESSES_MAX)
    i--; /* the least promising one is forgotten */
  topo_assert(i < peer->n_addresses && peer->n_addresses <= TOPO_NODE_ADDRESSES_MAX);
  memmove(peer->addresses + 1, peer->addresses, i * sizeof *address);
  peer->addresses[0] = *address;
  peer->next_address = 0;
  return !was_first;
}

int topo_peers_load(struct topo_peers *peers)
{
  topo_assert(peers->n == 0 && peers->dialling == 0);
  peers->changed = true;
  struct topo_stmt *s =
      topo_stmt(peers->env->db, "SELECT device,address,seen_ms FROM local_address ORDER BY rowid");
  int status;
  while ((status = topo_fetch(s)) == 1) {
    struct topo_id device = topo_column_id(s, 0);
    struct topo_bytes bytes = topo_column_bytes(s, 1);
    struct topo_node_peer *peer = find_or_add(peers, &device);
    struct topo_address address = {.len = (uint8_t)bytes.len};
    if (!peer || bytes.len > sizeof address.bytes)
      continue;
    memcpy(address.bytes, bytes.data, bytes.len);
    put_first(peer, &address);
    peer->seen_ms = (uint64_t)topo_column_i64(s, 2);
  }
  return status;
}

void topo_peers_unload(struct topo_peers *peers)
{
  free(peers->peers);
  peers->peers = NULL;
  peers->n = 0;
  memset(peers->dials, 0, sizeof peers->dials);
  peers->dialling = 0;
}

int topo_peers_learn(struct topo_env *env, const struct topo_id *device,
                     const struct topo_address *address)
{
  topo_assert(topo_db_in_transaction(env->db));
  topo_assert(address->len > 0 && address->len <= sizeof address->bytes);
  /* A row that replaces another is numbered anew: the order of the numbers is that of the
   * sightings, whatever the clock said. */
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
                " FROM local_address WHERE device=?1 ORDER BY rowid DESC LIMIT ?2)");
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
  peers->changed = true;
  if (!address->len)
    return;
  peer->seen_ms = peers->env->now.wall_ms;
  /* Losing this row to a crash costs nothing: it is not a promise. */
  if (put_first(peer, address) && topo_transaction_write(peers->transaction, false) == 0)
    topo_transaction_fail(peers->transaction, topo_peers_learn(peers->env, device, address));
}

void topo_peers_told(struct topo_peers *peers, const struct topo_id *device,
                     const struct topo_address *addresses, size_t n, uint64_t when_ms, bool fresh)
{
  struct topo_node_peer *peer = find_or_add(peers, device);
  topo_assert(n <= TOPO_NODE_ADDRESSES_MAX);
  if (!peer || n == 0)
    return;
  struct topo_address first = peer->addresses[0];
  bool keep_first = peer->n_addresses > 0 && peer->seen_ms > when_ms &&
                    peer->seen_ms <= peers->env->now.wall_ms; /* or the clock was wrong then */
  while (n-- > 0)
    put_first(peer, &addresses[n]);
  if (keep_first)
    put_first(peer, &first);
  peers->changed = true;
  if (!fresh)
    return;
  peer->failures = 0;
  peer->retry_ms = peers->env->now.mono_ms;
}

int topo_peers_taught(struct topo_peers *peers, const struct topo_id *device,
                      const struct topo_address *addresses, size_t n)
{
  topo_assert(n <= TOPO_NODE_ADDRESSES_MAX);
  if (topo_id_equal(device, &peers->env->self.device.public_key))
    return 0;
  struct topo_node_peer *peer = find_or_add(peers, device);
  int status = 0;
  for (size_t i = n; i-- > 0 && status == 0;) { /* what is put last comes first */
    if (peer)
      put_first(peer, &addresses[i]);
    status = topo_peers_learn(peers->env, device, &addresses[i]);
  }
  for (size_t i = 0; i < TOPO_NODE_DIALS_MAX; i++)
    if (peers->dials[i].number && topo_id_equal(&peers->dials[i].device, device))
      peers->dials[i].stale = true;
  if (peer) {
    peer->failures = 0;
    peer->seen_ms = peers->env->now.wall_ms;
  }
  topo_peers_hurry(peers, device);
  return topo_transaction_fail(peers->transaction, status);
}

void topo_peers_greeted(struct topo_peers *peers, const struct topo_id *device)
{
  struct topo_node_peer *peer = topo_peers_find(peers, device);
  if (!peer)
    return;
  peer->failures = 0;
  peer->last_status = 0;
  peer->hurry = false;
}

/* Not before a pause, and up to half as long again, so that two do not keep step. */
static void pause_for(struct topo_peers *peers, struct topo_node_peer *peer, uint64_t ms)
{
  peer->retry_ms = peers->env->now.mono_ms + ms + topo_rng_u64(&peers->env->rng) % (ms / 2 + 1);
}

static uint64_t doubled(uint64_t ms, unsigned times, uint64_t max_ms)
{
  while (times-- > 0 && ms < max_ms)
    ms *= 2;
  return ms < max_ms ? ms : max_ms;
}

/* The peer takes another connection for ours: when that is not ours, another copy of this device
 * runs, and if both dialled again at once, they would throw each other out for ever. */
static void note_displaced(struct topo_peers *peers, struct topo_node_peer *peer,
                           uint64_t lasted_ms)
{
  uint64_t now_ms = peers->env->now.mono_ms;
  pause_for(peers, peer, doubled(DISPLACED_FIRST_MS, peer->displaced, DISPLACED_MAX_MS));
  if (peer->displaced < UINT8_MAX)
    peer->displaced++;
  if (lasted_ms < CROSSING_MS)
    return;
  if (!topo_peers_twice(peers) && now_ms - peers->displaced_ms > DISPLACED_FORGOTTEN_MS)
    peers->displaced = 0;
  peers->displaced_ms = now_ms;
  if (++peers->displaced == DISPLACED_TOLD)
    topo_env_note(peers->env, TOPO_EEXISTS,
                  "this device runs twice: another copy of it is connected in its place");
}

bool topo_peers_twice(const struct topo_peers *peers)
{
  return peers->displaced >= DISPLACED_TOLD &&
         peers->env->now.mono_ms - peers->displaced_ms <= DISPLACED_FORGOTTEN_MS;
}

void topo_peers_lost(struct topo_peers *peers, const struct topo_id *device, uint64_t since_ms,
                     int status)
{
  struct topo_node_peer *peer = topo_peers_find(peers, device);
  peers->changed = true;
  if (!peer)
    return;
  if (status < 0)
    peer->last_status = status;
  uint64_t lasted_ms = peers->env->now.mono_ms - since_ms;
  if (lasted_ms >= DISPLACED_FORGOTTEN_MS)
    peer->displaced = 0;
  if (status == TOPO_EEXISTS)
    note_displaced(peers, peer, lasted_ms);
  else if (status == TOPO_ELIMIT)
    pause_for(peers, peer, CROWDED_MS);
}

void topo_peers_hurry(struct topo_peers *peers, const struct topo_id *device)
{
  struct topo_node_peer *peer = topo_peers_find(peers, device);
  if (!peer)
    return;
  peer->retry_ms = peers->env->now.mono_ms;
  peer->hurry = true;
  peers->changed = true;
}

void topo_peers_moved(struct topo_peers *peers)
{
  for (size_t i = 0; i < peers->n; i++) {
    peers->peers[i].failures = 0;
    peers->peers[i].next_address = 0;
    peers->peers[i].retry_ms = peers->env->now.mono_ms;
  }
  peers->changed = true;
}

bool topo_peers_may_dial(const struct topo_peers *peers, const struct topo_node_peer *peer,
                         uint64_t *when_ms)
{
  if (peer->n_addresses == 0 || peer->dials == TOPO_PEER_DIALS_MAX)
    return false;
  if (peer->retry_ms <= peers->env->now.mono_ms)
    return true;
  if (peer->retry_ms < *when_ms)
    *when_ms = peer->retry_ms;
  return false;
}

static size_t count_dials(const struct topo_peers *peers)
{
  size_t dialling = 0;
  for (size_t i = 0; i < TOPO_NODE_DIALS_MAX; i++)
    dialling += peers->dials[i].number != 0;
  return dialling;
}

uint64_t topo_peers_dial(struct topo_peers *peers, struct topo_node_peer *peer, bool with_invite,
                         struct topo_address *address)
{
  topo_assert(peers->dialling < TOPO_NODE_DIALS_MAX && peer->dials < TOPO_PEER_DIALS_MAX);
  topo_assert(peer->next_address < peer->n_addresses);
  topo_assert(!with_invite || topo_joiner_is_joining(peers->joiner));
  size_t dialling = count_dials(peers);
  topo_assert(dialling == peers->dialling); /* a dial that nobody counts would never end */
  struct topo_peer_dial *dial = peers->dials;
  while (dial->number)
    dial++;
  topo_assert(dial < peers->dials + TOPO_NODE_DIALS_MAX);
  *dial = (struct topo_peer_dial){peers->next_dial++, peer->device, peer->next_address, with_invite,
                                  false};
  *address = peer->addresses[peer->next_address];
  peers->dialling++;
  peer->dials++;
  if (++peer->next_address >= peer->n_addresses)
    peer->next_address = 0;
  peer->retry_ms = peer->next_address ? peers->env->now.mono_ms + STAGGER_MS : UINT64_MAX;
  return dial->number;
}

/* The dial with this number has its answer. False: it was forgotten, or is none. */
static bool end_dial(struct topo_peers *peers, uint64_t number, struct topo_peer_dial *out)
{
  topo_assert(number < peers->next_dial); /* nobody answers what was not asked */
  for (size_t i = 0; number && i < TOPO_NODE_DIALS_MAX; i++) {
    if (peers->dials[i].number != number)
      continue;
    *out = peers->dials[i];
    peers->dials[i].number = 0;
    topo_assert(peers->dialling > 0);
    peers->dialling--;
    peers->changed = true;
    struct topo_node_peer *peer = topo_peers_find(peers, &out->device);
    topo_assert(peer && peer->dials > 0);
    peer->dials--;
    return true;
  }
  return false;
}

enum topo_dialled topo_peers_up(struct topo_peers *peers, const struct topo_id *device,
                                uint64_t number)
{
  struct topo_peer_dial dial;
  bool dialled = end_dial(peers, number, &dial);
  struct topo_node_peer *peer = topo_peers_find(peers, device);
  if (peer) {
    peer->retry_ms = peers->env->now.mono_ms + RETRY_FIRST_MS;
    bool counts = dialled && !dial.stale && dial.address < peer->n_addresses;
    peer->next_address = counts ? dial.address : 0;
  }
  if (!dialled || (dial.stale && dial.with_invite))
    return TOPO_DIALLED_UNKNOWN;
  return dial.with_invite ? TOPO_DIALLED_AS_INVITEE : TOPO_DIALLED_AS_DEVICE;
}

/* The peer is not dialled for a while, the longer the more has failed; for `final_ms` when the
 * refusal of an invite seems final. */
static void back_off(struct topo_peers *peers, struct topo_node_peer *peer, uint64_t final_ms)
{
  if (peer->failures < UINT8_MAX)
    peer->failures++;
  pause_for(peers, peer,
            topo_joiner_seems_final(peers->joiner)
                ? final_ms
                : doubled(RETRY_FIRST_MS, peer->failures - 1u, RETRY_MAX_MS));
}

/* A dial of the peer was in vain: the next address comes, or the next round after a pause. */
static void go_on(struct topo_peers *peers, struct topo_node_peer *peer)
{
  if (peer->next_address) {
    if (peer->retry_ms > peers->env->now.mono_ms + RETRY_FIRST_MS)
      pause_for(peers, peer, RETRY_FIRST_MS);
    return;
  }
  if (peer->dials > 0)
    return;
  peer->hurry = false;
  back_off(peers, peer, RETRY_FINAL_MS);
}

/* `address` is the one that was dialled: an invitee whose key was refused there tries the device's
 * before it goes on (docs/protocol.md §6.1). */
static void dialled_in_vain(struct topo_peers *peers, struct topo_node_peer *peer, uint8_t address,
                            bool with_invite, int status)
{
  peer->last_status = status;
  topo_joiner_dial_failed(peers->joiner, with_invite, status);
  if (with_invite && status == TOPO_EUNTRUSTED && address < peer->n_addresses) {
    peer->next_address = address;
    back_off(peers, peer, RETRY_FIRST_MS);
    return;
  }
  go_on(peers, peer);
}

void topo_peers_failed(struct topo_peers *peers, uint64_t number, int status)
{
  struct topo_peer_dial dial;
  if (!end_dial(peers, number, &dial))
    return;
  struct topo_node_peer *peer = topo_peers_find(peers, &dial.device);
  topo_assert(peer);
  if (!dial.stale)
    dialled_in_vain(peers, peer, dial.address, dial.with_invite, status);
  else if (peer->retry_ms ==
           UINT64_MAX) /* it says nothing of the addresses and the invite of now */
    go_on(peers, peer);
}

void topo_peers_refused(struct topo_peers *peers, const struct topo_id *device, bool with_invite,
                        int status)
{
  struct topo_node_peer *peer = topo_peers_find(peers, device);
  peers->changed = true;
  if (!peer)
    return;
  /* Since it came up, the next address is the one that was dialled. */
  uint8_t address = peer->next_address;
  if (++peer->next_address >= peer->n_addresses)
    peer->next_address = 0;
  dialled_in_vain(peers, peer, address, with_invite, status);
}
