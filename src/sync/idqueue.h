/*
 * idqueue.h - a bounded queue of ids, first in, first out, whose memory grows with its contents.
 */
#ifndef TOPO_SYNC_IDQUEUE_H
#define TOPO_SYNC_IDQUEUE_H

#include "base/bytes.h"

/* Embedded by its user, who may read `count` and `max`; the other members belong to idqueue.c. */
struct topo_idqueue {
  struct topo_id *ids; /* a ring */
  uint32_t cap;        /* of the ring: a power of two, or 0 while there is none */
  uint32_t head;       /* where the oldest id is */
  uint32_t count, max; /* how many ids there are, and may be */
};

/* Makes `q` an empty queue of at most `max` ids, which is not 0. */
void topo_idqueue_init(struct topo_idqueue *q, uint32_t max);

/* Empties the queue and releases its memory. It may be used again, with the same `max`. */
void topo_idqueue_finish(struct topo_idqueue *q);

/* Appends a copy of `id`. Returns 0; TOPO_ELIMIT when there are `max` ids; or TOPO_ENOMEM. The
 * queue is as it was when the result is not 0. */
int topo_idqueue_push(struct topo_idqueue *q, const struct topo_id *id);

/* Returns the oldest id, or NULL when the queue is empty. The result is valid until the queue is
 * changed. */
const struct topo_id *topo_idqueue_front(const struct topo_idqueue *q);

/* Removes the oldest id. The queue is not empty. */
void topo_idqueue_pop(struct topo_idqueue *q);

#endif
