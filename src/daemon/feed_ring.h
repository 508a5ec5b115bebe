/*
 * feed_ring.h - the latest frames of one space, for all who follow it live: encoded once, kept
 * while there is room. Whoever falls further behind than it reaches reads the change log instead.
 *
 * The ring covers a stretch of the change log: every change after `from` and up to `to` is told by
 * its frames (several by one, some by none). Not safe for threads; the hub has the lock.
 */
#ifndef TOPO_DAEMON_FEED_RING_H
#define TOPO_DAEMON_FEED_RING_H

#include "api/feed.h"

enum { TOPO_FEED_RING_FRAMES = 1024, TOPO_FEED_RING_BYTES = 1024 * 1024 };

/* One durable event, encoded. */
struct topo_feed_frame {
  int64_t seq;
  enum topo_feed_type type;
  const char *name; /* static: "message.gone"… */
  bool in_channel;
  struct topo_id channel;
  char cursor[TOPO_FEED_CURSOR_SIZE];
  uint8_t *json; /* owned */
  size_t len;
};

struct topo_feed_ring {
  struct topo_feed_frame *frames[TOPO_FEED_RING_FRAMES];
  size_t first, n, bytes;
  int64_t from, to;
};

/* Copies the JSON. NULL: out of memory. */
struct topo_feed_frame *topo_feed_frame_create(struct topo_bytes json);
void topo_feed_frame_destroy(struct topo_feed_frame *frame); /* NULL is fine; wipes */

/* Empties the ring; it covers nothing, and what is put next comes after `seq`. */
void topo_feed_ring_reset(struct topo_feed_ring *ring, int64_t seq);
/* Takes the frame over; its seq is greater than all before it. The oldest go when there is no room.
 */
void topo_feed_ring_put(struct topo_feed_ring *ring, struct topo_feed_frame *frame);
/* Changes up to `seq` have been told, with or without frames. */
void topo_feed_ring_advance(struct topo_feed_ring *ring, int64_t seq);
/* The first frame after `seq`, which the ring covers (asserted); NULL when there is none. */
const struct topo_feed_frame *topo_feed_ring_after(const struct topo_feed_ring *ring, int64_t seq);
bool topo_feed_ring_covers(const struct topo_feed_ring *ring, int64_t seq);

#endif
