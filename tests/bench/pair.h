/*
 * pair.h - two spaces in one process, joined by a connection in memory that keeps to the bounds of
 * port/conn.h. Signatures and seals are worked on in the same thread. Time is the system's.
 */
#ifndef TOPO_TESTS_BENCH_PAIR_H
#define TOPO_TESTS_BENCH_PAIR_H

#include "bench/bench.h"
#include "node/node.h"

enum { PAIR_SIDES = 2 };

struct pair_side {
  struct topo_node *node;
  char path[BENCH_PATH];
  struct topo_disk disk;
  struct topo_node_ports ports;
  struct pair_side *other;
  struct pair_end *end; /* of the connection, when there is one */
  struct topo_buf work; /* struct topo_work *: checked, to come back */
  struct topo_buf dials;
  double step_s, check_s; /* processor time in steps, and in checking batches */
};

struct pair {
  struct pair_side side[PAIR_SIDES];
};

void pair_init(struct pair *pair, const struct bench_options *o);
void pair_finish(struct pair *pair);

/* Side 0 makes a workspace. */
void pair_create(struct pair *pair);
/* Side 1 becomes a member-to-be by an invite of side 0; nothing moves yet. */
void pair_join(struct pair *pair);
/* Closes a side, and opens it again from its file. */
void pair_reopen(struct pair *pair, unsigned side);
/* Ends the connection, if there is one. */
void pair_cut(struct pair *pair);
/* Takes up dials and moves bytes, once around. False: nothing moved; time was spent waiting for the
 * next deadline. */
bool pair_run(struct pair *pair);
/* Runs until both sides know that they are equal; fails after a minute without anything moving. */
void pair_run_until_quiet(struct pair *pair);
/* Fails unless both projections are equal. */
void pair_require_equal(struct pair *pair);
/* The first column of the first row. */
int64_t pair_count(struct pair_side *side, const char *sql);

#endif
