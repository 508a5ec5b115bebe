/* broker_impl.h - shared by broker.c (who is told, and when), subscriber.c (what one is given) and
 * broker_log.c (reading the change log). */
#ifndef TOPO_DAEMON_BROKER_IMPL_H
#define TOPO_DAEMON_BROKER_IMPL_H

#include "daemon/broker.h"
#include "daemon/ring.h"
#include "dag/changes.h"

#include <pthread.h>
#include <stdatomic.h>

/* The states of a subscriber, and by whom it leaves them:
 *
 *   OPENING → LIVE, BEHIND   the broker's actor, once it has looked where `since` is
 *   LIVE → BEHIND            its own read, when the ring has moved on without it
 *   BEHIND → LIVE            the actor, when the ring reaches back to where it is
 *   any → OVER               the broker's stop, or a log that cannot be read
 */
enum topo_subscriber_state {
  TOPO_SUBSCRIBER_OPENING,
  TOPO_SUBSCRIBER_LIVE,
  TOPO_SUBSCRIBER_BEHIND,
  TOPO_SUBSCRIBER_OVER,
  TOPO_SUBSCRIBER_STATES
};

_Static_assert((int)TOPO_CHANGE_CURSOR_SIZE == (int)TOPO_SUBSCRIPTION_CURSOR_SIZE,
               "what the log calls a cursor is what clients are told");

enum { TOPO_BROKER_CHUNK_MAX = 64 /* changes read in one transaction */ };

/* Notifications on the way to somewhere. */
struct topo_notification_list {
  struct topo_notification *notifications[TOPO_BROKER_CHUNK_MAX];
  size_t n, next; /* `next`: the first not yet given */
  int64_t to;     /* the changes up to it are told by these */
};

struct topo_subscriber {
  struct topo_subscription subscription; /* first */
  struct topo_broker *broker;
  struct topo_subscriber *next;
  struct topo_subscription_request request;
  enum topo_subscriber_state state;
  bool armed; /* has read everything and waits for `ready` */
  bool reset; /* its first notification says so */
  bool introduced;
  int64_t seq;                                /* changes up to it are told, or in the backlog */
  char cursor[TOPO_SUBSCRIPTION_CURSOR_SIZE]; /* of the introduction */
  struct topo_notification_list backlog;      /* the actor fills it while it is empty */
  uint64_t seen[TOPO_NOTIFICATION_TYPES_END]; /* versions of states */
};

struct topo_broker {
  struct topo_actor actor; /* first */
  struct topo_broker_options options;
  atomic_size_t count; /* subscribers */
  /* the actor's */
  struct topo_db *db;
  struct topo_json json;
  /* shared */
  pthread_mutex_t mutex;
  struct topo_subscriber *subscribers;
  struct topo_ring ring;
  bool flowing; /* the ring covers the log from where it began */
  bool stopping;
  struct {
    uint64_t version;
    struct topo_buf notification;
  } states[TOPO_NOTIFICATION_TYPES_END];
};

/* subscriber.c */

/* Along an arrow above (asserted). With the mutex. */
void topo_subscriber_transition(struct topo_subscriber *subscriber, enum topo_subscriber_state to);
/* Does the filter of its request let notifications of this type through? */
bool topo_subscriber_wants(const struct topo_subscriber *subscriber,
                           enum topo_notification_type type);
/* Calls `ready` if it waits for it. With the mutex. */
void topo_subscriber_wake(struct topo_subscriber *subscriber);

/* `read` of a subscription (api/subscription.h). */
int topo_subscriber_read(struct topo_subscription *subscription, size_t max_bytes,
                         void (*each)(void *arg, const struct topo_subscription_event *event),
                         void *arg);

/* broker_log.c, for the actor, without the mutex. */

/* Holds one state of the log, whose end is *head, until topo_db_release(broker->db). 0 or a storage
 * status. */
int topo_broker_begin(struct topo_broker *broker, struct topo_change_cursor *head);
/* Where a subscriber goes on who has the cursor `since`, or where one without begins: *seq. 0; 1 (a
 * reset: at the head, because the log does not reach back so far), or a storage status. */
int topo_broker_resume(struct topo_broker *broker, const char *since,
                       const struct topo_change_cursor *head, int64_t *seq);
/* Reads what changed after `seq`, as notifications of the types in `types`, into an empty list. 0;
 * TOPO_ENOTFOUND when the log no longer reaches back so far, or a storage status, both with the
 * list empty. */
int topo_broker_read(struct topo_broker *broker, const struct topo_change_cursor *head, int64_t seq,
                     uint32_t types, struct topo_notification_list *out);
void topo_notification_list_finish(
    struct topo_notification_list *list); /* drops what was not given */

#endif
