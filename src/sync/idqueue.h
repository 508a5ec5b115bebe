/*
 * idqueue.h - a bounded queue of ids, first in first out, whose memory grows with its contents.
 */
#ifndef TOPO_SYNC_IDQUEUE_H
#define TOPO_SYNC_IDQUEUE_H

#include "base/bytes.h"

struct topo_idqueue {
  struct topo_id *ids;
  uint32_t cap; /* a power of two or 0 */
  uint32_t head, count, max;
};
void topo_idqueue_init(struct topo_idqueue *q, uint32_t max);
void topo_idqueue_finish(
    struct topo_idqueue *q); /* empties it and releases its memory; `max` stays */
/* 0, TOPO_ELIMIT or TOPO_ENOMEM. */
int topo_idqueue_push(struct topo_idqueue *q, const struct topo_id *id);
/* The oldest id; NULL when empty. Valid until the next call. */
const struct topo_id *topo_idqueue_front(const struct topo_idqueue *q);
/* Removes the oldest; the queue is not empty. */
void topo_idqueue_pop(struct topo_idqueue *q);

#endif
