/*
 * pair.h - two nodes, the founder of a workspace and who joins it, and every byte between them.
 *
 * Time, chance, disks and the connection are this program's, so two runs are the same run.
 */
#ifndef TOPO_TESTS_VECTORS_PAIR_H
#define TOPO_TESTS_VECTORS_PAIR_H

#include "lib/sim_disk.h"
#include "lib/sim_rng.h"
#include "node/node.h"

enum { PAIR_SIDES = 2, PAIR_STREAMS = 3, PAIR_FOUNDER = 0, PAIR_JOINER = 1 };

/* What was sent: a frame, or the end of a connection. */
struct pair_sent {
  unsigned connection; /* from 0 */
  unsigned from;       /* the side */
  bool dialler;        /* that side has dialled */
  bool end;
  unsigned stream; /* of a frame */
  uint64_t code;   /* of an end */
  struct topo_buf frame;
};

struct pair_end;

struct pair_side {
  struct pair *pair;
  unsigned number;
  struct topo_node *node;
  struct sim_disk *disk;
  struct topo_disk port;
  struct sim_rng rng;
  struct topo_node_ports ports;
  struct topo_buf work;   /* struct topo_work * */
  struct topo_buf dials;  /* struct topo_dial */
  struct topo_buf chance; /* every 32 bytes that were drawn at once */
  struct pair_end *end;
};

struct pair {
  struct pair_side sides[PAIR_SIDES];
  struct topo_now now;
  unsigned connections;
  struct topo_buf sent;  /* struct pair_sent */
  struct topo_buf shown; /* struct topo_id: the key that the dialler of each connection showed */
};

/* A workspace of one device, at rest. */
void pair_create(struct pair *pair, const char *workspace, const char *founder);
/* The other side takes the invite link and joins; returns when nothing moves any more. */
void pair_join(struct pair *pair, const char *invite_link, const char *joiner);
/* Runs an operation, with one parameter `name` in its path (NULL: none); its answer is JSON, to be
 * freed. */
char *pair_call(struct pair *pair, unsigned side, const char *operation, const char *name,
                const char *value, const char *body);
void pair_run_until_quiet(struct pair *pair);
void pair_destroy(struct pair *pair);

#endif
