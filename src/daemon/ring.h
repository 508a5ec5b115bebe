/*
 * ring.h - the latest notifications of one space, for all who are told live: encoded once, kept
 * while there is room. Whoever falls further behind than it reaches reads the change log instead.
 *
 * The ring covers a stretch of the change log: every change after `from` and up to `to` is told by
 * its notifications (several by one, some by none). Not safe for threads; the broker has the lock.
 */
#ifndef TOPO_DAEMON_RING_H
#define TOPO_DAEMON_RING_H

#include "api/subscription.h"

enum { TOPO_RING_NOTIFICATIONS_MAX = 1024, TOPO_RING_BYTES_MAX = 1024 * 1024 };

/* One durable event, encoded. */
struct topo_notification {
  int64_t seq;
  enum topo_notification_type type;
  const char *name; /* static: "message.gone"… */
  bool in_channel;
  struct topo_id channel;
  char cursor[TOPO_SUBSCRIPTION_CURSOR_SIZE];
  uint8_t *json; /* owned */
  size_t len;
};

struct topo_ring {
  struct topo_notification *notifications[TOPO_RING_NOTIFICATIONS_MAX];
  size_t first, n, bytes;
  int64_t from, to;
};

/* Copies the JSON. NULL: out of memory. */
struct topo_notification *topo_notification_create(struct topo_bytes json);
void topo_notification_destroy(struct topo_notification *notification); /* NULL is fine; wipes */

/* Empties the ring; it covers nothing, and what is put next comes after `seq`. */
void topo_ring_reset(struct topo_ring *ring, int64_t seq);
/* Takes the notification over; its seq is greater than all before it. The oldest go when there is
 * no room.
 */
void topo_ring_put(struct topo_ring *ring, struct topo_notification *notification);
/* Changes up to `seq` have been told, with or without notifications. */
void topo_ring_advance(struct topo_ring *ring, int64_t seq);
/* The first notification after `seq`, which the ring covers (asserted); NULL when there is none. */
const struct topo_notification *topo_ring_after(const struct topo_ring *ring, int64_t seq);
bool topo_ring_covers(const struct topo_ring *ring, int64_t seq);

#endif
