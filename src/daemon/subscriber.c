/* subscriber.c - what one subscriber is given: its introduction, states of the present, what it has
 * missed, and then the ring. */
#include "daemon/broker_impl.h"

#include "base/assert.h"
#include "base/status.h"

void topo_subscriber_transition(struct topo_subscriber *f, enum topo_subscriber_state to)
{
  static const bool allowed[TOPO_SUBSCRIBER_STATES][TOPO_SUBSCRIBER_STATES] = {
      [TOPO_SUBSCRIBER_OPENING] = {[TOPO_SUBSCRIBER_LIVE] = true,
                                   [TOPO_SUBSCRIBER_BEHIND] = true,
                                   [TOPO_SUBSCRIBER_OVER] = true},
      [TOPO_SUBSCRIBER_LIVE] = {[TOPO_SUBSCRIBER_BEHIND] = true, [TOPO_SUBSCRIBER_OVER] = true},
      [TOPO_SUBSCRIBER_BEHIND] = {[TOPO_SUBSCRIBER_LIVE] = true, [TOPO_SUBSCRIBER_OVER] = true},
  };
  topo_assert(allowed[f->state][to]);
  f->state = to;
}

void topo_subscriber_wake(struct topo_subscriber *f)
{
  if (!f->armed)
    return;
  f->armed = false;
  f->request.ready(f->request.arg);
}

bool topo_subscriber_wants(const struct topo_subscriber *f, enum topo_notification_type type)
{
  return !f->request.types || f->request.types >> type & 1;
}

/* Returns whether the subscriber's filter lets the notification through. One without a channel
 * passes every filter: a message that is gone is in no channel any more, so all are told. */
static bool passes(const struct topo_subscriber *f, const struct topo_notification *notification)
{
  if (!topo_subscriber_wants(f, notification->type))
    return false;
  return !f->request.one_channel || !notification->in_channel ||
         topo_id_equal(&notification->channel, &f->request.channel);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* What one read gives out. */
struct giving {
  void (*each)(void *arg, const struct topo_subscription_event *event);
  void *arg;
  size_t left; /* bytes */
  int n;
};

static void give(struct giving *g, const char *type, const char *cursor,
                 struct topo_bytes notification)
{
  struct topo_subscription_event event = {type, cursor, notification};
  g->each(g->arg, &event);
  g->left -= notification.len < g->left ? notification.len : g->left;
  g->n++;
}

static void give_notification(struct giving *g, const struct topo_notification *notification)
{
  give(g, notification->name, notification->cursor,
       (struct topo_bytes){notification->json, notification->len});
}

static void introduce(struct topo_subscriber *f, struct giving *g)
{
  struct topo_json json;
  const char *type = f->reset ? "reset" : "ready";
  topo_json_init(&json);
  topo_json_begin_object(&json);
  topo_json_string_member(&json, "type", type);
  topo_json_key(&json, "space");
  topo_json_id(&json, &f->broker->options.file->device);
  topo_json_string_member(&json, "cursor", f->cursor);
  topo_json_end_object(&json);
  if (topo_json_status(&json) == 0) { /* else it is tried again with the next read */
    give(g, type, f->cursor, topo_json_text(&json));
    f->introduced = true;
  }
  topo_json_finish(&json);
}

static void give_states(struct topo_subscriber *f, struct giving *g)
{
  struct topo_broker *broker = f->broker;
  for (unsigned type = 0; type < TOPO_NOTIFICATION_TYPES_END && g->left; type++) {
    bool news =
        broker->states[type].notification.len && f->seen[type] != broker->states[type].version;
    if (!news || !topo_subscriber_wants(f, (enum topo_notification_type)type))
      continue;
    f->seen[type] = broker->states[type].version;
    give(g, topo_notification_type_name((enum topo_notification_type)type), NULL,
         topo_buf_view(&broker->states[type].notification));
  }
}

static void give_backlog(struct topo_subscriber *f, struct giving *g)
{
  struct topo_notification_list *list = &f->backlog;
  while (list->next < list->n && g->left) {
    struct topo_notification *notification = list->notifications[list->next++];
    if (passes(f, notification))
      give_notification(g, notification);
    topo_notification_destroy(notification);
  }
}

static void give_live(struct topo_subscriber *f, struct giving *g)
{
  const struct topo_ring *ring = &f->broker->ring;
  while (g->left) {
    const struct topo_notification *notification = topo_ring_after(ring, f->seq);
    if (!notification) {
      f->seq = ring->to;
      return;
    }
    f->seq = notification->seq;
    if (passes(f, notification))
      give_notification(g, notification);
  }
}

int topo_subscriber_read(struct topo_subscription *subscription, size_t max_bytes,
                         void (*each)(void *arg, const struct topo_subscription_event *event),
                         void *arg)
{
  struct topo_subscriber *f = (struct topo_subscriber *)(void *)subscription;
  struct topo_broker *broker = f->broker;
  struct giving g = {each, arg, max_bytes, 0};
  bool hungry = false;
  pthread_mutex_lock(&broker->mutex);
  bool over = f->state == TOPO_SUBSCRIBER_OVER;
  if (f->state == TOPO_SUBSCRIBER_LIVE || f->state == TOPO_SUBSCRIBER_BEHIND) {
    if (!f->introduced)
      introduce(f, &g);
    give_states(f, &g);
    give_backlog(f, &g);
    if (f->state == TOPO_SUBSCRIBER_LIVE && !topo_ring_covers(&broker->ring, f->seq))
      topo_subscriber_transition(f, TOPO_SUBSCRIBER_BEHIND);
    if (f->state == TOPO_SUBSCRIBER_LIVE && f->backlog.next == f->backlog.n)
      give_live(f, &g);
    hungry = f->state == TOPO_SUBSCRIBER_BEHIND && f->backlog.next == f->backlog.n;
  }
  f->armed = !over && g.n == 0;
  pthread_mutex_unlock(&broker->mutex);
  if (hungry)
    topo_actor_wake(&broker->actor);
  return over ? TOPO_ECLOSED : g.n;
}
