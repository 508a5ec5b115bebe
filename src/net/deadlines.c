/* deadlines.c - a binary heap of deadlines; heap[0] is the earliest. */
#include "net/deadlines.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/status.h"

enum { FIRST_ROOM = 16 };

static void put_at(struct topo_deadlines *d, size_t i, struct topo_deadline *m)
{
  d->heap[i] = m;
  m->index = i + 1;
}

/* Moves the member at `i` to where the order wants it. */
static void sift(struct topo_deadlines *d, size_t i)
{
  struct topo_deadline *m = d->heap[i];
  for (; i > 0 && d->heap[(i - 1) / 2]->at_ns > m->at_ns; i = (i - 1) / 2)
    put_at(d, i, d->heap[(i - 1) / 2]);
  for (;;) {
    size_t child = 2 * i + 1;
    if (child + 1 < d->used && d->heap[child + 1]->at_ns < d->heap[child]->at_ns)
      child++;
    if (child >= d->used || d->heap[child]->at_ns >= m->at_ns)
      break;
    put_at(d, i, d->heap[child]);
    i = child;
  }
  put_at(d, i, m);
}

void topo_deadlines_finish(struct topo_deadlines *d)
{
  if (!d)
    return;
  topo_assert(d->used == 0);
  free(d->heap);
  *d = (struct topo_deadlines){0};
}

int topo_deadlines_add(struct topo_deadlines *d, struct topo_deadline *member, void *owner)
{
  topo_assert(member->index == 0);
  if (d->used == d->room) {
    size_t room = d->room ? 2 * d->room : FIRST_ROOM;
    struct topo_deadline **heap = realloc(d->heap, room * sizeof(struct topo_deadline *));
    if (!heap)
      return TOPO_ENOMEM;
    d->heap = heap;
    d->room = room;
  }
  member->at_ns = UINT64_MAX;
  member->owner = owner;
  put_at(d, d->used, member);
  d->used++;
  return 0;
}

void topo_deadlines_remove(struct topo_deadlines *d, struct topo_deadline *member)
{
  size_t i = member->index - 1;
  struct topo_deadline *last;
  if (member->index == 0)
    return;
  topo_assert(i < d->used && d->heap[i] == member);
  member->index = 0;
  last = d->heap[--d->used];
  if (last == member)
    return;
  put_at(d, i, last);
  sift(d, i);
}

void topo_deadlines_set(struct topo_deadlines *d, struct topo_deadline *member, uint64_t at_ns)
{
  topo_assert(member->index > 0 && d->heap[member->index - 1] == member);
  member->at_ns = at_ns;
  sift(d, member->index - 1);
}

struct topo_deadline *topo_deadlines_first(const struct topo_deadlines *d)
{
  return d->used ? d->heap[0] : NULL;
}
