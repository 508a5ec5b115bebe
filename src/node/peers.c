/* peers.c - the devices that can be dialled; see peers.h. */
#include "node/peers.h"

#include "base/assert.h"
#include "base/status.h"
#include "node/address.h"
#include "node/address_table.h"

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

static bool is_given(const struct topo_node_peer *peer, const struct topo_address *address)
{
  for (size_t i = 0; i < peer->n_given; i++)
    if (topo_address_equal(&peer->given[i], address))
      return true;
  return false;
}

_Static_assert((int)TOPO_PEER_GIVEN_MAX < (int)TOPO_NODE_ADDRESSES_MAX, "one can be forgotten");

/* Which address gives way to another one: what was given by hand never does. */
static size_t least_promising(const struct topo_node_peer *peer)
{
  size_t i = peer->n_addresses - 1u;
  while (i > 0 && is_given(peer, &peer->addresses[i]))
    i--;
  return i;
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
    i = least_promising(peer);
  topo_assert(i < peer->n_addresses && peer->n_addresses <= TOPO_NODE_ADDRESSES_MAX);
  memmove(peer->addresses + 1, peer->addresses, i * sizeof *address);
  peer->addresses[0] = *address;
  peer->next_address = 0;
  return !was_first;
}

static void load_row(void *arg, const struct topo_address_row *row)
{
  struct topo_node_peer *peer = find_or_add(arg, &row->device);
  if (!peer || (row->given && peer->n_given == TOPO_PEER_GIVEN_MAX))
    return;
  if (row->given)
    peer->given[peer->n_given++] = row->address;
  put_first(peer, &row->address);
  peer->seen_ms = row->seen_ms;
}

int topo_peers_load(struct topo_peers *peers)
{
  topo_assert(peers->n == 0 && peers->dialling == 0);
  peers->changed = true;
  return topo_address_table_read(peers->env, load_row, peers);
}

void topo_peers_unload(struct topo_peers *peers)
{
  free(peers->peers);
  peers->peers = NULL;
  peers->n = 0;
  memset(peers->dials, 0, sizeof peers->dials);
  peers->dialling = 0;
  peers->search = (struct topo_peer_search){.left = 0};
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
    topo_transaction_fail(peers->transaction, topo_address_table_see(peers->env, device, address));
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

/* Dials of the device that are under way say nothing of the addresses of now. */
static void outdate_dials(struct topo_peers *peers, const struct topo_id *device)
{
  for (size_t i = 0; i < TOPO_NODE_DIALS_MAX; i++)
    if (peers->dials[i].number && !peers->dials[i].search &&
        topo_id_equal(&peers->dials[i].device, device))
      peers->dials[i].stale = true;
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
    status = topo_address_table_see(peers->env, device, &addresses[i]);
  }
  outdate_dials(peers, device);
  if (peer) {
    peer->failures = 0;
    peer->seen_ms = peers->env->now.wall_ms;
  }
  topo_peers_hurry(peers, device);
  return topo_transaction_fail(peers->transaction, status);
}

int topo_peers_give(struct topo_peers *peers, const struct topo_id *device,
                    const struct topo_address *address)
{
  topo_assert(!topo_id_equal(device, &peers->env->self.device.public_key));
  struct topo_node_peer *peer = find_or_add(peers, device);
  if (!peer)
    return peers->n == TOPO_PEERS_MAX ? TOPO_ELIMIT : TOPO_ENOMEM;
  bool again = is_given(peer, address);
  if (!again && peer->n_given == TOPO_PEER_GIVEN_MAX)
    return TOPO_ELIMIT;
  int status = topo_transaction_fail(peers->transaction,
                                     topo_address_table_give(peers->env, device, address));
  if (status < 0)
    return status;
  if (!again)
    peer->given[peer->n_given++] = *address;
  put_first(peer, address);
  outdate_dials(peers, device);
  peer->failures = 0;
  peer->seen_ms = peers->env->now.wall_ms;
  topo_peers_hurry(peers, device);
  return 0;
}

/* Takes an address out of a list that may hold it; says where it was, or `n`. */
static size_t take_out(struct topo_address *list, size_t n, const struct topo_address *address)
{
  size_t i = 0;
  while (i < n && !topo_address_equal(&list[i], address))
    i++;
  if (i < n)
    memmove(list + i, list + i + 1, (n - i - 1) * sizeof *list);
  return i;
}

static int forget_given(struct topo_peers *peers, struct topo_node_peer *peer,
                        const struct topo_address *address)
{
  int status = topo_address_table_forget(peers->env, &peer->device, address);
  if (status < 0)
    return topo_transaction_fail(peers->transaction, status);
  take_out(peer->given, peer->n_given, address);
  peer->n_given--;
  if (take_out(peer->addresses, peer->n_addresses, address) == 0)
    peer->seen_ms = 0; /* that of the next one is not known */
  peer->n_addresses--;
  peer->next_address = 0;
  outdate_dials(peers, &peer->device);
  return 0;
}

int topo_peers_forget(struct topo_peers *peers, const struct topo_address *address)
{
  int status = TOPO_ENOTFOUND;
  for (size_t i = 0; i < peers->n && (status == 0 || status == TOPO_ENOTFOUND); i++)
    if (is_given(&peers->peers[i], address))
      status = forget_given(peers, &peers->peers[i], address);
  return status;
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

static void begin_anew(struct topo_peers *peers, struct topo_node_peer *peer)
{
  peer->failures = 0;
  peer->next_address = 0;
  peer->retry_ms = peers->env->now.mono_ms;
  peers->changed = true;
}

void topo_peers_dial_anew(struct topo_peers *peers, const struct topo_id *device)
{
  struct topo_node_peer *peer = topo_peers_find(peers, device);
  if (!peer)
    return;
  begin_anew(peers, peer);
  peer->hurry = true;
}

void topo_peers_moved(struct topo_peers *peers)
{
  for (size_t i = 0; i < peers->n; i++)
    begin_anew(peers, &peers->peers[i]);
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

/* The place of one more dial, which gets a number: that is the answer. */
static uint64_t begin_dial(struct topo_peers *peers, struct topo_peer_dial dial)
{
  struct topo_peer_dial *place = peers->dials;
  size_t dialling = count_dials(peers);
  topo_assert(peers->dialling < TOPO_NODE_DIALS_MAX);
  topo_assert(dialling == peers->dialling); /* a dial that nobody counts would never end */
  while (place->number)
    place++;
  topo_assert(place < peers->dials + TOPO_NODE_DIALS_MAX);
  dial.number = peers->next_dial++;
  *place = dial;
  peers->dialling++;
  return dial.number;
}

uint64_t topo_peers_dial(struct topo_peers *peers, struct topo_node_peer *peer, bool with_invite,
                         struct topo_address *address)
{
  topo_assert(peers->dialling < TOPO_NODE_DIALS_MAX && peer->dials < TOPO_PEER_DIALS_MAX);
  topo_assert(peer->next_address < peer->n_addresses);
  topo_assert(!with_invite || topo_joiner_is_joining(peers->joiner));
  uint64_t number = begin_dial(peers, (struct topo_peer_dial){.device = peer->device,
                                                              .address = peer->next_address,
                                                              .with_invite = with_invite});
  *address = peer->addresses[peer->next_address];
  peer->dials++;
  if (++peer->next_address >= peer->n_addresses)
    peer->next_address = 0;
  peer->retry_ms = peer->next_address ? peers->env->now.mono_ms + STAGGER_MS : UINT64_MAX;
  return number;
}

/* ---- an address whose device is not known ---------------------------------------------------- */

/* Nobody is sought any more; dials under way say nothing of what comes. */
static void end_search(struct topo_peers *peers)
{
  for (size_t i = 0; i < TOPO_NODE_DIALS_MAX; i++)
    if (peers->dials[i].number && peers->dials[i].search)
      peers->dials[i].stale = true;
  peers->search.left = peers->search.dialling = 0;
}

void topo_peers_search(struct topo_peers *peers, const struct topo_address *address)
{
  end_search(peers);
  for (size_t i = 0; i < peers->n; i++)
    peers->peers[i].sought = false;
  peers->search = (struct topo_peer_search){.address = *address};
}

bool topo_peers_seek(struct topo_peers *peers, const struct topo_id *device)
{
  struct topo_node_peer *peer = find_or_add(peers, device);
  topo_assert(peers->search.address.len > 0 && peers->search.next == 0);
  if (!peer)
    return false;
  peers->search.left += !peer->sought;
  peer->sought = true;
  return true;
}

void topo_peers_pass_over(struct topo_peers *peers, struct topo_node_peer *peer)
{
  topo_assert(peer->sought && peers->search.left > 0);
  peer->sought = false;
  peers->search.left--;
}

uint64_t topo_peers_dial_sought(struct topo_peers *peers, struct topo_node_peer *peer)
{
  topo_assert(peer->sought && peers->search.left > peers->search.dialling);
  topo_assert(peers->search.dialling < TOPO_SEARCH_DIALS_MAX);
  peer->sought = false;
  peers->search.dialling++;
  return begin_dial(peers, (struct topo_peer_dial){.device = peer->device, .search = true});
}

/* The device is not there. Where nobody is there at all, no other one is. */
static void seek_in_vain(struct topo_peers *peers, int status)
{
  struct topo_peer_search *search = &peers->search;
  topo_assert(search->dialling > 0 && search->left >= search->dialling);
  search->dialling--;
  search->left--;
  search->answered |= status == TOPO_ENOTFOUND || status == TOPO_EUNTRUSTED;
  if (search->last_status != TOPO_EUNTRUSTED) /* it is there, and does not know us */
    search->last_status = status;
  if (!search->answered)
    end_search(peers);
}

/* The device is there: it keeps the address, as if somebody had known that. When as many were given
 * as there may be, it is one that was seen, like others. */
static void find_sought(struct topo_peers *peers, const struct topo_id *device)
{
  struct topo_peer_search *search = &peers->search;
  end_search(peers);
  search->found = true;
  search->device = *device;
  search->last_status = 0;
  if (topo_transaction_write(peers->transaction, false) == 0)
    topo_peers_give(peers, device, &search->address);
}

/* ---- what became of dials -------------------------------------------------------------------- */

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
    topo_assert(peer && (out->search || peer->dials > 0));
    peer->dials = (uint8_t)(peer->dials - !out->search);
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
  if (dialled && dial.search && !dial.stale)
    find_sought(peers, device);
  if (peer) {
    peer->retry_ms = peers->env->now.mono_ms + RETRY_FIRST_MS;
    bool counts = dialled && !dial.stale && !dial.search && dial.address < peer->n_addresses;
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
  if (dial.search && !dial.stale)
    seek_in_vain(peers, status);
  else if (dial.search)
    return; /* another one is sought by now */
  else if (!dial.stale)
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
