/*
 * solo.h - one space alone on a simulated disk: what is promised to callers, with no peers about.
 */
#ifndef TOPO_TESTS_SOLO_H
#define TOPO_TESTS_SOLO_H

#include "lib/sim_disk.h"
#include "node/node.h"

struct solo {
  struct topo_node *node;
  struct sim_disk *disk;
  struct topo_disk port;
  struct sim_rng rng;
  struct topo_node_ports ports;
  struct topo_now now;
  const struct topo_type *const *types; /* of the build that opens it; NULL: all */
  size_t rebuild_piece;
};

void solo_init(struct solo *s, uint64_t seed);
void solo_finish(struct solo *s);
/* 0 or the status of the attempt; the node is NULL then. */
int solo_create(struct solo *s);
int solo_open(struct solo *s);
/* Closes the node only. */
void solo_close(struct solo *s);
/* Runs an operation of topo_space_operations to its answer. Returns its status; *out gets
 * the JSON, to be freed, when it is not NULL. `path_name`, when not NULL, is a path parameter with
 * the id `path`. */
int solo_call(struct solo *s, const char *id, const char *path_name, const struct topo_id *path,
              const char *body, char **out);
/* The same with an idempotency key (NULL: none); *replayed as the call says. */
struct solo_ask {
  const char *id, *path_name;
  const struct topo_id *path;
  const char *body, *key;
};
int solo_ask(struct solo *s, const struct solo_ask *ask, char **out, bool *replayed);
/* The same, where the path parameter is a text, and without a body. */
int solo_call_text(struct solo *s, const char *id, const char *path_name, const char *text);
/* The id in the member `name` of the JSON. */
struct topo_id solo_id(const char *json, const char *name);
/* The channel "general". */
struct topo_id solo_channel(struct solo *s);
struct topo_id solo_fingerprint(struct solo *s);

/* Our user gets another device, whose key follows from `n`. */
struct topo_sign_key solo_add_device(struct solo *s, uint32_t n);

#endif
