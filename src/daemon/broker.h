/*
 * broker.h - the broker of one space: who subscribes to it, what they have been told, and
 * where it comes from.
 *
 * Everything durable comes from the change log, read on a handle of the broker's own: live
 * notifications go through one ring that all share, and whoever is further behind is served from
 * the log by itself, in bounded pieces, until the ring reaches back far enough. So a subscriber
 * that is slow, that comes back after a day, or that has just read its first page goes the same
 * way. The writer of the space is never waited for and never waits.
 *
 * What is only of the present (sync, peers, the state of the space) is the last value that was
 * given, told once to each who has not seen it.
 *
 * Safe for threads.
 */
#ifndef TOPO_DAEMON_BROKER_H
#define TOPO_DAEMON_BROKER_H

#include "api/subscription.h"
#include "daemon/space_file.h"
#include "sys/pool.h"

enum {
  TOPO_BROKER_SUBSCRIBERS_MAX = 256, /* subscribers of one space */
  TOPO_BROKER_CACHE_KIB = 256,       /* of the broker's handle, which is open while it is needed */
  /* Read ahead for one subscriber that is behind; the last notification is taken whole. */
  TOPO_BROKER_BACKLOG_BYTES_MAX = 64 * 1024
};

struct topo_broker;

struct topo_broker_options {
  struct topo_pool *pool;             /* outlives the broker */
  const struct topo_space_file *file; /* likewise */
  void (*wanted)(void *arg);          /* somebody subscribes who has no states yet; any thread */
  void *arg;
};

/* NULL: out of memory. */
struct topo_broker *topo_broker_create(const struct topo_broker_options *options);
/* Tells every subscriber that it is over (TOPO_ECLOSED), and closes the handle. Not from inside the
 * pool. A second stop is harmless. */
void topo_broker_stop(struct topo_broker *broker);
/* After a stop, when every subscription is closed (asserted). NULL is fine. */
void topo_broker_destroy(struct topo_broker *broker);

/* As topo_subscription_source.open; request->space has been found already. */
int topo_broker_open(struct topo_broker *broker, const struct topo_subscription_request *request,
                     struct topo_subscription **out);

/* The change log has grown: what is committed is told. Cheap when nobody subscribes. */
void topo_broker_changed(struct topo_broker *broker);
/* Returns whether anybody subscribes at the moment. Any thread. */
bool topo_broker_has_subscribers(const struct topo_broker *broker);
/* Gives the present value of a state (TOPO_NOTIFY_SPACE, _SYNC or _PEERS): the JSON of its `data`.
 * Told when it differs from the last. Without memory the old one stays. */
void topo_broker_state(struct topo_broker *broker, enum topo_notification_type type,
                       struct topo_bytes json);

#endif
