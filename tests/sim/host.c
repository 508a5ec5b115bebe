/* host.c - one daemon as far as its space sees it: a disk, a clock, an inbox, and an end. */
#include "sim/sim.h"

#include "base/assert.h"
#include "base/status.h"
#include "node/invite.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_DELAY_MS = 3, RETRY_MS = 1000, HOSTS_NET = 10, PIECE = 4, PIECE_MS = 30 };

static const char path[] = "space.db";

/* ---- ports */

static void port_check(void *ctx, struct topo_work *work)
{
  sim_world_work(ctx, work);
}

static void port_dial(void *ctx, const struct topo_dial *dial)
{
  sim_world_dial(ctx, dial);
}

static void port_trust(void *ctx)
{
  ((struct sim_host *)ctx)->trust_changed = true;
}

/* Hosts of a simulation are honest: none of these may come up between them. */
static bool is_accusation(int status)
{
  switch (status) {
  case TOPO_EMALFORMED:
  case TOPO_ESIGNATURE:
  case TOPO_EWORKSPACE:
  case TOPO_EVERSION:
  case TOPO_EPROTOCOL:
  case TOPO_EUNSEAL:
  case TOPO_ECORRUPT:
  case TOPO_EINVAL:
  case TOPO_ENOMEM: return true;
  default: return false;
  }
}

static void port_note(void *ctx, int status, const char *text)
{
  struct sim_host *h = ctx;
  sim_say(h->world, "host %u notes: %s (%s)", h->index, text, topo_status_name(status));
  sim_trace(h->world, &status, sizeof status);
  if (is_accusation(status))
    sim_fail(h->world, "host %u notes: %s (%s)", h->index, text, topo_status_name(status));
}

/* ---- life */

void sim_host_init(struct sim_world *w, unsigned index)
{
  struct sim_host *h = &w->hosts[index];
  *h = (struct sim_host){.world = w, .index = index, .heal_ms = UINT64_MAX, .build = BUILDS - 1};
  if (w->profile.upgrade)
    h->build = (unsigned)sim_rng_below(&w->rng, BUILDS);
  struct sim_disk_options o = {.seed = sim_rng_u64(&w->rng), .powersafe_overwrite = true};
  h->disk = sim_disk_create(&o);
  h->disk_port = sim_disk_port(h->disk);
  h->ports = (struct topo_node_ports){port_check, port_dial, port_trust, port_note, h};
  sim_rng_fork(&w->rng, &h->rng);
  if (w->plant == SIM_PLANT_LYING_DISK)
    sim_disk_lie(h->disk);
}

static struct topo_node_options options_of(struct sim_host *h)
{
  return (struct topo_node_options){.path = path,
                                    .disk = &h->disk_port,
                                    .rng = sim_rng_port(&h->rng),
                                    .ports = &h->ports,
                                    .conns_max = h->world->profile.conns_max,
                                    .types = build_types(h->build),
                                    .rebuild_piece = PIECE};
}

struct topo_address sim_host_address(unsigned index)
{
  struct topo_address a = {{4, HOSTS_NET, 0, 0, (uint8_t)index, 0x11, 0x22}, 7};
  return a;
}

struct topo_now sim_host_now(const struct sim_host *h)
{
  uint64_t wall = (uint64_t)SIM_WALL_START_S * 1000 + h->world->now_ms;
  return (struct topo_now){h->world->now_ms, wall + (uint64_t)h->wall_skew_ms};
}

static void note_opened(struct sim_host *h)
{
  const struct topo_input reached = {.kind = TOPO_IN_ADDRESSES, .addresses = {&h->own, 1}};
  h->own = sim_host_address(h->index);
  topo_assert(h->n_inbox == 0); /* nothing is given to who is not there */
  h->inbox[h->n_inbox++] = (struct sim_input){.input = reached};
  h->device = topo_node_self(h->node)->device.public_key;
  h->exists = true;
  h->life++;
  h->step_ms = h->world->now_ms; /* a space that was opened is stepped once */
  h->trust_changed = true;
}

void sim_host_found(struct sim_host *h)
{
  struct topo_node_options o = options_of(h);
  struct topo_node_create c = {
      .workspace_name = "simulation", .user_name = "host 0", .now = sim_host_now(h)};
  int status = topo_node_create_workspace(&h->node, &o, &c);
  if (status < 0)
    sim_fail(h->world, "creating the workspace: %s", topo_status_name(status));
  else
    note_opened(h);
}

void sim_host_join(struct sim_host *h)
{
  char name[32];
  snprintf(name, sizeof name, "host %u", h->index);
  struct topo_node_options o = options_of(h);
  struct topo_invite_link parsed;
  int status = topo_invite_parse(&parsed, h->invite);
  struct topo_node_join j = {.invite_link = &parsed, .user_name = name, .now = sim_host_now(h)};
  if (status == 0)
    status = topo_node_join_workspace(&h->node, &o, &j);
  if (status < 0)
    sim_fail(h->world, "host %u joining: %s", h->index, topo_status_name(status));
  else
    note_opened(h);
}

void sim_host_start(struct sim_host *h)
{
  struct topo_node_options o = options_of(h);
  int status = topo_node_open(&h->node, &o);
  sim_trace(h->world, &status, sizeof status);
  sim_say(h->world, "host %u starts: %s", h->index, topo_status_name(status));
  if (status == 0)
    note_opened(h);
  else if (!h->sick)
    sim_fail(h->world, "host %u does not start on a good disk: %s", h->index,
             topo_status_name(status));
  else
    h->wake_ms = h->world->now_ms + RETRY_MS;
}

static void drop_input(struct sim_input *in)
{
  free(in->data);
  if (in->input.kind != TOPO_IN_CALL)
    return;
  in->input.call->status = TOPO_ECLOSED;
  in->input.call->done(in->input.call, in->input.call->done_arg);
}

/* Work that is being checked comes back, so that the space may be closed; the disk is off, so it
 * changes nothing. */
static void take_back_work(struct sim_host *h)
{
  struct topo_input inputs[SIM_INBOX];
  size_t n = 0;
  struct topo_work *work;
  for (size_t i = 0; i < h->n_inbox; i++)
    if (h->inbox[i].input.kind == TOPO_IN_CHECKED)
      inputs[n++] = h->inbox[i].input;
  while (n < SIM_INBOX && (work = sim_world_take_work(h)) != NULL)
    inputs[n++] = (struct topo_input){.kind = TOPO_IN_CHECKED, .work = work};
  if (n)
    topo_node_step(h->node, sim_host_now(h), inputs, n);
  if (topo_node_in_flight(h->node) > 0)
    take_back_work(h);
}

static void close_node(struct sim_host *h)
{
  sim_disk_power_off(h->disk);
  sim_world_forget(h);
  take_back_work(h);
  sim_world_forget(h); /* what that step dialled */
  h->rejected += topo_node_status(h->node).rejected;
  topo_node_close(h->node);
  h->node = NULL;
  for (size_t i = 0; i < h->n_inbox; i++)
    drop_input(&h->inbox[i]);
  h->n_inbox = 0;
}

void sim_host_crash(struct sim_host *h, enum sim_end how, uint64_t away_ms)
{
  sim_say(h->world, "host %u %s", h->index, how == SIM_KILL ? "is killed" : "loses its power");
  close_node(h);
  if (how == SIM_KILL)
    sim_disk_kill(h->disk);
  else
    sim_disk_crash(h->disk, &h->world->rng);
  sim_plant_crashed(h);
  h->wake_ms = h->world->now_ms + away_ms;
}

void sim_host_upgrade(struct sim_host *h, unsigned build, uint64_t away_ms)
{
  topo_assert(build > h->build && build < BUILDS);
  sim_say(h->world, "host %u is upgraded from build %u to %u", h->index, h->build, build);
  h->build = build;
  if (h->node)
    sim_host_crash(h, SIM_KILL, away_ms);
}

void sim_host_heal(struct sim_host *h)
{
  sim_disk_heal(h->disk);
  sim_disk_set_capacity(h->disk, 0);
  h->heal_ms = UINT64_MAX;
  h->sick = false;
}

void sim_host_finish(struct sim_host *h)
{
  if (h->node)
    close_node(h);
  sim_disk_kill(h->disk);
  sim_disk_destroy(h->disk);
  free(h->invite);
  free((void *)(uintptr_t)h->kept.data);
  free((void *)(uintptr_t)h->kept_wal.data);
}

/* ---- trust */

struct question {
  const struct topo_id *key;
  bool found;
};

static void match(void *arg, const struct topo_id *key, bool is_invite)
{
  struct question *q = arg;
  (void)is_invite;
  q->found |= topo_id_equal(key, q->key);
}

bool sim_host_trusts(struct sim_host *h, const struct topo_id *key)
{
  struct question q = {key, false};
  if (h->node)
    topo_node_trust(h->node, match, &q);
  return q.found;
}

/* ---- steps */

bool sim_host_give(struct sim_host *h, const struct sim_input *input)
{
  struct sim_world *w = h->world;
  if (!h->node || h->n_inbox == SIM_INBOX)
    return false;
  uint64_t at = w->now_ms + sim_rng_below(&w->rng, STEP_DELAY_MS + 1);
  if (h->n_inbox == 0 || at < h->step_ms)
    h->step_ms = at;
  h->inbox[h->n_inbox++] = *input;
  return true;
}

uint64_t sim_host_due(const struct sim_host *h)
{
  if (!h->exists)
    return UINT64_MAX;
  uint64_t due = h->heal_ms;
  if (!h->node)
    return h->wake_ms < due ? h->wake_ms : due;
  if (h->step_ms < due)
    due = h->step_ms;
  uint64_t deadline = topo_node_deadline(h->node);
  if (deadline < h->rest_ms)
    deadline = h->rest_ms;
  return deadline < due ? deadline : due;
}

static void trace_input(struct sim_host *h, const struct topo_input *in)
{
  uint64_t facts[] = {h->world->now_ms, h->index, (uint64_t)in->kind, in->number};
  sim_trace(h->world, facts, sizeof facts);
  if (in->kind == TOPO_IN_CONN_DATA)
    sim_trace(h->world, in->data.data, in->data.len);
}

static void after_step(struct sim_host *h)
{
  if (sim_disk_powered_off(h->disk)) {
    sim_host_crash(h, SIM_POWER_CUT, sim_rng_below(&h->world->rng, 5000));
    return;
  }
  if (h->trust_changed) {
    h->trust_changed = false;
    sim_world_cut_untrusted(h);
  }
  sim_plant_after_step(h);
  if (h->node)
    sim_check_running(h);
  /* To judge again takes time, in which others go on. */
  if (h->node && topo_node_status(h->node).rebuild.rebuilding)
    h->rest_ms = h->world->now_ms + sim_rng_below(&h->world->rng, PIECE_MS);
}

static void step_node(struct sim_host *h)
{
  struct sim_input taken[SIM_INBOX];
  struct topo_input inputs[SIM_INBOX];
  size_t n = h->n_inbox;
  for (size_t i = 0; i < n; i++) {
    taken[i] = h->inbox[i];
    inputs[i] = taken[i].input;
    trace_input(h, &inputs[i]);
  }
  h->n_inbox = 0;
  h->step_ms = UINT64_MAX;
  sim_plant_before_step(h);
  sim_disk_set_time(h->disk, (int64_t)sim_host_now(h).wall_ms);
  topo_node_step(h->node, sim_host_now(h), inputs, n);
  h->world->steps++;
  for (size_t i = 0; i < n; i++) {
    if (inputs[i].kind == TOPO_IN_CONN_DOWN)
      sim_conn_told(taken[i].conn, taken[i].end);
    free(taken[i].data);
  }
  after_step(h);
}

void sim_host_step(struct sim_host *h)
{
  if (h->heal_ms <= h->world->now_ms) {
    sim_say(h->world, "the disk of host %u is well again", h->index);
    sim_host_heal(h);
  }
  if (h->node)
    step_node(h);
  else if (h->wake_ms <= h->world->now_ms)
    sim_host_start(h);
}
