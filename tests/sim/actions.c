/* actions.c - what people and misfortune do to the hosts of a simulation. */
#include "sim/sim.h"

#include "base/status.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

enum {
  PEOPLE = 100,     /* the weight of ordinary acts; misfortunes have those of the profile */
  AWAY_MS = 20000,  /* a host stays down for that long, at most */
  SICK_MS = 8000,   /* a disk stays sick for that long */
  STALL_MS = 15000, /* connections stand still for that long */
  JUMP_MS = 10 * 60 * 1000,
  UPGRADE_MS = 2000, /* from the stop of one build to the start of the next, at most */
  TEXT_MAX = 6000
};

/* A host whose space is open, or NULL. */
static struct sim_host *anybody(struct sim_world *w)
{
  struct sim_host *h = &w->hosts[sim_rng_below(&w->rng, w->n_hosts)];
  return h->node ? h : NULL;
}

/* ---- people */

static void say_something(struct sim_host *h)
{
  struct sim_rng *rng = &h->world->rng;
  static const char tasks[] = "abcdefghijklmnopqrstuvwxyz ";
  char text[TEXT_MAX + 1];
  struct topo_id channel;
  size_t n = 1 + (size_t)sim_rng_below(rng, sim_rng_chance(rng, 0.1) ? TEXT_MAX : 80);
  if (n > build_text_max(h->build)) /* nobody writes what his own build cannot read */
    n = build_text_max(h->build);
  for (size_t i = 0; i < n; i++)
    text[i] = tasks[sim_rng_below(rng, sizeof tasks - 1)];
  text[n] = 0;
  if (sim_pick(h, SIM_SAID_CHANNEL, &channel))
    sim_call_message(h, &channel, text);
}

static void react(struct sim_host *h)
{
  static const char *const emoji[] = {"+1", "-1", "\xf0\x9f\x91\x8d", "\xe2\x9d\xa4"};
  static const unsigned known[BUILDS] = {0, 2, 4}; /* of them, to each build */
  struct topo_id message;
  if (known[h->build] && sim_pick(h, SIM_SAID_MESSAGE, &message))
    sim_call_reaction(h, &message, emoji[sim_rng_below(&h->world->rng, known[h->build])]);
}

static void make_channel(struct sim_host *h)
{
  static const unsigned numbers[BUILDS] = {10, 100, 1000}; /* of one, two and three digits */
  char name[32];
  snprintf(name, sizeof name, "channel %u",
           (unsigned)sim_rng_below(&h->world->rng, numbers[h->build]));
  sim_call_channel(h, name);
}

/* Brings the next one in: an invite first, and when it is there, the joining. */
static void bring_in(struct sim_world *w)
{
  for (unsigned i = 1; i < w->n_hosts; i++) {
    struct sim_host *guest = &w->hosts[i];
    if (guest->exists)
      continue;
    if (guest->invite) {
      sim_host_join(guest);
      return;
    }
    struct sim_host *host = &w->hosts[w->profile.line ? i - 1 : sim_rng_below(&w->rng, i)];
    if (host->node)
      sim_call_invite(host, i);
    return;
  }
}

static void people_act(struct sim_world *w)
{
  struct sim_host *h = anybody(w);
  uint64_t what = sim_rng_below(&w->rng, 100);
  if (what < 12)
    bring_in(w);
  if (!h)
    return;
  if (what < 60)
    say_something(h);
  else if (what < 85)
    react(h);
  else if (what < 90)
    make_channel(h);
  else
    for (unsigned i = 0; i < 20 && h->node; i++) /* somebody who types fast */
      say_something(h);
}

/* ---- misfortune */

static void crash(struct sim_world *w)
{
  struct sim_host *h = anybody(w);
  if (!h)
    return;
  uint64_t away = sim_rng_chance(&w->rng, 0.5) ? 10 : sim_rng_below(&w->rng, AWAY_MS);
  switch (sim_rng_below(&w->rng, 3)) {
  case 0: sim_host_crash(h, SIM_KILL, away); break;
  case 1: sim_host_crash(h, SIM_POWER_CUT, away); break;
  default: sim_disk_crash_at_change(h->disk, 1 + sim_rng_below(&w->rng, 40)); break;
  }
}

static void spoil_disk(struct sim_world *w)
{
  static const int codes[] = {[SIM_DISK_WRITE] = SQLITE_IOERR_WRITE,
                              [SIM_DISK_SYNC] = SQLITE_IOERR_FSYNC,
                              [SIM_DISK_READ] = SQLITE_IOERR_READ,
                              [SIM_DISK_TRUNCATE] = SQLITE_IOERR_TRUNCATE};
  static const enum sim_disk_call kinds[] = {SIM_DISK_WRITE, SIM_DISK_SYNC, SIM_DISK_READ,
                                             SIM_DISK_TRUNCATE};
  struct sim_host *h = anybody(w);
  if (!h || h->sick)
    return;
  enum sim_disk_call kind = kinds[sim_rng_below(&w->rng, 4)];
  uint64_t n = 1 + sim_rng_below(&w->rng, 60);
  h->sick = true;
  h->heal_ms = w->now_ms + 1 + sim_rng_below(&w->rng, SICK_MS);
  switch (sim_rng_below(&w->rng, 3)) {
  case 0: sim_disk_set_capacity(h->disk, 1); break; /* nothing grows any more */
  case 1: sim_disk_fail_once(h->disk, kind, n, codes[kind]); break;
  default: sim_disk_fail_from(h->disk, kind, n, codes[kind]); break;
  }
  sim_say(w, "the disk of host %u is sick", h->index);
}

static void disturb_network(struct sim_world *w)
{
  size_t n = w->conns.len / sizeof(struct sim_wire);
  if (n == 0)
    return;
  struct sim_wire *conns = (struct sim_wire *)(void *)w->conns.data;
  struct sim_wire *c = &conns[sim_rng_below(&w->rng, n)];
  uint64_t until = w->now_ms + sim_rng_below(&w->rng, STALL_MS);
  switch (sim_rng_below(&w->rng, 3)) {
  case 0: sim_conn_break(c->conn, TOPO_ECLOSED, 30); break;
  case 1: sim_conn_break(c->conn, TOPO_ETIMEOUT, 30000); break;
  default:
    for (size_t i = 0; i < n; i++)
      sim_conn_stall(conns[i].conn, until);
  }
}

static void jump_clock(struct sim_world *w)
{
  struct sim_host *h = &w->hosts[sim_rng_below(&w->rng, w->n_hosts)];
  h->wall_skew_ms = (int64_t)sim_rng_below(&w->rng, 2 * JUMP_MS) - JUMP_MS;
  sim_say(w, "the clock of host %u is %lld ms off", h->index, (long long)h->wall_skew_ms);
}

static void upgrade(struct sim_world *w)
{
  struct sim_host *h = anybody(w);
  if (h && h->build < BUILDS - 1)
    sim_host_upgrade(h, h->build + 1 + (unsigned)sim_rng_below(&w->rng, BUILDS - 1 - h->build),
                     sim_rng_below(&w->rng, UPGRADE_MS));
}

static void pause_a_while(struct sim_world *w)
{
  uint64_t ms = sim_rng_below(&w->rng, w->profile.pause_ms + 1);
  if (sim_rng_chance(&w->rng, 0.03))
    ms *= 100;
  sim_world_run_until(w, w->now_ms + ms);
}

void sim_act(struct sim_world *w)
{
  const struct sim_profile *p = &w->profile;
  uint64_t total = PEOPLE + p->crash + p->disk + p->network + p->clock + p->upgrade;
  uint64_t at = sim_rng_below(&w->rng, total);
  if (at < PEOPLE)
    people_act(w);
  else if ((at -= PEOPLE) < p->crash)
    crash(w);
  else if ((at -= p->crash) < p->disk)
    spoil_disk(w);
  else if ((at -= p->disk) < p->network)
    disturb_network(w);
  else if ((at -= p->network) < p->clock)
    jump_clock(w);
  else
    upgrade(w);
  pause_a_while(w);
}

/* ---- the end */

void sim_heal_all(struct sim_world *w)
{
  bool first = !w->healing;
  w->healing = true;
  for (unsigned i = 0; i < w->n_hosts; i++) {
    struct sim_host *h = &w->hosts[i];
    sim_disk_crash_at_change(h->disk, 0);
    sim_host_heal(h);
    if (!h->node && h->wake_ms > w->now_ms)
      h->wake_ms = w->now_ms;
    if (first && h->build < BUILDS - 1)
      sim_host_upgrade(h, BUILDS - 1, 0);
  }
  struct sim_wire *conns = (struct sim_wire *)(void *)w->conns.data;
  for (size_t i = 0; i < w->conns.len / sizeof *conns; i++)
    sim_conn_stall(conns[i].conn, 0);
}

void sim_join_late(struct sim_world *w)
{
  for (unsigned tries = 0; tries < 40 * w->n_hosts && !w->failure[0]; tries++) {
    bool all = true;
    for (unsigned i = 0; i < w->n_hosts; i++)
      all = all && w->hosts[i].exists;
    if (all)
      return;
    bring_in(w);
    sim_world_run_until(w, w->now_ms + 2000);
  }
  sim_fail(w, "not everybody could be invited");
}
