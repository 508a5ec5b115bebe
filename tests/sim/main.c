/*
 * main.c - runs seeds of a profile and tells which failed, and why.
 *
 *   topo-sim --profile NAME --seeds N [--seed FIRST] [--actions N] [--plant K] [--verbose]
 * [--twice]
 *
 * With --plant the exit status says whether every fault that was put in was found within the seeds.
 */
#include "sim/sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ACTIONS = 300, QUIET_MS = 1000, PATIENCE_MS = 45 * 60 * 1000, HOLD_MS = 1000 };

static const struct sim_profile profiles[] = {
    {.name = "pair",
     .nodes = 2,
     .crash = 4,
     .disk = 4,
     .network = 12,
     .clock = 4,
     .pause_ms = 300,
     .send_buffer = 4096},
    {.name = "trio",
     .nodes = 3,
     .line = true,
     .crash = 4,
     .disk = 4,
     .network = 12,
     .clock = 4,
     .pause_ms = 300,
     .send_buffer = 4096},
    {.name = "crowd",
     .nodes = 6,
     .crash = 4,
     .disk = 2,
     .network = 12,
     .clock = 4,
     .pause_ms = 200,
     .send_buffer = 16384},
    {.name = "storm",
     .nodes = 3,
     .crash = 40,
     .disk = 20,
     .network = 30,
     .clock = 10,
     .pause_ms = 150,
     .send_buffer = 1024},
    {.name = "town",
     .nodes = 80,
     .crash = 2,
     .network = 6,
     .clock = 2,
     .pause_ms = 200,
     .send_buffer = 65536,
     .conns_max = 12,
     .spread = true},
    {.name = "mixed",
     .nodes = 4,
     .crash = 10,
     .disk = 4,
     .network = 8,
     .clock = 4,
     .upgrade = 4,
     .pause_ms = 200,
     .send_buffer = 4096},
};

struct options {
  const struct sim_profile *profile;
  uint64_t first, seeds;
  unsigned actions;
  enum sim_plant plant;
  bool verbose, twice;
};

static void run_until_quiet(struct sim_world *w)
{
  uint64_t patience = w->now_ms + PATIENCE_MS;
  unsigned held = 0;
  sim_heal_all(w);
  sim_world_run_until(w, w->now_ms + QUIET_MS);
  sim_join_late(w);
  while (!w->failure[0] && held < 3) {
    sim_world_run_until(w, w->now_ms + HOLD_MS);
    held = sim_quiet(w) ? held + 1 : 0;
    if (w->now_ms > patience)
      sim_fail(w, "no rest: the hosts are not in step after %d minutes", PATIENCE_MS / 60000);
  }
}

/* Runs one seed; its trace, and in *failure why it failed, or an empty text. */
static uint64_t run_seed(const struct options *o, uint64_t seed, char failure[512],
                         unsigned *planted)
{
  struct sim_world *w = malloc(sizeof *w);
  if (!w)
    abort();
  sim_world_init(w, o->profile, seed, o->plant, o->verbose);
  sim_host_found(&w->hosts[0]);
  for (unsigned i = 0; i < o->actions && !w->failure[0]; i++)
    sim_act(w);
  run_until_quiet(w);
  if (!w->failure[0] && sim_plant_healed(w))
    run_until_quiet(w);
  if (!w->failure[0] && o->profile->spread) {
    sim_spread(w);
    run_until_quiet(w);
  }
  if (!w->failure[0])
    sim_check(w);
  uint64_t trace = w->trace;
  strcpy(failure, w->failure);
  *planted = w->planted;
  if (o->verbose)
    fprintf(stderr,
            "# seed %" PRIu64 ": %" PRIu64 " steps, %zu acknowledged, trace %016" PRIx64
            ", at %" PRIu64 " ms\n",
            seed, w->steps, w->acks.len / sizeof(struct sim_ack), trace, w->now_ms);
  sim_world_finish(w);
  free(w);
  return trace;
}

static bool number(const char *text, uint64_t *out)
{
  char *end;
  *out = text ? strtoull(text, &end, 10) : 0;
  return text && *text && *end == 0;
}

static const struct sim_profile *find_profile(const char *name)
{
  for (size_t i = 0; name && i < sizeof profiles / sizeof *profiles; i++)
    if (strcmp(profiles[i].name, name) == 0)
      return &profiles[i];
  return NULL;
}

static bool parse(struct options *o, int argc, char **argv)
{
  uint64_t n = 0;
  *o = (struct options){.first = 1, .seeds = 1, .actions = ACTIONS};
  for (int i = 1; i < argc; i++) {
    const char *name = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
    bool good = true;
    if (strcmp(name, "--verbose") == 0) {
      o->verbose = true;
      continue;
    }
    if (strcmp(name, "--twice") == 0) {
      o->twice = true;
      continue;
    }
    if (strcmp(name, "--profile") == 0)
      good = (o->profile = find_profile(value)) != NULL;
    else if (!(good = number(value, &n)))
      ;
    else if (strcmp(name, "--seeds") == 0)
      o->seeds = n;
    else if (strcmp(name, "--seed") == 0)
      o->first = n;
    else if (strcmp(name, "--actions") == 0)
      o->actions = (unsigned)n;
    else if (strcmp(name, "--plant") == 0 && n < SIM_PLANTS)
      o->plant = (enum sim_plant)n;
    else
      good = false;
    if (!good)
      return false;
    i++;
  }
  return o->profile != NULL;
}

static int run_plain(const struct options *o)
{
  char failure[512], again[512];
  unsigned planted, failed = 0;
  for (uint64_t seed = o->first; seed < o->first + o->seeds; seed++) {
    uint64_t trace = run_seed(o, seed, failure, &planted);
    if (!failure[0] && o->twice && run_seed(o, seed, again, &planted) != trace)
      strcpy(failure, "a second run took another way");
    if (failure[0]) {
      printf("FAILED %s seed %" PRIu64 ": %s\n", o->profile->name, seed, failure);
      fflush(stdout);
      failed++;
    }
  }
  printf("%s: %" PRIu64 " seeds, %u failed\n", o->profile->name, o->seeds, failed);
  return failed ? 1 : 0;
}

static int run_planted(const struct options *o)
{
  char failure[512];
  unsigned planted;
  for (uint64_t seed = o->first; seed < o->first + o->seeds; seed++) {
    run_seed(o, seed, failure, &planted);
    if (!failure[0])
      continue;
    printf("found %d with %s seed %" PRIu64 ": %s\n", (int)o->plant, o->profile->name, seed,
           failure);
    return 0;
  }
  printf("fault %d was not found in %" PRIu64 " seeds\n", (int)o->plant, o->seeds);
  return 1;
}

int main(int argc, char **argv)
{
  struct options o;
  if (!parse(&o, argc, argv)) {
    fprintf(stderr,
            "usage: topo-sim --profile pair|trio|crowd|storm|town|mixed [--seeds N] [--seed FIRST]"
            " [--actions N] [--plant K] [--verbose] [--twice]\n");
    return 2;
  }
  return o.plant ? run_planted(&o) : run_plain(&o);
}
