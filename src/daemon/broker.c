/* broker.c - who subscribes to a space, and the actor that reads the change log for them. */
#include "daemon/broker_impl.h"

#include "base/assert.h"
#include "base/status.h"
#include "sys/mutex.h"

#include <stdlib.h>
#include <string.h>

/* ---- subscribers ----------------------------------------------------------------------------- */

/* Subscribers are served from the front of the list and go to its end then. With the mutex. */
static void append(struct topo_broker *broker, struct topo_subscriber *f)
{
  struct topo_subscriber **at = &broker->subscribers;
  while (*at)
    at = &(*at)->next;
  f->next = NULL;
  *at = f;
}

static void unlink_subscriber(struct topo_broker *broker, struct topo_subscriber *f)
{
  struct topo_subscriber **at = &broker->subscribers;
  while (*at != f)
    at = &(*at)->next;
  *at = f->next;
}

/* ---- the actor ------------------------------------------------------------------------------- */

static struct topo_subscriber *find(struct topo_broker *broker,
                                    bool (*is)(const struct topo_subscriber *f))
{
  for (struct topo_subscriber *f = broker->subscribers; f; f = f->next)
    if (is(f))
      return f;
  return NULL;
}

static bool is_opening(const struct topo_subscriber *f)
{
  return f->state == TOPO_SUBSCRIBER_OPENING;
}
static bool is_hungry(const struct topo_subscriber *f)
{
  return f->state == TOPO_SUBSCRIBER_BEHIND && f->backlog.next == f->backlog.n;
}
static bool is_live(const struct topo_subscriber *f)
{
  return f->state == TOPO_SUBSCRIBER_LIVE;
}

/* While nobody is told live, the ring is empty and covers nothing. The first who is makes it begin
 * at the head: what is older is read from the log. */
static void start_flow(struct topo_broker *broker, const struct topo_change_cursor *head)
{
  if (broker->flowing)
    return;
  topo_ring_reset(&broker->ring, head->seq);
  broker->flowing = true;
}

/* Its first state after OPENING. */
static void set_going(struct topo_broker *broker, struct topo_subscriber *f)
{
  bool live = topo_ring_covers(&broker->ring, f->seq);
  topo_subscriber_transition(f, live ? TOPO_SUBSCRIBER_LIVE : TOPO_SUBSCRIBER_BEHIND);
}

/* The log does not reach back to where the subscriber is: it begins anew at the head. */
static void begin_anew(struct topo_broker *broker, struct topo_subscriber *f,
                       const struct topo_change_cursor *head)
{
  topo_notification_list_finish(&f->backlog);
  topo_change_cursor_format(f->cursor, head);
  f->seq = head->seq;
  f->reset = true;
  f->introduced = false;
  if (f->state == TOPO_SUBSCRIBER_BEHIND && topo_ring_covers(&broker->ring, f->seq))
    topo_subscriber_transition(f, TOPO_SUBSCRIBER_LIVE);
}

/* Only the actor takes a subscriber out of OPENING and fills its backlog, and a subscriber that
 * closes meanwhile waits for the mutex: `f` is looked up again after each step without it. */
static int open_one(struct topo_broker *broker, const struct topo_change_cursor *head)
{
  char since[TOPO_SUBSCRIPTION_CURSOR_SIZE];
  int64_t seq = 0;
  pthread_mutex_lock(&broker->mutex);
  struct topo_subscriber *f = find(broker, is_opening);
  if (f)
    memcpy(since, f->request.since, sizeof since);
  pthread_mutex_unlock(&broker->mutex);
  if (!f)
    return 0;
  int status = topo_broker_resume(broker, since, head, &seq);
  pthread_mutex_lock(&broker->mutex);
  struct topo_subscriber *again = find(broker, is_opening);
  if (again == f && memcmp(since, f->request.since, sizeof since) == 0) {
    struct topo_change_cursor at = {head->incarnation, seq};
    f->reset = status == 1;
    f->seq = seq;
    topo_change_cursor_format(f->cursor, &at);
    start_flow(broker, head);
    if (status < 0)
      topo_subscriber_transition(f, TOPO_SUBSCRIBER_OVER);
    else
      set_going(broker, f);
    topo_subscriber_wake(f);
  }
  pthread_mutex_unlock(&broker->mutex);
  return 1;
}

static void take_backlog(struct topo_broker *broker, struct topo_subscriber *f,
                         struct topo_notification_list *list, int status,
                         const struct topo_change_cursor *head)
{
  if (status == TOPO_ENOTFOUND) {
    begin_anew(broker, f, head);
  } else if (status < 0) {
    topo_subscriber_transition(f, TOPO_SUBSCRIBER_OVER);
  } else {
    f->backlog = *list;
    f->seq = list->to;
    list->n = 0;
    if (topo_ring_covers(&broker->ring, f->seq))
      topo_subscriber_transition(f, TOPO_SUBSCRIBER_LIVE);
  }
}

static int notify_one(struct topo_broker *broker, const struct topo_change_cursor *head)
{
  struct topo_notification_list list;
  pthread_mutex_lock(&broker->mutex);
  struct topo_subscriber *f = find(broker, is_hungry);
  int64_t seq = f ? f->seq : 0;
  uint32_t types = f ? f->request.types : 0;
  pthread_mutex_unlock(&broker->mutex);
  if (!f)
    return 0;
  int status = topo_broker_read(broker, head, seq, types, &list);
  pthread_mutex_lock(&broker->mutex);
  if (find(broker, is_hungry) == f && f->seq == seq && f->request.types == types) {
    take_backlog(broker, f, &list, status, head);
    unlink_subscriber(broker, f);
    append(broker, f);
    topo_subscriber_wake(f);
  }
  pthread_mutex_unlock(&broker->mutex);
  topo_notification_list_finish(&list);
  return 1;
}

/* Reads one chunk into the ring. 1: there may be more. */
static int flow(struct topo_broker *broker, const struct topo_change_cursor *head)
{
  struct topo_notification_list list;
  pthread_mutex_lock(&broker->mutex);
  bool due = broker->flowing && find(broker, is_live) && broker->ring.to < head->seq;
  int64_t seq = broker->ring.to;
  if (broker->flowing && !find(broker, is_live) && broker->ring.to < head->seq) {
    topo_ring_reset(&broker->ring, head->seq); /* nobody is there for what it would hold */
    due = false;
  }
  pthread_mutex_unlock(&broker->mutex);
  if (!due)
    return 0;
  int status = topo_broker_read(broker, head, seq, 0, &list);
  pthread_mutex_lock(&broker->mutex);
  while (list.next < list.n)
    topo_ring_put(&broker->ring, list.notifications[list.next++]);
  topo_ring_advance(&broker->ring, list.to);
  if (status == TOPO_ENOTFOUND)
    topo_ring_reset(&broker->ring, head->seq);
  for (struct topo_subscriber *f = broker->subscribers; f; f = f->next) {
    if (status == TOPO_ENOTFOUND && f->state == TOPO_SUBSCRIBER_LIVE)
      begin_anew(broker, f, head);
    else if (status < 0 && f->state == TOPO_SUBSCRIBER_LIVE)
      topo_subscriber_transition(f, TOPO_SUBSCRIBER_OVER);
    if (f->state == TOPO_SUBSCRIBER_LIVE || f->state == TOPO_SUBSCRIBER_OVER)
      topo_subscriber_wake(f);
  }
  pthread_mutex_unlock(&broker->mutex);
  return status == 0 && list.to < head->seq;
}

static void init_json(struct topo_broker *broker)
{
  topo_json_init(&broker->json);
  broker->json.limit = TOPO_NOTIFICATION_MAX;
}

/* Gives up the memory and the database handle when nobody subscribes. */
static void rest(struct topo_broker *broker)
{
  pthread_mutex_lock(&broker->mutex);
  bool idle = !broker->subscribers;
  if (idle) {
    topo_ring_reset(&broker->ring, 0);
    broker->flowing = false;
    for (unsigned i = 0; i < TOPO_NOTIFICATION_TYPES_END; i++)
      topo_buf_finish(&broker->states[i].notification);
  }
  pthread_mutex_unlock(&broker->mutex);
  if (!idle)
    return;
  topo_db_close(broker->db);
  broker->db = NULL;
  topo_json_finish(&broker->json);
  init_json(broker);
}

/* The log cannot be read: whoever subscribes is told so, and may come again. */
static void fail(struct topo_broker *broker)
{
  pthread_mutex_lock(&broker->mutex);
  for (struct topo_subscriber *f = broker->subscribers; f; f = f->next)
    if (f->state != TOPO_SUBSCRIBER_OVER) {
      topo_subscriber_transition(f, TOPO_SUBSCRIBER_OVER);
      topo_subscriber_wake(f);
    }
  pthread_mutex_unlock(&broker->mutex);
  topo_db_close(broker->db); /* a new handle may work again */
  broker->db = NULL;
}

static void run(struct topo_actor *actor)
{
  struct topo_broker *broker = (struct topo_broker *)(void *)actor;
  struct topo_change_cursor head;
  rest(broker);
  if (!topo_broker_has_subscribers(broker))
    return;
  if (topo_broker_begin(broker, &head) < 0) {
    fail(broker);
    return;
  }
  int more = open_one(broker, &head);
  more |= flow(broker, &head);
  more |= notify_one(broker, &head);
  topo_db_release(broker->db);
  if (more)
    topo_actor_wake(actor);
}

/* ---- opening, closing ------------------------------------------------------------------------ */

static void close_subscription(struct topo_subscription *subscription)
{
  struct topo_subscriber *f = (struct topo_subscriber *)(void *)subscription;
  struct topo_broker *broker = f->broker;
  pthread_mutex_lock(&broker->mutex);
  unlink_subscriber(broker, f);
  bool last = atomic_fetch_sub(&broker->count, 1) == 1 && !broker->stopping;
  topo_notification_list_finish(&f->backlog);
  pthread_mutex_unlock(&broker->mutex);
  if (last)
    topo_actor_wake(&broker->actor);
  free(f);
}

static const struct topo_subscription_ops subscription_ops = {topo_subscriber_read,
                                                              close_subscription};

int topo_broker_open(struct topo_broker *broker, const struct topo_subscription_request *request,
                     struct topo_subscription **out)
{
  struct topo_change_cursor cursor;
  if (request->since[0] &&
      topo_change_cursor_parse(&cursor, request->since, strlen(request->since)) < 0)
    return TOPO_EINVAL;
  struct topo_subscriber *f = calloc(1, sizeof *f);
  if (!f)
    return TOPO_ENOMEM;
  f->subscription.ops = &subscription_ops;
  f->broker = broker;
  f->request = *request;
  f->armed = true;
  pthread_mutex_lock(&broker->mutex);
  int status = broker->stopping                                             ? TOPO_ECLOSED
               : atomic_load(&broker->count) >= TOPO_BROKER_SUBSCRIBERS_MAX ? TOPO_ELIMIT
                                                                            : 0;
  if (status == 0) {
    append(broker, f);
    atomic_fetch_add(&broker->count, 1);
  }
  pthread_mutex_unlock(&broker->mutex);
  if (status < 0) {
    free(f);
    return status;
  }
  *out = &f->subscription;
  topo_actor_wake(&broker->actor);
  broker->options.wanted(broker->options.arg);
  return 0;
}

bool topo_broker_has_subscribers(const struct topo_broker *broker)
{
  return atomic_load(&broker->count) > 0;
}

void topo_broker_changed(struct topo_broker *broker)
{
  if (topo_broker_has_subscribers(broker))
    topo_actor_wake(&broker->actor);
}

/* ---- states ---------------------------------------------------------------------------------- */

static int write_state(const struct topo_broker *broker, enum topo_notification_type type,
                       struct topo_bytes json, struct topo_buf *out)
{
  struct topo_json head;
  topo_json_init(&head);
  topo_json_begin_object(&head);
  topo_json_string_member(&head, "type", topo_notification_type_name(type));
  topo_json_key(&head, "space");
  topo_json_id(&head, &broker->options.file->device);
  topo_json_key(&head, "data");
  int status = topo_json_status(&head);
  struct topo_bytes text = topo_json_text(&head);
  if (status == 0)
    status = topo_buf_put(out, text.data, text.len);
  topo_json_finish(&head);
  topo_buf_put(out, json.data, json.len);
  topo_buf_put(out, "}", 1);
  return status == 0 && out->failed ? TOPO_ENOMEM : status;
}

void topo_broker_state(struct topo_broker *broker, enum topo_notification_type type,
                       struct topo_bytes json)
{
  struct topo_buf notification = {0};
  if (write_state(broker, type, json, &notification) < 0) {
    topo_buf_finish(&notification);
    return;
  }
  pthread_mutex_lock(&broker->mutex);
  struct topo_buf *old = &broker->states[type].notification;
  bool news =
      old->len != notification.len || memcmp(old->data, notification.data, notification.len) != 0;
  if (news) {
    struct topo_buf swap = *old;
    *old = notification;
    notification = swap;
    broker->states[type].version++;
    for (struct topo_subscriber *f = broker->subscribers; f; f = f->next)
      if (f->state != TOPO_SUBSCRIBER_OPENING && topo_subscriber_wants(f, type))
        topo_subscriber_wake(f);
  }
  pthread_mutex_unlock(&broker->mutex);
  topo_buf_finish(&notification);
}

/* ---- life ------------------------------------------------------------------------------------ */

struct topo_broker *topo_broker_create(const struct topo_broker_options *options)
{
  struct topo_broker *broker = calloc(1, sizeof *broker);
  if (!broker)
    return NULL;
  broker->options = *options;
  init_json(broker);
  topo_mutex_init(&broker->mutex);
  topo_actor_init(&broker->actor, options->pool, run);
  return broker;
}

void topo_broker_stop(struct topo_broker *broker)
{
  pthread_mutex_lock(&broker->mutex);
  broker->stopping = true;
  for (struct topo_subscriber *f = broker->subscribers; f; f = f->next)
    if (f->state != TOPO_SUBSCRIBER_OVER) {
      topo_subscriber_transition(f, TOPO_SUBSCRIBER_OVER);
      topo_subscriber_wake(f);
    }
  pthread_mutex_unlock(&broker->mutex);
  topo_actor_stop(&broker->actor);
  topo_db_close(broker->db);
  broker->db = NULL;
}

void topo_broker_destroy(struct topo_broker *broker)
{
  if (!broker)
    return;
  topo_assert(broker->stopping && !broker->subscribers);
  topo_ring_reset(&broker->ring, 0);
  for (unsigned i = 0; i < TOPO_NOTIFICATION_TYPES_END; i++)
    topo_buf_finish(&broker->states[i].notification);
  topo_json_finish(&broker->json);
  pthread_mutex_destroy(&broker->mutex);
  free(broker);
}
