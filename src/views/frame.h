/*
 * frame.h - a change as a client is told of it: the JSON of an event (openapi/openapi.yaml, Event).
 *
 * A change names a subject, and a frame tells what that is now: the same item that the reads answer
 * with, or that it is gone. So a frame is never stale, and two changes of one thing may become one
 * frame.
 */
#ifndef TOPO_VIEWS_FRAME_H
#define TOPO_VIEWS_FRAME_H

#include "api/feed.h"
#include "dag/changes.h"
#include "views/view.h"

/* What a change is about. Of two changes with equal topics the later one tells all. */
struct topo_frame_topic {
  enum topo_feed_type type;
  int64_t subject; /* a row of the log */
};

struct topo_frame {
  enum topo_feed_type type;
  bool gone;
  bool in_channel; /* a message that is shown: */
  struct topo_id channel;
};

/* False when clients are told nothing of such a change. 1, 0, or a storage status. */
int topo_frame_topic(const struct topo_view *view, const struct topo_change *change,
                     struct topo_frame_topic *out);
/* Writes the frame of a topic with the cursor of its change. 0, or a storage status, or what became
 * of the writer. */
int topo_frame_write(const struct topo_view *view, const struct topo_frame_topic *topic,
                     const struct topo_change_cursor *cursor, struct topo_json *out,
                     struct topo_frame *frame);

/* The name of the event: "message", "message.gone"… Static. */
const char *topo_frame_type_name(const struct topo_frame *frame);

#endif
