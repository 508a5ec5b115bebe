/* feeds_impl.h - shared by feeds.c (who follows) and feeds_log.c (reading the change log). */
#ifndef TOPO_DAEMON_FEEDS_IMPL_H
#define TOPO_DAEMON_FEEDS_IMPL_H

#include "daemon/feed_ring.h"
#include "daemon/feeds.h"
#include "dag/changes.h"
#include "views/view.h"

#include <pthread.h>
#include <stdatomic.h>

/* The states of a follower, and who moves it:
 *
 *   OPENING → LIVE, BEHIND   the hub's actor, once it has looked where `since` is
 *   LIVE → BEHIND            its own read, when the ring has moved on without it
 *   BEHIND → LIVE            the actor, when the ring reaches back to where it is
 *   any → OVER               the hub's stop, or a log that cannot be read
 */
enum topo_feed_state {
  TOPO_FEED_OPENING,
  TOPO_FEED_LIVE,
  TOPO_FEED_BEHIND,
  TOPO_FEED_OVER,
  TOPO_FEED_STATES
};

enum { TOPO_FEEDS_BATCH = 64 /* changes read in one transaction */ };

/* Frames on the way to somewhere. */
struct topo_feed_list {
  struct topo_feed_frame *frames[TOPO_FEEDS_BATCH];
  size_t n, next; /* `next`: the first not yet given */
  int64_t to;     /* the changes up to it are told by these */
};

struct topo_follower {
  struct topo_feed feed; /* first */
  struct topo_feeds *feeds;
  struct topo_follower *next;
  struct topo_feed_request request;
  enum topo_feed_state state;
  bool armed; /* has read everything and waits for `ready` */
  bool reset; /* its first frame says so */
  bool introduced;
  int64_t seq;                        /* changes up to it are told, or in the backlog */
  char cursor[TOPO_FEED_CURSOR_SIZE]; /* of the introduction */
  struct topo_feed_list backlog;      /* the actor fills it while it is empty */
  uint64_t seen[TOPO_FEED_TYPES];     /* versions of states */
};

struct topo_feeds {
  struct topo_actor actor; /* first */
  struct topo_feeds_options options;
  char *path;
  atomic_size_t count; /* followers */
  /* the actor's */
  struct topo_db *db;
  struct topo_json json;
  /* shared */
  pthread_mutex_t mutex;
  struct topo_follower *followers;
  struct topo_feed_ring ring;
  bool flowing; /* the ring covers the log from where it began */
  bool stopping;
  struct {
    uint64_t version;
    struct topo_buf frame;
  } states[TOPO_FEED_TYPES];
};

/* Moves a follower along the table above (asserted). With the mutex. */
void topo_follower_move(struct topo_follower *follower, enum topo_feed_state to);
/* Calls `ready` if it waits for it. With the mutex. */
void topo_follower_wake(struct topo_follower *follower);

/* feeds_log.c, for the actor, without the mutex: a transaction on the hub's handle. */
int topo_feeds_begin(struct topo_feeds *feeds, struct topo_change_cursor *head);
void topo_feeds_end(struct topo_feeds *feeds);
/* Where a follower begins. 0, 1 (a reset: at the head), or a storage status. */
int topo_feeds_place(struct topo_feeds *feeds, const char *since,
                     const struct topo_change_cursor *head, int64_t *seq);
/* Reads what changed after `seq`, as frames of the types in `types`, into an empty list. 0;
 * TOPO_ENOTFOUND when the log no longer reaches back so far, or a storage status, both with the
 * list empty. */
int topo_feeds_read(struct topo_feeds *feeds, const struct topo_change_cursor *head, int64_t seq,
                    uint32_t types, struct topo_feed_list *out);
void topo_feed_list_finish(struct topo_feed_list *list); /* drops what was not given */

#endif
