/* idqueue.c - a growing ring of ids. */
#include "sync/idqueue.h"

#include "base/assert.h"
#include "base/status.h"

#include <stdlib.h>

enum { FIRST_CAP = 64 };

/* The ring is a power of two, so that positions wrap by a mask, and holds no more than it may. */
static bool is_sound(const struct topo_idqueue *q)
{
  return (q->cap & (q->cap - 1)) == 0 && q->count <= q->cap && q->count <= q->max &&
         (q->cap == 0 || q->head < q->cap);
}

void topo_idqueue_init(struct topo_idqueue *q, uint32_t max)
{
  topo_assert(max > 0 && max <= UINT32_MAX / 4);
  *q = (struct topo_idqueue){.max = max};
}

void topo_idqueue_finish(struct topo_idqueue *q)
{
  free(q->ids);
  *q = (struct topo_idqueue){.max = q->max};
}

static int grow(struct topo_idqueue *q)
{
  topo_assert(q->count == q->cap && q->count < q->max);
  uint32_t cap = q->cap ? q->cap * 2 : FIRST_CAP;
  struct topo_id *ids = malloc(cap * sizeof *ids);
  if (!ids)
    return TOPO_ENOMEM;
  for (uint32_t i = 0; i < q->count; i++)
    ids[i] = q->ids[(q->head + i) & (q->cap - 1)];
  free(q->ids);
  q->ids = ids;
  q->cap = cap;
  q->head = 0;
  return 0;
}

int topo_idqueue_push(struct topo_idqueue *q, const struct topo_id *id)
{
  topo_assert(is_sound(q));
  if (q->count >= q->max)
    return TOPO_ELIMIT;
  int status = q->count == q->cap ? grow(q) : 0;
  if (status < 0)
    return status;
  q->ids[(q->head + q->count) & (q->cap - 1)] = *id;
  q->count++;
  topo_assert(q->count <= q->cap && q->count <= q->max);
  return 0;
}

const struct topo_id *topo_idqueue_front(const struct topo_idqueue *q)
{
  return q->count ? &q->ids[q->head] : NULL;
}

void topo_idqueue_pop(struct topo_idqueue *q)
{
  topo_assert(is_sound(q) && q->count > 0);
  q->head = (q->head + 1) & (q->cap - 1);
  q->count--;
}
