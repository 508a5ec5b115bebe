/* spread.c - how what one host says reaches all others: over how many hosts, and how often each of
 * them hears it. */
#include "sim/sim.h"

#include "base/assert.h"
#include "node/parts.h"

#include <inttypes.h>
#include <stdio.h>

enum { MESSAGES = 50, SPREAD_MS = 5000, FAR = UINT8_MAX };

static uint64_t count_received(const struct sim_world *w)
{
  uint64_t n = 0;
  for (unsigned i = 0; i < w->n_hosts; i++)
    for (size_t k = 0; k < w->hosts[i].node->conns.n; k++)
      n += topo_session_state(w->hosts[i].node->conns.conns[k]->session).received_events;
  return n;
}

static bool are_connected(const struct sim_host *a, const struct sim_host *b)
{
  return topo_conns_find_member(&a->node->conns, &b->device) != NULL;
}

/* How many connections lie between `from` and each host. */
static void measure_hops(const struct sim_world *w, unsigned from, uint8_t hops[SIM_NODES])
{
  unsigned queue[SIM_NODES], n = 1;
  for (unsigned i = 0; i < w->n_hosts; i++)
    hops[i] = FAR;
  hops[from] = 0;
  queue[0] = from;
  for (unsigned at = 0; at < n; at++)
    for (unsigned i = 0; i < w->n_hosts; i++)
      if (hops[i] == FAR && are_connected(&w->hosts[queue[at]], &w->hosts[i])) {
        hops[i] = (uint8_t)(hops[queue[at]] + 1);
        queue[n++] = i;
      }
}

/* The greatest number of hops between two hosts; *sum is that of all pairs. */
static unsigned widest(const struct sim_world *w, uint64_t *sum)
{
  unsigned most = 0;
  *sum = 0;
  for (unsigned i = 0; i < w->n_hosts; i++) {
    uint8_t hops[SIM_NODES];
    measure_hops(w, i, hops);
    for (unsigned k = 0; k < w->n_hosts; k++) {
      most = hops[k] > most ? hops[k] : most;
      *sum += hops[k];
    }
  }
  return most;
}

static size_t most_conns(const struct sim_world *w)
{
  size_t most = 0;
  for (unsigned i = 0; i < w->n_hosts; i++)
    if (w->hosts[i].node->conns.n > most)
      most = w->hosts[i].node->conns.n;
  return most;
}

void sim_spread(struct sim_world *w)
{
  uint64_t sum = 0, pairs = (uint64_t)w->n_hosts * (w->n_hosts - 1);
  unsigned most = widest(w, &sum);
  if (most == FAR)
    sim_fail(w, "the connections are not one network");
  uint64_t before = count_received(w);
  for (unsigned i = 0; i < MESSAGES && !w->failure[0]; i++) {
    struct sim_host *h = &w->hosts[sim_rng_below(&w->rng, w->n_hosts)];
    struct topo_id channel;
    if (sim_pick(h, SIM_SAID_CHANNEL, &channel))
      sim_call_message(h, &channel, "news");
    sim_world_run_until(w, w->now_ms + SPREAD_MS);
  }
  uint64_t heard = count_received(w) - before, needed = (uint64_t)MESSAGES * (w->n_hosts - 1);
  if (heard < needed)
    sim_fail(w, "of %" PRIu64 " copies that are needed %" PRIu64 " came", needed, heard);
  printf("# %u hosts, up to %zu connections each: %u hops at most, %.2f on average, %.2f copies of "
         "an event for each host\n",
         w->n_hosts, most_conns(w), most, (double)sum / (double)pairs,
         (double)heard / (double)needed);
}
