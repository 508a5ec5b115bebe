/*
 * range.h - a change as a client is told of it: the JSON of an event (openapi/openapi.yaml, Event).
 *
 * A change names an entity, and a notification tells what that is now: the same item that the reads
 * answer with, or that it is gone. So a notification is never stale, and two changes of one thing
 * may become one notification.
 */
#ifndef TOPO_VIEWS_NOTIFICATION_H
#define TOPO_VIEWS_NOTIFICATION_H

#include "api/subscription.h"
#include "dag/changes.h"
#include "views/view.h"

/* What a change is about. Of two changes with equal topics the later one tells all. */
struct topo_notification_topic {
  enum topo_notification_type type;
  int64_t entity; /* a row of the log */
};

struct topo_notification_about {
  enum topo_notification_type type;
  bool gone;
  bool in_channel; /* a message that is shown: */
  struct topo_id channel;
};

/* False when clients are told nothing of such a change. 1, 0, or a storage status. */
int topo_notification_topic(const struct topo_view *view, const struct topo_change *change,
                            struct topo_notification_topic *out);
/* Writes the notification of a topic with the cursor of its change. 0, or a storage status, or what
 * became of the writer. */
int topo_notification_write(const struct topo_view *view,
                            const struct topo_notification_topic *topic,
                            const struct topo_change_cursor *cursor, struct topo_json *out,
                            struct topo_notification_about *notification);

/* The name of the event: "message", "message.gone"… Static. */
const char *topo_notification_name(const struct topo_notification_about *notification);

#endif
