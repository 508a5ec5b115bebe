/*
 * feeds.h - the hub of one space: who follows it, what they have been told, and where it comes
 * from.
 *
 * Everything durable comes from the change log, read on a handle of the hub's own: live frames go
 * through one ring that all share, and whoever is further behind is served from the log by itself,
 * in bounded pieces, until the ring reaches back far enough. So a follower that is slow, that comes
 * back after a day, or that has just read its first page goes the same way. The writer of the space
 * is never waited for and never waits.
 *
 * What is only of the present (sync, peers, the state of the space) is the last value that was
 * given, told once to each who has not seen it.
 *
 * Safe for threads.
 */
#ifndef TOPO_DAEMON_FEEDS_H
#define TOPO_DAEMON_FEEDS_H

#include "api/feed.h"
#include "port/disk.h"
#include "sys/pool.h"

enum {
  TOPO_FEEDS_MAX = 256,                /* followers of one space */
  TOPO_FEEDS_CACHE_KIB = 256,          /* of the hub's handle, which is open while it is needed */
  TOPO_FEEDS_BACKLOG_BYTES = 64 * 1024 /* read ahead for one follower that is behind */
};

struct topo_feeds;

struct topo_feeds_options {
  struct topo_pool *pool;
  const struct topo_disk *disk; /* outlives the hub */
  const char *path;             /* copied */
  uint32_t application_id;
  struct topo_id workspace, device;
  void (*wanted)(void *arg); /* somebody follows who has no states yet; any thread */
  void *arg;
};

/* NULL: out of memory. */
struct topo_feeds *topo_feeds_create(const struct topo_feeds_options *options);
/* Tells every follower that it is over (TOPO_ECLOSED), and closes the handle. Not from inside the
 * pool. A second stop is harmless. */
void topo_feeds_stop(struct topo_feeds *feeds);
/* After a stop, when every feed is closed (asserted). NULL is fine. */
void topo_feeds_destroy(struct topo_feeds *feeds);

/* As topo_feed_source.open; request->space has been found already. */
int topo_feeds_open(struct topo_feeds *feeds, const struct topo_feed_request *request,
                    struct topo_feed **out);

/* The change log has grown: what is committed is told. Cheap when nobody follows. */
void topo_feeds_changed(struct topo_feeds *feeds);
/* Does anybody follow? */
bool topo_feeds_watched(const struct topo_feeds *feeds);
/* Gives the present value of a state (TOPO_FEED_SPACE, _SYNC or _PEERS): the JSON of its `data`.
 * Told when it differs from the last. Without memory the old one stays. */
void topo_feeds_state(struct topo_feeds *feeds, enum topo_feed_type type, struct topo_bytes json);

#endif
