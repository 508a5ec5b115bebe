/* dial.c - whom the space dials; see dial.h. */
#include "node/dial.h"

#include "base/assert.h"
#include "node/search.h"

#include <string.h>

enum { ROTATE_MS = 10 * 60 * 1000 };

/* Peers that may be dialled now: all who are to be in any case, and of the others as many as
 * neighbours are missing, drawn by chance. */
struct choice {
  struct topo_node_peer *peers[TOPO_NODE_DIALS_MAX];
  size_t n, max; /* those that are in a hurry not counted in `max` */
  size_t met;    /* how many of the others there were */
  uint64_t when_ms;
};

bool topo_dial_is_candidate(const struct topo_peers *peers, const struct topo_id *device)
{
  const struct topo_env *env = peers->env;
  if (topo_id_equal(device, &env->self.device.public_key))
    return false;
  if (topo_joiner_is_joining(peers->joiner))
    return topo_id_equal(device, &peers->joiner->invite_device);
  return topo_authority_credential_of(topo_dag_authority(env->dag), device) != NULL;
}

static void dial(struct topo_peers *peers, struct topo_node_peer *peer)
{
  const struct topo_env *env = peers->env;
  struct topo_dial d = {.pin = peer->device,
                        .with_invite = topo_joiner_shows_invite(peers->joiner)};
  d.number = topo_peers_dial(peers, peer, d.with_invite, &d.address);
  if (d.with_invite)
    memcpy(d.invite_seed, peers->joiner->invite_seed, sizeof d.invite_seed);
  env->ports->dial(env->ports->ctx, &d);
  topo_wipe(&d, sizeof d);
}

/* One more that may be dialled: each of those that were met is chosen with equal chance (Vitter
 * 1985, algorithm R). */
static void consider(struct topo_peers *peers, struct choice *c, struct topo_node_peer *peer)
{
  if (c->max == 0)
    return;
  if (c->n < c->max) {
    c->peers[c->n++] = peer;
  } else {
    uint64_t at = topo_rng_u64(&peers->env->rng) % (c->met + 1);
    if (at < c->max)
      c->peers[at] = peer;
  }
  c->met++;
}

static bool dial_if_room(struct topo_peers *peers, struct topo_node_peer *peer)
{
  if (peers->dialling == TOPO_NODE_DIALS_MAX)
    return false; /* the end of a dial makes us look again */
  dial(peers, peer);
  return true;
}

/* How many members are connected, or about to be. */
static size_t count_neighbours(const struct topo_peers *peers, const struct topo_conns *conns)
{
  size_t n = topo_conns_members(conns);
  for (size_t i = 0; i < peers->n; i++)
    n += peers->peers[i].dials > 0 && !topo_conns_has(conns, &peers->peers[i].device);
  return n;
}

static size_t missing_neighbours(const struct topo_peers *peers, const struct topo_conns *conns)
{
  size_t n = count_neighbours(peers, conns), want = topo_conns_neighbours(conns);
  return n < want ? want - n : 0;
}

/* Goes through all peers: which are to be dialled now, and when is the next one? */
static void choose(struct topo_peers *peers, const struct topo_conns *conns, struct choice *c)
{
  for (size_t i = 0; i < peers->n; i++) {
    struct topo_node_peer *peer = &peers->peers[i];
    bool begun = peer->dials > 0 || peer->hurry;
    if ((c->max == 0 && !begun) || topo_conns_has(conns, &peer->device) ||
        !topo_dial_is_candidate(peers, &peer->device) ||
        !topo_peers_may_dial(peers, peer, &c->when_ms))
      continue;
    if (!begun)
      consider(peers, c, peer);
    else if (dial_if_room(peers, peer))
      topo_peers_may_dial(peers, peer, &c->when_ms);
  }
}

/* A member that is not connected, by chance, or NULL: goes through all peers. */
static struct topo_node_peer *choose_stranger(struct topo_peers *peers,
                                              const struct topo_conns *conns)
{
  struct topo_node_peer *chosen = NULL;
  uint64_t met = 0;
  for (size_t i = 0; i < peers->n; i++) {
    struct topo_node_peer *peer = &peers->peers[i];
    if (peer->n_addresses > 0 && peer->dials == 0 && !topo_conns_has(conns, &peer->device) &&
        topo_dial_is_candidate(peers, &peer->device) && topo_rng_u64(&peers->env->rng) % ++met == 0)
      chosen = peer;
  }
  return chosen;
}

/* Now and then a space that has neighbours enough meets somebody else, and lets go of one whom it
 * met so before: parts of a workspace that know of each other do not stay apart. */
static void rotate(struct topo_peers *peers, struct topo_conns *conns)
{
  uint64_t now_ms = peers->env->now.mono_ms;
  bool due = peers->rotate_ms <= now_ms;
  if (due && peers->rotate_ms > 0 && missing_neighbours(peers, conns) == 0) {
    const struct topo_node_peer *stranger = choose_stranger(peers, conns);
    if (stranger) {
      topo_conns_spare(conns);
      topo_peers_hurry(peers, &stranger->device);
    }
  }
  if (due)
    peers->rotate_ms = now_ms + ROTATE_MS + topo_rng_u64(&peers->env->rng) % (ROTATE_MS / 2);
  topo_env_wake_at(peers->env, peers->rotate_ms);
}

size_t topo_dial_again(struct topo_peers *peers, const struct topo_conns *conns)
{
  size_t n = 0, first = peers->n ? topo_rng_u64(&peers->env->rng) % peers->n : 0;
  topo_peers_moved(peers);
  for (size_t i = 0; i < peers->n && n < TOPO_NODE_DIALS_MAX; i++) {
    const struct topo_node_peer *peer = &peers->peers[(first + i) % peers->n];
    if (peer->n_addresses == 0 || topo_conns_has(conns, &peer->device) ||
        !topo_dial_is_candidate(peers, &peer->device))
      continue;
    topo_peers_hurry(peers, &peer->device);
    n++;
  }
  return n;
}

void topo_dial_missing(struct topo_peers *peers, struct topo_conns *conns)
{
  uint64_t now_ms = peers->env->now.mono_ms;
  topo_search_go_on(peers, conns);
  rotate(peers, conns);
  if (peers->changed || peers->look_ms <= now_ms) {
    struct choice c = {.max = missing_neighbours(peers, conns), .when_ms = UINT64_MAX};
    if (c.max > TOPO_NODE_DIALS_MAX)
      c.max = TOPO_NODE_DIALS_MAX;
    choose(peers, conns, &c);
    for (size_t i = 0; i < c.n; i++) /* whoever is dialled goes on with its next address later */
      if (dial_if_room(peers, c.peers[i]))
        topo_peers_may_dial(peers, c.peers[i], &c.when_ms);
    peers->look_ms = c.when_ms;
    peers->changed = false;
  }
  topo_env_wake_at(peers->env, peers->look_ms);
  topo_assert(peers->dialling <= TOPO_NODE_DIALS_MAX);
}
