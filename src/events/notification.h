/*
 * notification.h - a change as a client is told of it: the JSON of an event (openapi/openapi.yaml,
 * Event).
 *
 * A change names an entity, and a notification tells what that is now: the same item that the reads
 * answer with, or that it is gone. So a notification is never stale, and two changes of one thing
 * may become one notification. What there is to tell is said by the types (struct topo_type) and
 * their resources (struct topo_resource); nothing here knows any of them.
 */
#ifndef TOPO_EVENTS_NOTIFICATION_H
#define TOPO_EVENTS_NOTIFICATION_H

#include "dag/changes.h"
#include "views/resource.h"

/* What a change is about. Of two changes with equal topics the later one tells all. */
struct topo_notification_topic {
  const struct topo_resource *resource;
  int64_t entity; /* a row of the log */
};

struct topo_notification_about {
  enum topo_notification_type type;
  bool gone;
  bool in_channel; /* it is shown, in this channel: */
  struct topo_id channel;
};

/* 1 and *out; 0 when clients are told nothing of such a change; or a storage status. */
int topo_notification_topic(const struct topo_view *view, const struct topo_change *change,
                            struct topo_notification_topic *out);
/* Writes the notification of a topic with the cursor of its change into a writer that is empty. 0,
 * or a storage status, or what became of the writer. */
int topo_notification_write(const struct topo_view *view,
                            const struct topo_notification_topic *topic,
                            const struct topo_change_cursor *cursor, struct topo_json *out,
                            struct topo_notification_about *about);

/* The name of the event: "message", "message.gone"… Static. */
const char *topo_notification_name(const struct topo_notification_about *about);

#endif
