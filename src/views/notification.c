/* range.c - from a row of the change log to the JSON of an event. */
#include "views/notification.h"

#include "base/assert.h"
#include "base/status.h"
#include "events/channel/channel_read.h"
#include "events/message/message_read.h"
#include "events/profile/profile.h"
#include "events/reaction/reaction.h"
#include "views/view_impl.h"

static int id_of(const struct topo_view *view, int64_t no, struct topo_id *out)
{
  struct topo_stmt *s = topo_stmt(view->db, "SELECT id FROM event WHERE no=?1");
  topo_bind_i64(s, 1, no);
  int status = topo_fetch(s);
  if (status <= 0)
    return status < 0 ? status : TOPO_ECORRUPT; /* rows of the log are never removed */
  *out = topo_column_id(s, 0);
  topo_reset(s);
  return 0;
}

/* A profile is of the workspace or of a user. */
static int topic_of_profile(const struct topo_view *view, struct topo_notification_topic *out)
{
  struct topo_id id;
  int status = id_of(view, out->entity, &id);
  out->type = topo_id_equal(&id, &view->workspace) ? TOPO_NOTIFY_WORKSPACE : TOPO_NOTIFY_MEMBER;
  return status < 0 ? status : 1;
}

int topo_notification_topic(const struct topo_view *view, const struct topo_change *change,
                            struct topo_notification_topic *out)
{
  out->entity = change->entity;
  switch (change->type) {
  case TOPO_TYPE_MESSAGE:
  case TOPO_TYPE_REACTION: out->type = TOPO_NOTIFY_MESSAGE; return 1;
  case TOPO_TYPE_CHANNEL: out->type = TOPO_NOTIFY_CHANNEL; return 1;
  case TOPO_CHANGE_OF_CREDENTIALS: out->type = TOPO_NOTIFY_MEMBER; return 1;
  case TOPO_TYPE_PROFILE: return topic_of_profile(view, out);
  default: return 0;
  }
}

/* The name in the profile of a row; empty when there is none. */
static int put_name(const struct topo_view *view, int64_t no, struct topo_json *out)
{
  struct topo_stmt *s = topo_stmt(view->db, "SELECT name FROM profile WHERE entity=?1");
  topo_bind_i64(s, 1, no);
  int status = topo_fetch(s);
  if (status < 0)
    return status;
  struct topo_bytes name = status ? topo_column_bytes(s, 0) : (struct topo_bytes){NULL, 0};
  topo_json_key(out, "name");
  topo_json_string_n(out, name.data, name.len);
  topo_reset(s);
  return 0;
}

static void put_object(struct topo_json *out, const char *key, const struct topo_id *id)
{
  topo_json_begin_object(out);
  topo_json_key(out, key);
  topo_json_id(out, id);
}

static void begin(const struct topo_view *view, const struct topo_notification_about *notification,
                  const struct topo_change_cursor *cursor, struct topo_json *out)
{
  char text[TOPO_CHANGE_CURSOR_SIZE];
  topo_change_cursor_format(text, cursor);
  topo_json_begin_object(out);
  topo_json_key(out, "type");
  topo_json_string(out, topo_notification_name(notification));
  topo_json_key(out, "space");
  topo_json_id(out, &view->device);
  topo_json_key(out, "cursor");
  topo_json_string(out, text);
  topo_json_key(out, "data");
}

/* Is there a row in the projection that the entity is shown by? And a message's channel. */
static int look(const struct topo_view *view, const struct topo_notification_topic *topic,
                struct topo_notification_about *notification)
{
  struct topo_stmt *s;
  switch (topic->type) {
  case TOPO_NOTIFY_MESSAGE:
    s = topo_stmt(view->db, "SELECT c.id FROM message m CROSS JOIN event c ON c.no=m.channel"
                            " WHERE m.no=?1");
    break;
  case TOPO_NOTIFY_CHANNEL: s = topo_stmt(view->db, "SELECT no FROM channel WHERE no=?1"); break;
  case TOPO_NOTIFY_MEMBER:
    s = topo_stmt(view->db, "SELECT no FROM credential WHERE user=?1");
    break;
  default: return 0;
  }
  topo_bind_i64(s, 1, topic->entity);
  int status = topo_fetch(s);
  if (status < 0)
    return status;
  notification->gone = status == 0;
  notification->in_channel = status == 1 && topic->type == TOPO_NOTIFY_MESSAGE;
  if (notification->in_channel)
    notification->channel = topo_column_id(s, 0);
  topo_reset(s);
  return 0;
}

static int put_gone(const struct topo_view *view, const struct topo_notification_topic *topic,
                    const struct topo_id *id, struct topo_json *out)
{
  int status = 0;
  put_object(out,
             topic->type == TOPO_NOTIFY_MESSAGE   ? "message"
             : topic->type == TOPO_NOTIFY_CHANNEL ? "channel"
                                                  : "user",
             id);
  if (topic->type == TOPO_NOTIFY_MEMBER)
    status = put_name(view, topic->entity, out);
  topo_json_end_object(out);
  return status;
}

static int put_present(const struct topo_view *view, const struct topo_notification_topic *topic,
                       const struct topo_id *id, struct topo_json *out)
{
  int status;
  switch (topic->type) {
  case TOPO_NOTIFY_MESSAGE: return topo_view_message(view, id, out);
  case TOPO_NOTIFY_CHANNEL: return topo_view_channel(view, id, out);
  case TOPO_NOTIFY_MEMBER: return topo_view_member(view, topic->entity, out);
  case TOPO_NOTIFY_WORKSPACE:
    put_object(out, "workspace", id);
    status = put_name(view, topic->entity, out);
    topo_json_end_object(out);
    return status;
  default: topo_assert(false); return TOPO_EINTERNAL;
  }
}

int topo_notification_write(const struct topo_view *view,
                            const struct topo_notification_topic *topic,
                            const struct topo_change_cursor *cursor, struct topo_json *out,
                            struct topo_notification_about *notification)
{
  struct topo_id id;
  *notification = (struct topo_notification_about){.type = topic->type};
  int status = id_of(view, topic->entity, &id);
  if (status == 0)
    status = look(view, topic, notification);
  if (status < 0)
    return status;
  begin(view, notification, cursor, out);
  status =
      notification->gone ? put_gone(view, topic, &id, out) : put_present(view, topic, &id, out);
  if (status < 0)
    return status;
  topo_json_end_object(out);
  return topo_json_status(out);
}

const char *topo_notification_name(const struct topo_notification_about *notification)
{
  switch (notification->type) {
  case TOPO_NOTIFY_MESSAGE: return notification->gone ? "message.gone" : "message";
  case TOPO_NOTIFY_CHANNEL: return notification->gone ? "channel.gone" : "channel";
  case TOPO_NOTIFY_MEMBER: return notification->gone ? "member.gone" : "member";
  default: return topo_notification_type_name(notification->type);
  }
}
