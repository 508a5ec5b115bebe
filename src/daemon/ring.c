/* ring.c - a ring of notifications, bounded in number and in bytes. */
#include "daemon/ring.h"

#include "base/assert.h"

#include <stdlib.h>
#include <string.h>

struct topo_notification *topo_notification_create(struct topo_bytes json)
{
  struct topo_notification *notification = calloc(1, sizeof *notification);
  uint8_t *copy = malloc(json.len ? json.len : 1);
  if (!notification || !copy) {
    free(notification);
    free(copy);
    return NULL;
  }
  memcpy(copy, json.data, json.len);
  notification->json = copy;
  notification->len = json.len;
  return notification;
}

void topo_notification_destroy(struct topo_notification *notification)
{
  if (!notification)
    return;
  topo_wipe(notification->json, notification->len);
  free(notification->json);
  free(notification);
}

static size_t at(const struct topo_ring *ring, size_t index)
{
  return (ring->first + index) % TOPO_RING_NOTIFICATIONS_MAX;
}

static void drop_oldest(struct topo_ring *ring)
{
  struct topo_notification *oldest = ring->notifications[ring->first];
  ring->from = oldest->seq;
  ring->bytes -= oldest->len;
  ring->first = at(ring, 1);
  ring->n--;
  topo_notification_destroy(oldest);
}

void topo_ring_reset(struct topo_ring *ring, int64_t seq)
{
  while (ring->n)
    drop_oldest(ring);
  ring->first = 0;
  ring->from = ring->to = seq;
}

void topo_ring_put(struct topo_ring *ring, struct topo_notification *notification)
{
  topo_assert(notification->seq > ring->to);
  while (ring->n && (ring->n == TOPO_RING_NOTIFICATIONS_MAX ||
                     ring->bytes + notification->len > TOPO_RING_BYTES_MAX))
    drop_oldest(ring);
  ring->notifications[at(ring, ring->n++)] = notification;
  ring->bytes += notification->len;
  ring->to = notification->seq;
}

void topo_ring_advance(struct topo_ring *ring, int64_t seq)
{
  if (seq > ring->to)
    ring->to = seq;
}

bool topo_ring_covers(const struct topo_ring *ring, int64_t seq)
{
  return seq >= ring->from && seq <= ring->to;
}

const struct topo_notification *topo_ring_after(const struct topo_ring *ring, int64_t seq)
{
  topo_assert(topo_ring_covers(ring, seq));
  size_t low = 0,
         high = ring->n; /* notifications before `low` are not after seq, those from `high` are */
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (ring->notifications[at(ring, middle)]->seq > seq)
      high = middle;
    else
      low = middle + 1;
  }
  return low < ring->n ? ring->notifications[at(ring, low)] : NULL;
}
