/* feed_ring.c - a ring of frames, bounded in number and in bytes. */
#include "daemon/feed_ring.h"

#include "base/assert.h"

#include <stdlib.h>
#include <string.h>

struct topo_feed_frame *topo_feed_frame_create(struct topo_bytes json)
{
  struct topo_feed_frame *frame = calloc(1, sizeof *frame);
  uint8_t *copy = malloc(json.len ? json.len : 1);
  if (!frame || !copy) {
    free(frame);
    free(copy);
    return NULL;
  }
  memcpy(copy, json.data, json.len);
  frame->json = copy;
  frame->len = json.len;
  return frame;
}

void topo_feed_frame_destroy(struct topo_feed_frame *frame)
{
  if (!frame)
    return;
  topo_wipe(frame->json, frame->len);
  free(frame->json);
  free(frame);
}

static size_t place(const struct topo_feed_ring *ring, size_t index)
{
  return (ring->first + index) % TOPO_FEED_RING_FRAMES;
}

static void drop_oldest(struct topo_feed_ring *ring)
{
  struct topo_feed_frame *oldest = ring->frames[ring->first];
  ring->from = oldest->seq;
  ring->bytes -= oldest->len;
  ring->first = place(ring, 1);
  ring->n--;
  topo_feed_frame_destroy(oldest);
}

void topo_feed_ring_reset(struct topo_feed_ring *ring, int64_t seq)
{
  while (ring->n)
    drop_oldest(ring);
  ring->first = 0;
  ring->from = ring->to = seq;
}

void topo_feed_ring_put(struct topo_feed_ring *ring, struct topo_feed_frame *frame)
{
  topo_assert(frame->seq > ring->to);
  while (ring->n &&
         (ring->n == TOPO_FEED_RING_FRAMES || ring->bytes + frame->len > TOPO_FEED_RING_BYTES))
    drop_oldest(ring);
  ring->frames[place(ring, ring->n++)] = frame;
  ring->bytes += frame->len;
  ring->to = frame->seq;
}

void topo_feed_ring_advance(struct topo_feed_ring *ring, int64_t seq)
{
  if (seq > ring->to)
    ring->to = seq;
}

bool topo_feed_ring_covers(const struct topo_feed_ring *ring, int64_t seq)
{
  return seq >= ring->from && seq <= ring->to;
}

const struct topo_feed_frame *topo_feed_ring_after(const struct topo_feed_ring *ring, int64_t seq)
{
  topo_assert(topo_feed_ring_covers(ring, seq));
  size_t low = 0, high = ring->n; /* frames before `low` are not after seq, those from `high` are */
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (ring->frames[place(ring, middle)]->seq > seq)
      high = middle;
    else
      low = middle + 1;
  }
  return low < ring->n ? ring->frames[place(ring, low)] : NULL;
}
