/* space_impl.h - shared by the files that make up topo_space. */
#ifndef TOPO_DAEMON_SPACE_IMPL_H
#define TOPO_DAEMON_SPACE_IMPL_H

#include "daemon/duplex.h"
#include "daemon/space.h"
#include "daemon/space_file.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
  TOPO_SPACE_TASKS_MAX = 32, /* of one turn */
  TOPO_SPACE_INPUTS = TOPO_SPACE_TASKS_MAX *
                      (3 + TOPO_CONN_STREAMS_MAX), /* a duplex brings up, data, writable, down */
  TOPO_SPACE_JOBS = 4 /* batches being checked; the node allows fewer */
};

struct topo_space_check {
  struct topo_job job; /* first */
  struct topo_task task;
  struct topo_space *space;
  struct topo_work *work; /* NULL: free */
};

struct topo_space_task {
  struct topo_task task; /* first */
  struct topo_op_call *call;
  /* of kind RENEW */
  struct topo_renewal renewal;
  struct topo_invite_link *invite_link; /* owned; wiped in the end */
  /* of kind WAIT, which one of kind RENEW becomes */
  struct topo_space_task *next;
  uint64_t until_ms;
};

/* What one turn of the actor works on. */
struct topo_space_turn {
  size_t n, n_tasks;
  struct topo_input inputs[TOPO_SPACE_INPUTS];
  struct topo_address addresses[TOPO_NODE_ADDRESSES_MAX]; /* of an input of that kind */
  struct topo_space_taken {
    struct topo_task *task;
    struct topo_duplex *duplex; /* of a task of that kind */
    struct topo_duplex_news news;
  } tasks[TOPO_SPACE_TASKS_MAX];
};

struct topo_space {
  struct topo_actor actor; /* first */
  const struct topo_space_env *env;
  struct topo_mailbox inbox;
  atomic_size_t calls; /* in the inbox */
  char *path;
  struct topo_space_file file; /* for the readers and the broker */
  struct topo_space_origin origin;
  struct topo_readers *readers;
  struct topo_broker *broker;
  struct topo_endpoint *endpoint;
  /* The actor's */
  struct topo_node *node;
  struct topo_node_ports ports;
  struct topo_space_check checks[TOPO_SPACE_JOBS];
  struct topo_space_turn turn;
  struct topo_space_task *waiting;
  uint64_t seen_changes;
  uint64_t states_ms;     /* when subscribers were last told the states */
  struct topo_id dialled; /* by one that is no member yet */
  /* Shared */
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  bool stopping, closed;
  struct topo_task addresses_task;
  bool addresses_posted; /* the task is in the inbox */
  struct topo_address addresses[TOPO_NODE_ADDRESSES_MAX];
  size_t n_addresses;
  struct topo_space_item item; /* but its ids, which never change */
};

/* space_ports.c: what the node asks of its surroundings. Fills space->ports and space->checks,
 * which hold no resources. */
void topo_space_ports_init(struct topo_space *space);

#endif
