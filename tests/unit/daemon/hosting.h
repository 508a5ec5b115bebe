/*
 * hosting.h - a registry with the real disk, the real threads and a port on loopback, in a folder
 * of its own; and calls to its spaces. Every failure fails the test. Include cmocka.h first.
 */
#ifndef TOPO_TESTS_HOSTING_H
#define TOPO_TESTS_HOSTING_H

#include "api/operations.gen.h"
#include "daemon/registry.h"

struct hosting {
  char dir[64];
  struct topo_disk disk;
  struct topo_rng rng;
  struct topo_loop *loop;
  struct topo_space_env env;
  struct topo_registry *registry;
};

/* For cmocka: makes the folder and starts; stops and removes the folder. */
int hosting_set_up(void **state);
int hosting_tear_down(void **state);
void hosting_start(struct hosting *h);
void hosting_stop(struct hosting *h);
void hosting_restart(struct hosting *h);

/* Makes a workspace of that name, with the user "Alice". */
const struct topo_registry_entry *hosting_found(struct hosting *h, const char *name);
/* The path of a file in DIR/spaces. */
void hosting_path(const struct hosting *h, const char *file, char *out, size_t size);

/* Runs an operation of the space to its answer and returns the call, with its status, to be
 * destroyed. `path_name`, when not NULL, is a path parameter with the id `path`; `body` may be
 * NULL. */
struct topo_op_call *hosting_call(struct topo_space *space, const struct topo_op *op,
                                  const char *path_name, const struct topo_id *path,
                                  const char *body);
/* The id of the channel "general", and of a new one. */
struct topo_id hosting_general(struct topo_space *space);
struct topo_id hosting_channel(struct topo_space *space, const char *name);
/* Sends `n` messages "m<first>", "m<first + 1>"…, in that order, and waits for their answers. Any
 * thread. */
void hosting_send(struct topo_space *space, const struct topo_id *channel, unsigned first,
                  unsigned n);
/* Sends one on a thread of its own: start, and wait for the end. */
struct hosting_writer {
  pthread_t thread;
  struct topo_space *space;
  struct topo_id channel;
  unsigned first, n;
};
void hosting_writer_start(struct hosting_writer *writer);
void hosting_writer_join(struct hosting_writer *writer);

#endif
