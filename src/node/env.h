/*
 * env.h - what every part of a space stands on: its file, its events, who it is, what time it is,
 * and its ports. There is one for each space, and the parts borrow it.
 */
#ifndef TOPO_NODE_ENV_H
#define TOPO_NODE_ENV_H

#include "dag/dag.h"
#include "node/ports.h"

struct topo_env {
  struct topo_db *db;
  struct topo_dag *dag; /* NULL while the file cannot be read; nothing is written then */
  struct topo_self self;
  struct topo_rng rng;
  const struct topo_type *const *types; /* that this build knows */
  const struct topo_node_ports *ports;
  struct topo_now now;  /* of the step at hand */
  uint64_t deadline_ms; /* when to step without inputs, monotonic; UINT64_MAX: never */
  struct topo_address own[TOPO_NODE_ADDRESSES_MAX]; /* where we are reached, best first */
  size_t n_own;
  enum topo_reached reached;
  bool trust_changed; /* who may connect has changed, and not by an event alone */
};

/* A step begins: time does not run backwards, and nothing is due yet. */
void topo_env_begin(struct topo_env *env, struct topo_now now);
/* Asks for a step at `at_ms` (monotonic) at the latest. */
void topo_env_wake_at(struct topo_env *env, uint64_t at_ms);
/* A line for the log, at most 255 bytes: what is longer is cut. */
void topo_env_note(const struct topo_env *env, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The credential that this device acts under; NULL when it is no member. The dag must be open. */
const struct topo_authority_node *topo_env_credential(const struct topo_env *env);
/* The device of another member, when the act of authority with this index, which there must be, is
 * its most senior credential; else NULL. So each such device is met once among all acts. */
const struct topo_id *topo_env_other_device(const struct topo_env *env, int32_t act);

#endif
