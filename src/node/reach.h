/*
 * reach.h - where this device can be reached, as far as its surroundings know: what its records and
 * invite links say; and what is known of whether that is true.
 */
#ifndef TOPO_NODE_REACH_H
#define TOPO_NODE_REACH_H

#include "node/env.h"
#include "node/input.h"

/* The addresses have changed: those of the input count from now on. It is taken while the space's
 * file cannot be read, too. */
void topo_reach_changed(struct topo_env *env, const struct topo_input *in);

/* What to say to people when there is no address. */
extern const char topo_reach_nowhere[];

/* From how far away one comes who connects from there, when this device is reached at the `n`
 * addresses of `own`: one of those, or the loopback, is this computer, and tells nothing. */
enum topo_reached topo_reach_from(const struct topo_address *from, const struct topo_address *own,
                                  size_t n);
/* "nobody", "network" or "outside". */
const char *topo_reach_name(enum topo_reached reached);

/* What is known of how a device is reached. */
struct topo_reach {
  const struct topo_address *own; /* where it says that it is, best first */
  size_t n;
  enum topo_reached reached; /* since the start */
  uint64_t up_ms;            /* since the start */
};
enum {
  TOPO_REACH_TEXT_SIZE = 192,
  TOPO_REACH_SILENCE_MS = 10 * 60 * 1000 /* within it somebody from outside may yet come */
};
/* What to say to people when others cannot reach it, as far as that is known; empty when it is not.
 * Returns `out`. */
char *topo_reach_text(char out[static TOPO_REACH_TEXT_SIZE], const struct topo_reach *reach);

#endif
