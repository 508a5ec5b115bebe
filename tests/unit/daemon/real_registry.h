/*
 * real_registry.h - a registry with the real disk, the real threads and a port on loopback, in a
 * folder of its own; and calls to its spaces. Every failure fails the test. Include cmocka.h first.
 */
#ifndef TOPO_TESTS_REAL_REGISTRY_H
#define TOPO_TESTS_REAL_REGISTRY_H

#include "api/operations.gen.h"
#include "daemon/registry.h"

struct real_registry {
  char dir[64];
  struct topo_disk disk;
  struct topo_rng rng;
  struct topo_loop *loop;
  struct topo_space_env env;
  struct topo_registry *registry;
};

/* For cmocka: makes the folder and starts; stops and removes the folder. */
int real_registry_set_up(void **state);
int real_registry_tear_down(void **state);
void real_registry_start(struct real_registry *h);
void real_registry_stop(struct real_registry *h);
void real_registry_restart(struct real_registry *h);

/* Makes a workspace of that name, with the user "Alice". */
const struct topo_registry_entry *real_registry_found(struct real_registry *h, const char *name);
/* The path of a file in DIR/spaces. */
void real_registry_path(const struct real_registry *h, const char *file, char *out, size_t size);

/* Runs an operation of the space to its answer and returns the call, with its status, to be
 * destroyed. `path_name`, when not NULL, is a path parameter with the id `path`; `body` may be
 * NULL. */
struct topo_op_call *real_registry_call(struct topo_space *space, const struct topo_op *op,
                                        const char *path_name, const struct topo_id *path,
                                        const char *body);
/* The id of the channel "general", and of a new one. */
struct topo_id real_registry_general(struct topo_space *space);
struct topo_id real_registry_channel(struct topo_space *space, const char *name);
/* Sends `n` messages "m<first>", "m<first + 1>"…, in that order, and waits for their answers. Any
 * thread. */
void real_registry_send(struct topo_space *space, const struct topo_id *channel, unsigned first,
                        unsigned n);
/* Sends one on a thread of its own: start, and wait for the end. */
struct registry_writer {
  pthread_t thread;
  struct topo_space *space;
  struct topo_id channel;
  unsigned first, n;
};
void registry_writer_start(struct registry_writer *writer);
void registry_writer_join(struct registry_writer *writer);

#endif
