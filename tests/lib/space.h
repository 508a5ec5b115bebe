/*
 * space.h - one space for tests: a topo_dag over a database on a simulated disk, under an identity
 * that is a number.
 *
 * Every call is one transaction. A call that returns a status rolled back, and opened the
 * dag anew, as the contract of dag.h asks. Memory that cannot be had stops the program.
 */
#ifndef TOPO_TESTS_SPACE_H
#define TOPO_TESTS_SPACE_H

#include "dag/dag.h"
#include "lib/sim_disk.h"
#include "lib/sim_rng.h"

enum { SPACE_NOW = 1700000000 }; /* seconds; what now_ms starts from */

struct space {
  struct sim_disk *disk;
  struct topo_disk port;
  struct sim_rng rng;
  struct topo_rng rng_port;
  struct topo_db *db;
  struct topo_dag *dag;
  struct topo_self self;
  const struct topo_type *const *types;
  uint64_t now_ms;
  /* what the sink heard since it was last cleared */
  struct topo_sink sink;
  struct topo_buf items;  /* struct space_item */
  struct topo_buf wanted; /* struct topo_id */
  size_t n_rejected;
  int last_rejection;
};

struct space_item {
  struct topo_id set, id;
  uint64_t hlc;
};

/* The signing key and the X25519 key of person `n`. */
void space_identity(struct topo_self *self, uint8_t n);

/* An empty space of `workspace` for that identity, on a disk of its own. */
struct space *space_create(const struct topo_self *self, const struct topo_id *workspace);
void space_destroy(struct space *space); /* NULL is fine */
/* Closes dag and database, and opens them again; `power_cut` lets the disk forget in between. */
int space_reopen(struct space *space, bool power_cut);
void space_close(struct space *space);
int space_open(struct space *space);

/* One piece of up to n events of the rebuild that goes on; as in a node, it is not synced. 0 or a
 * status. */
int space_rebuild(struct space *space, size_t n);
bool space_rebuilding(const struct space *space);
/* Piece by piece until it is over. */
void space_finish_rebuild(struct space *space);

/* Gives the space raw events as one batch. 0 or a status; then nothing of it is there. */
int space_give(struct space *space, const struct topo_bytes *events, size_t n);
int space_keep(struct space *space, const struct topo_id *epoch, const uint8_t secret[static 32]);
/* Keeps every one of the secrets whose epoch is admitted and whose key is not held. How many. */
size_t space_keep_known(struct space *space, const uint8_t (*secrets)[32], size_t n);
int space_author(struct space *space, const struct topo_type *type, const struct topo_value *values,
                 struct topo_id *id);
/* What creating a workspace makes (protocol §4): genesis by person `genesis`, the credential of
 * person `creator`, an epoch, its wrap, two profiles and the channel "general". */
struct space *space_found(uint8_t genesis, uint8_t creator);

/* Appends the projected state, in the text of oracle_dump. */
void space_dump(struct space *space, struct topo_buf *out);
/* The state of an event; NAMED when nothing is known of it. */
enum topo_state space_state(struct space *space, const struct topo_id *id);
struct topo_id space_fingerprint(struct space *space);
/* Forgets what the sink heard. */
void space_listen(struct space *space);
/* Items in the tables, sorted by id; the caller finishes the buffer of struct space_item. */
struct topo_buf space_items(struct space *space);
/* The id of the channel "general" of a founded space. */
struct topo_id space_general(struct space *space);

#endif
